"""The events of an nsys report, block by block: a table each for kernels, copies, calls and ranges, names by number.

What a number stands for is looked up last: of the texts of a report only those are held that an event has.
"""

import sqlite3
from typing import NamedTuple

import numpy as np

from app.engine.model.traces import Events
from app.engine.progress import Progress, part_of
from app.engine.reading._event_columns import COLLECTIVE
from app.engine.reading._event_order import Beat
from app.engine.reading._event_rows import Coded, EventRows, codes_of
from app.engine.reading._sqlite import columns_of, row_blocks

_P = "CUPTI_ACTIVITY_KIND_"
# table -> our category, the columns of name, device, stream, correlation, bytes; "" = none
_TABLES = {
    _P + "KERNEL": ("kernel", ("demangledName", "deviceId", "streamId", "correlationId", "")),
    _P + "GRAPH_TRACE": ("kernel", ("", "deviceId", "streamId", "correlationId", "")),
    _P + "MEMCPY": ("memcpy", ("copyKind", "deviceId", "streamId", "correlationId", "bytes")),
    _P + "MEMSET": ("memset", ("", "deviceId", "streamId", "correlationId", "bytes")),
    _P + "RUNTIME": ("runtime", ("nameId", "", "globalTid", "correlationId", "")),
    "NVTX_EVENTS": ("annotation", ("textId", "", "globalTid", "", "")),
    "OSRT_API": ("other", ("nameId", "", "globalTid", "", "")),
}
_COPIES = {
    1: "HtoD",
    2: "DtoH",
    3: "HtoA",
    4: "AtoH",
    5: "AtoA",
    6: "AtoD",
    7: "DtoA",
    8: "DtoD",
    9: "HtoH",
    10: "PtoP",
    11: "Unified HtoD",
    12: "Unified DtoH",
}


_ON_HOST = ("runtime", "annotation", "other")


class _Part(NamedTuple):
    """One table that was read: what its codes stand for, number (or text of a range) -> code.

    has_texts  the names are texts, or numbers of texts where a row has none of its own
    """

    table: str
    has_texts: bool
    names: dict
    cards: dict[int, int]


class NsysEvents:
    """Collects the tables of a report; `events` then gives the whole. skipped counts rows without a duration."""

    def __init__(self, beat: Beat) -> None:
        self.skipped: dict[str, int] = {}
        self._rows = EventRows(beat)
        self._parts: list[_Part] = []

    @property
    def first_ns(self) -> int | None:
        """The earliest start, None where there is no event."""
        return self._rows.first_ns

    def read(self, database: sqlite3.Connection, tables: set[str], progress: Progress) -> None:
        """Read the rows of all tables that are there."""
        there = [table for table in _TABLES if table in tables]
        for number, table in enumerate(there):
            self._read(database, table, part_of(progress, number / len(there), (number + 1) / len(there)))

    def events(self, database: sqlite3.Connection, origin_ns: int) -> Events | None:
        """Return all events in order, `origin_ns` taken off their start; None for none."""
        if not len(self._rows):
            return None
        words = _words(database, {code for part in self._parts for code in part.names if isinstance(code, int)})
        names: dict[str, int] = {}
        kinds: dict[str, int] = {}
        owners: dict[str, int] = {}
        tables: list[np.ndarray] = []
        for part in self._parts:
            category = _TABLES[part.table][0]
            of_code = np.zeros((2, len(part.names)), np.int32)
            for code, place in part.names.items() if part.has_texts else sorted(part.names.items()):
                text = _text_of(part, code, words)
                kind = "collective" if category == "kernel" and COLLECTIVE.search(text) else category
                of_code[:, place] = names.setdefault(text, len(names)), kinds.setdefault(kind, len(kinds))
            tables.append(of_code)
        of_name, of_kind = np.concatenate(tables, axis=1)
        of_card = np.concatenate([_owners(part, owners) for part in self._parts])
        return self._rows.events(
            origin_ns,
            Coded(names, ("name",), of_name.take),
            Coded(kinds, ("name",), of_kind.take),
            Coded(owners, ("device",), of_card.take),
        )

    def _read(self, database: sqlite3.Connection, table: str, progress: Progress) -> None:
        _, (name, *others) = _TABLES[table]
        known = columns_of(database, table)
        name = name if name in known else next((other for other in ("shortName", "textId", "nameId") if other in known), name)
        texts = ["text"] if table == "NVTX_EVENTS" and "text" in known else []
        part = _Part(table, bool(texts), {}, {})
        bases = [sum(len(one.names) for one in self._parts), sum(len(one.cards) for one in self._parts)]
        for block, told in row_blocks(database, table, ["start", "end", name, *others], texts, progress):
            good = (block[0] >= 0) & (block[1] >= block[0])
            if not good.all():
                self.skipped["skipped.no_duration"] = self.skipped.get("skipped.no_duration", 0) + int((~good).sum())
                block = block[:, good]
            start, end, numbers, card, stream, correlation, size = block
            called = _ranges(told[0], numbers, good) if told else numbers
            codes = {"name": codes_of(part.names, called) + bases[0], "device": codes_of(part.cards, card) + bases[1]}
            self._rows.add(start, end - start, stream=stream, correlation=correlation, bytes=size, **codes)
        self._parts.append(part)


def _ranges(texts: list, numbers: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Return (n,) what names the ranges of the good rows: its own text, else the number of a registered one."""
    kept = [text for text, is_good in zip(texts, good.tolist(), strict=True) if is_good]
    named = [number if text is None else str(text) for text, number in zip(kept, numbers.tolist(), strict=True)]
    return np.array(named, dtype=object)


def _words(database: sqlite3.Connection, wanted: set[int]) -> dict[int, str]:
    return {number: str(text) for number, text in database.execute("SELECT id, value FROM StringIds") if number in wanted}


def _text_of(part: _Part, code: int | str, words: dict[int, str]) -> str:
    if isinstance(code, str):
        return code
    if part.table.endswith("MEMCPY"):
        return f"Memcpy {_COPIES[code]}" if code in _COPIES else "?"
    if part.table.endswith("MEMSET"):
        return "Memset" if code == -1 else "?"
    return words.get(code, "" if part.has_texts else "?")


def _owners(part: _Part, known: dict[str, int]) -> np.ndarray:
    """Return (codes,) the places in `known` of the devices that the codes of a table stand for."""
    is_host = _TABLES[part.table][0] in _ON_HOST
    owners = np.zeros(len(part.cards), np.int32)
    for card, place in sorted(part.cards.items()):
        owners[place] = known.setdefault("host" if is_host else str(max(card, 0)), len(known))
    return owners

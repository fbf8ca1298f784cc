"""What `rocm-smi` and its clone `hy-smi` write with --json and --csv: names and values as text, one record per card and tick."""

import csv
import json
import re
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.reading._cleaning import step_of
from app.engine.reading._rows import Column, Rows, Told, trace_of_rows, with_occupancy
from app.engine.reading._smi_tables import timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped

_DOCUMENT = re.compile(r'\{\s*"(?:card\d|system")')
JSON_HEAD = re.compile(rb'\{\s*"card\d{1,3}"\s*:\s*\{')
CSV_HEAD = re.compile(rb"^[ \t]*device,[^\n]*\((?:%|B|W|C|Mhz)\)[^\n]*$", re.MULTILINE | re.IGNORECASE)
LINE = re.compile(rb"^[ \t]*(?:GPU|DCU|HCU)\[(\d{1,4})\][ \t]*:[ \t]*([^\n]{3,80}?)[ \t]*:[ \t]+([^\n]{1,80}?)[ \t]*$", re.MULTILINE)
_CARD = re.compile(r"card(\d{1,4})$")
_NUMBER = re.compile(r"\(?\s*(-?\d{1,18}(?:\.\d{1,9})?)")
_TOTAL, _SHARE = "total_gib", "vram_utilisation"
_FIELDS: tuple[tuple[str, str, float, str], ...] = (
    ("gpu_utilisation", "", 0.01, r"(?:gpu|dcu|hcu) use \(%\)"),
    ("memory_controller_busy", "", 0.01, r"(?:gpu|dcu|hcu) memory use \(%\)|gpu memory read/write activity \(%\)"),
    ("vram_used_gib", "GiB", 2.0**-30, r"vram total used memory \(b\)"),
    (_TOTAL, "GiB", 2.0**-30, r"vram total memory \(b\)"),
    ("vram_utilisation", "", 0.01, r"(?:gpu|dcu|hcu) memory allocated \(vram%\)"),
    ("power_w", "W", 1.0, r"(?!max)[\w ]{1,40}package power \(w\)|average socket power \(w\)"),
    ("temperature_c", "°C", 1.0, r"temperature \(sensor edge\) \(c\)|temperature \(sensor junction\) \(c\)"),
    ("sm_clock_mhz", "MHz", 1.0, r"sclk clock speed:?"),
    ("memory_clock_mhz", "MHz", 1.0, r"mclk clock speed:?"),
)
_PATTERNS = tuple((metric, unit, factor, re.compile(pattern)) for metric, unit, factor, pattern in _FIELDS)
_NAMES = ("card series", "device name", "card model")


class Record(Struct, frozen=True):
    """What was said of one card at one place of the text, keys in lower case."""

    card: int
    place: int
    words: dict[str, str]


def json_records(text: str) -> tuple[list[Record], dict[str, str], int]:
    """Return the cards of all documents, the words of "system", and how many documents are damaged.

    text  one letter per byte, so that places are those of the bytes
    """
    records, system, damaged, at = [], {}, 0, 0
    decode = json.JSONDecoder().raw_decode
    while (found := _DOCUMENT.search(text, at)) is not None:
        try:
            whole, at = decode(text, found.start())
        except (ValueError, RecursionError):
            damaged, at = damaged + 1, found.end()
            continue
        for name, words in whole.items():
            if not isinstance(words, dict):
                continue
            card = _CARD.match(name)
            if card is not None:
                records.append(Record(int(card[1]), found.start(), _lower(words)))
            elif name == "system":
                system |= _lower(words)
    return records, system, damaged


def _lower(words: dict[str, object]) -> dict[str, str]:
    return {key.lower(): str(value).encode("latin-1", "replace").decode("utf-8", "replace") for key, value in words.items()}


def csv_records(text: bytes, skipped: dict[str, int]) -> list[Record]:
    """Return the cards of all blocks; blocks that tell different things of a card belong to one tick."""
    pending: dict[int, Record] = {}
    done: list[Record] = []
    heads = list(CSV_HEAD.finditer(text))
    for head, end in zip(heads, [*(one.start() for one in heads[1:]), len(text)], strict=True):
        names = [name.strip().lower() for name in _cells(head.group())]
        for cells in _rows(text[head.end() : end], len(names), skipped):
            card, words = int(cells[0][4:]), dict(zip(names[1:], cells[1:], strict=True))
            known = pending.get(card)
            if known is not None and not known.words.keys() & words.keys():
                known.words.update(words)
                continue
            if known is not None:
                done.append(known)
            pending[card] = Record(card, head.start(), words)
    return sorted([*done, *pending.values()], key=lambda record: record.place)


def line_records(text: bytes) -> list[Record]:
    """Return the cards of lines such as "GPU[0] : GPU use (%): 45"; what comes again of a card is its next tick."""
    pending: dict[int, Record] = {}
    done: list[Record] = []
    for found in LINE.finditer(text):
        card, key = int(found[1]), found[2].decode("utf-8", "replace").lower()
        if card not in pending or key in pending[card].words:
            if card in pending:
                done.append(pending[card])
            pending[card] = Record(card, found.start(), {})
        pending[card].words[key] = found[3].decode("utf-8", "replace")
    return sorted([*done, *pending.values()], key=lambda record: record.place)


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace").replace("\0", "").strip()]), [])
    except csv.Error:
        return []


def _rows(body: bytes, width: int, skipped: dict[str, int]) -> Iterator[list[str]]:
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in _cells(line)]
        if len(cells) == width and _CARD.match(cells[0]):
            yield cells
        else:
            reason = "skipped.bad_row" if line.lstrip().startswith(b"card") else "skipped.not_a_row"
            skipped[reason] = skipped.get(reason, 0) + 1


def trace_of_records(
    source: Source, slug: str, command: str, stamps: Stamped, records: Sequence[Record], system: dict[str, str], skipped: dict[str, int]
) -> Trace:
    """Return the trace of all records. Raises UnreadableFile without any."""
    import pandas as pd

    if not records:
        raise UnreadableFile("reading.no_cards", file=source.path)
    values = {metric: np.array([_value(record.words, pattern) for record in records]) for metric, _, _, pattern in _PATTERNS}
    total = values[_TOTAL] * 2.0**-30
    columns = [Column(metric, unit, values[metric] * factor) for metric, unit, factor, _ in _PATTERNS if metric not in (_TOTAL, _SHARE)]
    columns = [*with_occupancy(columns, total), Column(_SHARE, "", values[_SHARE] * 0.01, field="percent"), Column(_TOTAL, "GiB", total)]
    codes, cards = pd.factorize(np.array([record.card for record in records]), sort=True)
    infos = []
    for number, card in enumerate(cards):
        own = total[(codes == number) & np.isfinite(total)]
        words = records[int(np.flatnonzero(codes == number)[0])].words
        name = next((words[key] for key in _NAMES if words.get(key, "N/A") not in ("N/A", "")), "")
        infos.append(Device(str(card), "gpu", name, float(own.max()) if own.size else None))
    warnings: list[Message] = []
    places = np.array([record.place for record in records])
    step_s = step_of(stamps.text, command, ())
    rows = timed_rows(stamps, places, codes, tuple(infos), columns, step_s, warnings)
    environment = {"driver": system["driver version"]} if "driver version" in system else {}
    return trace_of_rows(source, slug, rows, skipped=skipped, warnings=warnings, environment=environment, settle=_settled)


def _settled(_: Source, rows: Rows, told: Told) -> Rows:
    """Take the occupancy from exact sizes where any is told, else from a whole number of percents."""
    exact = any(np.isfinite(column.values).any() for column in rows.columns if column.metric == _TOTAL)
    unwanted = "percent" if exact else ""
    columns = [one for one in rows.columns if one.metric != _TOTAL and (one.metric != _SHARE or one.field != unwanted)]
    return msgspec.structs.replace(rows, columns=tuple(columns))


def _value(words: dict[str, str], pattern: re.Pattern[str]) -> float:
    for key, text in words.items():
        if pattern.fullmatch(key) and (found := _NUMBER.match(text)) is not None:
            return float(found[1])
    return float("nan")

"""`dcgmi dmon -e …`: DCGM fields per entity, blank-separated, heads repeated, normally without times.

An entity is two words ("GPU 0", "GPU-I 3", "Switch 8"). MIG instances stand for cards only where no card has values, lest they count twice;
switches and CPUs are no cards and are left out.
"""

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import PLACE, Section, rows_of, sections
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._columns import release
from app.engine.reading._dcgm_short_names import columns_of, names_of_command
from app.engine.reading._rows import Column, Rows, Told, first_with_values, trace_of_rows
from app.engine.reading._smi_tables import timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

if TYPE_CHECKING:
    import pandas as pd

SLUG = "dcgmi-dmon"
_HEAD = re.compile(rb"^[ \t]*#[ \t]*Entity\b[^\n]*$", re.MULTILINE)
_COMMAND = rb"^[^\n]{0,200}\bdcgmi[ \t]+dmon\b[^\n]{0,400}-e[^\n]*$(?!\n[ \t]*\n?[ \t]*#)"
_HEAD_OR_COMMAND = re.compile(_HEAD.pattern + rb"|" + _COMMAND, re.MULTILINE)
"""A command line names the columns, too, where no head follows it."""
_ROW = re.compile(rb"^[^\n]{0,60}?\b(?:GPU|GPU-I|GPU-CI|Switch)[ \t]+\d{1,4}[ \t]+(?:[\d.]+|N/A)(?:[ \t]|$)", re.MULTILINE)
_FIRST = (rb"GPU-CI|GPU-I|GPU|Switch|CPU|Link|CX", rb"\d[\d/]*")
_BEFORE_ROW = re.compile(rb"\n(?=[^\n]{0,60}\b(?:GPU|Switch|CPU|Link|CX)\b[^\n]*\n)")
_RULES = rb"ID[ \t]*$|Id[ \t]*$|#"
_BUSY = re.compile(rb"Profiling module returned an unrecoverable error|Error setting watches", re.IGNORECASE)
_DIAGNOSIS = re.compile(rb"^Successfully ran diagnostic|^[ \t]*\|[ \t]*Diagnostic[ \t]+\|[ \t]*Result", re.MULTILINE)
_CARDS = ("GPU", "GPU-I", "GPU-CI")
_KIND, _NUMBER = "#kind", "#number"
_ENTITY = frozenset((_KIND, _NUMBER))
_FEWEST_ROWS = 3


class DcgmiDmon:
    """The reader."""

    slug = SLUG
    label = "dcgmi dmon"
    priority = 20

    def recognises(self, head: bytes) -> bool:
        """A line that begins with "#Entity", rows of entities, or another report of dcgmi, which is refused with the reason."""
        text = stamped(plain(head)).text
        if _HEAD.search(text) or _DIAGNOSIS.search(text) or (_BUSY.search(text) and b"Result" in text):
            return True
        return len(_ROW.findall(text)) >= _FEWEST_ROWS

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all entities; each head names the columns below it. Raises UnreadableFile where there is no row of values."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        stamps = stamped(plain(source.text_bytes()), source.before)
        text = stamps.text
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        found = sections(text, _HEAD_OR_COMMAND, _names, skipped, source.before, (b"#", b"dcgmi"))
        frames = [_rows_of(section, skipped) for section in found]
        known = [frame for frame in frames if frame is not None]
        if not known:
            raise UnreadableFile(_reason(text), file=source.path)
        frame = pd.concat(known, ignore_index=True) if len(known) > 1 else known[0]
        warnings: list[Message] = []
        columns, total = columns_of(frame, skipped)
        codes, infos = _devices(frame, total)
        step_s = step_of(stamps.text, "dcgmi dmon", ("-d", "--delay"), 0.001)
        rows = timed_rows(stamps, frame[PLACE].to_numpy(), codes, infos, columns, step_s, warnings)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings, settle=_settled)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself; what follows a command line tells whether that is a head."""
        return _BEFORE_ROW


READER = DcgmiDmon()


def _names(head: bytes) -> list[str]:
    if _HEAD.match(head) is None:
        return [_KIND, _NUMBER, *names_of_command(head)]
    return [_KIND, _NUMBER, *head.decode("ascii", "replace").replace("#", " ").split()[1:]]


def _rows_of(section: Section, skipped: dict[str, int]) -> "pd.DataFrame | None":
    return rows_of(section, _FIRST, skipped, places=True, rules=_RULES, texts=_ENTITY) if len(section.names) > 2 else None


def _reason(text: bytes) -> str:
    if _DIAGNOSIS.search(text):
        return "reading.dcgmi_diagnosis"
    if _BUSY.search(text):
        return "reading.dcgm_busy"
    return "reading.no_rows" if _HEAD.search(text) else "reading.no_head"


def _settled(source: Source, rows: Rows, told: Told) -> Rows:
    """Return the rows of cards; without any value of a card, those of its MIG instances, else of its compute instances."""
    kinds = np.array([info.id.partition(" ")[0] if " " in info.id else "GPU" for info in rows.infos])
    has_values = np.zeros(len(kinds), bool)
    for column in rows.columns:
        source.beat()
        has_values |= np.bincount(rows.devices[np.isfinite(column.values)], minlength=len(kinds)) > 0
        release(column.values)
    taken = next((kind for kind in _CARDS if has_values[kinds == kind].any()), "GPU")
    counts = np.bincount(rows.devices, minlength=len(kinds))
    for reason, is_gpu in (("mig_instance", True), ("not_a_card", False)):
        count = int(counts[(kinds != taken) & (np.char.startswith(kinds, "GPU") == is_gpu)].sum())
        if count:
            told.skipped[f"skipped.{reason}"] = told.skipped.get(f"skipped.{reason}", 0) + count
    if not counts[kinds == taken].any():
        raise UnreadableFile("reading.no_cards", file=source.path)
    columns = first_with_values([one for one in rows.columns if one.state == "measured"] + _stand_ins(rows), told)
    rows = msgspec.structs.replace(rows, columns=columns)
    keep = (kinds == taken)[rows.devices]
    if keep.all():
        return rows
    return msgspec.structs.replace(
        rows,
        times=None if rows.times is None else rows.times[keep],
        devices=rows.devices[keep],
        columns=tuple(msgspec.structs.replace(column, values=column.values[keep]) for column in columns),
    )


def _stand_ins(rows: Rows) -> list[Column]:
    """Return the columns that are a part of their metric, where the whole was nowhere asked for."""
    whole = {column.metric for column in rows.columns if column.state == "measured"}
    return [column for column in rows.columns if column.state != "measured" and column.metric not in whole]


def _devices(frame: "pd.DataFrame", total: np.ndarray | None) -> tuple[np.ndarray, tuple[Device, ...]]:
    import pandas as pd

    kinds, numbers = pd.factorize(frame[_KIND]), pd.factorize(frame[_NUMBER])
    codes, found = pd.factorize(kinds[0] * len(numbers[1]) + numbers[0])
    entities = [(str(kinds[1][one // len(numbers[1])]), str(numbers[1][one % len(numbers[1])])) for one in found.tolist()]
    order = sorted(range(len(entities)), key=lambda at: ":".join(entities[at]))
    codes = np.argsort(order)[codes]
    infos = []
    for number, (kind, name) in enumerate(entities[at] for at in order):
        own = total[(codes == number) & np.isfinite(total)] if total is not None else np.empty(0)
        infos.append(Device(name if kind == "GPU" else f"{kind} {name}", "gpu", "", float(own.max()) if own.size else None))
    return codes, tuple(infos)

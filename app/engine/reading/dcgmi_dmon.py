"""`dcgmi dmon -e …`: DCGM fields per entity, blank-separated, heads repeated, normally without times.

An entity is two words ("GPU 0", "GPU-I 3", "Switch 8"). MIG instances stand for cards only where no card has values, lest they count twice;
switches and CPUs are no cards and are left out.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import PLACE, Section, rows_of, sections
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._dcgm_short_names import columns_of, names_of_command
from app.engine.reading._rows import trace_of_rows
from app.engine.reading._smi_tables import timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

if TYPE_CHECKING:
    import pandas as pd

SLUG = "dcgmi-dmon"
_KINDS = rb"(?:GPU-CI|GPU-I|GPU|Switch|CPU Core|CPU|Link|CX)"
_HEAD = re.compile(rb"^[ \t]*#[ \t]*Entity\b[^\n]*$", re.MULTILINE)
_COMMAND = rb"^[^\n]{0,200}\bdcgmi[ \t]+dmon\b[^\n]{0,400}-e[^\n]*$(?!\n[ \t]*\n?[ \t]*#)"
_HEAD_OR_COMMAND = re.compile(_HEAD.pattern + rb"|" + _COMMAND, re.MULTILINE)
"""A command line names the columns, too, where no head follows it."""
_ENTITY = re.compile(rb"^([ \t]*)(" + _KINDS + rb")([ \t]{0,20})[ \t](?=\d)", re.MULTILINE)
_ROW = re.compile(rb"^[^\n]{0,60}?\b(?:GPU|GPU-I|GPU-CI|Switch)[ \t]+\d{1,4}[ \t]+(?:[\d.]+|N/A)(?:[ \t]|$)", re.MULTILINE)
_FIRST = rb"(?:GPU-CI|GPU-I|GPU|Switch|CPU|Link|CX):\d[\d/]*"
_RULES = rb"ID[ \t]*$|Id[ \t]*$|#"
_BUSY = re.compile(rb"Profiling module returned an unrecoverable error|Error setting watches", re.IGNORECASE)
_DIAGNOSIS = re.compile(rb"^Successfully ran diagnostic|^[ \t]*\|[ \t]*Diagnostic[ \t]+\|[ \t]*Result", re.MULTILINE)
_CARDS = ("GPU", "GPU-I", "GPU-CI")
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
        stamps = stamped(plain(source.text_bytes()))
        text = _ENTITY.sub(rb"\1\3\2:", stamps.text)  # one word of the same length, so that places stay
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        frames = [_rows_of(section, skipped) for section in _sections(text, skipped)]
        known = [frame for frame in frames if frame is not None]
        if not known:
            raise UnreadableFile(_reason(text), file=source.path)
        frame = _cards_only(pd.concat(known, ignore_index=True), skipped)
        if frame.empty:
            raise UnreadableFile("reading.no_cards", file=source.path)
        warnings: list[Message] = []
        columns, total = columns_of(frame, skipped, warnings)
        codes, infos = _devices(frame, total)
        step_s = step_of(stamps.text, "dcgmi dmon", ("-d", "--delay"), 0.001)
        rows = timed_rows(stamps, frame[PLACE].to_numpy(), codes, infos, columns, step_s, warnings)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings)


READER = DcgmiDmon()


def _sections(text: bytes, skipped: dict[str, int]) -> list[Section]:
    """Return the sections below heads and below command lines without a head."""
    return list(sections(text, _HEAD_OR_COMMAND, _names, skipped))


def _names(head: bytes) -> list[str]:
    if _HEAD.match(head) is None:
        return ["entity", *names_of_command(head)]
    return ["entity", *head.decode("ascii", "replace").replace("#", " ").split()[1:]]


def _rows_of(section: Section, skipped: dict[str, int]) -> "pd.DataFrame | None":
    return rows_of(section, _FIRST, skipped, places=True, rules=_RULES) if len(section.names) > 1 else None


def _reason(text: bytes) -> str:
    if _DIAGNOSIS.search(text):
        return "reading.dcgmi_diagnosis"
    if _BUSY.search(text):
        return "reading.dcgm_busy"
    return "reading.no_rows" if _HEAD.search(text) else "reading.no_head"


def _cards_only(frame: "pd.DataFrame", skipped: dict[str, int]) -> "pd.DataFrame":
    """Return the rows of cards; without any value of a card, those of its MIG instances, else of its compute instances."""
    kinds = frame["entity"].astype(str).str.partition(":")[0]
    has_values = frame.drop(columns=["entity", PLACE]).notna().any(axis=1)
    taken = next((kind for kind in _CARDS if (has_values & (kinds == kind)).any()), "GPU")
    others = {"mig_instance": kinds.str.startswith("GPU"), "not_a_card": ~kinds.str.startswith("GPU")}
    for reason, rows in others.items():
        count = int((rows & (kinds != taken)).sum())
        if count:
            skipped[f"skipped.{reason}"] = skipped.get(f"skipped.{reason}", 0) + count
    return frame[kinds == taken].reset_index(drop=True)


def _devices(frame: "pd.DataFrame", total: np.ndarray | None) -> tuple[np.ndarray, tuple[Device, ...]]:
    import pandas as pd

    codes, found = pd.factorize(frame["entity"].astype(str), sort=True)
    infos = []
    for number, entity in enumerate(found):
        kind, _, name = str(entity).partition(":")
        own = total[(codes == number) & np.isfinite(total)] if total is not None else np.empty(0)
        infos.append(Device(name if kind == "GPU" else f"{kind} {name}", "gpu", "", float(own.max()) if own.size else None))
    return codes, tuple(infos)

"""The boxed tables of `nvidia-smi` and its clones: two lines per card, three cells each, bus address in the second cell.

One table is a snapshot; tables one after another (`-l`, a loop with `date`, a log with stamps) are a series.
"""

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._csv_text import floats_of
from app.engine.reading._rows import SYNTHETIC_STEP_S, Column, Rows, Told, trace_of_rows, with_occupancy
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, stamped
from app.engine.reading._times import MISSING

if TYPE_CHECKING:
    import pandas as pd

LIMIT = "#limit"
RULING = re.compile(rb"^(?>[^\n]{0,120}?[-=]{8})[^\n]*+\n", re.MULTILINE)
"""What a chapter may end with: the lines of a card stand between two rulings."""
_CELL = rb"([^|\n]{0,160})"
_FIRST = rb"^[ \t]*\|[ \t]*(\d{1,4})[ \t]+" + _CELL + rb"\|([^|\n]{0,60}[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f][^|\n]{0,60})\|" + _CELL
_FIRST_LINE = re.compile(_FIRST + rb"\|?[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(_FIRST + rb"\|?[ \t]*\n[ \t]*\|" + _CELL + rb"\|" + _CELL + rb"\|" + _CELL + rb"\|?[ \t]*$", re.MULTILINE)
_MIG = re.compile(rb"^[ \t]*\|[ \t]*\d{1,3}[ \t]+\d{1,3}[ \t]+\d{1,3}[ \t]+\d{1,3}[ \t]*\|", re.MULTILINE)
_QUOTED = re.compile(rb'^([^"|\n]{0,200})"(?=[^"\n]{0,120}$)', re.MULTILINE)
_CELLS = ("index", "name", "bus", "right", "left2", "middle2", "right2")
ENVIRONMENT: dict[str, str] = {
    "driver": r"(?:Kernel Mode )?Driver(?: Version)?\s{0,4}:?\s{0,40}v?(\d[\w.\-]{1,60})",
    "cuda": r"CUDA Version\s{0,4}:\s{0,4}(\d[\d.]{0,20})",
    "maca": r"MACA Version\s{0,4}:\s{0,4}(\d[\d.]{0,20})",
    "bios": r"BIOS Version\s{0,4}:\s{0,4}(\d[\d.]{0,20})",
    "tool": r"(?:NVIDIA-SMI|HL-SMI Version:|IX-ML:|CNMON|MX-SMI|mthreads-gmi:)\s{0,60}([vh\d][\w.\-]{1,60})",
}


class SmiTables:
    """A reader of one vendor's tables.

    signature  what only this tool's heading has
    command    the command, to find its interval in a prompt in front
    """

    def __init__(self, slug: str, label: str, signature: bytes, command: str, priority: int = 20) -> None:
        self.slug = slug
        self.label = label
        self.priority = priority
        self.command = command
        self._signature = re.compile(signature)

    def recognises(self, head: bytes) -> bool:
        """The heading of the tool's table."""
        return self._signature.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all tables."""
        return read_tables(source, progress, self.slug, self.command)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A card's lines belong together."""
        return RULING


def read_tables(source: Source, progress: Progress, slug: str, command: str) -> Trace:
    """Read all tables of a text. Raises UnreadableFile where none has a card."""
    progress(0.0, "reading.doing.reading")
    text = plain(source.text_bytes())
    if b'"' in text:  # a whole table in one quoted cell of a CSV: what stands before it is its time
        text = _QUOTED.sub(lambda found: found[1].rstrip(b", \t;") + b"\n", text)
    stamps = stamped(text, source.before)
    progress(0.3, "reading.doing.parsing")
    frame, skipped = entries(stamps.text)
    if frame is None:
        raise UnreadableFile("reading.no_cards", file=source.path)
    progress(0.7, "reading.doing.ordering")
    warnings: list[Message] = []
    rows = _rows(frame, stamps, step_of(text, command, ("-l", "--loop", "-t")), warnings)
    environment = environment_of(stamps.text)
    return trace_of_rows(source, slug, rows, skipped=skipped, warnings=warnings, environment=environment, settle=settle_limit)


def environment_of(text: bytes, patterns: dict[str, str] = ENVIRONMENT) -> dict[str, str]:
    """Return what the heading says of driver and tools."""
    head = text[:65536].decode("utf-8", "replace")
    found = {name: re.search(pattern, head) for name, pattern in patterns.items()}
    return {name: one[1].rstrip(".") for name, one in found.items() if one is not None}


def entries(text: bytes) -> tuple["pd.DataFrame | None", dict[str, int]]:
    """Return the cells of all cards as text, with the offset "#place" of each, and what was left out."""
    import pandas as pd

    found = list(_ENTRY.finditer(text))
    skipped = {"skipped.bad_row": len(_FIRST_LINE.findall(text)) - len(found), "skipped.mig_instance": len(_MIG.findall(text))}
    skipped = {reason: count for reason, count in skipped.items() if count > 0}
    if not found:
        return None, skipped
    frame = pd.DataFrame([one.groups() for one in found], columns=list(_CELLS))
    frame = frame.map(lambda cell: cell.decode("utf-8", "replace").strip())
    frame["#place"] = [one.start() for one in found]
    return frame, skipped


def first_number(texts: "pd.Series", pattern: str) -> np.ndarray:
    """Return (n,) float64 the first group of a pattern in each text, nan for none."""

    return floats_of(texts.str.extract(pattern, expand=True)[0])


def memory_gib(texts: "pd.Series") -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) used and total in GiB of "858/65536 MiB", "0 MiB/ 23374 MiB", "662MiB(16384MiB)"."""
    pattern = r"(\d+)\s*(?:MiB)?\s*[/(]\s*(\d+)\s*MiB"
    parts = texts.str.extract(pattern)
    return first_number(texts, pattern) / 1024, first_number(parts[1].fillna(""), r"^(\d+)$") / 1024


def settle_limit(_: Source, rows: Rows, told: Told) -> Rows:
    """Tell the power limit in W where all cards have the same all the time: the column LIMIT of the rows, which ends here."""
    limits = np.concatenate([np.unique(column.values) for column in rows.columns if column.metric == LIMIT] or [np.empty(0)])
    limits = limits[np.isfinite(limits)]
    if limits.size == 1:
        told.environment["power_limit_w"] = f"{limits[0]:g}"
    return msgspec.structs.replace(rows, columns=tuple(column for column in rows.columns if column.metric != LIMIT))


def _rows(frame: "pd.DataFrame", stamps: Stamped, step_s: float | None, warnings: list[Message]) -> Rows:
    import pandas as pd

    used, total = memory_gib(frame["middle2"])
    load = first_number(frame["right2"], r"(\d+)\s*%")
    load = np.where(np.isfinite(load), load, first_number(frame["right"], r"^(\d+)\s*%"))
    watts = frame["left2"].str.replace(r"/\s*[\d.]+\s*W", "", regex=True)
    columns = [
        Column("gpu_utilisation", "", load * 0.01),
        Column("vram_used_gib", "GiB", used),
        Column("power_w", "W", first_number(watts, r"([\d.]+)\s*W\b")),
        Column("temperature_c", "°C", first_number(frame["left2"], r"(\d+)\s*C\b")),
        Column("sm_clock_mhz", "MHz", first_number(frame["right"], r"^(\d+)\s*MHz")),
        Column("memory_clock_mhz", "MHz", first_number(frame["right"], r"MHz\s+(\d+)\s*MHz")),
    ]
    columns = [*with_occupancy(columns, total), Column(LIMIT, "W", first_number(frame["left2"], r"/\s*(\d+)\s*W"))]
    codes, found = pd.factorize(frame["index"].astype(np.int64), sort=True)
    names = frame["name"].map(card_name)
    infos = tuple(_described(str(one), names[codes == number], total[codes == number]) for number, one in enumerate(found))
    return timed_rows(stamps, frame["#place"].to_numpy(), codes, infos, columns, step_s, warnings)


def timed_rows(
    stamps: Stamped,
    places: np.ndarray,
    codes: np.ndarray,
    infos: tuple[Device, ...],
    columns: list[Column],
    step_s: float | None,
    warnings: list[Message],
    count: int | None = None,
) -> Rows:
    """Return rows whose times are those of their places in the text, ticks of `step_s` where it has none."""
    times = stamps.at(places)
    if times is None or not (times != MISSING).any():
        return Rows(None, "synthetic", codes, infos, tuple(columns), count, step_s=step_s or SYNTHETIC_STEP_S)
    warnings += stamps.warnings
    return Rows(times, stamps.clock, codes, infos, tuple(columns), count, stamps.utc_offset_s)


def card_name(cell: str) -> str:
    """Return the model in "NVIDIA H200        On" or "/   MLU370-X8    v1.1.6"."""
    words = [word.strip() for word in re.split(r"\s{2,}", cell.strip()) if re.search(r"[A-Za-z]{2}|\w\d", word)]
    return next((word for word in words if word not in ("N/A", "On", "Off")), "")


def _described(device: str, names: "pd.Series", total: np.ndarray) -> Device:
    known = total[np.isfinite(total) & (total > 0)]
    name = next((one for one in names if one), "")
    return Device(device, "gpu", name, float(known.max()) if known.size else None)

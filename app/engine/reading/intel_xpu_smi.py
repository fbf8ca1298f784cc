"""Intel's `xpu-smi dump`: comma-separated rows with the time of day. Kunlunxin's tool of the same name prints boxed tables."""

import io
import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import ANY_LINE, MISSING_WORDS, Times, numbers, sections
from app.engine.reading._cleaning import plain
from app.engine.reading._rows import Column, Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import day_times
from app.engine.reading._times import Before, Turns, parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "intel-xpu-smi"
HEAD = re.compile(rb"^[^\n]{0,40}?Timestamp[ \t]*,[ \t]*DeviceId[ \t]*,[^\n]*$", re.MULTILINE)
_ROW = re.compile(rb"^[ \t]*((?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:\.\d{1,9})?[ \t]*,[ \t]*\d{1,4}[ \t]*,[^\n]*)$", re.MULTILINE)
FIELDS: dict[str, tuple[str, str, float]] = {
    "gpu utilization (%)": ("gpu_utilisation", "", 0.01),
    "gpu eu array active (%)": ("sm_active", "", 0.01),
    "gpu memory bandwidth utilization (%)": ("vram_bandwidth", "", 0.01),
    "gpu memory utilization (%)": ("vram_utilisation", "", 0.01),
    "gpu memory used (mib)": ("vram_used_gib", "GiB", 1 / 1024),
    "gpu power (w)": ("power_w", "W", 1.0),
    "gpu core temperature (celsius degree)": ("temperature_c", "°C", 1.0),
    "gpu core temperature (c)": ("temperature_c", "°C", 1.0),
    "gpu frequency (mhz)": ("sm_clock_mhz", "MHz", 1.0),
    "pcie read (kb/s)": ("pcie_rx_gbs", "GB/s", 1e-6),
    "pcie write (kb/s)": ("pcie_tx_gbs", "GB/s", 1e-6),
}


class IntelXpuSmi:
    """The reader."""

    slug = SLUG
    label = "xpu-smi dump (Intel)"
    priority = 15

    def recognises(self, head: bytes) -> bool:
        """A head that begins with Timestamp and DeviceId."""
        return HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all rows of all heads."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        text = plain(source.text_bytes())
        skipped: dict[str, int] = {}
        progress(0.3, "reading.doing.parsing")
        frames = [_rows_of(section.names, section.body, skipped) for section in sections(text, HEAD, _names, skipped, source.before)]
        known = [frame for frame in frames if frame is not None]
        if not known:
            raise UnreadableFile("reading.no_rows", file=source.path)
        frame = pd.concat(known, ignore_index=True)
        progress(0.8, "reading.doing.ordering")
        when = _times(frame, source.before)
        codes, infos = _devices(frame)
        columns = tuple(
            Column(metric, unit, numbers(frame, name) * factor) for name, (metric, unit, factor) in FIELDS.items() if name in frame
        )
        rows = Rows(when.times, when.clock, codes, infos, columns)
        warnings: list[Message] = [*when.warnings]
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """Every row stands for itself."""
        return ANY_LINE


READER = IntelXpuSmi()


def _names(head: bytes) -> list[str]:
    return [re.sub(r"\s+", " ", name).strip().lower() for name in head[head.find(b"Timestamp") :].decode("utf-8", "replace").split(",")]


def _rows_of(names: tuple[str, ...], body: bytes, skipped: dict[str, int]) -> "pd.DataFrame | None":
    import pandas as pd

    rows = [row for row in _ROW.findall(body) if row.count(b",") == len(names) - 1]
    lost = len(re.findall(rb"^[ \t]*[^\s]", body, re.MULTILINE)) - len(rows)
    if lost > 0:
        skipped["skipped.bad_row"] = skipped.get("skipped.bad_row", 0) + lost
    if not rows:
        return None
    frame = pd.read_csv(
        io.BytesIO(b"\n".join(rows)),
        header=None,
        names=range(len(names)),
        skipinitialspace=True,
        na_values=[*MISSING_WORDS, *(word + " " for word in MISSING_WORDS)],
        quoting=3,
        index_col=False,
        low_memory=False,
        encoding_errors="replace",
        dtype={0: str},
    )
    frame.columns = pd.Index([name if name not in names[:at] else f"{name}#{at}" for at, name in enumerate(names)])
    return frame


def _times(frame: "pd.DataFrame", before: Before) -> Times:
    texts = frame["timestamp"].fillna("").str.strip()
    if texts.str.match(r"\d{4}-").all():
        times, clock = parse_times(texts)
        return Times(times, clock)
    return Times(day_times(list(texts), before.setdefault("days", Turns())), "relative", (message("reading.no_date"),))


def _devices(frame: "pd.DataFrame") -> tuple[np.ndarray, tuple[Device, ...]]:
    import pandas as pd

    cards = np.nan_to_num(numbers(frame, "deviceid")).astype(np.int64)
    tiles = np.nan_to_num(numbers(frame, "tileid"), nan=-1.0).astype(np.int64)
    codes, found = pd.factorize(cards * 1000 + np.clip(tiles, -1, 998) + 1, sort=True)
    return codes, tuple(Device(f"{one // 1000}.{one % 1000 - 1}" if one % 1000 else str(one // 1000)) for one in found.tolist())

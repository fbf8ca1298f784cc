"""`dcgmi dmon -e …`: DCGM fields per GPU entity, blank-separated, heads repeated, normally without times."""

import io
import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Clock, Device, Trace
from app.engine.progress import Progress
from app.engine.reading._rows import Column, Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._times import parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "dcgmi-dmon"
BYTES_IN_GB = 1e-9
FIELDS: dict[str, tuple[str, str, float]] = {
    "GRACT": ("graphics_engine_active", "", 1.0),
    "SMACT": ("sm_active", "", 1.0),
    "SMOCC": ("sm_occupancy", "", 1.0),
    "TENSO": ("tensor_core", "", 1.0),
    "DRAMA": ("vram_bandwidth", "", 1.0),
    "FP64A": ("fp64", "", 1.0),
    "FP32A": ("fp32", "", 1.0),
    "FP16A": ("fp16", "", 1.0),
    "PCITX": ("pcie_tx_gbs", "GB/s", BYTES_IN_GB),
    "PCIRX": ("pcie_rx_gbs", "GB/s", BYTES_IN_GB),
    "NVLTX": ("nvlink_tx_gbs", "GB/s", BYTES_IN_GB),
    "NVLRX": ("nvlink_rx_gbs", "GB/s", BYTES_IN_GB),
    "GPUTL": ("gpu_utilisation", "", 0.01),
    "MCUTL": ("memory_controller_busy", "", 0.01),
    "FBUSD": ("vram_used_gib", "GiB", 1 / 1024),
    "POWER": ("power_w", "W", 1.0),
    "TMPTR": ("temperature_c", "°C", 1.0),
    "SMCLK": ("sm_clock_mhz", "MHz", 1.0),
    "MMCLK": ("memory_clock_mhz", "MHz", 1.0),
}
_HEAD = re.compile(rb"^\s*#\s*Entity\b[^\n]*$", re.MULTILINE)
_ENTITY = re.compile(rb"^(?P<time>\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d\S*\s+)?GPU[ \t]+(?P<rest>\d+[ \t][^\n]*)$", re.MULTILINE)


class DcgmiDmon:
    """The reader."""

    slug = SLUG
    label = "dcgmi dmon"
    priority = 20

    def recognises(self, head: bytes) -> bool:
        """A line that begins with "#Entity"."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all GPU entities; each head names the columns below it."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        heads = list(_HEAD.finditer(text))
        ends = [*(head.start() for head in heads[1:]), len(text)]
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        frames = [_read_section(head.group(), text[head.end() : end], skipped) for head, end in zip(heads, ends, strict=True)]
        frame = pd.concat(frames, ignore_index=True)
        if frame.empty:
            raise UnreadableFile("reading.no_rows", file=source.path)
        return trace_of_rows(source, SLUG, _rows(frame), skipped=skipped)


READER = DcgmiDmon()


def _read_section(head: bytes, body: bytes, skipped: dict[str, int]) -> "pd.DataFrame":
    import pandas as pd

    names = head.decode("ascii", "replace").replace("#", " ").split()[1:]
    rows = list(_ENTITY.finditer(body))
    if not rows:
        return pd.DataFrame(columns=["entity", *names])
    cells = b"\n".join(row["rest"] for row in rows)
    frame = pd.read_csv(
        io.BytesIO(cells), sep=r"\s+", header=None, names=["entity", *names], na_values=["N/A", "-"], on_bad_lines="skip", index_col=False
    )
    lost = len(rows) - len(frame)
    if lost:
        skipped["skipped.bad_row"] = skipped.get("skipped.bad_row", 0) + lost
    stamps = [row["time"] for row in rows]
    if not lost and all(stamps):
        frame["time"] = [stamp.decode().strip() for stamp in stamps]
    return frame


def _rows(frame: "pd.DataFrame") -> Rows:
    import pandas as pd

    codes, found = pd.factorize(frame["entity"], sort=True)
    times, clock = None, "synthetic"
    if "time" in frame and frame["time"].notna().all():
        times, clock = parse_times(frame["time"])
    known: Clock = clock  # type: ignore[assignment]
    columns = [
        Column(metric, unit, pd.to_numeric(frame[field], errors="coerce").to_numpy(np.float64) * factor)
        for field, (metric, unit, factor) in FIELDS.items()
        if field in frame
    ]
    return Rows(times, known, codes, tuple(Device(str(one)) for one in found), tuple(columns))

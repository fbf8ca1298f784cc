"""SuperBench's monitor: one JSON object per line and tick, cards numbered behind a colon, network in MiB/s (superbench/monitor/monitor.py).

cpu_usage is in percent of one CPU, their number is not told: busy CPUs, no share. ibN counts IP over InfiniBand only, RDMA passes it by.
"""

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._blank_columns import ANY_LINE
from app.engine.reading._channels import HOST
from app.engine.reading._csv_text import floats_of
from app.engine.reading._host_activity import VIRTUAL_INTERFACES
from app.engine.reading._rows import Column, Rows, trace_of_rows
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import count_skipped
from app.engine.reading._times import parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "superbench"
MIB = 2**20 / 1e9
_LINE = re.compile(rb'^\{"time": ?"[^"]+", ?"cpu_usage":', re.M)
_CARD = {
    "gpu_usage": ("gpu_utilisation", "", 0.01),
    "gpu_temperature": ("temperature_c", "°C", 1.0),
    "gpu_mem_used": ("vram_used_gib", "GiB", 2.0**-30),
}


class SuperBench:
    """The reader."""

    slug = SLUG
    label = "SuperBench monitor"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """A line that begins with time and cpu_usage."""
        return _LINE.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all lines. Raises UnreadableFile where none can be decoded."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        skipped: dict[str, int] = {}
        rows, lines = [], [line for line in source.text_bytes().splitlines() if line.strip()]
        for line in lines:
            try:
                row = msgspec.json.decode(line, type=dict[str, object])
            except (msgspec.DecodeError, RecursionError):
                count_skipped(skipped, "skipped.bad_row", 1)
            else:
                rows.append(row)
        frame = pd.DataFrame(rows)
        if frame.empty or "time" not in frame:
            raise UnreadableFile("reading.no_rows", file=source.path)
        progress(0.5, "reading.doing.parsing")
        times, clock = parse_times(frame["time"].astype(str))
        infos, columns = _columns(frame)
        devices = np.zeros(len(frame), np.int64)
        return trace_of_rows(source, SLUG, Rows(times, clock, devices, infos, columns, len(lines)), skipped=skipped)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A line stands for itself."""
        return ANY_LINE


READER = SuperBench()


def _columns(frame: "pd.DataFrame") -> tuple[tuple[Device, ...], tuple[Column, ...]]:
    """Return the host, the cards, and what the columns tell of them."""
    columns = {name: floats_of(frame[name]) for name in frame if name != "time"}
    infos = {"": HOST}
    made: list[tuple[str, str, str, np.ndarray]] = []
    if "cpu_usage" in columns:
        made.append(("cpu_busy_cores", "cores", "", columns["cpu_usage"] / 100))
    for name, values in columns.items():
        kind, _, card = str(name).partition(":")
        if kind in _CARD and card:
            metric, unit, factor = _CARD[kind]
            total = columns.get(f"gpu_mem_total:{card}")
            capacity = float(np.nanmax(total)) * 2.0**-30 if total is not None and np.isfinite(total).any() else None
            infos[card] = Device(card, "gpu", "", capacity)
            made.append((metric, unit, card, values * factor))
    for way, word in (("rx", "receive"), ("tx", "transmit")):
        rates = [v for name, v in columns.items() if str(name).endswith(f"_{word}_bw") and not re.match(VIRTUAL_INTERFACES, str(name))]
        if rates:
            made.append((f"net_{way}_gbs", "GB/s", "", np.sum(rates, axis=0) * MIB))
    places = {name: number for number, name in enumerate(infos)}
    return tuple(infos.values()), tuple(Column(metric, unit, values, owner=places[card]) for metric, unit, card, values in made)

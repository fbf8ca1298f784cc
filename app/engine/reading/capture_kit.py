"""The host log of our own capture kit (`resources/capture`): what the machine is, then the kernel's counters once a tick.

    # SuanXuan capture 1
    key = value                              the environment; `note` is for the reader and may stand anywhere
    @ 1795599160.009522847                   a tick, seconds since 1970
    cpu  1238132 2190 194132 …               /proc/stat; MemTotal, MemAvailable of /proc/meminfo; /proc/diskstats; /proc/net/dev
    ib mlx5_0:1 5839201 482919               octets / 4 that an InfiniBand port received, sent
    cpu_utilisation 0.43                     a metric as it is: Windows has no /proc

Counters become rates between ticks, told at the later one, as sysstat does.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import CAPTURE, Device, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import HOST, Channel, trace_of_channels
from app.engine.reading._cleaning import plain
from app.engine.reading._host_activity import KIB_IN_GIB, VIRTUAL_INTERFACES, busy_channels, summed, whole_disks
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import count_skipped
from app.engine.reading.perfquery import UNIT_BYTES

if TYPE_CHECKING:
    import pandas as pd

SLUG = "capture-kit"
SECTOR_BYTES = 512
_TITLE = re.compile(rb"^# SuanXuan capture \d{1,3}[ \t]*$", re.M)
_PAIR = re.compile(rb"^([a-z][\w.:-]{0,80}) = ([^\n]{1,400})$", re.M)
_TICK = re.compile(rb"^@ (\d{9,11}(?:\.\d{1,9})?)[ \t]*$", re.M)
_N = rb"(\d{1,19})"
_SKIP = rb"\d{1,20} "
_KINDS: dict[str, re.Pattern[bytes]] = {
    "cpu": re.compile(rb"^()cpu +" + b" ".join([_N] * 8) + rb"(?= |$)", re.M),
    "memory": re.compile(rb"^(MemTotal|MemAvailable): +" + _N + rb" kB[ \t]*$", re.M),
    "disk": re.compile(rb"^ *\d+ +\d+ (\S{1,64}) " + _SKIP * 2 + _N + b" " + _SKIP * 3 + _N + b" " + _SKIP * 2 + _N, re.M),
    "net": re.compile(rb"^ *([\w.@-]{1,32}): *" + _N + rb"(?: +\d{1,20}){7} +" + _N + rb"(?: +\d{1,20}){7}[ \t]*$", re.M),
    "ib": re.compile(rb"^ib (\S{1,64}) " + _N + b" " + _N + rb"[ \t]*$", re.M),
    "direct": re.compile(
        rb"^(cpu_utilisation|cpu_system|host_memory_used_gib|disk_read_gbs|disk_write_gbs|net_rx_gbs|net_tx_gbs) "
        rb"(\d{1,9}(?:\.\d{1,12})?)[ \t]*$",
        re.M,
    ),
}
"""Kind of line -> (name, numbers …)."""
_MOST_PAIRS = 1000


class CaptureKit:
    """The reader."""

    slug = SLUG
    label = "suanxuan capture-kit"
    priority = 5

    def recognises(self, head: bytes) -> bool:
        """The title."""
        return _TITLE.search(head[:1024]) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the environment and all ticks. A capture that recorded no tick still tells its environment."""
        seen = _Seen()
        for piece in source.text_pieces():
            source.beat()
            seen.take(plain(piece))
        progress(0.8, "reading.doing.ordering")
        skipped: dict[str, int] = {}
        count_skipped(skipped, "skipped.not_a_row", seen.unknown)
        pairs = dict(seen.pairs)
        told = [message("reading.capture_note", note=text) for name, text in seen.pairs if name == "note"]
        pairs.pop("note", None)
        pairs[CAPTURE] = SLUG
        zone = _zone(pairs.get("time_zone", ""))
        channels = list(_channels(seen, skipped))
        if not any(channel.values.size for channel in channels):
            return _described(source, pairs, zone, skipped, told)
        trace = trace_of_channels(source, SLUG, channels, "absolute", seen.ticks, skipped=skipped, warnings=told, environment=pairs)
        return msgspec.structs.replace(trace, utc_offset_s=zone)


READER = CaptureKit()


class _Seen:
    """What was read so far: pairs, times of ticks, and of each kind of line (name, number of the tick, numbers)."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.ticks = 0
        self.unknown = 0
        self._times: list[np.ndarray] = []
        self._lines: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {kind: [] for kind in _KINDS}

    def take(self, text: bytes) -> None:
        """Take the next piece of the text, which ends with a line."""
        ticks = list(_TICK.finditer(text))
        starts = np.array([one.start() for one in ticks], np.int64)
        known = len(ticks)
        if len(self.pairs) < _MOST_PAIRS:
            found = [(name.decode(), value.decode("utf-8", "replace").strip()) for name, value in _PAIR.findall(text)]
            self.pairs += found[: _MOST_PAIRS - len(self.pairs)]
            known += len(found)
        for kind, form in _KINDS.items():
            lines = list(form.finditer(text))
            if lines:
                known += len(lines)
                at = self.ticks - 1 + np.searchsorted(starts, [one.start() for one in lines], "right")
                numbers = np.array([one.groups()[1:] for one in lines], np.float64)
                self._lines[kind].append((np.array([one[1].decode("utf-8", "replace") for one in lines], object), at, numbers))
        self._times.append(_ns(ticks))
        self.ticks += len(ticks)
        self.unknown += max(0, len(re.findall(rb"^[^#\s][^\n]*|^[ \t]+[^\s][^\n]*", text, re.M)) - known)

    def times(self) -> np.ndarray:
        """Return (ticks,) int64 ns since 1970."""
        return np.concatenate(self._times) if self._times else np.empty(0, np.int64)

    def lines(self, kind: str) -> "pd.DataFrame":
        """Return the lines of a kind that stand below a tick: name, tick, and the numbers as columns 0, 1, …"""
        import pandas as pd

        parts = self._lines[kind]
        if not parts:
            return pd.DataFrame({"name": [], "tick": []})
        names, at, numbers = (np.concatenate(column) for column in zip(*parts, strict=True))
        frame = pd.DataFrame(numbers)
        frame.insert(0, "name", names)
        frame.insert(1, "tick", at)
        return frame[frame["tick"] >= 0].drop_duplicates(["name", "tick"])


def _ns(ticks: list[re.Match[bytes]]) -> np.ndarray:
    parts = [one[1].decode().partition(".") for one in ticks]
    return np.array([int(whole) * 10**9 + int(fine.ljust(9, "0") or 0) for whole, _, fine in parts], np.int64)


def _channels(seen: _Seen, skipped: dict[str, int]) -> Iterator[Channel]:
    times = seen.times()
    yield from _cpu(seen.lines("cpu"), times, skipped)
    memory = seen.lines("memory")
    if len(memory):
        by_tick = memory.pivot(index="tick", columns="name", values=0).reindex(columns=["MemTotal", "MemAvailable"])
        used_gib = (by_tick["MemTotal"] - by_tick["MemAvailable"]) / KIB_IN_GIB
        yield Channel("host_memory_used_gib", "GiB", HOST, times[by_tick.index], used_gib.to_numpy())
    yield from _disks(seen.lines("disk"), times, skipped)
    net = seen.lines("net")
    net = net[~net["name"].astype(str).str.match(VIRTUAL_INTERFACES)]
    at, rates, _ = _rates(net, times, skipped)
    if at.size:
        yield from (summed(f"net_{way}_gbs", at, rates[:, place] / 1e9) for place, way in enumerate(("rx", "tx")))
    for name, port in seen.lines("ib").groupby("name", sort=True):
        at, rates, _ = _rates(port, times, skipped)
        device = Device(str(name), "nic", str(name))
        yield from (Channel(f"ib_{way}_gbs", "GB/s", device, at, rates[:, n] * UNIT_BYTES / 1e9) for n, way in enumerate(("rx", "tx")))
    for name, lines in seen.lines("direct").groupby("name", sort=True):
        unit = "GiB" if str(name).endswith("_gib") else "GB/s" if str(name).endswith("_gbs") else ""
        yield Channel(str(name), unit, HOST, times[lines["tick"]], lines[0].to_numpy())


def _cpu(lines: "pd.DataFrame", times: np.ndarray, skipped: dict[str, int]) -> Iterator[Channel]:
    """Yield the shares of all CPUs: user nice system idle iowait irq softirq steal, in ticks of the kernel."""
    at, rates, _ = _rates(lines, times, skipped)
    if not at.size:
        return
    total = rates.sum(axis=1)
    shares = np.divide(rates, total[:, None], out=np.full(rates.shape, np.nan), where=total[:, None] > 0)
    yield Channel("cpu_utilisation", "", HOST, at, 1 - shares[:, 3] - shares[:, 4])
    yield Channel("cpu_system", "", HOST, at, shares[:, 2])
    yield Channel("cpu_iowait", "", HOST, at, shares[:, 4])


def _disks(lines: "pd.DataFrame", times: np.ndarray, skipped: dict[str, int]) -> Iterator[Channel]:
    whole = lines[lines["name"].isin(whole_disks(set(lines["name"])))]
    at, rates, names = _rates(whole, times, skipped)
    if not at.size:
        return
    for place, way in enumerate(("read", "write")):
        yield summed(f"disk_{way}_gbs", at, rates[:, place] * SECTOR_BYTES / 1e9)
    yield from busy_channels(names, at, rates[:, 2] / 10)  # ms per second -> per cent


def _rates(lines: "pd.DataFrame", times: np.ndarray, skipped: dict[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (m,) times, (m, columns) increase per second of each counter since the tick before, and (m,) names; nan after a reset."""
    columns = [name for name in lines.columns if isinstance(name, int)]
    if len(lines) < 2 or not columns:
        return np.empty(0, np.int64), np.empty((0, len(columns))), np.empty(0, object)
    ordered = lines.sort_values(["name", "tick"], kind="stable")
    names, at = ordered["name"].to_numpy(), times[ordered["tick"]]
    same = names[1:] == names[:-1]
    seconds = np.diff(at)[same] / 1e9
    steps = np.diff(ordered[columns].to_numpy(), axis=0)[same]
    count_skipped(skipped, "skipped.counter_reset", int((steps < 0).any(axis=1).sum()))
    good = (seconds > 0)[:, None] & (steps >= 0)
    rates = np.divide(steps, seconds[:, None], out=np.full(steps.shape, np.nan), where=good)
    return at[1:][same], rates, names[1:][same]


def _described(source: Source, pairs: dict[str, str], zone: int | None, skipped: dict[str, int], told: list[Message]) -> Trace:
    if len(pairs) == 1:  # our own mark alone
        raise UnreadableFile("reading.no_samples", file=source.path)
    return Trace(
        files=(source.described(SLUG),),
        duration_ns=0,
        skipped=skipped,
        warnings=(*told, message("reading.capture_short")),
        environment=pairs,
        is_snapshot=True,
        utc_offset_s=zone,
    )


def _zone(text: str) -> int | None:
    found = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    return (1 if found[1] == "+" else -1) * (int(found[2]) * 3600 + int(found[3]) * 60) if found else None

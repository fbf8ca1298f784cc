"""`iostat`: CPU shares and disks, one block per tick; the first block is the average since the boot and no sample of the run.

Columns differ by version (rkB/s, rMB/s with -m, kB_read/s, Blk_read/s of 512 bytes); times stand above a block only with -t.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._cleaning import plain
from app.engine.reading._host_activity import KB, MB, busy_channels, cpu_channels, summed, whole_disks
from app.engine.reading._iostat_json import JSON, as_report
from app.engine.reading._lines import LINE_END, blanked, marked, matching, short_lines
from app.engine.reading._rows import SYNTHETIC_STEP_S
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped, prefix_of, stamped
from app.engine.reading._sysstat import (
    Head,
    Table,
    count_skipped,
    day_of,
    find_banner,
    numbers,
    report_of,
    tables_under,
    times_of_day,
)
from app.engine.reading._times import DAY_NS, MISSING, Before, Turns, parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "iostat"
RATES = {"rkB/s": KB, "wkB/s": KB, "rMB/s": MB, "wMB/s": MB, "kB_read/s": KB, "kB_wrtn/s": KB, "MB_read/s": MB, "MB_wrtn/s": MB}
RATES |= {"Blk_read/s": 512e-9, "Blk_wrtn/s": 512e-9, "rsec/s": 512e-9, "wsec/s": 512e-9}
_HEAD = re.compile(rb"^(?:(avg-cpu:|Device:?)[ \t]+([^\n]+)|[ \t]+((?:tps|r/s)[ \t][^\n]*?)[ \t]Device[ \t]*)$", re.M)
_CPU_HEAD = re.compile(rb"^avg-cpu:[ \t]+%user[ \t]+%nice[ \t]+%system[ \t]+%iowait", re.M)
_STAMP = re.compile(
    rb"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d{4}|Z)?|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}[ \t]+\d\d:\d\d:\d\d(?:[ \t]+[AP]M)?"
    rb")[ \t]*$",
    re.M,
)


_LONGEST_STAMP = 60
_HEADS = rb"avg-cpu:|Device:?[ \t]|[ \t]+(?:tps|r/s)[ \t]"
_BEFORE_BLOCK = re.compile(rb"\n(?=" + _HEADS + r"|\d{1,4}[/.年-]\d{1,2}[/.月-])".encode())


class Iostat:
    """The reader."""

    slug = SLUG
    label = "iostat"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """A head of disks with one of iostat's rates, or of CPUs."""
        if JSON.search(head) is not None:
            return True
        text = report_of(stamped(plain(head)).text)
        return _CPU_HEAD.search(text) is not None or any(
            set(_key(found).decode("utf-8", "replace").split()) & set(RATES) for found in _HEAD.finditer(text)
        )

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all blocks but the first. Raises UnreadableFile where there are none."""
        progress(0.0, "reading.doing.reading")
        whole = source.text_bytes()
        wrapped = stamped(as_report(whole, source) if JSON.search(whole[:65536]) is not None else plain(whole), source.before)
        text = report_of(wrapped.text, source.before)
        banner = find_banner(text, source.before)
        lines = list(matching(text, _STAMP, short_lines(text, 10, _LONGEST_STAMP)))
        stamps = [(found.start(), found.group().decode("utf-8", "replace").strip()) for found in lines]
        text = blanked(text, lines)
        heads = [Head(f.start(), f.end(), _key(f)) for f in marked(text, _HEAD, (b"avg-cpu", b"Device"))]
        progress(0.3, "reading.doing.parsing")
        tables = tables_under(text, heads, {head.key for head in heads})
        rows = sum(len(table.frame) + table.lost for table in tables)
        if not rows:
            raise UnreadableFile("reading.no_rows", file=source.path)
        ticks = _ticks(heads, source.before)
        warnings: list[Message] = []
        own = bool(stamps) or "iostat.stamp" in source.before
        above = None if own else _wrapped_times(wrapped, text, heads)
        times, clock = _times(heads, ticks, stamps, warnings, source.before) if above is None else (above, wrapped.clock)
        skipped: dict[str, int] = {}
        count_skipped(skipped, "skipped.bad_row", sum(table.lost for table in tables))
        since_boot = ticks.max() > 0 or source.parts is not None
        if not since_boot:
            warnings.append(message("reading.since_boot"))
        channels = [made for table in tables for made in _channels(table, times, ticks if since_boot else None, skipped)]
        return trace_of_channels(
            source, SLUG, channels, clock, rows, skipped=skipped, warnings=warnings, environment=banner.environment if banner else {}
        )

    def chapters(self, head: bytes) -> re.Pattern[bytes] | None:
        """A block stands for itself; JSON is read at once."""
        prefix = prefix_of(plain(head))
        if prefix is not None:
            return re.compile(rb"\n(?=" + prefix + rb"(?:" + _HEADS + rb"))")
        return None if JSON.search(head) is not None else _BEFORE_BLOCK


READER = Iostat()


def _key(found: re.Match[bytes]) -> bytes:
    if found[3] is not None:  # -h puts the name behind the numbers
        return b" ".join(found[3].split()) + b" DEV"
    return b" ".join(found[2].split()) if found[1] == b"avg-cpu:" else b"DEV " + b" ".join(found[2].split())


def _ticks(heads: list[Head], before: Before) -> np.ndarray:
    """Return (heads,) the tick of each head: a tick ends where a head comes again."""
    seen: set[bytes]
    tick, seen = before.get("iostat.tick", (0, set()))
    ticks = []
    for head in heads:
        if head.key in seen:
            tick, seen = tick + 1, set()
        seen.add(head.key)
        ticks.append(tick)
    before["iostat.tick"] = (tick, seen)
    return np.array(ticks, np.int64)


def _wrapped_times(wrapped: Stamped, text: bytes, heads: list[Head]) -> np.ndarray | None:
    """Return (heads,) int64 ns that a wrapper wrote above or before the heads, whose lines are the same in its text; None without."""
    told, own = (np.flatnonzero(np.frombuffer(one, np.uint8) == LINE_END) + 1 for one in (wrapped.text, text))
    if told.size != own.size:
        return None
    return wrapped.at(np.append(0, told)[np.searchsorted(own, [head.start for head in heads], "right")])


def _times(
    heads: list[Head], ticks: np.ndarray, stamps: list[tuple[int, str]], warnings: list[Message], before: Before
) -> tuple[np.ndarray, Clock]:
    """Return (heads,) int64 ns and the clock: each head has the stamp above it, else a made-up one."""
    if "iostat.stamp" in before:
        stamps = [(-1, before["iostat.stamp"]), *stamps]
    if not stamps:
        warnings.append(message("reading.synthetic_time", step=SYNTHETIC_STEP_S))
        return ticks * int(SYNTHETIC_STEP_S * 1e9), "synthetic"
    import pandas as pd

    before["iostat.stamp"] = stamps[-1][1]
    known, clock = _parsed_stamps(pd.Series([text for _, text in stamps]), before.setdefault("iostat.days", Turns()))
    above = np.searchsorted([start for start, _ in stamps], [head.start for head in heads]) - 1
    return np.where(above >= 0, known[np.maximum(above, 0)], MISSING), clock


def _parsed_stamps(texts: "pd.Series", turns: Turns) -> tuple[np.ndarray, Clock]:
    if texts.str.match(r"\d{4}-\d\d-\d\dT").all():
        return parse_times(texts)
    parts = texts.str.split(n=1, expand=True)
    days = np.array([day_of(text) if day_of(text) is not None else -1 for text in parts[0]], np.int64)
    clocks = times_of_day(parts[1].str.replace(" ", ""), 0, turns)
    return np.where((clocks == MISSING) | (days < 0).any(), clocks, clocks % DAY_NS + days), "local"


def _channels(table: Table, times: np.ndarray, ticks: np.ndarray | None, skipped: dict[str, int]) -> list[Channel]:
    frame, section = table.frame, table.section
    if ticks is not None:
        sampled = ticks[section] > 0
        count_skipped(skipped, "skipped.since_boot", int((~sampled).sum()))
        frame, section = frame[sampled], section[sampled]
    at = times[section]
    if frame.empty:
        return []
    if "%idle" in frame:
        return cpu_channels(frame.assign(CPU="all"), at)
    if "DEV" not in frame:
        return []
    names = frame["DEV"].astype(str)
    whole = names.isin(whole_disks(set(names))).to_numpy()
    count_skipped(skipped, "skipped.part_of_a_disk", int((~whole).sum()))
    rows, at = frame[whole], at[whole]
    made = []
    for metric, letters in (("disk_read_gbs", "r"), ("disk_write_gbs", "w")):
        column = next((name for name in rows if name in RATES and _way(name) == letters), None)
        if column is not None:
            made.append(summed(metric, at, numbers(rows[column]) * RATES[column]))
    return made + (busy_channels(rows["DEV"].astype(str).to_numpy(), at, numbers(rows["%util"])) if "%util" in rows else [])


def _way(name: str) -> str:
    return "r" if name.startswith("r") or "read" in name else "w"

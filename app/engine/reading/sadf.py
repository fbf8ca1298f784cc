"""`sadf -d`, `sadf -j`, `sadf -x`: a binary sar file as semicolon-separated rows, JSON or XML, with full times."""

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._csv_text import floats_of
from app.engine.reading._host_activity import maker_for
from app.engine.reading._sources import Source
from app.engine.reading._sysstat import count_skipped, frame_of, separated
from app.engine.reading._times import MISSING, Before, epoch_times, parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "sadf"
_HEAD = re.compile(rb"^# hostname;interval;timestamp;([^\n]*)$", re.M)
_TICK_END = re.compile(rb"^([^;\n]*;[^;\n]*;[^;\n]*);[^\n]*\n(?!\1;)(?=.)", re.M)
_RESTART = re.compile(rb"^[^\n#;]*;-?\d+;[^\n;]*;LINUX-RESTART[^\n]*\n?", re.M)
_JSON = re.compile(rb'^\s*\{\s*"sysstat"\s*:')
_XML = re.compile(rb"<sysstat\b")
# activity in JSON and XML -> its column of names there, and what our columns are called there
_ACTIVITIES = {
    "cpu-load": ("cpu", {"CPU": ("cpu", "number"), "%sys": ("sys", "system"), "%iowait": ("iowait",), "%idle": ("idle",)}),
    "disk": ("disk-device", {"DEV": ("disk-device", "dev"), "rkB/s": ("rkB",), "wkB/s": ("wkB",), "%util": ("util-percent",)}),
    "net-dev": ("net-dev", {"IFACE": ("iface",), "rxkB/s": ("rxkB",), "txkB/s": ("txkB",)}),
    "memory": ("memory", {"kbmemused": ("memused",)}),
}
Activity = dict[str, list[dict[str, str]]]


class Sadf:
    """The reader."""

    slug = SLUG
    label = "sadf -d / -j / -x"
    priority = 40

    def recognises(self, head: bytes) -> bool:
        """The head of a table of sadf -d, or the root of its JSON or XML."""
        return any(pattern.search(head) for pattern in (_HEAD, _JSON, _XML))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all activities that feed an axis; the others are counted."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes()
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        if _HEAD.search(source.head):
            frames, rows = _from_rows(text, skipped, source.before)
        else:
            frames, rows = _from_activities(_json(text, source) if _JSON.search(text[:4096]) else _xml(text, source), skipped)
        channels: list[Channel] = []
        clock: Clock = "local"
        for frame in frames:
            make = maker_for(tuple(frame.columns))
            if make is not None and len(frame):
                times, clock = _times(frame["timestamp"])
                channels += make(frame, times)
        return trace_of_channels(source, SLUG, channels, clock, rows, skipped=skipped)

    def chapters(self, head: bytes) -> re.Pattern[bytes] | None:
        """The rows of one time belong together; JSON and XML are read at once."""
        return _TICK_END if _HEAD.search(head) else None


READER = Sadf()


def _times(texts: "pd.Series") -> tuple[np.ndarray, Clock]:
    """Return the times: "2019-04-18 13:20:19 UTC", the same without a zone, or seconds since 1970."""

    seconds = floats_of(texts)
    epoch = epoch_times(seconds) if np.isfinite(seconds).all() else None
    if epoch is not None:
        return epoch, "absolute"
    times, clock = parse_times(texts.str.replace(r"\s*(UTC|GMT)$", "Z", regex=True).str.replace(r"\s+[A-Z]{2,5}$", "", regex=True))
    return np.where(times == MISSING, MISSING, times), clock


def _from_rows(text: bytes, skipped: dict[str, int], before: Before) -> tuple[list["pd.DataFrame"], int]:
    text, restarts = _RESTART.subn(b"", text)
    count_skipped(skipped, "skipped.restart", restarts)
    heads = [(found.start(), found.end(), found[1].decode("utf-8", "replace").strip()) for found in _HEAD.finditer(text)]
    heads = [(0, 0, before["sadf.names"]), *heads] if "sadf.names" in before else heads
    before["sadf.names"] = heads[-1][2] if heads else ""
    bodies: dict[str, list[bytes]] = {}
    rows = restarts
    for (_, begin, names), end in zip(heads, [*(start for start, _, _ in heads[1:]), len(text)], strict=True):
        body = text[begin:end].strip(b"\n")
        lines = body.count(b"\n") + 1 if body else 0
        rows += lines
        if not maker_for(tuple(names.split(";"))):
            count_skipped(skipped, "skipped.not_a_metric", lines)
        elif body:
            bodies.setdefault(names, []).append(body)
    frames = []
    for names, parts in bodies.items():
        columns = ("hostname", "interval", "timestamp", *names.split(";"))
        frame, lost = frame_of(b"\n".join(parts), columns, separated(b";", len(columns)))
        count_skipped(skipped, "skipped.bad_row", lost)
        frames.append(frame)
    return frames, rows


def _from_activities(found: Activity, skipped: dict[str, int]) -> tuple[list["pd.DataFrame"], int]:
    import pandas as pd

    count_skipped(skipped, "skipped.not_a_metric", len(found.pop("other", [])))
    frames = [pd.DataFrame(rows, dtype=str) for rows in found.values() if rows]
    return frames, sum(map(len, frames)) + skipped.get("skipped.not_a_metric", 0)


def _row(activity: str, told: dict, stamp: str) -> dict[str, str]:
    columns = _ACTIVITIES[activity][1]
    named = {ours: next((told[name] for name in theirs if name in told), None) for ours, theirs in columns.items()}
    return {"timestamp": stamp, **{ours: str(value) for ours, value in named.items() if value is not None}}


def _stamp(told: dict) -> str:
    zone = str(told.get("tz", ""))
    return f"{told.get('date', '')} {told.get('time', '')}{' UTC' if zone in ('UTC', 'GMT') else ''}"


def _json(text: bytes, source: Source) -> Activity:
    try:
        hosts = msgspec.json.decode(text)["sysstat"]["hosts"]
        ticks = [tick for host in hosts for tick in host.get("statistics", []) if isinstance(tick, dict)]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
    found: Activity = {activity: [] for activity in (*_ACTIVITIES, "other")}
    for tick in ticks:
        when = tick.pop("timestamp", None)
        network = tick.pop("network", None)
        activities = {**tick, **(network if isinstance(network, dict) else {})}
        for activity, told in activities.items():
            rows = told if isinstance(told, list) else [told]
            known = activity in _ACTIVITIES and isinstance(when, dict)
            found[activity if known else "other"] += [
                _row(activity, one, _stamp(when)) if known else {} for one in rows if isinstance(one, dict)
            ]
    return found


def _xml(text: bytes, source: Source) -> Activity:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:  # sadf writes none; entities can grow without bound
        raise UnreadableFile("reading.xml_broken", file=source.path, detail="DOCTYPE")
    found: Activity = {activity: [] for activity in (*_ACTIVITIES, "other")}
    stamp = ""
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(text), events=("start", "end")):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                stamp = _stamp(element.attrib) if name == "timestamp" else stamp
            elif name == "memory":
                found["memory"].append(_row("memory", {child.tag.rpartition("}")[2]: child.text for child in element}, stamp))
            elif activity := next((key for key, (row, _) in _ACTIVITIES.items() if row == name), None):
                found[activity].append(_row(activity, element.attrib, stamp))
            elif element.attrib and not len(element) and name != "timestamp":
                found["other"].append({})
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # LookupError: an encoding that does not exist
        raise UnreadableFile("reading.xml_broken", file=source.path, detail=str(error)) from error
    return found

"""Which rank or host a file comes from, and what stands before its device ids when several files tell of devices of the same name."""

import re
from collections.abc import Sequence
from itertools import combinations

from app.engine.messages import Message, message
from app.engine.model.traces import CAPTURE, Trace

_RANK = re.compile(r"(?:^|[^a-z])rank[-_. =]?(\d{1,6})(?!\d)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:^|[^a-z])((?:gpu-?)?(?:node|host|server|worker|machine)[-_.]?\d{1,6})(?!\d)", re.IGNORECASE)
_TENSORBOARD = re.compile(r"^(.+)_\d+\.\d{10,}\.pt\.trace\.json(?:\.gz)?$")


def prefixes_of(traces: Sequence[Trace]) -> tuple[list[str], list[Message]]:
    """Return what stands before the device ids of each trace ("" for none) and what is to be told about it.

    Ranks go first (`rank3:0`), then hosts by folder or file name (`node1:0`), then the number of the file.
    """
    groups: dict[str, list[int]] = {}
    for number, trace in enumerate(traces):
        groups.setdefault(trace.files[0].format, []).append(number)
    prefixes = [""] * len(traces)
    hosts = _hosts(traces)
    use_hosts, ranked, split = False, 0, 0
    for members in groups.values():
        same = _same_channels(traces, members)
        ranks = {number: rank_of(traces[number]) for number in members}
        if len(set(ranks.values())) > 1 and None not in ranks.values() and not _clash(same, ranks):
            ranked += len(members)
            for number in members:
                prefixes[number] = f"rank{ranks[number]}:"
        elif same:
            by_host = {number: hosts[number] for number in members}
            known = "" not in by_host.values() and not _clash(same, by_host)
            use_hosts |= known
            for number in sorted({number for pair in same for number in pair}):
                split += 1
                prefixes[number] = f"{hosts[number]}:" if known else f"node{number}:"
    if use_hosts:  # the other logs of those hosts belong to them as well
        prefixes = [prefix or (f"{host}:" if host else "") for prefix, host in zip(prefixes, hosts, strict=True)]
    told = [message("reading.ranks_split", count=ranked)] if ranked else []
    return prefixes, told + ([message("reading.hosts_split", count=split)] if split else [])


def rank_of(trace: Trace) -> int | None:
    """Return the rank that recorded a trace, as the file says or else as its name or folder says; None where nothing does."""
    stated = trace.environment.get("rank", "")
    if stated.isdigit():
        return int(stated)
    found = _RANK.findall(trace.files[0].name)
    return int(found[-1]) if found else None


def _hosts(traces: Sequence[Trace]) -> list[str]:
    """Return the host of each trace: as a capture in the same folder or archive states it, else by what its name says, "" for nothing."""
    names = [trace.files[0].name for trace in traces]
    folders = [name.split("/")[0] if "/" in name else "" for name in names]
    stated = {
        folder: trace.environment["host"]
        for folder, trace in zip(folders, traces, strict=True)
        if folder and CAPTURE in trace.environment and trace.environment.get("host")
    }
    apart = len(set(folders) - {""}) > 1
    return [stated.get(folder) or _numbered(name) or (folder if apart else "") for name, folder in zip(names, folders, strict=True)]


def _numbered(name: str) -> str:
    for part in name.split("/"):
        found = _NUMBERED.search(part)
        if found is not None:
            return re.sub(r"[-_.]", "", found[1]).lower()
    found = _TENSORBOARD.match(name.split("/")[-1])
    return found[1] if found else ""


def _clash(same: list[tuple[int, int]], owners: dict) -> bool:
    """Tell whether two traces of one owner are among the pairs that cannot be of one."""
    return any(owners[one] == owners[other] for one, other in same)


def _same_channels(traces: Sequence[Trace], members: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of traces that tell the same metric of the same device at the same time."""
    channels = {number: _channels(traces[number]) for number in members}
    pairs = combinations(members, 2)
    return [(a, b) for a, b in pairs if _overlap(traces[a], traces[b]) and not channels[a].isdisjoint(channels[b])]


def _channels(trace: Trace) -> set[tuple[str, str]]:
    events = {(device, "events") for device in trace.events.devices} if trace.events is not None else set()
    return {(one.device, one.metric) for one in trace.series} | events


def _overlap(one: Trace, other: Trace) -> bool:
    if one.start_ns is None or other.start_ns is None:
        return True
    return one.start_ns <= other.start_ns + other.duration_ns and other.start_ns <= one.start_ns + one.duration_ns

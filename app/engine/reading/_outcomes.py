"""One path in, everything that became of it out: a file, an archive or a folder, by way of the cache."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from app.engine.errors import EngineError, UnreadableFile
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import Trace
from app.engine.progress import Progress, part_of
from app.engine.reading._cache import Kept
from app.engine.reading._containers import kind_of, members_of
from app.engine.reading._members import MOST_DEPTH, Budget, Member
from app.engine.reading._outcome import Fault, Outcome, error_of, fault_of
from app.engine.reading._registry import read_source
from app.engine.reading._sources import Source


class Found(NamedTuple):
    """The traces of one path and the faults of what is not read."""

    traces: tuple[Trace, ...]
    faults: tuple[EngineError, ...]


def read_path(path: Path, progress: Progress, *, prefix: str = "", use_cache: bool = True, mappings: Sequence[TableMapping] = ()) -> Found:
    """Read a file, an archive or a folder; what cannot be read is in the faults and does not stop the rest.

    mappings  what a person said of the columns of tables
    prefix    what stands before the names of the files, such as the folder's name where several folders make one run
    """
    try:
        if kind_of(path) == "folder":
            outcome = _folder(path, progress, use_cache, mappings)
        else:
            outcome = _cached(path, progress, use_cache, mappings)
    except EngineError as error:
        outcome = Outcome((), (fault_of(error, ""),))
    traces = tuple(_named(trace, path, prefix) for trace in outcome.traces)
    return Found(traces, tuple(error_of(fault, path) for fault in outcome.faults))


def _named(trace: Trace, path: Path, prefix: str) -> Trace:
    first = trace.files[0]
    name = prefix + (first.name or ("" if prefix.rstrip("/") == path.name else path.name))
    return msgspec.structs.replace(trace, files=(msgspec.structs.replace(first, name=name.rstrip("/")), *trace.files[1:]))


def _folder(path: Path, progress: Progress, use_cache: bool, mappings: Sequence[TableMapping]) -> Outcome:
    """Read the files below a folder, each by way of the cache: when one changes, the others are still known."""
    members = list(members_of(path, "folder", budget := Budget(), progress))
    if not members:
        raise UnreadableFile("reading.container_empty", file=path)
    parts: list[Outcome] = []
    for number, member in enumerate(members):
        part = part_of(progress, number / len(members), (number + 1) / len(members))
        if isinstance(member, UnreadableFile):
            parts.append(Outcome((), (fault_of(member, _inside(member.file, path)),)))
            continue
        try:
            parts.append(_moved(_cached(member.path, part, use_cache, mappings, budget), member.name))
        except EngineError as error:
            parts.append(Outcome((), (fault_of(error, member.name),)))
    return _joined(parts)


def _cached(path: Path, progress: Progress, use_cache: bool, mappings: Sequence[TableMapping], budget: Budget | None = None) -> Outcome:
    source = _source(path, progress, mappings)
    kept = Kept(path, mappings) if use_cache else None
    found = kept.find(source) if kept is not None else None
    if found is not None:
        return found
    outcome = _read(path, source, progress, budget or Budget(), 0)
    return kept.keep(outcome, source) if kept is not None and outcome.traces else outcome


def _source(path: Path, progress: Progress, mappings: Sequence[TableMapping]) -> Source:
    source = Source(path, progress=progress)
    source.mappings = tuple(mappings)
    return source


def _read(path: Path, source: Source, progress: Progress, budget: Budget, depth: int) -> Outcome:
    """Read one file or archive; errors of a single file are raised, those of an archive's files collected."""
    kind = kind_of(path)
    if not kind:
        return Outcome((_nameless(read_source(source)),))
    if depth >= MOST_DEPTH:
        raise UnreadableFile("reading.container_too_deep", file=path, limit=MOST_DEPTH)
    parts: list[Outcome] = []
    try:
        parts.extend(_members(source, kind, progress, budget, depth))
    except EngineError as error:
        if not parts:
            raise
        parts.append(Outcome((), (fault_of(error, ""),)))
    if not parts:
        raise UnreadableFile("reading.container_empty", file=path)
    return _joined(parts)


def _members(source: Source, kind: str, progress: Progress, budget: Budget, depth: int) -> Iterator[Outcome]:
    """Yield what became of each file of an archive. The share of the progress creeps up: how many follow is not known."""
    path = source.path
    for number, member in enumerate(members_of(path, kind, budget, progress)):
        if isinstance(member, UnreadableFile):
            yield Outcome((), (fault_of(member, _inside(member.file, path)),))
            continue
        name = "" if kind == "packed" else member.name
        part = part_of(progress, 1 - 0.9**number, 1 - 0.9 ** (number + 1))
        try:
            outcome = _read(member.path, _source(member.path, part, source.mappings), part, budget, depth + 1)
        except EngineError as error:
            yield Outcome((), (fault_of(error, name), *_cut(member, name)))
        else:
            yield _moved(_with_fault(outcome, member), name)


def _cut(member: Member, name: str) -> tuple[Fault, ...]:
    return () if member.fault is None else (Fault(member.fault, name, "", True),)


def _with_fault(outcome: Outcome, member: Member) -> Outcome:
    if member.fault is None:
        return outcome
    traces = [msgspec.structs.replace(trace, warnings=(*trace.warnings, member.fault)) for trace in outcome.traces]
    return Outcome(tuple(traces), outcome.faults)


def _nameless(trace: Trace) -> Trace:
    return msgspec.structs.replace(trace, files=(msgspec.structs.replace(trace.files[0], name=""), *trace.files[1:]))


def _moved(outcome: Outcome, name: str) -> Outcome:
    """Return the outcome of a member with the member's name before all names."""
    if not name:
        return outcome
    traces = []
    for trace in outcome.traces:
        first = trace.files[0]
        inside = f"{name}/{first.name}" if first.name else name
        traces.append(msgspec.structs.replace(trace, files=(msgspec.structs.replace(first, name=inside), *trace.files[1:])))
    faults = [msgspec.structs.replace(one, inside=f"{name}/{one.inside}" if one.inside else name) for one in outcome.faults]
    return Outcome(tuple(traces), tuple(faults))


def _joined(parts: list[Outcome]) -> Outcome:
    return Outcome(tuple(trace for part in parts for trace in part.traces), tuple(fault for part in parts for fault in part.faults))


def _inside(file: str, path: Path) -> str:
    return file.removeprefix(str(path)).lstrip("/") if file != str(path) else ""

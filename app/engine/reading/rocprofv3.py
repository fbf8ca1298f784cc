"""rocprofv3's JSON (`rocprofv3 --output-format json`): dispatches, copies and calls of the ROCm profiler SDK, names by number."""

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Device, Events, Trace
from app.engine.progress import Progress, part_of
from app.engine.reading._event_order import Beat
from app.engine.reading._event_rows import Coded, EventRows
from app.engine.reading._event_table import kernel_category
from app.engine.reading._json_arrays import ArrayFile, Path
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source

SLUG = "rocprofv3"
_MARK = re.compile(rb'"rocprofiler-sdk-tool"\s*:')
_GPU = 2
_ROOT = "rocprofiler-sdk-tool"


class _Handle(msgspec.Struct):
    handle: int = 0


class _Agent(msgspec.Struct):
    id: _Handle = msgspec.field(default_factory=_Handle)
    type: int = 0
    name: str = ""
    product_name: str = ""
    logical_node_id: int = 0
    logical_node_type_id: int = -1


class _Symbol(msgspec.Struct):
    kernel_id: int = -1
    formatted_kernel_name: str = ""
    kernel_name: str = ""


class _Dispatch(msgspec.Struct):
    agent_id: _Handle = msgspec.field(default_factory=_Handle)
    queue_id: _Handle = msgspec.field(default_factory=_Handle)
    kernel_id: int = -1


class _Correlation(msgspec.Struct):
    internal: int = -1


class _Record(msgspec.Struct):
    start_timestamp: int = -1
    end_timestamp: int = -1
    dispatch_info: _Dispatch | None = None
    correlation_id: _Correlation | None = None
    dst_agent_id: _Handle | None = None
    src_agent_id: _Handle | None = None
    bytes: int = -1


class _Node(msgspec.Struct):
    hostname: str = ""


class _Metadata(msgspec.Struct):
    node: _Node = msgspec.field(default_factory=_Node)


class _Tool(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _File(msgspec.Struct):
    tools: list[_Tool] = msgspec.field(default_factory=list, name=_ROOT)


class Rocprofv3:
    """The reader."""

    slug = SLUG
    label = "rocprofv3 JSON"
    priority = 25

    def recognises(self, head: bytes) -> bool:
        """The key of the profiler SDK's tool."""
        return _MARK.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all dispatches and copies. Raises UnreadableFile where the JSON is broken or nothing ran."""
        progress(0.0, "reading.doing.reading")
        file, found = ArrayFile(source, _WANTED, frozenset({_ROOT})), _Found(source.beat)
        for path, batch in file.batches(part_of(progress, 0.0, 0.8)):
            found.add(path, batch)
        try:
            tools = msgspec.json.decode(file.rest, type=_File).tools
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
        progress(0.8, "reading.doing.ordering")
        devices, events = found.events()
        host = next((tool.metadata.node.hostname for tool in tools if tool.metadata.node.hostname), "")
        environment = {"host": host} if host else {}
        return trace_of_events(source, SLUG, events, 0, devices=devices, skipped=found.skipped, environment=environment)


READER = Rocprofv3()
_WANTED = {
    (_ROOT, "agents"): _Agent,
    (_ROOT, "kernel_symbols"): _Symbol,
    (_ROOT, "buffer_records", "kernel_dispatch"): _Record,
    (_ROOT, "buffer_records", "memory_copy"): _Record,
}


class _Found:
    """Collects the arrays of all tools; skipped counts records without a duration.

    A record is known by the numbers of its kernel and its agents; what they stand for may come after it.
    """

    def __init__(self, beat: Beat) -> None:
        self.skipped: dict[str, int] = {}
        self._agents: dict[int, list[_Agent]] = {}
        self._symbols: dict[int, dict[int, str]] = {}
        self._rows = EventRows(beat)
        self._kernels: dict[tuple[int, int | None], int] = {}
        self._owners: dict[tuple[int, int | None, int | None], int] = {}

    def add(self, path: Path, batch: Sequence) -> None:
        """Take some elements of one array in."""
        tool, name = next((step for step in path if isinstance(step, int)), 0), path[-1]
        if name == "agents":
            self._agents.setdefault(tool, []).extend(batch)
        elif name == "kernel_symbols":
            symbols = self._symbols.setdefault(tool, {})
            symbols.update((symbol.kernel_id, symbol.formatted_kernel_name or symbol.kernel_name) for symbol in batch)
        else:
            self._add_records(tool, batch, is_copy=name == "memory_copy")

    def events(self) -> tuple[list[Device], Events]:
        """Return the cards and all events from the first on."""
        names: dict[str, int] = {}
        kinds: dict[str, int] = {}
        of_kernel = np.zeros((2, len(self._kernels)), np.int32)
        for (tool, kernel), code in self._kernels.items():
            name = "Memcpy" if kernel is None else self._symbols.get(tool, {}).get(kernel, "?")
            kind = "memcpy" if kernel is None else kernel_category([name])[0]
            of_kernel[:, code] = names.setdefault(name, len(names)), kinds.setdefault(kind, len(kinds))
        cards = self._cards()
        ids: dict[str, int] = {}
        of_owner = np.zeros(len(self._owners), np.int32)
        for (tool, *handles), code in self._owners.items():
            known = cards.get(tool, {})
            card = next((known[handle].id for handle in handles if handle in known), "0")
            of_owner[code] = ids.setdefault(card, len(ids))
        name, kind = (Coded(words, ("name",), table.take) for words, table in zip((names, kinds), of_kernel, strict=True))
        events = self._rows.events(self._rows.first_ns or 0, name, kind, Coded(ids, ("device",), of_owner.take))
        return list({handle: card for of_tool in cards.values() for handle, card in of_tool.items()}.values()), events

    def _cards(self) -> dict[int, dict[int, Device]]:
        """Return tool -> handle -> card; a tool also knows the cards of those before it."""
        found: dict[int, dict[int, Device]] = {}
        known: dict[int, Device] = {}
        for tool in range(max([*self._agents, *(tool for tool, *_ in self._owners)], default=-1) + 1):
            gpus = sorted((one for one in self._agents.get(tool, []) if one.type == _GPU), key=lambda agent: agent.logical_node_id)
            known |= {one.id.handle: Device(str(number), "gpu", one.product_name or one.name) for number, one in enumerate(gpus)}
            found[tool] = dict(known)
        return found

    def _add_records(self, tool: int, records: Sequence[_Record], *, is_copy: bool) -> None:
        begin, end = (_floats([getattr(one, name) for one in records]) for name in ("start_timestamp", "end_timestamp"))
        good = (begin >= 0) & (end >= begin) & (end < 2**62)
        if not good.all():
            self.skipped["skipped.no_duration"] = self.skipped.get("skipped.no_duration", 0) + int((~good).sum())
            records = [one for one, is_good in zip(records, good.tolist(), strict=True) if is_good]
        dispatches = [one.dispatch_info or _Dispatch() for one in records]
        kernels = [(tool, None if is_copy else info.kernel_id) for info in dispatches]
        if is_copy:
            owners = [(tool, _handle(one.dst_agent_id), _handle(one.src_agent_id)) for one in records]
        else:
            owners = [(tool, info.agent_id.handle, None) for info in dispatches]
        start = np.array([one.start_timestamp for one in records], np.int64)
        self._rows.add(
            start,
            np.array([one.end_timestamp for one in records], np.int64) - start,
            name=np.array([self._kernels.setdefault(key, len(self._kernels)) for key in kernels], np.int32),
            device=np.array([self._owners.setdefault(key, len(self._owners)) for key in owners], np.int32),
            stream=_int64([one.dispatch_info.queue_id.handle if one.dispatch_info else -1 for one in records]),
            correlation=_int64([one.correlation_id.internal if one.correlation_id else -1 for one in records]),
            bytes=_int64([one.bytes for one in records]),
        )


def _handle(agent: _Handle | None) -> int | None:
    return None if agent is None else agent.handle


def _floats(values: Sequence[int]) -> np.ndarray:
    return np.array(values, np.float64)


def _int64(values: Sequence[int]) -> np.ndarray:
    return np.array([value if -(2**63) <= value < 2**63 else -1 for value in values], np.int64)

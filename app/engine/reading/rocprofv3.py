"""rocprofv3's JSON (`rocprofv3 --output-format json`): dispatches, copies and calls of the ROCm profiler SDK, names by number."""

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._event_table import kernel_category, make_events
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source

SLUG = "rocprofv3"
_MARK = re.compile(rb'"rocprofiler-sdk-tool"\s*:')
_GPU = 2


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


class _Records(msgspec.Struct):
    kernel_dispatch: list[_Record] = []
    memory_copy: list[_Record] = []


class _Node(msgspec.Struct):
    hostname: str = ""


class _Metadata(msgspec.Struct):
    node: _Node = msgspec.field(default_factory=_Node)


class _Tool(msgspec.Struct):
    agents: list[_Agent] = []
    kernel_symbols: list[_Symbol] = []
    buffer_records: _Records = msgspec.field(default_factory=_Records)
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _File(msgspec.Struct):
    tools: list[_Tool] = msgspec.field(default_factory=list, name="rocprofiler-sdk-tool")


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
        text = source.text_bytes()
        progress(0.3, "reading.doing.parsing")
        try:
            tools = msgspec.json.decode(text, type=_File).tools
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
        progress(0.7, "reading.doing.ordering")
        return _trace(source, tools)


READER = Rocprofv3()


def _trace(source: Source, tools: Sequence[_Tool]) -> Trace:
    names, kinds, owners, records, sizes = [], [], [], [], []
    cards: dict[int, Device] = {}
    for tool in tools:
        gpus = sorted((agent for agent in tool.agents if agent.type == _GPU), key=lambda agent: agent.logical_node_id)
        cards |= {agent.id.handle: Device(str(number), "gpu", agent.product_name or agent.name) for number, agent in enumerate(gpus)}
        symbols = {symbol.kernel_id: symbol.formatted_kernel_name or symbol.kernel_name for symbol in tool.kernel_symbols}
        for record in tool.buffer_records.kernel_dispatch:
            info = record.dispatch_info or _Dispatch()
            names.append(symbols.get(info.kernel_id, "?"))
            owners.append(cards[info.agent_id.handle].id if info.agent_id.handle in cards else "0")
        kinds += kernel_category(names[len(kinds) :])
        records += tool.buffer_records.kernel_dispatch
        for record in tool.buffer_records.memory_copy:
            handle = next((agent.handle for agent in (record.dst_agent_id, record.src_agent_id) if agent and agent.handle in cards), None)
            owners.append(cards[handle].id if handle is not None else "0")
        names += ["Memcpy"] * len(tool.buffer_records.memory_copy)
        kinds += ["memcpy"] * len(tool.buffer_records.memory_copy)
        records += tool.buffer_records.memory_copy
        sizes = [record.bytes for record in records]
    start = np.array([record.start_timestamp for record in records], np.float64)
    end = np.array([record.end_timestamp for record in records], np.float64)
    good = (start >= 0) & (end >= start) & (end < 2**62)
    kept = np.flatnonzero(good).tolist()
    begin = np.array([records[row].start_timestamp for row in kept], np.int64)
    length = np.array([records[row].end_timestamp - records[row].start_timestamp for row in kept], np.int64)
    origin = int(begin.min()) if begin.size else 0
    streams = [records[row].dispatch_info.queue_id.handle if records[row].dispatch_info else -1 for row in kept]
    events = make_events(
        [names[row] for row in kept],
        [kinds[row] for row in kept],
        [owners[row] for row in kept],
        begin - origin,
        length,
        streams=_int64(streams),
        correlation=_int64([one.internal if (one := records[row].correlation_id) else -1 for row in kept]),
        sizes=_int64([sizes[row] for row in kept]),
    )
    host = next((tool.metadata.node.hostname for tool in tools if tool.metadata.node.hostname), "")
    skipped = {"skipped.no_duration": len(records) - len(kept)} if len(kept) < len(records) else {}
    environment = {"host": host} if host else {}
    return trace_of_events(source, SLUG, events, 0, devices=list(cards.values()), skipped=skipped, environment=environment)


def _int64(values: Sequence[int]) -> np.ndarray:
    return np.array([value if -(2**63) <= value < 2**63 else -1 for value in values], np.int64)

"""Collectives: kinds by name, size and group, bandwidths as nccl-tests counts them; never guessed."""

import pytest

from app.engine import pipeline
from app.engine.profiling import characterise
from app.engine.profiling.collectives import bus_factor, find_collectives, kind_of
from app.engine.profiling.launches import find_launches
from tests.engine.made_events import launched, made, real


def collectives_of(events):
    return find_collectives(events, (0, 10**12), find_launches(events))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)", "all_reduce"),
        ("ncclKernel_Broadcast_RING_LL_Sum_int8_t(ncclDevComm*, unsigned long, ncclWork*)", "broadcast"),
        ("ncclDevKernel_ReduceScatter_Sum_f32_RING_SIMPLE", "reduce_scatter"),
        ("ncclDevKernel_Reduce_Sum_f32_RING_LL", "reduce"),
        ("ncclDevKernel_SendRecv(ncclDevKernelArgsStorage<4096ul>)", "send_recv"),
        ("void (anonymous namespace)::multimem_all_reduce_kernel<c10::BFloat16, 16>(int)", "all_reduce"),
        ("hcom_allGather__445_2", "all_gather"),
        ("hcom_receive__1_0", "send_recv"),
        ("c10d::allreduce_", "all_reduce"),
        ("c10d::alltoall_base_", "all_to_all"),
        ("nccl:_reduce_scatter_base", "reduce_scatter"),
        ("rcclGenericKernel<1, false>(ncclDevComm*, unsigned long, ncclWork*)", "other"),
    ],
)
def test_kinds_by_name(name, kind):
    assert kind_of(name) == kind


def test_factors_of_nccl_tests():
    assert bus_factor("all_reduce", 8) == pytest.approx(2 * 7 / 8)
    assert {bus_factor(kind, 4) for kind in ("all_gather", "reduce_scatter", "all_to_all")} == {0.75}
    assert bus_factor("broadcast", None) == bus_factor("reduce", 8) == 1
    assert bus_factor("all_reduce", None) is None and bus_factor("other", 8) is None


def test_bandwidths_by_hand():
    rows = []
    for number, time_ns in enumerate((10_000, 30_000)):
        more = {"category": "collective", "bytes": 10**6, "shape": "allreduce;in=500000;out=500000;ranks=4"}
        rows += launched(number, "ncclDevKernel_AllReduce_Sum_f16", 100_000 * number, 100_000 * number + 5000, time_ns, **more)
    rows += launched(9, "ncclDevKernel_AllReduce_Sum_f16", 300_000, 305_000, 1000, category="collective")
    known, unknown = collectives_of(made(rows))
    assert (known.kind, known.calls, known.bytes, known.ranks) == ("all_reduce", 2, 10**6, 4) and known.time_s == pytest.approx(40e-6)
    assert known.algorithm_gbs == pytest.approx(2e6 / 40e-6 / 1e9) and known.bus_gbs == pytest.approx(50 * 1.5)
    assert (unknown.bytes, unknown.ranks, unknown.algorithm_gbs, unknown.bus_gbs) == (None, None, None, None)


def test_the_host_tells_what_the_kernel_does_not():
    rows = [
        ("c10d::alltoall_base_", "cpu_op", "host", 1, 0, 50_000),
        ("record_param_comms", "cpu_op", "host", 1, 1000, 40_000, -1, 4096, "all_to_allv;in=1024;out=1024;ranks=2"),
        ("nccl:all_to_all", "annotation", "host", 1, 2000, 30_000),
        *launched(1, "ncclDevKernel_SendRecv", 10_000, 60_000, 4096, category="collective"),
        *launched(2, "ncclDevKernel_SendRecv", 90_000, 95_000, 1000, category="collective"),
    ]
    inner, alone = collectives_of(made(rows))
    assert (inner.bytes, inner.ranks, inner.algorithm_gbs) == (4096, 2, pytest.approx(1.0))
    assert (alone.kind, alone.bytes) == ("send_recv", None)


def test_kineto_tells_size_and_group(tmp_path):
    path = tmp_path / "trace.json"
    args = '"stream": 7, "device": 0, "correlation": 5, "Collective name": "_allgather_base", "dtype": "BFloat16"'
    sizes = '"In msg nelems": 1000, "Out msg nelems": 8000, "Group size": 8'
    kernel = '"ph": "X", "cat": "kernel", "name": "ncclDevKernel_AllGather_RING_LL", "pid": 0, "tid": 7, "ts": 1.0, "dur": 2.0'
    event = f'{{{kernel}, "args": {{{args}, {sizes}}}}}'
    path.write_text(f'{{"schemaVersion": 1, "traceEvents": [\n{event}\n]}}')
    (found,) = characterise(pipeline.read_traces([path]).run, platform=None).collectives
    assert (found.kind, found.bytes, found.ranks) == ("all_gather", 16_000, 8)  # what comes out, as nccl-tests counts an all-gather
    assert found.bus_gbs == pytest.approx(16_000 / 2e-6 / 1e9 * 7 / 8)


def test_real_sizes_against_a_count(shared_data):
    trace = real(shared_data, "nccl_parser_config")
    events = trace.events
    expected: dict[tuple[str, int], list[int]] = {}
    for row in range(len(events)):
        name = events.names[events.name[row]]
        if name.startswith("ncclKernel_"):
            key = ("all_reduce" if "AllReduce" in name else "broadcast", int(events.bytes[row]))
            expected.setdefault(key, []).append(int(events.duration_ns[row]))
    found = {(one.kind, int(one.bytes)): one for one in characterise(trace, platform=None).collectives}
    assert found.keys() == expected.keys() and len(found) == 7
    for key, one in found.items():
        assert one.ranks == 2 and one.calls == len(expected[key]) and one.time_s == pytest.approx(sum(expected[key]) / 1e9)
        assert one.bus_gbs == pytest.approx(key[1] * one.calls / sum(expected[key]))  # two ranks: both factors are 1

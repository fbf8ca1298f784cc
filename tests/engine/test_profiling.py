"""Characterisation: the axes by their definitions, busy part, overlap, self times, class and honesty about what was not measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.model.traces import Device, Events, Series, SourceFile, Trace
from app.engine.model.workloads import Node
from app.engine.profiling import characterise, intervals
from app.engine.profiling.operators import host_table

A100 = "nvidia-a100-sxm-80gb"


def series(metric: str, values, device: str = "0", unit: str = "") -> Series:
    values = np.asarray(values, float)
    return Series(metric, device, unit, np.arange(values.size, dtype=np.int64) * 10**9, values)


def trace_of(*found: Series, **more) -> Trace:
    end = max((int(one.time_ns[-1]) for one in found), default=0)
    devices = tuple(Device(name, memory_gib=80.0) for name in sorted({one.device for one in found}))
    return Trace((SourceFile("t", "table", 1, "x"),), more.pop("duration_ns", end), devices=devices, series=found, **more)


def axis(profile, name):
    return next(one for one in profile.axes if one.name == name)


def test_busy_part_cuts_idle_head_and_tail_on_all_cards():
    gpu = [0, 0, 0.8, 0.9, 0.01, 0.9, 0, 0]
    trace = trace_of(series("gpu_utilisation", gpu), series("gpu_utilisation", [0] * 8, "1"))
    profile = characterise(trace, platform=None)
    assert profile.window_ns == (2 * 10**9, 6 * 10**9)
    assert characterise(trace, platform=None, whole=True).window_ns == (0, 7 * 10**9)
    busy = [0.8, 0.9, 0.01, 0.9, 0]
    assert axis(profile, "gpu").value == pytest.approx((np.mean(busy) + 0) / 2)


def test_links_by_one_direction_and_vram_at_its_maximum():
    rates = {"pcie_rx_gbs": [10, 20], "pcie_tx_gbs": [15, 5], "nvlink_rx_gbs": [60, 60], "nvlink_tx_gbs": [30, 30], "ib_rx_gbs": [50, 50]}
    trace = trace_of(series("vram_used_gib", [20, 60], unit="GiB"), *(series(name, values, unit="GB/s") for name, values in rates.items()))
    platform = pipeline.catalogue().platform(A100)
    profile = characterise(trace, platform=platform, node=Node(nics=4, nic_gbps=200))
    assert axis(profile, "vram").value == pytest.approx(60 / 80)
    assert axis(profile, "pcie").value == pytest.approx(((15 + 20) / 2) / platform.host.one_direction_gbs)
    assert axis(profile, "nvlink").value == pytest.approx(90 / (2 * platform.fabric.one_direction_gbs))
    assert axis(profile, "infiniband").value == pytest.approx(50 / 100)


def test_a_rate_without_its_peak_is_shown_and_has_no_share():
    profile = characterise(trace_of(series("disk_read_gbs", [2, 4], unit="GB/s")), platform=None)
    disk = axis(profile, "disk")
    assert disk.value is None and disk.state == "measured" and disk.rate_gbs == pytest.approx(3)


def test_what_a_log_does_not_hold_is_not_measured_never_zero():
    profile = characterise(trace_of(series("power_w", [100, 100], unit="W")), platform=None)
    assert all(one.value is None and one.state == "not_measured" for one in profile.axes)
    assert profile.load_class == "unknown" and profile.communication.share is None


def test_memory_controller_stands_in_as_an_estimate():
    profile = characterise(trace_of(series("gpu_utilisation", [1, 1]), series("memory_controller_busy", [0.9, 0.8])), platform=None)
    assert axis(profile, "vram_bandwidth").state == "estimated" and profile.load_class == "memory"


def test_no_fabric_is_not_applicable():
    platform = pipeline.catalogue().platform("nvidia-rtx-4090")
    assert axis(characterise(trace_of(series("gpu_utilisation", [1, 1])), platform=platform), "nvlink").state == "not_applicable"


def events(rows: list[tuple[str, str, str, int, int, int]]) -> Events:
    """rows: name, category, device, stream, start, duration."""
    rows = sorted(rows, key=lambda row: row[4])
    tables = [list(dict.fromkeys(row[place] for row in rows)) for place in range(3)]
    codes = [np.array([table.index(row[place]) for row in rows], np.int32) for place, table in enumerate(tables)]
    number = lambda place: np.array([row[place] for row in rows], np.int64)  # noqa: E731
    blank = np.full(len(rows), -1, np.int64)
    return Events(*(tuple(table) for table in tables), (), *codes, number(3), number(4), number(5), blank, blank.astype(np.int32), blank)


def test_exposed_communication_is_what_no_kernel_hides():
    found = events([("gemm", "kernel", "0", 1, 0, 100), ("nccl", "collective", "0", 2, 50, 100)])
    trace = Trace((SourceFile("k", "kineto", 1, "x"),), 150, devices=(Device("0"),), events=found)
    profile = characterise(trace, platform=None)
    assert profile.communication.share == pytest.approx(100 / 150) and profile.communication.exposed_share == pytest.approx(50 / 150)
    assert axis(profile, "gpu").value == pytest.approx(1.0)


def test_self_time_of_nested_host_operators():
    found = events(
        [
            ("outer", "cpu_op", "host", 1, 0, 100),
            ("inner", "cpu_op", "host", 1, 10, 30),
            ("leaf", "cpu_op", "host", 1, 15, 5),
            ("second", "cpu_op", "host", 1, 60, 20),
        ]
    )
    own = {row.name: row.host_time_s * 1e9 for row in host_table(found)}
    assert own == pytest.approx({"outer": 50, "inner": 25, "leaf": 5, "second": 20})


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=30),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=30),
)
def test_intervals_against_counting(one, other):
    def spans(rows):
        rows = sorted(rows)
        start = np.array([row[0] for row in rows], np.int64)
        return intervals.union(start, start + np.array([row[1] for row in rows], np.int64))

    covered = [{moment for start, length in rows for moment in range(start, start + length)} for rows in (one, other)]
    first, second = spans(one), spans(other)
    assert intervals.total(first) == len(covered[0])
    assert intervals.overlap(first, second) == len(covered[0] & covered[1])


def test_a_real_trace_of_training_on_many_cards(shared_data):
    path = shared_data / "traces/kineto-chrome-trace/HolisticTraceAnalysis__tests__data__nccl_parser_config__nccl_data.json.gz"
    profile = pipeline.profile_trace(pipeline.read_traces([path]).run, platform="nvidia-a100-sxm-40gb")
    assert 0.2 < profile.communication.share < 0.4 and sum(row.share for row in profile.operators) == pytest.approx(1)
    assert profile.aten_ops and axis(profile, "gpu").state == "measured"

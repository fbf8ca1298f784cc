"""Shares of time: by hand, against counting moment by moment, and on real traces against a sweep over start and end points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.model.traces import SourceFile, Trace
from app.engine.profiling import characterise
from app.engine.profiling.time_shares import card_times, communication, time_shares
from tests.engine.made_events import made, plain, real

KINDS = ("kernel", "collective", "memcpy", "memset")


def test_what_hides_what_by_hand():
    events = made(
        [
            ("gemm", "kernel", "0", 1, 0, 40),
            ("nccl", "collective", "0", 2, 30, 30),  # 10 hidden, 20 exposed
            ("copy", "memcpy", "0", 3, 50, 30),  # 10 beside the collective, 20 alone
            ("set", "memset", "0", 3, 90, 5),
            ("gemm", "kernel", "1", 1, 0, 100),
        ]
    )
    cards = card_times(events, (0, 100))
    mean, first, second = time_shares(cards, (0, 100))
    assert (first.computing, first.communicating, first.copying, first.idle) == pytest.approx((0.4, 0.2, 0.25, 0.15))
    assert (first.communication, first.copies) == pytest.approx((0.3, 0.35))
    assert first.streams == pytest.approx({1: 0.4, 2: 0.3, 3: 0.35})
    assert second.computing == 1 and (mean.device, mean.computing, mean.idle) == ("", pytest.approx(0.7), pytest.approx(0.075))
    told = communication(cards)
    assert told.share == pytest.approx(30 / 185) and told.exposed_share == pytest.approx(20 / 185)  # of 85 + 100 ns busy


def test_only_the_window_counts():
    events = made([("gemm", "kernel", "0", 1, 0, 40), ("gemm", "kernel", "0", 1, 90, 40), ("gemm", "kernel", "0", 1, 200, 5)])
    mean, card = time_shares(card_times(events, (20, 100)), (20, 100))
    assert card.computing == pytest.approx(30 / 80) and mean.idle == pytest.approx(50 / 80)


def test_nothing_on_a_card_is_not_measured():
    assert card_times(None, (0, 1)) == () and time_shares((), (0, 1)) == () and communication(()).share is None
    host_only = made([("aten::mm", "cpu_op", "host", 1, 0, 10)])
    assert card_times(host_only, (0, 10)) == ()


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 3), st.integers(0, 90), st.integers(0, 40)), min_size=1),
    st.tuples(st.integers(0, 60), st.integers(1, 80)),
)
def test_shares_against_counting_moments(rows, place):
    window = (place[0], place[0] + place[1])
    events = made([("k", kind, str(card), stream, start, length) for kind, card, stream, start, length in rows])
    for share in time_shares(card_times(events, window), window)[1:]:
        running = {
            kind: {
                moment
                for name, card, _, start, length in rows
                if name == kind and str(card) == share.device
                for moment in range(max(start, window[0]), min(start + length, window[1]))
            }
            for kind in KINDS
        }
        copies = running["memcpy"] | running["memset"]
        counts = (running["kernel"], running["collective"] - running["kernel"], copies - running["kernel"] - running["collective"])
        assert (share.computing, share.communicating, share.copying) == pytest.approx(tuple(len(one) / place[1] for one in counts))
        assert share.computing + share.communicating + share.copying + share.idle == pytest.approx(1)
        assert share.communication == pytest.approx(len(running["collective"]) / place[1])
        for stream, part in share.streams.items():
            mine = {
                moment
                for _, card, number, start, length in rows
                if str(card) == share.device and number == stream
                for moment in range(max(start, window[0]), min(start + length, window[1]))
            }
            assert part == pytest.approx(len(mine) / place[1])


def swept(trace, card):
    """Return ns computing, exposed collectives, exposed copies, by walking over all starts and ends once."""
    order = ("kernel", "collective", "memcpy", "memset")
    changes = []
    for _, kind, device, start, end, _ in plain(trace):
        if kind in order and device == card and end > start:
            changes += [(start, 1, kind), (end, -1, kind)]
    totals, open_, last = dict.fromkeys(order, 0), dict.fromkeys(order, 0), 0
    for moment, step, kind in sorted(changes):
        running = next((one for one in order if open_[one]), None)
        if running is not None:
            totals[running] += moment - last
        last = moment
        open_[kind] += step
    return totals["kernel"], totals["collective"], totals["memcpy"] + totals["memset"]


@pytest.mark.parametrize(
    "name", ["nccl_parser_config", "eager_trace", "resnet50_num_workers_0", "Fuser__report1", "torch-ex_cuda_gpu_trace"]
)
def test_real_traces_against_a_sweep(shared_data, name):
    trace = real(shared_data, name)
    profile = characterise(trace, platform=None)
    card = profile.time_shares[1]
    span = profile.window_ns[1] - profile.window_ns[0]
    found = np.array([card.computing, card.communicating, card.copying]) * span
    assert found == pytest.approx(swept(trace, card.device), abs=1)


def test_tasks_that_only_wait_do_not_keep_a_card_busy():
    (card,) = card_times(made([("MatMul", "kernel", "0", 1, 0, 20), ("NOTIFY_WAIT", "kernel", "0", 2, 0, 100)]), (0, 100))
    assert time_shares((card,), (0, 100))[0].idle == 0.8


def test_collectives_alone_do_not_tell_what_they_hide():
    trace = trace_of(
        made([("ncclDevKernel_AllReduce", "collective", "0", 1, 0, 50), ("ncclDevKernel_AllReduce", "collective", "0", 1, 80, 20)])
    )
    profile = characterise(trace, platform=None)
    assert profile.time_shares == () and profile.communication.exposed_share is None and profile.load_class == "unknown"
    assert "profiling.collectives_only" in {one.code for one in profile.warnings} and profile.collectives


def test_totals_laid_end_to_end_have_no_shares_of_time():
    """A summary fills a window that never was: neither a busy card nor a class follows from it."""
    profile = characterise(trace_of(made([("sgemm_128", "kernel", "0", 1, 0, 90)]), "synthetic"), platform=None)
    axes = {axis.name: axis for axis in profile.axes}
    assert axes["gpu"].value is None and profile.time_shares == () and profile.load_class == "unknown"
    assert profile.bottleneck.evidence[0].code == "profiling.why.untimed" and profile.operators


def test_a_window_of_few_ns_has_no_share_above_one():
    profile = characterise(trace_of(made([("Kernel", "kernel", "0", 1, 0, 20)])), platform=None)
    gpu = next(axis for axis in profile.axes if axis.name == "gpu")
    assert (gpu.value, gpu.p95) == (1.0, 1.0)


def trace_of(events, clock="relative"):
    end = int((events.start_ns + events.duration_ns).max())
    return Trace((SourceFile("t", "kineto", 1, "x"),), end, clock=clock, events=events)

"""Gaps: each cause by hand, nested host calls against asking every moment, and real traces against plain counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.profiling import characterise
from app.engine.profiling.gaps import find_gaps
from app.engine.profiling.host_activity import activity_of, kinds_of_names, parents
from app.engine.profiling.launches import find_launches
from app.engine.profiling.time_shares import card_times
from tests.engine.made_events import launched, made, plain, real

US = 1000


def gaps_of(rows, window):
    events = made(rows)
    found = find_gaps(events, window, card_times(events, window), find_launches(events))
    return {(gap.cause, gap.operator): (gap.count, round(gap.time_s * 1e9)) for gap in found}


def two_kernels(gap_us, call_us, *between, before=100, thread=1):
    """A kernel up to `before` µs, one `gap_us` later that is launched at call_us, and host events in µs: name, category, start, length."""
    rows = [*launched(1, "first", 0, 10 * US, (before - 10) * US)]
    rows += launched(2, "second", call_us * US, (before + gap_us) * US, 50 * US, thread=thread)
    rows += [(name, kind, "host", 1, start * US, length * US) for name, kind, start, length in between]
    return gaps_of(rows, (10 * US, (before + gap_us + 50) * US))


def test_the_data_loader():
    loading = "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"
    assert two_kernels(900, 980, (loading, "annotation", 90, 800), ("aten::stack", "cpu_op", 300, 500)) == {
        ("dataloader", loading): (1, 900 * US)
    }


def test_a_wait_for_the_card():
    rows = (("aten::item", "cpu_op", 50, 55), ("aten::_local_scalar_dense", "cpu_op", 51, 53), ("cudaStreamSynchronize", "runtime", 60, 43))
    assert two_kernels(300, 390, *rows) == {("sync", "aten::_local_scalar_dense"): (1, 300 * US)}
    bare = ("cudaDeviceSynchronize", "runtime", 20, 85)
    assert two_kernels(300, 390, bare, ("train", "annotation", 0, 400)) == {("sync", "cudaDeviceSynchronize"): (1, 300 * US)}


def test_python_for_long_after_a_wait_is_python():
    found = two_kernels(
        5000, 5090, ("cudaDeviceSynchronize", "runtime", 20, 85), ("log", "python", 110, 4900), ("aten::mm", "cpu_op", 5080, 15)
    )
    assert found == {("python", "log"): (1, 5000 * US)}


def test_a_launch_a_slow_operator_and_the_interpreter():
    assert two_kernels(9, 104, ("aten::add", "cpu_op", 90, 20)) == {("launch", "aten::add"): (1, 9 * US)}
    assert two_kernels(900, 980, ("aten::conv", "cpu_op", 90, 895)) == {("other", "aten::conv"): (1, 900 * US)}
    assert two_kernels(900, 980, ("ProfilerStep#1", "annotation", 0, 2000), ("aten::add", "cpu_op", 975, 10)) == {
        ("python", ""): (1, 900 * US)
    }


def test_work_that_stood_in_the_queue_did_not_wait_for_the_host():
    assert two_kernels(900, 50, ("aten::conv", "cpu_op", 0, 2000)) == {("queued", ""): (1, 900 * US)}
    assert two_kernels(2, 50, ("aten::conv", "cpu_op", 0, 2000)) == {("launch", ""): (1, 2 * US)}


def test_another_thread_launches_and_the_main_thread_kept_it_waiting():
    loading = ("enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__", "annotation", 100, 850)
    assert two_kernels(900, 990, loading, thread=2) == {("dataloader", loading[0]): (1, 900 * US)}


def test_copies_from_the_host_that_nothing_hides():
    rows = [
        *launched(1, "gemm", 0, 0, 100),
        *launched(2, "Memcpy HtoD (Pageable -> Device)", 50, 60, 90, category="memcpy"),  # 50 ns alone
        *launched(3, "Memcpy DtoD (Device -> Device)", 60, 150, 50, category="memcpy"),
        ("aten::mm", "cpu_op", "host", 1, 0, 10),
    ]
    assert gaps_of(rows, (0, 200)) == {("copy", "Memcpy HtoD (Pageable -> Device)"): (1, 50)}


def test_each_rank_looks_at_its_own_host_and_shares_are_means():
    rows = []
    for rank, name in ((0, "data_loading"), (1, "logging")):
        host, card = f"rank{rank}:host", f"rank{rank}:0"
        rows += launched(10 * rank + 1, "a", 0, 0, 100 * US, host=host, device=card)
        rows += launched(10 * rank + 2, "b", 890 * US, 900 * US, 100 * US, host=host, device=card)
        rows += [(name, "python", host, 1, 50 * US, 820 * US)]
    events = made(rows)
    window = (0, 1000 * US)
    found = find_gaps(events, window, card_times(events, window), find_launches(events))
    assert {(gap.cause, gap.operator): gap.share for gap in found} == pytest.approx(
        {("dataloader", "data_loading"): 0.4, ("python", "logging"): 0.4}
    )


def test_cards_of_one_host_are_judged_by_samples():
    """Two cards wait 990 µs for one thread, which makes 80 calls in a data loader and 20 elsewhere: more pieces than are looked at."""
    rows = [(f"data_load_{number}", "python", "host", 1, (100 + 10 * number) * US, 9 * US) for number in range(80)]
    rows += [("aten::cat", "cpu_op", "host", 1, (900 + 10 * number) * US, 9 * US) for number in range(20)]
    for card in ("0", "1"):
        rows += launched(2 * int(card), "a", 0, 0, 100 * US, device=card)
        rows += launched(2 * int(card) + 1, "b", 1085 * US, 1090 * US, 10 * US, device=card)
    events = made(rows)
    window = (0, 1100 * US)
    found = find_gaps(events, window, card_times(events, window), find_launches(events))
    assert {gap.cause for gap in found} == {"dataloader"} and sum(gap.count for gap in found) == 2
    assert sum(gap.time_s for gap in found) == pytest.approx(2 * 990e-6)


def test_without_the_host_nothing_is_told():
    assert gaps_of([("a", "kernel", "0", 7, 0, 10), ("b", "kernel", "0", 7, 50, 10)], (0, 60)) == {}


@st.composite
def nested_calls(draw):
    """Calls of one thread, properly nested, as (start, end)."""
    calls = []

    def fill(start, end, depth):
        while end - start > 1 and depth < 4:
            begin = draw(st.integers(start, end - 1))
            stop = draw(st.integers(begin + 1, end))
            calls.append((begin, stop))
            if draw(st.booleans()):
                fill(begin, stop, depth + 1)
            start = stop
            if draw(st.booleans()):
                break

    fill(0, 40, 0)
    return calls


@settings(deadline=None)
@given(nested_calls())
def test_innermost_calls_against_asking_every_moment(calls):
    order = sorted(range(len(calls)), key=lambda row: (calls[row][0], -calls[row][1]))
    events = made([(f"op{row}", "cpu_op", "host", 1, calls[row][0], calls[row][1] - calls[row][0]) for row in order])
    known = activity_of(events, np.arange(len(calls)), kinds_of_names(events))
    for moment in range(41):
        around = [(end - start, row) for row, (start, end) in enumerate(calls) if start <= moment < end]
        place = np.searchsorted(known.moment, moment, side="right") - 1
        told = int(known.operator[place]) if place >= 0 else -1
        if not around:
            assert told == -1
        else:
            shortest = min(around)[0]
            assert events.names[told] in {f"op{row}" for length, row in around if length == shortest}
    start, end = (np.array([calls[row][place] for row in order], np.int64) for place in (0, 1))
    for row, parent in enumerate(parents(start, end).tolist()):
        assert parent == max((other for other in range(row) if end[other] > start[row]), default=-1)


@pytest.mark.parametrize("name", ["resnet50_num_workers_0", "linear_kineto", "eager_trace"])
def test_all_gaps_of_a_real_trace_are_its_idle_time_and_its_host_copies(shared_data, name):
    """The operators that are not named one by one included: their time is in the row of their cause."""
    profile = characterise(real(shared_data, name), platform=None)
    card = profile.time_shares[0]
    idle = sum(gap.share for gap in profile.gaps if gap.cause != "copy")
    assert idle == pytest.approx(card.idle)
    assert sum(gap.share for gap in profile.gaps) <= card.idle + card.copying + 1e-9


def test_the_data_loader_of_a_real_run_against_a_plain_count(shared_data):
    """resnet50 with no workers: the idle time of the card during which the loader runs, added up interval by interval."""
    trace = real(shared_data, "resnet50_num_workers_0")
    rows = list(plain(trace))
    loading = [(start, end) for name, _, _, start, end, _ in rows if "DataLoader" in name]
    work = sorted((start, end) for _, kind, _, start, end, _ in rows if kind in ("kernel", "memcpy", "memset", "collective"))
    expected, reach = 0, work[0][1]
    for start, end in work:
        if start > reach:
            inside = sum(max(min(start, stop) - max(reach, begin), 0) for begin, stop in loading)
            # Between kernels of one queue lie some µs: those are the card's own, whatever the host does meanwhile.
            expected += start - reach if 2 * inside >= start - reach >= 1_000_000 else 0
        reach = max(reach, end)
    profile = characterise(trace, platform=None)
    found = next(gap for gap in profile.gaps if gap.cause == "dataloader")
    assert profile.gaps[0] is found and found.operator.startswith("enumerate(DataLoader)")
    assert found.time_s == pytest.approx(expected / 1e9, rel=1e-6) and found.share > 0.25


def test_a_host_that_waits_for_an_idle_card_is_not_what_the_card_waits_for():
    """No synchronisation lasts on a card that does nothing: another card works, or something was not recorded."""
    waiting = ("cudaStreamSynchronize", "runtime", 50, 3050)
    assert two_kernels(3000, 3105, waiting) == {("queued", "cudaStreamSynchronize"): (1, 3000 * US)}


def test_operators_beyond_the_named_ones_are_in_the_row_of_their_cause():
    rows, time = [], 0
    for number in range(30):
        rows += launched(number + 1, "a", time, time, 10 * US)
        rows += [(f"aten::op{number}", "cpu_op", "host", 1, time + 20 * US, (300 + number) * US)]
        time += 400 * US
    rows += launched(99, "a", time, time, 10 * US)
    found = gaps_of(rows, (0, time + 10 * US))
    assert sum(total for _, total in found.values()) == 30 * 390 * US and found["other", ""][0] == 10

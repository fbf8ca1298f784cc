"""Steps: marks and their device work, the user's own ranges, the kernels' period, and refusing where nothing is clear."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.profiling import characterise
from app.engine.profiling.launches import find_launches
from app.engine.profiling.step_period import periods
from app.engine.profiling.steps import find_steps
from tests.engine.made_events import launched, made, plain, real

MS = 1_000_000
WINDOW = (0, 10**12)


def steps_of(events, window=WINDOW):
    return find_steps(events, window, find_launches(events) if events is not None else None)


def mark(name, start_ms, length_ms, thread=1):
    return (name, "annotation", "host", thread, start_ms * MS, length_ms * MS)


def test_a_step_ends_with_the_work_that_it_launched():
    """The host marks three steps of 10 ms and then waits; each launches 30 ms of work, so that the card is ever further behind."""
    rows = [mark(f"ProfilerStep#{number}", 10 * number, 10) for number in range(3)]
    for number in range(3):
        rows += launched(number, "gemm", 10 * number * MS + 1000, (1 + 30 * number) * MS, 30 * MS)
    found = steps_of(made(rows))
    assert found.source == "annotation"
    assert found.start_ns == (0, 31 * MS, 61 * MS) and found.end_ns == (31 * MS, 61 * MS, 91 * MS)
    assert found.mean_s == pytest.approx(0.091 / 3) and found.p50_s == pytest.approx(0.030) and found.jitter == pytest.approx(0)


def test_marks_without_launches_count_as_they_are_and_jitter_leaves_the_first_out():
    found = steps_of(made([mark("ProfilerStep#7", 0, 50), mark("ProfilerStep#8", 50, 10), mark("ProfilerStep#9", 60, 30)]))
    assert [end - start for start, end in zip(found.start_ns, found.end_ns, strict=True)] == [50 * MS, 10 * MS, 30 * MS]
    assert found.mean_s == pytest.approx(0.030) and found.jitter == pytest.approx(10 / 20)


def test_the_stump_of_a_step_at_the_end_is_dropped():
    rows = [mark("ProfilerStep#1", 0, 10), mark("ProfilerStep#2", 10, 10), mark("ProfilerStep#3", 20, 0.05)]
    rows = [(*row[:4], int(row[4]), int(row[5])) for row in rows]
    assert len(steps_of(made(rows)).start_ns) == 2


def test_ranges_of_the_user_take_the_loading_between_them_in():
    found = steps_of(made([mark(f"train_step {number}", 100 * number, 80) for number in range(4)]))
    assert found.source == "user" and found.mean_s == pytest.approx((3 * 0.1 + 0.08) / 4)
    paused = steps_of(made([mark("iteration", start, 80) for start in (0, 100, 1000 - 700, 400)]))
    assert paused.end_ns[1] == 180 * MS  # 120 ms until the next: longer than a step, so a pause of its own


def test_from_optimizer_to_optimizer():
    rows = [mark("Optimizer.step#AdamW.step", 100 * number + 90, 10) for number in range(4)]
    rows += [mark("Optimizer.zero_grad#AdamW.zero_grad", 100 * number, 1) for number in range(4)]
    found = steps_of(made(rows))
    assert found.source == "user" and found.start_ns == (100 * MS, 200 * MS, 300 * MS) and found.mean_s == pytest.approx(0.1)


@pytest.mark.parametrize(
    "name", ["iteration 7", "step[DECODE bs=32]", "train_step", "## batch 3 ##", "Strategy.training_step", "TrainStep"]
)
def test_names_of_steps(name):
    assert steps_of(made([mark(name, 10 * number, 10) for number in range(4)])).source == "user"


@pytest.mark.parametrize("name", ["forward_step", "optimizer.step", "footstep", "stepper", "BatchNorm", "lr_scheduler_step"])
def test_names_that_only_look_like_steps(name):
    assert steps_of(made([mark(name, 10 * number, 10) for number in range(4)])) is None


def test_ranges_that_are_no_steps_are_refused():
    assert steps_of(made([mark("getTerminatingOutputs", 10 * number, 10) for number in range(50)])) is None
    assert steps_of(made([mark("step", 1000 * number, 1) for number in range(5)])) is None  # they cover next to nothing
    assert steps_of(made([mark("step", 0, 10), mark("step", 10, 10)])) is None  # two are no pattern
    assert steps_of(None) is None


def training(steps, layers=8, jitter=None, before=(), after=()):
    """Kernels of a training: an embedding, layers forward and backward, a loss, an optimizer; 10 µs each, 1 ms between the steps."""
    of_step = ["embedding", *["qkv", "softmax", "mlp"] * layers, "loss", *["mlp_grad", "softmax_grad", "qkv_grad"] * layers]
    of_step += ["embedding_grad", "norm", "adam"]
    rows, moment = [], 0
    for names in (before, *[of_step] * steps, after):
        for name in names:
            rows.append((name, "kernel", "0", 7, moment, 10_000))
            moment += 10_000 + (int(jitter.integers(0, 2000)) if jitter is not None else 0)
        moment += MS
    return made(rows), (len(of_step) * 10_000 + MS) / 1e9


def test_the_period_of_the_kernels():
    events, length = training(6)
    found = steps_of(events)
    assert found.source == "period" and len(found.start_ns) >= 5
    assert found.p50_s == pytest.approx(length) and found.jitter < 0.01


def test_setting_up_before_the_steps_does_no_harm():
    events, length = training(6, jitter=np.random.default_rng(1), before=("init", "init", "fill"))
    assert steps_of(events).p50_s == pytest.approx(length, rel=0.1)


def test_the_layers_of_a_single_step_are_no_steps():
    assert steps_of(training(1, layers=24)[0]) is None
    inference = [("embed", "kernel", "0", 7, 0, 5)]
    for layer in range(30):
        inference += [(name, "kernel", "0", 7, 10 + 100 * layer + 20 * place, 15) for place, name in enumerate("abcde")]
    inference += [("head", "kernel", "0", 7, 5000, 50), ("argmax", "kernel", "0", 7, 5060, 5)]
    assert steps_of(made(inference)) is None


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_chance_is_refused(seed):
    rng = np.random.default_rng(seed)
    names = rng.integers(0, 30, 400)
    assert periods(made([(f"k{name}", "kernel", "0", 7, 100 * place, 50) for place, name in enumerate(names)]), WINDOW, 3) is None


@pytest.mark.parametrize(("name", "count"), [("nccl_parser_config", 3), ("ns_resolution", 5), ("resnet50_num_workers_0", 6)])
def test_real_marks_against_a_count(shared_data, name, count):
    trace = real(shared_data, name)
    marks = sorted(
        (start, end) for called, _, device, start, end, _ in plain(trace) if called.startswith("ProfilerStep") and device == "host"
    )
    calls = {number: start for _, kind, _, start, _, number in plain(trace) if kind == "runtime"}
    ends = []
    for begin, end in marks:
        work = [done for _, kind, _, _, done, number in plain(trace) if kind in ("kernel", "memcpy", "memset", "collective")
                and begin <= calls.get(number, -1) < end]  # fmt: skip
        ends.append(max([end, *work, *ends[-1:]]))
    found = characterise(trace, platform=None).steps
    assert found.source == "annotation" and len(found.start_ns) == count and list(found.end_ns) == ends


def test_the_period_of_a_real_run_agrees_with_its_marks(shared_data):
    trace = real(shared_data, "ns_resolution")
    marked = characterise(trace, platform=None).steps
    start, end = periods(trace.events, (0, trace.duration_ns), 3)
    assert np.median(end - start) / 1e9 == pytest.approx(marked.p50_s, rel=0.005)


@pytest.mark.parametrize("name", ["eager_trace", "sglang_Qwen3-8B_decode", "vllm_decode_full", "Fuser__report1"])
def test_real_traces_of_a_single_step_are_refused(shared_data, name):
    assert characterise(real(shared_data, name), platform=None).steps is None

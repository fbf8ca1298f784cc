"""Times of steps: against published runs with whole models left out, and what must hold of any run."""

import statistics
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.messages import Message, has_entry, message
from app.engine.model.estimates import StepTime
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Fact, Platform
from app.engine.model.workloads import Model, Node, RunParameters, Workload
from app.engine.workload import estimate_step, modelled_speed, network_of, speed_cost
from app.engine.workload.network import Network
from app.engine.workload.serving_time import ServingTime, serving_time
from app.engine.workload.serving_work import Pass, pass_work
from app.engine.workload.stages import layout_of
from tests.accuracy import step_time

MODEL = Model("llama", layers=16, hidden=4096, heads=32, kv_heads=8, intermediate=14336, vocab=128256)
RUN = RunParameters(
    gpus=16, nodes=2, seq_len=4096, micro_batch=1, global_batch=64, tensor_parallel=2, pipeline_parallel=4, sequence_parallel=True,
    zero_stage=1,
)  # fmt: skip
JOB = Workload("t", "pretrain", "bf16", engine="megatron-lm", model=MODEL, run=RUN)


def card(name: str = "nvidia-a100-sxm-80gb", **facts: float | None) -> Platform:
    found = pipeline.platforms_by_id()[name]
    return replace(found, facts={**found.facts, **{key: Fact(value) for key, value in facts.items()}})


def timed(workload: Workload, platform: Platform | None = None) -> StepTime:
    found = estimate_step(workload, platform or card())
    assert isinstance(found, StepTime), found
    return found


def changed(**run: object) -> Workload:
    return replace(JOB, run=replace(RUN, **run))


def test_published_megatron_runs_with_their_models_left_out(shared_data):
    del shared_data
    errors: dict[str, list[float]] = defaultdict(list)
    inside = []
    for source, _, _, truth, predicted, low, high in step_time.told_rows():
        errors[source].append(predicted / truth - 1)
        inside.append(low <= truth <= high) if source.startswith(("SimuMax", "Megatron paper")) else None
    megatron = [*errors["SimuMax B200"], *errors["Megatron paper A100"]]
    assert len(megatron) == 26
    assert statistics.mean(map(abs, megatron)) <= 0.05
    assert max(map(abs, megatron)) <= 0.12
    assert statistics.mean(inside) >= 0.9
    assert statistics.mean(map(abs, errors["torchtitan"])) <= 0.3


FACTORS = st.floats(1.0, 4.0)
RUNS = st.fixed_dictionaries(
    {
        "tensor_parallel": st.sampled_from([1, 2, 4]),
        "pipeline_parallel": st.sampled_from([1, 2, 4]),
        "zero_stage": st.sampled_from([0, 1, 3]),
        "recompute": st.sampled_from(["none", "selective", "full"]),
        "attention": st.sampled_from(["flash", "eager"]),
        "offload": st.sampled_from(["none", "optimizer"]),
    }
)


@settings(max_examples=30, deadline=None)
@given(RUNS, st.sampled_from(["bf16_tensor_tflops", "memory_bw_gbs", "achieved_bf16_tflops"]), FACTORS)
def test_a_faster_platform_is_never_slower(run, key, factor):
    slow, fast = card(), card(**{key: (card().number(key) or 0) * factor})
    assert timed(changed(**run), fast).seconds <= timed(changed(**run), slow).seconds * (1 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(RUNS, st.sampled_from(["nvidia-a100-sxm-80gb", "nvidia-b200", "nvidia-l40s", "ascend-910b2"]))
def test_never_above_the_roofline_and_parts_add_up(run, name):
    found = timed(changed(**run), card(name))
    assert 0 < (found.utilisation or 0) < 1
    assert sum(part.seconds for part in found.parts) == pytest.approx(found.seconds)
    assert found.low < found.seconds < found.high
    assert all(has_entry(f"step_time.part.{part.code}", lang) for part in found.parts for lang in ("zh", "en"))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6))
def test_more_micro_batches_leave_less_of_a_bubble(doubled):
    few, many = (timed(changed(global_batch=2 * 2**number)) for number in (doubled, doubled + 1))
    share = [next(part.seconds for part in found.parts if part.code == "bubble") / found.seconds for found in (few, many)]
    assert share[1] < share[0]
    assert many.tokens_per_s > few.tokens_per_s


def test_the_bubble_is_that_of_the_schedule():
    """Of m micro-batches on p stages (p - 1) / m of the work; interleaved in v chunks a v-th of it."""
    middle = changed(global_batch=32, virtual_pipeline=1)
    plain, woven = timed(middle), timed(replace(middle, run=replace(middle.run, virtual_pipeline=4)))
    bubbles = [next(part.seconds for part in found.parts if part.code == "bubble") for found in (plain, woven)]
    assert bubbles[0] == pytest.approx(4 * bubbles[1], rel=0.1)


def test_changes_cost_what_they_repeat_or_send():
    platform = card()
    assert 0.15 < (speed_cost(JOB, changed(recompute="full"), platform) or 0) < 0.4
    assert (speed_cost(JOB, changed(tensor_parallel=4, pipeline_parallel=2), platform) or 0) > -0.2
    assert (speed_cost(JOB, changed(offload="optimizer"), platform) or 0) > 0
    assert speed_cost(JOB, changed(gpus=None), platform) is None


def test_what_is_missing_is_named():
    def said(workload: Workload, platform: Platform) -> Message:
        found = estimate_step(workload, platform)
        assert isinstance(found, Message)
        return found

    assert said(changed(seq_len=None), card()).params["keys"] == ["[run] seq_len"]
    bare = card(bf16_tensor_tflops=None, achieved_bf16_tflops=None)
    assert said(JOB, bare).params == {"platform": bare.id, "key": "bf16_tensor_tflops"}
    unlinked = replace(card(), fabric=replace(card().fabric, one_direction_gbs=None))
    assert said(JOB, unlinked).params["key"] == "fabric_bw_one_direction_gbs"
    assert said(changed(gpus=12), card()).code == "workload.layout"


def test_a_stated_network_is_used_and_an_assumed_one_told():
    spread = changed(tensor_parallel=1, pipeline_parallel=1, platform="nvidia-a100-sxm-80gb")
    assert any(said.code == "step_time.nic_assumed" for said in timed(spread).assumptions)
    known = timed(replace(spread, node=Node(nics=1, nic_gbps=100)))
    assert not any(said.code == "step_time.nic_assumed" for said in known.assumptions)
    assert known.seconds > timed(spread).seconds


@pytest.mark.parametrize(("unit", "per_step"), [("tokens/s", 64 * 4096), ("samples/s", 64), ("tokens/s/card", 4 * 4096), ("seq/min", 3840)])
def test_a_row_is_told_in_its_own_unit(unit, per_step):
    row = MeasuredRun(1, "c", card().id, 16, None, unit)
    found = modelled_speed(JOB, row, card())
    assert not isinstance(found, Message)
    assert found.value == pytest.approx(per_step / timed(JOB).seconds)
    assert found.low < found.value < found.high
    time = modelled_speed(JOB, replace(row, unit="ms/step"), card())
    assert not isinstance(time, Message) and time.value == pytest.approx(timed(JOB).seconds * 1e3)
    assert isinstance(modelled_speed(JOB, replace(row, unit="GB/s"), card()), Message)


def test_cards_of_a_row_take_the_batch_along():
    """A row without a batch keeps the work of a card."""
    row = MeasuredRun(1, "c", card().id, 32, None, "s")
    found = modelled_speed(JOB, row, card())
    assert not isinstance(found, Message)
    assert found.value == pytest.approx(timed(changed(gpus=32, nodes=None, global_batch=128)).seconds)


def test_a_table_without_known_rows_is_told_by_the_model():
    wanted = [MeasuredRun(1, "c", "nvidia-a100-sxm-80gb", 16, None, "tokens/s"), MeasuredRun(2, "d", "nvidia-b200", 16, None, "GB/s")]
    told, refused = pipeline.predict_table(wanted, JOB)
    assert told.kind == "modelled" and told.low is not None and told.value is not None and told.low < told.value
    assert refused.value is None and refused.notes[0].code == "step_time.unit"
    known = [*wanted[:1], replace(wanted[0], row=3, platform="nvidia-b200", speed=1e5)]
    assert pipeline.predict_table(known, JOB)[0].kind != "modelled"


SERVED = Workload(
    "t", "inference", "bf16", engine="vllm", model=MODEL,
    run=RunParameters(gpus=2, tensor_parallel=2, input_len=1024, output_len=256, concurrency=16),
)  # fmt: skip


def test_a_decoded_token_reads_weights_and_cache_once():
    found, layout = network_of(MODEL), layout_of(SERVED.run)
    assert isinstance(found, Network)
    step = pass_work(found, SERVED, Pass(16, 1, 1152))
    products = [one for one in step.work if one.kind == "matmul"]
    weights = 2 * (sum(matrix.parameters for layer in found.layers for matrix in layer.matrices) + found.embedding) / layout.tensor
    inputs = sum(2 * one.shape[0] * one.shape[2] for one in products) * 1.0
    read = sum(one.bytes_read for one in products)
    assert weights < read < weights + 20 * inputs
    cache = sum(one.bytes_read for one in step.work if one.name == "attention")
    assert cache == 16 * 1152 * 16 * 2 * (8 / 2) * 256
    prefill = pass_work(found, SERVED, Pass(1, 1024, 512))
    flops = sum(one.flops for one in prefill.work if one.kind == "matmul" and one.name != "output")
    assert flops == pytest.approx(2 * 1024 * sum(matrix.parameters for layer in found.layers for matrix in layer.matrices) / 2)


def test_serving_by_the_model():
    slow, fast = (serving_time(SERVED, card(memory_bw_gbs=rate)) for rate in (1000.0, 2000.0))
    assert isinstance(slow, ServingTime) and isinstance(fast, ServingTime)
    assert fast.each_s < slow.each_s and fast.tokens_per_s > slow.tokens_per_s and slow.bound == "memory"
    row = MeasuredRun(1, "c", card().id, 2, None, "tokens/s", task="inference", extra={"concurrency": "32"})
    told = pipeline.predict_table([row, replace(row, row=2, case="d", unit="ms", extra={"quantity": "tpot"})], SERVED)
    assert [one.kind for one in told] == ["modelled", "modelled"]
    waiting = replace(row, unit="ms", extra={"quantity": "ttft"})
    assert pipeline.predict_table([waiting], SERVED)[0].value is None
    assert isinstance(modelled_speed(JOB, row, card()), Message)


def test_what_was_noted_while_a_file_was_read_changes_no_time():
    noted = replace(JOB, notes=(message("workload.units_assumed", key="run.units"), message("checking.heads", hidden=4096, near=[16, 32])))
    assert timed(noted).seconds == timed(JOB).seconds
    assert speed_cost(noted, replace(noted, run=replace(RUN, recompute="full")), card()) > 0


def test_what_does_not_fit_into_vram_at_once_is_not_counted_as_speed():
    serving = RunParameters(gpus=1, concurrency=5000, input_len=1024, output_len=256)
    job = Workload("s", "inference", "bf16", engine="vllm", model=replace(MODEL, layers=32), run=serving)
    row = MeasuredRun(1, "c", "nvidia-a100-sxm-80gb", 1, None, "ms", task="inference", extra={"quantity": "tpot"})
    told = modelled_speed(job, row, card())
    assert [one.code for one in told.notes] == ["step_time.served", "step_time.waiting"]
    most = told.notes[1].params["most"]
    assert 10 < most < 1000
    fewer = modelled_speed(replace(job, run=replace(serving, concurrency=most)), row, card())
    assert fewer.value == told.value and len(fewer.notes) == 1
    small = modelled_speed(replace(job, run=replace(serving, concurrency=1)), row, card("nvidia-v100-sxm2-16gb", bf16_tensor_tflops=125.0))
    assert [one.code for one in small.notes] == ["step_time.served", "step_time.no_room"]


@pytest.mark.parametrize(("quantity", "unit"), [("tpot", "ms"), ("throughput", "tokens/s")])
def test_no_end_of_a_served_interval_is_above_the_rate_of_the_vram(quantity, unit):
    job = Workload("s", "inference", "bf16", model=MODEL, run=RunParameters(gpus=1, concurrency=1, input_len=128, output_len=256))
    row = MeasuredRun(1, "c", "nvidia-a100-sxm-80gb", 1, None, unit, task="inference", extra={"quantity": quantity})
    told = modelled_speed(job, row, card())
    layer = 4096 * (4096 * 2 + 1024 * 2 + 14336 * 3)
    least_s = 2 * (16 * layer + 4096 * 128256) / (card().number("memory_bw_gbs") * 1e9)
    fastest = told.low / 1e3 if quantity == "tpot" else 1 / told.high
    assert least_s * 0.999 <= fastest and told.low < told.value < told.high

"""Model FLOP utilisation: by hand, and unknown where anything is missing."""

import msgspec
import pytest

from app.engine import pipeline
from app.engine.messages import render
from app.engine.model.traces import SourceFile, Trace
from app.engine.model.workloads import MeasuredSpeed, Model, RunParameters, Workload
from app.engine.profiling import characterise
from app.engine.profiling.efficiency import active_parameters, model_efficiency
from tests.engine.made_events import made

A100 = "nvidia-a100-sxm-80gb"
MODEL = Model("llama", parameters=7e9, layers=32, hidden=4096, heads=32, head_dim=128)
RUN = RunParameters(gpus=8, seq_len=4096, global_batch=64)


def workload(**changes) -> Workload:
    return Workload(**{"name": "w", "task": "pretrain", "precision": "bf16", "model": MODEL, "run": RUN} | changes)


def test_by_hand_from_a_step_and_from_a_measured_speed():
    platform = pipeline.catalogue().platform(A100)
    per_token = 6 * 7e9 + 12 * 32 * 4096 * 4096
    found = model_efficiency(workload(), platform, step_s=10.0)
    assert found.tflops_per_card == pytest.approx(per_token * 64 * 4096 / 10 / 8 / 1e12)
    assert found.mfu == pytest.approx(found.tflops_per_card / 312)
    for speed, unit in ((64 * 4096 / 10, "tokens/s"), (6.4, "samples/s"), (0.8, "samples/s/card"), (0.8, "samples_per_s_per_gpu")):
        assert model_efficiency(workload(measured=MeasuredSpeed(speed, unit)), platform).mfu == pytest.approx(found.mfu)
    assert "MFU" in render(found.how, "en") and "MFU" in render(found.how, "zh")


def test_lora_and_inference_count_less():
    platform = pipeline.catalogue().platform(A100)
    whole, lora = (model_efficiency(workload(task=task), platform, step_s=10.0) for task in ("finetune", "lora"))
    assert whole.tflops_per_card - lora.tflops_per_card == pytest.approx(2 * 7e9 * 64 * 4096 / 10 / 8 / 1e12)
    served = model_efficiency(workload(task="inference", measured=MeasuredSpeed(1000, "tokens/s"), run=RunParameters(gpus=1)), platform)
    assert served.tflops_per_card == pytest.approx(2 * 7e9 * 1000 / 1e12)


def test_a_mixture_of_experts_counts_the_chosen_ones():
    model = msgspec.structs.replace(MODEL, parameters=47e9, experts=8, experts_per_token=2, moe_intermediate=14336)
    assert active_parameters(model) == 47e9 - 32 * 6 * 3 * 4096 * 14336
    assert active_parameters(msgspec.structs.replace(model, moe_intermediate=0)) is None


def test_anything_missing_leaves_it_unknown():
    platform = pipeline.catalogue().platform(A100)
    assert model_efficiency(None, platform, step_s=1.0) is None
    assert model_efficiency(workload(), None, step_s=1.0) is None
    assert model_efficiency(workload(), platform) is None
    for change in (
        {"model": None},
        {"task": "hpc"},
        {"precision": None},
        {"precision": "fp8"},  # an A100 has none
        {"model": Model("llama")},
        {"run": msgspec.structs.replace(RUN, gpus=None)},
        {"run": msgspec.structs.replace(RUN, global_batch=None)},
    ):
        assert model_efficiency(workload(**change), platform, step_s=1.0) is None
    for unit in ("ms", "samples", "images/s", "tokens/day"):
        assert model_efficiency(workload(measured=MeasuredSpeed(5.0, unit)), platform) is None


def test_a_measured_speed_goes_before_a_recorded_step():
    platform = pipeline.catalogue().platform(A100)
    measured = workload(measured=MeasuredSpeed(6.4, "samples/s"))
    assert model_efficiency(measured, platform, step_s=3.0).mfu == model_efficiency(measured, platform).mfu


def test_more_than_the_peak_is_told_as_a_fault_of_the_description_and_not_as_a_figure():
    trace = Trace((SourceFile("t", "table", 1, "x"),), 10**9)
    told = workload(measured=MeasuredSpeed(1e9, "tokens/s"))
    profile = characterise(trace, platform=pipeline.platforms_by_id()["nvidia-a100-sxm-80gb"], workload=told)
    assert profile.efficiency is None and "profiling.mfu_above_peak" in {one.code for one in profile.warnings}


def test_the_steps_of_a_host_without_a_card_are_not_those_of_the_run():
    """A small recording on a CPU beside the log of the cluster would give a utilisation above 1."""
    rows = [(f"ProfilerStep#{number}", "annotation", "host", 1, number * 10**6, 10**6) for number in range(4)]
    rows += [("aten::mm", "cpu_op", "host", 1, 10, 10**5)]
    trace = Trace((SourceFile("t", "kineto", 1, "x"),), 4 * 10**6, events=made(rows))
    told = workload(measured=MeasuredSpeed(20000.0, "tokens/s"))
    profile = characterise(trace, platform=pipeline.platforms_by_id()["nvidia-a100-sxm-80gb"], workload=told)
    assert profile.steps is not None and profile.efficiency is not None and "tokens" in render(profile.efficiency.how, "en")
    assert profile.efficiency.how.params["by"].code == "profiling.efficiency.by_measured"

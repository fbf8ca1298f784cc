"""A project in which nothing was measured: the workload model tells every platform whose facts are known, the rest say what lacks."""

import pytest
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.messages import render
from app.engine.model.measurements import MeasuredRun
from app.engine.model.projects import changed
from app.engine.workload.library import workload_of_row


def test_predictions_come_from_the_model_where_nothing_was_measured():
    sample = pipeline.new_project(pipeline.sample_inputs())
    bare = pipeline.recompute(changed(sample, measured=(), workload=replace(sample.workload, measured=None)))
    told = {one.platform: one for one in bare.predictions}
    assert told.keys() == {platform.id for platform in pipeline.catalogue().platforms}
    known = [one for one in told.values() if one.value is not None]
    assert len(known) > 40 and all(one.kind == "modelled" and one.low < one.value < one.high for one in known)
    assert told["nvidia-h100-sxm-80gb"].value > told["nvidia-a100-sxm-80gb"].value
    assert all(one.notes for one in told.values() if one.value is None)
    assert bare.selection.plans and bare.fit is None


def wanted(workload, **more):
    return MeasuredRun(
        1, "c", "nvidia-a800-sxm-80gb", 8, None, "tokens/s", workload=workload, task="pretrain", precision="bf16", seq_len=4096,
        micro_batch=1, global_batch=64, **more,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Llama-3-8B", "meta-llama/Meta-Llama-3-8B-Instruct", "llama3-8b"])
def test_a_row_without_a_known_one_is_told_by_the_model_it_names(name):
    (one,) = pipeline.predict_table([wanted(name)])
    assert one.kind == "modelled" and 15_000 < one.value < 40_000 and one.low < one.value < one.high
    assert "Llama-3.1-8B" in render(one.notes[0], "en")


def test_a_row_says_how_the_model_is_cut_and_an_unknown_model_stays_unknown():
    whole, cut, none = pipeline.predict_table([wanted("Llama-3-8B"), wanted("Llama-3-8B", parallelism="TP3"), wanted("Foo-9B")])
    assert whole.value and cut.value is None and none.value is None and none.kind is None
    assert "3" in render(cut.notes[0], "en") and "No known run" in render(none.notes[0], "en")
    told = workload_of_row(wanted("Mixtral-8x7B", parallelism="TP2 PP4 EP8, ZeRO-1")).run
    assert (told.tensor_parallel, told.pipeline_parallel, told.expert_parallel, told.zero_stage) == (2, 4, 8, 1)
    served = workload_of_row(replace(wanted("meta-llama-3-8b-isl512-osl256"), task="inference"))
    assert (served.run.input_len, served.run.output_len) == (512, 256)


def test_the_close_interval_is_kept_for_runs_like_the_measured_ones():
    def spread(**more):
        (one,) = pipeline.predict_table([replace(wanted("Llama-3-8B", framework="megatron-lm", parallelism="TP2 PP1"), **more)])
        return one.high / one.low

    close = spread()
    assert close < 1.25
    assert spread(parallelism="") > 2 and spread(precision="fp8", platform="nvidia-b200") > 2 and spread(global_batch=None) > 2
    assert spread(framework="") > 2 and spread(task="lora") > 3 and spread(framework="Megatron-Bridge 26.06 SFT") > 3


def test_a_row_names_its_engine_with_a_version_and_its_virtual_stages():
    told = workload_of_row(wanted("Llama-3-70B", parallelism="TP1 PP8 CP1 VP10", framework="Megatron-Bridge 26.06 SFT"))
    assert (told.run.pipeline_parallel, told.run.virtual_pipeline, told.engine) == (8, 10, "megatron-bridge")

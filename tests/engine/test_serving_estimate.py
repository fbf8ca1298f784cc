"""Serving over concurrency: what the curves promise, what fits, what cannot be told."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.workloads import RunParameters, Workload
from app.engine.workload import load_presets
from app.engine.workload.serving_evidence import evidence_for, evidence_of, pulled, serving_rates
from tests.accuracy import serving as accuracy

MODELS = {one.name: one.model for one in load_presets()}
H100, H200, B200 = "nvidia-h100-sxm-80gb", "nvidia-h200-sxm-141gb", "nvidia-b200"


def served(model: str, precision: str = "bf16", *, gpus: int = 1, split: int = 1, length: int = 1024, out: int = 256) -> Workload:
    run = RunParameters(gpus=gpus, tensor_parallel=split, input_len=length, output_len=out)
    return Workload("t", "inference", precision, engine="vllm", model=MODELS[model], run=run)


def told(workload: Workload, platform: str, *loads: int):
    return pipeline.estimate_serving(workload, [pipeline.catalogue().platform(platform)], loads)[0]


@settings(deadline=None, max_examples=30)
@given(
    model=st.sampled_from(["Llama-3.1-8B", "Mixtral-8x7B", "Qwen2.5-7B"]),
    precision=st.sampled_from(["bf16", "fp8"]),
    platform=st.sampled_from([H100, H200, B200]),
    cards=st.sampled_from([(1, 1), (2, 2), (4, 2), (8, 1), (6, 2)]),
    length=st.sampled_from([128, 1024, 8192]),
    loads=st.lists(st.integers(1, 1500), min_size=2, max_size=8, unique=True),
)
def test_more_requests_never_bring_less(model, precision, platform, cards, length, loads):
    found = told(served(model, precision, gpus=cards[0], split=cards[1], length=length), platform, *loads)
    points = [point for point in found.points if point.tokens_per_s is not None]
    for one, other in pairwise(points):
        assert other.tokens_per_s >= one.tokens_per_s * (1 - 1e-9)
        assert other.tpot_ms >= one.tpot_ms * (1 - 1e-9)
    for point in points:
        assert point.low < point.tpot_ms < point.high
        assert point.fits is (found.most is None or point.concurrency <= found.most)
        assert point.tokens_per_s_per_card * found.gpus == pytest.approx(point.tokens_per_s)
        assert (point.ttft_ms is None) is (not point.fits)


def test_what_has_no_room_waits():
    found = told(served("Llama-3.1-8B", length=8192), H100, 10, 100000)
    most = found.most
    assert most is not None and 10 < most < 100000
    full = told(served("Llama-3.1-8B", length=8192), H100, most).points[0]
    assert found.points[1].tokens_per_s == pytest.approx(full.tokens_per_s)
    assert found.points[1].notes[0].code == "serving.waits"


def test_a_model_that_does_not_fit_has_no_numbers():
    found = told(served("Llama-3.1-70B"), H100, 1)
    assert found.points[0].fits is False and found.points[0].tpot_ms is None
    assert found.points[0].notes[0].code == "serving.no_room"


def test_what_cannot_be_told_says_why():
    training = replace(served("Llama-3.1-8B"), task="pretrain")
    assert told(training, H100, 1).points[0].notes[0].code == "serving.not_inference"
    hopper = told(served("Llama-3.1-8B", "fp4"), H200, 1, 100000).points
    assert hopper[0].notes[0].code == "step_time.missing_fact"
    assert [point.fits for point in hopper] == [True, False]
    with pytest.raises(EngineError):
        told(served("Llama-3.1-8B"), H100, 0)


def test_own_measurements_make_it_transferred():
    known = served("Llama-3.1-70B", "fp8", gpus=4, split=4)
    assert told(known, H100, 8).points[0].kind == "transferred"
    assert told(served("Qwen2.5-14B"), H100, 8).points[0].kind == "modelled"
    runs = evidence_for(known, pipeline.catalogue().platform(H100))
    assert runs and pulled(runs, known, 0.0)[1] > 1
    assert pulled((), known, 0.0) == (0.0, 0.0)


def test_a_row_faster_than_its_memory_teaches_nothing():
    row = dict.fromkeys(("tpot_ms", "throughput_tokens_s", "kv_dtype", "pipeline_parallel", "expert_parallel", "batch"), "")
    row |= {"case": "c", "platform": H100, "gpus": "1", "tensor_parallel": "1", "engine": "vLLM", "precision": "fp16"}
    row |= {"input_len": "1024", "output_len": "1024", "concurrency": "1"}
    platform, model = pipeline.catalogue().platform(H100), MODELS["Llama-3.1-8B"]
    assert evidence_of(row | {"tpot_ms": "0.5"}, model, platform) is None
    assert evidence_of(row | {"tpot_ms": "8"}, model, platform) is not None
    assert evidence_of(row | {"throughput_tokens_s": "24000"}, model, platform) is None


def test_a_larger_memory_serves_more():
    workload = served("Llama-3.1-70B", "fp8", gpus=8, split=8, length=4096)
    assert told(workload, H200, 1).most > told(workload, H100, 1).most


@pytest.mark.parametrize("kind", ["modelled", "transferred"])
def test_held_out_models_lie_within_their_intervals(kind):
    rows = accuracy.rows(kind)
    assert len(rows) > 1000
    assert sum(row[4] <= row[2] <= row[5] for row in rows) / len(rows) > 0.85


def test_intervals_hold_their_number():
    ends = serving_rates().intervals
    assert all(ends[f"{kind}_low"] < 0 < ends[f"{kind}_high"] for kind in ("dense", "sparse", "other", "transferred", "first"))

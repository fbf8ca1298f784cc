"""A change of precision inside a case, and the roofline above every prediction."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import predict
from app.engine.paraselect.precisions import Exponent, moved_by, rate_ratio, read_exponents, support
from app.engine.workload import Limits

A100, H100, B200 = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-b200"
PLATFORMS = pipeline.platforms_by_id()


def row(number: int, platform: str, speed: float | None, precision: str, **more) -> MeasuredRun:
    fields = {"case": "c", "unit": "samples/s", "better": "higher", "task": "pretrain", "gpus": 8, "micro_batch": 1, **more}
    return MeasuredRun(row=number, platform=platform, speed=speed, precision=precision, **fields)


def predicted(runs, **more):
    return predict(runs, PLATFORMS, pipeline.shipped_runs(), **more)


def codes(found) -> list[str]:
    return [note.code.removeprefix("paraselect.") for note in found.notes]


def test_a_narrower_precision_is_faster_by_less_than_its_rate_and_less_sure():
    same, narrow = predicted([row(1, H100, 100.0, "bf16"), row(2, H100, None, "bf16"), row(3, H100, None, "fp8")])
    assert 100 < narrow.value < 200 and "precision_changed" in codes(narrow) and "same_row" not in codes(narrow)
    assert narrow.high / narrow.low > same.high / same.low and same.value == pytest.approx(100)
    wide = predicted([row(1, H100, narrow.value, "fp8"), row(2, H100, None, "bf16")])[0]
    assert wide.value == pytest.approx(100) and wide.low < 100 < wide.high


def test_on_another_platform_the_change_comes_on_top():
    plain, narrow = predicted([row(1, A100, 100.0, "bf16"), row(2, H100, None, "bf16"), row(3, H100, None, "fp8")])
    e = read_exponents()["compute"].mean
    assert narrow.value == pytest.approx(plain.value * 2**e, rel=0.01)
    assert sum(narrow.terms) == pytest.approx(100 / narrow.value)


def test_the_cases_own_pair_moves_the_factor():
    runs = [row(1, A100, 50.0, "bf16"), row(2, H100, 100.0, "bf16"), row(3, H100, 190.0, "fp8"), row(4, B200, None, "fp8")]
    assert "precision_changed" not in codes(predicted(runs)[0])  # a row of the wanted precision is there
    (found,) = predicted([row(1, H100, 100.0, "bf16"), row(2, H100, 190.0, "fp8"), row(3, B200, 220.0, "bf16"), row(4, B200, None, "fp8")])
    plain = predicted([row(3, B200, 220.0, "bf16"), row(4, B200, None, "fp8")])[0]
    assert found.value > plain.value and "precision_own" in codes(found)


@given(mean=st.floats(0, 1), pairs=st.lists(st.tuples(st.floats(0.5, 1.5), st.floats(0, 1.5)), min_size=1, max_size=5))
def test_pairs_move_the_exponent_towards_them_and_make_it_surer(mean, pairs):
    prior = Exponent(mean, 0.3, 0.2, 10)
    moved, deviation = moved_by(prior, pairs)
    least = sum(x * y for x, y in pairs) / sum(x * x for x, _ in pairs)
    assert min(mean, least) - 1e-9 <= moved <= max(mean, least) + 1e-9 and deviation < prior.workloads


def test_a_precision_that_a_card_lacks_is_refused():
    absent, same = predicted([row(1, A100, 100.0, "bf16"), row(2, A100, None, "fp8"), row(3, A100, None, "fp16")])
    assert absent.value is None and absent.low is None and codes(absent)[0] == "precision_absent"
    assert same.value == pytest.approx(100)  # both of 16 bits: nothing changes
    said = predicted([row(1, H100, 100.0, "fp8"), row(2, A100, None, "fp8")])[0]
    assert said.value is None and codes(said)[0] == "missing_fact"
    assert support(PLATFORMS[A100], "fp8") == "absent" and support(PLATFORMS[A100], "int4") == "yes"


def test_generated_tokens_gain_by_the_bytes_of_their_weights():
    served = {"task": "inference", "phase": "decode", "unit": "tokens/s", "gpus": 1}
    (found,) = predicted([row(1, A100, 50.0, "fp16", **served), row(2, A100, None, "int4", **served)])
    e = read_exponents()["memory"].mean
    assert found.value == pytest.approx(50 * 4**e, rel=0.01) and rate_ratio(PLATFORMS[A100], "compute", "fp16", "int4") == 1
    time = {**served, "unit": "ms", "better": "lower", "extra": {"quantity": "tpot"}}
    (found,) = predicted([row(1, A100, 20.0, "fp16", **time), row(2, A100, None, "int4", **time)])
    assert found.value == pytest.approx(20 / 4**e, rel=0.01) and found.low < found.value < found.high


# The roofline ------------------------------------------------------------------------------------------------------------------------

LLAMA = {"workload": "Llama-2-7B", "unit": "tokens/s", "seq_len": 4096}


def roofed(runs):
    limits = Limits(None, PLATFORMS)
    return predicted(runs, room=limits.room, ceiling=limits.ceiling)


def test_the_roof_is_the_counted_work_at_the_dense_peak():
    """6 FLOP per parameter and token and the causal half of attention, 12 · layers · hidden · length / 2: 6.74e9 parameters."""
    roof = Limits(None, PLATFORMS).ceiling(row(1, H100, None, "bf16", **LLAMA))
    embedding = 32000 * 4096
    flops = 6 * (6.738e9 - embedding) + 6 * 32 * 4096 * 4096
    assert roof == pytest.approx(8 * 989e12 / flops, rel=0.02)
    step = Limits(None, PLATFORMS).ceiling(row(1, H100, None, "bf16", **{**LLAMA, "unit": "ms/step"}))
    assert step == pytest.approx(8 * 4096 / roof * 1e3, rel=1e-6)
    assert Limits(None, PLATFORMS).ceiling(row(1, H100, None, "bf16", workload="somebody's own")) is None


def test_no_prediction_is_above_the_roof():
    most = Limits(None, PLATFORMS).ceiling(row(1, H100, None, "bf16", **LLAMA))
    runs = [row(1, A100, 57000.0, "bf16", **LLAMA), row(2, H100, None, "bf16", **LLAMA)]
    free, cut = predicted(runs)[0], roofed(runs)[0]
    assert free.high > most and "roofline" in codes(cut) and cut.low < cut.value < 0.98 * cut.high  # no card promised at its peak
    assert cut.low < cut.value <= cut.high * (1 + 1e-9) and cut.high <= most * (1 + 1e-9)


def test_a_time_is_never_below_what_the_roof_allows():
    time = {**LLAMA, "unit": "ms/step", "better": "lower"}
    limits = Limits(None, PLATFORMS)
    least = limits.ceiling(row(1, H100, None, "bf16", **time))
    own = limits.ceiling(row(1, A100, None, "bf16", **time))
    cut = roofed([row(1, A100, own * 1.05, "bf16", **time), row(2, H100, None, "bf16", **time)])[0]
    assert cut.low >= least * (1 - 1e-9) and cut.low <= cut.value < cut.high


def test_a_table_that_counts_work_in_another_way_is_not_cut():
    most = Limits(None, PLATFORMS).ceiling(row(1, A100, None, "bf16", **LLAMA))
    runs = [row(1, A100, most * 3, "bf16", **LLAMA), row(2, H100, None, "bf16", **LLAMA)]
    assert roofed(runs)[0].value == pytest.approx(predicted(runs)[0].value) and "above_roofline" in codes(roofed(runs)[0])
    assert math.isfinite(most)


def test_tokens_given_out_are_bound_by_the_bytes_that_are_read():
    served = {"workload": "Llama-2-7B", "task": "inference", "phase": "decode", "gpus": 1, "micro_batch": None}
    load = {"quantity": "tpot", "input_len": "128", "output_len": "128", "concurrency": "1", "tensor_parallel": "1"}
    least = Limits(None, PLATFORMS).ceiling(row(1, H100, None, "fp16", unit="ms", better="lower", extra=load, **served))
    assert least == pytest.approx(2 * 6.6e9 / 3350e9 * 1e3, rel=0.1)
    both = {**load, "quantity": "throughput"}
    assert Limits(None, PLATFORMS).ceiling(row(1, H100, None, "fp16", unit="tokens/s (in+out)", extra=both, **served)) is None


def test_a_precision_that_is_no_word_for_one_is_told_with_the_prediction():
    known = MeasuredRun(1, "c", "nvidia-a100-sxm-80gb", 8, 100.0, "samples/s", task="pretrain", precision="bf16", precision_text="bf16")
    odd, plain = (
        MeasuredRun(row, "c", "nvidia-h100-sxm-80gb", 8, None, "samples/s", task="pretrain", precision=read, precision_text=text)
        for row, read, text in ((2, "", "bf17"), (3, "bf16", "BF16"))
    )
    told = predict([known, odd, plain], pipeline.platforms_by_id(), pipeline.shipped_runs())
    said = [[note.params["value"] for note in one.notes if note.code == "paraselect.precision_unknown"] for one in told]
    assert said == [["bf17"], []]


def test_the_roofline_of_training_needs_no_link():
    known = pipeline.platforms_by_id()
    assert known["hygon-k100-ai"].number("fabric_bw_one_direction_gbs") is None
    run = MeasuredRun(
        1,
        "c",
        "hygon-k100-ai",
        8,
        None,
        "tokens/s",
        workload="Llama2-7B",
        task="pretrain",
        precision="bf16",
        seq_len=4096.0,
        micro_batch=1.0,
    )
    most = Limits(None, known).ceiling(run)
    assert most is not None and 30_000 < most < 8 * 196e12 / (6 * 6.7e9)

"""Advice: each rule fires on what it is for and not just beside it; the small language of its conditions; every word exists."""

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.messages import Message, has_entry, render
from app.engine.model.profiles import (
    AXES,
    Axis,
    Bottleneck,
    Communication,
    Gap,
    OperatorStat,
    Profile,
    Statistic,
    Steps,
    Straggler,
    TimeShares,
)
from app.engine.model.traces import Device, Series, SourceFile, Trace
from app.engine.model.workloads import RunParameters, Workload
from app.engine.profiling import characterise, rules
from app.engine.profiling.expressions import evaluate, names_in
from app.engine.profiling.judging import judged
from app.engine.profiling.rules import advice_rules, library_of

A100 = "nvidia-a100-sxm-80gb"
S = 10**9


def profile_of(*, axes=None, means=None, **more) -> Profile:
    """What was measured, before anything is concluded from it."""
    axes = axes or {}
    worst = more.pop("worst", None)
    found = tuple(
        Axis(name, axes.get(name), axes.get(name), "measured" if name in axes else "not_measured", Message("x"), None, "3", worst)
        for name in AXES
    )
    rows = tuple(Statistic(metric, "", "", 9, value, value, value, value) for metric, value in (means or {}).items())
    return Profile("", 100.0, (0, 100 * S), found, "unknown", {}, Bottleneck("unknown"), statistics=rows, **more)


def advised(profile: Profile, *, run=None, precision=None, task="pretrain", platform=A100, trace=None) -> dict:
    workload = Workload("w", task, precision=precision, run=RunParameters(**run)) if run is not None else None
    trace = trace or Trace((SourceFile("t", "table", 1, "x"),), 100 * S)
    told = judged(profile, trace, pipeline.platforms_by_id().get(platform), workload)
    return {one.text.code.removeprefix("profiling.advice."): one for one in told.advice}


def kernel(name, seconds, calls=1, **more):
    return OperatorStat(name, "matrix", calls, seconds, 0.0, **more)


def shares(idle=0.0, copying=0.0, communicating=0.0):
    return (TimeShares("", 1 - idle - copying - communicating, communicating, copying, idle),)


def gap(cause, share):
    return (Gap(cause, "aten::item", 10, share * 100, share),)


RUNS = {
    "cpu_system": ({"axes": {"gpu": 0.75}, "means": {"cpu_system": 0.22}}, {"axes": {"gpu": 0.95}, "means": {"cpu_system": 0.22}}),
    "cpu_contention": (
        {"axes": {"gpu": 0.75}, "means": {"cpu_utilisation": 0.95}},
        {"axes": {"gpu": 0.75}, "means": {"cpu_utilisation": 0.8}},
    ),
    "io_wait": ({"axes": {"gpu": 0.5}, "means": {"cpu_iowait": 0.2}}, {"axes": {"gpu": 0.5}, "means": {"cpu_iowait": 0.05}}),
    "dataloader": ({"axes": {"gpu": 0.8}, "gaps": gap("dataloader", 0.06)}, {"axes": {"gpu": 0.8}, "gaps": gap("dataloader", 0.04)}),
    "sync": ({"gaps": gap("sync", 0.06)}, {"gaps": gap("sync", 0.04)}),
    "python": ({"gaps": gap("python", 0.06)}, {"gaps": gap("python", 0.04)}),
    "launch_gaps": ({"gaps": gap("launch", 0.06)}, {"gaps": gap("launch", 0.04)}),
    "copy_gaps": ({"gaps": gap("copy", 0.06)}, {"gaps": gap("copy", 0.04)}),
    "long_calls": ({"gaps": gap("other", 0.1)}, {"gaps": gap("queued", 0.1)}),
    "small_kernels": (
        {"time_shares": shares(idle=0.3), "operators": (kernel("gemm", 0.001, 100),)},
        {"time_shares": shares(idle=0.3), "operators": (kernel("gemm", 10.0, 100),)},
    ),
    "host_idle": (
        {"time_shares": shares(idle=0.3), "operators": (kernel("gemm", 10.0, 100),)},
        {"time_shares": shares(idle=0.1), "operators": (kernel("gemm", 10.0, 100),)},
    ),
    "tensor_cores": (
        {"axes": {"gpu": 0.9}, "operators": (kernel("ampere_sgemm", 8, tensor_core=False), kernel("fused", 2))},
        {"axes": {"gpu": 0.9}, "operators": (kernel("ampere_bf16_gemm", 8, tensor_core=True), kernel("fused", 2))},
    ),
    "tensor_cores_counters": (
        {"axes": {"gpu": 0.9, "fp32": 0.4, "tensor_core": 0.01}},
        {"axes": {"gpu": 0.9, "fp32": 0.2, "tensor_core": 0.01}},
    ),
    "exposed": (
        {"axes": {"gpu": 0.9}, "communication": Communication(0.3, 0.15)},
        {"axes": {"gpu": 0.9}, "communication": Communication(0.3, 0.05)},
    ),
    "copies": ({"time_shares": shares(copying=0.1)}, {"time_shares": shares(copying=0.03)}),
    "pcie_busy": ({"axes": {"pcie": 0.5}}, {"axes": {"pcie": 0.3}}),
    "batch": ({"axes": {"gpu": 0.7, "vram": 0.4}}, {"axes": {"gpu": 0.7, "vram": 0.7}}),
    "low_vram": (
        {"axes": {"gpu": 0.98, "vram": 0.4, "tensor_core": 0.45, "vram_bandwidth": 0.3}},
        {"axes": {"gpu": 0.98, "vram": 0.4, "tensor_core": 0.05, "vram_bandwidth": 0.7}},
    ),
    "full_vram": ({"axes": {"vram": 0.97}}, {"axes": {"vram": 0.9}}),
    "stragglers": ({"stragglers_in": True}, {}),
    "uneven": ({"axes": {"gpu": 0.8}, "worst": 0.5}, {"axes": {"gpu": 0.8}, "worst": 0.7}),
    "spare": ({"axes": {"gpu": 0.4}, "worst": 0.0}, {"axes": {"gpu": 0.4}, "worst": 0.2}),
    "jitter": (
        {"steps": Steps("annotation", (0,), (S,), 1.0, 1.0, 1.5, 0.2)},
        {"steps": Steps("annotation", (0,), (S,), 1.0, 1.0, 1.0, 0.02)},
    ),
    "library": (
        {"axes": {"gpu": 0.9}, "operators": (kernel("volta_sgemm_128x64_tn", 6), kernel("fused", 4))},
        {"axes": {"gpu": 0.9}, "operators": (kernel("cutlass_80_tensorop_bf16", 6), kernel("fused", 4))},
    ),
    "low_gpu": ({"axes": {"gpu": 0.5}}, {"axes": {"gpu": 0.5}, "means": {"cpu_system": 0.3}}),
    "compute": ({"axes": {"gpu": 0.98, "tensor_core": 0.45}}, {"axes": {"gpu": 0.98, "vram_bandwidth": 0.7}}),
    "memory": ({"axes": {"gpu": 0.98, "vram_bandwidth": 0.7}}, {"axes": {"gpu": 0.98, "tensor_core": 0.45}}),
    "communication": (
        {"axes": {"gpu": 0.98, "tensor_core": 0.05, "nvlink": 0.6}},
        {"axes": {"gpu": 0.98, "tensor_core": 0.45, "nvlink": 0.1}},
    ),
    "measure_more": ({}, {"axes": dict.fromkeys(AXES, 0.5)}),
}  # fmt: skip


def clocks(clock, power=None, heat=None, disk=None, gpu=None) -> Trace:
    time = np.arange(len(clock or disk), dtype=np.int64) * S
    given_ = {"sm_clock_mhz": clock, "power_w": power, "temperature_c": heat, "disk_write_gbs": disk, "gpu_utilisation": gpu}
    found = [Series(name, "0", "", time, np.array(values, float)) for name, values in given_.items() if values is not None]
    return Trace((SourceFile("t", "table", 1, "x"),), int(time[-1]), devices=(Device("0"),), series=tuple(found))


@pytest.mark.parametrize("rule", RUNS)
def test_a_rule_fires_on_its_case_and_not_beside_it(rule):
    def given_(parts):
        parts = dict(parts)
        if not parts.pop("stragglers_in", False):
            return advised(profile_of(**parts))
        cards = [clock_series(card, 1980.0 if card else 1500.0) for card in range(4)]
        return advised(profile_of(), trace=Trace((SourceFile("t", "t", 1, "x"),), 100 * S, devices=(), series=tuple(cards)))

    fires, beside = RUNS[rule]
    found = given_(fires)
    assert rule in found
    for said in (found[rule].text, *found[rule].evidence):
        assert all("—" not in render(said, lang) and render(said, lang) != said.code for lang in ("zh", "en"))
    assert rule not in given_(beside)


def clock_series(card, mhz):
    return Series("sm_clock_mhz", str(card), "MHz", np.arange(101, dtype=np.int64) * S, np.full(101, mhz))


@pytest.mark.parametrize(
    ("rule", "run", "axes", "fires"),
    [
        ("zero_offload", {"zero_stage": 3, "offload": "optimizer"}, {"vram": 0.45}, True),
        ("zero_offload", {"zero_stage": 3, "offload": "optimizer"}, {"vram": 0.85}, False),
        ("zero_offload", {"zero_stage": 3}, {"vram": 0.45}, False),
        ("zero_stage", {"zero_stage": 3, "gpus": 8}, {"vram": 0.45}, True),
        ("zero_stage", {"zero_stage": 3, "gpus": 8}, {"vram": 0.75}, False),
        ("zero_stage", {"zero_stage": 2, "gpus": 8}, {"vram": 0.45}, False),
        ("zero_stage", {"zero_stage": 3, "gpus": 1}, {"vram": 0.45}, False),
        ("zero_stage", {"zero_stage": 3}, {}, False),
        ("recompute", {"recompute": "full"}, {"vram": 0.45}, True),
        ("recompute", {"recompute": "none"}, {"vram": 0.45}, False),
    ],
)
def test_rules_that_rest_on_the_run_description(rule, run, axes, fires):
    found = advised(profile_of(axes=axes, communication=Communication(0.2, 0.1)), run=run)
    assert (rule in found) == fires
    if rule == "zero_offload" and fires:
        assert found[rule].severity == "high" and found[rule].gain == (0.10, 0.45) and "1800 h" in render(found[rule].text, "zh")


def test_fp32_is_advised_against_but_not_for_hpc():
    found = advised(profile_of(), run={}, precision="fp32")
    assert "precision" in found and "312" in render(found["precision"].text, "en")
    assert "precision" not in advised(profile_of(), run={}, precision="bf16")
    assert "precision" not in advised(profile_of(), run={}, precision="fp32", task="hpc")
    counters = profile_of(axes={"gpu": 0.9, "fp32": 0.4, "tensor_core": 0.01})
    assert "tensor_cores_counters" not in advised(counters, run={}, task="hpc")


def test_power_and_heat_throttle_only_where_the_clock_falls_with_them():
    steady, falling = [1400] * 60, [1400] * 30 + [1150] * 30
    calm, limit = [300] * 60, [300] * 30 + [399] * 30
    cool, hot = [60] * 60, [60] * 30 + [88] * 30

    def found(**series):
        trace = clocks(**series)
        return characterise(trace, platform=pipeline.platforms_by_id()[A100], whole=True).advice

    def codes(**series):
        return {one.text.code.removeprefix("profiling.advice.") for one in found(**series)}

    assert "power" in codes(clock=falling, power=limit) and "heat" in codes(clock=falling, heat=hot)
    for series in ({"clock": steady, "power": limit}, {"clock": falling, "power": calm}):
        assert "power" not in codes(**series)
    for series in ({"clock": steady, "heat": hot}, {"clock": falling, "heat": cool}):
        assert "heat" not in codes(**series)
    gain = next(one for one in found(clock=falling, heat=hot) if one.text.code.endswith("heat")).gain
    assert gain == pytest.approx((0.5 * 0.5 * (1 - 1150 / 1400), 0.5 * (1 - 1150 / 1400)))


def test_checkpoints_are_bursts_of_writing_while_the_cards_wait():
    disk = ([0.01] * 25 + [3.0] * 5) * 4
    waiting, working = ([0.95] * 25 + [0.1] * 5) * 4, [0.95] * 120

    def found(**series):
        advice = characterise(clocks(None, **series), platform=None, whole=True).advice
        return {one.text.code.removeprefix("profiling.advice."): one for one in advice}

    told = found(disk=disk, gpu=waiting)["checkpoint"]
    assert told.severity == "high" and told.gain == pytest.approx((0.5 / 6, 0.95 / 6))
    assert "30 s" in " ".join(render(said, "en") for said in told.evidence)
    assert "checkpoint" not in found(disk=disk, gpu=working)
    assert "checkpoint" not in found(disk=[2.0, 3.0] * 60, gpu=waiting)  # it writes all the time
    assert "checkpoint" not in found(disk=[0.01] * 100 + [3.0] * 2 + [0.01] * 18, gpu=[0.95] * 100 + [0.1] * 20)  # once


def test_the_hot_kernel_of_the_gpt2_case_is_told_with_its_library():
    found = advised(profile_of(axes={"gpu": 0.9}, operators=(kernel("volta_sgemm_128x64_tn", 6), kernel("fused", 4))))["library"]
    text = render(found.text, "zh")
    assert "cuBLAS" in text and "CUTLASS" in text and "volta_sgemm_128x64_tn" in text
    assert library_of("cutlass_80_tensorop_bf16") is None


def test_the_gain_is_the_figure_and_none_where_nothing_bears_one():
    found = advised(profile_of(axes={"gpu": 0.8}, gaps=gap("dataloader", 0.18)))["dataloader"]
    assert found.severity == "high" and found.gain == pytest.approx((0.09, 0.18))
    assert "aten::item" in render(found.text, "en") and any("18.0%" in render(said, "en") for said in found.evidence)
    assert advised(profile_of(axes={"vram": 0.97}))["full_vram"].gain is None


def test_the_most_urgent_stands_first_and_stragglers_are_named():
    profile = characterise(
        Trace((SourceFile("t", "t", 1, "x"),), 100 * S, series=tuple(clock_series(card, 1980.0 if card else 1500.0) for card in range(4))),
        platform=None,
    )
    assert [one.severity for one in profile.advice] == sorted((one.severity for one in profile.advice), key=["high", "medium", "low"].index)
    assert "0" in render(profile.advice[0].text, "en") and profile.advice[0].gain[1] == pytest.approx(1 - 1500 / 1980)
    assert isinstance(profile.stragglers[0], Straggler)


def test_every_rule_is_covered_worded_in_both_languages_and_has_a_reason():
    covered = {*RUNS, "zero_offload", "zero_stage", "recompute", "precision", "power", "heat", "checkpoint"}
    for rule in advice_rules().rule:
        assert rule.id in covered and rule.reason
        assert all(has_entry(f"profiling.advice.{rule.id}", lang) for lang in ("zh", "en"))
        for name in rule.evidence:
            code = f"profiling.figure.{name.replace('.', '_')}"
            known = name in AXES or name in ("cpu_system", "cpu_iowait", "cpu_utilisation", "memory_controller_busy", "sm_active")
            assert known or all(has_entry(code, lang) for lang in ("zh", "en")), name


def test_a_table_that_was_edited_badly_is_told_with_its_name(tmp_path, monkeypatch):
    source = (rules.platform_db_folder() / "advice_rules.toml").read_text(encoding="utf-8")
    for old, new in (('"gpu < 0.90"', '"__import__(1)"'), ("severity", "serverity"), ("[[rule]]", "[[rule")):
        (tmp_path / "advice_rules.toml").write_text(source.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setattr(rules, "platform_db_folder", lambda: tmp_path)
        advice_rules.cache_clear()
        with pytest.raises(EngineError) as caught:
            advice_rules()
        assert caught.value.file == "advice_rules.toml"
    monkeypatch.undo()
    advice_rules.cache_clear()


# The small language -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7), ("-a.b + 1", 0.5), ("max(a.b, 2) / 4", 0.5), ("a.b / 0", 0), ("a.b > 0.4 and a.b < 0.6", 1), ("not a.b", 0),
        ("x", None), ("x > 1", None), ("x > 1 or a.b > 0", 1), ("x > 1 and a.b > 1", 0), ("x > 1 and a.b > 0", None), ("not x", None),
        ("known(x)", 0), ("known(a.b)", 1), ("not known(x) or x > 3", 1), ("min(a.b, x)", None),
    ],
)  # fmt: skip
def test_expressions(text, value):
    assert evaluate(text, {"a.b": 0.5}) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    "text", ["__import__('os')", "a.b()", "[1]", "lambda: 1", "a if b else c", "1 < 2 < 3", "'x'", "a := 1", "", "a[0]", "2 ** 9", "max()"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        evaluate(text, {"a.b": 1.0})


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_expressions_against_python(a, b):
    assert evaluate("a * 2 - max(a, b) / 4", {"a": a, "b": b}) == pytest.approx(a * 2 - max(a, b) / 4)
    assert evaluate("a > b or not a > b", {"a": a, "b": b}) == 1
    assert names_in("a > 0 and b.c < 1 or known(d)") >= {"a", "b.c"}


def test_the_rule_file_is_plain_toml():
    assert tomllib.loads((rules.platform_db_folder() / "advice_rules.toml").read_text(encoding="utf-8"))["rule"]


def test_fp64_kernels_are_not_told_to_use_fp16():
    operators = (kernel("volta_dgemm_128x64_tn", 8, tensor_core=False), kernel("fused", 2))
    assert "tensor_cores" not in advised(profile_of(axes={"gpu": 0.9}, operators=operators))


def test_communication_that_is_a_small_part_of_the_run_is_not_urgent():
    """A quarter of the busy time of a card that mostly idles is 6 % of the run."""
    told = advised(profile_of(communication=Communication(0.3, 0.25), time_shares=shares(idle=0.76, communicating=0.06)))
    assert told["exposed"].severity == "medium" and told["exposed"].gain[1] < 0.06


def test_the_power_limit_of_the_log_counts_before_that_of_the_card():
    trace = clocks(clock=[1400] * 30 + [1150] * 30, power=[200] * 30 + [299] * 30)
    capped = structs.replace(trace, environment={"power_limit_w": "300"})
    codes = [{one.text.code for one in characterise(one, platform=None, whole=True).advice} for one in (trace, capped)]
    assert "profiling.advice.power" not in codes[0] and "profiling.advice.power" in codes[1]


def test_long_names_of_kernels_are_cut_in_sentences():
    name = "void cudnn::detail::dgrad_engine<float, 512, 6, 5, 3, 3, 3, false>(int, int, int, float const*, int, float const*, int)"
    told = advised(profile_of(axes={"gpu": 0.9}, operators=(kernel(name, 8, tensor_core=False),)))
    assert "float const" not in render(told["tensor_cores"].text, "en") and "dgrad_engine" in render(told["tensor_cores"].text, "en")

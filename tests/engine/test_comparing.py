"""Two runs: figures side by side, operators per step with their part in the change, and the sentence that names the cause."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.cli._frame import run_command
from app.engine import pipeline
from app.engine.messages import Message, render
from app.engine.model.profiles import AXES, Axis, Bottleneck, Gap, OperatorStat, Profile, Statistic, Steps, TimeShares
from app.engine.profiling.comparing import IDLE, compare

S = 10**9


def profile_of(*, axes=None, means=None, kernels=None, steps=0, step_s=1.0, idle=None, gaps=(), load="unknown", seconds=100.0) -> Profile:
    """kernels: name -> (calls, device time s)."""
    axes, total = axes or {}, sum(time for _, time in (kernels or {}).values()) or 1.0
    return Profile(
        "", seconds, (0, int(seconds * S)),
        tuple(Axis(name, axes.get(name), axes.get(name), "measured", Message("x")) for name in AXES),
        load, {}, Bottleneck(load),
        operators=tuple(OperatorStat(name, "x", calls, time, time / total) for name, (calls, time) in (kernels or {}).items()),
        statistics=tuple(Statistic(name, "", "", 9, value, value, value, value) for name, value in (means or {}).items()),
        steps=Steps("annotation", tuple(range(steps)), tuple(range(steps)), step_s, step_s, step_s, 0.0) if steps else None,
        time_shares=(TimeShares("", 1 - idle, 0, 0, idle), TimeShares("0", 1 - idle, 0, 0, idle)) if idle is not None else (),
        gaps=tuple(Gap(cause, "x", 1, share, share) for cause, share in gaps),
    )  # fmt: skip


def said(before: Profile, after: Profile, lang: str = "en") -> str:
    return render(compare(before, after).cause, lang)


def test_the_130b_case_is_told_with_its_cause_and_its_links():
    before = profile_of(axes={"gpu": 0.75}, means={"cpu_system": 0.22, "nvlink_rx_gbs": 2.5, "ib_rx_gbs": 1.419}, load="host")
    after = profile_of(axes={"gpu": 0.95}, means={"cpu_system": 0.04, "nvlink_rx_gbs": 7.0, "ib_rx_gbs": 3.845}, load="compute")
    told = said(before, after)
    assert "GPU utilisation rose from 75% to 95%" in told and "CPU system fell from 22% to 4%" in told.replace(
        "CPU in system mode", "CPU system"
    )
    assert "NVLink rose from 2,500 MB/s to 7,000 MB/s" in told and "InfiniBand rose" in told
    assert "由 75% 升到 95%" in said(before, after, "zh")
    assert "GPU utilisation fell from 95% to 75%" in said(after, before)
    found = compare(before, after)
    assert (found.before_class, found.after_class, found.speed_up, found.by) == ("host", "compute", None, "none")
    gpu = next(row for row in found.axes if row.name == "gpu")
    assert (gpu.before, gpu.after) == (0.75, 0.95) and next(row for row in found.statistics if row.name == "cpu_system").after == 0.04


def test_a_change_of_precision_is_named():
    before = profile_of(kernels={"ampere_sgemm_128x64_tn": (100, 8.0), "softmax": (100, 2.0)}, steps=10, step_s=1.0)
    after = profile_of(kernels={"ampere_bf16_s16816gemm_bf16_128x64": (200, 4.8), "softmax": (200, 4.0)}, steps=20, step_s=0.5)
    found = compare(before, after)
    assert found.by == "step" and found.speed_up == pytest.approx(2.0)
    told = render(found.cause, "en")
    assert "Matrix kernels take 0.30 times as long (800 ms → 240 ms)" in told and "BF16 instead of FP32" in told and "100%" in told
    assert {row.name: (row.before, row.after) for row in found.operators}["softmax"] == pytest.approx((0.2, 0.2))


def test_matrix_units_are_named_where_the_names_hold_no_precision():
    before = profile_of(kernels={"gemm_a": (10, 8.0), "softmax": (10, 2.0)}, steps=10)
    after = profile_of(kernels={"gemm_b": (10, 2.0), "softmax": (10, 2.0)}, steps=10)
    assert "gemm_a gave way to gemm_b" in said(before, after)
    before = replace(before, operators=tuple(replace(row, tensor_core=False) for row in before.operators))
    after = replace(after, operators=tuple(replace(row, tensor_core=True) for row in after.operators))
    assert "the matrix units instead of" in said(before, after)


def test_without_steps_the_calls_of_equal_operators_align_the_work():
    kernels = {"gemm": (100, 10.0), "softmax": (100, 2.0)}
    before = profile_of(kernels=kernels, seconds=20.0)
    after = profile_of(kernels={"gemm": (300, 15.0), "softmax": (300, 6.0)}, seconds=30.0)
    found = compare(before, after)
    assert found.by == "operators" and found.speed_up == pytest.approx(2.0)
    rows = {row.name: row for row in found.operators}
    assert (rows["gemm"].before, rows["gemm"].after, rows["gemm"].share) == pytest.approx((10.0, 5.0, 1.0))
    assert rows["softmax"].share == pytest.approx(0.0)
    mixed = profile_of(kernels={"gemm": (300, 15.0), "softmax": (100, 60.0)}, seconds=90.0)
    assert compare(before, mixed).by == "none" and compare(before, mixed).speed_up is None
    assert all(row.share is None for row in compare(before, mixed).operators)


def test_idle_time_is_a_row_of_its_own_and_can_be_the_cause():
    before = profile_of(kernels={"gemm": (10, 5.0)}, steps=10, step_s=1.0, idle=0.5, seconds=10.0, gaps=[("dataloader", 0.4)])
    after = profile_of(kernels={"gemm": (10, 5.0)}, steps=10, step_s=0.55, idle=0.1, seconds=5.5, gaps=[("dataloader", 0.02)])
    found = compare(replace(before, axes=axes(0.5)), replace(after, axes=axes(0.9)))
    assert found.operators[0].name == IDLE and found.operators[0].share == pytest.approx(1.0)
    told = render(found.cause, "en")
    assert "500 ms → 55.0 ms" in told and "data loader" in told and "40% to 2%" in told


def axes(gpu):
    return (Axis("gpu", gpu, gpu, "measured", Message("x")),)


def test_device_time_is_per_card():
    one = profile_of(kernels={"gemm": (10, 5.0)}, steps=10, idle=0.5, seconds=10.0)
    cards = tuple(TimeShares(str(card), 0.5, 0, 0, 0.5) for card in range(4))
    four = replace(profile_of(kernels={"gemm": (40, 20.0)}, steps=10, idle=0.5, seconds=10.0), time_shares=(one.time_shares[0], *cards))
    rows = {row.name: row for row in compare(one, four).operators}
    assert rows["gemm"].before == pytest.approx(rows["gemm"].after)


def test_nothing_nothing_common_and_nothing_told():
    same = profile_of(axes={"gpu": 0.9}, means={"cpu_system": 0.05})
    assert compare(same, same).cause.code == "profiling.cause.same"
    assert compare(profile_of(axes={"gpu": 0.9}), profile_of(means={"power_w": 300.0})).cause.code == "profiling.cause.none"
    alone = said(profile_of(axes={"gpu": 0.6}, means={"cpu_system": 0.05}), profile_of(axes={"gpu": 0.9}, means={"cpu_system": 0.05}))
    assert "the reason is open" in alone
    clock = said(profile_of(means={"sm_clock_mhz": 1400.0}), profile_of(means={"sm_clock_mhz": 1100.0}))
    assert "SM clock fell from 1,400" in clock
    assert "Tensor Core rose from 10% to 40%" in said(profile_of(axes={"tensor_core": 0.1}), profile_of(axes={"tensor_core": 0.4}))


tables = st.dictionaries(
    st.sampled_from(["gemm", "sgemm", "softmax", "nccl", "mykernel", "flash_fwd"]),
    st.tuples(st.integers(1, 100), st.floats(0.001, 10)),
    min_size=1,
)


@given(tables, tables, st.integers(1, 50), st.integers(1, 50), st.one_of(st.none(), st.floats(0, 0.9)))
def test_the_parts_sum_to_the_change(one, other, steps_before, steps_after, idle):
    before, after = profile_of(kernels=one, steps=steps_before, idle=idle), profile_of(kernels=other, steps=steps_after, idle=idle)
    found = compare(before, after)
    shares = [row.share for row in found.operators]
    if None in shares:
        assert set(shares) == {None}
    else:
        changes = np.array([row.after - row.before for row in found.operators])
        assert sum(shares) == pytest.approx(1.0, abs=1e-6)
        assert np.array(shares) * changes.sum() == pytest.approx(changes, rel=1e-6, abs=1e-9)
    for lang in ("zh", "en"):
        assert render(found.cause, lang) != found.cause.code


def test_a_run_against_itself_has_no_cause(shared_data):
    path = shared_data / "traces/kineto-chrome-trace/HolisticTraceAnalysis__tests__data__timeline_analysis__sampled_rank-0.json.gz"
    profile = pipeline.profile_trace(pipeline.read_traces([path]).run)
    found = pipeline.compare_runs(profile, profile)
    assert found.speed_up == pytest.approx(1.0) and found.cause.code == "profiling.cause.same"


def test_one_model_on_two_platforms_is_compared_step_by_step(shared_data, capsys):
    folder = shared_data / "traces/kineto-chrome-trace"
    files = [folder / f"TraceLens__tests__traces__{card}__Qwen_Qwen1.5-0.5B-Chat__1016005.json.gz" for card in ("h100", "mi300")]
    command = ["compare", *map(str, files), "--platform", "nvidia-h100-sxm-80gb", "--platform-after", "amd-mi300x"]
    assert run_command([*command, "--json", "--lang", "en"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["by"] == "step" and told["speed_up"] == pytest.approx(1.05, abs=0.1)
    assert {row["name"] for row in told["operators"]} >= {"aten::mm", "aten::mul"}
    assert sum(row["share"] for row in told["operators"]) == pytest.approx(1.0) and "aten::" in told["cause"]
    assert run_command([*command, "--lang", "zh"]) == 0
    assert "负载类型" in capsys.readouterr().out


def test_a_run_that_cannot_be_read_is_the_inputs_fault(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("nothing here\n", encoding="utf-8")
    assert run_command(["compare", str(tmp_path / "a.csv"), str(tmp_path / "none.csv"), "--lang", "en"]) == 2
    assert capsys.readouterr().err.startswith("error:")

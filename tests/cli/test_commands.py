"""The command line as scripts see it: JSON by its schema, exit codes, one line per fault, nothing left behind."""

import json
import subprocess
import sys
from typing import Literal

import msgspec
import pytest
from msgspec import Struct

from app.__main__ import main
from app.cli._frame import run_command
from app.engine import pipeline

SAMPLE = pipeline.sample_inputs()
RUN, TABLE, PRICES = str(SAMPLE.run), str(SAMPLE.measured), str(SAMPLE.prices)
TRACES = [str(path) for path in SAMPLE.traces]
Number = float | None


def call(capsys, *words: str, status: int = 0):
    assert run_command([*words, "--json", "--lang", "en"]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return json.loads(captured.out) if captured.out else captured.err


class Channel(Struct):
    metric: str
    device: str
    unit: str
    samples: int
    min: Number
    mean: Number
    max: Number


class InspectedDevice(Struct):
    id: str
    kind: str
    name: str
    memory_gib: Number


class Inspected(Struct):
    file: str
    format: str
    rows: int
    events: int
    skipped: dict[str, int]
    duration_s: float
    start: str | None
    time_is_synthetic: bool
    devices: list[InspectedDevice]
    channels: list[Channel]
    operators: int
    warnings: list[str]


class Unreadable(Struct):
    file: str
    reason: str
    hint: str


class Inspect(Struct):
    files: list[Inspected]
    unreadable: list[Unreadable]


class ProfileAxis(Struct):
    value: Number
    p95: Number
    state: Literal["measured", "estimated", "not_measured", "not_applicable"]
    source: str


class Advised(Struct):
    severity: Literal["high", "medium", "low"]
    text: str


class Operator(Struct):
    name: str
    category: str
    calls: int
    device_time_s: Number
    share: Number


class Profiled(Struct):
    platform: str | None
    duration_s: float
    axes: dict[str, ProfileAxis]
    class_: Literal["compute", "memory", "communication", "io", "host", "balanced", "unknown"] = msgspec.field(name="class")
    class_scores: dict[str, float]
    bottleneck: dict
    advice: list[Advised]
    operators: list[Operator]
    communication: dict[str, Number]
    statistics: dict[str, dict[str, Number]]


class Estimate(Struct):
    weights_gib: Number
    gradients_gib: Number
    optimizer_gib: Number
    activations_gib: Number
    kv_cache_gib: Number
    overhead_gib: Number
    total_gib: Number
    low: Number
    high: Number


class Remedied(Struct):
    change: str
    total_gib: float
    speed_cost: Number


class Fits(Struct):
    platform: str
    capacity_gib: Number
    usable_gib: Number
    fits: bool | None
    headroom_gib: Number
    remedies: list[Remedied]


class Vram(Struct):
    estimate: Estimate
    platforms: list[Fits]
    max_micro_batch: dict[str, int | None]
    max_concurrency: dict[str, int | None]
    stages: list[dict]


class Told(Struct):
    text: str
    source: str


class CheckResult(Struct):
    check: Literal["vram", "precision", "operators", "os", "toolchain", "framework", "model", "performance"]
    level: Literal["ok", "warning", "blocked", "unknown"]
    summary: str
    evidence: list[Told]
    remedy: str | None


class Assessed(Struct):
    platform: str
    verdict: Literal["ready", "adapt", "blocked", "unknown"]
    checks: list[CheckResult]
    effort: dict


class Assess(Struct):
    platforms: list[Assessed]


class PredictedRow(Struct):
    row: int
    case: str
    platform: str
    gpus: int | None
    predicted: Number
    low: Number
    high: Number
    kind: Literal["measured", "fitted", "transferred", "pooled", "modelled"] | None
    reference_row: int | None
    k: list[float] | None
    out_of_range: bool
    notes: list[str]


class Predict(Struct):
    rows: list[PredictedRow]


class FitPlatform(Struct):
    platform: str
    measured: float
    predicted: float
    left_out: Number


class FitResult(Struct):
    case: str
    reference: str
    k: list[float]
    rmse: float
    in_sample_mape: float
    leave_one_out_mape: Number
    platforms: list[FitPlatform]


class PlanRow(Struct):
    name: str
    platform: str
    gpus: int
    configuration: str
    total_price: Number
    currency: str
    duration_days: Number
    price_performance: Number
    price_performance_relative: Number
    speed: float
    available_cards: int | None
    delivery: str
    valid_until: str | None
    verdict: str
    low: float
    high: float
    tags: list[str]


class Excluded(Struct):
    platform: str
    reason: str


class Select(Struct):
    plans: list[PlanRow]
    recommended: dict[str, int | None]
    excluded: list[Excluded]


AXES = {"tensor_core", "fp32", "fp16", "vram", "vram_bandwidth", "pcie", "nvlink", "disk", "gpu", "infiniband"}


def test_inspect(capsys, tmp_path):
    (tmp_path / "bad.bin").write_bytes(bytes(range(256)))
    found = msgspec.convert(call(capsys, "inspect", *TRACES, str(tmp_path / "bad.bin")), Inspect)
    assert {file.format for file in found.files} == {"kineto", "nvidia-smi-csv", "dcgmi-dmon"} and found.unreadable[0].hint
    assert run_command(["inspect", str(tmp_path / "bad.bin"), "--json"]) == 2


def test_offsets_of_files_are_given_by_name(capsys, tmp_path):
    for name, metric in (("a.csv", "gpu_util(%)"), ("b.csv", "disk_read(MB/s)")):
        (tmp_path / name).write_text(f"time,{metric}\n" + "".join(f"{second}.0,{50 + second % 7}\n" for second in range(40)))
    files = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    moved = call(capsys, "inspect", *files, "--offset", "b.csv=2.5")["run"]["alignments"][1]
    assert (moved["how"], moved["offset_s"]) == ("manual", 2.5)
    assert call(capsys, "profile", *files, "--offset", "b.csv=-10", "--whole")["duration_s"] == 49
    assert run_command(["inspect", *files, "--offset", "b.csv"]) == 2 and "--offset b.csv" in capsys.readouterr().err


def test_profile(capsys):
    found = msgspec.convert(call(capsys, "profile", *TRACES, "--run", RUN), Profiled)
    assert set(found.axes) >= AXES and found.platform == "nvidia-a100-sxm-80gb" and found.operators
    assert found.axes["disk"].value is None and found.axes["disk"].state == "not_measured"


def test_vram(capsys):
    found = msgspec.convert(call(capsys, "vram", RUN, "--platform", "nvidia-rtx-4090", "nvidia-h20-96gb"), Vram)
    assert [one.fits for one in found.platforms] == [False, True] and found.estimate.low < found.estimate.total_gib < found.estimate.high


def test_assess(capsys):
    found = msgspec.convert(call(capsys, "assess", RUN, "--trace", *TRACES, "--all"), Assess)
    assert len(found.platforms) == len(pipeline.catalogue().platforms)
    levels = {check.check: check.level for check in found.platforms[0].checks}
    assert levels["os"] == levels["framework"] == "ok" and len(levels) == 8
    assert levels["toolchain"] == "unknown"  # the sample states neither driver nor tool kit
    effort = found.platforms[0].effort
    assert set(effort["stages"]) == {"runs", "correct", "fast", "cost_effective"} and effort["person_days"][0] < effort["person_days"][2]


def test_assess_takes_the_environment_from_files(capsys, tmp_path):
    (tmp_path / "smi.txt").write_text("| NVIDIA-SMI 535.104.05   Driver Version: 535.104.05   CUDA Version: 12.2 |\n", encoding="utf-8")
    (tmp_path / "pip.txt").write_text("torch==2.3.1+cu121\n", encoding="utf-8")
    files = [str(tmp_path / "smi.txt"), str(tmp_path / "pip.txt")]
    found = call(capsys, "assess", RUN, "--environment", *files, "--platform", "nvidia-a100-sxm-80gb")
    assert found["environment"] == {"workload.driver": "535.104.05", "workload.toolkit": "CUDA 12.1"}  # the sample states its torch
    assert {check["check"]: check["level"] for check in found["platforms"][0]["checks"]}["toolchain"] == "ok"


def test_predict_and_fit(capsys, tmp_path):
    table = tmp_path / "t.csv"
    head, *rows = SAMPLE.measured.read_text(encoding="utf-8").splitlines()
    rows += [
        rows[0].replace("nvidia-a100-sxm-80gb", name).replace("30800", speed)
        for name, speed in (("nvidia-h800-sxm-80gb", "60000"), ("nvidia-h20-96gb", ""))
    ]
    table.write_text("\n".join([head, *rows]), encoding="utf-8")
    out = tmp_path / "o.csv"
    found = msgspec.convert(call(capsys, "predict", str(table), "--out", str(out)), Predict)
    assert (
        [row.row for row in found.rows] == [4]
        and found.rows[0].kind == "fitted"
        and found.rows[0].low < found.rows[0].predicted < found.rows[0].high
    )
    assert out.is_file() and "predicted" in out.read_text(encoding="utf-8-sig")
    fit = msgspec.convert(call(capsys, "fit", str(table), "--case", "llama2-7b"), FitResult)
    assert sum(fit.k) == pytest.approx(1) and len(fit.platforms) == 3
    told = call(capsys, "evaluate", str(table))
    scores = told["protocols"]
    assert [(one["row"], one["code"]) for one in told["skipped"]] == [(4, "evaluation.no_speed")]
    assert {score["name"] for score in scores} == {"leave_one_platform_out", "one_run_known", "leave_one_workload_out"}
    assert {"subset", "groups", "macro_mean", "macro_median", "coverage", "half_width"} <= set(scores[0]) and scores[0]["subset"] == "all"


def test_evaluate_without_a_table_tells_what_is_stored_of_what_ships(capsys):
    told = call(capsys, "evaluate")
    assert {score["name"] for score in told["protocols"]} == {
        "leave_one_platform_out", "one_run_known", "leave_one_workload_out", "card_counts",
    } and told["skipped"] == []  # fmt: skip
    assert {"all", "domestic", "vendor:NVIDIA", "kind:several same measured generative"} <= {score["subset"] for score in told["protocols"]}


def test_select_new_propose_demo(capsys, tmp_path):
    found = msgspec.convert(call(capsys, "select", RUN, "--measured", TABLE, "--prices", PRICES), Select)
    assert found.plans and set(found.recommended) == {"highest_performance", "best_price_performance"}
    domestic = msgspec.convert(
        call(capsys, "select", RUN, "--measured", TABLE, "--prices", PRICES, "--domestic", "--work", "1e9 tokens"), Select
    )
    assert {plan.platform for plan in domestic.plans} <= {"ascend-910b2", "metax-c500-oam"} and domestic.plans[0].duration_days < 1
    project = tmp_path / "p.sxp"
    call(capsys, "new", str(project), "--run", RUN, "--trace", *TRACES, "--measured", TABLE, "--prices", PRICES)
    proposed = call(capsys, "propose", str(project), "--out", str(tmp_path / "out"))
    assert set(proposed) >= {"pdf", "xlsx", "pages", "plans"} and proposed["plans"] == len(found.plans)
    assert call(capsys, "capture-kit", "--out", str(tmp_path / "kit"))["files"] == sorted(map(str, (tmp_path / "kit").iterdir()))
    assert call(capsys, "demo", "--out", str(tmp_path / "demo"))["pages"] == proposed["pages"]


def test_prices_and_platforms(capsys, tmp_path):
    checked = call(capsys, "prices", "check", PRICES)
    assert set(checked) >= {"rows", "accepted", "problems", "matches"} and checked["accepted"] == checked["rows"]
    call(capsys, "prices", "template", str(tmp_path / "t.xlsx"))
    assert (tmp_path / "t.xlsx").is_file()
    call(capsys, "platforms", "list")
    call(capsys, "platforms", "show", "ascend-910b2")
    call(capsys, "platforms", "check")


@pytest.mark.parametrize(
    "words",
    [
        ["profile", "missing.csv"],
        ["vram", "missing.toml"],
        ["predict", TABLE],
        ["fit", TABLE],
        ["select", RUN, "--measured", TABLE, "--prices", "missing.xlsx"],
        ["select", RUN, "--measured", TABLE, "--prices", PRICES, "--work", "much"],
        ["propose", "missing.sxp", "--out", "out"],
        ["vram", RUN, "--platform", "no-such-card"],
        ["platforms", "show", "no-such-card"],
        ["nonsense"],
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_faults_are_one_line_with_a_remedy_and_exit_2(capsys, words, lang, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_command([*words, "--lang", lang]) == 2
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert lines and all(line.startswith("error: ") for line in lines) and not captured.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "opens"), [(["no/such.csv"], True), (["gone.sxp"], True), ([], True), (["predcit"], False), (["inspect", "a.csv"], False)]
)
def test_what_looks_like_a_file_goes_to_the_window_which_says_what_is_missing(monkeypatch, words, opens):
    asked = []
    monkeypatch.setattr("app.cli._window.run_window_command", lambda given: asked.append(given) or 0)
    monkeypatch.setattr("app.cli._frame.run_command", lambda _given: 2)
    assert main(words) == (0 if opens else 2) and bool(asked) == opens


def test_a_defect_is_a_report_not_a_traceback(capsys, monkeypatch):
    monkeypatch.setattr("app.engine.pipeline.catalogue", lambda: 1 / 0)
    assert run_command(["platforms", "list"]) == 70
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err and "crash-" in captured.err and captured.err.startswith("error: ")


def test_cancelling_is_130(monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.engine.pipeline.catalogue", stop)
    assert run_command(["platforms", "list"]) == 130


def test_help_is_lean_and_no_command_imports_qt():
    heavy = "('numpy', 'pandas', 'scipy', 'PySide6', 'reportlab')"
    code = "import sys; from app.cli._frame import run_command; run_command(['--help']); "
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_scan_reads_source_and_judges_it(capsys, tmp_path):
    (tmp_path / "train.py").write_text("import torch\ntorch.cuda.synchronize()\nx = 'cuda'\n")
    (tmp_path / "old.py").write_text("print 'x'\n")
    found = call(capsys, "scan", str(tmp_path), "--platform", "ascend-910b2", "nvidia-h100-sxm-80gb")
    assert (found["files"], found["lines"]) == (2, 4)
    assert [(one["file"], one["line"]) for one in found["unreadable"]] == [("old.py", 1)] and found["unreadable"][0]["hint"]
    assert {(one["file"], one["line"], one["kind"], one["what"], one["count"]) for one in found["findings"]} == {
        ("train.py", 2, "api", "torch.cuda.synchronize", 1),
        ("train.py", 3, "device", '"cuda"', 1),
    }
    ascend, nvidia = found["platforms"]
    assert (ascend["platform"], ascend["level"], nvidia["level"]) == ("ascend-910b2", "warning", "ok")
    assert any("transfer_to_npu" in one["remedy"] for one in ascend["findings"])
    assert found["devices"] == ['"cuda"'] and [one["package"] for one in found["packages"]] == ["torch"]
    assert len(call(capsys, "scan", str(tmp_path))["platforms"]) == len(pipeline.catalogue().platforms)
    assert "error:" in call(capsys, "scan", str(tmp_path / "none"), status=2)
    assert run_command(["scan", str(tmp_path), "--lang", "zh"]) == 0 and "torch.cuda" in capsys.readouterr().out
    assert (
        run_command(["scan", str(tmp_path), "--lang", "en", "--platform", "ascend-910b2"]) == 0
        and "small change" in capsys.readouterr().out
    )


def test_a_table_that_cannot_be_fitted_is_named(capsys, tmp_path):
    table = tmp_path / "two.csv"
    table.write_text("case,platform,gpus,speed,unit\na,nvidia-a100-sxm-80gb,8,10,samples/s\na,nvidia-h100-sxm-80gb,8,20,samples/s\n")
    for command in (
        ("fit", str(table), "--case", "a"),
        ("fit", str(table), "--case", "b"),
        ("scale", str(table), "--case", "b", "--gpus", "16"),
    ):
        assert call(capsys, *command, status=2).startswith(f"error: {table}: ")


def test_a_reason_that_both_recommendations_share_is_said_once(capsys):
    assert run_command(["select", RUN, "--measured", TABLE, "--prices", PRICES, "--lang", "en"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert line.count("The only plan that meets") <= 1

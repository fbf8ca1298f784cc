"""`suanxuan vram`: parts of the fullest stage and every stage, as text with bars and as JSON."""

import json
from pathlib import Path

import pytest

from app.cli._frame import run_command

RUN = """
[workload]
name = "staged"
task = "pretrain"
precision = "bf16"
engine = "megatron-lm"
[model]
family = "llama"
layers = 32
hidden = 4096
heads = 32
vocab = 32000
intermediate = 11008
[run]
gpus = 64
seq_len = 4096
micro_batch = 2
global_batch = 512
tensor_parallel = 2
pipeline_parallel = 4
"""


@pytest.fixture
def run_file(tmp_path: Path) -> str:
    path = tmp_path / "run.toml"
    path.write_text(RUN, encoding="utf-8")
    return str(path)


def test_the_json_holds_the_parts_of_the_peak_stage_and_groups_of_every_stage(capsys, run_file):
    assert run_command(["vram", run_file, "--platform", "nvidia-h20-96gb", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    total, stages = found["estimate"]["total_gib"], found["stages"]
    assert sum(part["gib"] for part in found["parts"]) == pytest.approx(total)
    assert [stage["stage"] for stage in stages] == [0, 1, 2, 3] and stages[found["peak_stage"]]["total_gib"] == total
    for stage in stages:
        assert sum(stage["parts"].values()) == pytest.approx(stage["total_gib"])
    assert stages[0]["parts"]["weights"] == pytest.approx(found["estimate"]["weights_gib"])


def test_the_text_draws_the_parts_and_marks_the_fullest_stage(capsys, run_file):
    assert run_command(["vram", run_file, "--platform", "nvidia-h20-96gb", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("Activations kept by the layers") and "█" in line for line in lines)
    assert [line.split()[0] for line in lines if line.endswith("◄")] == ["0"]

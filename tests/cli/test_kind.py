"""The kind of platform on the command line: before any product, in JSON and in words."""

import json

import pytest

from app.cli._frame import run_command
from app.engine import pipeline

SAMPLE = pipeline.sample_inputs()
RUN = str(SAMPLE.run)
PLANS = ["select", RUN, "--measured", str(SAMPLE.measured), "--prices", str(SAMPLE.prices)]
ASSESSED = ["assess", RUN, "--platform", "nvidia-rtx-4090"]


@pytest.mark.parametrize("words", [ASSESSED, PLANS], ids=["assess", "select"])
def test_the_kind_is_in_the_document(capsys, words):
    assert run_command([*words, "--json", "--lang", "en"]) == 0
    kind = json.loads(capsys.readouterr().out)["kind"]
    assert kind["scenario"] | {"reasons": []} == {"phase": "training", "large_model": True, "optimised": False, "reasons": []}
    found = {one["aspect"]: one for one in kind["recommendations"]}
    assert set(found) == {"vram", "memory", "link", "network", "precision"}
    assert found["vram"]["low"] < found["vram"]["need"] < found["vram"]["high"]
    assert found["link"]["verdict"] == "fabric" and found["network"]["verdict"] in ("roce", "infiniband")  # 64 cards are wanted
    assert all(one["reasons"] and one["strength"] in ("must", "prefer", "any", "unknown") for one in found.values())
    told = {one["platform"]: one for one in kind["platforms"]}
    assert len(told) == len(pipeline.catalogue().platforms) and told["nvidia-rtx-4090"]["link"] is False
    assert kind["fitting"] == [name for name, one in told.items() if one["fits"]]


@pytest.mark.parametrize(("lang", "title"), [("zh", "平台类型"), ("en", "Kind of platform")])
def test_people_read_the_kind_first(capsys, lang, title):
    assert run_command([*ASSESSED, "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(title)
    assert not any("nvidia" in line for line in lines[: next(i for i, line in enumerate(lines) if line.startswith("  nvidia-rtx-4090: "))])


def test_what_is_missing_is_named(capsys, tmp_path):
    bare = tmp_path / "run.toml"
    bare.write_text('[workload]\nname = "x"\ntask = "inference"\n', encoding="utf-8")
    assert run_command(["assess", str(bare), "--platform", "nvidia-a100-sxm-80gb", "--json", "--lang", "en"]) == 0
    kind = json.loads(capsys.readouterr().out)["kind"]
    assert all(one["verdict"] is None and one["kind"] is None and one["missing"] for one in kind["recommendations"])

"""多少 P: worked by hand, there and back, dense and sparse, unknown told as unknown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli._frame import run_command
from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.known import sparsity
from app.engine.plan_amounts import amounts
from app.engine.selecting import cards_for, pflops_of

A100, ASCEND, V100 = "nvidia-a100-sxm-80gb", "ascend-910b2", "nvidia-v100-sxm2-32gb"


def test_by_hand():
    """312 TFLOPS a card: 100 PFLOPS are 320.5 cards; with sparsity 624 and 160.3."""
    a100 = pipeline.platforms_by_id()[A100]
    dense, sparse = (cards_for(a100, 100.0, "fp16", sparsity(), is_sparse=one) for one in (False, True))
    assert (dense.cards, dense.nodes, dense.pflops) == (321, 41, pytest.approx(100.152)) and sparse.cards == 161
    assert pflops_of(a100, 100, "fp16", ()).pflops == pytest.approx(31.2) and cards_for(a100, 31.2, "fp16", ()).cards == 100


@given(st.integers(1, 200_000), st.sampled_from([A100, ASCEND, V100]), st.sampled_from(["fp16", "fp32"]))
def test_there_and_back(cards, name, precision):
    platform = pipeline.platforms_by_id()[name]
    there = pflops_of(platform, cards, precision, ())
    if there.pflops is not None:
        assert cards_for(platform, there.pflops, precision, ()).cards == cards


def test_what_is_not_known_is_told():
    found = {one.platform: one for one in amounts(pflops=10.0, cards=None, precision="FP8")}
    assert found[V100].cards is None and found[V100].reason.code == "platforms.missing_fact"
    assert amounts(pflops=1.0, cards=None, precision="fp16", is_sparse=True, platforms=[V100])[0].reason.code == "selecting.no_sparsity"
    for wrong in ({"pflops": -1.0, "cards": None}, {"pflops": None, "cards": 0}, {"pflops": 1e300, "cards": None}):
        with pytest.raises(EngineError):
            amounts(**wrong, precision="fp16", platforms=[A100])
    with pytest.raises(EngineError):
        amounts(pflops=1.0, cards=None, precision="fp7")


def test_a_plan_tells_the_peak_of_its_cards():
    sample = pipeline.new_project(pipeline.sample_inputs())
    told = {plan.platform: (plan.pflops, plan.gpus) for plan in sample.selection.plans}
    pflops, gpus = told[A100]
    assert sample.workload.precision == "bf16" and pflops == pytest.approx(0.312 * gpus)


def test_the_command(capsys):
    assert run_command(["pflops", "100", "--precision", "fp16", "--platform", A100, ASCEND, "--json"]) == 0
    rows = {one["platform"]: one for one in json.loads(capsys.readouterr().out)["platforms"]}
    assert rows[A100]["cards"] == 321 and rows[ASCEND]["cards"] == 266  # 376 TFLOPS a card
    assert run_command(["pflops", "--cards", "8", "--precision", "bf16", "--lang", "en"]) == 0
    assert "2.496" in capsys.readouterr().out
    assert run_command(["pflops", "5", "--precision", "fp16", "--platform", "nothing"]) == 2

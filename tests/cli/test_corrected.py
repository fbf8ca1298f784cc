"""`platforms show`: corrected rates and software factors of one platform, as JSON and for a person."""

import json

import pytest

from app.cli._frame import run_command


def shown(capsys, *words: str) -> str:
    assert run_command(["platforms", "show", *words]) == 0
    return capsys.readouterr().out


def test_corrected_rates_have_interval_sheet_and_evidence(capsys):
    document = json.loads(shown(capsys, "ascend-910b2", "--json"))
    for one in document["corrected"]:
        assert one["platform"] == "ascend-910b2" and one["low"] < one["factor"] < one["high"]
        assert one["compute_tflops_low"] < one["compute_tflops"] < one["compute_tflops_high"]
        assert one["memory_gbs_low"] < one["memory_gbs"] < one["memory_gbs_high"]
    learned = [one for one in document["corrected"] if one["basis"] == "learned"]
    assert learned and all(one["sources"] and one["cases"] > 0 for one in learned)
    assert {one["class"] for one in document["software"]} <= {one["class"] for one in document["corrected"]}
    assert all((one["software"] is not None) == one["separable"] for one in document["software"])


@pytest.mark.parametrize(("lang", "word"), [("zh", "未实测"), ("en", "not measured")])
def test_a_card_that_no_one_measured_says_so(capsys, lang, word):
    assert word in shown(capsys, "hygon-bw1000", "--lang", lang)


def test_without_rates_there_is_nothing_to_correct(capsys):
    """Its memory bandwidth is not known."""
    assert json.loads(shown(capsys, "iluvatar-bi-v100", "--json"))["corrected"] == []
    assert "没有修正后的速率" in shown(capsys, "iluvatar-bi-v100", "--lang", "zh")

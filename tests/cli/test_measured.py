"""`measured` and the options of `predict` that use it: own runs enter where they are asked for, and the result says so."""

import json

import pytest

from app.cli._frame import run_command

HEAD = "case,workload,task,precision,platform,gpus,speed,unit\n"
A100, ASCEND = "nvidia-a100-sxm-80gb", "ascend-910b2"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.csv"
    rows = [f"c{n},w{n},pretrain,bf16,{card},8,{speed},samples/s" for n in range(4) for card, speed in ((A100, 10), (ASCEND, 4))]
    path.write_text(HEAD + "\n".join(rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def asked(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_text(HEAD + f"n,new,pretrain,bf16,{A100},8,30,samples/s\nn,new,pretrain,bf16,{ASCEND},8,,samples/s\n", encoding="utf-8")
    return str(path)


def call(capsys, *words: str, status: int = 0):
    assert run_command([*words, "--json", "--lang", "en"]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return json.loads(captured.out) if captured.out else captured.err


def test_add_list_and_remove(capsys, own):
    assert call(capsys, "measured", "list") == {"tables": [], "runs": 0}
    added = call(capsys, "measured", "add", own)["add"]
    listed = call(capsys, "measured", "list")
    assert listed == {"tables": [added], "runs": 8} and added["platforms"] == [ASCEND, A100] and added["cases"] == 4
    assert call(capsys, "measured", "remove", added["name"])["remove"]["name"] == added["name"]
    assert call(capsys, "measured", "list")["tables"] == []


@pytest.mark.parametrize("words", [("add",), ("remove",), ("add", "no-such-file.csv"), ("remove", "nothing")])
def test_what_cannot_be_done_is_one_line(capsys, words):
    err = call(capsys, "measured", *words, status=2)
    assert err.startswith("error: ") and err.count("\n") == 1


def test_faulty_rows_are_told_at_their_line_and_the_rest_is_kept(capsys, tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_text(HEAD + f"n,w,pretrain,bf16,{A100},8,30,samples/s\nn,w,pretrain,bf16,{ASCEND},8,-3,samples/s\n", encoding="utf-8")
    assert run_command(["measured", "add", str(path), "--json", "--lang", "en"]) == 0
    captured = capsys.readouterr()
    assert f"error: {path}:3" in captured.err
    added = json.loads(captured.out)["add"]
    assert (added["measured"], added["problems"]) == (1, 1)


def test_predict_uses_own_runs_only_where_asked_and_says_so(capsys, own, asked):
    call(capsys, "measured", "add", own)
    plain = call(capsys, "predict", asked)
    assert plain["own_runs"] == 0 and "nothing else" in plain["uses"] and "own runs" not in plain["uses"]
    for words in (("--own",), ("--evidence", own)):
        found = call(capsys, "predict", asked, *words)
        assert found["own_runs"] == 8 and "8 own runs" in found["uses"]
        assert abs(found["rows"][0]["predicted"] - 12) < abs(plain["rows"][0]["predicted"] - 12)
        assert any("8 own runs" in note for note in found["rows"][0]["notes"])


def test_a_predicted_row_tells_the_corrected_rates(capsys, asked):
    (found,) = call(capsys, "predict", asked)["rows"]
    told = found["corrected"]
    assert (told["platform"], told["class"]) == (ASCEND, "training-many") and told["low"] < told["factor"] < told["high"]
    assert told["compute_tflops"] <= told["compute_sheet_tflops"] and told["interval"] == 0.9
    assert found["software"]["separable"] == (found["software"]["software"] is not None)

"""`scale` and `serve-estimate` as scripts see them: keys, ends, exit status."""

import json

from app.cli._frame import run_command

HEAD = "case,workload,task,precision,global_batch,platform,gpus,nodes,speed,unit\n"
ROWS = "a,llama,pretrain,bf16,,nvidia-a100-sxm-80gb,8,1,100,samples/s\na,llama,pretrain,bf16,,nvidia-a100-sxm-80gb,16,2,190,samples/s\n"


def call(capsys, *words: str, status: int = 0) -> dict:
    assert run_command([*words, "--json", "--lang", "en"]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return json.loads(captured.out) if captured.out else {"error": captured.err}


def test_scale_tells_every_count(capsys, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(HEAD + ROWS, encoding="utf-8")
    document = call(capsys, "scale", str(table), "--case", "a", "--gpus", "16", "64", "1024")
    assert {"case", "platform", "points", "knee_gpus"} <= set(document)
    assert [point["gpus"] for point in document["points"]] == [16, 64, 1024]
    for point in document["points"]:
        assert {"gpus", "nodes", "speed", "low", "high", "efficiency"} <= set(point)
        assert point["low"] < point["speed"] < point["high"] and 0 < point["efficiency"] <= 1
    assert document["points"][2]["out_of_range"]
    for lang in ("en", "zh"):
        assert run_command(["scale", str(table), "--gpus", "16", "64", "--lang", lang]) == 0
        assert "nvidia-a100-sxm-80gb" in capsys.readouterr().out


def test_scale_names_what_is_wrong(capsys, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(HEAD + ROWS, encoding="utf-8")
    assert "error:" in call(capsys, "scale", str(table), "--case", "b", "--gpus", "16", status=2)["error"]
    assert "error:" in call(capsys, "scale", str(table), "--case", "a", "--gpus", "0", status=2)["error"]
    assert "error:" in call(capsys, "scale", str(table), "--case", "a", "--gpus", "x", status=2)["error"]

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


RUN = """
[workload]
task = "inference"
precision = "bf16"
engine = "vllm"
[model]
family = "llama"
layers = 32
hidden = 4096
heads = 32
kv_heads = 8
intermediate = 14336
vocab = 128256
[run]
gpus = 1
input_len = 1024
output_len = 256
"""


def test_serve_estimate_tells_every_platform_and_load(capsys, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(RUN, encoding="utf-8")
    words = ("serve-estimate", str(file), "--platform", "nvidia-h100-sxm-80gb", "ascend-910b2", "--concurrency", "1", "64", "100000")
    document = call(capsys, *words)
    assert [one["platform"] for one in document["platforms"]] == ["nvidia-h100-sxm-80gb", "ascend-910b2"]
    for one in document["platforms"]:
        assert one["gpus"] == 1
        assert [point["concurrency"] for point in one["points"]] == [1, 64, 100000]
        for point in one["points"]:
            assert {"ttft_ms", "tpot_ms", "tokens_per_s", "tokens_per_s_per_card", "low", "high", "fits"} <= set(point)
            assert point["low"] < point["tpot_ms"] < point["high"]
        assert [point["fits"] for point in one["points"]] == [True, True, False]
        assert one["points"][2]["ttft_ms"] is None and one["points"][2]["notes"]
    for lang in ("en", "zh"):
        assert run_command([*words, "--lang", lang]) == 0
        assert "ascend-910b2" in capsys.readouterr().out


def test_serve_estimate_names_what_is_wrong(capsys, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(RUN, encoding="utf-8")
    assert "error:" in call(capsys, "serve-estimate", str(file), "--platform", "nothing", "--concurrency", "1", status=2)["error"]
    words = ("serve-estimate", str(file), "--platform", "nvidia-b200", "--concurrency", "0")
    assert "error:" in call(capsys, *words, status=2)["error"]


def test_serve_estimate_wants_lengths_and_takes_them(capsys, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(RUN.replace("input_len = 1024\noutput_len = 256\n", ""), encoding="utf-8")
    words = ("serve-estimate", str(file), "--platform", "nvidia-b200", "--concurrency", "8")
    assert "--input-len" in call(capsys, *words, status=2)["error"]
    document = call(capsys, *words, "--input-len", "512", "--output-len", "128")
    assert document["platforms"][0]["points"][0]["tpot_ms"] > 0


def test_serve_estimate_of_nothing_that_can_be_told_is_a_fault(capsys, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(RUN.replace("bf16", "fp4"), encoding="utf-8")
    assert (
        run_command(["serve-estimate", str(file), "--platform", "nvidia-h100-sxm-80gb", "--concurrency", "1", "--lang", "en", "--json"])
        == 2
    )
    captured = capsys.readouterr()
    assert json.loads(captured.out)["platforms"][0]["points"][0]["tpot_ms"] is None
    assert captured.err.startswith("error:") and "fp4_tflops" in captured.err

"""`predict` on a table in which batches and precisions differ, and with a run description that tells VRAM and work."""

import json

from app.cli._frame import run_command
from app.engine import pipeline

TABLE = """case,workload,task,precision,seq_len,micro_batch,platform,gpus,speed,unit,better
a,Llama-2-7B,pretrain,bf16,4096,1,nvidia-a100-sxm-80gb,8,20000,tokens/s,higher
a,Llama-2-7B,pretrain,bf16,4096,2,nvidia-a100-sxm-80gb,8,23000,tokens/s,higher
a,Llama-2-7B,pretrain,bf16,4096,4,nvidia-h100-sxm-80gb,8,,tokens/s,higher
a,Llama-2-7B,pretrain,fp8,4096,4,nvidia-h100-sxm-80gb,8,,tokens/s,higher
a,Llama-2-7B,pretrain,fp8,4096,4,nvidia-v100-sxm2-32gb,8,,tokens/s,higher
"""


def test_batches_and_precisions_of_one_case(capsys, tmp_path):
    table, out = tmp_path / "runs.csv", tmp_path / "out.csv"
    table.write_text(TABLE, encoding="utf-8")
    assert run_command(["predict", str(table), "--json", "--lang", "en", "--out", str(out)]) == 0
    plain, narrow, refused = json.loads(capsys.readouterr().out)["rows"]
    assert plain["batch"] == 4 and plain["low"] < plain["predicted"] < plain["high"]
    assert any("brought to batch 4 by the case's own sweep" in note for note in plain["notes"])
    assert narrow["predicted"] > plain["predicted"] and narrow["high"] / narrow["low"] > plain["high"] / plain["low"]
    assert any(note.startswith("from BF16 to FP8") for note in narrow["notes"])
    assert refused["predicted"] is None and "does not compute in FP8" in refused["notes"][0]
    assert "from BF16 to FP8" in out.read_text(encoding="utf-8-sig")


def test_a_run_description_tells_which_batch_has_room(capsys, tmp_path):
    sample, table = pipeline.sample_inputs(), tmp_path / "runs.csv"
    workload, _ = pipeline.read_run_description(sample.run)
    head = "case,workload,task,precision,micro_batch,platform,gpus,speed,unit,better"
    about = f"c,x,{workload.task},{workload.precision}"
    unit = "samples/s,higher"
    lines = [head, f"{about},64,nvidia-a100-sxm-80gb,8,5,{unit}", f"{about},,nvidia-h100-sxm-80gb,8,,{unit}"]
    table.write_text("\n".join(lines), encoding="utf-8")
    assert run_command(["predict", str(table), "--run", str(sample.run), "--json", "--lang", "en"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["batch_most"] is not None and row["batch"] == min(64, row["batch_most"]) or row["batch_most"] == 0


def test_a_run_description_and_a_trace_are_said_to_be_used_and_a_trace_that_tells_nothing_too(capsys, tmp_path):
    sample, table, bare = pipeline.sample_inputs(), tmp_path / "runs.csv", tmp_path / "bare.csv"
    table.write_text(TABLE, encoding="utf-8")
    stamps = "".join(f"2026/01/01 00:00:{second:02d}.000, 60\n" for second in range(20))
    bare.write_text("timestamp, temperature.gpu\n" + stamps, encoding="utf-8")

    def uses(*more):
        assert run_command(["predict", str(table), "--json", "--lang", "en", *more]) == 0
        return json.loads(capsys.readouterr().out)["uses"]

    assert "the trace" not in uses() and "the run description" not in uses()
    heard = uses("--run", str(sample.run), "--trace", *map(str, sample.traces))
    assert "the run description, the trace;" in heard
    assert "changed no prediction" in uses("--trace", str(bare))


def test_the_table_itself_is_never_written_over(capsys, tmp_path):
    table = tmp_path / "runs.csv"
    table.write_text(TABLE, encoding="utf-8")
    assert run_command(["predict", str(table), "--out", str(tmp_path / "." / "runs.csv"), "--lang", "en"]) == 2
    assert "never changed" in capsys.readouterr().err and table.read_text(encoding="utf-8") == TABLE

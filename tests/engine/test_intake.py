"""Files into a project: what each is for, what must be asked, what becomes of it; and tables whose columns a person explains."""

import json
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.importing import Answers, cases_of, likely_case, questions, take_in
from app.engine.intake import Sorted, glance, purpose_of, sort_files
from app.engine.mapping_store import known_mappings, remember_mapping
from app.engine.messages import LANGUAGES, has_entry, render
from app.engine.model.mappings import ColumnMapping, TableMapping
from app.engine.model.projects import Project, changed
from app.engine.paths import sample_folder
from app.engine.progress import no_progress
from app.engine.readiness import needs_of, problems_of, state_of
from app.engine.reading import check_column, known_metrics, preview_table, units_of

HEAD = "case,workload,platform,gpus,speed,unit\n"
CONFIG = {"model_type": "llama", "architectures": ["X"], "num_hidden_layers": 40, "hidden_size": 5120, "num_attention_heads": 40}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(paths, progress=no_progress, mappings=()):
    return pipeline.read_traces(paths, progress, mappings)


@pytest.fixture(scope="module")
def run_only():
    return take_in(Project(), Sorted(((sample_folder() / "run.toml", "run"),)), Answers(), read).project


# What a file is for ------------------------------------------------------------------------------------------------------------------


def test_each_sample_file_goes_where_it_belongs():
    found = sort_files([sample_folder()])
    assert {path.name for path in found.of("prices")} == {"prices.xlsx"}
    assert {path.name for path in found.of("measured")} == {"measured.csv"}
    assert {path.name for path in found.of("run")} == {"run.toml"}
    assert set(found.of("trace")) == set(pipeline.sample_inputs().traces)
    assert "record.sh" in {path.name for path in found.of("unknown")}


def test_an_archive_of_logs_is_one_run(tmp_path):
    traces = pipeline.sample_inputs().traces
    with zipfile.ZipFile(tmp_path / "run.zip", "w") as archive:
        for path in traces:
            archive.write(path, path.name)
    with tarfile.open(tmp_path / "run.tar.gz", "w:gz") as archive:
        for path in traces:
            archive.add(path, path.name)
    for name in ("run.zip", "run.tar.gz"):
        found = sort_files([tmp_path / name])
        assert found.of("trace") == (tmp_path / name,)
        project = take_in(Project(), found, Answers(), read).project
        assert len(project.trace.files) == len(traces)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a locked one"])
def test_a_damaged_workbook_is_told_and_not_asked_about(tmp_path, content):
    path = tmp_path / "prices.xlsx"
    path.write_bytes(content)
    (error,) = sort_files([path]).unreadable
    assert error.message.code == "prices.not_a_workbook"


@pytest.mark.parametrize(
    ("name", "text", "purpose"),
    [
        ("配置 一.json", json.dumps(CONFIG), "model"),
        ("x.json", '{"a": 1}', "unknown"),
        ("t.csv", "时间,GPU利用率(%)\n2026-01-01 00:00:00,1\n2026-01-01 00:00:01,2\n", "trace"),
        ("t.csv", "a,b\n1,2\n3,4\n", "unknown"),
        ("m.csv", HEAD + "a,w,p,1,2,s\n", "measured"),
        ("notes.txt", "hello world\n", "unknown"),
        ("any.name", '[workload]\ntask = "hpc"\n', "run"),
        ("megatron.yaml", "num_layers: 4\n", "unknown"),
        ("megatron.yaml", "num_layers: 4\nhidden_size: 8\nmicro_batch_size: 1\n", "run"),
        ("启动.sh", "python -m vllm.entrypoints.openai.api_server --model a/b --max-model-len 8\n", "run"),
        ("ds_config.json", '{"zero_optimization": {"stage": 2}}', "run"),
        ("train.yaml", "model_name_or_path: a/b\nstage: sft\ntemplate: x\n", "run"),
    ],
)
def test_content_decides(tmp_path, name, text, purpose):
    assert purpose_of(write(tmp_path, name, text)) == purpose


def test_a_glance_stops_when_it_is_late_and_counts_the_rest(tmp_path):
    for number in range(40):
        write(tmp_path, f"文件 {number:02}.txt", "x")
    shown, more = glance([tmp_path], 20, lambda: False)
    assert len(shown) == 20 and more == 20 and {purpose for _, purpose in shown} == {"skipped"}
    late = iter([False] * 4 + [True] * 100)
    shown, _ = glance([tmp_path], 20, lambda: next(late))
    assert {purpose for _, purpose in shown} == {"skipped", "unseen"}
    assert glance([tmp_path / "gone"], 20, lambda: False) == ([("gone", "unreadable")], 0)


# What becomes of it ------------------------------------------------------------------------------------------------------------------


def test_the_sample_files_make_the_same_project_as_the_command_line():
    inputs = pipeline.sample_inputs()
    found = sort_files([inputs.run, *inputs.traces, inputs.measured, inputs.prices])
    outcome = take_in(Project(), found, Answers(), read)
    made = pipeline.recompute(outcome.project)
    assert made.selection == pipeline.new_project(inputs).selection and not outcome.errors
    assert outcome.told is not None
    for lang in LANGUAGES:
        assert "3" in render(outcome.told, lang) and "intake." not in render(outcome.told, lang)


def test_a_model_config_fills_the_model_only(tmp_path, run_only):
    found = sort_files([write(tmp_path, "config.json", json.dumps(CONFIG))])
    before = run_only.workload
    after = take_in(run_only, found, Answers(), read).project.workload
    assert after.model.layers == 40 and (after.task, after.run, after.name) == (before.task, before.run, before.name)
    assert take_in(Project(), found, Answers(), read).project.workload.model.hidden == 5120


def test_a_deepspeed_config_fills_its_keys_only(tmp_path, run_only):
    zero = {"zero_optimization": {"stage": 3}, "train_micro_batch_size_per_gpu": 3, "bf16": {"enabled": True}}
    found = sort_files([write(tmp_path, "ds.json", json.dumps(zero)), write(tmp_path, "config.json", json.dumps(CONFIG))])
    before = run_only.workload
    outcome = take_in(run_only, found, Answers(), read)
    after = outcome.project.workload
    assert (after.run.zero_stage, after.run.micro_batch, after.model.layers) == (3, 3, 40)
    assert (after.task, after.name, after.run.gpus, after.measured) == (before.task, before.name, before.run.gpus, before.measured)
    assert "run.zero_stage" in after.stated and after.notes
    assert all("workload." not in render(outcome.told, lang) for lang in LANGUAGES)


def test_a_command_of_a_service_keeps_the_model_that_is_there(tmp_path, run_only):
    path = write(tmp_path, "serve.sh", "vllm serve nobody/knows --tensor-parallel-size 2 --max-model-len 4096\n")
    after = take_in(run_only, sort_files([path]), Answers(), read).project.workload
    assert (after.task, after.engine, after.run.tensor_parallel, after.model) == ("inference", "vllm", 2, run_only.workload.model)


def test_quantised_weights_of_a_config_are_for_inference(tmp_path, run_only):
    path = write(
        tmp_path, "config.json", json.dumps(CONFIG | {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 64}})
    )
    assert take_in(run_only, sort_files([path]), Answers(), read).project.workload.run.weight_bits == 0
    assert take_in(Project(), sort_files([path]), Answers(), read).project.workload.run.weight_bits == 4


def test_of_two_price_sheets_the_newer_is_taken_and_said(tmp_path):
    sheets = []
    for age, name in enumerate(("旧.xlsx", "新.xlsx")):
        path = tmp_path / name
        path.write_bytes((sample_folder() / "prices.xlsx").read_bytes())
        os.utime(path, (1_700_000_000 + age * 1000,) * 2)
        sheets.append(path)
    outcome = take_in(Project(), sort_files(sheets[::-1]), Answers(), read)
    assert outcome.project.prices.file == "新.xlsx"
    told = render(outcome.told, "zh")
    assert "采用较新的 新.xlsx" in told and "旧.xlsx" in told


def test_one_bad_file_does_not_stop_the_rest(tmp_path):
    bad = write(tmp_path, "run.toml", "[workload\n")
    outcome = take_in(Project(), sort_files([bad, *pipeline.sample_inputs().traces]), Answers(), read)
    assert outcome.project.trace is not None and [error.file for error in outcome.errors] == [str(bad)]


def test_a_table_of_several_cases_is_asked_for_and_taken_as_answered(tmp_path, run_only):
    rows = "a,BERT,nvidia-a800-sxm-80gb,8,2,samples/s\nb,LLaMA2-7B 预训练,nvidia-a800-sxm-80gb,8,3,samples/s\n"
    path = write(tmp_path, "m.csv", HEAD + rows)
    found = sort_files([path])
    asked = questions(run_only, found)
    assert [case.name for case in asked.cases[path]] == ["a", "b"] and asked.likely[path] == "b"
    assert take_in(run_only, found, Answers({path: "b"}), read).project.measured[0].speed == 3
    assert [error.message.code for error in take_in(run_only, found, Answers(), read).errors] == ["pipeline.which_case"]
    assert likely_case(cases_of(pipeline.read_measured(path).runs), Project()) == ""


@pytest.mark.parametrize("second", ["replace", "merge", "compare"])
def test_a_second_trace_is_what_the_person_says(second):
    first, other = pipeline.sample_inputs().traces[:2]
    project = take_in(Project(), sort_files([first]), Answers(), read).project
    assert questions(project, sort_files([other])).has_run and not questions(Project(), sort_files([other])).has_run
    after = take_in(project, sort_files([other]), Answers(second_trace=second), read).project
    names = [file.name for file in after.trace.files]
    assert names == {"replace": [other.name], "merge": [first.name, other.name], "compare": [first.name]}[second]
    assert (after.comparison is not None) == (second == "compare")


# Tables that a person explains ---------------------------------------------------------------------------------------------------------

ODD = "采集点,卡号,busy,mem,备注\n" + "".join(f"{n},{n % 2},{50 + n % 40},{2048 + n},x\n" for n in range(100))


def explained(path: Path) -> TableMapping:
    heads = preview_table(path).heads
    columns = (
        ColumnMapping(heads[0], "time"),
        ColumnMapping(heads[1], "device"),
        ColumnMapping(heads[2], "metric", "gpu_utilisation", "", 0.01, "%"),
        ColumnMapping(heads[3], "metric", "vram_used_gib", "GiB", 1 / 1024, "MiB"),
    )
    return TableMapping(heads, columns, "ms")


def test_a_table_is_read_as_it_was_explained(tmp_path):
    path = write(tmp_path, "odd.csv", ODD)
    with pytest.raises(EngineError):
        raise read([path]).unreadable[0]
    assert path in questions(Project(), Sorted(((path, "trace"),))).tables
    mapping = explained(path)
    assert not questions(Project(), Sorted(((path, "trace"),)), (mapping,)).tables
    run = read([path], mappings=(mapping,)).run
    found = {(one.metric, one.device): one for one in run.series}
    assert set(found) == {(metric, card) for metric in ("gpu_utilisation", "vram_used_gib") for card in "01"}
    assert found["gpu_utilisation", "0"].values[:2] == pytest.approx([0.50, 0.52])
    assert run.duration_ns == 99 * 10**6


def test_a_blank_device_is_none_of_the_others(tmp_path):
    path = write(tmp_path, "t.csv", "time,gpu,power_w\n" + "".join(f"{n},{'' if n % 5 else 0},{100 + n}\n" for n in range(50)))
    devices = {one.device: one.values.size for one in read([path]).run.series}
    assert devices == {"0": 10, "?": 40}


def test_without_a_time_column_rows_are_seconds(tmp_path):
    path = write(tmp_path, "odd.csv", ODD)
    mapping = explained(path)
    run = read([path], mappings=(TableMapping(mapping.heads, mapping.columns[1:]),)).run
    assert run.clock == "synthetic" and run.duration_ns == 99 * 10**9


def test_the_preview_guesses_and_checks(tmp_path):
    path = write(tmp_path, "t.csv", "time,GPU utilisation (%),显存占用(MB),xyz\n" + "".join(f"{n},{n},{n},{n}\n" for n in range(60)))
    columns = {one.guess.column: one for one in preview_table(path).columns}
    assert [one.guess.role for one in columns.values()] == ["time", "metric", "metric", "ignore"]
    share = columns["GPU utilisation (%)"]
    good = check_column(share, share.guess)
    assert (good.samples, good.low, good.high, good.plausible) == (60, 0.0, pytest.approx(0.59), True)
    assert check_column(share, ColumnMapping(share.guess.column, "metric", "gpu_utilisation", "", 1.0)).plausible is False
    assert check_column(columns["xyz"], ColumnMapping("xyz", "metric", "xyz", "?")).plausible is None


def test_mappings_are_remembered_by_heads(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path))
    assert known_mappings() == ()
    one, other = TableMapping(("a", "b")), TableMapping(("c",))
    for mapping in (one, other, TableMapping(("a", "b"), time_unit="ms")):
        remember_mapping(mapping)
    assert [mapping.heads for mapping in known_mappings()] == [("a", "b"), ("c",)] and known_mappings()[0].time_unit == "ms"
    (tmp_path / "config" / "table-mappings.json").write_text("{broken")
    assert known_mappings() == ()


def test_every_metric_has_units_and_names():
    for metric in known_metrics():
        assert units_of(metric)[1]
        assert all(has_entry(f"proposing.metric.{metric}", lang) for lang in LANGUAGES)


CELLS = st.one_of(
    st.sampled_from(["", "N/A", "1e308", "-1e308", "nan", "inf", "2026-01-01 00:00:00", "45 %", "9223372036854775807", "x", "卡 0"]),
    st.floats().map(str),
    st.integers(-(10**30), 10**30).map(str),
)
COLUMN = st.builds(
    ColumnMapping,
    st.sampled_from(["a", "b", "time", "gone"]),
    st.sampled_from(["time", "device", "metric", "ignore"]),
    st.sampled_from(["gpu_utilisation", "vram_used_gib", "", "free"]),
    st.sampled_from(["", "GiB", "?"]),
    st.floats(),
    st.just(""),
    st.sampled_from(["", "3", "host"]),
)
MAPPING = st.builds(
    TableMapping,
    st.just(("a", "b", "time")),
    st.lists(COLUMN, max_size=5).map(tuple),
    st.sampled_from(["auto", "ns", "us", "ms", "s", "min"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=6), mapping=MAPPING)
def test_any_mapping_on_any_table_reads_or_says_why(tmp_path, rows, mapping):
    path = write(tmp_path, "any.csv", "a,b,time\n" + "\n".join(",".join(row) for row in rows) + "\n")
    result = read([path], mappings=(mapping,))
    assert (result.run is not None) != bool(result.unreadable)
    for one in result.run.series if result.run else ():
        assert (np.diff(one.time_ns) >= 0).all()
    try:
        for column in preview_table(path).columns:
            check_column(column, mapping.of(column.guess.column))
    except EngineError:
        pass


# How far the work is --------------------------------------------------------------------------------------------------------------------


def test_needs_states_and_problems(run_only):
    assert state_of(Project(), "requirement") == "empty" and state_of(run_only, "requirement") == "done"
    needs = {name: there for name, there, _ in needs_of(run_only, "plans")}
    assert needs == {"run": True, "prediction": False, "prices": False}
    sample = pipeline.new_project(pipeline.sample_inputs())
    assert {state_of(sample, part) for part in ("profile", "assessment", "prediction", "plans", "proposal")} == {"done"}
    assert not problems_of(sample, "profile")


def test_losses_are_a_problem_to_look_at():
    from msgspec.structs import replace

    sample = pipeline.new_project(pipeline.sample_inputs())
    project = changed(sample, trace=replace(sample.trace, skipped={"skipped.bad_row": 5000}))
    (problem,) = problems_of(project, "profile")
    assert "5000" in render(problem, "zh")
    assert state_of(project, "profile") == "problem"
    assert state_of(changed(sample, workload=replace(sample.workload, name="x")), "plans") == "stale"

"""The keys of a run description: typing, rules between values, presets, and writing what reads back."""

import datetime
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import MeasuredSpeed, Model, Node, RunParameters, Workload
from app.engine.workload import (
    KEYS,
    Fault,
    check_run,
    choices_of,
    kind_of,
    load_presets,
    load_run,
    typed_value,
    value_of,
    with_value,
    write_run,
)
from app.engine.workload.checking import divisors_near
from app.engine.workload.keys import limits_of

TODAY = datetime.date(2026, 11, 25)
LLAMA = Model(family="llama", layers=32, hidden=4096, heads=32, kv_heads=8, vocab=32000, max_positions=4096)


def faults(model: Model = LLAMA, task: str = "pretrain", requirement: Requirement = Requirement(), **run) -> dict[str, Fault]:  # noqa: B008
    found = check_run(Workload("t", task, "bf16", model=model, run=RunParameters(**run)), requirement, TODAY)
    return {fault.key: fault for fault in found}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("requirement.budget", "2 000 000", 2e6),
        ("requirement.budget", "200万", 2e6),
        ("requirement.utilisation", "45 %", 0.45),
        ("requirement.deliver_by", "2026年12月31日", datetime.date(2026, 12, 31)),
        ("model.parameters", "13B", 13e9),
        ("run.gpus", "1\u2009024", 1024),
        ("run.gpus", "", None),
        ("run.tensor_parallel", "", 1),
        ("run.lora_targets", "q_proj, v_proj", ("q_proj", "v_proj")),
        ("workload.precision", "bfloat16", "bf16"),
        ("workload.os", " 麒麟 V10 ", "麒麟 V10"),
    ],
)
def test_what_people_type_becomes_the_value(key, text, value):
    assert typed_value(key, text) == value


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("run.gpus", "eight", "not_a_number"),
        ("run.gpus", "-8", "too_small"),
        ("run.gpus", "8.5", "not_whole"),
        ("run.gpus", "1e9", "too_large"),
        ("requirement.linearity", "120", "too_large"),
        ("requirement.deliver_by", "2026-02-30", "not_a_date"),
        ("workload.precision", "fp7", "not_a_choice"),
        ("run.recompute", "some", "not_a_choice"),
    ],
)
def test_what_is_no_value_is_a_fault(key, text, code):
    found = typed_value(key, text)
    assert isinstance(found, Fault) and (found.key, found.said.code) == (key, f"checking.{code}")


@given(st.sampled_from(KEYS), st.text(max_size=30))
def test_any_text_is_a_value_or_a_fault(key, text):
    found = typed_value(key, text)
    assert isinstance(found, Fault) or found is None or isinstance(found, str | int | float | datetime.date | tuple)


def test_a_sound_run_has_no_faults():
    assert not faults(gpus=16, nodes=2, micro_batch=1, global_batch=64, tensor_parallel=2, pipeline_parallel=2)
    sample, requirement = load_run(pipeline.sample_inputs().run)
    assert not check_run(sample, requirement, TODAY)


@pytest.mark.parametrize(
    ("key", "model", "run", "near"),
    [
        ("model.heads", {"heads": 33, "kv_heads": None}, {}, [16, 32, 64, 128]),
        ("model.kv_heads", {"kv_heads": 5}, {}, [2, 4, 8, 16]),
        ("run.tensor_parallel", {}, {"gpus": 48, "tensor_parallel": 3}, [1, 2, 4, 8]),
        ("run.tensor_parallel", {}, {"gpus": 12, "tensor_parallel": 8}, [4, 2, 1]),
        ("run.pipeline_parallel", {}, {"gpus": 16, "tensor_parallel": 2, "pipeline_parallel": 3}, [2, 4, 1, 8]),
        ("run.context_parallel", {}, {"gpus": 16, "context_parallel": 5}, [2, 4, 8, 16]),
        ("run.global_batch", {}, {"gpus": 8, "micro_batch": 3, "global_batch": 50}, [48, 72]),
        ("run.nodes", {}, {"gpus": 16, "nodes": 3}, [2, 4, 1, 8]),
        ("run.expert_parallel", {"experts": 8, "experts_per_token": 1}, {"expert_parallel": 3}, [2, 4, 1, 8]),
        ("run.tensor_parallel", {"kv_heads": 16, "heads": 48, "hidden": 6144}, {"tensor_parallel": 24}, [4, 8, 16, 48]),
        ("run.tensor_parallel", {"intermediate": 4 * 25}, {"tensor_parallel": 8}, [1, 2, 4]),
        ("run.context_parallel", {}, {"seq_len": 2048 + 12, "context_parallel": 4}, [1, 2, 5, 10]),
        ("run.seq_len", {}, {"seq_len": 1001, "tensor_parallel": 4, "sequence_parallel": True}, [1000, 1004]),
        ("run.pipeline_parallel", {"layers": 30}, {"pipeline_parallel": 4}, [2, 3, 5, 6]),
        ("run.virtual_pipeline", {"layers": 32}, {"pipeline_parallel": 4, "virtual_pipeline": 3}, [1, 2, 4, 8]),
        ("run.first_stage_layers", {"layers": 32}, {"pipeline_parallel": 4, "first_stage_layers": 4}, [2, 5, 8, 11]),
        ("run.last_stage_layers", {"layers": 32}, {"pipeline_parallel": 2, "last_stage_layers": 40}, [28, 29, 30, 31]),
        ("run.expert_parallel", {"experts": 64, "experts_per_token": 2}, {"gpus": 8, "expert_parallel": 16}, [1, 2, 4, 8]),
        ("run.expert_tensor_parallel", {"moe_intermediate": 768}, {"expert_tensor_parallel": 5}, [3, 4, 6, 8]),
        ("model.linear_key_heads", {"linear_key_heads": 3, "linear_value_heads": 32}, {}, [1, 2, 4, 8]),
        ("model.patch_size", {"image_size": 224, "patch_size": 15}, {}, [8, 14, 16, 28]),
        ("run.weight_bits", {}, {"weight_bits": 7}, [4, 5, 6, 8]),
        ("run.quant_group", {}, {"weight_bits": 4, "quant_group": 100}, [32, 64, 128, 256]),
    ],
)
def test_each_rule_names_the_key_and_the_nearest_legal_values(key, model, run, near):
    found = faults(msgspec.structs.replace(LLAMA, **model), **run)
    assert found[key].said.params["near"] == sorted(near)


@pytest.mark.parametrize(
    ("key", "model", "run"),
    [
        ("run.pipeline_parallel", {}, {"gpus": 64, "pipeline_parallel": 64}),
        ("run.virtual_pipeline", {}, {"gpus": 8, "pipeline_parallel": 8, "virtual_pipeline": 5}),
        ("run.expert_parallel", {}, {"expert_parallel": 2}),
        ("model.experts_per_token", {"experts_per_token": 2}, {}),
        ("model.experts_per_token", {"experts": 8}, {}),
        ("model.moe_every", {"experts": 8, "experts_per_token": 2, "moe_every": 33}, {}),
        ("model.global_layers_every", {"global_layers_every": 33}, {}),
        ("run.virtual_pipeline", {}, {"virtual_pipeline": 2}),
        ("run.first_stage_layers", {}, {"first_stage_layers": 2}),
        ("run.zero_stage", {}, {"zero_stage": 3, "pipeline_parallel": 2}),
        ("run.offload", {}, {"offload": "optimizer+params", "zero_stage": 2}),
        ("model.first_dense_layers", {"first_dense_layers": 33}, {}),
        ("run.seq_len", {}, {"seq_len": 8192}),
    ],
)
def test_limits_that_one_value_sets_to_another(key, model, run):
    assert key in faults(msgspec.structs.replace(LLAMA, **model), **run)


def test_a_service_is_no_longer_than_it_says():
    assert "run.output_len" in faults(task="inference", seq_len=1024, input_len=1000, output_len=100)
    assert "run.output_len" not in faults(task="inference", seq_len=1024, input_len=1000, output_len=24)


@pytest.mark.parametrize(("family", "near"), [("lama", "llama"), ("qwen3moe", "qwen3-moe"), ("zzz", "llama")])
def test_an_unknown_family_is_marked_with_the_nearest_known(family, near):
    found = faults(msgspec.structs.replace(LLAMA, family=family))["model.family"]
    assert near in found.said.params["near"] and found.level == "warning"
    assert "model.family" not in faults(msgspec.structs.replace(LLAMA, family="other"))


@pytest.mark.parametrize("key", ["model.heads", "model.layers", "run.gpus", "run.tensor_parallel"])
@pytest.mark.parametrize(("number", "code"), [("0", "too_small"), ("1e30", "too_large")])
def test_zero_and_huge_numbers_are_faults_of_the_form_and_of_files(key, number, code, tmp_path):
    assert typed_value(key, number).said.code == f"checking.{code}"
    table, _, name = key.partition(".")
    path = tmp_path / "run.toml"
    path.write_text(f'[workload]\ntask = "pretrain"\n[{table}]\n{name} = {int(float(number))}\n', encoding="utf-8")
    with pytest.raises(EngineError) as caught:
        load_run(path)
    assert caught.value.place == "4" and caught.value.message.code in ("workload.not_positive", "workload.bad_option")


def test_a_day_that_is_past_is_marked():
    assert "requirement.deliver_by" in faults(requirement=Requirement(deliver_by=TODAY - datetime.timedelta(days=1)))
    assert "requirement.deliver_by" not in faults(requirement=Requirement(deliver_by=TODAY))


def test_the_pipeline_adds_what_other_stages_know():
    workload = Workload("t", "pretrain", run=RunParameters(platform="nobody-9000"))
    found = {fault.key: fault.said.code for fault in pipeline.input_faults(workload, Requirement(work="a lot"), TODAY)}
    assert found == {"requirement.work": "checking.bad_work", "run.platform": "checking.unknown_platform"}


sizes = st.integers(1, 300)


@given(sizes, sizes, sizes)
def test_what_the_rules_offer_passes_the_rules(heads, gpus, tensor):
    model = Model(heads=heads)
    found = check_run(Workload("t", "pretrain", model=model, run=RunParameters(gpus=gpus, tensor_parallel=tensor)), Requirement(), TODAY)
    for fault in found:
        for near in fault.said.params.get("near", []):
            run = RunParameters(gpus=gpus, tensor_parallel=near)
            assert not check_run(Workload("t", "pretrain", model=model, run=run), Requirement(), TODAY)


@given(sizes, sizes, sizes, sizes, st.integers(1, 40), st.integers(1, 9), st.integers(0, 9), st.integers(0, 9))
def test_what_the_rules_offer_for_a_layout_passes_them(groups, experts, spread, length, layers, stages, first, last):
    model = Model(heads=groups * 2, kv_heads=groups, layers=layers, experts=experts, experts_per_token=1)
    base = {"expert_parallel": spread, "seq_len": length, "context_parallel": stages, "pipeline_parallel": stages, "gpus": 48}
    run = RunParameters(**base, first_stage_layers=first, last_stage_layers=last, tensor_parallel=1 + first)
    for fault in check_run(Workload("t", "pretrain", model=model, run=run), Requirement(), TODAY):
        table, _, name = fault.key.partition(".")
        for near in fault.said.params.get("near", []) if table == "run" else []:
            mended = msgspec.structs.replace(run, **{name: near})
            left = check_run(Workload("t", "pretrain", model=model, run=mended), Requirement(), TODAY)
            assert fault.said.code not in {one.said.code for one in left if one.key == fault.key} or near == 0


@given(sizes, sizes, st.integers(1, 64), st.integers(1, 8), st.integers(1, 8))
def test_an_offered_batch_is_legal(batch, gpus, micro, tensor, stages):
    run = RunParameters(gpus=gpus, micro_batch=micro, global_batch=batch, tensor_parallel=tensor, pipeline_parallel=stages)
    for fault in check_run(Workload("t", "pretrain", run=run), Requirement(), TODAY):
        if fault.key == "run.global_batch":
            for near in fault.said.params["near"]:
                mended = msgspec.structs.replace(run, global_batch=near)
                assert not check_run(Workload("t", "pretrain", run=mended), Requirement(), TODAY)


@given(sizes, sizes)
def test_near_divisors_divide_and_none_nearer_is_left_out(number, wanted):
    found = divisors_near(number, wanted)
    assert found and all(number % one == 0 for one in found)
    farness = [max(one / wanted, wanted / one) for one in range(1, number + 1) if number % one == 0]
    assert sorted(max(one / wanted, wanted / one) for one in found) == sorted(farness)[:4]


# Writing --------------------------------------------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
real = st.floats(1e-6, 1e15)


def _values(key: str) -> st.SearchStrategy:
    kinds = {"flag": st.booleans(), "maybe": st.none() | st.booleans(), "date": st.none() | st.dates(datetime.date(1900, 1, 1))}
    low, high = limits_of(key)
    least = max(low, 1 if kind_of(key) == "whole" and high >= 1 else 1e-6)
    kinds |= {"whole": st.integers(int(least), int(min(high, 10**6))), "real": st.floats(least, high)}
    kinds |= {"text": words, "words": st.lists(words, max_size=3).map(tuple)}
    kind = kind_of(key)
    return st.sampled_from(choices_of(key)) if kind == "choice" else kinds[kind]


def _struct(kind: type, table: str, **given_values) -> st.SearchStrategy:
    names = [field.name for field in msgspec.structs.fields(kind) if f"{table}.{field.name}" in KEYS]
    return st.fixed_dictionaries({}, optional={name: _values(f"{table}.{name}") for name in names}).map(
        lambda found: kind(**given_values | found)
    )


workloads = st.builds(
    lambda head, model, run, node, measured: msgspec.structs.replace(head, model=model, run=run, node=node, measured=measured),
    _struct(Workload, "workload", name="某应用", task="lora").filter(lambda workload: workload.name != ""),
    st.none() | _struct(Model, "model"),
    _struct(RunParameters, "run"),
    _struct(Node, "node"),
    st.none() | st.builds(MeasuredSpeed, real, words),
)


@settings(max_examples=150)
@given(workloads, _struct(Requirement, "requirement"))
def test_what_is_written_reads_back_the_same(workload, requirement):
    requirement = msgspec.structs.replace(requirement, customer=requirement.customer.strip())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.toml"
        write_run(workload, requirement, path)
        again, needs = load_run(path)
    assert needs == requirement
    assert msgspec.structs.replace(again, stated=(), source="") == msgspec.structs.replace(workload, stated=(), source="")


def test_the_sample_keeps_what_it_stated(tmp_path):
    workload, requirement = load_run(pipeline.sample_inputs().run)
    pipeline.write_run_description(workload, requirement, tmp_path / "again.toml")
    again, needs = load_run(tmp_path / "again.toml")
    assert needs == requirement and set(again.stated) <= set(workload.stated)
    assert msgspec.structs.replace(again, stated=(), source="") == msgspec.structs.replace(workload, stated=(), source="")


@given(st.sampled_from(KEYS), st.data())
def test_setting_a_key_sets_it_and_nothing_else(key, data):
    workload = Workload("t", "pretrain", measured=MeasuredSpeed(1.0, "tokens/s"))
    value = data.draw(_values(key))
    made = with_value(workload, Requirement(), key, value)
    assert value_of(*made, key) == (value or "tokens/s" if key == "measured.unit" else value)
    others = [other for other in KEYS if other != key]
    assert [value_of(*made, other) for other in others] == [value_of(workload, Requirement(), other) for other in others]


# Presets --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", load_presets(), ids=lambda preset: preset.name)
def test_a_preset_fits_together(preset):
    assert all(fault.level != "error" for fault in check_run(Workload("t", "pretrain", model=preset.model), Requirement(), TODAY))

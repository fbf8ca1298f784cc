"""Run descriptions and VRAM: published parameter counts, exact model states, growth in the right direction, bad input."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload import count_parameters, estimate_memory, fit_memory, load_run

LLAMA_13B = Model(family="llama", layers=40, hidden=5120, heads=40, kv_heads=40, head_dim=128, intermediate=13824, vocab=32000)
GPT2 = Model(family="gpt2", layers=12, hidden=768, heads=12, vocab=50257, max_positions=1024)


def run_of(**changes) -> Workload:
    run = RunParameters(
        **{"gpus": 8, "seq_len": 4096, "micro_batch": 1, "global_batch": 64, "tensor_parallel": 2, "zero_stage": 1, **changes}
    )
    return Workload("t", "pretrain", "bf16", model=LLAMA_13B, run=run)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (LLAMA_13B, 13_015_864_320),
        (msgspec.structs.replace(LLAMA_13B, layers=32, hidden=4096, heads=32, kv_heads=32, intermediate=11008), 6_738_415_616),
        (msgspec.structs.replace(LLAMA_13B, layers=32, hidden=4096, heads=32, kv_heads=8, intermediate=14336, vocab=128256), 8_030_261_248),
        (GPT2, 124_439_808),
        (Model(family="mixtral", layers=32, hidden=4096, heads=32, vocab=32000, experts=8), None),  # the width of its experts is missing
    ],
)
def test_published_parameter_counts(model, count):
    assert count_parameters(model) == count


def test_model_states_are_exact():
    estimate = estimate_memory(run_of(tensor_parallel=1, zero_stage=0))
    parameters = count_parameters(LLAMA_13B) / 2**30
    assert estimate.weights_gib == pytest.approx(2 * parameters) and estimate.gradients_gib == pytest.approx(4 * parameters)
    assert estimate.optimizer_gib == pytest.approx(12 * parameters)
    assert estimate_memory(run_of(tensor_parallel=1, zero_stage=1)).optimizer_gib == pytest.approx(12 * parameters / 8)
    assert estimate_memory(run_of(tensor_parallel=1, zero_stage=2)).gradients_gib == pytest.approx(4 * parameters / 8)


def test_gpt_activations_are_those_of_the_published_formula():
    """34·s·b·h + 5·a·s²·b bytes per layer with dropout and unfused attention, 16-bit (Korthikanti et al. 2022)."""
    run = RunParameters(gpus=2, seq_len=1024, micro_batch=1, pipeline_parallel=2, attention="eager", dropout=0.1)
    found = estimate_memory(Workload("t", "pretrain", "fp16", engine="megatron-lm", model=GPT2, run=run))
    kept = found.by_stage[0].group_gib("activations") * 2**30
    assert kept == pytest.approx(2 * 6 * (34 * 1024 * 768 + 5 * 12 * 1024**2), rel=1e-9)


def test_measured_peaks_of_dense_llama_runs(shared_data):
    """Megatron runs on B200, peak allocated (published): within 10 %, no overhead counted."""
    import csv

    with (shared_data / "vram" / "vram_truth.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["measure"] == "allocated_max" and row["family"] == "llama" and "SimuMax" in row["source"]
        ]
    assert len(rows) > 5
    integer = lambda text: int(float(text))  # noqa: E731
    for row in rows:
        shape = {key: integer(row[key]) for key in ("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab")}
        keys = ("gpus", "seq_len", "micro_batch", "global_batch", "tensor_parallel", "pipeline_parallel", "context_parallel", "zero_stage")
        run = RunParameters(**{key: integer(row[key]) for key in keys}, sequence_parallel=row["sequence_parallel"] == "true")
        model = Model(family="llama", **shape, tied_embeddings=False)
        found = estimate_memory(Workload("t", "pretrain", "bf16", engine="megatron-lm", model=model, run=run))
        assert found.total_gib - found.overhead_gib == pytest.approx(float(row["value"]), rel=0.10), row["case"]


@given(st.integers(1, 8), st.sampled_from([512, 2048, 8192]), st.integers(0, 2), st.sampled_from([1, 2, 4]))
def test_growth_in_the_right_direction(batch, length, zero, tensor):
    base = estimate_memory(run_of(micro_batch=batch, seq_len=length, zero_stage=zero, tensor_parallel=tensor, global_batch=None))
    assert base.low < base.total_gib < base.high
    assert (
        estimate_memory(run_of(micro_batch=batch + 1, seq_len=length, zero_stage=zero, tensor_parallel=tensor, global_batch=None)).total_gib
        > base.total_gib
    )
    assert (
        estimate_memory(run_of(micro_batch=batch, seq_len=length, zero_stage=zero + 1, tensor_parallel=tensor, global_batch=None)).total_gib
        <= base.total_gib
    )
    assert (
        estimate_memory(
            run_of(micro_batch=batch, seq_len=length, zero_stage=zero, tensor_parallel=tensor, recompute="full")
        ).activations_gib
        < base.activations_gib
    )


def test_kv_cache_of_inference_is_exact():
    run = RunParameters(gpus=1, concurrency=4, input_len=900, output_len=100)
    found = estimate_memory(Workload("t", "inference", "bf16", model=LLAMA_13B, run=run))
    assert found.kv_cache_gib == pytest.approx(2 * 40 * 40 * 128 * 2 * 1000 * 4 / 2**30)


def test_fit_tells_headroom_remedies_and_the_largest_batch():
    catalogue = pipeline.catalogue()
    workload = run_of()
    small, large = fit_memory(
        workload, estimate_memory(workload), [catalogue.platform("nvidia-rtx-4090"), catalogue.platform("nvidia-h20-96gb")]
    )
    assert small.fits is False and small.headroom_gib < 0
    assert large.fits is True and large.max_micro_batch >= 1
    at_most = estimate_memory(run_of(micro_batch=large.max_micro_batch)).total_gib
    beyond = estimate_memory(run_of(micro_batch=large.max_micro_batch + 1)).total_gib
    assert at_most <= large.usable_gib < beyond


def test_unknown_families_and_missing_keys_are_told():
    found = estimate_memory(Workload("t", "pretrain", "bf16", model=Model(family="deepseek-v3"))).unknown
    assert found.code == "workload.shape_missing" and "[model] layers" in found.params["keys"]
    found = estimate_memory(Workload("t", "pretrain", "bf16", model=LLAMA_13B))
    assert found.total_gib is None and "[run] gpus" in found.unknown.params["keys"]


def test_config_json(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(
        json.dumps(
            {
                "model_type": "llama",
                "num_hidden_layers": 40,
                "hidden_size": 5120,
                "num_attention_heads": 40,
                "intermediate_size": 13824,
                "vocab_size": 32000,
                "torch_dtype": "bfloat16",
                "tie_word_embeddings": False,
            }
        )
    )
    workload, _ = load_run(path)
    assert workload.precision == "bf16" and count_parameters(workload.model) == 13_015_864_320


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "workload.empty", ""),
        ("[workload\n", "workload.not_toml", "1"),
        ("[run]\ngpus = 8\n", "workload.no_table", ""),
        ('[workload]\nname = "x"\n', "workload.key_missing", ""),
        ('[workload]\ntask = "pretrain"\nprecision = "fp7"\n', "workload.bad_precision", "3"),
        ('[workload]\ntask = "pretrain"\n[run]\ngpus = -1\n', "workload.not_positive", "4"),
        ('[workload]\ntask = "pretrain"\n[run]\nmicro_batches = 1\n', "workload.unknown_key", "4"),
        ('[workload]\ntask = "sleep"\n', "workload.bad_value", "2"),
        ('[workload]\ntask = "pretrain"\n[run]\nseq_len = "many"\n', "workload.bad_value", "4"),
        ('{"model_type": ', "workload.not_json", "1"),
        ('{"a": 1}', "workload.not_config", ""),
    ],
)
def test_bad_run_files_name_line_and_key(tmp_path, text, code, place):
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EngineError) as caught:
        load_run(path)
    assert (caught.value.message.code, caught.value.place) == (code, place)


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fall_over(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("run") / "run.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        load_run(path)
    except EngineError as error:
        assert error.message.code.startswith("workload.")

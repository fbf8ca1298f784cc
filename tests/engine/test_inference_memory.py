"""VRAM of serving: published largest batches and KV caches, and what must hold whatever the figures.

The 36 batches of TensorRT-LLM were never fitted to: every figure in engines.py comes from documents and logs of other runs (NCCL and
vLLM issues, TensorRT-LLM's source and logs). Other fractions, TP, models and cards of the same source stay unseen; they should come out
alike because nothing here knows a model or a card by name.
"""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.paths import platform_db_folder
from app.engine.platform_store.reported_memory import load_reported_memory
from app.engine.workload import estimate_memory, fit_memory
from app.engine.workload.engines import SERVING_ENGINES
from app.engine.workload.families import network_of
from app.engine.workload.kv_cache import cache_groups, kv_format, sequence_bytes, state_bytes, tokens_kept
from app.engine.workload.quantisation import FP8_BLOCK, INT8_CHANNEL, NF4, NVFP4, grouped
from app.engine.workload.stages import kinds_of_stage
from tests.accuracy import inference

H100 = "nvidia-h100-sxm-80gb"
LLAMA = Model(
    family="llama", layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, intermediate=14336, vocab=128256, tied_embeddings=False
)
HYBRID = Model(
    family="qwen3-next", layers=48, hidden=2048, heads=16, kv_heads=2, head_dim=256, intermediate=5120, vocab=151936, global_layers_every=4,
    linear_key_heads=16, linear_value_heads=32, linear_key_dim=128, linear_value_dim=128, linear_conv=4,
)  # fmt: skip
RUN = RunParameters(gpus=1, concurrency=8, input_len=2048, output_len=500)


def served(model: Model = LLAMA, engine: str = "vllm", precision: str = "bf16", **changes) -> Workload:
    return Workload("t", "inference", precision, engine=engine, model=model, run=replace(RUN, **changes))


def total(workload: Workload) -> float:
    found = estimate_memory(workload)
    assert found.total_gib is not None, found.unknown
    return found.total_gib


def part(workload: Workload, code: str) -> float:
    return sum(one.gib for one in estimate_memory(workload).by_stage[0].parts if one.said.code == f"workload.part.{code}")


def fit(workload: Workload, platform: str = H100):
    return fit_memory(workload, estimate_memory(workload), [pipeline.catalogue().platform(platform)])[0]


def test_largest_batches_of_tensorrt_llm(shared_data):
    errors = [predicted / truth - 1 for _, _, truth, predicted in inference.rows(shared_data)]
    assert len(errors) > 30
    assert sum(abs(error) <= 0.03 for error in errors) >= 0.9 * len(errors)
    assert max(errors) <= 0.03


def test_published_kv_caches(shared_data):
    for case, _, truth, predicted in inference.kv_rows(shared_data):
        assert predicted == pytest.approx(truth, abs=5.1e-5), case


@pytest.mark.parametrize(
    ("model", "tensor", "dtype", "expected"),
    [
        (LLAMA, 1, "bf16", 32 * 2 * 8 * 128 * 2),
        (LLAMA, 4, "bf16", 32 * 2 * 2 * 128 * 2),
        (LLAMA, 16, "bf16", 32 * 2 * 1 * 128 * 2),  # eight heads on sixteen cards: each stands twice
        (LLAMA, 1, "fp8", 32 * 2 * 8 * 128),
        (LLAMA, 1, "int8", 32 * 2 * 8 * (128 + 4)),
        (LLAMA, 1, "int4", 32 * 2 * 8 * (64 + 4)),
        (replace(LLAMA, kv_lora_rank=512, qk_rope_head_dim=64, qk_nope_head_dim=128), 8, "bf16", 32 * 576 * 2),  # whole on every card
        (HYBRID, 1, "bf16", 12 * 2 * 2 * 256 * 2),
    ],
)
def test_bytes_per_token(model, tensor, dtype, expected):
    run = replace(RUN, tensor_parallel=tensor)
    kinds = kinds_of_stage(network_of(model), 0, run)
    assert sequence_bytes(cache_groups(kinds, tensor, kv_format(dtype, "bf16")), 100) == pytest.approx(100 * expected)


def test_windows_end_on_whole_pages():
    assert [tokens_kept(0, 100, 16), tokens_kept(1000, 100, 16), tokens_kept(1000, 5000, 16), tokens_kept(1000, 5000)] == [
        112, 112, 1008, 1000,
    ]  # fmt: skip
    gemma = replace(LLAMA, family="gemma3", sliding_window=1024, layers=6)
    groups = cache_groups(kinds_of_stage(network_of(gemma), 0, RUN), 1, kv_format("", "bf16"))
    assert sequence_bytes(groups, 8192) == 2 * 8 * 128 * 2 * (5 * 1024 + 8192)


def test_linear_layers_keep_a_state_that_is_no_cache():
    kinds = kinds_of_stage(network_of(HYBRID), 0, RUN)
    state = 32 * 128 * 128 * 4 + 3 * (2 * 16 * 128 + 32 * 128) * 2
    assert state_bytes(kinds, 1) == 36 * state and state_bytes(kinds, 2) == 18 * state
    assert part(served(HYBRID), "recurrent") == pytest.approx(8 * 36 * state / 2**30)
    assert estimate_memory(served(HYBRID)).kv_cache_gib == pytest.approx(8 * 2548 * 12 * 2048 / 2**30)


def test_scales_of_quantised_weights():
    one = network_of(LLAMA).layers[0].matrices[0]
    weights = one.weights
    assert FP8_BLOCK.matrix_bytes(one, weights) == pytest.approx(weights * (1 + 4 / 128**2))
    assert INT8_CHANNEL.matrix_bytes(one, weights) == pytest.approx(weights + 2 * one.columns)
    assert grouped(4, 128).matrix_bytes(one, weights) == pytest.approx(weights * (0.5 + 2.5 / 128))
    assert NF4.matrix_bytes(one, weights) == pytest.approx(weights * (0.5 + 1 / 64 + 4 / 64 / 256))
    assert NVFP4.matrix_bytes(one, weights) == pytest.approx(weights * (0.5 + 1 / 16))


def test_embeddings_norms_and_router_stay_whole():
    outside = 2 * LLAMA.vocab * LLAMA.hidden + 65 * LLAMA.hidden
    inside = 8_030_261_248 - outside
    assert estimate_memory(served(precision="fp8")).weights_gib == pytest.approx((inside * (1 + 4 / 128**2) + outside * 2) / 2**30)
    router = 64 * LLAMA.hidden * LLAMA.layers
    experts = replace(LLAMA, experts=64, experts_per_token=2, moe_intermediate=1024)
    quantised, whole = (network_of(experts).parameters - outside - router), outside + router
    assert estimate_memory(served(experts, weight_bits=8)).weights_gib == pytest.approx((quantised + 2 * whole) / 2**30, rel=2e-3)


sizes = {"concurrency": st.integers(1, 300), "input_len": st.integers(1, 20_000), "output_len": st.integers(1, 4000)}


@given(st.sampled_from(sorted(SERVING_ENGINES)), st.sampled_from([LLAMA, HYBRID]), st.fixed_dictionaries(sizes))
def test_more_never_takes_less(engine, model, load):
    base = total(served(model, engine, **load))
    for key in load:
        assert total(served(model, engine, **{**load, key: load[key] + 1})) >= base
    assert (
        estimate_memory(served(model, engine, **load, weight_bits=8)).weights_gib
        < estimate_memory(served(model, engine, **load)).weights_gib
    )
    assert total(served(model, engine, **load, tensor_parallel=2, gpus=2)) <= base + 3  # what the collectives take at most
    one, two = estimate_memory(served(model, engine, **load)), estimate_memory(served(model, engine, **load, tensor_parallel=2, gpus=2))
    assert two.weights_gib <= one.weights_gib and two.kv_cache_gib <= one.kv_cache_gib
    eight = estimate_memory(served(model, engine, **load, kv_dtype="fp8"))
    assert eight.kv_cache_gib == pytest.approx(one.kv_cache_gib / 2)


@given(
    st.sampled_from(sorted(SERVING_ENGINES)),
    st.sampled_from([LLAMA, HYBRID]),
    st.fixed_dictionaries({**sizes, "concurrency": st.integers(1, 60)}),
    st.sampled_from([H100, "nvidia-l40s", "ascend-910b2"]),
)
def test_what_is_said_to_fit_fits_and_one_more_does_not(engine, model, load, platform):
    workload = served(model, engine, **load)
    found = fit(workload, platform)
    assert found.fits is (found.headroom_gib >= 0)
    assert found.headroom_gib == pytest.approx(found.usable_gib - total(workload))
    most = found.max_concurrency
    if most:
        assert fit(served(model, engine, **{**load, "concurrency": most}), platform).fits
    assert not fit(served(model, engine, **{**load, "concurrency": most + 1}), platform).fits
    assert found.fits is (load["concurrency"] <= most)
    chunk = {} if engine == "transformers" else {"prefill_tokens": 2 * load["input_len"] if engine == "tensorrt-llm" else 8192}
    longest = found.max_context
    if longest and longest > load["output_len"] + 1:
        inputs = longest - load["output_len"]
        assert fit(served(model, engine, **{**load, **chunk, "input_len": inputs}), platform).fits
        assert not fit(served(model, engine, **{**load, **chunk, "input_len": inputs + 1}), platform).fits


def test_engines_share_a_card_differently():
    free = pipeline.catalogue().platform(H100).number("free_gib")
    for engine, habits in SERVING_ENGINES.items():
        workload = served(engine=engine)
        estimate = estimate_memory(workload)
        kept = estimate.kv_cache_gib + estimate.working_gib
        fixed, usable = estimate.total_gib - kept, fit(workload).usable_gib
        start = part(workload, "start")
        expected = {
            "total": 0.9 * free + part(workload, "graphs"),
            "static": 0.9 * (free - start) + fixed - estimate.weights_gib,
            "free": fixed + 0.9 * (free - fixed),
            "all": free,
        }[habits.shares]
        assert usable == pytest.approx(expected), engine
    longer = {"seq_len": 4096, "input_len": 1000, "output_len": 1000}
    assert estimate_memory(served(engine="tensorrt-llm", **longer)).kv_cache_gib == pytest.approx(8 * 4096 * 131072 / 2**30)
    assert estimate_memory(served(engine="vllm", **longer)).kv_cache_gib == pytest.approx(8 * 2000 * 131072 / 2**30)
    assert part(served(engine="mindie"), "pages") == pytest.approx(8 * (2560 - 2548) * 131072 / 2**30)
    assert part(served(engine="transformers", attention="eager"), "chunk") > 2 * part(served(engine="transformers"), "chunk")


def test_an_engine_that_is_not_named_is_said():
    codes = [said.code for said in estimate_memory(served(engine="")).assumptions]
    assert "workload.engine_assumed" in codes
    assert estimate_memory(served(engine="vLLM 0.8.5")).assumptions == ()


def test_remedies_make_it_fit():
    found = fit(served(concurrency=40), "nvidia-rtx-4090")
    codes = {one.change.code for one in found.remedies}
    assert found.fits is False and "workload.remedy.tensor" in codes
    assert {"workload.remedy.int4", "workload.remedy.shorter", "workload.remedy.concurrency"} <= {
        one.change.code for one in fit(served(concurrency=20), "nvidia-rtx-4090").remedies
    }


def test_reported_memory_is_a_fact_or_an_estimate_that_says_so():
    catalogue = pipeline.catalogue()
    h100, a800, l40 = (catalogue.platform(name) for name in (H100, "nvidia-a800-sxm-80gb", "nvidia-l40"))
    assert h100.number("reported_gib") == pytest.approx(81559 / 1024, abs=1e-3)
    assert "estimated" in a800.reported["reported_gib"].source and a800.number("reported_gib") == pytest.approx(80, rel=0.005)
    assert l40.number("reported_gib") == pytest.approx(48 * 15 / 16, rel=0.005)  # GDDR6 with ECC
    for platform in catalogue.platforms:
        size, told, free = (platform.number(key) for key in ("memory_gb", "reported_gib", "free_gib"))
        assert (size is None) is (told is None) is (free is None)
        assert size is None or 0.85 * size < free <= told <= 1.001 * size, platform.id


@pytest.mark.parametrize(("column", "cell"), [("reported_gib", ""), ("reported_gib", "-1"), ("free_gib", "9999"), ("source", "")])
def test_bad_rows_of_reported_memory_are_named(tmp_path, column, cell):
    with (platform_db_folder() / "reported_memory.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    with (tmp_path / "reported_memory.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows([{**lines[0], column: cell}, *lines[1:]])
    with pytest.raises(EngineError) as caught:
        load_reported_memory(tmp_path)
    assert caught.value.file == "reported_memory.csv" and caught.value.place.startswith("2:")

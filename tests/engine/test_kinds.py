"""The kind of platform: worked cases, what more messages can and cannot change, what is unknown, what a recording tells."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.messages import has_entry, message, render
from app.engine.model.kinds import CardTime, Demand, PlatformKind, Sent
from app.engine.model.profiles import Axis, Bottleneck, Communication, Profile
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.recommending import middling_hbm_gbs, recommend
from app.engine.recommending._links import step_seconds
from app.engine.workload import estimate_memory, measure_demand, on_cards

LLAMA_70B = Model(
    family="llama", layers=80, hidden=8192, heads=64, kv_heads=8, head_dim=128, intermediate=28672, vocab=128256, tied_embeddings=False
)
LLAMA_7B = Model(
    family="llama", layers=32, hidden=4096, heads=32, kv_heads=32, head_dim=128, intermediate=11008, vocab=32000, tied_embeddings=False
)
RESNET_50 = Model(family="resnet", parameters=25_557_032, image_size=224, flops_per_sample=8_178_368_512, kept_per_sample=21_477_376)
PRETRAIN_70B = Workload(
    "70B", "pretrain", "bf16", engine="megatron-lm", model=LLAMA_70B,
    run=RunParameters(
        gpus=256, nodes=32, seq_len=4096, micro_batch=1, global_batch=512,
        tensor_parallel=8, pipeline_parallel=4, sequence_parallel=True, zero_stage=1,
    ),
)  # fmt: skip
LORA_7B = Workload(
    "LoRA", "lora", "bf16", engine="llama-factory", model=LLAMA_7B,
    run=RunParameters(gpus=1, nodes=1, seq_len=1024, micro_batch=1, global_batch=16, lora_rank=8, lora_targets=("q_proj", "v_proj")),
)  # fmt: skip
SMALL_RESNET = Workload(
    "ResNet-50", "pretrain", "fp16", engine="pytorch", model=RESNET_50, run=RunParameters(gpus=4, nodes=1, micro_batch=64, global_batch=256)
)


def served(concurrency: int) -> Workload:
    run = RunParameters(gpus=8, nodes=1, tensor_parallel=8, concurrency=concurrency, input_len=1024, output_len=512)
    return Workload("70B served", "inference", "bf16", engine="vllm", model=LLAMA_70B, run=run)


def cfd(flop_per_unit: float) -> Workload:
    model = Model(family="hpc", fp64_flop_per_unit=flop_per_unit, bytes_per_unit=2000.0, resident_bytes_per_unit=1000.0)
    return Workload("CFD", "hpc", "fp64", engine="openfoam", model=model, run=RunParameters(gpus=4, nodes=1, units=20e6))


def answers(kind: PlatformKind) -> dict[str, tuple[str, str]]:
    return {one.aspect: (one.verdict, one.strength) for one in kind.recommendations}


# Worked cases -----------------------------------------------------------------------------------------------------------------------


def test_pretraining_over_nodes_needs_a_fabric_and_rdma():
    kind = pipeline.recommend_kind(PRETRAIN_70B)
    assert (kind.scenario.phase, kind.scenario.large, kind.scenario.optimised) == ("training", True, False)
    found = answers(kind)
    assert found["link"] == ("fabric", "must") and found["network"][0] in ("roce", "infiniband") and found["network"][1] == "must"
    assert found["precision"] == ("bf16", "must")
    fits = {one.platform: one.fits for one in kind.matches}
    assert fits["nvidia-a100-sxm-80gb"] and fits["nvidia-rtx-4090"] is False
    assert kind.of("link").gain_low <= kind.of("link").gain <= kind.of("link").gain_high


def test_tensor_parallel_messages_are_those_of_the_counted_work():
    """TP 8 with sequence parallelism: a gather and a scatter, 7/8 w T h each, around attention and MLP, each way, and once more."""
    demand = measure_demand(PRETRAIN_70B, pipeline.catalogue().platforms, 2000.0)
    tensor = next(one for one in demand.sent if one.purpose == "tensor")
    hidden = 2.0 * 4096 * 8192
    micro_batches, layers = 512 // 8, 80 // 4
    assert tensor.each_bytes == hidden and tensor.far_bytes == 0
    layers_alone = 10 * hidden * 7 / 8 * layers * micro_batches
    assert layers_alone <= tensor.near_bytes <= 1.05 * layers_alone  # the ends of the first stage beside it
    assert demand.flops == pytest.approx(6 * 70e9 * 4096 * 512 / 256, rel=0.25)


def test_lora_on_one_card_sends_nothing():
    kind = pipeline.recommend_kind(LORA_7B)
    found = answers(kind)
    assert kind.scenario.phase == "finetuning" and kind.scenario.large is False
    assert found["vram"] == ("small", "any") and found["link"] == ("none", "any") and found["network"] == ("none", "any")


def test_bandwidth_counts_less_the_more_sequences_a_server_has():
    low, high = (pipeline.recommend_kind(served(number)).of("memory") for number in (1, 256))
    assert low.verdict == "hbm" and low.gain > high.gain > 1
    assert low.gain > 1.5


def test_more_sequences_ask_for_a_fabric_by_their_prefill():
    low, high = (pipeline.recommend_kind(served(number)).of("link") for number in (1, 256))
    assert (low.verdict, high.verdict) == ("pcie", "fabric")


def test_an_hpc_code_is_judged_by_its_intensity():
    streaming, computing = (pipeline.recommend_kind(cfd(flops)).of("memory") for flops in (500.0, 500_000.0))
    assert streaming.verdict == "hbm" and (computing.verdict, computing.strength) == ("gddr", "any")
    assert pipeline.recommend_kind(cfd(500.0)).of("link").strength == "unknown"  # its sums say nothing of halos


def test_small_training_is_at_home_on_pcie():
    found = answers(pipeline.recommend_kind(SMALL_RESNET))
    assert found["vram"] == ("small", "any") and found["link"] == ("pcie", "any") and found["network"] == ("none", "any")


def test_what_only_a_change_brings_onto_a_middling_card_prefers_large_vram():
    run = RunParameters(gpus=2, nodes=1, tensor_parallel=2, concurrency=64, input_len=4096, output_len=1024)
    kind = pipeline.recommend_kind(Workload("70B on two cards", "inference", "bf16", engine="vllm", model=LLAMA_70B, run=run))
    vram, memory = kind.of("vram"), kind.of("memory")
    assert (vram.verdict, vram.strength) == ("large", "prefer") and vram.supply < vram.low < vram.need < vram.high
    assert vram.reasons[-1].code.startswith("kinds.vram.remedy")
    assert memory.verdict == "hbm" and memory.reasons[0].code == "kinds.memory.capacity"  # more than any GDDR card has
    assert not any(one.vram for one in kind.matches if one.platform == "nvidia-rtx-4090")


def test_what_no_card_holds_and_no_change_helps_must_have_large_vram():
    run = RunParameters(gpus=1, nodes=1, seq_len=4096, micro_batch=1, global_batch=1)
    kind = pipeline.recommend_kind(Workload("70B on one card", "finetune", "bf16", engine="megatron-lm", model=LLAMA_70B, run=run))
    assert answers(kind)["vram"] == ("large", "must") and answers(kind)["memory"] == ("hbm", "must")
    assert kind.of("vram").reasons[-1].code == "kinds.vram.none_holds" and not kind.fitting


def test_the_wanted_number_of_cards_is_judged_not_the_measured_one():
    one_node = replace(PRETRAIN_70B, run=replace(PRETRAIN_70B.run, gpus=32, nodes=4))
    tiny = replace(LORA_7B, run=replace(LORA_7B.run, gpus=8, nodes=1))
    assert on_cards(tiny, 64).run.nodes == 8 and on_cards(tiny, 64).run.global_batch == 128
    assert on_cards(one_node, 33) == one_node  # the layout does not divide it
    assert pipeline.recommend_kind(tiny).of("network").verdict == "none"
    wanted = pipeline.recommend_kind(tiny, cards=64)
    assert wanted.of("network").verdict != "none"
    assert any(said.code == "kinds.scenario.cards" for said in wanted.scenario.reasons)


# What cannot be known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["pretrain", "inference", "hpc"])
def test_an_unknown_model_is_answered_unknown_and_the_deciding_fact_is_named(task):
    kind = pipeline.recommend_kind(Workload("?", task))
    assert all(one.strength == "unknown" and not one.verdict for one in kind.recommendations)
    assert all(one.missing for one in kind.recommendations)
    assert all(one.fits is not True for one in kind.matches) and not kind.fitting


def test_a_server_without_its_load_is_not_guessed():
    found = pipeline.recommend_kind(replace(served(8), run=replace(served(8).run, concurrency=0)))
    assert found.of("memory").strength == "unknown" and "[run] concurrency" in found.of("memory").missing


def test_a_platform_without_a_fact_is_neither_in_nor_out():
    kind = pipeline.recommend_kind(PRETRAIN_70B)
    match = next(one for one in kind.matches if one.platform == "metax-n100")  # neither memory nor fabric is known of it
    assert match.vram is None and match.fits is not True


# A recording ------------------------------------------------------------------------------------------------------------------------


def recorded(load: str = "memory", exposed: float | None = None, **shares: float) -> Profile:
    axes = tuple(Axis(name, value, value, "measured", message("kinds.title")) for name, value in shares.items())
    talk = Communication(exposed, exposed)
    return Profile("nvidia-a100-sxm-80gb", 10.0, (0, 10), axes, load, {}, Bottleneck(load), communication=talk)


def test_a_measured_intensity_goes_before_the_class():
    starved = pipeline.recommend_kind(Workload("?", "pretrain"), profile=recorded(vram_bandwidth=0.8, tensor_core=0.05)).of("memory")
    busy = pipeline.recommend_kind(Workload("?", "pretrain"), profile=recorded("compute", vram_bandwidth=0.1, tensor_core=0.6)).of("memory")
    assert (starved.verdict, starved.kind) == ("hbm", "measured") and starved.gain > 1.5
    assert (busy.verdict, busy.strength) == ("gddr", "any")


def test_the_class_alone_decides_where_nothing_else_is_known():
    found = pipeline.recommend_kind(Workload("?", "pretrain"), profile=recorded("memory")).of("memory")
    assert (found.verdict, found.strength, found.gain) == ("hbm", "prefer", None)
    assert pipeline.recommend_kind(Workload("?", "pretrain"), profile=recorded("host")).of("memory").strength == "unknown"


def test_a_recorded_fabric_speaks_where_messages_cannot_be_counted():
    heavy = pipeline.recommend_kind(Workload("?", "pretrain"), profile=recorded(nvlink=0.4)).of("link")
    quiet = pipeline.recommend_kind(Workload("?", "pretrain"), profile=recorded(nvlink=0.001)).of("link")
    assert (heavy.verdict, heavy.strength, heavy.kind) == ("fabric", "must", "measured") and quiet.verdict == "pcie"


# What holds for any run -------------------------------------------------------------------------------------------------------------

SIZES = st.floats(1e3, 1e12)
SENT = st.builds(
    Sent, purpose=st.just("data"), each_bytes=SIZES, count=st.floats(1, 1e4), near_bytes=SIZES, far_bytes=st.one_of(st.just(0.0), SIZES),
    rounds=st.floats(1, 1e4), cards=st.just(8), overlaps=st.booleans(),
)  # fmt: skip
CARD = st.builds(
    CardTime, platform=st.just("nvidia-a100-sxm-80gb"), arithmetic_s=st.floats(1e-4, 10), traffic_s=st.floats(1e-4, 10),
    busy_s=st.floats(1e-4, 10), at_hbm_s=st.floats(1e-4, 10), link_gbs=st.floats(65, 900), host_gbs=st.floats(8, 64),
    network_gbs=st.floats(2, 50), domain=st.just(8),
)  # fmt: skip
RANK = {("pcie", "any"): 0, ("fabric", "prefer"): 1, ("fabric", "must"): 2}


def judged(sent: tuple[Sent, ...], cards: list[CardTime]) -> PlatformKind:
    demand = Demand("step", 1e12, 1e9, sent, tuple(cards), cards=8, nodes=1)
    workload = Workload("any", "pretrain", "bf16")
    return recommend(workload, demand, estimate_memory(workload), (), pipeline.catalogue().platforms)


@settings(deadline=None)
@given(sent=st.lists(SENT, min_size=1, max_size=4), cards=st.lists(CARD, min_size=1, max_size=5), factor=st.floats(1, 1e4))
def test_more_messages_never_turn_a_fabric_into_pcie(sent, cards, factor):
    near = [replace(one, far_bytes=0.0) for one in sent]
    more = [replace(one, near_bytes=one.near_bytes * factor) for one in near]
    before, after = (judged(tuple(one), cards).of("link") for one in (near, more))
    assert RANK[after.verdict, after.strength] >= RANK[before.verdict, before.strength]


@settings(deadline=None)
@given(sent=st.lists(SENT, max_size=4), card=CARD, near=st.floats(1, 900), far=st.floats(1, 100), better=st.floats(1, 10))
def test_a_faster_link_never_slows_a_step_and_no_step_is_quicker_than_its_computing(sent, card, near, far, better):
    slow, fast = step_seconds(tuple(sent), card, near, far), step_seconds(tuple(sent), card, near * better, far * better)
    assert card.busy_s * (1 - 1e-9) <= fast <= slow * (1 + 1e-9)
    assert math.isfinite(slow)


def test_every_reason_has_words_in_both_languages():
    runs = (PRETRAIN_70B, LORA_7B, served(1), served(256), cfd(500.0), SMALL_RESNET, Workload("?", "pretrain"))
    said = [
        one
        for run in runs
        for kind in [pipeline.recommend_kind(run)]
        for part in (kind.scenario, *kind.recommendations)
        for one in part.reasons
    ]
    assert all(has_entry(one.code, lang) and "—" not in render(one, lang) for one in said for lang in ("zh", "en"))


def test_the_middling_card_comes_from_the_base_alone():
    platforms = pipeline.catalogue().platforms
    rates = sorted(one.number("memory_bw_gbs") or 0.0 for one in platforms if one.text("memory_type").upper().startswith("HBM"))
    assert rates[0] <= middling_hbm_gbs(platforms) <= rates[-1] and middling_hbm_gbs(()) == 0.0

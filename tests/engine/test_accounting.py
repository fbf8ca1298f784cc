"""Counts of work and messages against closed forms and published figures."""

import pytest
from msgspec.structs import replace

from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload.accounting import Exchange, here_of, micro_batches
from app.engine.workload.families import network_of
from app.engine.workload.layer_work import operators_of
from app.engine.workload.network import Network
from app.engine.workload.step_work import layer_passes, step_work, token_flops

GPT3 = Model("gpt2", layers=96, hidden=12288, heads=96, intermediate=49152, vocab=51200, max_positions=2048)
LLAMA = Model("llama", layers=32, hidden=4096, heads=32, kv_heads=8, intermediate=14336, vocab=128256)
MOE = Model("mixtral", layers=4, hidden=4096, heads=32, kv_heads=8, intermediate=14336, vocab=32000, experts=8, experts_per_token=2)
RUN = RunParameters(gpus=8, seq_len=4096, micro_batch=1, global_batch=64)


def network(model: Model) -> Network:
    found = network_of(model)
    assert isinstance(found, Network)
    return found


def job(model: Model, task: str = "pretrain", **run: object) -> Workload:
    return Workload("t", task, "bf16", engine="megatron-lm", model=model, run=replace(RUN, **run))  # type: ignore[arg-type]


def passes(model: Model, task: str = "pretrain", **run: object):
    found = network(model)
    return layer_passes(found.layers[0], here_of(found, job(model, task, **run)))


def sent(exchanges: tuple[Exchange, ...], purpose: str) -> list[tuple[str, float, float]]:
    return [(one.collective, one.bytes, one.count) for one in exchanges if one.purpose == purpose]


def test_six_operations_a_parameter_and_the_known_attention():
    found = network(LLAMA)
    parameters = found.active_parameters
    attention = 3 * 32 * 4 * 4096 * 4096 / 2  # three times 4 h s a layer, half of it behind the mask
    per_token = token_flops(found, here_of(found, job(LLAMA)))
    assert per_token == pytest.approx(6 * parameters + attention, rel=1e-3)


def test_published_operations_of_gpt3():
    """72 B s L h^2 (1 + s / 6h + V / 12 h L) a batch: Narayanan et al. 2021, arXiv:2104.04473, section 4.4, without recomputation.

    The paper counts the whole square of attention, the model half of it.
    """
    found = network(GPT3)
    here = here_of(found, job(GPT3, seq_len=2048))
    published = 72 * 96 * 12288**2 * (1 + 2048 / (6 * 12288) / 2 + 51200 / (12 * 96 * 12288))
    assert token_flops(found, here) == pytest.approx(published, rel=1e-4)


@pytest.mark.parametrize("attention", ["flash", "eager"])
def test_a_step_computes_what_the_model_needs(attention):
    """Cards together: forward and backward are the model's own FLOP; written-out attention forms the whole square."""
    found = network(LLAMA)
    whole = job(LLAMA, attention=attention)
    step = step_work(found, whole)
    stage, count = step.stages[0]
    done = (stage.flops("forward") + stage.flops("backward")) * step.micro_batches * 8 * count
    square = 3 * 32 * 4 * 4096 * 4096 / 2 * step.tokens if attention == "eager" else 0.0
    assert done == pytest.approx(step.model_flops + square, rel=1e-6)


@pytest.mark.parametrize("model", [LLAMA, MOE, GPT3])
@pytest.mark.parametrize("tensor", [1, 4])
def test_full_recomputation_adds_exactly_one_forward_pass(model, tensor):
    none, full = (passes(model, tensor_parallel=tensor, recompute=how) for how in ("none", "full"))
    assert full.flops("recomputed") - none.flops("recomputed") == pytest.approx(none.flops("forward"))
    assert full.sent_recomputed == none.sent_forward and not none.sent_recomputed


def test_selective_recomputation_repeats_the_core_alone():
    eager = passes(LLAMA, attention="eager", recompute="selective")
    core = sum(one.flops for one in eager.forward if one.name in ("scores", "weighted"))
    assert eager.flops("recomputed") == core > 0
    shapes = passes(MOE, recompute="selective", recompute_modules=("moe_act",))
    assert [one.name for one in shapes.recomputed] == ["activation", "scores again"]


def test_tensor_parallel_messages():
    """Two all-reduces of s b h each way; with sequence parallelism a gather and a scatter instead, and one gather more backward."""
    size = 2 * 4096 * 4096
    plain = passes(LLAMA, tensor_parallel=4)
    assert sent(plain.sent_forward, "tensor") == sent(plain.sent_backward, "tensor") == [("all_reduce", size, 1)] * 2
    cut = passes(LLAMA, tensor_parallel=4, sequence_parallel=True)
    assert sent(cut.sent_forward, "tensor") == [("all_gather", size, 1), ("reduce_scatter", size, 1)] * 2
    assert len(sent(cut.sent_backward, "tensor")) == 6


def test_expert_parallel_messages():
    found = passes(MOE, expert_parallel=8)
    assert sent(found.sent_forward, "expert") == sent(found.sent_backward, "expert") == [("all_to_all", 2 * 2 * 4096 * 4096, 2)]


def test_context_parallel_exchanges_heads_or_passes_keys_round():
    heads = passes(LLAMA, context_parallel=8)
    tokens = 4096 / 8
    assert [size for _, size, _ in sent(heads.sent_forward, "context")] == [2 * tokens * width for width in (4096, 1024, 1024, 4096)]
    ring = passes(replace(LLAMA, kv_heads=4), context_parallel=8)
    assert sent(ring.sent_forward, "context") == [("send", 2 * tokens * 1024, 7)]


def test_zero_gathers_weights_for_both_passes_and_scatters_gradients():
    found = passes(LLAMA, zero_stage=3)
    layer = network(LLAMA).layers[0].parameters
    assert sent(found.sent_forward, "data") == [("all_gather", 2 * layer, 1)]
    assert sent(found.sent_backward, "data") == [("all_gather", 2 * layer, 1), ("reduce_scatter", 4 * layer, 1)]
    step = step_work(network(LLAMA), job(LLAMA, zero_stage=1))
    whole = network(LLAMA).parameters
    closing = {(one.collective): one.bytes for one in step.stages[0][0].closing}
    assert closing == pytest.approx({"reduce_scatter": 4 * whole, "all_gather": 2 * whole}, rel=1e-6)


def test_stages_hand_on_and_count_alike():
    step = step_work(network(GPT3), job(GPT3, gpus=64, tensor_parallel=8, pipeline_parallel=8, virtual_pipeline=3, seq_len=2048))
    assert [count for _, count in step.stages] == [1, 6, 1]
    size = 2 * 2048 * 12288 / 8
    assert [sent(stage.handed, "pipeline")[0][1:] for stage, _ in step.stages] == [(size, 5), (size, 6), (size, 5)]
    tied = [one for one in step.stages[0][0].closing if one.purpose == "pipeline"]
    assert tied[0].bytes == 4 * 51200 * 12288 / 8 and tied[0].across(8)


def test_adapters_have_no_gradients_of_frozen_weights():
    full, lora = passes(LLAMA), passes(LLAMA, "lora", lora_rank=8)
    products = [one for one in full.forward if one.kind == "matmul"]
    frozen = sum(one.flops for one in products)
    thin = 2 * 4096 * 8 * (4096 + 4096 + 4096 + 1024)  # two adapters, q and v, of 4096 tokens
    assert lora.flops("backward") == pytest.approx(full.flops("backward") - frozen + 2 * thin, rel=0.05)


def test_experts_work_on_their_tokens():
    found = network(MOE)
    here = here_of(found, job(MOE, expert_parallel=8))
    shapes = [one.forward.shape for one in operators_of(found.layers[0], here) if one.forward.name in ("in", "down_proj")]
    assert shapes == [(8192, 28672, 4096, 1), (8192, 4096, 14336, 1)]


def test_micro_batches_of_a_step():
    layout = here_of(network(LLAMA), job(LLAMA)).layout
    assert micro_batches(RUN, layout) == 8
    assert micro_batches(replace(RUN, global_batch=None), layout) == 1

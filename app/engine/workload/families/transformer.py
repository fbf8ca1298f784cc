"""A transformer from the keys of [model]: which matrices each of its layers has, by the habits of its family."""

from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.workloads import Model
from app.engine.workload.families.habits import Habits, habits_of
from app.engine.workload.families.pictures import DIFFUSION, PICTURES, diffusion_layer, outside, tokens_per_sample
from app.engine.workload.network import Attention, Layer, LinearAttention, Matrix, Network

_NEEDED = ("layers", "hidden", "heads")
MOST_LAYERS = 10_000


def transformer_of(model: Model) -> Network | Message:
    """Return the network, or which keys are missing. An unknown family is built as a gated decoder, and says so."""
    found = habits_of(_generation(model))
    family, habits = found or ("other", habits_of("other")[1])  # type: ignore[index]
    habits = _overruled(model, habits)
    needed = (*_NEEDED, *(("image_size", "patch_size") if family in PICTURES else ("vocab",)))
    missing = [f"[model] {key}" for key in needed if not getattr(model, key)]
    if habits.gated and not model.intermediate and not (model.experts and model.moe_intermediate):
        missing.append("[model] intermediate")
    if missing or not (model.layers and model.hidden and model.heads):
        return message("workload.shape_missing", keys=missing)
    if model.layers > MOST_LAYERS:
        return message("workload.too_many_layers", layers=model.layers, most=MOST_LAYERS)
    layers = _layers(model, habits, family)
    vector = model.hidden * (2 if habits.layer_norm else 1)
    extra, head = _outside(model, habits, family)
    return Network(
        family=family,
        hidden=model.hidden,
        vocab=model.vocab or 0,
        layers=layers,
        tied=model.tied_embeddings if model.tied_embeddings is not None else habits.tied,
        final_norm=0 if family == "bert" or family in DIFFUSION else vector,
        extra=extra,
        head=head,
        no_output=family in PICTURES,
        causal=habits.causal,
        tokens_per_sample=tokens_per_sample(model, family),
        assumed=() if found and model.family != "other" else (model.family,),
    )


def _generation(model: Model) -> str:
    """Return the family; a Gemma that looks through a window is Gemma-3 (1024 tokens and less) or Gemma-2, the first one has none."""
    if model.family.strip().lower() == "gemma" and model.sliding_window:
        return "gemma3" if model.sliding_window <= 1024 else "gemma2"  # noqa: PLR2004 - tokens
    return model.family


def _overruled(model: Model, habits: Habits) -> Habits:
    changes: dict[str, bool] = {}
    if model.gated is not None:
        changes["gated"] = model.gated
    if model.attention_bias is not None:
        changes["qkv_bias"] = model.attention_bias
        if not model.attention_bias:
            changes["out_bias"] = False
    if model.mlp_bias is not None:
        changes["mlp_bias"] = model.mlp_bias
    if model.qk_norm is not None:
        changes["qk_norm"] = model.qk_norm
    return replace(habits, **changes) if changes else habits


def _layers(model: Model, habits: Habits, family: str) -> tuple[Layer, ...]:
    made: dict[tuple[str, bool], Layer] = {}
    layers = []
    for number in range(model.layers or 0):
        kind = (_attends(model, habits, number), _has_experts(model, number))
        if family in DIFFUSION:
            kind = ("diffusion", number + 1 == model.layers)
        if kind not in made:
            made[kind] = _diffusion(model, habits, family, number) if family in DIFFUSION else _layer(model, habits, *kind)
        layers.append(made[kind])
    return tuple(layers)


def _diffusion(model: Model, habits: Habits, family: str, number: int) -> Layer:
    attention, matrices, _ = _attention(model, habits, sliding=False)
    mlp, _ = _mlp(model, habits, model.hidden or 0)
    return diffusion_layer(model, family, (*matrices, *mlp), attention, number)


def _attends(model: Model, habits: Habits, number: int) -> str:
    every = model.global_layers_every or habits.global_every
    whole = bool(every) and (number + 1) % every == 0
    if model.linear_value_heads and not whole:
        return "linear"
    if model.sliding_window and not whole:
        return "sliding"
    return "full"


def _has_experts(model: Model, number: int) -> bool:
    return (
        bool(model.experts)
        and number >= model.first_dense_layers
        and (number + 1 - model.first_dense_layers) % max(1, model.moe_every) == 0
    )


def _layer(model: Model, habits: Habits, attends: str, moe: bool) -> Layer:
    hidden = model.hidden or 0
    attention, matrices, vectors = _linear(model) if attends == "linear" else _attention(model, habits, attends == "sliding")
    vectors += habits.norms * hidden * (2 if habits.layer_norm else 1)
    mlp, sizes = _experts(model, habits) if moe else _mlp(model, habits, hidden)
    if moe and habits.balance_bias:
        vectors += model.experts
    kind = f"{attends}{'_experts' if moe else ''}"
    return replace(Layer(kind, (*matrices, *mlp), attention, vectors, habits.norms, gated=habits.gated), **sizes)


def _attention(model: Model, habits: Habits, sliding: bool) -> tuple[Attention, list[Matrix], int]:
    hidden, heads = model.hidden or 0, model.heads or 1
    if model.kv_lora_rank:
        return _latent(model)
    width = model.head_dim or max(1, hidden // heads)
    kv_heads = model.kv_heads or heads
    attention = Attention(heads, kv_heads, width, width, model.sliding_window if sliding else 0, habits.causal)
    matrices = [
        Matrix("q_proj", "attention", hidden, attention.query * (2 if habits.query_gate else 1), bias=habits.qkv_bias),
        Matrix("k_proj", "attention", hidden, attention.key, bias=habits.qkv_bias),
        Matrix("v_proj", "attention", hidden, attention.value, bias=habits.qkv_bias),
        Matrix("o_proj", "attention", attention.output, hidden, "rows", habits.out_bias),
    ]
    return attention, matrices, (2 * width if habits.qk_norm else 0) + (heads if habits.sinks else 0)


def _latent(model: Model) -> tuple[Attention, list[Matrix], int]:
    """Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434): what is cached is kv_lora_rank + rope width per token."""
    hidden, heads, rank = model.hidden or 0, model.heads or 1, model.kv_lora_rank
    rope = model.qk_rope_head_dim
    nope = model.qk_nope_head_dim or (model.head_dim or 0)
    attention = Attention(
        heads, model.kv_heads or heads, nope + rope, model.v_head_dim or nope, kv_rank=rank, q_rank=model.q_lora_rank, rope_dim=rope
    )
    if model.q_lora_rank:
        queries = [
            Matrix("q_a_proj", "attention", hidden, model.q_lora_rank, "whole"),
            Matrix("q_b_proj", "attention", model.q_lora_rank, attention.query),
        ]
    else:
        queries = [Matrix("q_proj", "attention", hidden, attention.query)]
    matrices = [
        *queries,
        Matrix("kv_a_proj_with_mqa", "attention", hidden, rank + rope, "whole"),
        Matrix("kv_b_proj", "attention", rank, heads * (nope + attention.v_dim)),
        Matrix("o_proj", "attention", attention.output, hidden, "rows"),
    ]
    return attention, matrices, model.q_lora_rank + rank


def _linear(model: Model) -> tuple[LinearAttention, list[Matrix], int]:
    """Gated delta rule (Qwen3-Next) where there is a convolution, lightning attention (MiniMax-Text-01, arXiv:2501.08313) where not."""
    hidden = model.hidden or 0
    linear = LinearAttention(
        model.linear_key_heads or model.linear_value_heads, model.linear_value_heads, model.linear_key_dim, model.linear_value_dim,
        model.linear_conv,
    )  # fmt: skip
    keys, values = linear.key_heads * linear.key_dim, linear.output
    matrices = [
        Matrix("q_proj", "attention", hidden, keys),
        Matrix("k_proj", "attention", hidden, keys),
        Matrix("v_proj", "attention", hidden, values),
        Matrix("z_proj", "attention", hidden, values),
        Matrix("o_proj", "attention", values, hidden, "rows"),
    ]
    if not linear.conv:
        return linear, matrices, values
    matrices.append(Matrix("ba_proj", "attention", hidden, 2 * linear.value_heads))
    return linear, matrices, linear.conv_width * linear.conv + 2 * linear.value_heads + linear.value_dim


def _mlp(model: Model, habits: Habits, hidden: int) -> tuple[list[Matrix], dict[str, int]]:
    width = model.intermediate or 4 * hidden
    return _two_or_three("mlp", hidden, width, habits.gated, bias=habits.mlp_bias), {"width": width}


def _two_or_three(
    module: str, hidden: int, width: int, gated: bool, *, bias: bool = False, copies: int = 1, uses: float = 1
) -> list[Matrix]:
    names = ("gate_proj", "up_proj") if gated else ("fc_in",)
    down = "down_proj" if gated else "fc_out"
    more = {"bias": bias, "copies": copies, "uses": uses}
    return [Matrix(name, module, hidden, width, **more) for name in names] + [Matrix(down, module, width, hidden, "rows", **more)]  # type: ignore[arg-type]


def _experts(model: Model, habits: Habits) -> tuple[list[Matrix], dict[str, int]]:
    hidden = model.hidden or 0
    width = model.moe_intermediate or model.intermediate or 4 * hidden
    matrices = [Matrix("router", "router", hidden, model.experts, "whole", habits.router_bias)]
    uses = min(model.experts_per_token or 1, model.experts)
    matrices += _two_or_three("experts", hidden, width, habits.gated, bias=habits.expert_bias, copies=model.experts, uses=uses)
    shared = model.shared_intermediate or model.shared_experts * width
    if shared:
        matrices += _two_or_three("shared", hidden, shared, habits.gated)
        if habits.shared_gate:
            matrices.append(Matrix("shared_gate", "router", hidden, 1, "whole"))
    return matrices, {"experts": model.experts, "per_token": int(uses), "expert_width": width, "shared_width": shared}


def _outside(model: Model, habits: Habits, family: str) -> tuple[int, int]:
    """Return (parameters beside the embedding at the input, parameters behind the layers beside norm and output matrix)."""
    hidden = model.hidden or 0
    if family in PICTURES:
        return outside(model, family)
    norm = 2 * hidden if habits.embedding_norm else 0
    extra = norm
    if habits.positions:
        extra += ((model.max_positions or (512 if family == "bert" else 1024)) + habits.position_offset) * hidden
    if family == "bert":
        return extra + 2 * hidden, hidden * hidden + hidden + 2 * hidden + (model.vocab or 0)
    return extra, (model.vocab or 0) if habits.head_bias else 0

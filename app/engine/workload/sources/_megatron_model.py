"""The shape of a network as Megatron's arguments tell it, with Megatron's own defaults.

Source of names and defaults: megatron/training/arguments.py and megatron/core/transformer/transformer_config.py of NVIDIA/Megatron-LM.
"""

import math
import re

from app.engine.workload.sources._facts import Facts
from app.engine.workload.sources._options import Options

KEYS: dict[str, tuple[str, ...]] = {
    "layers": ("num_layers", "encoder_num_layers"),
    "hidden": ("hidden_size",),
    "heads": ("num_attention_heads",),
    "intermediate": ("ffn_hidden_size",),
    "max_positions": ("max_position_embeddings",),
    "head_dim": ("kv_channels",),
    "experts": ("num_experts", "num_moe_experts"),
    "experts_per_token": ("moe_router_topk",),
    "moe_intermediate": ("moe_ffn_hidden_size", "moe_intermediate_size"),
    "shared_intermediate": ("moe_shared_expert_intermediate_size",),
    "shared_experts": ("n_shared_experts", "num_shared_experts"),
    "first_dense_layers": ("first_k_dense_replace",),
}
_LATENT = {
    "kv_lora_rank": ("kv_lora_rank", 32),
    "qk_nope_head_dim": ("qk_head_dim", 128),
    "qk_rope_head_dim": ("qk_pos_emb_head_dim", 64),
    "v_head_dim": ("v_head_dim", 128),
}
_OTHER_NAMES = {"qk_head_dim": "qk_nope_head_dim", "qk_pos_emb_head_dim": "qk_rope_head_dim"}
NAMES = frozenset(name for names in KEYS.values() for name in names) | {
    "multi_latent_attention", "kv_lora_rank", "q_lora_rank", "qk_head_dim", "qk_pos_emb_head_dim", "qk_nope_head_dim",
    "qk_rope_head_dim", "v_head_dim", "group_query_attention", "num_query_groups", "swiglu", "disable_bias_linear", "add_bias_linear",
    "add_qkv_bias", "vocab_size", "padded_vocab_size", "make_vocab_size_divisible_by", "untie_embeddings_and_output_weights",
    "moe_layer_freq", "qk_layernorm",
}  # fmt: skip
_MULTIPLE = 128
_TOKENIZERS = {"GPT2BPETokenizer": 50257, "Llama2Tokenizer": 32000}
_SWIGLU_STEP = 64
_MOST_LAYERS = 10_000


def is_on(options: Options, name: str) -> bool:
    """Tell whether a flag is set: `--swiglu`, `swiglu: true`."""
    value = options.values.get(name)
    return value is True or (isinstance(value, str) and value.lower() not in ("false", "0", "no", "none"))


def state_model(facts: Facts, options: Options) -> None:
    """Take the shape."""
    values = options.values
    gated = is_on(options, "swiglu") or is_on(options, "gated_linear_unit")
    for key, names in KEYS.items():
        for name in names:
            facts.state(f"model.{key}", values.get(name) if f"model.{key}" not in facts.values else None, name)
    latent = is_on(options, "multi_latent_attention") or values.get("kv_lora_rank") not in (None, 0)
    facts.values["model.gated"] = gated
    _heads(facts, options)
    if latent:
        facts.values.pop("model.head_dim", None)
        _latent(facts, values)
    _widths(facts, values, gated)
    _experts(facts, values)
    biases = not is_on(options, "disable_bias_linear") and values.get("add_bias_linear") is not False
    facts.values["model.mlp_bias"] = biases
    facts.values["model.attention_bias"] = biases or is_on(options, "add_qkv_bias")
    facts.values["model.qk_norm"] = is_on(options, "qk_layernorm") and not latent
    facts.values["model.tied_embeddings"] = not is_on(options, "untie_embeddings_and_output_weights")
    for key, name in (("gated", "swiglu"), ("mlp_bias", "disable_bias_linear"), ("tied_embeddings", "untie_embeddings_and_output_weights")):
        if name in values:
            facts.state(f"model.{key}", facts.values[f"model.{key}"], name)
    facts.values["model.family"] = _family(facts, options, latent=latent)
    _vocabulary(facts, values)


def _heads(facts: Facts, options: Options) -> None:
    """Without --group-query-attention Megatron takes no notice of --num-query-groups."""
    groups = options.values.get("num_query_groups")
    flagless = "group_query_attention" not in options.values and facts.document.syntax in ("yaml", "json")
    if groups is not None and (flagless or is_on(options, "group_query_attention")):
        facts.state("model.kv_heads", groups, "num_query_groups")
    elif groups is not None and facts.document.syntax == "shell":
        facts.note("groups", groups=str(groups)[:20])
    heads, hidden = facts.whole("model.heads"), facts.whole("model.hidden")
    if heads:
        facts.derive("model.kv_heads", heads)
        if hidden and hidden % heads == 0:
            facts.derive("model.head_dim", hidden // heads)


def _latent(facts: Facts, values: dict[str, object]) -> None:
    for key, (name, usual) in _LATENT.items():
        own = name if name in values else _OTHER_NAMES.get(name, name)
        facts.state(f"model.{key}", values.get(own), own)
        facts.assume(f"model.{key}", usual)
    facts.state("model.q_lora_rank", values.get("q_lora_rank"), "q_lora_rank")


def _widths(facts: Facts, values: dict[str, object], gated: bool) -> None:
    hidden = facts.whole("model.hidden")
    if hidden and "model.intermediate" not in facts.values and "$" not in str(values.get("ffn_hidden_size")):
        wide = int(4 * hidden * 2 / 3 / _SWIGLU_STEP) * _SWIGLU_STEP if gated else 4 * hidden
        facts.assume("model.intermediate", max(1, wide))


def _experts(facts: Facts, values: dict[str, object]) -> None:
    if not facts.values.get("model.experts"):
        for key in ("experts_per_token", "moe_intermediate", "shared_intermediate", "shared_experts", "first_dense_layers"):
            facts.values.pop(f"model.{key}", None)
        return
    facts.assume("model.experts_per_token", 2)
    facts.derive("model.moe_intermediate", facts.values.get("model.intermediate"))
    frequency = values.get("moe_layer_freq")
    if isinstance(frequency, str) and "[" in frequency:
        _pattern(facts, frequency)
    elif isinstance(frequency, list):
        _by_layer(facts, [one for one in frequency if one in (0, 1)])
    else:
        facts.state("model.moe_every", frequency, "moe_layer_freq")


def _pattern(facts: Facts, text: str) -> None:
    """Take "([0]*3+[1]*58)": which layers have experts."""
    layers: list[int] = []
    bare = re.sub(r"[\s()'\"]", "", text)[:2000]
    for part in bare.split("+"):
        found = re.fullmatch(r"\[([01](?:,[01])*)\](?:\*(\d{1,5}))?", part)
        if found is None or len(layers) > _MOST_LAYERS:
            facts.note("unresolved", name="moe_layer_freq", value=text[:60])
            return
        layers += [int(one) for one in found[1].split(",")] * min(int(found[2] or 1), _MOST_LAYERS)
    _by_layer(facts, layers)


def _by_layer(facts: Facts, layers: list[int]) -> None:
    if 1 not in layers:
        return
    first = layers.index(1)
    facts.state("model.first_dense_layers", first, "moe_layer_freq")
    facts.state("model.moe_every", max(1, round((len(layers) - first) / sum(layers))), "moe_layer_freq")


def _family(facts: Facts, options: Options, *, latent: bool) -> str:
    """Return the family that is built in the same way; what differs is stated key by key."""
    if any("bert" in word.lower() and word.endswith(".py") for word in options.words):
        return "bert"
    if latent:
        return "deepseek-v3"
    if facts.values.get("model.experts"):
        return "qwen2-moe" if facts.values.get("model.shared_intermediate") else "mixtral"
    if facts.values["model.gated"]:
        return "qwen2" if is_on(options, "add_qkv_bias") else "llama"
    rotary = options.values.get("position_embedding_type") == "rope" or is_on(options, "use_rotary_position_embeddings")
    return "gpt-neox" if rotary else "gpt2"


def _vocabulary(facts: Facts, values: dict[str, object]) -> None:
    """The vocabulary as it is padded: to a multiple of --make-vocab-size-divisible-by times TP."""
    if values.get("padded_vocab_size") is not None:
        facts.state("model.vocab", values["padded_vocab_size"], "padded_vocab_size")
        return
    facts.state("model.vocab", values.get("vocab_size"), "vocab_size")
    tokenizer = str(values.get("tokenizer_type"))
    if "model.vocab" not in facts.values and tokenizer in _TOKENIZERS:
        facts.assume("model.vocab", _TOKENIZERS[tokenizer])
    vocab, multiple = facts.whole("model.vocab"), values.get("make_vocab_size_divisible_by", _MULTIPLE)
    multiple = int(multiple) if isinstance(multiple, int) or (isinstance(multiple, str) and multiple.isdecimal()) else _MULTIPLE
    if vocab is None or not 0 < multiple < vocab:
        return
    step = multiple * (facts.whole("run.tensor_parallel") or 1)
    facts.values["model.vocab"] = math.ceil((vocab + (tokenizer == "NullTokenizer")) / step) * step

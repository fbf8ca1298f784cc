"""Which layers of a config.json differ: windows, linear attention, experts."""

from app.engine.workload.sources import _families as families
from app.engine.workload.sources._facts import Facts

_LINEAR = {
    "linear_key_heads": "linear_num_key_heads",
    "linear_value_heads": "linear_num_value_heads",
    "linear_key_dim": "linear_key_head_dim",
    "linear_value_dim": "linear_value_head_dim",
    "linear_conv": "linear_conv_kernel_dim",
}
_EXPERTS = {
    "experts": ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"),
    "experts_per_token": ("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_k", "moe_topk"),
    "moe_intermediate": ("moe_intermediate_size",),
    "shared_experts": ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts"),
    "shared_intermediate": ("shared_expert_intermediate_size", "shared_intermediate_size"),
    "first_dense_layers": ("first_k_dense_replace", "moe_layer_start_index"),
    "moe_every": ("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval", "moe_layer_freq"),
}
_EVERY = ("full_attention_interval", "sliding_window_pattern", "_sliding_window_pattern", "global_attn_every_n_layers")
_FULL = ("full_attention", "attention", "full", 1, "global")


def state_layers(facts: Facts, config: dict, family: str) -> None:
    """Take the sliding window, linear attention, and every how many layers one attends to everything."""
    _window(facts, config, family)
    for key, name in _LINEAR.items():
        facts.state(f"model.{key}", config.get(name), name)
    every: int | None = None
    for name in ("layer_types", "attn_type_list"):
        kinds = config.get(name)
        if isinstance(kinds, list) and kinds:
            every = _from_kinds(facts, kinds, name, family)
            break
    else:
        name = next((one for one in _EVERY if isinstance(config.get(one), int)), "")
        if name:
            facts.state("model.global_layers_every", config[name], name)
    if every is not None:
        facts.state("model.global_layers_every", every, name)
    usual = families.PATTERN.get(family, 0)
    if usual and (facts.values.get("model.sliding_window") or facts.values.get("model.linear_value_heads")):
        facts.derive("model.global_layers_every", usual)


def _window(facts: Facts, config: dict, family: str) -> None:
    window = config.get("sliding_window")
    off = config.get("use_sliding_window", family not in families.SLIDING_BY_SWITCH) is False
    layers, full = config.get("num_hidden_layers"), config.get("max_window_layers")
    whole = isinstance(layers, int) and isinstance(full, int) and full >= layers and config.get("use_sliding_window") is True
    if off or whole or (isinstance(window, int) and window <= 0):
        return
    facts.state("model.sliding_window", window, "sliding_window")


def _from_kinds(facts: Facts, kinds: list, name: str, family: str) -> int | None:
    """Return every how many layers one attends to everything, by the list of all layers; 0 where none or all do."""
    full = sum(kind in _FULL for kind in kinds)
    if full == len(kinds):
        facts.values.pop("model.sliding_window", None)
        return None
    linear = any(str(kind) in ("linear_attention", "0") for kind in kinds)
    if linear and family == "minimax":
        _lightning(facts)
    if full == 0:
        return 0
    every = round(len(kinds) / full)
    if any((kind in _FULL) != ((number + 1) % every == 0) for number, kind in enumerate(kinds)):
        facts.note("uneven", name=name, every=every)
    return every


def _lightning(facts: Facts) -> None:
    """Lightning attention: a head's state is head_dim x head_dim, as many heads as elsewhere."""
    heads, width = facts.whole("model.heads"), facts.whole("model.head_dim")
    hidden = facts.whole("model.hidden")
    width = width or (hidden // heads if hidden and heads else None)
    for key, value in (("key_heads", heads), ("value_heads", heads), ("key_dim", width), ("value_dim", width)):
        facts.derive(f"model.linear_{key}", value)


def state_experts(facts: Facts, config: dict) -> None:
    """Take the experts: how many, how wide, in which layers."""
    for key, names in _EXPERTS.items():
        for name in names:
            value = config.get(name)
            if isinstance(value, list):
                _by_layer(facts, key, value, name)
                break
            if value is not None:
                facts.state(f"model.{key}", value, name)
                break
    dense = config.get("mlp_only_layers")
    if isinstance(dense, list) and dense:
        _dense(facts, dense)
    if facts.values.get("model.shared_intermediate"):
        facts.derive("model.shared_experts", 1)
    if not facts.values.get("model.experts"):
        for key in _EXPERTS:
            if facts.values.get(f"model.{key}"):
                facts.values.pop(f"model.{key}")


def _by_layer(facts: Facts, key: str, values: list, name: str) -> None:
    """A list with one entry per layer: 0 and 1 tell where experts are, anything else is taken by its first entry."""
    if key == "moe_every" and all(value in (0, 1) for value in values) and 1 in values:
        first = values.index(1)
        facts.state("model.first_dense_layers", first, name)
        rest = values[first:]
        facts.state("model.moe_every", max(1, round(len(rest) / sum(rest))), name)
    elif values:
        if any(value != values[0] for value in values):
            facts.note("list", name=name, value=str(values[0])[:20])
        facts.state(f"model.{key}", values[0], name)


def _dense(facts: Facts, dense: list) -> None:
    """Layers that are told to have no experts: the first ones count as such, others are told."""
    if dense == list(range(len(dense))):
        facts.state("model.first_dense_layers", len(dense), "mlp_only_layers")
    else:
        facts.note("list", name="mlp_only_layers", value="")

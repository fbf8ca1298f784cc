"""A Hugging Face config.json -> Model."""

from pathlib import Path

from app.engine.model.workloads import Model, Workload, normalise_precision

FAMILIES = {
    "llama": "llama",
    "gpt2": "gpt2",
    "bert": "bert",
    "mixtral": "mixtral",
    "mistral": "mistral",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "qwen2_moe": "qwen2-moe",
    "qwen3_moe": "qwen3-moe",
    "deepseek_v2": "deepseek-v2",
    "deepseek_v3": "deepseek-v3",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3",
    "gemma3_text": "gemma3",
    "phi3": "phi3",
    "vit": "vit",
    "chatglm": "chatglm",
    "baichuan": "baichuan",
}
_KEYS = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "heads": ("num_attention_heads", "n_head"),
    "kv_heads": ("num_key_value_heads", "multi_query_group_num"),
    "head_dim": ("head_dim",),
    "intermediate": ("intermediate_size", "n_inner", "ffn_hidden_size"),
    "vocab": ("vocab_size", "padded_vocab_size"),
    "max_positions": ("max_position_embeddings", "n_positions", "seq_length"),
    "sliding_window": ("sliding_window",),
    "experts": ("num_local_experts", "n_routed_experts", "num_experts"),
    "experts_per_token": ("num_experts_per_tok",),
    "moe_intermediate": ("moe_intermediate_size",),
    "shared_experts": ("n_shared_experts",),
    "first_dense_layers": ("first_k_dense_replace",),
    "kv_lora_rank": ("kv_lora_rank",),
    "q_lora_rank": ("q_lora_rank",),
    "qk_rope_head_dim": ("qk_rope_head_dim",),
    "qk_nope_head_dim": ("qk_nope_head_dim",),
    "v_head_dim": ("v_head_dim",),
}


def is_config(config: object) -> bool:
    """Tell whether this is a model's config.json."""
    if not isinstance(config, dict):
        return False
    text = config.get("text_config")
    inner: dict = text if isinstance(text, dict) else config
    return any(key in inner for key in ("num_hidden_layers", "n_layer", "num_layers")) and (
        "model_type" in config or "architectures" in config
    )


def workload_of_config(config: dict, path: Path) -> Workload:
    """Return a workload that knows the model only; the task is taken as inference until the user says otherwise."""
    inner = {**config, **config["text_config"]} if isinstance(config.get("text_config"), dict) else config
    words = str(inner.get("torch_dtype") or inner.get("dtype") or "")
    name = str(config.get("_name_or_path") or config.get("model_type") or path.stem)
    model = model_of_config(inner)
    stated = tuple(f"model.{key}" for key in _KEYS if _first(inner, _KEYS[key]) is not None)
    return Workload(name=name, task="inference", precision=normalise_precision(words), model=model, stated=stated, source=path.name)


def model_of_config(config: dict) -> Model:
    """Return the shape of the network. Unknown values stay None; defaults are those of the model's own code."""
    kind = str(config.get("model_type", "other")).lower()
    fields: dict = {}
    for key, names in _KEYS.items():
        value = _first(config, names)
        if value is not None:
            fields[key] = value
    family = FAMILIES.get(kind, "other")
    if config.get("use_sliding_window") is False:
        fields.pop("sliding_window", None)
    heads, hidden = fields.get("heads"), fields.get("hidden")
    if heads:
        fields.setdefault("kv_heads", heads)
        if hidden and hidden % heads == 0:
            fields.setdefault("head_dim", hidden // heads)
    if family == "gpt2" and hidden:
        fields.setdefault("intermediate", 4 * hidden)
    tied = config.get("tie_word_embeddings", family in ("gpt2", "gemma", "gemma2", "gemma3"))
    return Model(family=family, tied_embeddings=bool(tied), **fields)


def _first(config: dict, names: tuple[str, ...]) -> int | None:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None

"""Families by the model_type of Hugging Face transformers, and what its configuration classes take for granted."""

FAMILIES = {
    "llama": "llama", "mistral": "mistral", "ministral": "mistral", "mixtral": "mixtral", "yi": "llama", "aquila": "aquila",
    "internlm": "internlm2", "internlm2": "internlm2", "internlm3": "internlm2", "baichuan": "baichuan", "qwen": "qwen",
    "qwen2": "qwen2", "qwen2_vl": "qwen2", "qwen2_5_vl": "qwen2", "qwen2_vl_text": "qwen2", "qwen2_5_vl_text": "qwen2",
    "qwen2_moe": "qwen2-moe", "qwen3": "qwen3", "qwen3_vl": "qwen3", "qwen3_vl_text": "qwen3", "qwen3_moe": "qwen3-moe",
    "qwen3_vl_moe": "qwen3-moe", "qwen3_vl_moe_text": "qwen3-moe", "qwen3_next": "qwen3-next", "qwen3_5": "qwen3-next",
    "qwen3_5_text": "qwen3-next", "qwen3_5_moe": "qwen3-next", "qwen3_5_moe_text": "qwen3-next", "deepseek": "deepseek-v2",
    "deepseek_v2": "deepseek-v2", "deepseek_v3": "deepseek-v3", "deepseek_v32": "deepseek-v3", "kimi_k2": "kimi-k2",
    "kimi_k25": "kimi-k2", "chatglm": "chatglm", "glm": "glm4", "glm4": "glm4", "glm4_moe": "glm4-moe", "gemma": "gemma",
    "gemma2": "gemma2", "gemma3": "gemma3", "gemma3_text": "gemma3", "phi": "phi", "phi3": "phi3", "gpt_oss": "gpt-oss",
    "minimax": "minimax", "minimax_text_01": "minimax", "minimax_m1": "minimax", "minimax_m2": "minimax", "cohere": "cohere",
    "cohere2": "cohere", "gpt2": "gpt2", "gpt_neox": "gpt-neox", "gptj": "gptj", "opt": "opt", "bloom": "bloom", "falcon": "falcon",
    "refinedwebmodel": "falcon", "refinedweb": "falcon", "starcoder2": "starcoder2", "bert": "bert", "roberta": "roberta",
    "xlm_roberta": "roberta", "vit": "vit", "deit": "vit", "clip": "clip", "clip_vision_model": "clip", "dinov2": "dinov2",
}  # fmt: skip
"""model_type in lower case with underscores -> [model] family."""

PICTURES = frozenset({"vit", "clip", "dinov2"})
TIED = frozenset({"gpt2", "opt", "bloom", "falcon", "starcoder2", "bert", "roberta", "gemma", "gemma2", "gemma3", "cohere"})
"""Families whose output matrix is the embedding where a config.json is silent."""
FOURFOLD = frozenset({"gpt2", "gptj", "bloom", "falcon"})
"""Families whose MLP is four times as wide as the hidden states where a config.json is silent."""
SLIDING_BY_SWITCH = frozenset({"qwen2", "qwen2-moe", "qwen3", "qwen3-moe"})
"""Families whose sliding window counts only with use_sliding_window."""
PATTERN = {"gemma3": 6, "gemma2": 2, "gpt-oss": 2, "qwen3-next": 4}
"""Every how many layers one attends to everything, where a config.json is silent."""

_LLAMA = {"layers": 32, "hidden": 4096, "heads": 32, "intermediate": 11008, "vocab": 32000}
CLASS_DEFAULTS: dict[str, dict[str, int]] = {
    "llama": _LLAMA,
    "mistral": _LLAMA | {"kv_heads": 8, "intermediate": 14336},
    "gemma3": {"layers": 26, "hidden": 2304, "heads": 8, "kv_heads": 4, "head_dim": 256, "intermediate": 9216, "vocab": 262208},
    "clip": {"layers": 12, "hidden": 768, "heads": 12, "intermediate": 3072, "image_size": 224, "patch_size": 32},
}
"""What a tower inside another config is where it says nothing: those configs are written without the defaults of their class."""


def family_of(model_type: str) -> str | None:
    """Return the family of a model_type, None where it is not known."""
    return FAMILIES.get(model_type.strip().lower().replace("-", "_").replace(".", "_"))

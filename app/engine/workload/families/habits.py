"""How the layers of each family are built, one row per family. Source of each row: the model code named by `model_type` in Hugging Face
transformers; what a run description states overrules it."""

from msgspec import Struct


class Habits(Struct, frozen=True):
    """What a family does where config files are silent.

    gated           the MLP has a gate (three matrices)
    qkv_bias, out_bias, mlp_bias   which matrices have biases
    qk_norm         queries and keys are normalised head by head
    norms           norms of hidden states per layer; layer_norm: with a bias (two vectors each)
    positions       learned positions are added to the embedding; position_offset: rows more than positions
    tied            the output matrix is the embedding unless a file says otherwise
    global_every    a layer that attends to everything every so many, the others look through the window; 0 = all alike
    causal          False: every token sees all others
    router_bias, expert_bias   of the router and of every expert; balance_bias: a correction per expert that balances them
    shared_gate     the shared expert has a gate of its own; sinks: one per head; query_gate: each query comes with a gate
    """

    gated: bool = True
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    norms: int = 2
    layer_norm: bool = False
    positions: bool = False
    position_offset: int = 0
    embedding_norm: bool = False
    tied: bool = False
    head_bias: bool = False
    global_every: int = 0
    causal: bool = True
    router_bias: bool = False
    shared_gate: bool = False
    sinks: bool = False
    expert_bias: bool = False
    balance_bias: bool = False
    query_gate: bool = False


_ALL_BIASES = {"qkv_bias": True, "out_bias": True, "mlp_bias": True}
_GPT = Habits(gated=False, layer_norm=True, positions=True, tied=True, **_ALL_BIASES)

HABITS: dict[str, Habits] = {
    "llama": Habits(),
    "mistral": Habits(),
    "yi": Habits(),
    "baichuan": Habits(),
    "internlm2": Habits(),
    "phi3": Habits(),
    "mixtral": Habits(),
    "minimax": Habits(),
    "qwen2": Habits(qkv_bias=True),
    "qwen": Habits(qkv_bias=True),
    "qwen2-moe": Habits(qkv_bias=True, shared_gate=True),
    "qwen3": Habits(qk_norm=True),
    "qwen3-moe": Habits(qk_norm=True),
    "qwen3-next": Habits(qk_norm=True, shared_gate=True, query_gate=True),
    "chatglm": Habits(qkv_bias=True),
    "glm4": Habits(qkv_bias=True),
    "glm4-moe": Habits(qkv_bias=True, balance_bias=True),
    "aquila": Habits(),
    "gemma": Habits(tied=True),
    "gemma2": Habits(tied=True, norms=4, global_every=2),
    "gemma3": Habits(tied=True, norms=4, qk_norm=True, global_every=6),
    "gpt-oss": Habits(qkv_bias=True, out_bias=True, global_every=2, router_bias=True, sinks=True, expert_bias=True),
    "deepseek-v2": Habits(),
    "deepseek-v3": Habits(balance_bias=True),
    "gpt2": _GPT,
    "gpt-neox": Habits(gated=False, layer_norm=True, **_ALL_BIASES),
    "opt": Habits(gated=False, layer_norm=True, positions=True, position_offset=2, tied=True, **_ALL_BIASES),
    "bloom": Habits(gated=False, layer_norm=True, embedding_norm=True, tied=True, **_ALL_BIASES),
    "starcoder2": Habits(gated=False, layer_norm=True, tied=True, **_ALL_BIASES),
    "falcon": Habits(gated=False, layer_norm=True, norms=1, tied=True),
    "gptj": Habits(gated=False, layer_norm=True, norms=1, mlp_bias=True, head_bias=True),
    "phi": Habits(gated=False, layer_norm=True, norms=1, head_bias=True, **_ALL_BIASES),
    "bert": Habits(gated=False, layer_norm=True, positions=True, embedding_norm=True, tied=True, causal=False, **_ALL_BIASES),
    "vit": Habits(gated=False, layer_norm=True, causal=False, **_ALL_BIASES),
    "clip": Habits(gated=False, layer_norm=True, embedding_norm=True, causal=False, **_ALL_BIASES),
    "dit": Habits(gated=False, layer_norm=True, causal=False, **_ALL_BIASES),
    "wan": Habits(gated=False, layer_norm=True, causal=False, **_ALL_BIASES),
    "sd3": Habits(gated=False, layer_norm=True, causal=False, **_ALL_BIASES),
    "other": Habits(),
}

ALIASES: dict[str, str] = {
    "gpt": "gpt2",
    "gpt3": "gpt2",
    "megatron": "gpt2",
    "gpt-2": "gpt2",
    "gpt_neox": "gpt-neox",
    "neox": "gpt-neox",
    "pythia": "gpt-neox",
    "llama2": "llama",
    "llama3": "llama",
    "deepseek": "deepseek-v2",
    "deepseek-r1": "deepseek-v3",
    "kimi": "deepseek-v3",
    "kimi-k2": "deepseek-v3",
    "moonlight": "deepseek-v3",
    "roberta": "bert",
    "baichuan2": "baichuan",
    "chatglm3": "chatglm",
    "internlm": "internlm2",
    "aquila2": "aquila",
    "qwen2.5": "qwen2",
    "qwen1.5": "qwen2",
    "dinov2": "vit",
    "sdxl": "unet",
    "yolov8": "yolo",
    "resnet50": "resnet",
}
"""Other words for the same way of building."""


def habits_of(family: str) -> tuple[str, Habits] | None:
    """Return the family's own name and its habits, None for a word that is not known."""
    word = family.strip().lower().replace("_", "-")
    known = word if word in HABITS else ALIASES.get(word, ALIASES.get(family.strip().lower(), ""))
    return (known, HABITS[known]) if known in HABITS else None

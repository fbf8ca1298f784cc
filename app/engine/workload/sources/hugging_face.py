"""A Hugging Face config.json -> Model; quantised weights -> [run].

Keys are those of the configuration classes of transformers. What a file leaves open is what the class of its family takes; of an unknown
model_type the keys that are there count, and what is assumed of it is told.
"""

from app.engine.errors import EngineError
from app.engine.model.workloads import Workload, normalise_precision
from app.engine.workload.sources import _families as families
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._facts import Facts
from app.engine.workload.sources._layers import state_experts, state_layers
from app.engine.workload.sources._quantisation import state_config

_KEYS: dict[str, tuple[str, ...]] = {
    "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    "hidden": ("hidden_size", "n_embd", "d_model", "n_embed"),
    "heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "kv_heads": ("num_key_value_heads", "num_kv_heads", "n_head_kv"),
    "head_dim": ("head_dim", "kv_channels", "attention_head_dim"),
    "intermediate": ("intermediate_size", "n_inner", "ffn_hidden_size", "ffn_dim"),
    "vocab": ("padded_vocab_size", "vocab_size"),
    "max_positions": ("max_position_embeddings", "n_positions", "seq_length", "max_sequence_length", "model_max_length", "max_seq_len"),
    "kv_lora_rank": ("kv_lora_rank",),
    "q_lora_rank": ("q_lora_rank",),
    "qk_rope_head_dim": ("qk_rope_head_dim",),
    "qk_nope_head_dim": ("qk_nope_head_dim",),
    "v_head_dim": ("v_head_dim",),
    "attention_bias": ("attention_bias", "qkv_bias", "enable_bias"),
    "mlp_bias": ("mlp_bias",),
    "qk_norm": ("use_qk_norm", "qk_layernorm", "qk_norm"),
    "image_size": ("image_size",),
    "patch_size": ("patch_size",),
    "channels": ("num_channels",),
}
_INNER = ("text_config", "llm_config", "language_config", "thinker_config")
_DEPTHS = frozenset({"num_hidden_layers", "n_layer", "n_layers", "num_layers"})
_WIDTHS = frozenset({"hidden_size", "n_embd", "d_model", "num_attention_heads", "vocab_size", "intermediate_size"})
_PLAIN_MLP = ("gelu", "relu", "gelu_new", "gelu_fast", "quick_gelu", "gelu_pytorch_tanh", "relu2", "squared_relu", "tanh")


class HuggingFace:
    """A model's config.json."""

    slug = "hugging-face"

    def recognises(self, document: Document) -> bool:
        """It names a model and how deep it is."""
        named = bool(document.names & {"model_type", "architectures"})
        return document.syntax == "json" and (named or bool(document.names & _DEPTHS)) and bool(document.names & (_DEPTHS | _WIDTHS))

    def read(self, document: Document) -> Workload:
        """Return a workload that knows the model and its weights only; the task is taken as inference until the user says otherwise."""
        config = document.tree
        facts = Facts(document)
        inner, kind = _network(config, facts)
        if not (any(key in inner for key in _DEPTHS) or inner is not config) or not ("model_type" in config or "architectures" in config):
            raise EngineError("workload.not_config", file=document.path)
        state_model(facts, inner, kind, tower=inner is not config)
        quantised = config.get("quantization_config", inner.get("quantization_config"))
        if isinstance(quantised, dict):
            state_config(facts, quantised)
        words = str(inner.get("torch_dtype") or inner.get("dtype") or config.get("torch_dtype") or "").removeprefix("torch.")
        precision = normalise_precision(words[:40])
        if precision:
            facts.values["workload.precision"] = precision
        name = config.get("_name_or_path") or config.get("model_type") or document.path.stem
        return facts.workload(str(name), "inference")


def _network(config: dict, facts: Facts) -> tuple[dict, str]:
    """Return the part of a config that is counted and its model_type: of several towers the one that works with text, of CLIP the eye."""
    kind = str(config.get("model_type", ""))
    if kind in ("clip", "siglip", "siglip2") and isinstance(config.get("vision_config"), dict):
        facts.note("tower", tower="vision_config")
        return config["vision_config"], "clip"
    for key in _INNER:
        if isinstance(config.get(key), dict):
            if any(isinstance(config.get(other), dict) for other in ("vision_config", "audio_config", "vit_config")):
                facts.note("tower", tower=key)
            inner = {**config, **config[key]}
            own = str(config[key].get("model_type", ""))
            return inner, own if families.family_of(own) or not families.family_of(kind) else kind
    if isinstance(config.get("vision_config"), dict):
        facts.note("tower", tower="text")
    return config, kind


def state_model(facts: Facts, config: dict, kind: str, *, tower: bool = False) -> None:
    """Take the shape of the network. tower: it is a part of another config, where the defaults of its class are not written."""
    family = families.family_of(kind)
    facts.values["model.family"] = family or "other"
    for key, names in _KEYS.items():
        _state_first(facts, f"model.{key}", config, names)
    if tower:
        for key, value in families.CLASS_DEFAULTS.get(family or "", {}).items():
            facts.assume(f"model.{key}", value)
    state_layers(facts, config, family or "other")
    state_experts(facts, config)
    _adjust(facts, config, family or "other")
    _finish(facts, config, family or "other")
    if family is None:
        _assume_unknown(facts, config, kind)


def _state_first(facts: Facts, key: str, config: dict, names: tuple[str, ...]) -> None:
    for name in names:
        value = config.get(name)
        if isinstance(value, list) and value:
            if any(one != value[0] for one in value):
                facts.note("list", name=name, value=str(value[0])[:20])
            value = value[0]
        if value is not None and not (key == "model.patch_size" and isinstance(value, dict)):
            facts.state(key, value, name)
            return


def _adjust(facts: Facts, config: dict, family: str) -> None:
    """What a family writes differently."""
    hidden = facts.whole("model.hidden")
    if family == "falcon":
        grouped = config.get("new_decoder_architecture") is True
        if not grouped:
            facts.values["model.kv_heads"] = 1 if config.get("multi_query", True) is not False else facts.values.get("model.heads")
    if config.get("multi_query_attention") is True:
        facts.state("model.kv_heads", config.get("multi_query_group_num"), "multi_query_group_num")
    if family == "qwen" and (wide := facts.whole("model.intermediate")):
        facts.values["model.intermediate"] = wide // 2  # its file counts both matrices of the gate
    if family == "dinov2" and hidden:
        ratio = config.get("mlp_ratio", 4)
        facts.derive("model.intermediate", hidden * ratio if isinstance(ratio, int) and ratio < hidden else None)
        facts.values["model.gated"] = config.get("use_swiglu_ffn") is True
    if family in families.FOURFOLD and hidden:
        facts.derive("model.intermediate", 4 * hidden)
    for name in ("use_bias", "bias"):
        if isinstance(config.get(name), bool) and family in ("starcoder2", "internlm2", "falcon", "other"):
            facts.state("model.attention_bias", config[name], name)
            facts.state("model.mlp_bias", config[name], name)
    if family in families.PICTURES:
        facts.values.pop("model.vocab", None)
        labels = config.get("id2label")
        facts.state("model.classes", len(labels) if isinstance(labels, dict) else config.get("num_labels"), "num_labels")


def _finish(facts: Facts, config: dict, family: str) -> None:
    heads, hidden = facts.whole("model.heads"), facts.whole("model.hidden")
    if heads:
        facts.derive("model.kv_heads", heads)
        if hidden and hidden % heads == 0 and not facts.values.get("model.kv_lora_rank"):
            facts.derive("model.head_dim", hidden // heads)
    tied = config.get("tie_word_embeddings")
    if isinstance(tied, bool):
        facts.state("model.tied_embeddings", tied, "tie_word_embeddings")
    elif family not in families.PICTURES:
        facts.derive("model.tied_embeddings", family in families.TIED)


def _assume_unknown(facts: Facts, config: dict, kind: str) -> None:
    """Say what is taken for granted of a family that nobody knows."""
    act = str(config.get("hidden_act") or config.get("hidden_activation") or config.get("activation_function") or "").lower()
    gated = False if act in _PLAIN_MLP else True if "silu" in act or "swish" in act or "glu" in act else None
    if gated is not None:
        facts.derive("model.gated", gated)
    facts.note("family", kind=kind[:60] or "?")
    facts.values.pop("model.tied_embeddings", None) if "tie_word_embeddings" not in config else None
    facts.assume("model.tied_embeddings", False)
    facts.assume("model.gated", True)
    facts.assume("model.attention_bias", False)


SOURCE = HuggingFace()

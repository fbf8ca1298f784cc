"""The config.json of a diffusers transformer or UNet, recognised by `_class_name`.

Their sizes are in latent pixels, of which one stands for 8 x 8 of the image.
A DiT becomes a shape; a UNet is told by its sums, which no file holds.
"""

import math

from app.engine.model.workloads import Workload
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._facts import Facts
from app.engine.workload.sources._presets import preset_where

_UNETS = ("UNet2DConditionModel", "UNet2DModel", "UNet3DConditionModel", "UNetSpatioTemporalConditionModel")
_MARKS = frozenset({"attention_head_dim", "num_attention_heads", "block_out_channels"})
_FAMILIES = (("Wan", "wan"), ("SD3", "sd3"))
_LATENT = 8
_KEYS = {
    "layers": ("num_layers",),
    "heads": ("num_attention_heads",),
    "head_dim": ("attention_head_dim",),
    "intermediate": ("ffn_dim",),
    "channels": ("in_channels",),
    "frames": ("sample_frames",),
    "text_len": ("text_len", "max_text_seq_length", "text_seq_length"),
    "text_hidden": (
        "joint_attention_dim",
        "caption_channels",
        "text_dim",
        "text_embed_dim",
        "cross_attention_dim",
        "caption_projection_dim",
    ),
    "classes": ("num_embeds_ada_norm", "num_classes"),
}


class Diffusers:
    """A part of an image or video pipeline."""

    slug = "diffusers"

    def recognises(self, document: Document) -> bool:
        """It names its class."""
        return document.syntax == "json" and "_class_name" in document.names and bool(document.names & _MARKS)

    def read(self, document: Document) -> Workload:
        """Return a workload that knows the network; the task is taken as inference until the user says otherwise."""
        config, facts = document.tree, Facts(document)
        kind = str(config.get("_class_name", ""))
        if kind in _UNETS or "block_out_channels" in config:
            _unet(facts, config)
        else:
            _transformer(facts, config, kind)
        return facts.workload(str(config.get("_name_or_path") or kind), "inference")


def _transformer(facts: Facts, config: dict, kind: str) -> None:
    facts.values["model.family"] = next((family for start, family in _FAMILIES if kind.startswith(start)), "dit")
    for key, names in _KEYS.items():
        name = next((one for one in names if config.get(one) is not None), "")
        value = config.get(name)
        facts.state(f"model.{key}", value[-1] if isinstance(value, list) and value else value, name)
    _size(facts, config.get("sample_size"))
    patch = config.get("patch_size")
    facts.state("model.patch_size", patch[-1] if isinstance(patch, list) and patch else patch, "patch_size")
    heads, width = facts.whole("model.heads"), facts.whole("model.head_dim")
    if heads and width:
        facts.derive("model.hidden", heads * width)
        facts.derive("model.intermediate", 4 * heads * width)
    single = config.get("num_single_layers")
    layers = facts.whole("model.layers")
    if isinstance(single, int) and not isinstance(single, bool) and single > 0 and layers:
        facts.values["model.layers"] = layers + single
        facts.note("single_layers", layers=layers, single=single)
    facts.note("sample", kind=kind[:60])


def _size(facts: Facts, latent: object) -> None:
    """Take the size of the image from that of its latent."""
    size = latent * _LATENT if isinstance(latent, int) and not isinstance(latent, bool) else latent
    facts.state("model.image_size", size, "sample_size")


def _unet(facts: Facts, config: dict) -> None:
    """Take what a UNet's file tells; its sums come from the model library where one model has the same channels and prompt."""
    facts.values["model.family"] = "unet"
    facts.state("model.channels", config.get("in_channels"), "in_channels")
    _size(facts, config.get("sample_size"))
    width = config.get("cross_attention_dim")
    facts.state("model.text_hidden", width[-1] if isinstance(width, list) and width else width, "cross_attention_dim")
    known = preset_where("unet", text_hidden=facts.values.get("model.text_hidden")) if facts.values.get("model.text_hidden") else None
    if known is None or not math.isfinite(known.model.flops_per_sample) or not known.model.flops_per_sample:
        facts.note("sums")
        return
    for key in ("parameters", "flops_per_sample", "kept_per_sample", "image_size", "text_len"):
        facts.values[f"model.{key}"] = getattr(known.model, key)
    facts.note("preset", name=known.name, source=known.source)


SOURCE = Diffusers()

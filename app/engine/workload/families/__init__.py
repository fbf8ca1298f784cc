"""Model -> network: transformers by the habits of their family, convolutional networks and HPC codes by their declared sums."""

from functools import lru_cache

from app.engine.messages import Message, message
from app.engine.model.workloads import Model
from app.engine.workload.families.transformer import transformer_of
from app.engine.workload.network import Declared, Network

DECLARED = frozenset({"resnet", "yolo", "unet", "sdxl", "cnn", "hpc"})
"""Families that are told by their sums."""


@lru_cache(maxsize=512)
def network_of(model: Model | None) -> Network | Declared | Message:
    """Return what the network is made of, or the reason why it is not known."""
    if model is None:
        return message("workload.no_model")
    hpc = model.fp64_flop_per_unit or model.fp32_flop_per_unit or model.bytes_per_unit or model.resident_bytes_per_unit
    if model.family.lower() in DECLARED or model.flops_per_sample or hpc:
        return declared_of(model)
    return transformer_of(model)


def declared_of(model: Model) -> Declared | Message:
    """Return the sums of a network or code, or which are missing."""
    hpc = bool(model.fp64_flop_per_unit or model.fp32_flop_per_unit or model.bytes_per_unit or model.resident_bytes_per_unit)
    needed = () if hpc else ("parameters", "flops_per_sample", "kept_per_sample")
    missing = [f"[model] {key}" for key in needed if not getattr(model, key)]
    if missing:
        return message("workload.shape_missing", keys=missing)
    return Declared(
        family=model.family,
        parameters=int(model.parameters or 0),
        flops=model.flops_per_sample,
        kept_elements=model.kept_per_sample,
        fp64_flops=model.fp64_flop_per_unit,
        fp32_flops=model.fp32_flop_per_unit,
        moved_bytes=model.bytes_per_unit,
        resident_bytes=model.resident_bytes_per_unit,
    )


def count_parameters(model: Model | None) -> int | None:
    """Return the exact number of parameters of the whole model, None where the shape is not known."""
    found = network_of(model)
    if isinstance(found, Message):
        return None
    return found.parameters or None

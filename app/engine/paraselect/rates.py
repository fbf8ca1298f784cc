"""The four rates of the formula for a pair of platforms: compute, memory, host link, fabric; one direction everywhere."""

from msgspec import Struct

from app.engine.errors import MissingFact
from app.engine.model.platforms import Platform

DENSE_KEYS = {
    "fp64": "fp64_tflops", "fp32": "fp32_tflops", "tf32": "tf32_tflops", "fp16": "fp16_tensor_tflops", "bf16": "bf16_tensor_tflops",
    "fp8": "fp8_tflops", "fp4": "fp4_tflops", "int8": "int8_tops", "int4": "fp16_tensor_tflops", "": "fp16_tensor_tflops",
}  # fmt: skip
"""4-bit weights are unpacked and multiplied in 16 bits; a run without a stated precision is compared by FP16."""
USED = 1e-6
TERMS = ("compute", "memory", "host", "fabric")


class Ratios(Struct, frozen=True):
    """rate_ref / rate_target of each term; where a fact is missing the ratio is None and `missing` names platform and key."""

    values: tuple[float | None, float | None, float | None, float | None]
    missing: dict[int, tuple[str, str]]
    effective: bool

    def needed(self, k: tuple[float, ...]) -> list[float]:
        """Return the ratios with 0 where k is 0. Raises MissingFact for one that counts and is not known."""
        found = []
        for place, share in enumerate(k):
            value = self.values[place]
            if share > USED and value is None:
                platform, key = self.missing[place]
                raise MissingFact("paraselect.missing_fact", platform=platform, key=key)
            found.append(value if share > USED and value is not None else 0.0)
        return found


def ratios(reference: Platform, target: Platform, precision: str, gpus: int) -> Ratios:
    """Return the ratios of a pair. The effective BF16/FP16 rate is used where both sides have one, else the dense peak."""
    missing: dict[int, tuple[str, str]] = {}

    def divide(place: int, one: tuple[float | None, str], other: tuple[float | None, str]) -> float | None:
        for platform, (value, key) in ((reference, one), (target, other)):
            if not value:
                missing.setdefault(place, (platform.id, key))
        return one[0] / other[0] if one[0] and other[0] else None

    effective = precision in ("bf16", "fp16") and bool(reference.number("achieved_bf16_tflops") and target.number("achieved_bf16_tflops"))
    key = "achieved_bf16_tflops" if effective else DENSE_KEYS.get(precision, DENSE_KEYS[""])
    compute = divide(0, (reference.number(key), key), (target.number(key), key))
    memory = divide(1, *((side.number("memory_bw_gbs"), "memory_bw_gbs") for side in (reference, target)))
    host = divide(2, _host(reference), _host(target))
    if gpus == 1:
        fabric: float | None = 1.0
    elif "none" in (reference.fabric.kind, target.fabric.kind):
        fabric = host  # where one side has no fabric, both talk over the host link
        if host is None:
            missing[3] = missing[2]
    else:
        fabric = divide(3, _fabric(reference), _fabric(target))
    return Ratios((compute, memory, host, fabric), missing, effective)


def _host(platform: Platform) -> tuple[float | None, str]:
    return platform.host.one_direction_gbs, "host_bw_gbs"


def _fabric(platform: Platform) -> tuple[float | None, str]:
    return platform.fabric.one_direction_gbs, "fabric_bw_one_direction_gbs"

"""The editable limits of the characterisation: platform_db/thresholds.toml."""

import tomllib
from functools import cache

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.paths import platform_db_folder


class Busy(Struct, frozen=True, forbid_unknown_fields=True):
    """What counts as idle."""

    idle_gpu: float


class Scores(Struct, frozen=True, forbid_unknown_fields=True):
    """The share at which a resource counts as fully used."""

    tensor_core: float
    fp32: float
    fp16: float
    sm_active: float
    vram_bandwidth: float
    memory_controller_busy: float
    nvlink: float
    infiniband: float
    pcie: float
    disk: float
    communication_share: float
    host_gap: float
    cpu_iowait: float
    cpu_system: float


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """When a class is clear."""

    clear: float
    margin: float


class AdviceLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a piece of advice is given."""

    low_gpu: float
    low_vram: float
    full_vram: float
    exposed_communication: float
    uneven_cards: float


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """All limits and where they come from."""

    source: str
    busy: Busy
    scores: Scores
    verdict: Verdict
    advice: AdviceLimits


@cache
def thresholds() -> Thresholds:
    """Return the limits. Raises EngineError naming the file where it was edited badly."""
    path = platform_db_folder() / "thresholds.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Thresholds)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise EngineError("profiling.bad_thresholds", file=path.name, detail=str(error)) from error

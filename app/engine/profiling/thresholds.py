"""The editable limits of the characterisation: platform_db/thresholds.toml."""

import tomllib
from functools import cache
from typing import Literal

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.profiles import LoadClass
from app.engine.paths import platform_db_folder


class Busy(Struct, frozen=True, forbid_unknown_fields=True):
    """What counts as idle."""

    idle_gpu: float


class Ramp(Struct, frozen=True, forbid_unknown_fields=True):
    """A straight line from 0 at `none` to 1 at `full`."""

    none: float
    full: float

    def at(self, value: float) -> float:
        """Return 0..1."""
        return min(max((value - self.none) / (self.full - self.none), 0.0), 1.0)


class Sign(Ramp, frozen=True, forbid_unknown_fields=True, rename={"load": "class"}):
    """A figure that speaks for a class. time: a share of the run's time; instead: only where no other sign of the class is known."""

    load: LoadClass
    figure: str
    reason: str
    time: bool = False
    instead: bool = False


class Estimate(Struct, frozen=True, forbid_unknown_fields=True):
    """When a busy card counts as computing although no counter says so."""

    gpu: float
    score: float


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """When a class is clear."""

    clear: float
    margin: float
    alone: float


class DependenceRule(Struct, frozen=True, forbid_unknown_fields=True):
    """figures: name -> (medium from, high from)."""

    resource: Literal["compute", "vram_capacity", "vram_bandwidth", "card_links", "node_links", "host", "storage"]
    figures: dict[str, tuple[float, float]]


class Cluster(Struct, frozen=True, forbid_unknown_fields=True):
    """When a card has fallen behind the others."""

    cards: int
    deviations: float
    sustained: float
    bins: int
    shortest_bin_s: float
    below: dict[str, float]


class Checkpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """What tells checkpoints from other writing."""

    burst: float
    rare: float
    gpu: float


class Throttling(Struct, frozen=True, forbid_unknown_fields=True):
    """When a card is at the limit of its power or temperature."""

    power: float
    heat_c: float


class Comparison(Struct, frozen=True, forbid_unknown_fields=True):
    """When a figure of two runs has changed."""

    moved: float
    moved_relative: float
    same_work: float


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """All limits and where they come from."""

    source: str
    facts: dict[str, float]  # how old a fact may be: platform_store/ageing.py
    busy: Busy
    sign: tuple[Sign, ...]
    starving: Ramp
    feeding: Ramp
    estimate: Estimate
    quiet: dict[str, float]
    verdict: Verdict
    dependence: tuple[DependenceRule, ...]
    cluster: Cluster
    checkpoint: Checkpoint
    throttling: Throttling
    comparison: Comparison


@cache
def thresholds() -> Thresholds:
    """Return the limits. Raises EngineError naming the file where it was edited badly."""
    path = platform_db_folder() / "thresholds.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Thresholds)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise EngineError("profiling.bad_thresholds", file=path.name, detail=str(error)) from error

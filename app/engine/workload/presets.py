"""Model shapes to begin typing from: resources/presets.toml, each with its source."""

import tomllib
from functools import cache

import msgspec
from msgspec import Struct

from app.engine.model.workloads import Model
from app.engine.paths import resources_folder


class Preset(Struct, frozen=True):
    """A published shape. source: the repository whose config.json says so."""

    name: str
    source: str
    model: Model


@cache
def load_presets() -> tuple[Preset, ...]:
    """Return all presets in the order of the file, read once."""
    raw = tomllib.loads((resources_folder() / "presets.toml").read_text(encoding="utf-8"))["model"]
    return tuple(Preset(one.pop("name"), one.pop("source"), msgspec.convert(one, Model)) for one in raw)

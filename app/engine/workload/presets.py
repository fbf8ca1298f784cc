"""Model shapes to begin typing from: resources/presets.toml, each with its source."""

import tomllib
from functools import cache

import msgspec
from msgspec import Struct

from app.engine.model.workloads import Model
from app.engine.paths import resources_folder

_KEYS = frozenset(field.name for field in msgspec.structs.fields(Model))


class Preset(Struct, frozen=True):
    """A published shape. source: the repository or paper whose file says so; also: other names of the same shape."""

    name: str
    source: str
    model: Model
    also: tuple[str, ...] = ()

    @property
    def found_by(self) -> str:
        """Return what a search finds it by besides its name."""
        return " ".join((*self.also, self.source, self.model.family))


@cache
def load_presets() -> tuple[Preset, ...]:
    """Return all presets in the order of the file, read once."""
    raw = tomllib.loads((resources_folder() / "presets.toml").read_text(encoding="utf-8"))["model"]
    return tuple(preset_of(one) for one in raw)


def preset_of(table: dict) -> Preset:
    """Return the preset of one table; a key that no model has would be lost in silence, so it is an error."""
    shape = {key: value for key, value in table.items() if key not in ("name", "source", "also")}
    unknown = sorted(set(shape) - _KEYS)
    if unknown:
        raise ValueError(f"presets.toml, {table['name']}: no such key of [model]: {', '.join(unknown)}")
    return Preset(table["name"], table["source"], msgspec.convert(shape, Model), tuple(table.get("also", ())))

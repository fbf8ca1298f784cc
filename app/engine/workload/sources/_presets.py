"""Finding the model that a path or a repository names in the model library."""

import re

import msgspec

from app.engine.workload.presets import Preset, load_presets
from app.engine.workload.sources._facts import Facts

_SUFFIX = re.compile(r"[-_.]?(hf|base|chat|instruct|it|v0\.\d|v\d|\d{4}|awq|gptq|int4|int8|fp8|gguf|bnb|4bit|8bit|pretrained)$")
_PREFIX = re.compile(r"^(meta-|deepseek-ai-)")


def preset_named(name: str) -> Preset | None:
    """Return the shape that "Qwen/Qwen2.5-7B-Instruct" or "/models/Llama-2-7b-hf" means, None where none is certain."""
    bare = name.strip().replace("\\", "/").rstrip("/")[:200]
    tail = bare.rpartition("/")[2]
    for preset in load_presets():
        if bare.count("/") == 1 and preset.source.lower().endswith(f"/{bare.lower()}"):
            return preset
    wanted = _plain(tail)
    found = [
        one
        for one in load_presets()
        if wanted and wanted in {_plain(word) for word in (one.name, *one.also, one.source.rpartition("/")[2])}
    ]
    return found[0] if found and all(one.model == found[0].model for one in found) else None


def preset_where(family: str, **values: object) -> Preset | None:
    """Return the only shape of a family with these values, None where there is none or more than one."""
    found = [
        one
        for one in load_presets()
        if one.model.family == family and all(getattr(one.model, key) == value for key, value in values.items())
    ]
    return found[0] if len(found) == 1 else None


def state_model_name(facts: Facts, raw: object) -> None:
    """Take the shape of the model that is named, or say that none is known by that name."""
    if not isinstance(raw, str) or not raw or "$" in raw:
        facts.note("no_model", name=str(raw or "")[:80])
        return
    preset = preset_named(raw)
    if preset is None:
        facts.note("no_model", name=raw[-80:])
        return
    for key, value in msgspec.structs.asdict(preset.model).items():
        facts.values[f"model.{key}"] = value
    facts.note("preset", name=preset.name, source=preset.source)


def _plain(name: str) -> str:
    name = _PREFIX.sub("", name.lower())
    while (shorter := _SUFFIX.sub("", name)) != name:
        name = shorter
    return re.sub(r"[-_. ]", "", name)

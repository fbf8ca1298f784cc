"""Check the whole of platform_db: each problem names file, row, key, what is wrong and the remedy."""

from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.platforms import Platform
from app.engine.paths import platform_db_folder
from app.engine.platform_store.catalogue import load_catalogue
from app.engine.platform_store.check_software import software_problems
from app.engine.platform_store.effort import load_effort_priors
from app.engine.platform_store.software import load_families, load_models, load_operator_support, load_operators, load_stacks

CONFIDENCES = ("high", "medium", "low")
SUPPORT = ("native", "composite", "fallback_cpu", "unsupported", "unknown")
# The sparse rate of a card is twice its dense one, so a narrower format more than 4.2 times as fast hints at a sparse figure.
STEPS = (("fp16_tensor_tflops", "fp8_tflops"), ("bf16_tensor_tflops", "fp8_tflops"), ("fp8_tflops", "fp4_tflops"))
MOST_PER_STEP = 4.2


class Problem(Struct, frozen=True):
    """One thing wrong in the data files; what carries its remedy in the catalogue."""

    file: str
    row: str
    key: str
    what: Message


def check_database(folder: Path | None = None) -> list[Problem]:
    """Return everything wrong in the folder, [] when it is sound."""
    folder = folder or platform_db_folder()
    problems: list[Problem] = []
    loaded: dict[str, object] = {}
    loaders = {
        "catalogue": load_catalogue,
        "operators": load_operators,
        "support": load_operator_support,
        "families": load_families,
        "stacks": load_stacks,
        "models": load_models,
        "effort": load_effort_priors,
    }
    for name, load in loaders.items():
        try:
            loaded[name] = load(folder)
        except EngineError as error:
            row, _, key = error.place.partition(":")
            problems.append(Problem(error.file, row, key, error.message))
    if "catalogue" in loaded and "families" in loaded:
        for platform in load_catalogue(folder).platforms:
            problems += _check_platform(platform, set(load_families(folder)))
    if "support" in loaded and "operators" in loaded:
        problems += _check_support(folder)
    if {"catalogue", "families", "stacks", "models"} <= loaded.keys():
        vendors = {platform.vendor_en for platform in load_catalogue(folder).platforms}
        problems += [Problem(*found) for found in software_problems(folder, vendors)]
    return problems


def _check_platform(platform: Platform, families: set[str]) -> list[Problem]:
    problems = []

    def wrong(key: str, code: str, **params: str | float) -> None:
        problems.append(Problem("accelerators.csv", platform.id, key, message(f"platforms.{code}", **params)))

    if platform.family and platform.family not in families:
        wrong("platform_family", "no_such_family", family=platform.family)
    if platform.confidence not in CONFIDENCES:
        wrong("confidence", "bad_confidence", value=platform.confidence)
    if any(not fact.source for fact in platform.facts.values()):
        wrong("source", "no_source")
    if any(not fact.as_of for fact in platform.facts.values()):
        wrong("as_of", "no_date")
    total, one = platform.number("fabric_bw_gbs"), platform.fabric.one_direction_gbs
    if total is not None and one is not None and one > total:
        wrong("fabric_bw_one_direction_gbs", "direction", one=one, total=total)
    for wide, narrow in STEPS:
        slow, fast = platform.number(wide), platform.number(narrow)
        if slow and fast and fast > MOST_PER_STEP * slow:
            wrong(narrow, "maybe_sparse", narrow=narrow, wide=wide)
    return problems


def _check_support(folder: Path) -> list[Problem]:
    known = load_operators(folder)
    problems = []
    for family, operators in load_operator_support(folder).items():
        for op, found in operators.items():
            if op not in known:
                problems.append(Problem("operator_support.csv", f"{family} {op}", "op", message("platforms.no_such_operator", op=op)))
            if found.support not in SUPPORT:
                problems.append(
                    Problem("operator_support.csv", f"{family} {op}", "support", message("platforms.bad_support", value=found.support))
                )
    return problems

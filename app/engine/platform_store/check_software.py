"""Check the rows of software that the assessment reads: known vendors, versions with a number, dates, families, what an owner may say."""

import re
from collections.abc import Iterator
from pathlib import Path

from app.engine.messages import message
from app.engine.platform_store.keys import CONFIDENCES, is_day
from app.engine.platform_store.problems import Problem
from app.engine.platform_store.software import load_families, load_models, load_stacks

OFFICIAL = ("yes", "community", "no")
BESIDE = ("pytorch", "tsingmicro")
"""First words of vendors that have rows of software and no family: the wheels of PyTorch, and one whose card is not in the catalogue."""


def software_problems(folder: Path, vendors: set[str]) -> Iterator[Problem]:
    """Yield everything wrong in software_stacks.csv and model_support.csv. vendors: those of the catalogue."""
    families = load_families(folder)
    known = {_first(vendor) for vendor in (*vendors, *(facts.facts.get("vendor_en", "") for facts in families.values()))} | set(BESIDE)
    for stack in load_stacks(folder):
        row = f"{stack.vendor} {stack.toolkit} {stack.version}".strip()
        if _first(stack.vendor) not in known:
            yield Problem("software_stacks.csv", row, "vendor", message("platforms.no_such_vendor", vendor=stack.vendor))
        if stack.version and not re.search(r"\d", stack.version):
            yield Problem("software_stacks.csv", row, "toolkit_version", message("platforms.bad_version", value=stack.version))
        yield from _common("software_stacks.csv", row, stack.source, stack.as_of, stack.confidence)
    for model in load_models(folder):
        row = f"{model.family} {model.model} {model.engine}"
        if model.family not in families:
            yield Problem("model_support.csv", row, "platform_family", message("platforms.no_such_family", family=model.family))
        if model.official not in OFFICIAL:
            yield Problem("model_support.csv", row, "official", message("platforms.bad_official", value=model.official))
        yield from _common("model_support.csv", row, model.source, model.as_of, model.confidence)


def _common(file: str, row: str, source: str, as_of: str, confidence: str) -> Iterator[Problem]:
    if not source:
        yield Problem(file, row, "source", message("platforms.no_source"))
    if not is_day(as_of):
        yield Problem(file, row, "as_of", message("platforms.bad_date", value=as_of, key="as_of"))
    if confidence not in CONFIDENCES:
        yield Problem(file, row, "confidence", message("platforms.bad_confidence", value=confidence))


def _first(vendor: str) -> str:
    return vendor.split(" ")[0].lower()

"""How a platform computes in a precision, and which one the application would run in there."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from app.engine.model.assessments import PrecisionNote
from app.engine.model.platforms import Knowledge, Platform

INSTEAD = {
    "bf16": ("fp16", "fp32"),
    "fp16": ("bf16", "fp32"),
    "tf32": ("fp32",),
    "fp8": ("bf16", "fp16", "int8"),
    "fp4": ("fp8", "bf16", "fp16", "int8"),
    "int8": ("fp16", "bf16"),
    "int4": ("int8", "fp16", "bf16"),
}
"""What a run can change to, first what needs no new calibration; FP64 and FP32 have no substitute."""
SAME_SIZE = ({"bf16", "fp16"}, {"fp32", "tf32"}, {"fp8", "int8"}, {"fp4", "int4"})
"""Formats whose weights take the same room."""


class Computed(Struct, frozen=True):
    """How one platform computes in one precision. source: who says so; note: what the data sheet cannot say."""

    support: Literal["native", "emulated", "absent", "unknown"]
    source: str = ""
    note: PrecisionNote | None = None


@lru_cache(maxsize=4096)
def listed(precisions: str) -> frozenset[str]:
    """Return the precisions of a data sheet's list, without its remarks: fp64;tf32+;int8(dp4a)."""
    return frozenset(re.sub(r"\(.*?\)|\+", "", word).strip().lower() for word in precisions.split(";") if word.strip())


def computed(platform: Platform, precision: str, knowledge: Knowledge) -> Computed:
    """Return how a platform computes in a precision: by its own note, its data sheet, its family's note, a peak of its data sheet."""
    own, family = note_of(platform, precision, knowledge)
    if own is not None:
        return Computed(own.support, own.source, own)
    fact = platform.facts["precision_support"]
    if isinstance(fact.value, str) and precision in listed(fact.value):
        return Computed("native", fact.source, family)
    if family is not None:
        return Computed(family.support, family.source, family)
    if precision == "fp64" and platform.number("fp64_tflops"):
        return Computed("native", platform.facts["fp64_tflops"].source)
    if not isinstance(fact.value, str):
        return Computed("unknown")
    return Computed("absent", fact.source)


def note_of(platform: Platform, precision: str, knowledge: Knowledge) -> tuple[PrecisionNote | None, PrecisionNote | None]:
    """Return the note of this card and that of its family."""
    notes = [note for note in knowledge.precision if note.precision == precision]
    own = next((note for note in notes if fnmatchcase(platform.id, note.scope)), None)
    return own, next((note for note in notes if note.scope == platform.family), None)


def substitutes(platform: Platform, precision: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Return what the platform computes natively in place of a precision, nearest first."""
    return tuple(other for other in INSTEAD.get(precision, ()) if computed(platform, other, knowledge).support == "native")


def runs_as(platform: Platform, precision: str, knowledge: Knowledge) -> str:
    """Return the precision in which the weights would lie on a platform: as declared, or the nearest one that it has."""
    if computed(platform, precision, knowledge).support != "absent":
        return precision
    return next(iter(substitutes(platform, precision, knowledge)), precision)


def same_size(one: str, other: str) -> bool:
    """Tell whether weights take as much room in the one as in the other."""
    return one == other or any({one, other} <= alike for alike in SAME_SIZE)

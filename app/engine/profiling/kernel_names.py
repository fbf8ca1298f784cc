"""What a kernel's name tells: its kind, and whether it runs on matrix units (platform_db/kernel_classes.csv, first match wins)."""

import csv
import re
from functools import cache

import numpy as np
from msgspec import Struct

from app.engine.paths import platform_db_folder

_TOLD: dict[str, bool | None] = {"yes": True, "no": False, "": None}
COMPUTE_KINDS = frozenset({"matrix", "convolution", "attention"})
"""Kinds whose kernels do the multiplications of a matrix product, a convolution or attention."""


class KernelKind(Struct, frozen=True):
    """kind: the class of the table, "other" where no rule fits. tensor_core: None = its name cannot tell."""

    kind: str = "other"
    tensor_core: bool | None = None


@cache
def kernel_kind(name: str) -> KernelKind:
    """Return what the name of a kernel tells."""
    return next((kind for pattern, kind in _rules() if pattern.search(name)), KernelKind())


def flags(names: tuple[str, ...], used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (names,) int8 1 = on matrix units, 0 = not, -1 = cannot be told; and (names,) bool of a compute kind. used: their numbers."""
    tensor, computes = np.full(len(names), -1, np.int8), np.zeros(len(names), bool)
    for number in used.tolist():
        found = kernel_kind(names[number])
        tensor[number] = -1 if found.tensor_core is None else found.tensor_core
        computes[number] = found.kind in COMPUTE_KINDS
    return tensor, computes


@cache
def _rules() -> tuple[tuple[re.Pattern[str], KernelKind], ...]:
    with (platform_db_folder() / "kernel_classes.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            (re.compile(row["pattern"], re.IGNORECASE), KernelKind(row["class"], _TOLD[row["tensor_core"]])) for row in csv.DictReader(file)
        )

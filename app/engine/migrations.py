"""Bring project files of older versions up to date: one function per step, on plain values in memory.

To change the layout: raise VERSION, write one function `@migrates(old)` that turns the parts of version `old` into those of `old + 1`, and
leave a project saved by the old version in tests/data/projects.
"""

from collections.abc import Callable

VERSION = 2

Parts = dict[str, object]
_STEPS: dict[int, Callable[[Parts], Parts]] = {}


def migrates(old: int) -> Callable[[Callable[[Parts], Parts]], Callable[[Parts], Parts]]:
    """Register the step from version `old` to the next."""

    def register(step: Callable[[Parts], Parts]) -> Callable[[Parts], Parts]:
        _STEPS[old] = step
        return step

    return register


def migrate(parts: Parts, version: int) -> Parts:
    """Return the parts as the present version writes them. Raises ValueError for a version that never was."""
    if version < 1:
        raise ValueError(f"version {version} of the project file never was")
    for old in range(version, VERSION):
        parts = _STEPS[old](parts)
    return parts


@migrates(1)
def _comparison_run(parts: Parts) -> Parts:
    """Version 2 can hold a second run to compare with. Nothing to convert: the number keeps an older program from dropping that run."""
    return parts

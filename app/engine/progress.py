"""Progress and cancel as one plain callable: `progress(share, doing)`.

share is 0..1 of the work, doing the code of what is being done (`messages.py`). The callable may raise `Cancelled`; work just lets it pass.
"""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float, str], None]


def no_progress(share: float, doing: str) -> None:
    """Tell nobody."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress whose 0..1 fills `start`..`end` of the given one."""
    return lambda share, doing: progress(start + (end - start) * share, doing)

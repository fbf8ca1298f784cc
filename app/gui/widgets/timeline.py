"""What all rows of a timing view share: the stretch that is seen, the cursor, the region, markers, steps; and the ticks of its axis."""

import math

from msgspec import Struct
from PySide6.QtCore import QObject, Signal

from app.engine.units import MINUS, THIN_SPACE

LEAST_SHARE, MOST_BACK = 1e-8, 50
UNITS = ((3 * 3600.0, 3600.0, "h"), (1.0, 1.0, "s"), (1e-3, 1e-3, "ms"), (0.0, 1e-6, "µs"))
"""(from this end of the view on, seconds a unit, unit)"""


class Marker(Struct, frozen=True):
    """A moment with a note."""

    time_s: float
    note: str


class Step(Struct, frozen=True):
    """One step of a run, in seconds from the trace's origin."""

    number: str
    start_s: float
    end_s: float


class Timeline(QObject):
    """The time axis of one view. Times in seconds from the trace's origin; region_s and cursor_s are None while there is none.

    offset_s is added to the times of the comparison run, which may have begun at another point of the work.
    """

    moved = Signal()
    pointed = Signal()
    region_changed = Signal()
    marked = Signal()
    prepared = Signal()  # curves that were prepared in the background can be drawn
    shifted = Signal()

    def __init__(self, duration_s: float) -> None:
        super().__init__()
        self.duration_s = max(duration_s, 1e-9)
        self.start_s, self.end_s = 0.0, self.duration_s
        self.cursor_s: float | None = None
        self.region_s: tuple[float, float] | None = None
        self.markers: tuple[Marker, ...] = ()
        self.steps: tuple[Step, ...] = ()
        self.offset_s = 0.0
        self._past: list[tuple[float, float]] = []

    @property
    def span_s(self) -> float:
        """How much is seen."""
        return self.end_s - self.start_s

    def show(self, start_s: float, end_s: float, *, remember: bool = True) -> None:
        """Show a stretch, kept within the run."""
        span = min(max(end_s - start_s, self.duration_s * LEAST_SHARE), self.duration_s)
        start = min(max(start_s, 0.0), self.duration_s - span)
        if (start, start + span) == (self.start_s, self.end_s):
            return
        if remember:
            self._past = [*self._past[-MOST_BACK:], (self.start_s, self.end_s)]
        self.start_s, self.end_s = start, start + span
        self.moved.emit()

    def fit(self) -> None:
        """Show the whole run."""
        self.show(0.0, self.duration_s)

    def zoom(self, factor: float, around_s: float | None = None) -> None:
        """Zoom: factor < 1 goes in. What lies at `around_s` stays where it is; the cursor does where that is not given."""
        around = around_s if around_s is not None else self.cursor_s
        if around is None or not self.start_s <= around <= self.end_s:
            around = (self.start_s + self.end_s) / 2
        self.show(around - (around - self.start_s) * factor, around + (self.end_s - around) * factor)

    def pan(self, share: float, *, remember: bool = True) -> None:
        """Move by a share of what is seen."""
        self.show(self.start_s + share * self.span_s, self.end_s + share * self.span_s, remember=remember)

    def keep_place(self) -> None:
        """Remember the present stretch for `back`: called once before a drag that moves it many times."""
        self._past = [*self._past[-MOST_BACK:], (self.start_s, self.end_s)]

    def back(self) -> None:
        """Return to the stretch before the last zoom."""
        if self._past:
            self.show(*self._past.pop(), remember=False)

    def point(self, time_s: float | None) -> None:
        """Put the cursor at a moment; None takes it away."""
        self.cursor_s = None if time_s is None else min(max(time_s, 0.0), self.duration_s)
        self.pointed.emit()

    def choose(self, region_s: tuple[float, float] | None) -> None:
        """Choose a region of the run; None chooses all of it."""
        if region_s is not None:
            first, last = sorted(region_s)
            region_s = (max(0.0, first), min(self.duration_s, last))
        self.region_s = region_s
        self.region_changed.emit()

    def toggle_region(self) -> None:
        """Put a region on the middle half of what is seen, or take it away."""
        self.choose(None if self.region_s else (self.start_s + self.span_s / 4, self.end_s - self.span_s / 4))

    def choose_step(self, time_s: float) -> bool:
        """Make the step at a moment the region; tell whether there is one that is not the region yet."""
        step = next((one for one in self.steps if one.start_s <= time_s < one.end_s), None)
        if step is None or self.region_s == (max(0.0, step.start_s), min(self.duration_s, step.end_s)):
            return False
        self.choose((step.start_s, step.end_s))
        return True

    def shift(self, offset_s: float) -> None:
        """Shift the comparison run against this one."""
        self.offset_s = min(max(offset_s, -self.duration_s), self.duration_s)
        self.shifted.emit()

    def mark(self, time_s: float, note: str) -> Marker:
        """Add a marker."""
        made = Marker(min(max(time_s, 0.0), self.duration_s), note)
        self.markers = tuple(sorted([*self.markers, made], key=lambda one: one.time_s))
        self.marked.emit()
        return made

    def unmark(self, marker: Marker) -> None:
        """Take a marker away."""
        self.markers = tuple(one for one in self.markers if one is not marker)
        self.marked.emit()


def time_text(time_s: float, step_s: float, end_s: float) -> str:
    """Return a moment as precisely as `step_s` asks for, in the unit that suits a view up to end_s; without the unit."""
    each, _unit = unit_of(end_s)
    decimals = max(0, min(9, -math.floor(math.log10(max(step_s / each, 1e-12)) + 1e-9)))
    text = f"{abs(time_s) / each:,.{decimals}f}".replace(",", THIN_SPACE)
    return (MINUS if time_s < 0 else "") + text


def unit_of(end_s: float) -> tuple[float, str]:
    """Return (seconds a unit, unit) for a view that ends here."""
    return next((each, unit) for least, each, unit in UNITS if end_s >= least)


def ticks(start_s: float, end_s: float, most: int) -> tuple[float, tuple[float, ...]]:
    """Return the step and the round moments within a stretch, `most` at the most."""
    each, _unit = unit_of(end_s)
    raw = (end_s - start_s) / each / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= raw * (1 - 1e-9)) * each
    first = math.ceil(start_s / step - 1e-9)
    return step, tuple(place * step for place in range(first, math.floor(end_s / step + 1e-9) + 1))

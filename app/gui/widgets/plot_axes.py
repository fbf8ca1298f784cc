"""Axes of painted plots: where a value stands, and which ticks are worth a line."""

import math
from collections.abc import Sequence

from msgspec import Struct

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Axis(Struct, frozen=True):
    """Values low..high on pixels start..end, linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of a value; what lies outside stands at the nearer end."""
        low, high, value = self._flat(self.low), self._flat(self.high), self._flat(min(max(value, self.low), self.high))
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def ticks(self, least_px: float = 44) -> list[float]:
        """Return round values at least so many pixels apart."""
        return (
            self._log_ticks(least_px)
            if self.is_log
            else linear_ticks(self.low, self.high, max(2, int(abs(self.end - self.start) // least_px)))
        )

    def _flat(self, value: float) -> float:
        return math.log10(value) if self.is_log else value

    def _log_ticks(self, least_px: float) -> list[float]:
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        chosen: list[float] = []
        for steps in ((1,), (1, 3), (1, 2, 5)):
            ticks = [step * 10.0**decade for decade in decades for step in steps if self.low <= step * 10.0**decade <= self.high]
            places = [self.at(tick) for tick in ticks]
            if any(abs(one - other) < least_px for one, other in zip(places, places[1:], strict=False)):
                break
            chosen = ticks
        return chosen or linear_ticks(self.low, self.high, 3)


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most so many (and at least two) equally spaced round values within low..high."""
    if high <= low:
        return [low]
    rough = (high - low) / max(1, most)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * part for part in STEPS if size * part >= rough - 1e-12 * size)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def log_axis(values: Sequence[float], start: float, end: float, margin: float = 0.05) -> Axis:
    """Return a logarithmic axis that holds these positive values with a margin; one decade where there is no range."""
    low, high = min(values, default=1.0), max(values, default=10.0)
    if high / low < 1.2:
        low, high = low / 2, high * 2
    room = (high / low) ** margin
    return Axis(low / room, high * room, start, end, is_log=True)

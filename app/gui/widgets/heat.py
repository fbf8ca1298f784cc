"""The heat map of one metric: a row per device, or per group of devices beside the worst one where there are too many for rows."""

import re
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from app.gui.theme import Theme
from app.gui.widgets.samples import Samples

MOST_ROWS = 64
LEVELS = 256


class HeatRow(Struct, frozen=True):
    """One row: its name and the places of the devices whose mean it shows."""

    name: str
    devices: tuple[int, ...]


class HeatMap:
    """The rows of one metric and their means over any stretch of time."""

    def __init__(self, samples: Sequence[Samples], devices: Sequence[str]) -> None:
        self.rows = rows_of(devices)
        self.is_merged = len(self.rows) < len(devices)
        self._single = tuple(samples)
        self._samples = [_together([samples[place] for place in row.devices]) for row in self.rows]

    def cells(self, start_ns: int, end_ns: int, columns: int, extra: int | None = None) -> NDArray[np.float64]:
        """Return (rows, columns) means, nan where samples are missing; `extra` puts the row of a single device first."""
        edges = np.linspace(start_ns, end_ns, columns + 1).astype(np.int64)
        rows = [*([self._single[extra]] if extra is not None else []), *self._samples]
        return np.stack([one.cells(edges) for one in rows])


def rows_of(devices: Sequence[str]) -> tuple[HeatRow, ...]:
    """Return a row per device; beyond MOST_ROWS a row per node ("rank3:1" lies on rank3) or several nodes, or per so many neighbours."""
    if len(devices) <= MOST_ROWS:
        return tuple(HeatRow(name, (place,)) for place, name in enumerate(devices))
    nodes: dict[str, list[int]] = {}
    for place, name in enumerate(devices):
        nodes.setdefault(name.rpartition(":")[0], []).append(place)
    if 1 < len(nodes) <= MOST_ROWS:
        return tuple(HeatRow(name, tuple(places)) for name, places in nodes.items())
    if len(nodes) > 1:
        names, size = list(nodes), -(-len(nodes) // MOST_ROWS)
        parts = [names[at : at + size] for at in range(0, len(names), size)]
        return tuple(HeatRow(_span(part[0], part[-1]), tuple(place for name in part for place in nodes[name])) for part in parts)
    size = -(-len(devices) // MOST_ROWS)
    groups = [range(at, min(at + size, len(devices))) for at in range(0, len(devices), size)]
    return tuple(HeatRow(f"{devices[group[0]]}–{devices[group[-1]]}", tuple(group)) for group in groups)


def _span(first: str, last: str) -> str:
    """Return two names as a span: node16–17 where only the number differs."""
    if first == last:
        return first
    number = re.search(r"\d+$", last)
    same = number is not None and first.startswith(last[: number.start()]) and first[number.start() :].isdigit()
    return f"{first}–{number[0]}" if same and number is not None else f"{first}–{last}"


def picture(cells: NDArray[np.float64], top: float, theme: Theme) -> QImage:
    """Return one pixel per cell in the colours of the heat scale; missing ones are clear."""
    colours = _scale(theme)
    known = np.isfinite(cells)
    place = np.clip(np.where(known, cells, 0) * ((LEVELS - 1) / top), 0, LEVELS - 1).astype(np.intp)
    pixels = np.where(known, colours[place], np.uint32(0))
    rows, columns = pixels.shape
    return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_ARGB32).copy()


def _scale(theme: Theme) -> NDArray[np.uint32]:
    stops = np.array([QColor(colour).getRgb()[:3] for colour in theme.heat], float)
    places = np.linspace(0, len(stops) - 1, LEVELS)
    red, green, blue = (np.interp(places, np.arange(len(stops)), stops[:, band]).astype(np.uint32) for band in range(3))
    return np.uint32(0xFF000000) | red << 16 | green << 8 | blue


def _together(samples: Sequence[Samples]) -> Samples:
    """Return several devices as one: their mean where they were sampled at the same times, all samples in order of time else."""
    first = samples[0]
    if len(samples) == 1:
        return first
    if all(one.time_ns is first.time_ns or np.array_equal(one.time_ns, first.time_ns) for one in samples[1:]):
        total, count = np.zeros(len(first.values)), np.zeros(len(first.values), np.int32)
        for one in samples:
            good = np.isfinite(one.values)
            total += np.where(good, one.values, 0)
            count += good
        return Samples(first.time_ns, np.where(count > 0, total / np.maximum(count, 1), np.nan))
    times, values = (np.concatenate([getattr(one, name) for one in samples]) for name in ("time_ns", "values"))
    order = np.argsort(times, kind="stable")
    mixed = Samples(times[order], values[order])
    mixed.step_ns = max(one.step_ns for one in samples)
    return mixed

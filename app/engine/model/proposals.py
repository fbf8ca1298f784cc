"""Proposal: the content of the documents, one model for all writers and both languages.

A Proposal is built for one language: its texts are final strings, its numbers raw with a format, so that PDF, workbook and Word
print the same figure.
"""

import datetime
from typing import Literal, TypeAlias

import numpy as np
from msgspec import Struct

CellFormat: TypeAlias = Literal["text", "integer", "number1", "number2", "number3", "money", "share", "date", "significant"]


class Text(Struct, frozen=True, tag="text"):
    """A paragraph. style: answer (one sentence with the result), body, note, section (a heading 1.1), bullet."""

    text: str
    style: Literal["answer", "body", "note", "section", "bullet"] = "body"


class Figures(Struct, frozen=True, tag="figures"):
    """Key figures side by side: (value, unit, caption)."""

    items: tuple[tuple[str, str, str], ...]


class Column(Struct, frozen=True):
    """A table column: head, unit below it, how its cells are written, its share of the width, whether it only cites sources."""

    head: str
    unit: str = ""
    format: CellFormat = "text"
    weight: float = 1.0
    cites: bool = False


class Badge(Struct, frozen=True):
    """A cell with an icon: level ok warning blocked unknown, or a prediction kind."""

    level: str
    text: str = ""


Cell: TypeAlias = str | float | int | datetime.date | Badge | None


class Table(Struct, frozen=True, tag="table"):
    """Rows of raw values; None prints as —. highlighted are row indices on a tint; name is the workbook's range name.

    compact   a long table of levels: one page of the PDF, small type in panels side by side, symbols explained below
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    highlighted: tuple[int, ...] = ()
    name: str = ""
    compact: bool = False


class TimingChannel(Struct, frozen=True, eq=False):
    """One row of the timing chart, already reduced to at most ~600 pairs: mean line and min-max band over devices.

    time_s, mean, low, high (n,) float64, nan = missing
    """

    name: str
    unit: str
    time_s: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    average: float | None = None
    p95: float | None = None


class TimingChart(Struct, frozen=True, tag="timing", eq=False):
    """Small multiples on one time axis."""

    caption: str
    channels: tuple[TimingChannel, ...]
    note: str = ""


class RadarSpoke(Struct, frozen=True):
    """value, p95 share 0..1 or None; state of the axis; label as printed."""

    label: str
    value: float | None
    p95: float | None
    state: str


class RadarChart(Struct, frozen=True, tag="radar"):
    """The ten axes (eleven with FP64)."""

    caption: str
    spokes: tuple[RadarSpoke, ...]
    note: str = ""


class IntervalBar(Struct, frozen=True):
    """One predicted platform: value None = not predictable, reason says why; out_of_range hides the point."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    kind: str
    kind_label: str
    out_of_range: bool = False
    reason: str = ""


class IntervalChart(Struct, frozen=True, tag="intervals"):
    """Predictions with 90 % bands; reference is a dashed line."""

    caption: str
    unit: str
    bars: tuple[IntervalBar, ...]
    reference: float | None = None
    reference_label: str = ""
    note: str = ""


class PlanDot(Struct, frozen=True):
    """One plan in the price/performance chart."""

    label: str
    price: float
    x: float
    recommended: str = ""
    on_front: bool = False


class PlanChart(Struct, frozen=True, tag="plan_chart"):
    """Plans: price against duration (or speed); better lies lower left (or as axis says)."""

    caption: str
    price_unit: str
    x_unit: str
    dots: tuple[PlanDot, ...]
    note: str = ""


Block: TypeAlias = Text | Figures | Table | TimingChart | RadarChart | IntervalChart | PlanChart


class Section(Struct, frozen=True):
    """A chapter: key (file name of the section), title, the question it answers, its answer, its blocks."""

    key: str
    title: str
    question: str
    blocks: tuple[Block, ...]


class Cover(Struct, frozen=True):
    """What the cover and every page's head and foot say."""

    title: str
    subtitle: str
    customer: str
    project: str
    number: str
    version: str
    date: datetime.date
    valid_until: datetime.date | None = None
    author: str = ""
    classification: str = ""


class Proposal(Struct, frozen=True):
    """A document before it has a format."""

    lang: str
    cover: Cover
    sections: tuple[Section, ...]

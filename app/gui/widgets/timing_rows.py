"""The rows of the timing view: what each shows, where it stands, what it reads at a moment."""

import numpy as np
from PySide6.QtCore import QRectF

from app.gui.look import THIN_SPACE, Look
from app.gui.theme import Theme
from app.gui.widgets.channels import Channel

MEAN, DEVICES, HEAT = "mean", "devices", "heat"
NAMES_PX = {"zh": 140, "en": 172}
CURVE_PX, FOLDED_PX, CELL_PX, HEAT_PAD_PX = 62, 26, 13, 6
COLOURS = {"gpu": 0, "vram": 2, "memory": 2, "nvlink": 1, "ib": 1, "pcie": 1, "cpu": 3, "power": 5, "temperature": 5, "disk": 4, "host": 3}


class Row:
    """One row. metric and kind (mean, devices, heat) say what it shows; channel may be of a run that is not prepared yet."""

    def __init__(self, channel: Channel, kind: str, other: Channel | None = None) -> None:
        self.channel, self.kind, self.other = channel, kind, other
        self.is_folded = self.is_pinned = False
        self.top, self.height = 0.0, float(CURVE_PX)
        self.worst: int | None = None

    @property
    def key(self) -> str:
        """What it shows, as a word."""
        return f"{self.kind}:{self.channel.metric}"

    @property
    def lines(self) -> int:
        """How many rows of devices a heat map has; the worst one stays beside merged ones."""
        heat = self.channel.heat if self.channel.is_ready else None
        return len(heat.rows) + heat.is_merged if heat else 1

    @property
    def least_px(self) -> float:
        """The height that it needs."""
        if self.is_folded:
            return FOLDED_PX
        return max(CURVE_PX, self.lines * CELL_PX + HEAT_PAD_PX) if self.kind == HEAT else CURVE_PX

    def colour(self, theme: Theme, place: int = 0) -> str:
        """Return its colour: by what is measured; by device where each has its curve."""
        if self.kind == DEVICES:
            return theme.data[place % len(theme.data)]
        return theme.data[COLOURS.get(self.channel.metric.partition("_")[0], 4)]

    def plot(self, left: float, right: float) -> QRectF:
        """Return where it is drawn."""
        pad = 3.0 if self.kind == HEAT else 1.0
        return QRectF(left, self.top + pad, right - left, self.height - 2 * pad)

    def names(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return the rows of a heat map: name and the places of the devices; the worst one first where rows are merged."""
        heat = self.channel.heat
        assert heat is not None
        rows = [(row.name, row.devices) for row in heat.rows]
        worst = self.worst if self.worst is not None else 0
        return [(self.channel.devices[worst], (worst,)), *rows] if heat.is_merged else rows

    def line_at(self, y: float) -> int:
        """Return the row of devices at a height."""
        box = self.plot(0, 1)
        return int(np.clip((y - box.top()) / box.height() * self.lines, 0, self.lines - 1))

    def readings(self, time_s: float, look: Look, line: int | None = None, offset_s: float = 0.0) -> list[str]:
        """Return what it reads at a moment: the value, its range over the devices, or that of a row of devices; then run B, shifted."""
        moment = round(time_s * 1e9)
        if not self.channel.is_ready or (self.kind == HEAT and line is None):
            return []
        if self.kind == HEAT:
            name, places = self.names()[line or 0]
            series = [self.channel.series[place] for place in places]
            values = [one.values[at] for one in series if (at := np.searchsorted(one.time_ns, moment, side="right") - 1) >= 0]
            mean = float(np.mean(values)) * self.channel.scale if values else float("nan")
            return [f"{name}: {_number(look, mean, self.channel)}"]
        if self.kind == DEVICES:
            values = [curve.at(moment) for curve in self.channel.curves]
            known = [value for value in values if value == value]
            return [" – ".join(_number(look, value, self.channel) for value in (min(known), max(known)))] if known else ["—"]
        told = [_number(look, self.channel.mean.at(moment), self.channel)]
        theirs = moment - round(offset_s * 1e9)
        if self.other is not None and self.other.is_ready and theirs <= self.other.mean.time_ns[-1]:
            told.append(f"B {_number(look, self.other.mean.at(theirs), self.channel)}")
        return told


def names_px(look: Look) -> int:
    """Return how wide the heads are; English words are wider."""
    return NAMES_PX[look.lang]


def round_text(value: float) -> str:
    """Return a round value of an axis without needless zeros."""
    return f"{value:,.6g}".replace(",", THIN_SPACE)


def _number(look: Look, value: float, channel: Channel) -> str:
    return look.number(None if value != value else value, channel.decimals)

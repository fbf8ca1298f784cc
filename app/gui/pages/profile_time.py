"""Where the time of a run went: computing, communication that nothing hides, copies, idle; steps, efficiency, what the cards waited for."""

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.engine.model.profiles import Collective, Gap, Profile, TimeShares
from app.gui.look import Look
from app.gui.theme import Theme, font
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import Card, label, row, rule
from app.gui.widgets.elided import Elided

PARTS = ("computing", "communicating", "copying", "idle")
PATTERNS = {"communicating": Qt.BrushStyle.BDiagPattern, "copying": Qt.BrushStyle.Dense4Pattern}
BAR_PX, LEGEND_PX, ROW_PX, MOST_BARS, MOST_GAPS, MOST_COLLECTIVES = 10, 18, 15, 8, 4, 4
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def time_card(profile: Profile, look: Look) -> Card | None:
    """Return the card, None where no events of a card were recorded."""
    if not profile.time_shares:
        return None
    say = look.say
    card = Card(say("page_profile.time.title"), say("page_profile.time.hint"))
    card.body.addWidget(SharesBar(profile.time_shares, look))
    facts = _facts(profile, look)
    if facts:
        card.body.addLayout(_grid([(name, value, tip) for name, value, tip in facts]))
    if profile.gaps:
        card.body.addWidget(rule(look.theme))
        card.body.addWidget(label(say("page_profile.time.gaps"), SMALL_PX, tone="2"))
        card.body.addLayout(_grid([_gap(one, look) for one in profile.gaps[:MOST_GAPS]]))
    if profile.collectives:
        card.body.addWidget(rule(look.theme))
        card.body.addWidget(label(say("page_profile.time.collectives"), SMALL_PX, tone="2"))
        card.body.addLayout(_grid([_collective(one, look) for one in profile.collectives[:MOST_COLLECTIVES]]))
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return card


def time_text(profile: Profile, look: Look) -> list[str]:
    """Return the card as lines."""
    if not profile.time_shares:
        return []
    lines = [" · ".join(_part(name, profile.time_shares[0], look) for name in PARTS)]
    lines += [f"{name} {value}" for name, value, _tip in _facts(profile, look)]
    lines += [" ".join(_gap(one, look)[:2]) for one in profile.gaps[:MOST_GAPS]]
    return lines


def _part(name: str, shares: TimeShares, look: Look) -> str:
    return f"{look.say(f'page_profile.time.{name}')} {look.number(100 * getattr(shares, name), 1)} %"


def _facts(profile: Profile, look: Look) -> list[tuple[str, str, str]]:
    say, facts = look.say, []
    steps = profile.steps
    if steps is not None:
        value = f"{look.figure(steps.mean_s * 1e3, 4)} ms"
        if steps.jitter is not None:
            value = say("page_profile.time.step", time=value, jitter=look.number(steps.jitter * 100, 1))
        tip = say("page_profile.time.step_tip", count=len(steps.start_ns), p95=look.figure(steps.p95_s * 1e3, 4))
        facts.append((say("page_profile.time.steps"), value, f"{tip}\n{say(f'page_profile.time.by_{steps.source}')}"))
    if profile.efficiency is not None:
        mfu = f"{look.number(profile.efficiency.mfu * 100, 1)} %"
        facts.append((say("page_profile.time.mfu"), mfu, look.tell(profile.efficiency.how)))
    return facts


def _gap(one: Gap, look: Look) -> tuple[str, str, str]:
    cause = look.say(f"page_profile.time.cause_{one.cause}")
    name = f"{cause} · {one.operator}" if one.operator else cause
    told = look.say("page_profile.time.gap_tip", count=look.number(one.count, 0), seconds=look.figure(one.time_s, 3))
    return name, f"{look.number(one.share * 100, 1)} %", f"{name}\n{told}"


def _collective(one: Collective, look: Look) -> tuple[str, str, str]:
    size = f" {look.figure(one.bytes / 2**20, 3)} MiB" if one.bytes else ""
    rate = f"{look.figure(one.bus_gbs or one.algorithm_gbs, 3)} GB/s" if one.bus_gbs or one.algorithm_gbs else "—"
    told = look.say("page_profile.time.collective_tip", calls=look.number(one.calls, 0), seconds=look.figure(one.time_s, 3))
    kind = look.say("page_profile.time.bus" if one.bus_gbs else "page_profile.time.algorithm") if rate != "—" else ""
    return f"{one.kind}{size} × {look.number(one.calls, 0)}", rate, "\n".join(filter(None, (told, kind)))


def _grid(rows: list[tuple[str, str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    for place, (name, value, tip) in enumerate(rows):
        figure = label(value, SMALL_PX, bold=place == 0)
        figure.setToolTip(tip)
        grid.addWidget(Elided(name, SMALL_PX, tone="2", middle=True, fills=True), place, 0)
        grid.addWidget(figure, place, 1, RIGHT)
    return grid


class SharesBar(QWidget):
    """The shares of all cards together as one bar with its legend; below it a thin bar per card, where there are several."""

    def __init__(self, shares: tuple[TimeShares, ...], look: Look) -> None:
        super().__init__()
        self._mean, self._look = shares[0], look
        cards = shares[1:] if len(shares) > 2 else ()
        self._cards = sorted(cards, key=lambda one: one.computing)[:MOST_BARS]
        self.setFixedHeight(BAR_PX + 6 + 2 * LEGEND_PX + len(self._cards) * ROW_PX)
        words = " · ".join(_part(name, self._mean, look) for name in PARTS)
        self.setAccessibleName(words)
        each = [f"{one.device}: " + " · ".join(_part(name, one, look) for name in PARTS) for one in self._cards]
        self.setToolTip("\n".join([words, *each]))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._bar(painter, QRectF(0, 0, self.width(), BAR_PX), self._mean)
        painter.setFont(font(CAPTION_PX))
        half = self.width() / 2
        for place, name in enumerate(PARTS):
            box = QRectF(place % 2 * half, BAR_PX + 6 + place // 2 * LEGEND_PX, half, LEGEND_PX)
            self._fill(painter, QRectF(box.left(), box.center().y() - 4, 8, 8), name)
            painter.setPen(QColor(self._look.theme.text2))
            painter.drawText(box.adjusted(14, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, _part(name, self._mean, self._look))
        top = BAR_PX + 6 + 2 * LEGEND_PX
        for place, one in enumerate(self._cards):
            y = top + place * ROW_PX
            painter.setPen(QColor(self._look.theme.text3))
            words = painter.fontMetrics().elidedText(one.device, Qt.TextElideMode.ElideLeft, 40)
            painter.drawText(QRectF(0, y, 40, ROW_PX), Qt.AlignmentFlag.AlignVCenter, words)
            self._bar(painter, QRectF(44, y + 4, self.width() - 44, ROW_PX - 8), one)

    def _bar(self, painter: QPainter, box: QRectF, shares: TimeShares) -> None:
        left = box.left()
        for name in PARTS:
            width = box.width() * max(0.0, getattr(shares, name))
            right = math.floor(left + width)
            self._fill(painter, QRectF(math.floor(left), box.top(), right - math.floor(left), box.height()), name)
            left += width

    def _fill(self, painter: QPainter, box: QRectF, name: str) -> None:
        ink = QColor(colour_of(name, self._look.theme))
        painter.fillRect(box, ink)
        if name in PATTERNS:  # never colour alone
            painter.fillRect(box, QBrush(QColor(self._look.theme.surface), PATTERNS[name]))


def colour_of(name: str, theme: Theme) -> str:
    """Return the colour of a part of the time."""
    return {"computing": theme.data[0], "communicating": theme.data[1], "copying": theme.data[2]}.get(name, theme.unk_soft)


def dependence_card(profile: Profile, look: Look) -> Card | None:
    """Return how much the run depends on each resource, None where it was not judged."""
    if not profile.dependence:
        return None
    say, theme = look.say, look.theme
    card = Card(say("page_profile.dependence.title"), say("page_profile.dependence.hint"))
    inks = {"high": theme.bad, "medium": theme.warn, "low": theme.ok}
    for one in profile.dependence:
        words = label(say(f"page_profile.resource.{one.resource}"), SMALL_PX, tone="2")
        level = label(say(f"page_profile.dependence.{one.level}"), SMALL_PX, bold=one.level == "high")
        level.setStyleSheet(f"color:{inks.get(one.level, theme.text3)};")
        tip = "\n".join(look.tell(said) for said in one.evidence)
        for part in (words, level):
            part.setToolTip(tip)
        line = row(words, None, level)
        card.body.addLayout(line)
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return card

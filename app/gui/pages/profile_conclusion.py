"""The conclusion of the run profile: what holds the run back, why we say so, how the classes score, what to do."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.engine.messages import Message
from app.engine.model.profiles import Advice, Profile
from app.gui.look import Look
from app.gui.pages.profile_time import time_text
from app.gui.theme import Theme, font, hatching
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, PLAN_PX, RADIUS_BUTTON, SMALL_PX
from app.gui.widgets.basics import Card, boxed, chip, column, label, picture, row, rule, state_chip, tool, wrapped_label

CLASSES = ("compute", "memory", "communication", "io", "host")
ICONS = {"compute": "cpu", "memory": "memory-stick", "communication": "network", "io": "hard-drive", "host": "server", "balanced": "scale"}
TILE_PX, TEXT_PX = 44, 344
BAR_PX, SCORES_PX, GAP_PX, NUMBER_PX = 5, 34, 12, 28


def conclusion_card(profile: Profile, other: Profile | None, look: Look) -> Card:
    """Return the card of one run; figures of the other stand beside its own."""
    say, theme = look.say, look.theme
    card = Card(say("gui.card.bottleneck") + (say("page_profile.of_run", run="A") if other else ""))
    if state := profile.bottleneck.state:
        card.tools.addWidget(state_chip(state, say(f"profiling.state.{state}"), theme))
    copy = tool("copy", say("page_profile.copy_text"), theme, lambda: QGuiApplication.clipboard().setText(conclusion_text(profile, look)))
    card.tools.addWidget(copy)
    card.body.addLayout(_verdict(profile, look))
    card.body.addWidget(Scores(profile.class_scores, look))
    card.body.addWidget(rule(theme))
    card.body.addLayout(_evidence(profile, other, look))
    if other is not None:
        words = say("page_profile.other_class", name=say(f"profiling.class.{other.load_class}"))
        card.body.addWidget(wrapped_label(words, TEXT_PX, tone="2"))
    if profile.advice:
        card.body.addWidget(rule(theme))
        for advice in profile.advice:
            card.body.addLayout(_advice(advice, look))
    card.body.addStretch(1)
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)  # the radar takes what is left
    return card


def conclusion_text(profile: Profile, look: Look) -> str:
    """Return the card as text."""
    scores = [f"{look.say(f'page_profile.score.{name}')} {look.number(profile.class_scores.get(name), 2)}" for name in CLASSES]
    lines = [look.say(f"profiling.class.{profile.load_class}"), look.say(f"page_profile.reason.{profile.load_class}"), " · ".join(scores)]
    lines += [f"• {look.tell(said)}" for said in profile.bottleneck.evidence]
    lines += time_text(profile, look)
    lines += [f"[{look.say(f'profiling.severity.{one.severity}')}] {look.tell(one.text)}" for one in profile.advice]
    return "\n".join(lines)


def _verdict(profile: Profile, look: Look) -> QWidget | object:
    theme, name = look.theme, profile.load_class
    tile = QLabel()
    tile.setPixmap(picture(ICONS.get(name, "circle-dashed"), theme.warn, 22).pixmap())
    tile.setAlignment(Qt.AlignmentFlag.AlignCenter)
    tile.setFixedSize(TILE_PX, TILE_PX)
    tile.setStyleSheet(f"background:{theme.warn_soft}; border-radius:{RADIUS_BUTTON}px;")
    title = label(look.say(f"profiling.class.{name}"), PLAN_PX, bold=True)
    reason = wrapped_label(look.say(f"page_profile.reason.{name}"), TEXT_PX - TILE_PX - 12, tone="2")
    line = row(tile, spacing=12)
    line.addWidget(boxed(column(title, reason, spacing=0)), 1)
    return line


def _evidence(profile: Profile, other: Profile | None, look: Look) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(0, 1)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for place, said in enumerate(profile.bottleneck.evidence):
        name, value, more = _figure(said, look)
        if not value:
            grid.addWidget(wrapped_label(f"• {look.tell(said)}", TEXT_PX, tone="2"), place, 0, 1, 4)
            continue
        words = label(f"• {name}", SMALL_PX, tone="2")
        words.setToolTip(_source(said, profile, look))
        figure = label(value, BODY_PX, bold=True)
        figure.setToolTip(_source(said, profile, look))
        grid.addWidget(words, place, 0)
        grid.addWidget(figure, place, 1, right)
        grid.addWidget(label(more, SMALL_PX, tone="3"), place, 2, right)
        if other is not None:
            grid.addWidget(label(f"B {_same_of(said, other, look)}", SMALL_PX, tone="2"), place, 3, right)
    return grid


def _figure(said: Message, look: Look) -> tuple[str, str, str]:
    """Return (name, value, p95) of a piece of evidence; no value where it is a sentence."""
    axis, metric, value = said.params.get("axis"), said.params.get("metric"), said.params.get("value")
    if not isinstance(value, float):
        return "", "", ""
    subject = look.tell(axis) if isinstance(axis, Message) else look.say(f"proposing.metric.{metric}")
    p95 = said.params.get("p95")
    return (
        look.say("page_profile.mean_of", name=subject),
        _percent(value, look),
        f"P95 {_percent(p95, look)}" if isinstance(p95, float) else "",
    )


def _same_of(said: Message, profile: Profile, look: Look) -> str:
    """Return the same figure of another run."""
    axis, metric = said.params.get("axis"), said.params.get("metric")
    if isinstance(axis, Message):
        name = axis.code.rpartition(".")[2]
        return _percent(next((one.value for one in profile.axes if one.name == name), None), look)
    return _percent(next((one.mean for one in profile.statistics if one.metric == metric and not one.device), None), look)


def _source(said: Message, profile: Profile, look: Look) -> str:
    axis = said.params.get("axis")
    name = axis.code.rpartition(".")[2] if isinstance(axis, Message) else ""
    return next((look.tell(one.source) for one in profile.axes if one.name == name), look.tell(said))


def _percent(value: float | None, look: Look) -> str:
    return look.number(None) if value is None else f"{look.number(value * 100)} %"


def _advice(advice: Advice, look: Look) -> QWidget | object:
    theme = look.theme
    inks = {"high": (theme.bad, theme.bad_soft), "medium": (theme.warn, theme.warn_soft)}
    ink, ground = inks.get(advice.severity, (theme.unk, theme.unk_soft))
    mark = chip(look.say(f"profiling.severity.{advice.severity}"), ink, ground)
    words = wrapped_label(look.tell(advice.text) + _gain(advice, look), TEXT_PX - mark.sizeHint().width() - 8)
    words.setToolTip("\n".join(look.tell(said) for said in advice.evidence))
    line = row(spacing=8)
    line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(words, 1)
    return line


def _gain(advice: Advice, look: Look) -> str:
    if advice.gain is None:
        return ""
    least, most = (look.number(100 * share, 0) for share in advice.gain)
    return look.say("page_profile.gain", least=least, most=most) if least != most else look.say("page_profile.gain_about", most=most)


class Scores(QWidget):
    """The score of each class as a small bar with its number; what was not measured is hatched."""

    def __init__(self, scores: Mapping[str, float], look: Look) -> None:
        super().__init__()
        self._scores, self._look = scores, look
        self.setFixedHeight(SCORES_PX)
        said = [f"{look.say(f'page_profile.score.{name}')} {look.number(scores.get(name), 2)}" for name in self.order()]
        self.setAccessibleName(" · ".join(said))
        self.setToolTip(look.say("page_profile.score_tip") + "\n" + "\n".join(said))

    def order(self) -> Sequence[str]:
        """Return the classes, the highest first, the unknown ones last."""
        return sorted(CLASSES, key=lambda name: -self._scores.get(name, -1.0))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        each = (self.width() + GAP_PX) / len(CLASSES)
        for place, name in enumerate(self.order()):
            self._score(painter, QRectF(place * each, 0, each - GAP_PX, self.height()), name, theme, is_first=place == 0)

    def _score(self, painter: QPainter, box: QRectF, name: str, theme: Theme, *, is_first: bool) -> None:
        score = self._scores.get(name)
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(theme.text2))
        words = self._look.say(f"page_profile.score.{name}")
        painter.drawText(QRectF(box.left(), 0, box.width(), 16), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(font(CAPTION_PX, bold=is_first))
        painter.setPen(QColor(theme.text3 if score is None else theme.text))
        lower = QRectF(box.left(), 16, box.width(), 16)
        painter.drawText(lower, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._look.number(score, 2))
        bar = QRectF(box.left(), 22, box.width() - NUMBER_PX, BAR_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if score is None:
            painter.fillRect(bar, hatching(theme.hatch))
            return
        for width, colour in ((bar.width(), theme.unk_soft), (bar.width() * min(1.0, score), theme.warn if is_first else theme.control)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), width, BAR_PX), 2.5, 2.5)

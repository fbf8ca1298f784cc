"""The runs in the head of the run profile: A, and B to compare it with, each a pill that opens what can be done with it."""

import math
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from app.engine import pipeline
from app.engine.model.traces import Trace
from app.gui.look import Look
from app.gui.pages.profile_radar import line_picture
from app.gui.theme import font, icon
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import boxed, chip, label, picture, row
from app.gui.widgets.timing_rows import round_text

Act = tuple[str, str, Callable[[], object]]
"""(icon, code, what it does)"""
PILL_PX, LEAST_WORDS_PX, SHORT_PX = 32, 44, 60


class Words(QWidget):
    """A text that gives way in its middle where room is short."""

    def __init__(self, text: str, colour: str) -> None:
        super().__init__()
        self._text, self._colour = text, colour
        self._width = math.ceil(QFontMetricsF(font(SMALL_PX)).horizontalAdvance(text)) + 1
        across = QSizePolicy.Policy.Fixed if self._width < SHORT_PX else QSizePolicy.Policy.Preferred
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._width, 18)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self._width, LEAST_WORDS_PX), 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font(SMALL_PX))
        painter.setPen(QColor(self._colour))
        words = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


class RunPill(QPushButton):
    """One run: its line, its letter, its files and cards; a click opens the menu."""

    def __init__(self, name: str, words: tuple[str, ...], tip: str, look: Look, acts: tuple[Act, ...]) -> None:
        super().__init__()
        self._look, self._acts = look, acts
        self.setFixedHeight(PILL_PX)
        self.setToolTip(tip)
        self.setAccessibleName(f"{name} {' '.join(words)}")
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        is_first, theme = name == "A", look.theme
        line = line_picture(theme.data[0] if is_first else theme.other, Qt.PenStyle.SolidLine if is_first else Qt.PenStyle.DashLine)
        said = [Words(word, theme.text if place == 0 else theme.text2) for place, word in enumerate(words)]
        parts = (line, label(name, SMALL_PX, bold=True), *said, picture("chevron-down", theme.text2, 14))
        for part in parts:
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inner = row(*parts, spacing=8)
        inner.setContentsMargins(10, 0, 8, 0)
        self.setLayout(inner)
        self.clicked.connect(lambda: self.menu_of().popup(self.mapToGlobal(self.rect().bottomLeft())))

    def sizeHint(self) -> QSize:
        return self.layout().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.layout().minimumSize()

    def menu_of(self) -> QMenu:
        """Return the menu of the run."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for symbol, code, act in self._acts:
            menu.addAction(icon(symbol, self._look.theme.text2), self._look.say(code), act)
        return menu


def runs_line(trace: Trace, comparison: Trace | None, look: Look, acts: tuple[tuple[Act, ...], tuple[Act, ...]]) -> QWidget:
    """Return the pills of both runs; where there is no second one, a button that asks for it."""
    line = row(_pill("A", trace, look, acts[0]), spacing=8)
    line.addWidget(_pill("B", comparison, look, acts[1]) if comparison is not None else _add(look, acts[1][0]))
    if is_sample(trace):
        line.addWidget(chip(look.say("page_profile.sample"), look.theme.text3, "transparent", border="solid"))
    made = boxed(line)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return made


def _add(look: Look, act: Act) -> QPushButton:
    symbol, code, what = act
    made = QPushButton(look.say("page_profile.add_comparison"))
    made.setFont(font(SMALL_PX))
    made.setIcon(icon(symbol, look.theme.text2, gap=4))
    made.setProperty("chip", True)
    made.setFixedHeight(PILL_PX)
    made.setToolTip(look.say(code))
    made.setAutoDefault(False)
    made.clicked.connect(what)
    return made


def _pill(name: str, trace: Trace, look: Look, acts: tuple[Act, ...]) -> RunPill:
    words = run_words(trace, look)
    files = "\n".join(f"{file.name} · {file.format}" for file in trace.files)
    return RunPill(name, words, f"{' · '.join(words)}\n{files}", look, acts)


def run_words(trace: Trace, look: Look) -> tuple[str, ...]:
    """Return files, cards and length of a run in a few words."""
    more = f" +{len(trace.files) - 1}" if len(trace.files) > 1 else ""
    cards = [device for device in trace.devices if device.kind == "gpu"]
    kind = next((device.name for device in cards if device.name), "")
    count = f"{len(cards)} × {kind}" if kind else look.say("page_profile.cards", count=len(cards))
    seconds = round_text(float(f"{trace.duration_ns / 1e9:.4g}"))
    return tuple(filter(None, (trace.files[0].name + more, count if cards else "", f"{seconds} s")))


def is_sample(trace: Trace) -> bool:
    """Tell whether this is the run of the sample project."""
    return {file.name for file in trace.files} == {path.name for path in pipeline.sample_inputs().traces}

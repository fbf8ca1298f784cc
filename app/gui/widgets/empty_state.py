"""A page without data: the drop area, and below it what was opened last, what to do without data, what could not be read."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.gui.look import Look
from app.gui.notices import Notice
from app.gui.recent import RecentItem
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, column, label, picture, row, rule, tool
from app.gui.widgets.drop_area import DropArea

if TYPE_CHECKING:
    from app.gui.desk import Desk

LOWER_PX, MOST_RECENT, MOST_FAILED, PATH_PX = 296, 5, 3, 280
LOW_WINDOW_PX = 640


class EmptyState(QWidget):
    """The whole of it. It follows the desk: a file that could not be read appears at once."""

    def __init__(self, title: str, hint: str, needs: Sequence[tuple[str, bool, bool]], look: Look, desk: "Desk") -> None:
        super().__init__()
        self._look, self._desk = look, desk
        self.area = DropArea(title, hint, needs, look, desk.do, desk.take_in)
        self._cards = row(spacing=12)
        lower = boxed(self._cards)
        lower.setFixedHeight(LOWER_PX)
        layout = QVBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.area, 1)
        layout.addWidget(lower)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(boxed(layout, "pageBody"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        desk.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the desk holds now."""
        while taken := self._cards.takeAt(0):
            if widget := taken.widget():
                widget.hide()
                widget.deleteLater()
        self._cards.addWidget(self._recent(), 1)
        self._cards.addWidget(self._without_data(), 1)
        self._cards.addWidget(self._failed() if self._desk.failures else self._steps(), 1)

    # The three cards ------------------------------------------------------------------------------------------------------------------

    def _recent(self) -> Card:
        say = self._look.say
        card = Card(say("intake.card.recent"))
        items = self._desk.recent.items()[:MOST_RECENT]
        for item in items:
            card.body.addWidget(self._recent_line(item))
        if not items:
            card.body.addWidget(label(say("intake.recent_none"), SMALL_PX, tone="2", wrap=True))
        card.body.addStretch(1)
        return card

    def _recent_line(self, item: RecentItem) -> QWidget:
        say, theme = self._look.say, self._look.theme
        where = str(item.path.parent) if item.exists else f"{item.path.parent} · {say('intake.recent_gone')}"
        symbol = ("folder" if item.kind == "folder" else "file-text") if item.exists else "file-x"
        made = LineButton(lambda: self._desk.take_in([item.path]))
        made.setAccessibleName(f"{item.path.name} {where}")
        made.setEnabled(item.exists)
        made.setToolTip(str(item.path))
        name, folder = label("", BODY_PX, tone="" if item.exists else "3"), label("", CAPTION_PX, tone="3")
        for text, full in ((name, item.path.name), (folder, where)):
            text.setText(text.fontMetrics().elidedText(full, Qt.TextElideMode.ElideMiddle, PATH_PX))
        line = row(picture(symbol, theme.accent if item.exists else theme.text3, 16), spacing=12)
        line.addLayout(column(name, folder, spacing=0), 1)
        line.addWidget(label(when_word(item.opened_at, self._look), CAPTION_PX, tone="3"))
        line.setContentsMargins(4, 2, 4, 2)
        made.setLayout(line)
        return made

    def _without_data(self) -> Card:
        say, theme, do = self._look.say, self._look.theme, self._desk.do
        card = Card(say("intake.card.no_data"))
        for code, symbol in (("sample", "play"), ("template", "file-spreadsheet"), ("capture_kit", "hard-drive")):
            tile = _tile(symbol, self._look)
            line = row(tile, spacing=12)
            words = column(
                label(say(f"intake.offer.{code}.title"), BODY_PX), label(say(f"intake.offer.{code}.hint"), CAPTION_PX, tone="3"), spacing=0
            )
            line.addLayout(words, 1)
            line.addWidget(button(say(f"intake.offer.{code}.act"), theme, lambda code=code: do(code)))
            card.body.addLayout(line)
            card.body.addWidget(rule(theme))
        for code, symbol, keys in (("keys", "keyboard", "F1"), ("formats", "list-filter", "")):
            made = LineButton(lambda code=code: do(code))
            text = say("gui.action.keys") if code == "keys" else say("intake.action.formats")
            made.setAccessibleName(text)
            line = row(picture(symbol, theme.text2, 16), label(text, BODY_PX), None, label(keys, CAPTION_PX, tone="3"), spacing=12)
            line.setContentsMargins(10, 4, 4, 4)
            made.setLayout(line)
            card.body.addWidget(made)
        card.body.addStretch(1)
        return card

    def _steps(self) -> Card:
        say = self._look.say
        card = Card(say("intake.card.steps"))
        for number in (1, 2, 3):
            line = row(label(str(number), BODY_PX, bold=True, tone="accent"), spacing=12)
            texts = column(
                label(say(f"intake.step.{number}.title"), BODY_PX),
                label(say(f"intake.step.{number}.hint"), CAPTION_PX, tone="3", wrap=True),
            )
            texts.setSpacing(0)
            line.addLayout(texts, 1)
            card.body.addLayout(line)
        card.body.addStretch(1)
        return card

    def _failed(self) -> Card:
        say, theme = self._look.say, self._look.theme
        card = Card(say("intake.card.failed"))
        card.tools.addWidget(tool("x", say("gui.close"), theme, self._desk.forget_failures))
        failures = self._desk.failures
        listed = column(spacing=8)
        for notice in failures[:MOST_FAILED]:
            listed.addWidget(self._failure(notice))
        if len(failures) > MOST_FAILED:
            listed.addWidget(label(say("intake.more_files", count=len(failures) - MOST_FAILED), SMALL_PX, tone="2"))
        listed.addLayout(row(picture("info", theme.text3, 14), label(say("intake.rest_goes_on"), SMALL_PX, tone="2"), None))
        listed.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        content = boxed(listed, "failures")
        content.setStyleSheet(f"QWidget#failures {{ background:{theme.surface}; }}")
        scroll.setWidget(content)
        card.body.addWidget(scroll, 1)
        return card

    def _failure(self, notice: Notice) -> QFrame:
        theme, say = self._look.theme, self._look.say
        made = QFrame()
        made.setObjectName("errorCard")
        words = column(label(notice.what, BODY_PX, bold=True, wrap=True, select=True), spacing=4)
        if notice.why:
            words.addWidget(label(notice.why, SMALL_PX, wrap=True, select=True))
        ways = row(spacing=8)
        for way in notice.ways[:1]:
            ways.addWidget(button(way.text, theme, way.act, symbol=way.symbol))
        details = notice.details
        ways.addWidget(button(say("gui.copy_details"), theme, lambda: QGuiApplication.clipboard().setText(details), symbol="copy"))
        ways.addStretch(1)
        words.addLayout(ways)
        line = row(spacing=8)
        line.addWidget(picture("circle-x", theme.bad, 16), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        line.setContentsMargins(12, 8, 12, 8)
        made.setLayout(line)
        return made


class LineButton(QPushButton):
    """A whole line that is a button."""

    def __init__(self, act) -> None:
        super().__init__()
        self.setProperty("line", True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.clicked.connect(lambda _checked=False: act())

    def sizeHint(self):
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()


def when_word(moment: datetime.datetime | None, look: Look) -> str:
    """Return when something was opened as one would say it: 14:02 today, 昨天 14:02, 11-18, 2025-11-18."""
    if moment is None:
        return ""
    today = datetime.datetime.now().date()
    if moment.date() == today:
        return f"{moment:%H:%M}"
    if moment.date() == today - datetime.timedelta(days=1):
        return look.say("intake.yesterday", time=f"{moment:%H:%M}")
    return f"{moment:%m-%d}" if moment.year == today.year else f"{moment:%Y-%m-%d}"


def _tile(symbol: str, look: Look) -> QWidget:
    made = boxed(row(picture(symbol, look.theme.accent, 16)), "tile")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.setStyleSheet(f"QWidget#tile {{ background:{look.theme.selected}; border-radius:6px; }}")
    made.setFixedSize(36, 36)
    layout = made.layout()
    assert layout is not None
    layout.setContentsMargins(10, 10, 10, 10)
    return made

"""The bar that finds boxes by their names: Enter goes to the next, Shift+Enter to the one before, Escape closes it."""

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.look import Look
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.basics import label, tool
from app.gui.widgets.find import FindField
from app.gui.widgets.timing_lanes import LaneHand

FIELD_PX, COUNT_PX, WAIT_MS = 220, 150, 150


class SearchField(FindField):
    """The field: the window's Ctrl+F stays with the table, this one is reached from the plot."""

    def __init__(self, look: Look, bar: "LaneSearch") -> None:
        super().__init__(look.say("page_lanes.find"), look.theme, FIELD_PX)
        self.setObjectName("find_events")
        self._bar = bar

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._bar.go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self._bar.close_bar()
        else:
            super().keyPressEvent(event)


class LaneSearch(QWidget):
    """The bar. It is shown when it is needed."""

    def __init__(self, hand: LaneHand, look: Look, back: QWidget) -> None:
        super().__init__()
        self._hand, self._look, self._back = hand, look, back
        self._hits = np.empty(0, np.int64)
        self._at = -1
        self.field = SearchField(look, self)
        self.count = label("", CAPTION_PX, tone="2")
        self.count.setFixedWidth(COUNT_PX)
        say, theme = look.say, look.theme
        before = tool("chevron-up", say("page_lanes.find_previous"), theme, lambda: self.go(-1))
        after = tool("chevron-down", say("page_lanes.find_next"), theme, lambda: self.go(1))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 2, 0, 4)
        line.setSpacing(4)
        for part in (self.field, before, after, self.count):
            line.addWidget(part)
        line.addStretch(1)
        line.addWidget(tool("x", say("page_lanes.find_close"), theme, self.close_bar))
        self._soon = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._soon.timeout.connect(self.find)
        self.field.textChanged.connect(lambda _text: self._soon.start())
        self.hide()

    def open_bar(self) -> None:
        """Show the bar and type into it."""
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def close_bar(self) -> None:
        """Hide the bar and give the keys back to the plot; what was picked stays."""
        self.hide()
        self._back.setFocus()

    def find(self) -> None:
        """Look for what is typed, and go to the first hit at or after what is seen."""
        self._soon.stop()
        state = self._hand.state
        self._hits, self._at = state.find(self.field.text()), -1
        if len(self._hits):
            begin = self._hand.begin_ns()
            after = np.flatnonzero(state.events.start_ns[self._hits] >= begin)
            self._at = int(after[0]) - 1 if len(after) else -1
            self.go(1)
        self._tell()

    def go(self, by: int) -> None:
        """Go to the next (1) or previous (-1) hit, round the end."""
        if self._soon.isActive():
            self.find()
            return
        for _ in range(min(len(self._hits), 1000)):  # what lies too deep to have a box is passed over
            self._at = (self._at + by) % len(self._hits)
            pick = self._hand.state.pick_of(int(self._hits[self._at]))
            if pick is not None:
                self._hand.show(pick)
                break
        self._tell()

    def _tell(self) -> None:
        say, number = self._look.say, self._look.number
        if not self.field.text().strip():
            self.count.setText("")
        elif not len(self._hits):
            self.count.setText(say("page_lanes.found_none"))
        else:
            self.count.setText(say("page_lanes.found", at=number(self._at + 1, 0), count=number(len(self._hits), 0)))

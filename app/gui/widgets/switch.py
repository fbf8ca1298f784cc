"""A switch: on or off at once, for what is a yes or no."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app.gui.theme import Theme

TRACK_W, TRACK_H, EDGE = 34, 18, 3


class Switch(QAbstractButton):
    """The knob's place tells the state, the colour only repeats it."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__()
        self._theme = theme
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(TRACK_W + 2 * EDGE, TRACK_H + 2 * EDGE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(EDGE, EDGE, TRACK_W, TRACK_H)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.disabled if not self.isEnabled() else theme.accent if self.isChecked() else theme.control))
        painter.drawRoundedRect(track, TRACK_H / 2, TRACK_H / 2)
        knob = TRACK_H - 4
        left = track.right() - knob - 2 if self.isChecked() else track.left() + 2
        painter.setBrush(QColor(theme.on_accent if self.isChecked() else theme.surface))
        painter.drawEllipse(QRectF(left, track.top() + 2, knob, knob))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self.height() / 2 - 1, self.height() / 2 - 1)
        painter.end()

"""The card that hovering shows after 300 ms; a widget tells what lies under the pointer."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

AFTER_MS = 300


class HoverCard(QObject):
    """Watches a widget. text_at returns what to tell of a place, "" for nothing."""

    def __init__(self, widget: QWidget, text_at: Callable[[QPointF], str]) -> None:
        super().__init__(widget)
        self._widget, self._text_at = widget, text_at
        self._text, self._place = "", QPoint()
        self._timer = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._timer.timeout.connect(self._show)
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def tell(self, text: str, place: QPoint) -> None:
        """Show a text at once, as Space does."""
        if text:
            QToolTip.showText(self._widget.mapToGlobal(place), text, self._widget)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._moved(event.position())
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.Wheel, QEvent.Type.MouseButtonPress):
            self._timer.stop()
            self._text = ""
        return event.type() == QEvent.Type.ToolTip  # ours comes sooner than Qt's

    def _moved(self, place: QPointF) -> None:
        text = self._text_at(place)
        self._place = place.toPoint() + QPoint(12, 16)
        if text == self._text:
            return
        self._text = text
        QToolTip.hideText()
        (self._timer.start if text else self._timer.stop)()

    def _show(self) -> None:
        self.tell(self._text, self._place)

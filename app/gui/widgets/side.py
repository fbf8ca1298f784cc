"""The cards beside a view: below each other where there is room, a strip of tabs in a low or narrow window."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QTabBar, QVBoxLayout, QWidget

from app.gui.theme import font
from app.gui.theme.tokens import SMALL_PX, TABS_BELOW_PX
from app.gui.widgets.basics import column


class SideColumn(QWidget):
    """Cards by their titles. `width_px` is fixed; what does not fit in height scrolls."""

    def __init__(self, cards: Sequence[tuple[str, QWidget]], width_px: int) -> None:
        super().__init__()
        self._cards = [card for _title, card in cards]
        self.setFixedWidth(width_px)
        self._tabs = QTabBar()
        self._tabs.setFont(font(SMALL_PX))
        self._tabs.setExpanding(True)
        self._tabs.setDrawBase(False)
        for title, _card in cards:
            self._tabs.addTab(title)
        self._tabs.currentChanged.connect(lambda _place: self._arrange())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setObjectName("pageBody")
        self._inner = QVBoxLayout(inner)
        self._inner.setContentsMargins(0, 0, 0, 0)
        self._inner.setSpacing(12)
        for card in self._cards:
            self._inner.addWidget(card)
        self._scroll.setWidget(inner)
        self.setLayout(column(self._tabs, self._scroll))
        self._arrange()

    def show_card(self, place: int) -> None:
        """Bring a card into view."""
        self._tabs.setCurrentIndex(place)
        self._scroll.ensureWidgetVisible(self._cards[place])

    def _arrange(self) -> None:
        window = self.window().size()
        in_tabs = (
            len(self._cards) > 1 and (window.width() < TABS_BELOW_PX[0] or window.height() < TABS_BELOW_PX[1]) and self.window() is not self
        )
        self._tabs.setVisible(in_tabs)
        self._inner.setAlignment(Qt.AlignmentFlag.AlignTop if in_tabs else Qt.AlignmentFlag(0))  # one card need not fill the height
        for place, card in enumerate(self._cards):
            card.setVisible(not in_tabs or place == self._tabs.currentIndex())

    def showEvent(self, event: QEvent) -> None:
        self._arrange()
        super().showEvent(event)  # type: ignore[arg-type]

    def resizeEvent(self, event: QEvent) -> None:
        self._arrange()
        super().resizeEvent(event)  # type: ignore[arg-type]

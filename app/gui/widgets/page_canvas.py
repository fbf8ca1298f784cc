"""Pages of a document on sunken ground: one, two side by side, or all small; only what is seen and its neighbours is rendered."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.gui.look import Look
from app.gui.theme import THEMES, font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.pdf_pages import A4_RATIO

EDGE, GAP, THUMB_PX, THUMB_FOOT = 20, 16, 140, 22
PAPER = THEMES["light"]  # a document is printed: it is light in both themes
KEPT_PAGES, LARGE_PX = 3, 400
SHADOW = ((4, 10), (2, 16), (1, 22))  # (px out, alpha)


class PageCanvas(QWidget):
    """Paints what it is given; asks for pictures that it lacks. Old pictures stay until the new ones are ready."""

    wants = Signal(list)  # (page, width in device px) each
    chosen = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.count, self.page, self.mode, self.width_px = 0, 0, "single", 400
        self._images: dict[int, tuple[int, QImage]] = {}
        self._version = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_document(self, count: int) -> None:
        """Show another document with so many pages."""
        self.count, self._version = count, self._version + 1
        self._images = {page: image for page, image in self._images.items() if page < count}
        self.page = max(0, min(self.page, count - 1))
        self.arrange()

    def put(self, page: int, image: QImage) -> None:
        """Take a picture that was asked for."""
        self._images[page] = (self._version, image)
        far = [other for other, (_, kept) in self._images.items() if abs(other - self.page) > KEPT_PAGES and kept.width() > LARGE_PX]
        for other in far:
            del self._images[other]
        self.update()

    def picture(self, page: int) -> QImage | None:
        """Return the picture of a page of the present document, None where there is none yet."""
        version, image = self._images.get(page, (-1, None))
        return image if version == self._version else None

    def arrange(self) -> None:
        """Take the size that the pages need and ask for pictures."""
        places = self.places()
        right = max((place.right() for place in places.values()), default=0) if self.mode != "thumbs" else THUMB_PX + EDGE
        foot = max((place.bottom() for place in places.values()), default=0)
        self.setMinimumSize(QSize(round(right) + EDGE, round(foot) + EDGE + (THUMB_FOOT if self.mode == "thumbs" else 0)))
        self.update()
        self.ask()

    def places(self) -> dict[int, QRectF]:
        """Return where each shown page lies."""
        if self.mode == "thumbs":
            return self._thumbs()
        shown = [page for page in self._shown() if page < self.count]
        wide = self.width_px
        total = len(shown) * wide + (len(shown) - 1) * GAP
        left = max(EDGE, (self.width() - total) / 2)
        return {page: QRectF(left + number * (wide + GAP), EDGE, wide, wide * A4_RATIO) for number, page in enumerate(shown)}

    def ask(self) -> None:
        """Ask for the pictures that are missing or too coarse: shown pages first, then their neighbours."""
        places = self.places()
        ratio = self.devicePixelRatioF()
        wanted = [(page, round(place.width() * ratio)) for page, place in places.items() if self._is_near(place)]
        if self.mode != "thumbs" and places:
            around = (min(places) - 1, max(places) + 1)
            wanted += [(page, round(self.width_px * ratio)) for page in around if 0 <= page < self.count]
        missing = [(page, wide) for page, wide in wanted if self._lacks(page, wide)]
        if missing:
            self.wants.emit(missing)

    def step(self, by: int) -> int:
        """Return the page that lies so many views on."""
        return max(0, min(self.count - 1, self.page + by * (2 if self.mode == "double" else 1)))

    def _shown(self) -> tuple[int, ...]:
        """With two pages the cover stands alone, as in a bound document."""
        if self.mode == "single" or self.page == 0:
            return (self.page,)
        first = self.page if self.page % 2 else self.page - 1
        return (first, first + 1)

    def _thumbs(self) -> dict[int, QRectF]:
        columns = max(1, int((self.width() - 2 * EDGE + GAP) // (THUMB_PX + GAP)))
        used = columns * (THUMB_PX + GAP) - GAP
        left, tall = max(EDGE, (self.width() - used) / 2), THUMB_PX * A4_RATIO + THUMB_FOOT + GAP
        return {
            page: QRectF(left + page % columns * (THUMB_PX + GAP), EDGE + page // columns * tall, THUMB_PX, THUMB_PX * A4_RATIO)
            for page in range(self.count)
        }

    def _is_near(self, place: QRectF) -> bool:
        seen = QRectF(self.visibleRegion().boundingRect())
        return self.mode != "thumbs" or seen.isEmpty() or place.intersects(seen.adjusted(0, -seen.height(), 0, seen.height()))

    def _lacks(self, page: int, wide: int) -> bool:
        image = self.picture(page)
        return image is None or (image.width() < wide - 1 if self.mode == "thumbs" else abs(image.width() - wide) > 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, painter = self._look.theme, QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.sunken))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(font(CAPTION_PX))
        for page, place in self.places().items():
            self._paint_page(painter, page, place)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(self.visibleRegion().boundingRect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_page(self, painter: QPainter, page: int, place: QRectF) -> None:
        theme, shade = self._look.theme, QColor(PAPER.text)
        painter.setPen(Qt.PenStyle.NoPen)
        for out, alpha in SHADOW:
            shade.setAlpha(alpha)
            painter.setBrush(shade)
            painter.drawRect(place.adjusted(-out, -out + 1, out, out + 1))
        painter.fillRect(place, QColor(PAPER.surface))
        _version, image = self._images.get(page, (0, None))
        if image is not None:
            painter.drawImage(place, image)
        if self.mode != "thumbs":
            return
        if page == self.page:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(place.adjusted(-2, -2, 2, 2))
        painter.setPen(QColor(theme.text2))
        painter.drawText(QRectF(place.left(), place.bottom() + 2, place.width(), THUMB_FOOT), Qt.AlignmentFlag.AlignCenter, str(page + 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.mode == "thumbs" and event.size().width() != event.oldSize().width():
            self.arrange()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.mode == "thumbs":
            hit = [page for page, place in self.places().items() if place.contains(event.position())]
            if hit:
                self.chosen.emit(hit[0])

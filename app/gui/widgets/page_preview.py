"""The preview of a document: its pages, turned, zoomed and shown singly, in pairs or all at once."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QIntValidator, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget
from shiboken6 import isValid

from app.engine.progress import Progress
from app.gui.jobs import Jobs
from app.gui.look import THIN_SPACE, Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, boxed, label, row, segments, tool
from app.gui.widgets.entry import Entry
from app.gui.widgets.page_canvas import EDGE, GAP, PageCanvas
from app.gui.widgets.pdf_pages import A4_RATIO, PdfPages

WHOLE_PX = 794  # the width of A4 at 96 dots per inch: 100 %
STEPS = (0.25, 0.33, 0.5, 0.67, 0.82, 1.0, 1.25, 1.5, 2.0, 3.0)
BAR_PX = 40


class PagePreview(Card):
    """Pages with their tools. shown: the page from 0 that is in view now."""

    shown = Signal(int)

    def __init__(self, look: Look, jobs: Jobs) -> None:
        super().__init__(padding=0)
        self._look, self._jobs = look, jobs
        self._pages: PdfPages | None = None
        self._zoom: float | None = None  # None fits the whole page
        self._is_rendering = False
        self.canvas = PageCanvas(look)
        self.canvas.setAccessibleName(look.say("page_proposal.preview"))
        self.canvas.wants.connect(self._render)
        self.canvas.chosen.connect(self._open_thumb)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.canvas)
        self._scroll.viewport().installEventFilter(self)
        self.canvas.installEventFilter(self)
        self._scroll.verticalScrollBar().valueChanged.connect(lambda _value: self.canvas.ask())
        self.body.setSpacing(0)
        self.body.addWidget(self._bar())
        self.body.addWidget(self._scroll, 1)

    # What is shown -----------------------------------------------------------------------------------------------------------------

    @property
    def page(self) -> int:
        """The page in view, from 0."""
        return self.canvas.page

    @property
    def count(self) -> int:
        """The pages there are."""
        return self.canvas.count

    def show_document(self, pages: PdfPages) -> None:
        """Show another document; the page in view stays, and its old picture until the new one is ready."""
        self._pages = pages
        self.canvas.set_document(len(pages))
        self._fit()
        self._tell()

    def go_to(self, page: int) -> None:
        """Bring a page into view."""
        if not self.canvas.count:
            return
        self.canvas.page = max(0, min(self.canvas.count - 1, page))
        self.canvas.arrange()
        place = self.canvas.places()[self.canvas.page]
        self._scroll.verticalScrollBar().setValue(round(place.top()) - EDGE if self.canvas.mode == "thumbs" else 0)
        self._tell()
        self.shown.emit(self.canvas.page)

    def turn(self, by: int) -> None:
        """Go so many views on."""
        self.go_to(self.canvas.step(by))

    def show_as(self, mode: str) -> None:
        """Show single pages, pairs ("double") or all small ("thumbs")."""
        self.canvas.mode = mode
        for button in self._modes.findChildren(QPushButton):
            button.setChecked(button.property("value") == mode)
        self._fit()
        self.go_to(self.canvas.page)

    def zoom(self, by: int) -> None:
        """Go to the next larger (1) or smaller (-1) step."""
        present = self.canvas.width_px / WHOLE_PX
        steps = [step for step in STEPS if (step > present + 0.01 if by > 0 else step < present - 0.01)]
        self.zoom_to((steps[0] if by > 0 else steps[-1]) if steps else present)

    def zoom_to(self, share: float | None) -> None:
        """Show pages at this share of their size on paper; None fits the whole page."""
        self._zoom = share
        if self.canvas.mode == "thumbs":
            self.show_as("single")
        self._fit()

    def copy_page(self) -> None:
        """Put the page in view on the clipboard, as a picture."""
        image = self.canvas.picture(self.canvas.page)
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    # Parts -------------------------------------------------------------------------------------------------------------------------

    def _bar(self) -> QWidget:
        say, theme = self._look.say, self._look.theme
        self.number = Entry(theme)
        self.number.setFixedWidth(44)
        self.number.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.number.setValidator(QIntValidator(1, 9999, self.number))
        self.number.setAccessibleName(say("page_proposal.page_number"))
        self.number.committed.connect(lambda text: self.go_to(int(text) - 1 if text.isdigit() else self.page))
        self._of = label("", SMALL_PX, tone="2")
        self._percent = label("", SMALL_PX, tone="2")
        self._percent.setFixedWidth(44)
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        modes = [(mode, say(f"page_proposal.mode.{mode}")) for mode in ("single", "double", "thumbs")]
        self._modes = segments(modes, "single", self.show_as)
        for button, (mode, _text) in zip(self._modes.findChildren(QPushButton), modes, strict=True):
            button.setProperty("value", mode)
        line = row(spacing=4)
        line.addWidget(tool("chevron-left", say("page_proposal.back"), theme, lambda: self.turn(-1)))
        line.addWidget(self.number)
        line.addWidget(self._of)
        line.addWidget(tool("chevron-right", say("page_proposal.on"), theme, lambda: self.turn(1)))
        line.addStretch(1)
        line.addWidget(self._modes)
        line.addStretch(1)
        line.addWidget(tool("zoom-out", say("page_proposal.zoom_out"), theme, lambda: self.zoom(-1)))
        line.addWidget(self._percent)
        line.addWidget(tool("zoom-in", say("page_proposal.zoom_in"), theme, lambda: self.zoom(1)))
        line.addWidget(tool("maximize", say("page_proposal.fit"), theme, lambda: self.zoom_to(None)))
        line.addWidget(tool("copy", say("page_proposal.copy_page"), theme, self.copy_page))
        line.setContentsMargins(12, 0, 12, 0)
        bar = boxed(line)
        bar.setFixedHeight(BAR_PX)
        return bar

    def _tell(self) -> None:
        self.number.show_text(str(self.page + 1) if self.count else "")
        self._of.setText(self._look.say("page_proposal.of_pages", count=self.count))
        self._percent.setText(f"{self.canvas.width_px / WHOLE_PX * 100:.0f}{THIN_SPACE}%")

    def _fit(self) -> None:
        view = self._scroll.viewport().size()
        if self._zoom is not None:
            self.canvas.width_px = round(self._zoom * WHOLE_PX)
        else:
            pages = 2 if self.canvas.mode == "double" else 1
            by_height = (view.height() - 2 * EDGE) / A4_RATIO
            by_width = (view.width() - 2 * EDGE - (pages - 1) * GAP) / pages
            self.canvas.width_px = max(120, int(min(by_height, by_width)))
        self.canvas.arrange()
        self._tell()

    def _open_thumb(self, page: int) -> None:
        self.canvas.page = page
        self.show_as("single")

    def _render(self, wanted: list[tuple[int, int]]) -> None:
        if self._is_rendering or self._pages is None:
            return
        pages, self._is_rendering = self._pages, True

        def work(progress: Progress) -> list[tuple[int, QImage]]:
            made = []
            for number, (page, wide) in enumerate(wanted):
                progress(number / len(wanted), "")
                made.append((page, pages.render(page, wide)))
            return made

        self._jobs.start("gui.job.preview", work, lambda images: self._rendered(pages, images), self._not_rendered)  # type: ignore[arg-type]

    def _rendered(self, pages: PdfPages, images: list[tuple[int, QImage]]) -> None:
        if not isValid(self):  # built anew with another theme or language
            return
        self._is_rendering = False
        if pages is self._pages:
            for page, image in images:
                self.canvas.put(page, image)
        self.canvas.ask()

    def _not_rendered(self) -> None:
        self._is_rendering = False

    # Keys and wheel ----------------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(event, QWheelEvent) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and watched is self.canvas:
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        turns = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.count - 1}
        if key in turns:
            self.turn(turns[Qt.Key(key)])
        elif key in ends:
            self.go_to(ends[Qt.Key(key)])
        elif event.text() in ("+", "="):
            self.zoom(1)
        elif event.text() == "-":
            self.zoom(-1)
        else:
            return False
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)  # the viewport has its size only after this

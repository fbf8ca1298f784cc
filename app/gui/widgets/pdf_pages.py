"""The pages of a PDF as pictures for the screen."""

from PySide6.QtGui import QImage

from app.engine.pdfium import A_WHISKER, PDFIUM

A4_RATIO = 297 / 210


class PdfPages:
    """A document in memory. sizes: (width, height) of each page in points; titles: (chapter title, page from 0)."""

    def __init__(self, pdf: bytes) -> None:
        import pypdfium2

        self._pdf = pdf
        with PDFIUM:
            document = pypdfium2.PdfDocument(pdf)
            self.sizes = [document.get_page_size(number) for number in range(len(document))]
            marks = [mark for mark in document.get_toc() if mark.level == 0]
            places = [(mark.get_title(), mark.get_dest()) for mark in marks]
            self.titles = [(title, place.get_index()) for title, place in places if place is not None]
            document.close()

    def __len__(self) -> int:
        return len(self.sizes)

    def page_of(self, title: str) -> int | None:
        """Return the page on which the chapter of this title begins, whatever number stands before it."""
        return next((page for told, page in self.titles if told == title or told.endswith(f" {title}")), None)

    def render(self, page: int, width_px: int) -> QImage:
        """Return one page, this many device pixels wide. May take some ten milliseconds: not on the event loop."""
        import pypdfium2

        with PDFIUM:
            document = pypdfium2.PdfDocument(self._pdf)
            scale = (width_px - A_WHISKER) / self.sizes[page][0]
            bitmap = document[page].render(scale=scale, rev_byteorder=True, prefer_bgrx=True)
            rows = bitmap.to_numpy()
            image = QImage(rows.tobytes(), bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGBX8888).copy()
            document.close()
        return image

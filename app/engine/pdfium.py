"""Pages of a PDF as pictures. pdfium is not safe on several threads: one lock guards all of it."""

import threading
from io import BytesIO

PDFIUM = threading.Lock()
FAST = 2
"""Pillow's octree: a fifth of the time of its median cut, and a drawing has few colours."""
A_WHISKER = 0.01
"""pdfium rounds up: so much less, in pixels, gives just the width that is asked for."""


def page_png(pdf: bytes, page: int, width_px: int, *, colors: int = 0) -> tuple[bytes, int]:
    """Return one page as PNG of this width and its height in pixels.

    colors   of a palette, which makes a drawing a third of the size; 0 = all
    """
    import pypdfium2

    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        scale = (width_px - A_WHISKER) / document.get_page_size(page)[0]
        picture = document[page].render(scale=scale).to_pil().copy()
        document.close()
    file = BytesIO()
    (picture.quantize(colors, method=FAST) if colors else picture).save(file, "PNG")
    return file.getvalue(), picture.height

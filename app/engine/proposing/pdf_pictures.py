"""Charts as pictures, for writers that cannot draw: the vector drawing of the PDF on a page of its own size, then as PNG."""

from io import BytesIO

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from app.engine.model.proposals import IntervalChart, PlanChart, RadarChart, TimingChart
from app.engine.pdfium import page_png
from app.engine.proposing.pdf import chart_flowable
from app.engine.proposing.pdf_style import REGULAR, TEXT_WIDTH, register_fonts

PIXELS_PER_INCH = 220
POINTS_PER_INCH = 72
SLACK = 6.0
"""Points around a drawing, for marks that reach over its edge."""


def chart_png(block: TimingChart | RadarChart | IntervalChart | PlanChart, lang: str) -> bytes:
    """Return a chart as PNG, as wide as the text and sharp in print."""
    register_fonts()
    drawing = chart_flowable(block, lang)
    return page_png(drawing_pdf(drawing), 0, round(TEXT_WIDTH / POINTS_PER_INCH * PIXELS_PER_INCH), colors=128)[0]


def drawing_pdf(drawing: Flowable) -> bytes:
    """Return a drawing of the text width on a page just as large."""
    wide, tall = drawing.wrap(TEXT_WIDTH, 10_000)
    file = BytesIO()
    canvas = Canvas(file, pagesize=(wide, tall + SLACK), initialFontName=REGULAR)  # type: ignore[arg-type]
    drawing.drawOn(canvas, 0, SLACK / 2)
    canvas.save()
    return file.getvalue()

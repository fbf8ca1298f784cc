"""What leaves the timing view: a picture on the clipboard, PNG, SVG, and the samples that are seen as CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from app.engine.errors import EngineError
from app.engine.paths import replacing
from app.engine.progress import Progress, no_progress
from app.gui.widgets.timing import TimingView

CSV_HEAD = "run,metric,device,unit,state,time_s,value\n"
PICTURE_RATIO, LINES_AT_ONCE = 2.0, 50_000


class Column(Struct, frozen=True, eq=False):
    """The samples of one device that are seen."""

    head: str
    time_ns: NDArray[np.int64]
    values: NDArray[np.floating]


def picture_of(widget: QWidget) -> QPixmap:
    """Return a picture of a widget, at twice the size for print."""
    made = QPixmap(widget.size() * PICTURE_RATIO)
    made.setDevicePixelRatio(PICTURE_RATIO)
    made.fill(widget.palette().base().color())
    widget.render(made)
    return made


def copy_picture(widget: QWidget) -> None:
    """Put a picture of a widget on the clipboard."""
    QGuiApplication.clipboard().setPixmap(picture_of(widget))


def save_png(widget: QWidget, path: Path) -> None:
    """Write a picture. Raises EngineError where it cannot be written."""
    if not picture_of(widget).save(str(path), "PNG"):
        raise EngineError("pipeline.not_written", file=path, detail="png")


def save_svg(widget: QWidget, path: Path) -> None:
    """Write a drawing of lines and words. Raises EngineError where it cannot be written."""
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(QSize(widget.size()))
    generator.setViewBox(widget.rect())
    painter = QPainter()
    if not painter.begin(generator):
        raise EngineError("pipeline.not_written", file=path, detail="svg")
    try:
        painter.fillRect(widget.rect(), widget.palette().base())
        widget.render(painter, QPoint())
    finally:
        painter.end()


def seen(view: TimingView) -> list[Column]:
    """Return the samples of all shown metrics in the stretch that is seen, run A before run B, which is shifted as it is shown."""
    timeline, found = view.timeline, []
    shown = list(dict.fromkeys(row.channel.metric for row in view.rows))
    for name, run in (("A", view.scene.run), ("B", view.scene.other)):
        for channel in (run.channel(metric) for metric in shown) if run else ():
            for one in channel.series if channel else ():
                shift = round(timeline.offset_s * 1e9) if name == "B" else 0
                first, last = np.searchsorted(one.time_ns, (round(timeline.start_s * 1e9) - shift, round(timeline.end_s * 1e9) + 1 - shift))
                head = f'{name},{one.metric},"{one.device}",{one.unit},{one.state}'
                found.append(Column(head, one.time_ns[first:last] + shift, one.values[first:last]))
    return found


def write_csv(columns: Sequence[Column], path: Path, progress: Progress = no_progress) -> int:
    """Write samples and return their number; a missing one has no value. Raises EngineError where it cannot be written."""
    total, done = max(1, sum(len(one.values) for one in columns)), 0
    try:
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
            file.write(CSV_HEAD)
            for one in columns:
                for at in range(0, len(one.values), LINES_AT_ONCE):
                    piece = zip(one.time_ns[at : at + LINES_AT_ONCE].tolist(), one.values[at : at + LINES_AT_ONCE].tolist(), strict=True)
                    file.writelines(f"{one.head},{time / 1e9:.12g},{'' if value != value else value}\n" for time, value in piece)
                    progress(done / total, "gui.job.write")
                    done += min(LINES_AT_ONCE, len(one.values) - at)
    except OSError as error:
        raise EngineError("pipeline.not_written", file=path, detail=error.strerror or str(error)) from error
    return done

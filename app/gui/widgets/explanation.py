"""预测依据: what the prediction of one platform leans on, table below table, in a window of its own."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from app.engine.evaluation import told_of
from app.engine.model.corrections_said import class_said
from app.engine.model.estimates import Prediction
from app.engine.model.explanations import Explanation
from app.engine.model.explanations_said import distance_said, measurement_said
from app.gui.figures import full_name, short_name
from app.gui.look import UNKNOWN, Look
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, column, label, row
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.table import Cell, Column, Table
from app.gui.widgets.table_dialog import table_px

WIDE_PX, HIGH_PX = 1080, 860
TERMS = ("compute", "memory", "host", "fabric")
AREA = "explanations.head"


class ExplanationDialog(QDialog):
    """What to measure next, evidence, known runs, parts of the interval, terms; all of it can be copied. Esc closes."""

    def __init__(self, told: Explanation, found: Prediction, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        say = look.say
        title = say(f"{AREA}.title", platform=f"{full_name(told.platform, look)} × {told.gpus}")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window = parent.window().size()
        self.resize(min(WIDE_PX, round(window.width() * 0.9)), min(HIGH_PX, round(window.height() * 0.88)))
        self.lines = [number_line(found, look), *([look.tell(standing)] if (standing := told_of(found)) else [])]
        self.lines += [] if told.learned else [say("explanations.not_learned")]
        self.tables = [(say(f"{AREA}.{name}"), table) for name, table in _tables(told, found, look) if table.source.rowCount()]
        body = column(label(title, BODY_PX, bold=True))
        body.setContentsMargins(16, 16, 16, 16)
        for line in self.lines:
            body.addWidget(label(line, SMALL_PX, tone="2", wrap=True, select=True))
        body.addWidget(self._scrolled(), 1)
        body.addLayout(row(None, button(say(f"{AREA}.copy"), look.theme, self.copy, symbol="copy"), _close(self, look)))
        self.setLayout(body)

    def _scrolled(self) -> QScrollArea:
        inner = QVBoxLayout()
        inner.setContentsMargins(0, 0, 8, 0)
        for hint, table in self.tables:
            inner.addWidget(label(hint, SMALL_PX, bold=True))
            table.setFixedHeight(table_px(table))
            inner.addWidget(table)
        if not any(name == self._look.say(f"{AREA}.next") for name, _ in self.tables):
            inner.addWidget(label(self._look.say("explanations.next.none"), SMALL_PX, tone="2", wrap=True))
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(boxed(inner))
        area.viewport().setAutoFillBackground(False)
        area.widget().setAutoFillBackground(False)
        return area

    def copy(self) -> None:
        """Put everything on the clipboard, with heads and units."""
        copy_text(self.as_text())

    def as_text(self) -> str:
        """Return everything as text."""
        return "\n\n".join([self.windowTitle(), *self.lines, *(f"{hint}\n{table.as_text()}" for hint, table in self.tables)])


def number_line(found: Prediction, look: Look) -> str:
    """Return the number with its interval; outside the measured range the reason and the band alone."""
    low, high = (look.figure(end) for end in (found.low, found.high))
    if found.out_of_range or found.value is None:
        return look.say(
            f"{AREA}.band_only", reason=look.tell(found.notes[0]) if found.notes else UNKNOWN, low=low, high=high, unit=found.unit
        )
    half = ((found.high or 0.0) - (found.low or 0.0)) / 2 / found.value
    return look.say(f"{AREA}.number", value=look.figure(found.value), low=low, high=high, unit=found.unit, half=half)


def _close(dialog: QDialog, look: Look) -> QWidget:
    return button(look.say("gui.close"), look.theme, dialog.accept)


def _tables(told: Explanation, found: Prediction, look: Look) -> Sequence[tuple[str, Table]]:
    return (
        ("next", _next(told, look)),
        ("grounds", _grounds(told, look)),
        ("known", _known(told, look)),
        ("shares", _shares(told, look)),
        ("terms", _terms(found, look)),
    )


def _next(told: Explanation, look: Look) -> Table:
    word = lambda name: look.say(f"{AREA}.{name}")  # noqa: E731 - four heads
    columns = (Column(word("measurement"), least=360), Column(word("before"), "%", True, 90), Column(word("after"), "%", True, 90))
    rows = [
        (
            Cell(look.tell(measurement_said(one, lambda name: short_name(name, look)))),
            _percent(one.before, look),
            _percent(one.after, look),
            Cell(word("yes") if one.reachable else word("no")),
        )
        for one in told.measure_next
    ]
    return Table((*columns, Column(word("reach"), width=90)), rows, look.theme, name=word("next"))


def _grounds(told: Explanation, look: Look) -> Table:
    word = lambda name: look.say(f"{AREA}.{name}")  # noqa: E731 - seven heads
    columns = (
        Column(word("workload"), least=120),
        Column(word("pair"), least=300),
        Column(word("ratio"), number=True, width=84),
        Column(word("weight"), "%", True, 76),
        Column(word("left_out"), "%", True, 120),
        Column(word("distance"), least=110),
        Column(word("source"), least=150),
    )
    rows = [
        (
            Cell(one.workload or UNKNOWN, tip=f"{one.workload} · {look.tell(class_said(one.kind))}"),
            Cell(f"{short_name(one.platform, look)} ÷ {short_name(one.other, look)}"),
            Cell(look.figure(one.ratio), one.ratio),
            _percent(one.weight, look),
            _error(one.error, look),
            Cell(look.tell(distance_said(one))),
            Cell(one.source or UNKNOWN, tip=f"{one.source} · {one.framework}"),
        )
        for one in told.grounds
    ]
    return Table(columns, rows, look.theme, name=word("grounds"))


def _known(told: Explanation, look: Look) -> Table:
    word = lambda name: look.say(f"{AREA}.{name}")  # noqa: E731 - five heads
    columns = (
        Column(word("platform"), least=160),
        Column(word("cards"), number=True, width=70),
        Column(word("row"), number=True, width=70),
        Column(word("weight"), "%", True, 90),
        Column(word("left_out"), "%", True, 110),
    )
    rows = [
        (
            Cell(short_name(one.platform, look)),
            Cell(str(one.gpus), one.gpus),
            Cell(str(one.row), one.row),
            _percent(one.weight, look),
            _error(one.error, look),
        )
        for one in told.known
    ]
    return Table(columns, rows, look.theme, name=word("known"))


def _shares(told: Explanation, look: Look) -> Table:
    columns = (Column(look.say(f"{AREA}.part"), least=240), Column(look.say(f"{AREA}.share"), "%", True, 140))
    rows = [
        (Cell(look.say(f"explanations.part.{one.part}")), Cell(look.number(100 * one.share, 0), one.share, share=one.share))
        for one in told.shares
    ]
    return Table(columns, rows, look.theme, name=look.say(f"{AREA}.shares"))


def _terms(found: Prediction, look: Look) -> Table:
    columns = (Column(look.say(f"{AREA}.term"), least=240), Column("k", number=True, width=100), Column("k × r", number=True, width=140))
    rows = [
        (Cell(look.say(f"paraselect.term.{name}")), Cell(look.number(k, 3), k), Cell(look.number(value, 3), value))
        for name, k, value in zip(TERMS, found.k or (), found.terms, strict=False)
    ]
    return Table(columns, rows, look.theme, name=look.say(f"{AREA}.terms"))


def _percent(share: float, look: Look) -> Cell:
    return Cell(look.number(100 * share, 0), share)


def _error(error: float | None, look: Look) -> Cell:
    return Cell(UNKNOWN) if error is None else Cell(f"{'+' if error >= 0 else ''}{look.number(100 * error, 0)}", abs(error))

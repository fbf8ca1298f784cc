"""Where each file of a run lies on its time axis: how that was found, and an offset of one's own instead."""

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QGridLayout, QLineEdit, QScrollArea, QWidget

from app.engine.model.traces import Alignment, Trace
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, label
from app.gui.widgets.dialogs import Dialog

FIELD_PX, MOST_S, DECIMALS = 140, 4e9, 6


class AlignDialog(Dialog):
    """One line per file: name, how it was placed, how sure that is, seconds added to its times. A blank leaves the file to the program."""

    def __init__(self, run: Trace, look: Look, parent: QWidget, *, can_read: bool) -> None:
        say = look.say
        super().__init__(say("align.title"), look, parent, hint=say("align.hint" if can_read else "align.no_files"))
        self.resize(820, 420)
        self._run = run
        self.fields: dict[str, QLineEdit] = {}
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setHorizontalSpacing(16)
        for place, head in enumerate(("file", "how", "confidence", "found", "offset")):
            grid.addWidget(label(say(f"align.{head}"), SMALL_PX, tone="2"), 0, place)
        for line, one in enumerate(run.alignments, 1):
            name = label(one.file, BODY_PX)
            name.setToolTip(one.file)
            sure = "—" if one.how == "manual" else f"{one.confidence:.0%}"
            found = label(f"{one.offset_ns / 1e9:+.3f}", BODY_PX)
            parts = (
                name,
                label(say(f"align.how_{self._basis(one)}"), BODY_PX),
                label(sure, BODY_PX),
                found,
                self._field(one, enabled=can_read),
            )
            for place, part in enumerate(parts):
                grid.addWidget(part, line, place, Qt.AlignmentFlag.AlignRight if place > 1 else Qt.AlignmentFlag.AlignLeft)
        grid.setRowStretch(len(run.alignments) + 1, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(boxed(grid, "pageBody"))
        self.body.addWidget(scroll)
        automatic = button(say("align.automatic"), look.theme, self._clear)
        automatic.setEnabled(can_read)
        self.finish(say("align.apply"), say("gui.cancel"), automatic)
        self.go_on.setEnabled(can_read)

    def offsets_ns(self) -> dict[str, int]:
        """Return what was typed: file -> ns added to its times; a file whose field is blank is left out."""
        typed = {name: self._seconds(field.text()) for name, field in self.fields.items()}
        return {name: round(seconds * 1e9) for name, seconds in typed.items() if seconds is not None}

    def _basis(self, one: Alignment) -> str:
        """Return how a file was placed; without a calendar the first one is the axis itself."""
        return "axis" if one.how == "absolute" and self._run.start_ns is None else one.how

    def _field(self, one: Alignment, *, enabled: bool) -> QLineEdit:
        field = QLineEdit()
        field.setFont(font(BODY_PX))
        field.setFixedWidth(FIELD_PX)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        check = QDoubleValidator(-MOST_S, MOST_S, DECIMALS, field)
        check.setNotation(QDoubleValidator.Notation.StandardNotation)
        check.setLocale(QLocale.c())
        field.setValidator(check)
        field.setPlaceholderText(self.look.say("align.automatic_short"))
        field.setAccessibleName(f"{one.file} {self.look.say('align.offset')}")
        field.setEnabled(enabled)
        if one.how == "manual":
            field.setText(f"{one.offset_ns / 1e9:.{DECIMALS}f}".rstrip("0").rstrip("."))
        self.fields[one.file] = field
        return field

    def _clear(self) -> None:
        for field in self.fields.values():
            field.clear()

    @staticmethod
    def _seconds(text: str) -> float | None:
        try:
            return float(text)
        except ValueError:
            return None

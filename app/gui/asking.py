"""The questions of an import, put to the person at the window: the purpose of a file, the case, a second trace, the columns of a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QRadioButton, QWidget

from app.engine.importing import Case, SecondTrace
from app.engine.intake import Purpose
from app.engine.model.mappings import TableMapping, TablePreview
from app.gui.look import Look
from app.gui.mapping_dialog import MappingDialog
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, column, label, picture
from app.gui.widgets.dialogs import Dialog
from app.gui.widgets.table import Cell, Column, Table

CHOICES: tuple[Purpose, ...] = ("ignore", "trace", "measured", "prices", "run")
SECOND: tuple[SecondTrace, ...] = ("replace", "merge", "compare")


class WindowAsker:
    """Asks with dialogs over a window, in its language of the moment."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    @property
    def look(self) -> Look:
        """Language and theme of the window."""
        return self._window.look  # type: ignore[attr-defined]

    def purposes(self, paths: Sequence[Path]) -> dict[Path, Purpose] | None:
        dialog = PurposeDialog(paths, self.look, self._window)
        return dialog.chosen() if dialog.exec() else None

    def case(self, path: Path, cases: Sequence[Case], likely: str) -> str | None:
        dialog = CaseDialog(path, cases, likely, self.look, self._window)
        return dialog.chosen() if dialog.exec() else None

    def mapping(self, preview: TablePreview) -> TableMapping | None:
        dialog = MappingDialog(preview, self.look, self._window)
        return dialog.mapping() if dialog.exec() else None

    def second_trace(self) -> SecondTrace | None:
        dialog = SecondTraceDialog(self.look, self._window)
        return dialog.chosen() if dialog.exec() else None


class PurposeDialog(Dialog):
    """One line per file that nothing is known of, with what it may be."""

    def __init__(self, paths: Sequence[Path], look: Look, parent: QWidget) -> None:
        super().__init__(look.say("intake.ask.purpose"), look, parent, hint=look.say("intake.ask.purpose_hint"))
        self._boxes: dict[Path, QComboBox] = {}
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for line, path in enumerate(paths):
            box = QComboBox()
            box.setFont(font(BODY_PX))
            box.setAccessibleName(path.name)
            for purpose in CHOICES:
                box.addItem(look.say(f"intake.goes.{purpose}"), purpose)
            name = label(path.name, BODY_PX)
            name.setToolTip(str(path))
            for place, part in enumerate((picture("file-question-mark", look.theme.warn, 16), name, box)):
                grid.addWidget(part, line, place)
            self._boxes[path] = box
        self.body.addLayout(grid)
        self.body.addStretch(1)
        self.setMinimumWidth(560)
        self.finish(look.say("intake.go_on"), look.say("intake.ask.leave"))

    def chosen(self) -> dict[Path, Purpose]:
        """Return what was said of each file."""
        return {path: box.currentData() for path, box in self._boxes.items()}


class CaseDialog(Dialog):
    """The cases of a table of measured runs; the likely one is marked and chosen."""

    def __init__(self, path: Path, cases: Sequence[Case], likely: str, look: Look, parent: QWidget) -> None:
        say = look.say
        super().__init__(say("intake.ask.case", file=path.name), look, parent, hint=say("intake.ask.case_hint"))
        self._cases = list(cases)
        self.resize(760, 480)
        columns = (
            Column(say("intake.case.name")),
            Column(say("intake.case.workload"), width=200), Column(say("intake.case.platforms"), width=180),
            Column(say("intake.case.rows"), "", True, 64), Column(say("intake.case.known"), "", True, 64),
        )  # fmt: skip
        rows = [
            (
                Cell(case.name, tip=case.name), Cell(case.workload, tip=case.workload),
                Cell(", ".join(look.product(one) for one in case.platforms), tip="\n".join(case.platforms)),
                Cell(str(case.rows), case.rows), Cell(str(case.known), case.known),
            )
            for case in cases
        ]  # fmt: skip
        self.table = Table(columns, rows, look.theme, name=say("intake.ask.case", file=path.name))
        self.table.setSelectionMode(Table.SelectionMode.SingleSelection)
        self.table.opened.connect(lambda _row: self.accept())
        names = [case.name for case in cases]
        self.table.select_row(names.index(likely) if likely in names else 0)
        if likely:
            self.body.addWidget(label(say("intake.ask.case_likely", case=likely), SMALL_PX, tone="accent"))
        self.body.addWidget(self.table)
        self.finish(say("intake.ask.take_case"), say("gui.cancel"))
        self.table.setFocus()

    def chosen(self) -> str:
        """Return the chosen case."""
        return self._cases[max(0, self.table.current_row())].name


class SecondTraceDialog(Dialog):
    """What a trace is where there is one already."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        say = look.say
        super().__init__(say("intake.ask.second"), look, parent, hint=say("intake.ask.second_hint"))
        self._group = QButtonGroup(self)
        for number, choice in enumerate(SECOND):
            radio = QRadioButton(say(f"intake.second.{choice}.title"))
            radio.setFont(font(BODY_PX))
            radio.setChecked(choice == "compare")
            self._group.addButton(radio, number)
            why = label(say(f"intake.second.{choice}.hint"), SMALL_PX, tone="2", wrap=True)
            why.setContentsMargins(24, 0, 0, 4)
            self.body.addWidget(boxed(column(radio, why, spacing=2)))
        self.setMinimumWidth(480)
        self.finish(say("intake.go_on"), say("gui.cancel"))

    def chosen(self) -> SecondTrace:
        """Return what was said."""
        return cast("SecondTrace", SECOND[self._group.checkedId()])

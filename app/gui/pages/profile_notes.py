"""What the reading left out and what it warns of: one line that opens the whole list; nothing is lost without a word."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QToolButton, QWidget

from app.engine.messages import Message, message
from app.engine.model.profiles import Profile
from app.engine.model.projects import Project
from app.engine.model.traces import Trace
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import column, label, picture, row
from app.gui.widgets.table import Cell, Column, Heading, Row, Table

LINE_PX, MOST_REASONS = 26, 3


class NotesLine(QWidget):
    """The line: how much was skipped and why, how many warnings, a button that opens all of it."""

    def __init__(self, project: Project, look: Look) -> None:
        super().__init__()
        self._look = look
        self._runs = [
            (name, trace, profile)
            for name, trace, profile in (("A", project.trace, project.profile), ("B", project.comparison, project.comparison_profile))
            if trace is not None
        ]
        self.is_empty = not any(trace.skipped or trace.environment or warnings_of(trace, profile) for _name, trace, profile in self._runs)
        self.words = self._words()
        self.setFixedHeight(LINE_PX)
        theme, warned = look.theme, any(warnings_of(trace, profile) for _name, trace, profile in self._runs)
        text = label(self.words, SMALL_PX, tone="2")
        text.setToolTip(self.words)
        text.setMinimumWidth(40)
        more = QToolButton()
        more.setText(look.say("page_profile.notes.open"))
        more.setFont(font(SMALL_PX))
        more.clicked.connect(self.open_details)
        line = row(picture("triangle-alert" if warned else "info", theme.warn if warned else theme.text3, 14), spacing=6)
        line.addWidget(text, 1)
        line.addWidget(more)
        self.setLayout(line)

    def _words(self) -> str:
        say, parts = self._look.say, []
        warned = sum(len(warnings_of(trace, profile)) for _name, trace, profile in self._runs)
        if warned:
            parts.append(say("page_profile.notes.warnings", count=warned))
        skipped: dict[str, int] = {}
        for _name, trace, _profile in self._runs:
            for code, count in trace.skipped.items():
                skipped[code] = skipped.get(code, 0) + count
        if skipped:
            most = sorted(skipped.items(), key=lambda item: -item[1])
            reasons = [f"{say(code)} {self._look.number(count, 0)}" for code, count in most[:MOST_REASONS]]
            more = "…" if len(most) > MOST_REASONS else ""
            total = self._look.number(sum(skipped.values()), 0)
            parts.append(say("page_profile.notes.skipped", count=total, reasons=self._look.tell(message_list(reasons)) + more))
        told = sum(len(trace.environment) for _name, trace, _profile in self._runs)
        if told:
            parts.append(say("page_profile.notes.environment", count=told))
        return " · ".join(parts)

    def details(self) -> QDialog:
        """Return the dialog with every reason and every warning, run by run."""
        say = self._look.say
        dialog = QDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(say("page_profile.notes.title"))
        dialog.resize(640, 420)
        rows: list[Row] = []
        for name, trace, profile in self._runs:
            rows.append(Heading(f"{name} · {', '.join(file.name for file in trace.files)}"))
            rows += [(Cell(self._look.tell(said), symbol="triangle-alert", tone="warn"), Cell("")) for said in warnings_of(trace, profile)]
            skipped = sorted(trace.skipped.items(), key=lambda item: -item[1])
            rows += [(Cell(say("page_profile.notes.reason", reason=say(code))), Cell(self._look.number(n, 0), n)) for code, n in skipped]
            rows += [(Cell(f"{key} = {value}"), Cell("")) for key, value in trace.environment.items()]
        heads = (Column(say("page_profile.notes.what")), Column(say("page_profile.notes.count"), number=True, width=110))
        layout = column(Table(heads, rows, self._look.theme, name=say("page_profile.notes.title")))
        layout.setContentsMargins(12, 12, 12, 12)
        dialog.setLayout(layout)
        return dialog

    def open_details(self) -> None:
        """Open the whole list."""
        self.details().open()


def warnings_of(trace: Trace, profile: Profile | None) -> tuple[Message, ...]:
    """Return the warnings of a run: the profile's hold the trace's."""
    return profile.warnings if profile is not None else trace.warnings


def message_list(words: list[str]) -> Message:
    """Return words as a list in the user's language."""
    return message("page_profile.notes.list", words=words)

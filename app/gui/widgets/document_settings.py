"""Language, imprint and contents of the documents, and what has changed since the last export."""

import datetime
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QWidget

from app.engine.model.projects import ProposalSettings
from app.engine.proposing import Change, next_number
from app.gui.look import UNKNOWN, Look
from app.gui.theme import icon
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import Card, label, row, segments
from app.gui.widgets.entry import DateEntry, Entry
from app.gui.widgets.switch import Switch

IMPRINT = ("number", "version", "valid_until", "classification", "author", "hidden_words")
CONTENTS = ("show_sources", "show_intervals", "show_excluded", "show_formula", "anonymous")
MOST_CHANGES = 8


class DocumentSettings(QObject):
    """Three cards. changed: a field of ProposalSettings and its value."""

    changed = Signal(str, object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.entries: dict[str, Entry] = {}
        self.switches: dict[str, Switch] = {}
        self.document, self.contents = Card(look.say("page_proposal.card.document")), Card(look.say("page_proposal.card.contents"))
        self.changes = Card(look.say("page_proposal.card.changes"))
        self._fill_document()
        self._fill_contents()
        self._list: QWidget | None = None
        for card in (self.document, self.contents, self.changes):
            card.body.addStretch(1)

    def _fill_document(self) -> None:
        say, body = self._look.say, self.document.body
        body.setSpacing(4)
        words = (("zh", "中文"), ("en", "English"))
        self.languages = segments(words, "zh", lambda lang: self.changed.emit("lang", lang))
        self.languages.setAccessibleName(say("page_proposal.field.lang"))
        body.addLayout(row(label(say("page_proposal.field.lang"), SMALL_PX, tone="2"), None, self.languages))
        for name in IMPRINT:
            entry = self._entry(name)
            self.entries[name] = entry
            words_of = label(say(f"page_proposal.field.{name}"), SMALL_PX, tone="2")
            words_of.setBuddy(entry)
            entry.setAccessibleName(words_of.text())
            body.addSpacing(4)
            body.addWidget(words_of)
            body.addWidget(entry)
        self._problem = label("", CAPTION_PX, tone="bad", wrap=True)
        self._problem.hide()
        body.insertWidget(body.indexOf(self.entries["valid_until"]) + 1, self._problem)

    def _entry(self, name: str) -> Entry:
        theme, say = self._look.theme, self._look.say
        if name == "valid_until":
            entry: Entry = DateEntry(theme, self._look.lang, say("page_proposal.pick_date"), say("page_proposal.by_prices"))
            entry.typed.connect(lambda text: self._mark_date(_day(text) is None and bool(text.strip())))
            entry.committed.connect(self._set_date)
            return entry
        entry = Entry(theme)
        entry.committed.connect(lambda text: self.changed.emit(name, text.strip()))
        if name == "number":
            renew = QAction(icon("refresh-cw", theme.text2), say("page_proposal.renew_number"), entry)
            renew.triggered.connect(lambda: self.changed.emit("number", next_number(entry.text(), datetime.date.today())))
            entry.addAction(renew, QLineEdit.ActionPosition.TrailingPosition)
        return entry

    def _set_date(self, text: str) -> None:
        day = _day(text)
        if day is None and text.strip():
            self.entries["valid_until"].setModified(True)
            self._mark_date(True)
            return
        self._mark_date(False)
        self.changed.emit("valid_until", day)

    def _mark_date(self, is_wrong: bool) -> None:
        entry = self.entries["valid_until"]
        entry.setProperty("problem", "error" if is_wrong else "")
        entry.style().unpolish(entry)
        entry.style().polish(entry)
        self._problem.setText(self._look.say("checking.not_a_date", text=entry.text()) if is_wrong else "")
        self._problem.setVisible(is_wrong)

    def _fill_contents(self) -> None:
        for name in CONTENTS:
            words = self._look.say(f"page_proposal.contents.{name}")
            switch = Switch(self._look.theme, words)
            switch.clicked.connect(lambda on, name=name: self.changed.emit(name, on))
            self.switches[name] = switch
            text = label(words, SMALL_PX)
            text.setBuddy(switch)
            self.contents.body.addLayout(row(text, None, switch))

    def show_settings(self, settings: ProposalSettings, lang: str, default_number: str) -> None:
        """Show the settings of the document."""
        for button, value in zip(self.languages.findChildren(QPushButton), ("zh", "en"), strict=True):
            button.setChecked(value == lang)
        for name, entry in self.entries.items():
            value = getattr(settings, name)
            entry.show_text("" if value is None else str(value))
        self.entries["number"].setPlaceholderText(default_number)
        self.entries["hidden_words"].setPlaceholderText(self._look.say("page_proposal.hidden_hint"))
        self.entries["hidden_words"].setEnabled(settings.anonymous)
        self.entries["classification"].setPlaceholderText(self._look.say("proposing.cover.classification"))
        for name, switch in self.switches.items():
            switch.setChecked(getattr(settings, name))

    def show_changes(self, changes: Sequence[Change], exported_on: datetime.date | None) -> None:
        """Show what has changed since the last export."""
        say = self._look.say
        if self._list is not None:
            self._list.hide()
            self._list.deleteLater()
        self._list = QWidget()
        grid = QGridLayout(self._list)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        self.changes.hint.setText(exported_on.isoformat() if exported_on else "")
        if not changes:
            said = say("page_proposal.no_change" if exported_on else "page_proposal.never_exported")
            grid.addWidget(label(said, SMALL_PX, tone="2", wrap=True), 0, 0, 1, 4)
        for place, change in enumerate(changes[:MOST_CHANGES]):
            self._add_change(grid, place, change)
        if len(changes) > MOST_CHANGES:
            grid.addWidget(label(say("page_proposal.more", count=len(changes) - MOST_CHANGES), SMALL_PX, tone="3"), MOST_CHANGES, 0, 1, 4)
        self.changes.body.insertWidget(0, self._list)

    def _add_change(self, grid: QGridLayout, place: int, change: Change) -> None:
        what = self._look.say(f"page_proposal.change.{change.what}")
        grid.addWidget(label(f"{self._look.product(change.platform)} × {change.gpus} {what}", SMALL_PX, tone="2", wrap=True), place, 0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        grid.addWidget(label(self._figure(change, change.before), SMALL_PX, tone="3"), place, 1, right)
        grid.addWidget(label("→", SMALL_PX, tone="3"), place, 2)
        grid.addWidget(label(self._figure(change, change.after), SMALL_PX, bold=True), place, 3, right)

    def _figure(self, change: Change, value: float | None) -> str:
        if value is None:
            return UNKNOWN
        return " ".join(self._look.money(value)) if change.what == "price" else self._look.figure(value)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        return None

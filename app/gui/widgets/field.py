"""One field of a form: its name, where it is typed, and below it what is wrong with it, said while it is typed."""

import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.engine.messages import has_entry, message
from app.engine.workload import PERCENT, SUGGESTIONS, Fault, Value, blank_of, choices_of, kind_of, typed_value
from app.gui.look import THIN_SPACE, Look
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import boxed, label, picture, row
from app.gui.widgets.entry import ChoiceBox, DateEntry, Entry, SuggestEntry
from app.gui.widgets.switch import Switch

NAME_PX, FAULT_ICONS = 116, {"error": ("circle-x", "bad"), "warning": ("triangle-alert", "warn")}
SHOWS_ZERO = frozenset({"run.zero_stage", "run.dropout"})
E9, MOST_NEAR = 1e9, 3


class Field(QWidget):
    """A key of the run description. Both signals carry the key; committed its value too: what is no value is never committed."""

    typed = Signal(str)
    committed = Signal(str, object)

    def __init__(self, key: str, look: Look, words: tuple[tuple[str, str], ...] = (), *, required: bool = False) -> None:
        super().__init__()
        self.key, self._look, self._finds_parts = key, look, bool(words)
        self._words = dict(words) or {value: self._word(value) for value in SUGGESTIONS.get(key, ())}
        self.name = look.say(f"page_requirement.field.{key}")
        self.editor = self._editor()
        self.editor.setAccessibleName(self.name)
        self.title = label(f"{self.name} *" if required else self.name, SMALL_PX, tone="2")
        self.title.setFixedWidth(NAME_PX)
        self.title.setBuddy(self.editor)
        hint = f"page_requirement.hint.{key}"
        tip = [look.say(hint)] if has_entry(hint, look.lang) else []
        tip += [look.say("page_requirement.required")] if required else []
        self.setToolTip("\n".join([*tip, f"[{key.replace('.', '] ')}"]))
        self._below: QWidget | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(2)
        line = row(self.title)
        line.addWidget(self.editor, 0 if isinstance(self.editor, Switch) else 1, Qt.AlignmentFlag.AlignVCenter)
        if isinstance(self.editor, Switch):
            line.addStretch(1)
        outer.addLayout(line)
        self._outer = outer
        self.fault: Fault | None = None

    def focus(self) -> None:
        """Put the cursor there."""
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_value(self, value: Value) -> None:
        """Show the value of the document."""
        if isinstance(self.editor, Switch):
            self.editor.setChecked(bool(value))
        else:
            self.editor.show_text(self._words.get(str(value), "") or written(self.key, value))

    def show_assumed(self, default: str) -> None:
        """Show that nothing is stated, and what is counted with instead."""
        if isinstance(self.editor, Entry):
            self.editor.setPlaceholderText(default)
            self.editor.show_text("")

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the line."""
        return isinstance(self.editor, Entry) and not self.editor.text().strip()

    def pending(self) -> tuple[Value | Fault] | None:
        """Return what stands there and is not the document's, as a tuple of one; None where nothing does."""
        return (self._value(self.editor.text()),) if isinstance(self.editor, Entry) and self.editor.is_pending else None

    def show_fault(self, fault: Fault | None) -> None:
        """Mark the field and say below it what is wrong and what would do; None takes the mark away."""
        if fault == self.fault:
            return
        self.fault = fault
        self.editor.setProperty("problem", fault.level if fault else "")
        self.editor.style().unpolish(self.editor)
        self.editor.style().polish(self.editor)
        if fault is None:
            if self._below is not None:
                self._below.hide()
            self.editor.setAccessibleDescription("")
            return
        if self._below is None:
            self._below = self._fault_line()
        said = self._look.tell(fault.said)
        symbol, tone = FAULT_ICONS[fault.level]
        self._sign.setPixmap(picture(symbol, self._look.theme.tone(tone), 12).pixmap())
        self._said.setText(said)
        self._said.setProperty("tone", tone)
        self._said.style().polish(self._said)
        self.editor.setAccessibleDescription(said)
        self._below.show()

    def _fault_line(self) -> QWidget:
        self._said, self._sign = label("", CAPTION_PX, wrap=True), QLabel()
        self._sign.setFixedSize(12, 12)
        self._sign.setScaledContents(True)
        line = row(self._sign, spacing=4)
        line.addWidget(self._said, 1)
        line.setAlignment(self._sign, Qt.AlignmentFlag.AlignTop)
        line.setContentsMargins(NAME_PX + 8, 0, 0, 2)
        made = boxed(line)
        self._outer.addWidget(made)
        return made

    def _editor(self) -> Entry | ChoiceBox | Switch:
        say, theme, kind = self._look.say, self._look.theme, kind_of(self.key)
        if kind == "flag":
            switch = Switch(theme)
            switch.clicked.connect(lambda on: self.committed.emit(self.key, on))
            return switch
        if kind in ("choice", "maybe"):
            box = ChoiceBox(self._choices(kind))
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            box.committed.connect(self._chosen)
            return box
        example = f"page_requirement.example.{self.key}"
        shown = say(example) if has_entry(example, self._look.lang) else ""
        if kind == "date":
            entry: Entry = DateEntry(theme, self._look.lang, say("page_requirement.pick_date"), shown)
        elif self._words:
            words = [(text, value) for value, text in self._words.items()]
            entry = SuggestEntry(theme, words, say("page_requirement.list_all"), shown)
        else:
            unit = f"page_requirement.unit.{self.key}"
            entry = Entry(theme, say(unit) if has_entry(unit, self._look.lang) else "%" if self.key in PERCENT else "", shown)
        entry.typed.connect(lambda _text: self.typed.emit(self.key))
        entry.committed.connect(self._entered)
        return entry

    def _choices(self, kind: str) -> list[tuple[str, str]]:
        values = ("true", "false") if kind == "maybe" else choices_of(self.key)
        texts = [(value, self._word(value)) for value in values]
        return texts if kind == "choice" and blank_of(self.key) is not None or self.key == "workload.task" else [("", ""), *texts]

    def _word(self, value: str) -> str:
        code = f"page_requirement.choice.{self.key.partition('.')[2]}.{value}"
        return self._look.say(code) if has_entry(code, self._look.lang) else value

    def _value(self, text: str) -> Value | Fault:
        wanted = text.strip().lower()
        if not self._words or not wanted:
            return typed_value(self.key, text)
        found = [value for value, word in self._words.items() if wanted in (value.lower(), word.lower())]
        if not found and self._finds_parts:  # a product without its vendor is meant before what only holds it: 昇腾910B4, not 910B4-1
            found = [value for value, word in self._words.items() if word.lower().endswith(wanted)]
            found = found or [value for value, word in self._words.items() if wanted in f"{word} {value}".lower()]
        if len(found) > 1:
            return Fault(self.key, message("checking.several", count=len(found), near=[self._words[value] for value in found[:MOST_NEAR]]))
        return found[0] if found else typed_value(self.key, text)

    def _chosen(self, value: str) -> None:
        made = {"true": True, "false": False}.get(value) if kind_of(self.key) == "maybe" else typed_value(self.key, value)
        self.committed.emit(self.key, made)

    def _entered(self, text: str) -> None:
        value = self._value(text)
        if isinstance(value, Fault):
            self.editor.setModified(True)  # type: ignore[union-attr]
            self.typed.emit(self.key)
        else:
            self.committed.emit(self.key, value)


def written(key: str, value: Value) -> str:
    """Return a value as one would type it: groups of three, per cent where people write so, nothing for what is not stated."""
    if value is None or value == () or (value == 0 and not isinstance(value, bool) and key not in SHOWS_ZERO):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if key in PERCENT:
        return f"{value * 100:.10g}"
    if isinstance(value, float) and value >= E9:
        return f"{value / E9:.15g}e9"
    return f"{value:,}".removesuffix(".0").replace(",", THIN_SPACE)

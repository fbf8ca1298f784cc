"""The texts of a chapter that the engineer may put in his own words: a list, an editor, and the way back to what the program writes."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from app.engine.proposing import EditableText
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, MARGIN, SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, chip, label, row
from app.gui.widgets.entry import ChoiceBox

EDITOR_PX, LIST_PX = 96, 220


class TextPanel(Card):
    """edited: a text and its new words, None to bring the original back. An edit is taken over on leaving the editor or by Ctrl+Enter."""

    edited = Signal(object, object)

    def __init__(self, look: Look) -> None:
        super().__init__(look.say("page_proposal.texts"))
        self._look, self._texts = look, ()
        say, theme = look.say, look.theme
        self.choice = ChoiceBox(())
        self.choice.setFont(font(SMALL_PX))
        self.choice.setMinimumWidth(LIST_PX)
        self.choice.setAccessibleName(say("page_proposal.texts"))
        self.choice.activated.connect(self._choose)
        self.restore = button(say("page_proposal.restore"), theme, self._bring_back, symbol="rotate-ccw")
        self._open = button(say("page_proposal.edit"), theme, lambda: self.unfold(not self.is_open), symbol="pencil")
        self._mark = boxed(row())
        self.tools.addWidget(self._mark)
        self.tools.addWidget(self.choice)
        self.tools.addWidget(self.restore)
        self.tools.addWidget(self._open)
        self.editor = QPlainTextEdit()
        self.editor.setFont(font(BODY_PX))
        self.editor.setFixedHeight(EDITOR_PX)
        self.editor.setTabChangesFocus(True)
        self.editor.setAccessibleName(say("page_proposal.editor"))
        self.editor.installEventFilter(self)
        self._note = label("", SMALL_PX, tone="2", wrap=True)
        self.body.addWidget(self.editor)
        self.body.addWidget(self._note)
        self._shown: EditableText | None = None
        self.unfold(False)

    @property
    def is_open(self) -> bool:
        """Whether the editor is shown."""
        return not self.editor.isHidden()

    def unfold(self, is_open: bool) -> None:
        """Show the editor, or only the line above it."""
        self.editor.setVisible(is_open)
        self._note.setVisible(is_open and bool(self._note.text()))
        self._open.setText(self._look.say("page_proposal.fold" if is_open else "page_proposal.edit"))
        self.body.setContentsMargins(MARGIN, 0, MARGIN, 12 if is_open else 0)
        if is_open:
            self.editor.setFocus()

    def show_texts(self, texts: Sequence[EditableText]) -> None:
        """Show the texts of one chapter; the chosen one stays chosen, and what is being typed stays."""
        self._texts = tuple(texts)
        key = self._shown.key if self._shown else ""
        self.choice.clear()
        for text in texts:
            self.choice.addItem(self._name(text), text.key)
        self.choice.setEnabled(bool(texts))
        place = max(0, next((number for number, text in enumerate(texts) if text.key == key), 0))
        if texts:
            self.choice.setCurrentIndex(place)
        self._show(texts[place] if texts else None)

    def _name(self, text: EditableText) -> str:
        kind = self._look.say(f"page_proposal.text.{text.style}")
        name = f"{kind}: {text.heading}" if text.heading else kind
        return f"{name} · {self._look.say('page_proposal.edited')}" if text.is_edited else name

    def _choose(self, place: int) -> None:
        self._take_over()
        self._show(self._texts[place] if place < len(self._texts) else None)

    def _show(self, text: EditableText | None) -> None:
        same = self._shown is not None and text is not None and self._shown.key == text.key
        typing = same and self._is_changed() and self.editor.hasFocus()
        self._shown = text
        if not typing and (text is None or self.editor.toPlainText() != text.text):
            self.editor.setPlainText(text.text if text else "")
        self.editor.setEnabled(text is not None)
        self._open.setEnabled(text is not None)
        self.restore.setEnabled(text is not None and text.is_edited)
        self._show_state(text)

    def _show_state(self, text: EditableText | None) -> None:
        say, theme = self._look.say, self._look.theme
        line = self._mark.layout()
        while taken := line.takeAt(0):  # type: ignore[union-attr]
            if widget := taken.widget():
                widget.deleteLater()
        code = "" if text is None or not text.is_edited else "stale" if text.is_stale else "edited"
        if code:
            ink, ground = (theme.warn, theme.warn_soft) if code == "stale" else (theme.accent, theme.selected)
            line.addWidget(chip(say(f"page_proposal.{code}"), ink, ground))  # type: ignore[union-attr]
        note = "" if text is None else "stale_note" if text.is_stale else "list_note" if text.style == "bullet" else ""
        self._note.setText(say(f"page_proposal.{note}", original=text.original.replace("\n", " / ")) if note and text else "")
        self._note.setVisible(bool(note) and self.is_open)

    def _is_changed(self) -> bool:
        return self._shown is not None and self.editor.toPlainText().strip() != self._shown.text.strip()

    def _take_over(self) -> None:
        if self._is_changed():
            self.edited.emit(self._shown, self.editor.toPlainText())

    def _bring_back(self) -> None:
        if self._shown is not None:
            self.editor.setPlainText(self._shown.original)
            self.edited.emit(self._shown, None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self._take_over()
        is_key = event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) and isinstance(event, QKeyEvent)
        if is_key and event.key() == Qt.Key.Key_Escape and self._is_changed():  # type: ignore[attr-defined]
            if event.type() == QEvent.Type.KeyPress and self._shown is not None:
                self.editor.setPlainText(self._shown.text)
            event.accept()
            return True
        if is_key and event.type() == QEvent.Type.KeyPress and _is_commit(event):  # type: ignore[arg-type]
            self._take_over()
            return True
        return super().eventFilter(watched, event)


def _is_commit(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)

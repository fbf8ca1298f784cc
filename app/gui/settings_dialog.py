"""The settings: language, theme, scale, autosave, the recovery folder. A choice counts at once; the scale at the next start."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QGridLayout, QWidget

from app.gui.preferences import AUTOSAVE_S, LANGUAGES, SCALES, THEMES
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, column, label, row, segments
from app.gui.widgets.elided import Elided

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

LANGUAGE_NAMES = {"zh": "中文", "en": "English"}


class SettingsDialog(QDialog):
    """The dialog. After a change of looks it opens anew in the new ones."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._window, self._choices, self._look = window, window.session.preferences, window.look
        say = self._look.say
        self.setWindowTitle(say("document.action.settings"))
        self.setMinimumWidth(560)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(16)
        self._grid.setHorizontalSpacing(24)
        self._grid.setColumnStretch(1, 1)
        languages = [(key, LANGUAGE_NAMES.get(key) or say("document.settings.system")) for key in LANGUAGES]
        self._choice("language", languages, self._choices.language)
        self._choice("theme", [(key, say(f"document.settings.{key}")) for key in THEMES], self._choices.theme)
        scales = [(key, say("document.settings.system") if key == "system" else f"{float(key):.0%}".replace("%", " %")) for key in SCALES]
        self._choice("scale", scales, self._choices.scale, hint=say("document.settings.scale_hint"))
        times = [(str(seconds), self._duration(seconds)) for seconds in AUTOSAVE_S]
        self._choice("autosave", times, str(self._choices.autosave_s), key="autosave_s", hint=say("document.settings.autosave_hint"))
        self._add("folder", self._folder(), say("document.settings.folder_hint"))
        theme = self._look.theme
        close = button(say("gui.close"), theme, self.accept, primary=True)
        foot = row(button(say("document.settings.reset"), theme, self.reset, symbol="rotate-ccw"), None, close)
        layout = column(label(say("document.action.settings"), FIGURE_PX, bold=True), spacing=20)
        layout.addLayout(self._grid)
        layout.addLayout(foot)
        layout.setContentsMargins(24, 20, 24, 16)
        self.setLayout(layout)

    def choose(self, key: str, value: str) -> None:
        """Store a choice and follow it."""
        self._choices.set(key, value)
        self._follow()

    def reset(self) -> None:
        """Take back every choice."""
        self._choices.reset()
        self._follow(again=True)

    def _follow(self, *, again: bool = False) -> None:
        window = self._window
        window.follow_preferences()
        if again or window.look != self._look:
            self.accept()
            QTimer.singleShot(0, window, window.show_settings)

    def _choice(self, name: str, words: Sequence[tuple[str, str]], current: str, *, key: str = "", hint: str = "") -> None:
        self._add(name, segments(words, current, lambda value: self.choose(key or name, value)), hint)

    def _add(self, name: str, control: QWidget, hint: str = "") -> None:
        place = self._grid.rowCount()
        word = label(self._look.say(f"document.settings.{name}"), BODY_PX)
        word.setFixedHeight(30)
        control.setAccessibleName(word.text())
        self._grid.addWidget(word, place, 0, Qt.AlignmentFlag.AlignTop)
        told = column(control, spacing=4)
        if hint:
            told.addWidget(label(hint, SMALL_PX, tone="3", wrap=True))
        self._grid.addWidget(boxed(told), place, 1)

    def _folder(self) -> QWidget:
        say, theme = self._look.say, self._look.theme
        path = Elided("", BODY_PX, middle=True)
        path.setText(str(self._choices.recovery_folder))
        return boxed(
            row(
                path,
                None,
                button(say("document.settings.choose"), theme, self._choose_folder),
                button(say("document.settings.show"), theme, self._show_folder),
            )
        )

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self._look.say("document.settings.folder"), str(self._choices.recovery_folder))
        if name:
            self._choices.set("recovery_folder", str(Path(name)))
            self._follow(again=True)

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._choices.recovery_folder)))

    def _duration(self, seconds: int) -> str:
        say = self._look.say
        return say("document.settings.minutes", count=seconds // 60) if seconds >= 60 else say("document.settings.seconds", count=seconds)

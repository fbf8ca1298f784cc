"""What a window can do, as verbs: the one list behind shortcuts, menu, command palette and the list of keys."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QFileDialog, QLineEdit, QPlainTextEdit, QTextEdit

from app.engine import pipeline
from app.engine.capture_kit import write_capture_kit
from app.engine.environment import with_environment_text
from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.questionnaire import SUFFIXES, write_questionnaire
from app.gui.help_dialogs import about_dialog, faults_dialog, formats_dialog, keys_dialog
from app.gui.pages import FURTHER, PAGES
from app.gui.palette import Palette
from app.gui.palette_entries import entries_of
from app.gui.pasting import environment_in, pasted
from app.gui.verbs import Verb

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

TEXT_FIELDS = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)


class Actions:
    """The verbs of one window and what they do."""

    def __init__(self, window: "MainWindow") -> None:
        self._window, self._session = window, window.session
        self.verbs = (*self._file(), *self._edit(), *self._view(), *self._tools())

    def named(self, name: str) -> Verb | None:
        """Return a verb by its name."""
        return next((verb for verb in self.verbs if verb.name == name), None)

    def _file(self) -> Sequence[Verb]:
        document, session = self._window.document, self._session
        has_data = lambda: session.project.workload is not None or session.project.profile is not None  # noqa: E731
        return (
            Verb("gui.action.new", "Ctrl+N", document.new, "plus", "file"),
            Verb("intake.action.open", "Ctrl+O", self.open_project, "folder-open", "file"),
            Verb("gui.action.sample", "", document.open_sample, "play", "file"),
            Verb("gui.action.save", "Ctrl+S", document.save, "save", "file", rule=True),
            Verb("gui.action.save_as", "Ctrl+Shift+S", document.save_as, "save", "file"),
            Verb("intake.action.import", "Ctrl+I", self.choose, "upload", "file", rule=True),
            Verb("intake.action.import_folder", "Ctrl+Shift+I", self.choose_folder, "folder-input", "file"),
            Verb("intake.action.export_documents", "Ctrl+E", self.export_documents, "download", "file", "export", can=has_data),
            Verb(
                "intake.action.export_profile", "", self.export_profile, "activity", "file", "export",
                can=lambda: session.project.profile is not None,
            ),
            Verb("gui.action.quit", "Ctrl+Q", self._window.close, "log-out", "file", rule=True),
        )  # fmt: skip

    def _edit(self) -> Sequence[Verb]:
        session = self._session
        return (
            Verb("gui.action.undo", "Ctrl+Z", session.undo, "undo-2", "edit", can=lambda: bool(session.undo_label)),
            Verb("gui.action.redo", "Ctrl+Shift+Z / Ctrl+Y", session.redo, "redo-2", "edit", can=lambda: bool(session.redo_label)),
            Verb("intake.action.copy", "", self.copy, "copy", "edit", rule=True),
            Verb("gui.action.paste", "Ctrl+V", self.paste, "clipboard-paste", "edit"),
            Verb("intake.action.find", "Ctrl+F", self.find, "search", "edit", rule=True, can=lambda: self._window.find_field() is not None),
            Verb("intake.action.go_to", "Ctrl+P", self.go_to, "crosshair", "edit"),
        )

    def _view(self) -> Sequence[Verb]:
        window = self._window
        pages = tuple(
            Verb(f"gui.page.{page.key}", f"Ctrl+{number}", lambda key=page.key: window.show_page(key), page.icon, "view")
            for number, page in enumerate(PAGES, 1)
        )
        further = tuple(Verb(f"gui.page.{page.key}", "", lambda key=page.key: window.show_page(key), page.icon, "view") for page in FURTHER)
        return (
            *pages,
            *further,
            Verb("gui.action.theme", "Ctrl+Shift+D", window.switch_theme, "moon", "view", rule=True),
            Verb("gui.action.language", "Ctrl+Shift+L", window.switch_language, "languages", "view"),
            Verb("gui.action.commands", "Ctrl+Shift+P", self.show_commands, "search", "view", rule=True),
            Verb("intake.action.menu", "F10", window.show_menu, "menu"),
            Verb("gui.action.cancel", "Escape", window.escape, "x", can=window.can_escape),
        )

    def _tools(self) -> Sequence[Verb]:
        return (
            Verb("intake.action.questionnaire", "", self.write_form, "clipboard-list", "tools"),
            Verb("intake.action.template", "", self.write_template, "file-spreadsheet", "tools"),
            Verb("intake.action.capture_kit", "", self.write_capture_kit, "hard-drive", "tools"),
            Verb("scan.action.scan_source", "", self._window.scans.open, "brackets", "tools"),
            Verb("intake.action.check_platforms", "", self.check_platforms, "database", "tools"),
            Verb("intake.action.formats", "", lambda: formats_dialog(self._window.look, self._window).open(), "list-filter", "tools"),
            Verb("document.action.settings", "Ctrl+,", self._window.show_settings, "settings", "tools"),
            Verb("gui.action.keys", "F1 / ?", lambda: keys_dialog(self.verbs, self._window.look, self._window).open(), "keyboard", "help"),
            Verb("intake.action.about", "", lambda: about_dialog(self._window.look, self._window).open(), "info", "help"),
        )

    # Files --------------------------------------------------------------------------------------------------------------------------

    def open_project(self) -> None:
        """Ask for a project (or data) and open it."""
        say = self._window.look.say
        names, _ = QFileDialog.getOpenFileNames(
            self._window, say("intake.action.open"), "", f"{say('intake.filter.projects')} (*.sxp);;{say('intake.filter.all')} (*)"
        )
        self._take(names)

    def choose(self) -> None:
        """Ask for files and put each where it belongs."""
        names, _ = QFileDialog.getOpenFileNames(self._window, self._window.look.say("intake.action.import"))
        self._take(names)

    def choose_folder(self) -> None:
        """Ask for a folder and take in what is in it."""
        name = QFileDialog.getExistingDirectory(self._window, self._window.look.say("intake.action.import_folder"))
        self._take([name] if name else [])

    def _take(self, names: Sequence[str]) -> None:
        if names:
            self._window.take_in([Path(name) for name in names])

    def paste(self) -> None:
        """Take in what the clipboard holds; a text field with the focus pastes for itself."""
        focused = QApplication.focusWidget()
        if isinstance(focused, TEXT_FIELDS) or (isinstance(focused, QComboBox) and focused.isEditable()):
            return
        data = QGuiApplication.clipboard().mimeData()
        if self._window.current == "requirement" and (text := environment_in(data)):
            self._fill_in(text)
            return
        try:
            paths = pasted(data, self._window.look.say("intake.clipboard"))
        except OSError as error:
            self._session.failed.emit(EngineError("pipeline.not_written", file="cache", detail=error.strerror or str(error)))
            return
        if paths:
            self._window.take_in(paths)
        else:
            self._session.told.emit(message("intake.told.nothing_to_paste"), False)

    def _fill_in(self, text: str) -> None:
        """Put what the output of commands tells of a machine into the blanks of the run description."""
        project, filled = with_environment_text(self._session.project, text)
        if filled:
            self._session.replace("intake.paste", project)
            keys = [message(f"page_requirement.field.{key}") for key in filled]
            self._session.told.emit(message("intake.told.from_text", keys=keys), True)
        else:
            self._session.told.emit(message("intake.told.nothing_new"), False)

    def copy(self) -> None:
        """Let the widget with the focus copy as it does on Ctrl+C."""
        focused = QApplication.focusWidget()
        if focused is not None:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(focused, QKeyEvent(kind, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier))

    def export_documents(self) -> None:
        """Ask for a folder and write the proposal into it."""
        folder = QFileDialog.getExistingDirectory(self._window, self._window.look.say("gui.export"))
        project, lang = self._session.project, self._window.look.lang
        if folder:
            lang = project.settings.lang or lang
            name = pipeline.document_name(project, lang, datetime.date.today()) or self._window.look.say("gui.untitled")
            self._write(lambda progress: pipeline.write_documents(project, Path(folder), lang, progress, name=name, docx=True), folder)

    def export_profile(self) -> None:
        """Ask for a file and write the report on the run."""
        project, lang = self._session.project, self._window.look.lang
        path = self._ask_path("intake.action.export_profile", "profile.pdf", "PDF (*.pdf)")
        trace, profile = project.trace, project.profile
        if path and trace and profile:
            self._write(lambda _progress: pipeline.write_profile_report(trace, profile, project.workload, path, lang), path)

    def write_form(self) -> None:
        """Ask for a file and write the requirement questionnaire, as a workbook or for Word."""
        say, lang = self._window.look.say, self._window.look.lang
        kinds = "Excel (*.xlsx);;Word (*.docx)"
        name, kind = QFileDialog.getSaveFileName(
            self._window, say("intake.action.questionnaire"), f"{say('intake.questionnaire_name')}.xlsx", kinds
        )
        if name:
            suffix = ".docx" if kind.startswith("Word") else ".xlsx"
            path = Path(name) if Path(name).suffix.lower() in SUFFIXES else Path(f"{name}{suffix}")
            self._write(lambda _progress: write_questionnaire(path, lang), path)

    def write_template(self) -> None:
        """Ask for a file and write an empty price sheet."""
        say, lang = self._window.look.say, self._window.look.lang
        path = self._ask_path("intake.action.template", f"{say('intake.template_name')}.xlsx", "Excel (*.xlsx)")
        if path:
            self._write(lambda _progress: pipeline.write_price_template(path, lang), path)

    def write_capture_kit(self) -> None:
        """Ask for a folder and put the scripts for the customer's machine there."""
        folder = QFileDialog.getExistingDirectory(self._window, self._window.look.say("intake.action.capture_kit"))
        if folder:
            self._write(lambda _progress: write_capture_kit(Path(folder)), folder)

    def check_platforms(self) -> None:
        """Check the platform base and list what is wrong."""
        look, window = self._window.look, self._window

        def done(problems: object) -> None:
            faults_dialog(problems, look, window).open()  # type: ignore[arg-type]

        self._session.jobs.start("intake.job.check", lambda _progress: pipeline.check_platforms(), done)

    def _ask_path(self, code: str, name: str, kinds: str) -> Path | None:
        chosen, _ = QFileDialog.getSaveFileName(self._window, self._window.look.say(code), name, kinds)
        suffix = Path(name).suffix
        return (Path(chosen) if Path(chosen).suffix else Path(chosen + suffix)) if chosen else None

    def _write(self, work: Callable, place: object) -> None:
        told = message("gui.told.written", name=str(place))
        self._session.jobs.start("gui.job.write", work, lambda _made: self._session.told.emit(told, False))

    # Finding ------------------------------------------------------------------------------------------------------------------------

    def find(self) -> None:
        """Go to the field that finds something on the page."""
        field = self._window.find_field()
        if field is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            field.selectAll()

    def show_commands(self) -> None:
        """Open the command palette."""
        self._palette(("page", "command", "platform", "operator", "recent", "track"), "intake.palette_hint")

    def go_to(self) -> None:
        """Open the palette with platforms and tracks only."""
        self._palette(("platform", "track"), "intake.go_to_hint")

    def _palette(self, sections: Sequence[str], hint: str) -> None:
        window = self._window
        self.palette = Palette(entries_of(window, sections), window.look, window, hint=window.look.say(hint))
        self.palette.open_below(window.command_field())

"""The window: header, rail, pages, status bar; files dropped anywhere on it; actions with their keys."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.engine.errors import EngineError
from app.engine.intake import purpose_of
from app.gui.bars import Header, StatusBar
from app.gui.commands import CommandPalette, KeysDialog
from app.gui.document import Document
from app.gui.look import Look
from app.gui.notices import DropVeil, ErrorList, Toast
from app.gui.page import Page, page_state
from app.gui.pages import PAGES
from app.gui.preferences import look_of
from app.gui.rail import Rail, problem_count
from app.gui.session import Session
from app.gui.settings_dialog import SettingsDialog
from app.gui.theme import palette, style_sheet

FOLD_BELOW_PX = 1360


class Verb(Struct, frozen=True):
    """One action: its code (area gui.action), its keys, what it does."""

    code: str
    keys: str
    act: Callable[[], object]


class MainWindow(QMainWindow):
    """One window on one document."""

    def __init__(self, look: Look, settings: QSettings) -> None:
        super().__init__()
        self.session = Session(self, settings)
        self.document = Document(self)
        self.look = look
        self.current = "profile"
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        self.setMinimumSize(960, 600)
        self.session.changed.connect(self._refresh)
        self.session.failed.connect(self._show_error)
        self.session.told.connect(lambda said, can_undo: self.toast.tell(said, can_undo))
        self.verbs = self._verbs()
        for verb in self.verbs:
            action = QAction(self)
            action.setShortcuts([QKeySequence(keys) for keys in verb.keys.split(" / ") if keys])
            action.triggered.connect(lambda _checked=False, verb=verb: verb.act())
            self.addAction(action)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_colours)
        self.build()

    def _verbs(self) -> tuple[Verb, ...]:
        numbered = (Verb(f"gui.page.{page.key}", f"Ctrl+{n}", lambda key=page.key: self.show_page(key)) for n, page in enumerate(PAGES, 1))
        return (
            Verb("gui.action.new", "Ctrl+N", self.document.new),
            Verb("gui.action.open", "Ctrl+O", self.choose),
            Verb("gui.action.sample", "", self.document.open_sample),
            Verb("gui.action.save", "Ctrl+S", self.document.save),
            Verb("gui.action.save_as", "Ctrl+Shift+S", self.document.save_as),
            Verb("gui.action.undo", "Ctrl+Z", self.session.undo),
            Verb("gui.action.redo", "Ctrl+Shift+Z / Ctrl+Y", self.session.redo),
            *numbered,
            Verb("gui.action.commands", "Ctrl+Shift+P", self.show_commands),
            Verb("gui.action.keys", "F1", self.show_keys),
            Verb("gui.action.theme", "Ctrl+Shift+D", self.switch_theme),
            Verb("gui.action.language", "Ctrl+Shift+L", self.switch_language),
            Verb("gui.action.paste", "Ctrl+V", self.paste),
            Verb("gui.action.cancel", "Escape", lambda: [job.cancel() for job in self.session.jobs.shown[-1:]]),
            Verb("document.settings.open", "Ctrl+,", self.show_settings),
            Verb("gui.action.quit", "Ctrl+Q", self.close),
        )

    # Building: again on a change of theme or language ------------------------------------------------------------------------------

    def build(self) -> None:
        """Make all parts anew in the present look."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setPalette(palette(self.look.theme))
        app.setStyleSheet(style_sheet(self.look.theme))
        actions = {"commands": self.show_commands, "language": self.switch_language, "theme": self.switch_theme}
        actions["settings"] = self.show_settings
        whole = QWidget()
        whole.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        whole.setObjectName("app")
        self.header = Header(self.session, self.look, actions)
        self.rail = Rail([(page.key, page.icon, page.key == "platforms") for page in PAGES], self.look, self.show_page)
        self.errors = ErrorList(self.look)
        self.stack = QStackedWidget()
        self.pages: dict[str, Page] = {}
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.errors)
        right.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addLayout(right, 1)
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.header)
        outer.addLayout(middle, 1)
        self.status = StatusBar(self.session, self.look)
        outer.addWidget(self.status)
        self.setCentralWidget(whole)
        self.toast = Toast(whole, self.look, self.session.undo)
        self.veil = DropVeil(whole, self.look)
        whole.setFocus()  # not the first control of the header: a window opens calm
        self._fold()
        self.show_page(self.current)
        self._refresh()

    def show_page(self, key: str) -> None:
        """Show a page; built when first asked for."""
        if key == "choose":
            self.choose()
            return
        self.current = key
        if key not in self.pages:
            kind = next(page for page in PAGES if page.key == key)
            page = kind(self.session, self.look)
            page.wanted.connect(self.show_page)
            self.pages[key] = page
            self.stack.addWidget(page)
        self.pages[key].refresh()
        self.stack.setCurrentWidget(self.pages[key])
        self.rail.set_current(key)

    def _refresh(self) -> None:
        for page in PAGES:
            self.rail.set_state(page.key, page_state(self.session.project, page), problem_count(self.session.project, page.stage))
        name = self.session.path.name if self.session.path else self.session.project.name or self.look.say("gui.untitled")
        self.setWindowTitle(f"{name}[*] · {self.look.say('gui.name')}")
        self.setWindowModified(self.session.is_modified)

    def _show_error(self, error: EngineError) -> None:
        self.errors.show_error(error)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        folded = self.width() < FOLD_BELOW_PX
        self.rail.fold(folded)
        self.header.fold(folded)

    # Actions -----------------------------------------------------------------------------------------------------------------------

    def switch_theme(self) -> None:
        """Change between light and dark."""
        self.session.preferences.set("theme", "light" if self.look.theme_name == "dark" else "dark")
        self.follow_preferences()

    def switch_language(self, lang: str = "") -> None:
        """Change the language, without a restart."""
        self.session.preferences.set("language", lang or ("en" if self.look.lang == "zh" else "zh"))
        self.follow_preferences()

    def follow_preferences(self) -> None:
        """Take on the look that the settings, or the system, ask for now."""
        wanted = look_of(self.session.preferences)
        if wanted != self.look:
            self._set_look(wanted)

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self).open()

    def _set_look(self, look: Look) -> None:
        self.look = look
        self.build()

    def _on_system_colours(self) -> None:
        if self.session.preferences.theme == "system":
            self.follow_preferences()

    def show_commands(self) -> None:
        """Open the command palette."""
        CommandPalette(self.verbs, self.look, self).open()

    def show_keys(self) -> None:
        """List all keys."""
        KeysDialog(self.verbs, self.look, self).open()

    def choose(self) -> None:
        """Ask for files and put each where it belongs."""
        names, _ = QFileDialog.getOpenFileNames(self, self.look.say("gui.action.open"))
        if names:
            self.take_in([Path(name) for name in names])

    def take_in(self, paths: list[Path]) -> None:
        """Take files in; a project among them takes the place of the document."""
        if any(path.suffix.lower() == ".sxp" for path in paths):
            self.document.leave(lambda: self.session.take_in(paths))
        else:
            self.session.take_in(paths)

    def paste(self) -> None:
        """Take in the files, or the path, on the clipboard."""
        board = QApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in board.urls() if url.isLocalFile()]
        text = board.text().strip().strip('"')
        if not paths and text and "\n" not in text and len(text) < 4096:
            paths = [Path(text)]
        if paths:
            self.take_in(paths)

    # Files dropped on the window ---------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.veil.show_files([(path.name, _purpose_word(path)) for path in paths])

    def dragLeaveEvent(self, _event: object) -> None:
        self.veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.veil.hide()
        event.acceptProposedAction()
        self.take_in([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.document.may_close():
            event.ignore()
            return
        self.hide()  # work that takes a moment to stop is not looked at
        self.session.close()
        event.accept()


def _purpose_word(path: Path) -> str:
    if path.is_dir():
        return "folder"
    try:
        return purpose_of(path)
    except EngineError:
        return "unreadable"

"""The window: header, rail, pages, status bar; what drops, fails and is asked for comes together here."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QMainWindow, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.engine.errors import EngineError
from app.engine.messages import Message
from app.engine.porting import is_source
from app.gui.actions import Actions
from app.gui.asking import WindowAsker
from app.gui.bars import Header, StatusBar
from app.gui.desk import Desk
from app.gui.document import Document
from app.gui.dropping import Dropping
from app.gui.importing import Importing
from app.gui.look import Look
from app.gui.notices import ErrorList, Notice, Toast, Way, notice_of
from app.gui.page import Page, page_state
from app.gui.pages import FURTHER, PAGES
from app.gui.preferences import look_of
from app.gui.qt_words import speak
from app.gui.rail import Rail
from app.gui.session import Session
from app.gui.settings_dialog import SettingsDialog
from app.gui.source_scans import SourceScans
from app.gui.theme import palette, style_sheet
from app.gui.verbs import action_of, build_menu
from app.gui.ways_out import ways_out
from app.gui.widgets.drop_veil import DropVeil

FOLD_BELOW_PX, ALL_IN_SIGHT_PX = 1360, 840


class MainWindow(QMainWindow):
    """One window on one document."""

    def __init__(self, look: Look, settings: QSettings) -> None:
        super().__init__()
        self.session = Session(self, settings)
        self.look = look
        self.current = "profile"
        self.document = Document(self)
        self.importing = Importing(self.session, WindowAsker(self), self)
        self.scans = SourceScans(self, self.session)
        self.desk = Desk(self.do, self.take_in, self.session.recent, self)
        self.dropping = Dropping(self, lambda: self.veil, self.take_in)
        self.actions_ = Actions(self)
        self.resize(1440, 900)
        self.setMinimumSize(960, 600)
        self.session.changed.connect(self._refresh)
        self.session.failed.connect(self._show_error)
        self.session.told.connect(lambda said, can_undo: self.toast.tell(said, can_undo))
        self.session.jobs.changed.connect(self._allow_escape)
        self.importing.doubted.connect(self._show_doubt)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_colours)
        self.verbs = self.actions_.verbs
        self._shortcuts: dict[str, QAction] = {}
        for verb in self.verbs:
            self._shortcuts[verb.name] = action_of(verb, self)
            self.addAction(self._shortcuts[verb.name])
        self.build()

    # Building: again on a change of theme or language ------------------------------------------------------------------------------

    def build(self) -> None:
        """Make all parts anew in the present look."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        speak(self.look.lang)
        app.setPalette(palette(self.look.theme))
        app.setStyleSheet(style_sheet(self.look.theme))
        shown = [card.notice for card in self.errors.cards()] if hasattr(self, "errors") else []
        actions = {"commands": self.actions_.show_commands, "language": self.switch_language, "theme": self.switch_theme}
        actions |= {"settings": self.show_settings, "menu": self.show_menu}
        whole = QWidget()
        whole.setObjectName("app")
        self.header = Header(self.session, self.look, actions)
        self.rail = Rail([(page.key, page.icon, page.key == "platforms") for page in PAGES], self.look, self.show_page)
        self.errors = ErrorList(self.look)
        self.errors.changed.connect(self._allow_escape)
        self.errors.closed.connect(lambda what: self.desk.forget_failure(what))
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
        self.menu = build_menu(self.verbs, self.look, whole, self._recent)
        self.toast = Toast(whole, self.look, self.session.undo)
        self.veil = DropVeil(whole, self.look)
        for notice in reversed(shown):
            self.errors.show_notice(notice)
        self._fold()
        self.show_page(self.current)
        self.stack.setFocus()  # not into a field: Ctrl+V is for files until someone clicks one
        self._refresh()

    def show_page(self, key: str) -> None:
        """Show a page; built when first asked for."""
        self.current = key
        if key not in self.pages:
            kind = next(page for page in (*PAGES, *FURTHER) if page.key == key)
            page = kind(self.session, self.look)
            page.desk = self.desk
            page.wanted.connect(self.do)
            self.pages[key] = page
            self.stack.addWidget(page)
        self.pages[key].refresh()
        self.stack.setCurrentWidget(self.pages[key])
        self.rail.set_current(self.pages[key].under or key)
        self._place_errors()

    def do(self, name: str) -> None:
        """Do what a page asks for: a verb by its name; pages are verbs too. "choose" is the old word of pages for an import."""
        verb = self.actions_.named("import" if name == "choose" else name)
        if verb is not None and verb.can():
            verb.act()

    def show_platform(self, platform: str) -> None:
        """Show a platform in the platform base."""
        self.session.selected_platform = platform
        self.session.compared_platforms = (platform,)
        self.show_page("platforms")

    def find_on_page(self, key: str, text: str) -> None:
        """Show a page and let it find a text, where it has a field for that."""
        self.show_page(key)
        field = self.pages[key].find_field()
        if field is not None:
            field.setText(text)

    def find_field(self) -> QLineEdit | None:
        """Return the field that finds something on the page that is shown."""
        return self.pages[self.current].find_field()

    def command_field(self) -> QWidget:
        """Return what the palette hangs below."""
        return self.header.findChild(QPushButton, "commands") or self.header

    def show_menu(self) -> None:
        """Open the menu below the mark."""
        self.menu.popup(self.header.mapToGlobal(self.header.rect().bottomLeft()))

    def _recent(self) -> list:
        items = [item for item in self.session.recent.items() if item.exists]
        return [(f"{item.path.name}    {item.path.parent}", lambda path=item.path: self.take_in([path])) for item in items]

    def _refresh(self) -> None:
        for page in PAGES:
            told = [self.look.tell(one) for one in page.problems(self.session.project)]
            self.rail.set_state(page.key, page_state(self.session.project, page), len(told), "\n".join(told))
        name = self.session.path.name if self.session.path else self.session.project.name or self.look.say("gui.untitled")
        self.setWindowTitle(f"{name}[*] · {self.look.say('gui.name')}")
        self.setWindowModified(self.session.is_modified)
        self._allow_escape()
        self._place_errors()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()
        self._place_errors()

    def _fold(self) -> None:
        folded = self.width() < FOLD_BELOW_PX
        self.rail.fold(folded)
        self.header.fold(folded)

    # What went wrong --------------------------------------------------------------------------------------------------------------

    def _show_error(self, error: EngineError) -> None:
        notice = notice_of(error, self.look, ways_out(error, self))
        self.errors.show_notice(notice)
        self.desk.add_failure(notice)

    def _show_doubt(self, path: Path, guessed: Sequence[Message]) -> None:
        say = self.look.say
        why = "；".join(self.look.tell(one) for one in guessed) if self.look.lang == "zh" else "; ".join(map(self.look.tell, guessed))
        way = Way(say("intake.way.check"), "table", lambda: self.importing.map_table(path), ends=True)
        self.errors.show_notice(Notice(say("intake.doubt", file=path.name), why, ways=(way,), tone="warn"))

    def _place_errors(self) -> None:
        """Leave errors to a page without data, which has a card for them, where that card is in sight."""
        self.errors.hold(not self.pages[self.current].has_content() and self.height() >= ALL_IN_SIGHT_PX)

    def can_escape(self) -> bool:
        """Tell whether there is something to close or to stop; where not, Escape belongs to the page."""
        return self.veil.isVisible() or bool(self.errors.cards()) or bool(self.session.jobs.shown)

    def escape(self) -> None:
        """Close the veil, else the cards, else stop the newest job."""
        if self.veil.isVisible():
            self.veil.hide()
        elif self.errors.clear():
            self.desk.forget_failures()
        else:
            for job in self.session.jobs.shown[-1:]:
                job.cancel()

    def _allow_escape(self) -> None:
        if "cancel" in self._shortcuts and hasattr(self, "veil"):
            self._shortcuts["cancel"].setEnabled(self.can_escape())

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
            self.set_look(wanted)

    def set_look(self, look: Look) -> None:
        """Show everything anew in another language or theme."""
        self.look = look
        self.build()

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self).open()

    def _on_system_colours(self) -> None:
        if self.session.preferences.theme == "system":
            self.follow_preferences()

    def take_in(self, paths: Sequence[Path]) -> None:
        """Take files in; a project among them takes the place of the document. A folder of program source is scanned."""
        files = list(paths)
        if is_source(files):
            QTimer.singleShot(0, self, lambda: self.scans.scan(files[0]))
            return
        if any(path.suffix.lower() == ".sxp" for path in files):
            self.document.leave(lambda: self.importing.take_in(files))
        else:  # after the drag has ended: a question must not keep the other program waiting
            QTimer.singleShot(0, self, lambda: self.importing.take_in(files))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.dropping.watch()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.document.may_close():
            event.ignore()
            return
        self.hide()  # work that takes a moment to stop is not looked at
        self.session.close()
        event.accept()

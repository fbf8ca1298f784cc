"""A page: one stage of the work. It shows what the project holds and calls the session; it decides nothing.

A page is built from the project when it is shown and again when something it shows has changed. To add one, write a file in `pages/` with a
subclass and name it in `pages/__init__.py`.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.engine.messages import Message, has_entry
from app.engine.model.projects import Project
from app.engine.readiness import needs_of, problems_of, state_of
from app.gui.desk import Desk
from app.gui.look import Look
from app.gui.session import Session
from app.gui.theme.tokens import BODY_PX, MARGIN, PAGE_HEAD_PX, SMALL_PX, TITLE_PX
from app.gui.widgets.basics import boxed, button, label, picture, row
from app.gui.widgets.elided import Elided
from app.gui.widgets.empty_state import EmptyState

EMPTY, DONE, STALE, PROBLEM = "empty", "done", "stale", "problem"


class Page(QWidget):
    """Base of all pages.

    key     names it (texts gui.page.KEY, intake.empty.KEY); icon its picture in the rail
    shows   the fields of the project whose change builds it anew
    stage   the field of the project that is its result, "" for none
    under   the page that the rail marks while this one is shown, "" for the page itself: it is not in the rail then
    """

    key = ""
    icon = ""
    shows: tuple[str, ...] = ()
    stage = ""
    under = ""
    wanted = Signal(str)  # something of the window's, by its name: a page, or a verb such as "import" or "paste"
    desk: Desk | None = None  # set by the window that shows the page

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__()
        self.session, self.look = session, look
        self.setObjectName("pageBody")
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(MARGIN, 0, MARGIN, MARGIN)
        self._outer.setSpacing(0)
        self._built_from: tuple[object, ...] | None = None
        session.changed.connect(self._on_changed)

    # What a page offers -------------------------------------------------------------------------------------------------------------

    def has_content(self) -> bool:
        """Tell whether there is something to show; without it the empty state stands there."""
        return True

    def about(self) -> str:
        """Return the one line behind the title."""
        return ""

    def actions(self) -> Sequence[QPushButton]:
        """Return at most three buttons of the head; the last is the next step."""
        return ()

    def content(self) -> QWidget:
        """Return what the page shows below its head."""
        raise NotImplementedError

    def find_field(self) -> QLineEdit | None:
        """Return the field that finds something on this page (Ctrl+F): the one that is named so."""
        return self.findChild(QLineEdit, "find")

    @classmethod
    def problems(cls, project: Project) -> tuple[Message, ...]:
        """Return what about this stage must be looked at."""
        return problems_of(project, cls.key)

    # ----------------------------------------------------------------------------------------------------------------------------------

    @property
    def project(self) -> Project:
        """The document."""
        return self.session.project

    def state(self) -> str:
        """Return the mark of the rail."""
        return page_state(self.project, type(self))

    def refresh(self, *, force: bool = False) -> None:
        """Build the page anew where something it shows has changed."""
        needs = "" if self.has_content() else repr(needs_of(self.project, self.key))
        now = (*(getattr(self.project, name) for name in self.shows), self.state(), needs)
        if not force and self._built_from is not None and _same(now, self._built_from):
            return
        self._built_from = now
        while taken := self._outer.takeAt(0):
            if widget := taken.widget():
                widget.hide()
                widget.deleteLater()
        self._outer.addWidget(self._head())
        self._outer.addWidget(self.content() if self.has_content() else self.empty(), 1)

    def next_button(self, page: str) -> QPushButton:
        """Return the primary button that leads to the next page."""
        text = self.look.say("gui.go_on", page=self.look.say(f"gui.page.{page}"))
        return button(text, self.look.theme, lambda: self.wanted.emit(page), symbol="arrow-right", primary=True)

    def empty(self) -> QWidget:
        """Return what stands here before there is anything to show: what is missing, what is there, and how to give the rest."""
        say, desk = self.look.say, self.desk or Desk(self.wanted.emit, lambda _paths: None, self.session.recent, self)
        needs = [(say(f"intake.need.{name}"), there, optional) for name, there, optional in needs_of(self.project, self.key)]
        missing = next((name for name, there, optional in needs_of(self.project, self.key) if not there and not optional), "")
        code = f"intake.empty.{self.key}"
        title = self._first_text(f"{code}.{missing}", f"{code}.title")
        hint = self._first_text(f"{code}.{missing}_hint", f"{code}.hint")
        telling = any(there for _, there, _ in needs) or sum(not optional for _, _, optional in needs) > 1
        shown = needs if telling else []
        return EmptyState(title, hint, shown, self.look, desk)

    def _first_text(self, *codes: str) -> str:
        return self.look.say(next((code for code in codes if has_entry(code, self.look.lang)), codes[-1]))

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _head(self) -> QWidget:
        say, theme, state = self.look.say, self.look.theme, self.state()
        line = row(label(say(f"gui.page.{self.key}"), TITLE_PX, bold=True), spacing=12)
        line.addWidget(Elided(self.about() or self._about_nothing(), BODY_PX, tone="2", fills=True), 1)
        if state == STALE:
            line.addWidget(boxed(row(picture("history", theme.warn, 14), label(say("intake.stale"), BODY_PX, tone="warn"), spacing=4)))
            line.addWidget(button(say("intake.recompute"), theme, self.session.recompute, symbol="refresh-cw"))
        elif state == PROBLEM:
            line.addWidget(self._problem_mark())
        for action in self.actions() if self.has_content() else self._first_actions():
            line.addWidget(action)
        head = boxed(line)
        head.setFixedHeight(PAGE_HEAD_PX)
        return head

    def _about_nothing(self) -> str:
        code = f"intake.about.{self.key}"
        return self.look.say(code) if not self.has_content() and has_entry(code, self.look.lang) else ""

    def _first_actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        return (
            button(say("gui.action.new"), theme, lambda: self.wanted.emit("new"), symbol="plus"),
            button(say("intake.open_project"), theme, lambda: self.wanted.emit("open"), symbol="folder-open"),
        )

    def _problem_mark(self) -> QWidget:
        told = [self.look.tell(one) for one in self.problems(self.project)]
        mark = label(self.look.say("intake.problems", count=len(told)), SMALL_PX, tone="bad")
        made = boxed(row(picture("triangle-alert", self.look.theme.bad, 14), mark, spacing=4))
        made.setToolTip("\n".join(told))
        made.setAccessibleDescription("\n".join(told))
        return made


def page_state(project: Project, page: type[Page]) -> str:
    """Return the state of a page's stage: empty, done, stale or problem."""
    return state_of(project, page.key)


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b or (isinstance(a, str) and a == b) for a, b in zip(one, other, strict=True))

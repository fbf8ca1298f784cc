"""A page: one stage of the work. It shows what the project holds and calls the session; it decides nothing.

A page is built from the project when it is shown and again when something it shows has changed. To add one, write a file in `pages/` with a
subclass and name it in `pages/__init__.py`.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.engine.model.projects import Project, stale_stages
from app.gui.look import Look
from app.gui.session import Session
from app.gui.theme.tokens import BODY_PX, MARGIN, PAGE_HEAD_PX, TITLE_PX
from app.gui.widgets.basics import Card, boxed, button, column, label, picture, row
from app.gui.widgets.elided import ElidedLabel

EMPTY, DONE, STALE, PROBLEM = "empty", "done", "stale", "problem"


class Page(QWidget):
    """Base of all pages.

    key     names it (texts gui.page.KEY, gui.empty.KEY); icon its picture in the rail
    shows   the fields of the project whose change builds it anew
    stage   the field of the project that is its result, "" for none
    """

    key = ""
    icon = ""
    shows: tuple[str, ...] = ()
    stage = ""
    wanted = Signal(str)  # another page, by its key

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
        now = (*(getattr(self.project, name) for name in self.shows), self.state())
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
        """Return what stands here before there is anything to show: what is missing and how to give it."""
        theme, say = self.look.theme, self.look.say
        card = Card()
        card.body.addStretch(1)
        picture_of = picture(self.icon, theme.accent, 32)
        card.body.addWidget(picture_of, 0, Qt.AlignmentFlag.AlignHCenter)
        card.body.addWidget(label(say(f"gui.empty.{self.key}.title"), 16, bold=True), 0, Qt.AlignmentFlag.AlignHCenter)
        hint = label(say(f"gui.empty.{self.key}.hint"), BODY_PX, tone="2")
        card.body.addWidget(hint, 0, Qt.AlignmentFlag.AlignHCenter)
        ways = row(
            None,
            button(say("gui.choose_files"), theme, lambda: self.wanted.emit("choose"), symbol="folder-open", primary=True),
            button(say("gui.type_parameters"), theme, lambda: self.wanted.emit("requirement"), symbol="sliders-horizontal"),
            button(say("gui.open_sample"), theme, self.session.open_sample, symbol="play"),
            None,
        )
        card.body.addSpacing(8)
        card.body.addLayout(ways)
        card.body.addStretch(2)
        return boxed(column(card))

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _head(self) -> QWidget:
        title = label(self.look.say(f"gui.page.{self.key}"), TITLE_PX, bold=True)
        line = row(title, ElidedLabel(self.about(), BODY_PX, tone="2"), spacing=12)
        if self.state() == STALE:
            line.addWidget(label(self.look.say("gui.stale"), BODY_PX, tone="warn"))
        line.addStretch(1)
        for action in self.actions() if self.has_content() else ():
            line.addWidget(action)
        head = boxed(line)
        head.setFixedHeight(PAGE_HEAD_PX)
        return head


def page_state(project: Project, page: type[Page]) -> str:
    """Return the state of a page's stage: empty, done, stale or problem."""
    if not page.stage:
        return DONE
    made = getattr(project, page.stage)
    if page.stage in stale_stages(project):
        return STALE if made else EMPTY
    if not made:
        return EMPTY
    problems = getattr(made, "problems", ())
    return PROBLEM if problems else DONE


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b or (isinstance(a, str) and a == b) for a, b in zip(one, other, strict=True))

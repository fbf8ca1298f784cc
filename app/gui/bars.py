"""The header above and the status bar below: project and save state, commands, undo, language, theme, settings; the facts at hand."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from app.engine import pipeline
from app.gui.job_bar import JobBar
from app.gui.look import Look
from app.gui.session import Session
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, HEADER_PX, RAIL_FOLDED_PX, RAIL_PX, SMALL_PX, STATUS_PX
from app.gui.widgets.basics import boxed, label, picture, row, segments, tool
from app.gui.widgets.edge import paint_edge
from app.gui.widgets.elided import Elided
from app.gui.widgets.mark import Mark

PAGE_BYTES = 4096
FIELD_PX, FIELD_FOLDED_PX, FIELD_BELOW_PX = 240, 148, 1160
Act = Callable[..., object]


class Header(QWidget):
    """Mark, project, save state; at the right commands, undo, redo, language, theme, settings.

    actions  what the controls do: commands, language, theme, settings
    """

    def __init__(self, session: Session, look: Look, actions: Mapping[str, Act]) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEADER_PX)
        self._session, self._look = session, look
        theme, say = look.theme, look.say
        self._brand = label(say("gui.name"), FIGURE_PX, bold=True)
        self._picture = Mark(look.theme)
        menu = tool("menu", say("intake.menu"), theme, actions["menu"])  # type: ignore[arg-type]
        self._mark = boxed(row(menu, self._picture, self._brand, None))
        self._name = Elided("", BODY_PX, bold=True)
        self._signs = {"dot": _dot(theme.warn), "check": picture("check", theme.ok, 14), "lock": picture("lock", theme.text2, 14)}
        self._state = label("", SMALL_PX, tone="2")
        self._undo = tool("undo-2", "", theme, session.undo)
        self._redo = tool("redo-2", "", theme, session.redo)
        self._field = CommandField(look, actions["commands"])
        next_theme = "sun" if look.theme_name == "dark" else "moon"
        line = row(self._mark, self._name, *self._signs.values(), self._state, spacing=8)
        line.addStretch(1)
        for part in (
            self._field,
            boxed(row(self._undo, self._redo, spacing=4)),
            segments((("zh", "中"), ("en", "EN")), look.lang, actions["language"]),
            boxed(
                row(
                    tool(next_theme, say("gui.switch_theme"), theme, actions["theme"]),
                    tool("settings", say("document.action.settings"), theme, actions["settings"]),
                    spacing=4,
                )
            ),
        ):
            line.addWidget(part)
        line.setContentsMargins(16, 0, 12, 0)
        self.setLayout(line)
        self.fold(False)
        session.changed.connect(self.refresh)
        self.refresh()

    def fold(self, folded: bool) -> None:
        """Follow the rail."""
        self._mark.setFixedWidth((RAIL_FOLDED_PX if folded else RAIL_PX) - 16 + 8)
        self._brand.setVisible(not folded)
        self._picture.setVisible(not folded)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_edge(self, "bottom", self._look.theme.border)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._field.fold(self.width() < FIELD_BELOW_PX)

    def refresh(self) -> None:
        """Show the project as it is now."""
        say, session = self._look.say, self._session
        name = session.path.stem if session.path else session.project.name
        self._name.setText(name or say("gui.untitled"))
        sign, words = self._save_state()
        for key, widget in self._signs.items():
            widget.setVisible(key == sign)
        self._state.setText(words)
        for control, step, word in ((self._undo, session.undo_label, "undo"), (self._redo, session.redo_label, "redo")):
            control.setEnabled(bool(step))
            told = say(f"gui.{word}", what=say(step)) if step else say(f"gui.nothing_to_{word}")
            control.setToolTip(told)
            control.setAccessibleName(told)

    def _save_state(self) -> tuple[str, str]:
        """Return the sign and the words of the save state."""
        say, session = self._look.say, self._session
        if session.is_modified:
            words = [say("gui.save_state.modified")]
            if session.is_read_only:
                words.append(say("document.state.read_only"))
            if session.autosave.written_at:
                words.append(say("document.state.autosaved", time=f"{session.autosave.written_at:%H:%M}"))
            return "dot", " · ".join(words)
        if session.is_read_only:
            return "lock", say("document.state.read_only")
        if session.saved_at:
            return "check", say("document.state.saved_at", time=f"{session.saved_at:%H:%M}")
        return ("check", say("gui.save_state.saved")) if session.path else ("", say("gui.save_state.not_saved"))


class CommandField(QPushButton):
    """Looks like a field and opens the command palette."""

    def __init__(self, look: Look, act: Act) -> None:
        super().__init__()
        self.setObjectName("commandField")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setAccessibleName(look.say("document.search"))
        self.setToolTip(f"{look.say('gui.action.commands')} · Ctrl+Shift+P")
        self._hint = label(look.say("document.search"), BODY_PX, tone="3")
        self._keys = label("Ctrl+Shift+P", SMALL_PX, tone="3")
        line = row(picture("search", look.theme.text2, 16), self._hint, None, self._keys, spacing=8)
        line.setContentsMargins(10, 0, 10, 0)
        self.setLayout(line)
        for part in self.findChildren(QLabel):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedHeight(32)
        self.clicked.connect(lambda _checked=False: act())

    def fold(self, folded: bool) -> None:
        """Give up the hint in a narrow window, so that the project keeps its name."""
        self._hint.setVisible(not folded)
        wanted = 52 + self._hint.sizeHint().width() + self._keys.sizeHint().width()
        self.setFixedWidth(FIELD_FOLDED_PX if folded else max(FIELD_PX, wanted))


class StatusBar(QWidget):
    """The newest job with its progress and cancel, or "ready"; at the right what the program has at hand."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(STATUS_PX)
        self._session, self._look = session, look
        theme, say = look.theme, look.say
        self._ready = boxed(row(picture("check", theme.ok, 14), label(say("gui.ready"), SMALL_PX)))
        self.jobs = JobBar(session.jobs, look)
        self._memory = label("", SMALL_PX, tone="2")
        self._after_memory = _upright(look)
        self._base = label("", SMALL_PX, tone="2")
        base = boxed(row(picture("database", theme.text2, 14), self._base, spacing=6))
        offline = boxed(row(picture("wifi-off", theme.text2, 14), label(say("gui.offline"), SMALL_PX, tone="2"), spacing=6))
        offline.setToolTip(say("document.offline_why"))
        line = row(self._ready, self.jobs, None, self._memory, self._after_memory, base, _upright(look), offline, spacing=12)
        line.setContentsMargins(16, 0, 16, 0)
        self.setLayout(line)
        self.jobs.shows.connect(self._on_jobs)
        session.changed.connect(self.refresh)
        session.jobs.changed.connect(self.refresh)
        session.jobs.start("document.job.look", _platform_base, self._show_base, quiet=True)
        self.refresh()

    def refresh(self) -> None:
        """Show what the program holds now."""
        used = _memory_mib()
        for part in (self._memory, self._after_memory):
            part.setVisible(used is not None)
        if used is not None:
            self._memory.setText(self._look.say("gui.memory", mib=self._look.number(used, 0)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_edge(self, "top", self._look.theme.border)

    def _on_jobs(self, shown: bool) -> None:
        self._ready.setVisible(not shown)
        self.refresh()

    def _show_base(self, found: object) -> None:
        month, count = found  # type: ignore[misc]
        self._base.setText(self._look.say("document.platform_base", month=month or "—", count=count))


def _platform_base(_progress: object) -> tuple[str, int]:
    """Return the newest month of a platform's facts and the number of platforms; in the background, for the catalogue is read then."""
    platforms = pipeline.catalogue().platforms
    dates = [fact.as_of for platform in platforms for fact in platform.facts.values() if fact.as_of]
    return max(dates, default="")[:7], len(platforms)


def _memory_mib() -> float | None:
    """Return what the process holds, MiB; None where the system does not tell it cheaply."""
    if not sys.platform.startswith("linux"):
        return None
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES / 2**20


def _dot(colour: str) -> QFrame:
    made = QFrame()
    made.setFixedSize(7, 7)
    made.setStyleSheet(f"background:{colour}; border-radius:3px;")
    return made


def _upright(look: Look) -> QFrame:
    made = QFrame()
    made.setFixedSize(1, 12)
    made.setStyleSheet(f"background:{look.theme.border2};")
    return made

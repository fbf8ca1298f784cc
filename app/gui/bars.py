"""The header above and the status bar below: project and save state, undo, language, theme; the job that runs, the facts at hand."""

import sys

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QProgressBar, QPushButton, QWidget

from app.engine import pipeline
from app.gui.jobs import Job
from app.gui.look import Look
from app.gui.session import Session
from app.gui.theme.tokens import BODY_PX, FIGURE_PX, HEADER_PX, RAIL_FOLDED_PX, RAIL_PX, SMALL_PX, STATUS_PX
from app.gui.widgets.basics import boxed, button, label, picture, row, tool

SHOW_AFTER_S = 0.3


class Header(QWidget):
    """Mark, project, save state; at the right commands, undo, redo, language, theme."""

    def __init__(self, session: Session, look: Look, actions: dict[str, object]) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEADER_PX)
        self._session, self._look = session, look
        theme, say = look.theme, look.say
        self._brand = label(say("gui.name"), FIGURE_PX, bold=True)
        self._picture = picture("activity", theme.accent, 24)
        menu = tool("menu", say("intake.menu"), theme, actions["menu"])  # type: ignore[arg-type]
        self._mark = boxed(row(menu, self._picture, self._brand, None))
        self._name = label("", BODY_PX, bold=True)
        self._state = label("", SMALL_PX, tone="2")
        self._undo = tool("undo-2", "", theme, session.undo)
        self._redo = tool("redo-2", "", theme, session.redo)
        commands = button(f"{say('gui.commands')}   Ctrl+Shift+P", theme, actions["commands"], symbol="search")  # type: ignore[arg-type]
        commands.setObjectName("commands")
        next_theme = "sun" if look.theme_name == "dark" else "moon"
        line = row(self._mark, self._name, self._state, None, commands, self._undo, self._redo, self._languages(actions["language"]))
        line.addWidget(tool(next_theme, say("gui.switch_theme"), theme, actions["theme"]))  # type: ignore[arg-type]
        line.addWidget(tool("keyboard", say("gui.keys"), theme, actions["keys"]))  # type: ignore[arg-type]
        line.setContentsMargins(16, 0, 12, 0)
        self.setLayout(line)
        self.fold(False)
        session.changed.connect(self.refresh)
        self.refresh()

    def _languages(self, switch: object) -> QWidget:
        group, line = QButtonGroup(self), row(spacing=0)
        for lang, word in (("zh", "中"), ("en", "EN")):
            choice = QPushButton(word)
            choice.setProperty("chip", True)
            choice.setCheckable(True)
            choice.setChecked(lang == self._look.lang)
            choice.setFixedSize(40, 26)
            choice.clicked.connect(lambda _checked=False, lang=lang: switch(lang))  # type: ignore[operator]
            group.addButton(choice)
            line.addWidget(choice)
        return boxed(line)

    def fold(self, folded: bool) -> None:
        """Follow the rail."""
        self._mark.setFixedWidth((RAIL_FOLDED_PX if folded else RAIL_PX) - 16)
        self._brand.setVisible(not folded)
        self._picture.setVisible(not folded)

    def refresh(self) -> None:
        """Show the project as it is now."""
        say, session = self._look.say, self._session
        name = session.path.stem if session.path else session.project.name
        self._name.setText(name or say("gui.untitled"))
        state = "modified" if session.is_modified else "saved" if session.path else "not_saved"
        self._state.setText(("● " if state == "modified" else "✓ " if state == "saved" else "") + say(f"gui.save_state.{state}"))
        for control, step, word in ((self._undo, session.undo_label, "undo"), (self._redo, session.redo_label, "redo")):
            control.setEnabled(bool(step))
            control.setToolTip(say(f"gui.{word}", what=say(step)) if step else say(f"gui.nothing_to_{word}"))


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
        self._text = label("", SMALL_PX)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._left = label("", SMALL_PX, tone="2")
        cancel = tool("x", say("gui.cancel"), theme, self._cancel)
        cancel.setFixedSize(24, 24)
        self._job = boxed(row(self._text, self._bar, self._left, cancel))
        self._job.hide()
        self._memory = label("", SMALL_PX, tone="2")
        count = len(pipeline.catalogue().platforms)
        facts = label(say("gui.platform_base", count=count), SMALL_PX, tone="2")
        line = row(self._ready, self._job, None, self._memory, facts, label(say("gui.offline"), SMALL_PX, tone="2"), spacing=16)
        line.setContentsMargins(16, 0, 16, 0)
        self.setLayout(line)
        self._clock = QTimer(self)
        self._clock.setInterval(100)
        self._clock.timeout.connect(self.refresh)
        session.jobs.changed.connect(self.refresh)
        self.refresh()

    def _cancel(self) -> None:
        for job in self._session.jobs.running[-1:]:
            job.cancel()

    def refresh(self) -> None:
        """Show the newest job that has run for a moment."""
        import time

        running = self._session.jobs.running
        shown = [job for job in running if time.monotonic() - job.started > SHOW_AFTER_S]
        (self._clock.start if running else self._clock.stop)()
        self._job.setVisible(bool(shown))
        self._ready.setVisible(not shown)
        if shown:
            self._show(shown[-1], len(running))
        used = _memory_mib()
        self._memory.setText(self._look.say("gui.memory", mib=f"{used:.0f}") if used else "")

    def _show(self, job: Job, count: int) -> None:
        say = self._look.say
        more = f" (+{count - 1})" if count > 1 else ""
        self._text.setText((say(job.doing) if job.doing else say(job.label)) + more)
        self._bar.setValue(round(1000 * job.share))
        left = job.seconds_left
        self._left.setText(f"{job.share:.0%}" + (" · " + say("gui.time_left", s=f"{left:.0f}") if left is not None else ""))


def _memory_mib() -> float | None:
    """Return what the process holds, MiB; None where the system does not tell cheaply."""
    if not sys.platform.startswith("linux"):
        return None
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - read ten times a second
        return int(file.read().split()[1]) * 4096 / 2**20

"""The job bar: what is worked on, how far it is, how long it takes, cancel; a list where several jobs run."""

import time

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QToolButton, QWidget

from app.gui.jobs import Job, Jobs
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, column, label, picture, row, tool
from app.gui.widgets.elided import Elided

SHOW_AFTER_S, KEEP_S = 0.3, 0.6
REFRESH_MS = 100
BAR_PX = 160
TEXT_PX = 320
MB = 1e6


class JobBar(QWidget):
    """The newest job that has run for a moment; once shown it stays long enough to be read."""

    shows = Signal(bool)

    def __init__(self, jobs: Jobs, look: Look) -> None:
        super().__init__()
        self._jobs, self._look = jobs, look
        theme, say = look.theme, look.say
        self._text = Elided("", SMALL_PX, middle=True)
        self._text.setMaximumWidth(TEXT_PX)
        self._bar = _bar()
        self._done, self._left = label("", SMALL_PX, tone="2"), label("", SMALL_PX, tone="2")
        self._cancel = tool("x", say("gui.cancel"), theme, self.cancel)
        self._cancel.setText(say("document.cancel_key"))
        self._cancel.setFont(font(SMALL_PX))
        self._cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._cancel.setMinimumWidth(0)
        self._cancel.setMaximumWidth(200)
        self._cancel.setFixedHeight(24)
        self._more = tool("list", "", theme, self.show_list)
        self._more.setFont(font(SMALL_PX))
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setMinimumWidth(0)
        self._more.setMaximumWidth(80)
        self._more.setFixedHeight(24)
        line = row(
            picture("refresh-cw", theme.accent, 14), self._text, self._bar, self._done, self._left, self._cancel, self._more, spacing=12
        )
        self.setLayout(line)
        self.list: JobList | None = None
        self._job: Job | None = None
        self._since = 0.0
        self._clock = QTimer(self)
        self._clock.setInterval(REFRESH_MS)
        self._clock.timeout.connect(self.refresh)
        jobs.changed.connect(self.refresh)
        self.hide()

    def cancel(self) -> None:
        """Cancel the job that is shown."""
        if self._job is not None:
            self._job.cancel()

    def refresh(self) -> None:
        """Show the newest job that has run for a moment."""
        now, jobs = time.monotonic(), self._jobs.shown
        due = [job for job in jobs if now - job.started > SHOW_AFTER_S]
        if due:
            self._since = self._since if self._job else now
            self._job = due[-1]
        elif self._job is not None and now - self._since > KEEP_S:
            self._job = None
        (self._clock.start if jobs or self._job else self._clock.stop)()
        if self._job is not None:
            self._show(self._job, len(jobs))
        if self.isHidden() == (self._job is not None):
            self.setVisible(self._job is not None)
            self.shows.emit(self._job is not None)

    def show_list(self) -> None:
        """List all jobs, each with its cancel."""
        self.list = JobList(self._jobs, self._look, self)
        self.list.show_above(self._more)

    def _show(self, job: Job, count: int) -> None:
        is_over = job not in self._jobs.running
        self._text.setText(title_of(job, self._look))
        self._bar.setValue(1000 if is_over else round(1000 * job.share))
        self._done.setText(_done_of(job, self._look, 1.0 if is_over else job.share))
        left = job.seconds_left
        self._left.setText(self._look.say("gui.time_left", s=f"{left:.0f}") if left is not None and not is_over else "")
        self._cancel.setEnabled(not is_over and not job.is_stopping)
        self._more.setVisible(count > 1)
        self._more.setText(f"+{count - 1}")
        self._more.setToolTip(self._look.say("document.all_jobs", count=count))


class JobList(QFrame):
    """All jobs in a small window that goes away by itself."""

    def __init__(self, jobs: Jobs, look: Look, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self._jobs, self._look = jobs, look
        self._lines: dict[Job, tuple[QWidget, QProgressBar, QLabel]] = {}
        self._layout = column(spacing=4)
        self._layout.setContentsMargins(16, 12, 12, 12)
        self.setLayout(self._layout)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.refresh)
        self._clock.start(REFRESH_MS)
        self.refresh()

    def show_above(self, anchor: QWidget) -> None:
        """Show it over the button that opened it."""
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(0, 0))
        self.move(corner.x(), corner.y() - self.height() - 8)
        self.show()

    def cancels(self) -> list[QToolButton]:
        """Return the cancel button of each job, oldest first."""
        return [line.findChildren(QToolButton)[0] for line, _, _ in self._lines.values()]

    def refresh(self) -> None:
        """Follow the jobs; with the last one it closes."""
        for job in [job for job in self._lines if job not in self._jobs.shown]:
            line = self._lines.pop(job)[0]
            self._layout.removeWidget(line)
            line.deleteLater()
        for job in self._jobs.shown:
            if job not in self._lines:
                self._add(job)
            _, bar, done = self._lines[job]
            bar.setValue(round(1000 * job.share))
            done.setText(_done_of(job, self._look, job.share))
        if not self._lines:
            self.close()

    def _add(self, job: Job) -> None:
        bar, done = _bar(), label("", SMALL_PX, tone="2")
        text = label(title_of(job, self._look), BODY_PX)
        text.setMinimumWidth(180)
        line = boxed(row(text, None, bar, done, tool("x", self._look.say("gui.cancel"), self._look.theme, job.cancel), spacing=12))
        self._lines[job] = (line, bar, done)
        self._layout.addWidget(line)


def title_of(job: Job, look: Look) -> str:
    """Return verb and object: what is done, with what."""
    if job.is_stopping:
        return look.say("document.stopping")
    subject = job.subject
    if subject.files > 1 or subject.name:
        return f"{look.say(job.label)} {look.say('document.files', count=subject.files) if subject.files > 1 else subject.name}"
    return look.say(job.doing) if job.doing else look.say(job.label)


def _done_of(job: Job, look: Look, share: float) -> str:
    total = job.subject.total_bytes
    percent = f"{share:.0%}".replace("%", " %")
    if not total:
        return percent
    return f"{look.number(share * total / MB, 0)} / {look.number(total / MB, 0)} MB · {percent}"


def _bar() -> QProgressBar:
    made = QProgressBar()
    made.setRange(0, 1000)
    made.setTextVisible(False)
    made.setFixedWidth(BAR_PX)
    made.setFixedHeight(6)
    return made

"""The one way to run work off the event loop: a plain function of a progress, what to do with its result, and a label.

Cancelled work says nothing, an EngineError goes to whoever shows errors, anything else is a defect and is raised on the window's thread.
"""

import os
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QThreadPool, Signal

from app.engine.errors import Cancelled, EngineError
from app.engine.progress import Progress

LEAST_THREADS = 3


class Subject:
    """What a job works on: a name (a file's, a project's), how many files and bytes once that is known. The work may write it."""

    def __init__(self, name: str = "") -> None:
        self.name, self.files, self.total_bytes = name, 0, 0


class Job(QObject):
    """One piece of work. `share` and `doing` are written by the worker and read by the job bar; a quiet one is not shown there."""

    ended = Signal(object, str, object)  # itself, "done" "failed" or "stopped", the result or the error

    def __init__(self, label: str, work: Callable[[Progress], object], subject: Subject | None = None, *, quiet: bool = False) -> None:
        super().__init__()
        self.label, self._work, self.quiet = label, work, quiet
        self.subject = subject or Subject()
        self.share, self.doing = 0.0, ""
        self.started = time.monotonic()
        self._stop = threading.Event()

    @property
    def seconds_left(self) -> float | None:
        """Return the time left as the share so far suggests; None while that says nothing."""
        spent = time.monotonic() - self.started
        return spent / self.share - spent if self.share > 0.03 and spent > 0.5 else None

    @property
    def is_stopping(self) -> bool:
        """Whether it has been asked to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self._stop.set()

    def run(self) -> None:
        """Do the work; on a pool thread: touch no widget here."""
        try:
            self._report(0.0, "")
            result = self._work(self._report)
        except Cancelled:
            self.ended.emit(self, "stopped", None)
        except Exception as error:  # noqa: BLE001 - sorted into the user's errors and ours by Jobs
            self.ended.emit(self, "failed", error)
        else:
            self.ended.emit(self, "done", result)

    def _report(self, share: float, doing: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.share, self.doing = share, doing


class Jobs(QObject):
    """All running work, newest last."""

    changed = Signal()
    failed = Signal(EngineError)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.running: list[Job] = []
        self._after: dict[Job, tuple[Callable[[object], None], Callable[[], None]]] = {}
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(LEAST_THREADS + (os.cpu_count() or 1))  # a job that waits for the reading process holds a thread
        self._is_closed = False

    @property
    def shown(self) -> list[Job]:
        """The jobs that the user should see."""
        return [job for job in self.running if not job.quiet]

    def start(
        self,
        label: str,
        work: Callable[[Progress], object],
        then: Callable[[object], None],
        stopped: Callable[[], None] | None = None,
        *,
        subject: Subject | None = None,
        quiet: bool = False,
    ) -> Job:
        """Run work on a pool thread and `then` on this one with its result. `stopped` is called where it was cancelled or failed."""
        job = Job(label, work, subject, quiet=quiet)
        self._after[job] = (then, stopped or (lambda: None))
        job.ended.connect(self._on_ended)  # a bound method of a QObject: called on this thread
        self.running.append(job)
        self.changed.emit()
        self._pool.start(job.run)  # not a QRunnable: its wrapper outlives it, and an event at the same address would be taken for it
        return job

    def close(self) -> None:
        """Ask everything to stop and wait for it: a save that has begun comes to its end. No result is delivered any more."""
        self._is_closed = True
        for job in self.running:
            job.cancel()
        self._pool.waitForDone()

    def _on_ended(self, job: Job, how: str, outcome: object) -> None:
        then, stopped = self._after.pop(job)
        self.running.remove(job)
        self.changed.emit()
        if self._is_closed:
            return
        if how == "done":
            then(outcome)
            return
        stopped()
        if isinstance(outcome, EngineError):
            self.failed.emit(outcome)
        elif isinstance(outcome, Exception):
            raise outcome

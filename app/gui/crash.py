"""When a defect of ours shows itself: the report is written, the document goes to its recovery file, and the user is told once."""

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QtMsgType, QUrl, Signal, qInstallMessageHandler
from PySide6.QtGui import QDesktopServices, QGuiApplication

from app.gui.crash_report import crash_folder, described, key_of, report_of, write_report
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import button, label, row, well
from app.gui.widgets.question import Question

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

QT_GRAVE = {QtMsgType.QtFatalMsg: "fatal", QtMsgType.QtCriticalMsg: "critical"}


class Crashes(QObject):
    """Catches what nobody else did: in slots, in jobs, in other threads, in the process that reads, in Qt."""

    _met = Signal(tuple)

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._seen: set[str] = set()
        self.dialog: CrashDialog | None = None
        self._met.connect(self._on_met, Qt.ConnectionType.QueuedConnection)  # from any thread to the window's

    def install(self) -> None:
        """Take the hooks of Python and Qt."""
        sys.excepthook = self.on_exception
        threading.excepthook = lambda told: self.on_exception(told.exc_type, told.exc_value, told.exc_traceback)
        qInstallMessageHandler(self._on_qt_message)

    def on_exception(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """Report an exception. Ctrl+C ends the program as it always does."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error or kind(), trace)
            return
        lines = described(error) if error is not None else (kind.__name__,)
        print("\n".join(lines), file=sys.stderr)
        self._met.emit(lines)

    def _on_met(self, lines: tuple[str, ...]) -> None:
        if key_of(lines) in self._seen:
            return
        self._seen.add(key_of(lines))
        report = report_of(lines)
        path = write_report(report)
        self._window.session.autosave.write()
        if self.dialog is not None and self.dialog.isVisible():
            return  # one dialog is enough to decide; the report of the second lies beside the first
        self.dialog = CrashDialog(self._window, report, str(path) if path else "")
        self.dialog.open()

    def _on_qt_message(self, kind: QtMsgType, context: object, text: str) -> None:
        """Write down that Qt met something grave: its kind and category, for the text can hold a path. All goes to stderr as ever."""
        print(text, file=sys.stderr)
        if kind in QT_GRAVE:
            write_report(report_of((f"Qt {QT_GRAVE[kind]} message, category {getattr(context, 'category', '') or 'default'}",)))


class CrashDialog(Question):
    """What happened, that the project is safe, where the report lies; go on, or save and leave."""

    def __init__(self, window: "MainWindow", report: str, path: str) -> None:
        look = window.look
        say = look.say
        answers = (("stay", say("document.crash.go_on")), ("save", say("document.crash.save_and_quit")))
        super().__init__(window, look, say("document.crash.title"), say("document.crash.what"), answers, symbol="triangle-alert")
        self.setModal(True)
        self._window, self.report = window, report
        where = label(path or say("document.crash.no_report"), CAPTION_PX, tone="2", wrap=True, select=True)
        self.body.addWidget(label(say("document.crash.report"), SMALL_PX))
        self.body.addWidget(well(where))
        ways = row(
            button(say("document.crash.copy"), look.theme, lambda: QGuiApplication.clipboard().setText(report), symbol="copy"),
            button(say("document.crash.folder"), look.theme, _open_folder, symbol="folder-open"),
            None,
        )
        self.body.addLayout(ways)
        self.accepted.connect(self._on_answer)

    def _on_answer(self) -> None:
        if self.answer == "save":
            self._window.document.save(self._window.close)


def _open_folder() -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(crash_folder())))

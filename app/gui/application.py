"""Start the window: fonts, look, the last errors, the first paint; what is slow comes after it."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from app.engine.paths import user_folder
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.reading_worker import forget_handovers
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX


def make_application() -> QApplication:
    """Return the Qt application, dressed: Fusion everywhere, our font, fractional scales as they are."""
    present = QApplication.instance()
    if isinstance(present, QApplication):
        return present
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(["suanxuan"])
    app.setApplicationName("suanxuan")
    app.setStyle("Fusion")
    app.setFont(font(BODY_PX))
    return app


def settings() -> QSettings:
    """Return the user's settings, in his own configuration folder."""
    return QSettings(str(user_folder("config") / "window.ini"), QSettings.Format.IniFormat)


def look_of(stored: QSettings, lang: str) -> Look:
    """Return the stored look; where there is none, the given language and the system's colours."""
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    theme, language = stored.value("theme"), stored.value("language")
    return Look(
        language if language in ("zh", "en") else lang,
        theme if theme in ("light", "dark") else "dark" if dark else "light",  # type: ignore[arg-type]
    )


def run_window(files: Sequence[Path], lang: str, *, sample: bool = False) -> int:
    """Open the window, with these files or the sample project, and return the exit status."""
    app = make_application()
    stored = settings()
    window = MainWindow(look_of(stored, lang), stored)
    sys.excepthook = lambda kind, error, trace: _report_defect(window, error)
    window.show()

    def begin() -> None:
        window.session.reader.warm_up()
        forget_handovers()
        if files:
            window.take_in(list(files))
        elif sample:
            window.session.open_sample()

    QTimer.singleShot(0, window, begin)
    return app.exec()


def _report_defect(window: MainWindow, error: BaseException) -> None:
    """Write a report without customer data (no messages, no values: places in our code only) and say where it lies."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [type(error).__name__, *(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)]
    path = user_folder("state") / "crash-window.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    say = window.look.say
    box = QMessageBox(QMessageBox.Icon.Critical, say("gui.crash.title"), say("gui.crash.what"), parent=window)
    box.setInformativeText(say("gui.crash.report", path=str(path)))
    box.setDetailedText("\n".join(lines))
    box.open()

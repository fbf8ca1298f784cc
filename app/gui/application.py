"""Start the window: fonts, look, the last errors, the first paint; what is slow comes after it."""

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.gui.crash import Crashes
from app.gui.main_window import MainWindow
from app.gui.preferences import Preferences, look_of, stored_settings
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


def run_window(files: Sequence[Path], lang: str, *, sample: bool = False) -> int:
    """Open the window, with these files or the sample project, and return the exit status."""
    stored = stored_settings()
    preferences = Preferences(stored)
    if preferences.scale != "system":
        os.environ.setdefault("QT_SCALE_FACTOR", preferences.scale)  # Qt reads it once, when it starts
    app = make_application()
    window = MainWindow(look_of(preferences, lang), stored)
    Crashes(window).install()
    window.show()

    def begin() -> None:
        window.session.reader.warm_up()
        forget_handovers()
        window.document.offer_recovery()
        if files:
            window.take_in(list(files))
        elif sample:
            window.session.open_sample()

    QTimer.singleShot(0, window, begin)
    return app.exec()

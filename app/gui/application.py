"""Start the window: fonts, look, the first paint; what is slow comes after it."""

import gc
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.gui.opening import Opening
from app.gui.preferences import Preferences, look_of, stored_settings
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

LONGEST_WAIT_MS = 500


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
    preferences = Preferences(stored_settings())
    if preferences.scale != "system":
        os.environ.setdefault("QT_SCALE_FACTOR", preferences.scale)  # Qt reads it once, when it starts
    app = make_application()
    start = Start(preferences, lang, files, sample=sample)
    start.begin()
    return app.exec()


class Start(QObject):
    """The frame first, the window as soon as that is on the screen, then what the window need not wait for."""

    def __init__(self, preferences: Preferences, lang: str, files: Sequence[Path], *, sample: bool) -> None:
        super().__init__()
        self._files, self._sample = list(files), sample
        self._look = look_of(preferences, lang)
        self._opening = Opening(self._look)
        self.window: MainWindow | None = None

    def begin(self) -> None:
        """Show the frame; a screen that shows nothing (a window opened minimised) is not waited for."""
        self._opening.painted.connect(self._load, Qt.ConnectionType.QueuedConnection)
        QTimer.singleShot(LONGEST_WAIT_MS, self, self._load)
        self._opening.show()

    def _load(self) -> None:
        if self.window is not None or not self._opening.isVisible():
            return
        from app.gui.crash import Crashes
        from app.gui.main_window import MainWindow

        gc.freeze()  # the modules stay for ever: a full collection, which stops the window, need not walk through them
        self.window = MainWindow(self._look, stored_settings())
        Crashes(self.window).install()
        self.window.setGeometry(self._opening.geometry())
        self.window.show()
        QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        from app.gui.reading_worker import forget_handovers

        window = self.window
        assert window is not None
        self._opening.close()
        window.session.reader.warm_up()
        forget_handovers()
        window.document.offer_recovery()
        if self._files:
            window.take_in(self._files)
        elif self._sample:
            window.session.open_sample()

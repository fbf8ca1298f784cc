"""Render every page of the window offscreen: for looking at it, and for tests that every page builds."""

import time
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from app.engine.errors import EngineError
from app.engine.model.projects import Project
from app.gui.application import make_application
from app.gui.clipping import Clipped, clipped_words
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.pages import FURTHER, PAGES

LONGEST_WAIT_S = 60.0


class Picture(Struct, frozen=True):
    """One page as rendered, and the words that are cut on it."""

    page: str
    path: Path
    clipped: tuple[Clipped, ...]


def render_pages(project: Project, folder: Path, size: tuple[int, int], theme: str, lang: str) -> list[Picture]:
    """Write a picture of each page and return them. Raises EngineError where the folder cannot be written."""
    app = make_application()
    folder.mkdir(parents=True, exist_ok=True)
    window = MainWindow(Look(lang, theme), QSettings(str(folder / ".look.ini"), QSettings.Format.IniFormat))
    window.resize(*size)
    window.show()
    window.session.start_new(project)
    written = []
    for number, page in enumerate((*PAGES, *FURTHER), 1):
        window.show_page(page.key)
        settle(app, window)
        path = folder / f"{number:02d}-{page.key}-{lang}-{theme}-{size[0]}x{size[1]}.png"
        if not window.grab().save(str(path)):
            raise EngineError("pipeline.not_written", file=path, detail="png")
        written.append(Picture(page.key, path, tuple(clipped_words(window))))
    window.session.close()
    window.deleteLater()
    return written


def settle(app: QApplication, window: MainWindow) -> None:
    """Let the event loop run until no job is left."""
    end = time.monotonic() + LONGEST_WAIT_S
    quiet = 0
    while quiet < 5 and time.monotonic() < end:
        app.processEvents()
        quiet = 0 if window.session.jobs.running else quiet + 1
        time.sleep(0.01)

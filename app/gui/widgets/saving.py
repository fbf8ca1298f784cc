"""The button that saves what a plot shows: a picture for print, a drawing, its figures as a table."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from app.engine import pipeline
from app.engine.errors import EngineError
from app.gui.look import Look
from app.gui.widgets.basics import tool
from app.gui.widgets.timing_export import save_png, save_svg

Rows = Sequence[Sequence[str]]
KINDS = {"png": "PNG (*.png)", "svg": "SVG (*.svg)", "csv": "CSV (*.csv)"}


class SaveButton:
    """What hangs on the button: `menu` and `save`; the button itself is `widget`."""

    def __init__(self, plot: QWidget, stem: str, rows: Callable[[], Rows], look: Look, failed: Callable[[EngineError], object]) -> None:
        self._plot, self._stem, self._rows, self._look, self._failed = plot, stem, rows, look, failed
        self.widget: QToolButton = tool("download", look.say("page_profile.save.tip"), look.theme, self._open)
        self.widget.setProperty("saving", self)  # lives as long as its button

    def menu(self) -> QMenu:
        """Return the menu of the kinds."""
        menu = QMenu(self.widget)
        for kind in KINDS:
            menu.addAction(self._look.say(f"page_profile.save.{kind}"), lambda kind=kind: self._ask(kind))
        return menu

    def save(self, kind: str, path: Path) -> None:
        """Write the plot. Raises EngineError where it cannot be written."""
        if kind == "png":
            save_png(self._plot, path)
        elif kind == "svg":
            save_svg(self._plot, path)
        else:
            pipeline.write_table(path, self._rows())

    def _open(self) -> None:
        self.menu().popup(self.widget.mapToGlobal(self.widget.rect().bottomLeft()))

    def _ask(self, kind: str) -> None:
        name, _ = QFileDialog.getSaveFileName(self.widget, self._look.say(f"page_profile.save.{kind}"), f"{self._stem}.{kind}", KINDS[kind])
        if not name:
            return
        try:
            self.save(kind, Path(name) if Path(name).suffix else Path(f"{name}.{kind}"))
        except EngineError as error:
            self._failed(error)

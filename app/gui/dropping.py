"""Files dragged over a window: the veil while they hover, the import when they are let go, wherever in the window that is.

The widgets below the pointer never see a drag of files: a field would take it as text. So it is caught at the window's native handle.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QWindow
from PySide6.QtWidgets import QWidget

from app.engine.intake import glance
from app.gui.widgets.drop_veil import DropVeil

MOST_LOOKED_AT = 20
LOOK_S = 0.02


class Dropping(QObject):
    """Watches one window. `veil` gives the veil of the moment, `drop` gets the files."""

    def __init__(self, window: QWidget, veil: Callable[[], DropVeil], drop: Callable[[list[Path]], object]) -> None:
        super().__init__(window)
        self._window, self._veil, self._drop = window, veil, drop
        self._handle: QWindow | None = None
        window.setAcceptDrops(True)

    def watch(self) -> None:
        """Begin; to be called when the window is shown, for it has no handle before."""
        handle = self._window.windowHandle()
        if handle is not None and handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent | QDragMoveEvent):
            return self.hover(event)
        if isinstance(event, QDropEvent):
            return self.let_go(event)
        if event.type() == QEvent.Type.DragLeave:
            self._veil().hide()
        return super().eventFilter(watched, event)

    def hover(self, event: QDragEnterEvent | QDragMoveEvent) -> bool:
        """Show where the files would go; tell whether there are any."""
        paths = paths_of(event.mimeData())
        if not paths:
            return False
        event.acceptProposedAction()
        if not self._veil().isVisible():
            self._veil().show_files(*look_at(paths))
        return True

    def let_go(self, event: QDropEvent) -> bool:
        """Take the files; tell whether there are any."""
        self._veil().hide()
        paths = paths_of(event.mimeData())
        if not paths:
            return False
        event.acceptProposedAction()
        self._drop(paths)
        return True


def look_at(paths: Sequence[Path]) -> tuple[list[tuple[str, str]], int]:
    """Return (name, purpose) of the first files and how many more there are, within 50 ms."""
    end = time.perf_counter() + LOOK_S
    return glance(paths, MOST_LOOKED_AT, lambda: time.perf_counter() > end)


def paths_of(data: QMimeData) -> list[Path]:
    """Return the local files of a drag or of the clipboard."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile() and url.toLocalFile()]

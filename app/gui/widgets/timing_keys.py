"""The keys of a timing view and what they do."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QToolTip

from app.gui.widgets.timeline import time_text, unit_of

if TYPE_CHECKING:
    from app.gui.widgets.timing import TimingView

CURSOR_STEPS, NEAR_PX = 200, 12


def on_key(view: "TimingView", event: QKeyEvent) -> None:
    """Do what a key asks for; what is not ours is left to the window."""
    if event.matches(QKeySequence.StandardKey.Copy):
        QGuiApplication.clipboard().setText(view.statistics_text())
        event.accept()
        return
    if event.matches(QKeySequence.StandardKey.Find) and view.search is not None:
        view.search.open_bar()
        event.accept()
        return
    if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        event.ignore()
        return
    if view.hand is not None and view.hand.step(event):
        event.accept()
        return
    line, keys = view.timeline, Qt.Key
    acts: dict[int, Callable[[], object]] = {
        keys.Key_W: lambda: line.zoom(0.7), keys.Key_S: lambda: line.zoom(1 / 0.7), keys.Key_A: lambda: line.pan(-0.2),
        keys.Key_D: lambda: line.pan(0.2), keys.Key_F: line.fit, keys.Key_R: line.toggle_region, keys.Key_M: lambda: mark(view),
        keys.Key_Backspace: line.back, keys.Key_Delete: lambda: unmark(view), keys.Key_Space: lambda: tell(view),
        keys.Key_Left: lambda: _step(view, -1), keys.Key_Right: lambda: _step(view, 1),
    }  # fmt: skip
    act = acts.get(event.key())
    if act is not None:
        act()
    event.setAccepted(act is not None)


def _step(view: "TimingView", by: int) -> None:
    line, cursor = view.timeline, view.timeline.cursor_s
    middle = (line.start_s + line.end_s) / 2
    line.point(middle if cursor is None else cursor + by * line.span_s / CURSOR_STEPS)


def mark(view: "TimingView") -> None:
    """Put a marker at the cursor and let its note be typed."""
    line, cursor = view.timeline, view.timeline.cursor_s
    time_s = (line.start_s + line.end_s) / 2 if cursor is None else cursor
    made = line.mark(time_s, view.look.say("page_profile.marker.default", number=len(line.markers) + 1))
    view.top.edit(made)


def unmark(view: "TimingView") -> None:
    """Take the marker at the cursor away."""
    line, cursor = view.timeline, view.timeline.cursor_s
    if cursor is None or not line.markers:
        return
    nearest = min(line.markers, key=lambda one: abs(one.time_s - cursor))
    if abs(view.canvas.x_of(nearest.time_s) - view.canvas.x_of(cursor)) <= NEAR_PX:
        line.unmark(nearest)


def readings(view: "TimingView") -> str:
    """Return what every row reads at the cursor, with state and source; "" without a cursor."""
    line, cursor = view.timeline, view.timeline.cursor_s
    if cursor is None:
        return ""
    lines = [f"{time_text(cursor, line.span_s / 500, line.end_s)} {unit_of(line.end_s)[1]}"]
    for row in view.rows:
        told = row.readings(cursor, view.look, offset_s=line.offset_s)
        if told:
            lines.append(f"{' · '.join(told)} {row.channel.unit} · {view.canvas.source_of(row)}")
    return "\n".join(lines)


def tell(view: "TimingView") -> None:
    """Show what hovering would tell: the values at the cursor and where they come from."""
    QToolTip.showText(view.canvas.mapToGlobal(view.canvas.rect().topLeft()), readings(view), view.canvas, QRect(), 10000)

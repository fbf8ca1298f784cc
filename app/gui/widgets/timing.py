"""The timing view: stacked curves and heat maps on one time axis, with a region and its statistics, a crosshair and markers.

Keys while it has the focus: W S zoom, A D pan, arrows move the cursor, F fit, R region, M marker, Delete takes the nearest marker away,
Backspace back one zoom, Space tells the values at the cursor, Ctrl+C copies the statistics.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget
from shiboken6 import isValid

from app.gui.look import Look
from app.gui.widgets.basics import column
from app.gui.widgets.timeline import time_text, unit_of
from app.gui.widgets.timing_canvas import TimingCanvas
from app.gui.widgets.timing_heads import Acts, RowHead
from app.gui.widgets.timing_rows import HEAT, MEAN, Row
from app.gui.widgets.timing_scene import Scene, Start
from app.gui.widgets.timing_statistics import is_rough, numbers_of, words_of
from app.gui.widgets.timing_strips import AxisStrip, TopStrip

NEXT_FRAME_MS, EXACT_AFTER_MS, CURSOR_STEPS, NEAR_PX = 15, 250, 200, 12


class TimingView(QWidget):
    """Shows a scene. `start` runs work in the background: what is long is prepared there and appears when it is ready."""

    rows_changed = Signal()

    def __init__(self, scene: Scene, look: Look, start: Start) -> None:
        super().__init__()
        self.scene, self.look, self._start = scene, look, start
        self.timeline = scene.timeline
        self.canvas = TimingCanvas(self.timeline, look)
        self.canvas.setAccessibleName(look.say("gui.card.timing"))
        self.top, self.axis = TopStrip(self.canvas, look), AxisStrip(self.canvas, look)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.canvas)
        self._scroll.viewport().setStyleSheet(f"background:{look.theme.surface};")
        self._scroll.viewport().installEventFilter(self)
        self.setLayout(column(self.top, self._scroll, self.axis, spacing=0))
        self.setFocusProxy(self.canvas)
        self.canvas.keyed.connect(self._on_key)
        self._soon, self._later = QTimer(self), QTimer(self)
        for timer, wait, act in ((self._soon, NEXT_FRAME_MS, self.tell_numbers), (self._later, EXACT_AFTER_MS, self._tell_exactly)):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(act)
        self.timeline.region_changed.connect(self._tell_soon)
        self.timeline.prepared.connect(self.show_rows)
        self.show_rows()

    # Rows --------------------------------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that are shown."""
        return self.scene.rows

    def show_rows(self) -> None:
        """Take over the rows of the scene: prepare what they need, make their heads, give them their places."""
        self.scene.prepare(self._start)
        for head in self.canvas.heads:
            head.hide()
            head.deleteLater()
        acts = Acts(self._fold, self.turn, self.hide_row)
        self.canvas.rows, self.canvas.heads = tuple(self.rows), tuple(RowHead(row, self.look, acts) for row in self.rows)
        for head in self.canvas.heads:
            head.setParent(self.canvas)
            head.show()
        self.tell_numbers()
        self.canvas.setAccessibleDescription(self.statistics_text())
        self._arrange()
        self.rows_changed.emit()

    def _fold(self, row: Row) -> None:
        row.is_folded = not row.is_folded
        self.show_rows()

    def turn(self, row: Row, kind: str) -> None:
        """Show a row as another kind: mean, devices, heat."""
        place = self.scene.rows.index(row)
        self.scene.rows[place] = self.scene.row(row.channel.metric, kind)
        self.show_rows()

    def hide_row(self, row: Row) -> None:
        """Take a row out of the view."""
        self.scene.rows.remove(row)
        self.show_rows()

    def shows(self, metric: str, *, heat: bool = False) -> bool:
        """Tell whether a metric is shown, as curves or as a heat map."""
        return any(row.channel.metric == metric and (row.kind == HEAT) == heat for row in self.rows)

    def choose(self, metric: str, wanted: bool, *, heat: bool = False) -> None:
        """Show or hide a metric; curves stand above heat maps, each in the order of the channels."""
        rows = [row for row in self.rows if not (row.channel.metric == metric and (row.kind == HEAT) == heat)]
        if wanted:
            rows.append(self.scene.row(metric, HEAT if heat else MEAN))
        order = [channel.metric for channel in self.scene.run.channels]
        self.scene.rows[:] = sorted(rows, key=lambda row: (row.kind == HEAT, order.index(row.channel.metric)))
        self.show_rows()

    def sizeHint(self) -> QSize:
        """Ask for the height at which all rows are seen."""
        rows = sum(row.least_px for row in self.rows)
        return QSize(600, round(rows) + self.top.height() + self.axis.height())

    def _arrange(self) -> None:
        self.canvas.arrange(self._scroll.viewport().height())
        self.top.update()
        self.axis.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:  # of the room for the rows, once the layout has settled it
            self._arrange()
        return super().eventFilter(watched, event)

    # Numbers -----------------------------------------------------------------------------------------------------------------------

    def _stretch_ns(self) -> tuple[int, int] | None:
        region = self.timeline.region_s
        return None if region is None else (round(region[0] * 1e9), round(region[1] * 1e9))

    def _tell_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def tell_numbers(self) -> None:
        """Bring the statistics up to date; what is too long for that is told roughly now and exactly a moment later."""
        stretch, end = self._stretch_ns(), round(self.timeline.duration_s * 1e9)
        ready = [row for row in self.rows if row.channel.is_ready]
        self.canvas.numbers = {id(row): numbers_of(row, stretch, end) for row in ready}
        self.canvas.redraw()
        if any(is_rough(numbers) for numbers in self.canvas.numbers.values()):
            self._later.start()

    def _tell_exactly(self) -> None:
        stretch, end = self._stretch_ns(), round(self.timeline.duration_s * 1e9)
        known = [(row, self.canvas.numbers.get(id(row))) for row in self.rows]
        rows = [row for row, numbers in known if numbers is not None and is_rough(numbers)]

        def done(found: object) -> None:
            if isValid(self) and stretch == self._stretch_ns():
                self.canvas.numbers |= found  # type: ignore[operator]
                self.canvas.update()

        self._start(lambda _progress: {id(row): numbers_of(row, stretch, end, exact=True) for row in rows}, done, lambda: None)

    def statistics_text(self) -> str:
        """Return the statistics as tab-separated text with heads and units."""
        say = self.look.say
        heads = [say("page_profile.csv.metric"), *(say(f"gui.stat.{name}") for name in ("mean", "p95", "max"))]
        lines = ["\t".join([*heads, *(f"{say('page_profile.whole')} {head}" for head in heads[1:])])]
        for row in self.rows:
            numbers = self.canvas.numbers.get(id(row))
            if numbers is None:
                continue
            name = f"{say(f'proposing.metric.{row.channel.metric}')} ({row.channel.unit})"
            if row.kind == HEAT:
                pairs = zip(row.names(), numbers.lines, strict=True)
                lines += ["\t".join([f"{name} {device}", *words_of(told, row, self.look)]) for (device, _places), told in pairs]
            else:
                now = numbers.region if numbers.has_region else numbers.whole
                lines.append("\t".join([name, *words_of(now, row, self.look), *words_of(numbers.whole, row, self.look)]))
        return "\n".join(lines)

    # Keys --------------------------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._on_key(event)

    def _on_key(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.statistics_text())
            event.accept()
            return
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
            return
        line, keys = self.timeline, Qt.Key
        acts: dict[int, Callable[[], object]] = {
            keys.Key_W: lambda: line.zoom(0.7), keys.Key_S: lambda: line.zoom(1 / 0.7), keys.Key_A: lambda: line.pan(-0.2),
            keys.Key_D: lambda: line.pan(0.2), keys.Key_F: line.fit, keys.Key_R: line.toggle_region, keys.Key_M: self.mark,
            keys.Key_Backspace: line.back, keys.Key_Delete: self.unmark, keys.Key_Space: self.tell,
            keys.Key_Left: lambda: self._step(-1), keys.Key_Right: lambda: self._step(1),
        }  # fmt: skip
        act = acts.get(event.key())
        if act is not None:
            act()
        event.setAccepted(act is not None)

    def _step(self, by: int) -> None:
        cursor = self.timeline.cursor_s
        middle = (self.timeline.start_s + self.timeline.end_s) / 2
        self.timeline.point(middle if cursor is None else cursor + by * self.timeline.span_s / CURSOR_STEPS)

    def mark(self) -> None:
        """Put a marker at the cursor and let its note be typed."""
        cursor = self.timeline.cursor_s
        time_s = (self.timeline.start_s + self.timeline.end_s) / 2 if cursor is None else cursor
        made = self.timeline.mark(time_s, self.look.say("page_profile.marker.default", number=len(self.timeline.markers) + 1))
        self.top.edit(made)

    def unmark(self) -> None:
        """Take the marker at the cursor away."""
        cursor = self.timeline.cursor_s
        if cursor is None or not self.timeline.markers:
            return
        nearest = min(self.timeline.markers, key=lambda one: abs(one.time_s - cursor))
        if abs(self.canvas.x_of(nearest.time_s) - self.canvas.x_of(cursor)) <= NEAR_PX:
            self.timeline.unmark(nearest)

    def readings(self) -> str:
        """Return what every row reads at the cursor, with state and source; "" without a cursor."""
        cursor = self.timeline.cursor_s
        if cursor is None:
            return ""
        unit = unit_of(self.timeline.end_s)[1]
        lines = [f"{time_text(cursor, self.timeline.span_s / 500, self.timeline.end_s)} {unit}"]
        for row in self.rows:
            told = row.readings(cursor, self.look)
            if told:
                lines.append(f"{' · '.join(told)} {row.channel.unit} · {self.canvas.source_of(row)}")
        return "\n".join(lines)

    def tell(self) -> None:
        """Show what hovering would tell: the values at the cursor and where they come from."""
        QToolTip.showText(self.canvas.mapToGlobal(self.canvas.rect().topLeft()), self.readings(), self.canvas, QRect(), 10000)

"""The timing view: stacked curves, heat maps and lanes on one time axis, with a region and its statistics, a crosshair and markers.

Keys while it has the focus: W S zoom, A D pan, arrows move the cursor or from box to box, F fit, R region, M marker, Delete takes the
nearest marker away, Backspace back one zoom, Space tells the values at the cursor or the picked box, Ctrl+C copies the statistics,
Ctrl+F finds boxes by name. What is pinned stands on a canvas of its own above those that scroll.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget
from shiboken6 import isValid

from app.gui.look import Look
from app.gui.widgets import timing_keys
from app.gui.widgets.basics import column
from app.gui.widgets.lane_heads import LaneHead
from app.gui.widgets.lane_items import GROUP_PX, LaneItem, group_name, items_of, lane_name
from app.gui.widgets.timing_canvas import TimingCanvas
from app.gui.widgets.timing_heads import Acts, RowHead
from app.gui.widgets.timing_lanes import LaneHand
from app.gui.widgets.timing_rows import HEAT, MEAN, Row
from app.gui.widgets.timing_scene import Scene, Start
from app.gui.widgets.timing_search import LaneSearch
from app.gui.widgets.timing_statistics import is_rough, numbers_of, words_of
from app.gui.widgets.timing_strips import AxisStrip, TopStrip

NEXT_FRAME_MS, EXACT_AFTER_MS = 15, 250
LANES_PX, SCROLL_PAD_PX = 300, 40


class TimingView(QWidget):
    """Shows a scene. `start` runs work in the background: what is long is prepared there and appears when it is ready."""

    rows_changed = Signal()
    operator_picked = Signal(str)  # the name of the box that is picked or of the operator that is marked, "" for none

    def __init__(self, scene: Scene, look: Look, start: Start) -> None:
        super().__init__()
        self.scene, self.look, self._start = scene, look, start
        self.timeline = scene.timeline
        self.canvas, self.pinned = (TimingCanvas(self.timeline, look, scene.lanes) for _ in range(2))
        self.pinned.setObjectName("pinned")
        for canvas in (self.canvas, self.pinned):
            canvas.setAccessibleName(look.say("gui.card.timing"))
            canvas.keyed.connect(self.keyPressEvent)
        self.top, self.axis = TopStrip(self.canvas, look), AxisStrip(self.canvas, look)
        self.hand = LaneHand(self, scene.lanes) if scene.lanes is not None else None
        self.search = LaneSearch(self.hand, look, self.canvas) if self.hand is not None else None
        self._scroll = self._scrolled(self.canvas)
        self.setLayout(column(*((self.search,) if self.search else ()), self.top, self.pinned, self._scroll, self.axis, spacing=0))
        self.setFocusProxy(self.canvas)
        self._soon, self._later = QTimer(self), QTimer(self)
        for timer, wait, act in ((self._soon, NEXT_FRAME_MS, self.tell_numbers), (self._later, EXACT_AFTER_MS, self._tell_exactly)):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(act)
        self.timeline.region_changed.connect(self._tell_soon)
        self.timeline.prepared.connect(self.show_rows)
        if scene.lanes is not None:
            scene.lanes.picked.connect(self._tell_picked)
        self.show_rows()

    def _scrolled(self, canvas: TimingCanvas) -> QScrollArea:
        made = QScrollArea()
        made.setFrameShape(QFrame.Shape.NoFrame)
        made.setWidgetResizable(True)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.setWidget(canvas)
        made.viewport().setStyleSheet(f"background:{self.look.theme.surface};")
        made.viewport().installEventFilter(self)
        return made

    def scroll_to(self, y: float) -> None:
        """Bring a height of the canvas into sight."""
        self._scroll.ensureVisible(0, round(y), 0, SCROLL_PAD_PX)

    def _tell_picked(self) -> None:
        assert self.scene.lanes is not None
        self.operator_picked.emit(self.scene.lanes.marked)

    # Rows --------------------------------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that are shown."""
        return self.scene.rows

    def show_rows(self) -> None:
        """Take over the rows of the scene: prepare what they need, make their heads, give them their places."""
        self.scene.prepare(self._start)
        items, pinned = items_of(self.scene.lanes)
        self._fill(self.canvas, [row for row in self.rows if not row.is_pinned], items)
        self._fill(self.pinned, [row for row in self.rows if row.is_pinned], pinned)
        self.tell_numbers()
        self.canvas.setAccessibleDescription(self.statistics_text())
        self._arrange()
        self.rows_changed.emit()

    def _fill(self, canvas: TimingCanvas, rows: Sequence[Row], items: Sequence[LaneItem]) -> None:
        for head in (*canvas.heads, *canvas.lane_heads):
            head.hide()
            head.deleteLater()
        acts = Acts(self._fold, self.turn, self.hide_row, self.pin)
        canvas.rows, canvas.heads = tuple(rows), tuple(RowHead(row, self.look, acts) for row in rows)
        canvas.items = tuple(items)
        canvas.lane_heads = tuple(LaneHead(item, self.look, self.hand.acts) for item in items) if self.hand else ()
        canvas.can_shift, canvas.has_curves = self.scene.other is not None, bool(self.scene.run.channels)
        for head in (*canvas.heads, *canvas.lane_heads):
            head.setParent(canvas)
            head.show()

    def pin(self, row: Row) -> None:
        """Pin a row to the top, or let it go."""
        row.is_pinned = not row.is_pinned
        self.show_rows()

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
        most = max(GROUP_PX, LANES_PX - rows)  # below many curves they only begin, the rest is scrolled to
        lanes = min(most, sum(item.height for item in (*self.canvas.items, *self.pinned.items)))
        return QSize(600, round(rows + lanes) + self.top.height() + self.axis.height())

    def _arrange(self) -> None:
        self.pinned.setVisible(bool(self.pinned.rows or self.pinned.items))
        self.pinned.setMaximumWidth(max(1, self._scroll.viewport().width()))
        self.pinned.arrange(0)
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
        self.canvas.numbers = self.pinned.numbers = {id(row): numbers_of(row, stretch, end) for row in ready}
        self.canvas.redraw()
        self.pinned.redraw()
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
                self.pinned.update()

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
        return "\n".join([*lines, *self._busy_lines()])

    def _busy_lines(self) -> list[str]:
        """Return a line per lane that is shown: the share of the region, and of the run, in which it works."""
        say, end, lines = self.look.say, round(self.timeline.duration_s * 1e9), []
        for item in (*self.pinned.items, *self.canvas.items):
            if item.lane is not None:
                name = f"{group_name(item.group, self.look)} {lane_name(item.lane, self.look)} {say('page_lanes.busy')} (%)"
                now, whole = (self.look.number(item.lane.busy(*ns) * 100) for ns in (self._stretch_ns() or (0, end), (0, end)))
                lines.append("\t".join([name, now, "", "", whole]))
        return lines

    # Keys --------------------------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        timing_keys.on_key(self, event)

    def mark(self) -> None:
        """Put a marker at the cursor and let its note be typed."""
        timing_keys.mark(self)

    def readings(self) -> str:
        """Return what every row reads at the cursor, with state and source; "" without a cursor."""
        return timing_keys.readings(self)

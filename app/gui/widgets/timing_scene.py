"""What a timing view shows: the channels of a run and of another, the rows, the lanes, the time axis. It outlives what paints it."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from app.engine.progress import Progress, part_of
from app.gui.widgets.channels import AT_ONCE, MOST_CURVES, Channel, telling
from app.gui.widgets.lane_state import AT_ONCE as LANES_AT_ONCE
from app.gui.widgets.lane_state import LaneState
from app.gui.widgets.timeline import Timeline
from app.gui.widgets.timing_rows import DEVICES, HEAT, MEAN, Row
from app.gui.widgets.timing_views import SavedView

Start = Callable[[Callable[[Progress], object], Callable[[object], None], Callable[[], None]], object]
"""Runs work in the background: the work, what to do with its result, what to do when it was stopped."""


class Run(Struct, frozen=True):
    """The channels of one run and its length."""

    channels: tuple[Channel, ...]
    duration_s: float

    def channel(self, metric: str) -> Channel | None:
        """Return the channel of a metric, None where it was not recorded."""
        return next((one for one in self.channels if one.metric == metric), None)


class Scene:
    """What a view keeps while it is built anew in another look: the stretch, the region, the markers, the rows, what is saved."""

    def __init__(self, run: Run, other: Run | None, lanes: LaneState | None = None) -> None:
        self.run, self.other, self.lanes = run, other, lanes
        self.views: tuple[SavedView, ...] = ()
        self._preparing: set[Channel] = set()
        self.timeline = Timeline(max(run.duration_s, other.duration_s if other else 0.0))
        self.rows = [self.row(metric, MEAN) for metric in telling(run.channels)]
        many = next((one for one in run.channels if len(one.series) > 1), None)
        if many is not None:
            self.rows.append(self.row(many.metric, HEAT))

    def row(self, metric: str, kind: str) -> Row:
        """Return a new row of a metric."""
        channel = self.run.channel(metric)
        assert channel is not None
        kind = MEAN if kind == DEVICES and len(channel.series) > MOST_CURVES else kind
        return Row(channel, kind, self.other.channel(metric) if self.other and kind == MEAN else None)

    def compare(self, other: Run | None) -> None:
        """Lay another run over the curves; None takes it away."""
        self.other = other
        self.timeline.duration_s = max(self.run.duration_s, other.duration_s if other else 0.0)
        self.timeline.shift(0.0)
        for row in self.rows:
            row.other = other.channel(row.channel.metric) if other and row.kind == MEAN else None
        self.timeline.fit()

    def prepare(self, start: Start) -> None:
        """Prepare what the rows and lanes draw: at once where that is quick, else in the background."""
        self._prepare_lanes(start)
        wanted = [channel for row in self.rows for channel in (row.channel, row.other) if channel is not None and not channel.is_ready]
        wanted = [channel for channel in dict.fromkeys(wanted) if channel not in self._preparing]
        if sum(channel.count for channel in wanted) <= AT_ONCE:
            for channel in wanted:
                channel.prepare()
            return

        def work(progress: Progress) -> None:
            for place, channel in enumerate(wanted):
                channel.prepare(part_of(progress, place / len(wanted), (place + 1) / len(wanted)))

        def stopped() -> None:
            self._preparing.difference_update(wanted)

        def done(_nothing: object) -> None:
            stopped()
            self.timeline.prepared.emit()

        self._preparing.update(wanted)
        start(work, done, stopped)

    def _prepare_lanes(self, start: Start) -> None:
        lanes = self.lanes
        if lanes is None or lanes.is_ready or lanes.is_preparing:
            return
        if len(lanes.events) <= LANES_AT_ONCE:
            lanes.prepare()
            return

        def stopped() -> None:
            lanes.is_preparing = False

        def done(_nothing: object) -> None:
            stopped()
            self.timeline.prepared.emit()

        lanes.is_preparing = True
        start(lambda _progress: lanes.prepare(), done, stopped)


def run_of(channels: Sequence[Channel], duration_ns: int) -> Run:
    """Return a run of these channels."""
    ends = [int(one.time_ns[-1]) for channel in channels for one in channel.series]
    return Run(tuple(channels), max([duration_ns, *ends, 1]) / 1e9)

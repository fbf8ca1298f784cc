"""What a timing view shows: the channels of a run and of another, the rows, the time axis. It outlives the widgets that paint it."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from app.engine.progress import Progress, part_of
from app.gui.widgets.channels import AT_ONCE, MOST_CURVES, Channel, telling
from app.gui.widgets.timeline import Timeline
from app.gui.widgets.timing_rows import DEVICES, HEAT, MEAN, Row

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
    """What a view keeps while it is built anew in another look: the stretch, the region, the markers, the rows."""

    def __init__(self, run: Run, other: Run | None) -> None:
        self.run, self.other = run, other
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
        for row in self.rows:
            row.other = other.channel(row.channel.metric) if other and row.kind == MEAN else None
        self.timeline.fit()

    def prepare(self, start: Start) -> None:
        """Prepare what the rows draw: at once where that is quick, else in the background."""
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


def run_of(channels: Sequence[Channel], duration_ns: int) -> Run:
    """Return a run of these channels."""
    ends = [int(one.time_ns[-1]) for channel in channels for one in channel.series]
    return Run(tuple(channels), max([duration_ns, *ends, 1]) / 1e9)

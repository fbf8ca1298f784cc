"""The steps of a run on the time axis: taken from the profile, else from the annotations that a profiler leaves; lines and numbers."""

import re
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app.engine.model.profiles import Profile
from app.engine.model.traces import Trace
from app.gui.theme import font
from app.gui.theme.tokens import CAPTION_PX
from app.gui.widgets.timeline import Step

if TYPE_CHECKING:
    from app.gui.widgets.timing_canvas import TimingCanvas

STEP_PX, LEAST_GAP_PX, LEAST_LINE_PX, LEAST_STEPS_PX = 14, 6, 4, 24
ANNOTATED = re.compile(r"^ProfilerStep\s*#?\s*(\d+)$")


def steps_of(profile: Profile | None, trace: Trace) -> tuple[Step, ...]:
    """Return the steps of a run: those of the profile, numbered from 1; else those that a profiler annotated; none."""
    if profile is not None and profile.steps is not None:
        pairs = zip(profile.steps.start_ns, profile.steps.end_ns, strict=True)
        return tuple(Step(str(place), start / 1e9, end / 1e9) for place, (start, end) in enumerate(pairs, 1))
    events = trace.events
    numbers = {place: found[1] for place, name in enumerate(events.names) if (found := ANNOTATED.match(name))} if events else {}
    if events is None or not numbers:
        return ()
    steps: dict[str, Step] = {}
    on_host = [place for place, name in enumerate(events.devices) if name.rpartition(":")[2] == "host"]
    chosen = np.flatnonzero(np.isin(events.name, list(numbers)))
    order = sorted(chosen.tolist(), key=lambda at: (int(events.device[at]) not in on_host, int(events.start_ns[at])))
    for at in order:  # a profiler writes each step on the host, and often once more on the card
        start, number = int(events.start_ns[at]), numbers[int(events.name[at])]
        steps.setdefault(number, Step(number, start / 1e9, (start + int(events.duration_ns[at])) / 1e9))
    return tuple(sorted(steps.values(), key=lambda step: step.start_s))


def paint_step_lines(painter: QPainter, canvas: "TimingCanvas", area: QRectF) -> None:
    """Paint a thin line through all rows where each step begins, and where the last one ends; none where they would run together."""
    for moment in seen_bounds(canvas):
        x = round(canvas.x_of(moment))
        if area.left() <= x <= area.right():
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), QColor(canvas.look.theme.border2))


def seen_bounds(canvas: "TimingCanvas") -> list[float]:
    """Return the bounds of the steps that are seen, so many that they stay apart."""
    timeline = canvas.timeline
    if not _are_apart(canvas):
        return []
    bounds = [step.start_s for step in timeline.steps] + [step.end_s for step in timeline.steps[-1:]]
    seen = [moment for moment in bounds if timeline.start_s <= moment <= timeline.end_s]
    every = max(1, -(-len(seen) * LEAST_LINE_PX // max(1, round(canvas.right - canvas.left))))
    return seen[::every]


def _are_apart(canvas: "TimingCanvas") -> bool:
    """Tell whether the steps take enough room to be told apart: those of a file that is short beside the run are not."""
    steps = canvas.timeline.steps
    return bool(steps) and canvas.x_of(steps[-1].end_s) - canvas.x_of(steps[0].start_s) >= LEAST_STEPS_PX


def step_labels(canvas: "TimingCanvas") -> list[tuple[QRectF, str]]:
    """Return the numbers of the steps that are seen, each in the middle of the seen part of its step; every n-th where they are many."""
    timeline, metrics = canvas.timeline, QFontMetricsF(font(CAPTION_PX))
    seen = [step for step in timeline.steps if step.end_s > timeline.start_s and step.start_s < timeline.end_s]
    found: list[tuple[QRectF, str]] = []
    after = -1e9
    for step in seen if _are_apart(canvas) else ():
        left, right = max(canvas.left, canvas.x_of(step.start_s)), min(canvas.right, canvas.x_of(step.end_s))
        words = f"#{step.number}"
        width = metrics.horizontalAdvance(words)
        middle = min(max((left + right) / 2, canvas.left + width / 2), canvas.right - width / 2)
        if middle - width / 2 >= after + LEAST_GAP_PX:
            found.append((QRectF(middle - width / 2 - 1, 0, width + 2, STEP_PX), words))
            after = middle + width / 2
    return found


def paint_step_band(painter: QPainter, canvas: "TimingCanvas") -> None:
    """Paint the band of the steps above the ticks: a notch at each bound, the numbers between."""
    theme = canvas.look.theme
    for moment in seen_bounds(canvas):
        painter.fillRect(QRectF(round(canvas.x_of(moment)), 0, 1, STEP_PX - 2), QColor(theme.border2))
    painter.setFont(font(CAPTION_PX))
    painter.setPen(QColor(theme.text2))
    for box, words in step_labels(canvas):
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

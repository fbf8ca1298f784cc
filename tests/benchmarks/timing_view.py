"""Measure a frame of the timing view while it is panned, against pyqtgraph's own automatic down-sampling in the same run.

Both draw one curve into a window of the same size, offscreen, zoomed to 60 % of the run, and move by 0.5 % a frame: median ms of
processor time a frame, from the move to the finished picture. Prints one JSON document; --most N leaves out what is larger than N samples.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg

from app.engine.model.traces import Series
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.widgets.channels import Channel
from app.gui.widgets.pyramid import Pyramid
from app.gui.widgets.timing import TimingView
from app.gui.widgets.timing_rows import HEAT, MEAN
from app.gui.widgets.timing_scene import Run, Scene

WIDTH, HEIGHT, FRAMES, STEP, SEEN = 900, 200, 40, 0.005, 0.6
BYTES_A_SAMPLE = 40
"""What a measurement needs at its peak: times, values, float32 copies and levels here, float64 copies there."""


def main() -> None:
    """Run all and print one JSON document."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--most", type=int, default=100_000_000, metavar="N")
    most = arguments.parse_args().most
    make_application()
    found: dict[str, object] = {}
    for count in (1_000_000, 10_000_000, 100_000_000):
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if count <= most and count * BYTES_A_SAMPLE < free:
            found[f"{count // 1_000_000} M samples"] = against_pyqtgraph(count)
    if most >= 96_000_000:
        found["24 curves of 4 M samples"] = many_curves(24, 4_000_000)
    found["heat map 1024 x 14400"] = heat_map(1024, 14_400)
    found["region of 10 M samples, one move"] = {"ms": region_move(10_000_000)}
    print(json.dumps(found, indent=2))


def against_pyqtgraph(count: int) -> dict[str, float]:
    """Return the median frame of both, their ratio, and what building the pyramid takes."""
    time_ns, values = samples(count)
    begin = time.perf_counter()
    Pyramid(time_ns, values)
    built = (time.perf_counter() - begin) * 1000
    ours = our_frame([("gpu_utilisation", [Series("gpu_utilisation", "0", "", time_ns, values)])])
    theirs = their_frame(time_ns / 1e9, values)
    return {"ours_ms": ours, "pyqtgraph_ms": theirs, "share": round(ours / theirs, 4), "pyramid_ms": round(built, 1)}


def many_curves(curves: int, count: int) -> dict[str, float]:
    """Return the median frame of so many rows of a curve each."""
    time_ns, values = samples(count)
    rows = [(f"metric_{number}", [Series(f"metric_{number}", "0", "W", time_ns, values)]) for number in range(curves)]
    return {"ours_ms": our_frame(rows)}


def heat_map(devices: int, count: int) -> dict[str, float]:
    """Return the median frame of a heat map of so many devices."""
    time_ns, values = samples(count)
    series = [Series("gpu_utilisation", str(number), "", time_ns, values) for number in range(devices)]
    return {"ours_ms": our_frame([("gpu_utilisation", series)], kind=HEAT)}


def region_move(count: int) -> float:
    """Return the median ms in which the statistics of a region follow a move of its edge."""
    time_ns, values = samples(count)
    view = view_of([("gpu_utilisation", [Series("gpu_utilisation", "0", "", time_ns, values)])], MEAN)
    duration = view.timeline.duration_s
    times = []
    for number in range(FRAMES):
        begin = time.perf_counter()
        view.timeline.choose((0.1 * duration, (0.5 + number * STEP) * duration))
        view.tell_numbers()
        times.append((time.perf_counter() - begin) * 1000)
    return round(statistics.median(times), 2)


def samples(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return times 1 µs apart and a wandering share with peaks."""
    generator = np.random.default_rng(1)
    values = generator.random(count, dtype=np.float32)
    values *= 0.3
    values += 0.5 + 0.2 * np.sin(np.linspace(0, 60, count, dtype=np.float32))
    return np.arange(count, dtype=np.int64) * 1000, values


def view_of(metrics: list[tuple[str, list[Series]]], kind: str) -> TimingView:
    """Return the view that the page shows, with one row for each metric."""
    channels = tuple(Channel(metric, series) for metric, series in metrics)
    for channel in channels:
        channel.prepare()
    duration = max(int(one.time_ns[-1]) for channel in channels for one in channel.series) / 1e9
    scene = Scene(Run(channels, duration), None)
    scene.rows = [scene.row(channel.metric, kind) for channel in channels]
    view = TimingView(scene, Look(), lambda _work, _then, _stopped: None)
    view.resize(WIDTH + 330, max(HEIGHT, 62 * len(channels)))
    view.show()
    make_application().processEvents()
    return view


def our_frame(metrics: list[tuple[str, list[Series]]], kind: str = MEAN) -> float:
    """Return the median ms of a frame of our view."""
    view = view_of(metrics, kind)
    line = view.timeline

    def frame() -> None:
        line.pan(STEP / SEEN, remember=False)
        view.canvas.repaint()

    line.show(0.0, SEEN * line.duration_s)
    found = median_of(frame)
    view.deleteLater()
    return found


def their_frame(seconds: np.ndarray, values: np.ndarray) -> float:
    """Return the median ms of a frame of pyqtgraph, down-sampling and clipping to the view by itself."""
    plot = pg.PlotWidget(background="w")
    plot.resize(WIDTH, HEIGHT)
    colour = pg.mkColor("#0F55C9")
    curve = plot.plot(seconds, values, pen=pg.mkPen(colour, width=1), antialias=True)
    curve.setDownsampling(auto=True, method="peak")
    curve.setClipToView(True)
    plot.setMouseEnabled(x=True, y=False)
    plot.show()
    make_application().processEvents()
    end, place = float(seconds[-1]), 0.0

    def frame() -> None:
        nonlocal place
        place += STEP * end
        plot.setXRange(place, place + SEEN * end, padding=0)
        plot.viewport().repaint()

    found = median_of(frame)
    plot.deleteLater()
    return found


def median_of(frame: Callable[[], None]) -> float:
    """Return the median ms of FRAMES frames, after two that are not counted: processor time, which other work does not blur."""
    times = []
    for _ in range(FRAMES + 2):
        begin = time.thread_time()
        frame()
        times.append((time.thread_time() - begin) * 1000)
    return round(statistics.median(times[2:]), 2)


if __name__ == "__main__":
    main()

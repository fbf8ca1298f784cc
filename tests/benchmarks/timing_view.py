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

from app.engine.model.traces import Device, Events, Series
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.widgets.channels import Channel
from app.gui.widgets.lane_state import LaneState
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
    if "1 M samples" in found and "100 M samples" in found:
        found["100 M by 1 M samples"] = round(found["100 M samples"]["ours_ms"] / found["1 M samples"]["ours_ms"], 2)  # type: ignore[index]
    found["1 M events"] = event_lanes(1_000_000)
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
    """Return the median frame of so many rows of a curve each, and its share of so many curves of pyqtgraph's."""
    time_ns, values = samples(count)
    rows = [(f"metric_{number}", [Series(f"metric_{number}", "0", "W", time_ns, values)]) for number in range(curves)]
    ours, theirs = our_frame(rows), curves * their_frame(time_ns / 1e9, values)
    return {"ours_ms": ours, "pyqtgraph_ms": round(theirs, 1), "share": round(ours / theirs, 4)}


def heat_map(devices: int, count: int) -> dict[str, float]:
    """Return the median frame of a heat map of so many devices."""
    time_ns, values = samples(count)
    series = [Series("gpu_utilisation", str(number), "", time_ns, values) for number in range(devices)]
    return {"ours_ms": our_frame([("gpu_utilisation", series)], kind=HEAT)}


def event_lanes(count: int) -> dict[str, float]:
    """Return the ms until the lanes of so many events are seen, and the median frame while panning at several zooms."""
    events, devices = events_of(count)
    begin = time.perf_counter()
    state = LaneState(events, devices)
    state.prepare()
    scene = Scene(Run((), 1e-9 * float(events.start_ns[-1])), None, state)
    for group in state.groups:
        group.shows_all = True
    view = TimingView(scene, Look(), lambda _work, _then, _stopped: None)
    view.resize(WIDTH + 330, 900)
    view.show()
    make_application().processEvents()
    view.grab()
    found = {"shown_ms": round((time.perf_counter() - begin) * 1000, 1)}
    for seen in (1.0, 0.5, 0.1, 0.01, 1e-3, 1e-4):
        view.timeline.show(0.2 * view.timeline.duration_s * (1 - seen), (0.2 * (1 - seen) + seen) * view.timeline.duration_s)

        def frame() -> None:
            view.timeline.pan(STEP, remember=False)
            view.canvas.redraw()
            view.canvas.repaint()

        found[f"pan_{seen:g}_ms"] = median_of(frame)
    view.timeline.fit()
    view.timeline.show(0.0, 0.99 * view.timeline.duration_s)
    state.mark(events.names[int(events.name[-1])])
    found["pan_marked_ms"] = median_of(frame)
    view.deleteLater()
    return found


def events_of(count: int) -> tuple[Events, tuple[Device, ...]]:
    """Return events as a training run leaves them: eight streams of kernels that follow each other, four threads of nested operators."""
    generator, streams, threads, deep = np.random.default_rng(1), 8, 4, 8
    each, calls = count // 2 // streams, count // 2 // threads // deep
    start, duration, name, category, device, stream = ([] for _ in range(6))
    for number in range(streams):
        gaps = generator.integers(2_000, 18_000, each)
        parts = (np.cumsum(gaps), (gaps * generator.random(each)).astype(np.int64), generator.integers(300, 600, each))
        for column, values in zip((start, duration, name), parts, strict=True):
            column.append(values)
        for column, value in zip((category, device, stream), (1 if number == streams - 1 else 0, 1, 7 + number), strict=True):
            column.append(np.full(each, value))
    length = int(max(one[-1] for one in start)) // calls
    for number in range(threads * deep):
        depth = number % deep
        begin = np.arange(calls) * length + depth * (length // 40)
        parts = (begin, np.full(calls, length - depth * (length // 20) - 100), generator.integers(0, 300, calls))
        for column, values in zip((start, duration, name), parts, strict=True):
            column.append(values)
        for column, value in zip((category, device, stream), (2 if depth < deep - 1 else 3, 0, 1000 + number // deep), strict=True):
            column.append(np.full(calls, value))
    order = np.argsort(np.concatenate(start), kind="stable")
    whole = [np.concatenate(one)[order] for one in (name, category, device, stream, start, duration)]
    kernels = ("gemm_{}", "flash_fwd_{}", "conv2d_{}", "void at::native::elementwise_kernel<{}>", "layer_norm_{}", "foo_{}")
    names = (*(f"aten::operator_{number}" for number in range(300)), *(kernels[number % 6].format(number) for number in range(300)))
    none = np.full(len(order), -1)
    columns = [values.astype(kind) for values, kind in zip(whole, (*["i4"] * 3, *["i8"] * 3), strict=True)]
    made = Events(names, ("kernel", "collective", "cpu_op", "runtime"), ("host", "0"), (), *columns, none, none.astype("i4"), none)
    return made, (Device("0"), Device("host", "host"))


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

"""Measure the window: the longest stall while 500 MB are read, the first paint against a bare window, page changes, memory.

`python -m tests.benchmarks.window [stall|paint|pages]` prints one JSON document. Each part runs in a fresh process, offscreen.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_BYTES = 500 * 10**6
TICK_MS = 5
RUNS = 5
GOALS = {"stall_ms": 100, "paint_ratio": 2, "page_ms": 100}

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print(time.time(), flush=True)
        QTimer.singleShot(0, QApplication.quit)
app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""
OURS = """
import time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
class Watch(QObject):
    seen = []
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            name = type(watched).__name__
            if watched.isWindow() and not self.seen or name == "Rail" and "Rail" not in self.seen:
                self.seen.append(name)
                print(time.time(), flush=True)
                if name == "Rail":
                    QTimer.singleShot(100, QApplication.quit)
        return False
from app.gui.application import make_application
watch = Watch()
make_application().installEventFilter(watch)
from app.__main__ import main
main(["--lang", "zh"])
"""


def main() -> None:
    """Run the parts that are named, else all, and print what was found."""
    parts = {"stall": stall, "paint": paint, "pages": pages}
    wanted = [name for name in sys.argv[1:] if name in parts] or list(parts)
    print(json.dumps({"goals": GOALS} | {name: parts[name]() for name in wanted}, indent=2))


def stall() -> dict:
    """Take a file of 500 MB in through the real window, and find the longest time that its event loop stood still."""
    with tempfile.TemporaryDirectory() as folder:
        return _in_child("_stall", folder)


def paint() -> dict:
    """Return the time from the start of the process to the first paint, ours and that of a bare window, and to our whole window."""
    bare, first, whole = [], [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(RUNS):
            bare.append(_painted(BARE, home)[0])
            times = _painted(OURS, home)
            first.append(times[0])
            whole.append(times[-1])
    found = {"bare_ms": _median(bare), "first_paint_ms": _median(first), "whole_window_ms": _median(whole)}
    return found | {
        "ratio": round(found["first_paint_ms"] / found["bare_ms"], 2),
        "whole_ratio": round(found["whole_window_ms"] / found["bare_ms"], 2),
    }


def pages() -> dict:
    """Return how long each page of the sample takes to show, built anew and shown again, and the memory with the sample open."""
    return _in_child("_pages", "")


def _painted(code: str, home: str) -> list[float]:
    begin = time.time()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=_environment(home))
    return [float(line) - begin for line in done.stdout.split()]


def _in_child(name: str, folder: str) -> dict:
    with tempfile.TemporaryDirectory() as home:
        code = f"from tests.benchmarks import window; window.{name}({folder!r})"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, env=_environment(home))
    return json.loads(done.stdout.splitlines()[-1])


def _environment(home: str) -> dict[str, str]:
    return {**os.environ, "SUANXUAN_HOME": home, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false"}


def _median(seconds: list[float]) -> int:
    return round(1000 * statistics.median(seconds))


# In the children --------------------------------------------------------------------------------------------------------------------


def _stall(folder: str) -> None:
    path = _nvidia_log(Path(folder) / "gpu.csv")
    app, window = _window()
    found: dict = {"file_mb": path.stat().st_size // 10**6, "load_1_min": round(os.getloadavg()[0], 1), "idle_ms": _idle_gap(app, 20)}
    for page in ("profile", "plans"):  # with the page that draws what is read; then without it, from the cache of read files
        window.session.start_new()
        window.show_page(page)
        _spin(app, 1)
        found[f"on_{page}"] = _longest_gaps(app, window, path)
    window.session.close()
    print(json.dumps(found))


def _idle_gap(app, seconds: float) -> int:
    """Return the longest time between two ticks while nothing is done: what the machine itself takes from the window."""
    from PySide6.QtCore import QElapsedTimer, Qt, QTimer

    watch, gaps, clock = QElapsedTimer(), [], QTimer()
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(lambda: gaps.append(watch.restart()))
    watch.start()
    clock.start(TICK_MS)
    _spin(app, seconds)
    return max(gaps)


def _longest_gaps(app, window, path: Path) -> dict:
    """Take a file in and return the longest time between two ticks: while it is read, then until the last job has ended."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop, Qt, QTimer

    watch, gaps, clock = QElapsedTimer(), [], QTimer()
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(lambda: gaps.append((watch.restart(), window.session.project.trace is None)))
    begin = time.monotonic()
    watch.start()
    clock.start(TICK_MS)
    window.take_in([path])
    while window.session.project.profile is None or window.session.jobs.running:
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)  # as app.exec does; a loop that spins is put behind others
    clock.stop()
    seconds = round(time.monotonic() - begin, 1)
    reading, after = (max((gap for gap, is_reading in gaps if is_reading is wanted), default=0) for wanted in (True, False))
    return {"seconds": seconds, "reading_ms": reading, "computing_and_showing_ms": after, "over_50_ms": sum(gap > 50 for gap, _ in gaps)}


def _pages(_folder: str) -> None:
    from app.engine import pipeline
    from app.gui.pages import PAGES
    from app.gui.tour import settle

    app, window = _window()
    before = _resident_mib()
    window.session.start_new(pipeline.new_project(pipeline.sample_inputs()))
    settle(app, window)
    first, again = {}, {}
    for times in (first, again):
        for page in PAGES:
            begin = time.perf_counter()
            window.show_page(page.key)
            app.processEvents()
            times[page.key] = round(1000 * (time.perf_counter() - begin))
            settle(app, window)
        if times is first:
            memory = _resident_mib()
    keystrokes = _keystrokes(window)
    window.session.close()
    slowest = max(first.values())
    print(
        json.dumps(
            {
                "first_ms": first,
                "again_ms": again,
                "slowest_ms": slowest,
                "median_ms": statistics.median(first.values()),
                "palette_keystroke_ms": round(statistics.median(keystrokes), 1),
                "palette_keystroke_longest_ms": round(max(keystrokes), 1),
                "empty_mib": before,
                "sample_mib": memory,
            }
        )
    )


def _keystrokes(window) -> list[float]:
    """Return how long each letter takes in the palette, ms, with 5 000 operators to be found."""
    from msgspec.structs import replace

    from app.engine.model.profiles import OperatorStat
    from app.engine.model.projects import changed

    project = window.session.project
    many = tuple(OperatorStat(f"void cutlass::Kernel<gemm_{number}_tn>", "compute", 1, 0.001, 0.0001) for number in range(5000))
    window.session.start_new(changed(project, profile=replace(project.profile, operators=many)))
    window.do("commands")
    found = []
    for letter in "gemm_4321":
        begin = time.perf_counter()
        window.actions_.palette.field.insert(letter)
        found.append(1000 * (time.perf_counter() - begin))
    return found


def _window():
    from PySide6.QtCore import QSettings

    from app.gui.application import make_application
    from app.gui.look import Look
    from app.gui.main_window import MainWindow

    app = make_application()
    folder = Path(os.environ["SUANXUAN_HOME"])
    window = MainWindow(Look("zh", "light"), QSettings(str(folder / "look.ini"), QSettings.Format.IniFormat))
    window.show()
    window.session.reader.warm_up()
    _spin(app, 3)
    return app, window


def _spin(app, seconds: float) -> None:
    """Run the event loop for a while."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop(app)  # not app.quit, which closes the window
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


FIELDS = "timestamp, index, name, utilization.gpu [%], utilization.memory [%], memory.used [MiB], memory.total [MiB], power.draw [W]"


def _nvidia_log(path: Path) -> Path:
    """Write a log of eight cards as nvidia-smi does, of 500 MB."""
    begin, second, written = 1_790_000_000, 0, 0
    with path.open("w", encoding="ascii") as file:
        file.write(FIELDS + "\n")
        while written < FILE_BYTES:
            second += 1
            stamp = time.strftime("%Y/%m/%d %H:%M:%S.000", time.gmtime(begin + second))
            busy, used, watts = 90 + second % 10, 60000 + second % 999, 300 + second % 90
            rows = (
                f"{stamp}, {card}, NVIDIA A800-SXM4-80GB, {busy - card} %, {busy // 2} %, {used} MiB, 81920 MiB, {watts}.{card} W\n"
                for card in range(8)
            )
            written += file.write("".join(rows))
    return path


def _resident_mib() -> int:
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 // 2**20


if __name__ == "__main__":
    main()

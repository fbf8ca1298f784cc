"""A real drag and drop (XDND) of a trace from another program onto the window, on a virtual screen, over a text field of it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.engine import pipeline

ROOT = Path(__file__).parents[2]
TOOLS = ("Xvfb", "xdotool")
STEPS, STEP_S, LONGEST_S = 14, 0.05, 40

TARGET = """
import sys
from PySide6.QtCore import QPoint, QSettings, QTimer
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
if __name__ == "__main__":
    app = make_application()
    window = MainWindow(Look(), QSettings(sys.argv[1], QSettings.Format.IniFormat))
    window.setGeometry(0, 0, 1000, 700)
    window.show()
    window.session.reader.warm_up()
    told = []
    def look():
        if window.veil.isVisible() and "VEIL" not in told:
            told.append("VEIL")
            print("VEIL", *window.veil.lines, flush=True)
        if window.session.project.profile is not None:
            print("PROFILED", flush=True)
            window.session.close()
            app.exit(0)  # not quit(): that asks about unsaved changes
    clock = QTimer(interval=20, timeout=look)
    clock.start()
    def ready():
        field = window.pages["profile"].findChild(QLineEdit)
        spot = field.mapToGlobal(QPoint(field.width() // 2, field.height() // 2))
        print("READY", spot.x(), spot.y(), flush=True)
    from PySide6.QtWidgets import QLineEdit
    QTimer.singleShot(500, ready)
    app.exec()
"""

SOURCE = """
import sys
from PySide6.QtCore import QMimeData, QTimer, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QWidget
class Source(QWidget):
    def mousePressEvent(self, event):
        self.drag = QDrag(self)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        self.drag.setMimeData(data)
        print("DRAGGING", flush=True)
        self.drag.exec()
app = QApplication([])
source = Source()
source.setGeometry(1050, 50, 200, 200)
source.show()
QTimer.singleShot(300, lambda: print("READY", flush=True))
app.exec()
"""


def begin(words, environment):
    return subprocess.Popen([sys.executable, *words], env=environment, stdout=subprocess.PIPE, text=True)


def line_of(process):
    assert process.stdout is not None
    return process.stdout.readline().split()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDND is of X11")
def test_a_trace_dragged_from_another_program_is_profiled(tmp_path):
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"{', '.join(missing)} missing: make setup-look")
    display = f":{90 + os.getpid() % 900}"
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "SUANXUAN_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    target_script = tmp_path / "target.py"
    target_script.write_text(TARGET)
    trace = tmp_path / "现场 记录.csv"
    shutil.copy(next(path for path in pipeline.sample_inputs().traces if path.suffix == ".csv"), trace)
    screen = subprocess.Popen(["Xvfb", display, "-screen", "0", "1300x800x24"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running = [screen]

    def point(*words):
        subprocess.run(["xdotool", *map(str, words)], env=environment, check=True)
        time.sleep(STEP_S)

    try:
        end = time.monotonic() + LONGEST_S
        while not Path(f"/tmp/.X11-unix/X{display[1:]}").exists() and time.monotonic() < end:
            time.sleep(STEP_S)
        target = begin([str(target_script), str(tmp_path / "look.ini")], environment)
        source = begin(["-c", SOURCE, str(trace)], environment)
        running += [target, source]
        ready, x, y = line_of(target)
        assert ready == "READY" and line_of(source) == ["READY"]
        point("mousemove", 1150, 150)
        point("mousedown", 1)
        assert line_of(source) == ["DRAGGING"]
        for step in range(1, STEPS + 1):  # a drag begins and finds its target only by moving
            point("mousemove", 1150 + (int(x) - 1150) * step // STEPS, 150 + (int(y) - 150) * step // STEPS)
        point("mousemove", int(x) + 1, y)
        veil = line_of(target)
        assert veil[0] == "VEIL" and "运行特征" in veil and "记录.csv" in veil
        point("mousemove", x, y)
        point("mouseup", 1)
        out, _ = target.communicate(timeout=LONGEST_S)
        assert "PROFILED" in out
    finally:
        for process in running[::-1]:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

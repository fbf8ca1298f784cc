"""The frame of the window: header, rail, job bar, settings, the system's colours, scaling."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel, QPushButton

from app.engine import pipeline
from app.engine.errors import Cancelled
from app.gui.bars import CommandField
from app.gui.jobs import Subject
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.page import PROBLEM
from app.gui.preferences import Preferences
from app.gui.settings_dialog import SettingsDialog


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    yield made
    made.session.close()
    made.deleteLater()


@pytest.fixture
def hold(window):
    """Start jobs that run until the test ends or they are cancelled."""
    gate = threading.Event()

    def start(name, total_bytes=0, share=0.25):
        subject = Subject(name)
        subject.total_bytes = total_bytes

        def work(progress):
            while not gate.wait(0.005):
                progress(share, "")

        return window.session.jobs.start("gui.job.read", work, lambda _nothing: None, subject=subject)

    yield start
    gate.set()


def shown(widget):
    return " ".join(part.text() for part in widget.findChildren(QLabel) if part.isVisible())


def idle(qtbot, window):
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20000)


def test_the_header_tells_name_and_save_state(qtbot, window, tmp_path):
    say = window.look.say
    window.session.start_new(pipeline.new_project(pipeline.Inputs(pipeline.sample_inputs().run)))
    assert say("gui.save_state.not_saved") in shown(window.header)
    window.session.edit("gui.did.requirement", name="某某大学")
    assert "某某大学" in shown(window.header) and say("gui.save_state.modified") in shown(window.header)
    window.session.autosave.write()
    qtbot.waitUntil(lambda: window.session.autosave.written_at is not None, timeout=10000)
    assert say("document.state.autosaved", time=f"{window.session.autosave.written_at:%H:%M}") in shown(window.header)
    window.session.save(tmp_path / "甲.sxp")
    idle(qtbot, window)
    assert say("document.state.saved_at", time=f"{window.session.saved_at:%H:%M}") in shown(window.header)
    assert [item.path.name for item in window.session.recent.items()] == ["甲.sxp"]


def test_a_long_name_gives_way_in_a_narrow_window(window):
    window.session.start_new(pipeline.new_project(pipeline.Inputs(pipeline.sample_inputs().run)))
    window.session.edit("gui.did.requirement", name="很长的项目名称" * 20)
    window.resize(960, 600)
    assert window.width() == 960 and window.header.minimumSizeHint().width() <= 960


def test_an_opening_window_gives_the_focus_to_no_control(window):
    assert not isinstance(window.focusWidget(), (QPushButton, CommandField))


def test_a_job_is_told_with_megabytes_and_can_be_cancelled(qtbot, window, hold):
    idle(qtbot, window)
    job = hold("rank3_trace.json.gz", 1024_000_000)
    bar = window.status.jobs
    assert not bar.isVisible()  # what is over in a moment does not flicker
    qtbot.waitUntil(bar.isVisible, timeout=5000)
    assert "读取 rank3_trace.json.gz" in shown(bar) and "256 / 1\u2009024 MB · 25 %" in shown(bar)
    bar.cancel()
    qtbot.waitUntil(lambda: job not in window.session.jobs.running, timeout=5000)
    assert bar.isVisible()  # long enough to be read
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)


def test_several_jobs_are_listed_each_with_its_cancel(qtbot, window, hold):
    jobs = [hold("a.csv"), hold("b.csv")]
    bar = window.status.jobs
    qtbot.waitUntil(bar.isVisible, timeout=5000)
    assert "b.csv" in shown(bar)
    bar.show_list()
    assert len(bar.list.cancels()) == 2 and "a.csv" in shown(bar.list)
    bar.list.cancels()[0].click()
    qtbot.waitUntil(lambda: jobs[0] not in window.session.jobs.running, timeout=5000)
    assert jobs[1] in window.session.jobs.running


def test_closing_cancels_and_waits_for_the_work(qtbot, window):
    ended = []

    def work(progress):
        try:
            while True:
                progress(0.1, "")
        except Cancelled:
            ended.append(True)
            raise

    window.session.jobs.start("gui.job.read", work, lambda _nothing: None)
    qtbot.waitUntil(lambda: window.session.jobs.running[-1].share > 0, timeout=5000)
    assert window.close() and ended


def test_the_rail_tells_how_many_problems_a_page_has(window):
    window.rail.set_state("plans", PROBLEM, 3, "三行报价读不出")
    item = window.rail._items["plans"]
    assert item.count == 3 and "三行报价读不出" in item.toolTip() and window.look.say("gui.state.problem") in item.accessibleDescription()
    assert window.look.say("document.legend") in shown(window.rail)


def test_settings_count_at_once_and_are_kept(qtbot, window, tmp_path):
    dialog = SettingsDialog(window)
    dialog.choose("theme", "dark")
    assert window.look.theme_name == "dark"
    dialog.choose("language", "en")
    assert window.look.lang == "en"
    dialog.choose("autosave_s", "60")
    window.session.preferences.set("scale", "1.5")
    again = Preferences(QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    assert (again.theme, again.language, again.autosave_s, again.scale) == ("dark", "en", 60, "1.5")
    dialog.reset()
    assert (again.theme, again.autosave_s, again.scale) == ("system", 30, "system")


def test_the_system_changing_its_colours_is_followed_unless_the_user_chose(window, monkeypatch):
    monkeypatch.setattr("app.gui.preferences.system_theme", lambda: "dark")
    window._on_system_colours()
    assert window.look.theme_name == "dark"
    window.switch_theme()
    assert window.look.theme_name == "light"
    window._on_system_colours()
    assert window.look.theme_name == "light"


SCALED = """
import sys
from PySide6.QtCore import QSettings
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
app = make_application()
window = MainWindow(Look("zh", "light"), QSettings(sys.argv[1], QSettings.Format.IniFormat))
window.show()
app.processEvents()
picture = window.grab()
image = picture.toImage()
x = image.width() - 3
colours = [image.pixelColor(x, y).name() for y in range(round(40 * picture.devicePixelRatio()), round(56 * picture.devicePixelRatio()))]
print(picture.devicePixelRatio(), len(set(colours)))
window.session.close()
"""


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_hairlines_are_crisp_at_every_scale(tmp_path, scale):
    done = subprocess.run(
        [sys.executable, "-c", SCALED, str(tmp_path / "look.ini")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "QT_SCALE_FACTOR": scale, "SUANXUAN_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
    )
    ratio, colours = done.stdout.split()
    assert float(ratio) == float(scale) and int(colours) == 3  # header, line, page: nothing in between


def test_qt_speaks_the_language_of_the_window(qtbot):
    from PySide6.QtWidgets import QDialogButtonBox

    from app.gui.qt_words import speak

    try:
        words = []
        for lang in ("zh", "en"):
            speak(lang)
            box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
            qtbot.addWidget(box)
            words.append(box.buttons()[0].text())
        assert words == ["取消", "Cancel"]
    finally:
        speak("en")

"""The effort piece by piece: typed over where it stands, kept in the project, taken back by undo."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings

from app.engine import pipeline
from app.engine.model.assessments import EffortSettings
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.tour import settle
from app.gui.widgets.effort_breakdown import EffortBreakdown, days_of

ASCEND = "ascend-910b2"


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, sample):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    made.session.start_new(sample)
    made.show_page("assessment")
    settle(make_application(), made)
    made.pages["assessment"].table.show_platform(ASCEND)
    made.pages["assessment"].details.open_breakdown()
    yield made
    made.session.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def pieces(window) -> EffortBreakdown:
    return window.pages["assessment"].details.findChild(EffortBreakdown)


def effort(window):
    return next(one.effort for one in window.session.project.assessments if one.platform == ASCEND)


def type_into(window, qtbot, key, text):
    entry = pieces(window).entries[key]
    entry.setText(text)
    entry.editingFinished.emit()
    qtbot.waitUntil(lambda: not window.session.jobs.running if hasattr(window.session.jobs, "running") else True)
    settle(make_application(), window)


@pytest.mark.parametrize(
    ("text", "days"),
    [("2 – 4 – 10", (2, 4, 10)), ("3", (3, 3, 3)), ("1.5-2-1,000", (1.5, 2, 1000)), ("4 3 9", None), ("1 2", None), ("viel", None)],
)
def test_days_are_understood_as_they_are_written(text, days):
    assert days_of(text) == days


def test_days_and_rate_are_kept_in_the_project_and_taken_back(window, qtbot):
    before, key = effort(window), next(item.key for item in effort(window).items if item.key.endswith("/tuning"))
    type_into(window, qtbot, key, "0")
    qtbot.waitUntil(lambda: effort(window).person_days != before.person_days)
    assert before.person_days[1] - effort(window).person_days[1] == next(item.person_days[1] for item in before.items if item.key == key)
    assert window.session.project.effort.days == {key: (0.0, 0.0, 0.0)}
    settle(make_application(), window)
    assert window.pages["assessment"].details.breakdown.is_open
    type_into(window, qtbot, "rate", "1000")
    qtbot.waitUntil(lambda: effort(window).rate == 1000)
    window.session.undo()
    window.session.undo()
    qtbot.waitUntil(lambda: effort(window).person_days == before.person_days)
    assert window.session.project.effort == EffortSettings()


def test_what_is_no_figure_is_not_taken(window, qtbot):
    key = next(item.key for item in effort(window).items)
    shown = pieces(window).entries[key].text()
    type_into(window, qtbot, key, "9 – 1 – 2")
    assert pieces(window).entries[key].text() == shown and not window.session.project.effort.days

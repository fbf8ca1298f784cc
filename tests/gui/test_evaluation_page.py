"""预测评估 through the real widgets: scores, points and coverage go together; one's own runs in the background; what to do without them."""

import csv
import re
from functools import partial

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QPushButton

from app.engine import evaluation, pipeline
from app.engine.model.projects import Project, changed
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.own_evaluation import OwnEvaluation
from app.gui.pages.evaluation import OWN, SHIPPED, EvaluationPage
from app.gui.theme.tokens import LIGHT
from app.gui.widgets.scatter import Cloud, Scatter
from app.gui.widgets.score_table import BREAKDOWNS, in_breakdown
from app.gui.widgets.table_dialog import TableDialog

A100, H100, ASCEND = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "ascend-910b2"


@pytest.fixture(scope="module")
def measured():
    """A project's case on three platforms, and a row that cannot be tried."""
    first = pipeline.new_project(pipeline.sample_inputs(), compute=False).measured[0]
    rows = ((A100, 100.0), (H100, 200.0), (ASCEND, 90.0), ("no-such-card", 5.0))
    return tuple(msgspec.structs.replace(first, row=number, platform=name, speed=speed) for number, (name, speed) in enumerate(rows, 1))


@pytest.fixture
def show(shown):
    return partial(shown, EvaluationPage)


def words(page) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page))


def press(page, code: str) -> None:
    next(one for one in page.findChildren(QPushButton) if one.text() == page.look.say(code)).click()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_score_of_what_ships_brings_its_points_and_the_coverage_of_its_protocol(show, lang):
    page = show(Project(), lang)
    found = evaluation.evaluate_shipped()
    assert page.shown == SHIPPED and not re.search(r"\b(evaluation|paraselect)\.\w+", words(page))
    for breakdown in BREAKDOWNS:
        press(page, f"evaluation.by.{breakdown}") if breakdown != "vendor" else page._break_down(breakdown)
        page.table.select("one_run_known", "all")
        wanted = [one for one in found.scores if one.protocol == "one_run_known" and in_breakdown(one, breakdown)]
        assert [bar.coverage for bar in page._coverage.bars._bars] == [one.coverage for one in wanted]
    page._break_down("class")
    page.table.select("one_run_known", "domestic")
    points = page._scatter.rows()[1:]
    assert len(points) == sum(point.protocol == "one_run_known" and point.domestic for point in found.points)
    assert {line[3] for line in points} == {"true"}


def test_hovering_and_the_keyboard_tell_workload_platform_and_source(show, qtbot):
    page = show(Project())
    plot, card = page._scatter.plot, page._scatter
    number = int(np.argmax(plot._cloud.measured))
    assert plot.nearest(plot.place_of(number)) == number and plot.nearest(QPointF(-500, -500)) == -1
    told = plot._tip_at(plot.place_of(number))
    point = card._points[number]
    assert point.workload in told and point.source in told and pipeline.platforms_by_id()[point.platform].label("zh") in told
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot._current == int(np.argsort(plot._cloud.measured, kind="stable")[0])


def test_points_are_painted_in_their_colours_where_they_belong(qtbot):
    plot = Scatter(("m", "p"), Look("en", "light"), "plot")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show_cloud(Cloud(np.array([0.1, 10.0]), np.array([10.0, 0.1]), np.array([0, 1]), LIGHT.data[:3], str))
    image = plot.grab().toImage()
    for number, colour in enumerate(LIGHT.data[:2]):
        at, ground, ink = plot.place_of(number), QImage(image).pixelColor(200, 20), None
        ink = image.pixelColor((at * image.devicePixelRatio()).toPoint())
        wanted = QImage(1, 1, QImage.Format.Format_RGB32)
        wanted.fill(colour)
        target = wanted.pixelColor(0, 0)
        assert abs(ink.hslHue() - target.hslHue()) < 12 and ink != ground
    plot.show_cloud(Cloud(np.ones(0), np.ones(0), np.zeros(0, np.intp), LIGHT.data[:3], str))
    assert not plot.grab().isNull() and plot.nearest(QPointF(100, 100)) == -1


def test_ones_own_runs_are_evaluated_in_the_background_and_kept(show, qtbot, measured):
    page = show(changed(Project(), measured=measured, case=measured[0].case))
    press(page, "evaluation.data.own")
    qtbot.waitUntil(lambda: page.own.state == "done", timeout=60000)
    assert page.found().score("leave_one_platform_out").rows == 3
    assert page.look.say("evaluation.skipped", count=1) in [one.text() for one in page.findChildren(QPushButton)]
    again = EvaluationPage(page.session, Look("en", "dark"))
    qtbot.addWidget(again)
    again.refresh()
    assert again.shown == OWN and again.own is page.own and again.found() is page.found()
    page.show_skipped()
    dialog = page.findChild(TableDialog)
    dialog.copy()
    assert "no-such-card" in QGuiApplication.clipboard().text()
    dialog.accept()


def test_a_stopped_evaluation_can_be_taken_up_again(show, qtbot, measured, monkeypatch):
    page = show(changed(Project(), measured=measured, case=measured[0].case))
    slow = evaluation.evaluate_table

    def wait_to_be_stopped(runs, progress):
        while True:
            progress(0.1, "evaluation.doing")

    monkeypatch.setattr(evaluation, "evaluate_table", wait_to_be_stopped)
    page.show_data(OWN)
    qtbot.waitUntil(lambda: page.own.state == "running", timeout=5000)
    press(page, "evaluation.cancel")
    qtbot.waitUntil(lambda: page.own.state == "stopped", timeout=5000)
    monkeypatch.setattr(evaluation, "evaluate_table", slow)
    press(page, "evaluation.again")
    qtbot.waitUntil(lambda: page.own.state == "done", timeout=60000)
    assert page.found().scores


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_own_runs_say_why_and_what_to_do_next(show, qtbot, measured, count):
    page = show(changed(Project(), measured=measured[:count], case="c"), "en")
    page.show_data(OWN)
    qtbot.waitUntil(lambda: f"{count} row(s)" in words(page), timeout=5000)
    assert page.own.state == "too_few"
    asked = []
    page.wanted.connect(asked.append)
    press(page, "evaluation.import")
    assert asked == ["import"]


def test_a_table_from_a_file_is_evaluated_in_place_of_the_projects_runs(show, qtbot, measured, tmp_path):
    page = show(changed(Project(), measured=measured[:1], case="c"))
    path = tmp_path / "table.csv"
    lines = ["case,platform,gpus,speed,unit", *(f"x,{name},8,{speed},samples/s" for name, speed in ((A100, 10), (H100, 20)))]
    path.write_text("\n".join(lines), encoding="utf-8")
    page.show_table(path)
    qtbot.waitUntil(lambda: page.own.state == "done", timeout=60000)
    assert page.own.name == "table.csv" and page.found().score("one_run_known").rows == 2 and "table.csv" in page.about()
    page.own.leave_table()
    assert page.own.state == "too_few"


def test_a_table_that_cannot_be_read_is_an_error_card_and_the_page_goes_on(show, qtbot, tmp_path):
    page = show(Project())
    failed = []
    page.session.failed.connect(failed.append)
    page.show_table(tmp_path / "missing.csv")
    qtbot.waitUntil(lambda: bool(failed), timeout=10000)
    assert failed[0].message.code == "paraselect.not_found" and page.own.state == "too_few"


def test_scores_and_points_leave_as_text_picture_and_file(show, tmp_path):
    page = show(Project(), "en")
    page.saving.save("csv", tmp_path / "scores.csv")
    page._scatter.saving.save("csv", tmp_path / "points.csv")
    page._scatter.saving.save("png", tmp_path / "points.png")
    scores, points = (list(csv.reader((tmp_path / f"{name}.csv").open(encoding="utf-8-sig"))) for name in ("scores", "points"))
    assert len(scores) == len(evaluation.evaluate_shipped().scores) + 1 and scores[1][:2] == ["One platform left out", "All"]
    assert len(points) == len(page._scatter._points) + 1 and not QImage(str(tmp_path / "points.png")).isNull()


def test_the_window_leads_there_and_the_rail_marks_the_page_it_belongs_to(qtbot, tmp_path):
    window = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.show()
    window.do("evaluation")
    assert window.current == "evaluation" and window.rail._items["prediction"].isChecked()
    assert any(verb.name == "evaluation" and verb.menu == "view" for verb in window.verbs)
    next(one for one in window.pages["evaluation"].findChildren(QPushButton) if one.text() == window.look.say("evaluation.back")).click()
    assert window.current == "prediction"
    assert OwnEvaluation.of(window.session) is OwnEvaluation.of(window.session)
    window.session.close()

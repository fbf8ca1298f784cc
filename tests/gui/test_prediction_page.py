"""性能预测 through the real widgets: one choice in three views, ways of telling, what is missing, a fit against its measurements."""

from functools import partial

import msgspec
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from app.engine import evaluation, pipeline
from app.engine.evaluation import told_of
from app.engine.explaining import explain_project
from app.engine.model.evaluations import standing_of
from app.engine.model.explanations_said import measurement_said
from app.engine.model.projects import changed
from app.gui.figures import short_name, speed_scale
from app.gui.look import Look
from app.gui.pages.prediction import PredictionPage
from app.gui.widgets.explanation import ExplanationDialog, number_line
from app.gui.widgets.interval_rows import ROW_PX
from app.gui.widgets.intervals import HEAD_PX
from app.gui.widgets.table_dialog import TableDialog

A100, ASCEND = "nvidia-a100-sxm-80gb", "ascend-910b2"


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture(scope="module")
def fitted(sample):
    """The sample with a table of eleven platforms on one card, so that k are fitted and some speeds lie out of range."""
    cases = {}
    for run in pipeline.shipped_runs():
        if run.speed and run.gpus == 1 and run.unit == "tokens/s":
            cases.setdefault(run.case, []).append(run)
    runs = max(cases.values(), key=len)
    run = msgspec.structs.replace(sample.workload.run, platform=runs[0].platform, gpus=1)
    wish = msgspec.structs.replace(sample.requirement, scale_cards=None, work="")
    workload = msgspec.structs.replace(sample.workload, run=run)
    return pipeline.recompute(changed(sample, measured=tuple(runs), case=runs[0].case, workload=workload, requirement=wish))


@pytest.fixture
def show(shown):
    return partial(shown, PredictionPage)


def texts(widget):
    return "\n".join(one.text() for one in widget.findChildren(QLabel))


def figures(page):
    """Return {name: figure} of the chart as it is copied."""
    lines = [line.split("\t") for line in page.chart.as_text().splitlines()[1:]]
    return {name: value for name, _kind, value, *_rest in lines}


def test_all_platforms_are_listed_the_fastest_first_and_in_thousands(show, sample):
    page = show(sample)
    head, *lines = page.chart.as_text().splitlines()
    assert "千 tokens/s" in head and len(lines) == len(pipeline.catalogue().platforms)
    values = [float(value.replace("\u2009", "")) for value in figures(page).values() if value not in ("", "—")]
    assert values == sorted(values, reverse=True) and len(values) == sum(
        p.gpus == 64 and p.value is not None and not p.out_of_range for p in sample.predictions
    )


def test_measured_speeds_stand_among_the_predictions_at_their_count(show, sample):
    page = show(sample)
    assert page.counts() == [8, 64] and page.gpus() == 64
    page.show_count(8)
    assert figures(page)[short_name(ASCEND, page.look)] == "33.6"
    assert page.look.say("paraselect.kind.measured") in texts(page)
    page._tell("relative")
    assert figures(page)[short_name(A100, page.look)] == "1.00" and figures(page)[short_name(ASCEND, page.look)] == "1.09"
    page._tell("per_card")
    assert figures(page)[short_name(A100, page.look)] == page.look.number(30800 / 8, 0)


def test_one_choice_runs_through_the_views_and_escape_clears_it(show, sample, qtbot):
    page = show(sample)
    page.chart.setFocus()
    qtbot.keyClick(page.chart, Qt.Key.Key_End)
    last = page.chart.keys[-1]
    assert page.chart.current == page.session.selected_platform == last
    qtbot.keyClick(page.chart, Qt.Key.Key_Home)
    first = page.chart.keys[0]
    assert first in [one.terms.platform for one in page._terms.bars.shown]
    assert short_name(first, page.look) in page._terms.sentence.text()
    page._terms.bars.chosen.emit(A100)
    assert (
        page.chart.current == A100
        and page.look.say("page_prediction.terms.is_reference", name="A100 SXM4 80GB") in page._terms.sentence.text()
    )
    qtbot.keyClick(page.chart, Qt.Key.Key_Escape)
    assert page.chart.current == "" == page.session.selected_platform


def test_the_sentence_says_which_compute_rate_was_used(show, sample):
    page = show(sample)
    peak = next(p for p in sample.predictions if p.gpus == 64 and any(n.code == "paraselect.rate_peak" for n in p.notes))
    effective = next(p for p in sample.predictions if p.gpus == 64 and any(n.code == "paraselect.rate_effective" for n in p.notes))
    for found, key, word in ((peak, "bf16_tensor_tflops", "稠密峰值"), (effective, "achieved_bf16_tflops", "有效值")):
        page.choose(found.platform)
        value = pipeline.platforms_by_id()[found.platform].number(key)
        told = page._terms.sentence.text()
        assert word in told and page.look.figure(value, 4) in told and page.look.number(sum(found.terms), 2) in told


def test_a_missing_fact_is_named_and_leads_to_the_platforms(show, sample, qtbot):
    page = show(sample)
    page.find.setText("910B1")
    assert page.chart.keys == ["ascend-910b1"] and "bf16_tensor_tflops" in page.chart.as_text()
    qtbot.keyClick(page.chart, Qt.Key.Key_Home)
    with qtbot.waitSignal(page.wanted) as wanted:
        qtbot.keyClick(page.chart, Qt.Key.Key_Return)
    assert wanted.args == ["platforms"] and page.session.selected_platform == "ascend-910b1"


def test_the_words_on_the_hatch_can_be_clicked(show, sample, qtbot):
    page = show(sample)
    page.find.setText("910B1")
    page.grab()
    asked = []
    page.wanted.connect(asked.append)
    for x in range(10, page.chart.viewport().width(), 30):
        qtbot.mouseClick(page.chart.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, HEAD_PX + ROW_PX // 2))
    clicks = page.chart.viewport().width() // 30
    assert set(asked) == {"platforms"} and len(asked) < clicks, "only the words lead there, not the whole row"


def test_find_and_domestic_narrow_the_rows_and_the_head_sorts(show, sample, qtbot):
    page = show(sample)
    page.domestic.setChecked(True)
    known = pipeline.platforms_by_id()
    assert page.chart.keys and all(known[key].domestic for key in page.chart.keys)
    page.find.setText("沐曦 500")
    assert set(page.chart.keys) == {"metax-c500-oam", "metax-c500-pcie"}
    page.find.clear()
    page.domestic.setChecked(False)
    qtbot.mouseClick(page.chart.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    names = [short_name(key, page.look) for key in page.chart.keys]
    assert names == sorted(names)
    page.find.setText("no such platform")
    assert page.look.say("page_prediction.nothing_found") in texts(page)


def test_hovering_tells_value_interval_kind_and_grounds(show, sample):
    page = show(sample)
    place = page.chart.keys.index("nvidia-h20-96gb")
    tip = page.chart._tip_at(QPointF(60, HEAD_PX + ROW_PX * place + 5))
    found = next(p for p in sample.predictions if (p.platform, p.gpus) == ("nvidia-h20-96gb", 64))
    scale = speed_scale([found.value, 1.0], found.unit, page.look)
    assert scale.text(found.value, page.look) in tip and scale.text(found.low, page.look) in tip
    assert "■ 同类" in tip and page.look.tell(found.notes[0]) in tip and page.look.tell(told_of(found)) in tip


def test_the_sentence_quotes_what_held_out_predictions_of_its_kind_were_worth(show, sample, qtbot):
    page = show(sample)
    found = next(p for p in sample.predictions if (p.platform, p.gpus) == ("nvidia-h20-96gb", 64))
    page.choose(found.platform)
    score = standing_of(found.basis, evaluation.evaluate_shipped().scores)
    told = page._terms.sentence.text()
    assert f"{score.rows} 次" in told and f"{score.coverage:.0%}" in told and f"{score.macro_mean:.0%}" in told
    asked = []
    page.wanted.connect(asked.append)
    qtbot.mouseClick(page.evaluate, Qt.MouseButton.LeftButton)
    assert asked == ["evaluation"]


def test_without_a_fit_the_page_says_what_it_takes(show, sample):
    page = show(sample)
    assert page.look.say("page_prediction.agreement.needs", count=2) in texts(page)
    assert page._agreement.plot is None


def test_a_fit_is_set_against_its_measurements(show, fitted):
    page = show(fitted)
    points = [point for point in fitted.fit.platforms if point.left_out is not None]
    shown = texts(page._agreement)
    assert page.look.say("page_prediction.agreement.hint", count=len(points)) in shown
    assert f"{page.look.number(100 * fitted.fit.leave_one_out_mape, 1)} %" in shown
    worst = max(points, key=lambda point: abs(point.left_out / point.measured - 1))
    assert short_name(worst.platform, page.look) in shown
    page._agreement.plot.chosen.emit(worst.platform)
    assert page.chart.current == worst.platform


def test_out_of_range_shows_its_interval_and_never_a_number(show, fitted):
    page = show(fitted)
    outside = next(p for p in fitted.predictions if p.out_of_range)
    line = next(line for line in page.chart.as_text().splitlines() if line.startswith(short_name(outside.platform, page.look) + "\t"))
    _name, _kind, value, low, high, told = line.split("\t")
    assert value == "" and low and high and told == page.look.say("page_prediction.out_of_range")
    page.choose(A100)
    assert outside.platform not in [one.terms.platform for one in page._terms.bars.shown]


def test_the_measured_runs_open_with_their_sources_and_copy(show, sample):
    page = show(sample, "en")
    next(one for one in page.findChildren(QPushButton) if one.text() == page.look.say("page_prediction.runs")).click()
    dialog = page.findChild(TableDialog)
    dialog.copy()
    copied = QGuiApplication.clipboard().text()
    assert all(run.source in copied for run in sample.measured) and "k tokens/s" in copied
    dialog.close()


def test_the_picture_holds_every_row(show, sample):
    page = show(sample)
    assert page.chart.as_picture().height() >= 2 * ROW_PX * len(page.chart.keys)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_prediction_is_explained_in_a_window_of_its_own(show, sample, qtbot, lang) -> None:
    page = show(sample, lang)
    page.choose(ASCEND)
    page._terms.why.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(ExplanationDialog)), timeout=30000)
    dialog = page.findChildren(ExplanationDialog)[0]
    dialog.copy()
    text = QGuiApplication.clipboard().text()
    told = explain_project(page.session.project, ASCEND, page.gpus())
    assert all(one.source in text for one in told.grounds)
    assert page.look.say("explanations.head.next") in text
    assert all(page.look.tell(measurement_said(one, lambda name: short_name(name, page.look))) in text for one in told.measure_next)
    assert "explanations." not in text
    dialog.close()


def test_what_lies_out_of_range_is_explained_by_reason_and_band_without_the_number(fitted) -> None:
    found = next(one for one in fitted.predictions if one.out_of_range)
    look = Look("en", "light")
    line = number_line(found, look)
    assert line.startswith("Band only: " + look.tell(found.notes[0]))
    assert look.figure(found.value) not in line

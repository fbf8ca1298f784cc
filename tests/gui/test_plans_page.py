"""选型方案 through the real widgets: cards, table and chart as one; bars, doubts, exclusions, files."""

import csv
import datetime
from functools import partial

import msgspec
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QLabel, QToolButton

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.plans import PriceProblem
from app.engine.model.projects import changed
from app.engine.selecting import is_open
from app.gui.pages.plans import PlansPage
from app.gui.plan_words import PlanWords
from app.gui.widgets.label_places import Wish, place_labels
from app.gui.widgets.plan_cards import NeedsCard, RecommendedCard
from app.gui.widgets.plan_table import SHOWN_AT_FIRST
from app.gui.widgets.plot_axes import Axis, linear_ticks, log_axis
from app.gui.widgets.table_dialog import TableDialog


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture(scope="module")
def troubled(sample):
    """The sample with a short deadline, an expired price, a platform without data, and two cells that were not understood."""
    replace, prices = msgspec.structs.replace, list(sample.prices.prices)
    prices[0] = replace(prices[0], valid_until=datetime.date(2020, 1, 2))
    prices.append(replace(prices[1], platform="kunlunxin-p800", text="P800"))
    problems = (
        PriceProblem("价格!A11", message("prices.ambiguous", text="A100", platforms=["nvidia-a100-pcie-80gb", "nvidia-a100-sxm-80gb"])),
        PriceProblem("价格!F12", message("prices.bad_price", value="面议")),
    )
    sheet = replace(sample.prices, prices=tuple(prices), problems=problems, matches=(*sample.prices.matches, ("A100", "", "ambiguous")))
    fastest = sample.selection.plans[sample.selection.recommended["highest_performance"]]
    wish = replace(sample.requirement, duration_days=fastest.duration_days + 1)  # so that others are late
    return pipeline.recompute(changed(sample, prices=sheet, requirement=wish))


@pytest.fixture
def show(shown):
    return partial(shown, PlansPage)


def texts(widget):
    return "\n".join(one.text() for one in widget.findChildren(QLabel))


def row_of(page, platform):
    return next(number for number, plan in enumerate(page.project.selection.plans) if plan.platform == platform)


def cell(page, number, key):
    place = [one.key for one in page._all_columns].index(key)
    return page.table.source.cell(number, place)


def test_the_cards_show_the_recommended_plans_with_ranges_and_an_honest_reason(show, sample):
    page = show(sample)
    selection, words = sample.selection, PlanWords.of(sample.selection, sample.prices, page.look)
    cards = page.findChildren(RecommendedCard)
    assert len(cards) == 2
    for card, role in zip(cards, ("highest_performance", "best_price_performance"), strict=True):
        plan, shown = selection.plans[selection.recommended[role]], texts(card)
        assert f"× {plan.gpus}" in shown and words.speed.band(plan.low, plan.high, page.look) in shown
        assert words.money.text(plan.total_price, page.look) in shown and page.look.number(plan.duration_days) in shown
        assert any(reason.code == "selecting.overlaps" for reason in plan.reasons) == (page.look.say("page_plans.reason.overlaps") in shown)
    assert "唯一满足全部条件的方案" in texts(cards[0])  # one plan is left since the predictions were corrected


def test_units_follow_the_language(show, sample):
    assert "万元" in (zh := texts(show(sample))) and "千 tokens/s" in zh and "4\u2009000 亿 tokens" in zh
    assert "k CNY" in (en := texts(show(sample, "en"))) and "k tokens/s" in en and "400 billion tokens" in en


def test_table_and_chart_select_together_and_escape_clears(show, sample, qtbot):
    page = show(sample)
    page.chart.chosen.emit(3)
    assert page.table.selected_rows() == [3] and page.session.selected_platform == sample.selection.plans[3].platform
    page.table.select_row(1)
    assert page.chart._current == 1
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Escape)
    assert page.table.selected_rows() == [] and page.chart._current == -1
    page.chart.setFocus()
    qtbot.keyClick(page.chart, Qt.Key.Key_Right)
    cheapest = min(range(len(sample.selection.plans)), key=lambda number: sample.selection.plans[number].total_price)
    assert page.table.selected_rows() == [cheapest]


def test_what_speaks_against_a_plan_stands_in_its_row(show, troubled):
    page = show(troubled)
    late = next(number for number, plan in enumerate(troubled.selection.plans) if "misses_deadline" in plan.tags)
    assert cell(page, late, "duration").symbol == "clock" and cell(page, late, "duration").tone == "bad" and cell(page, late, "price").quiet
    expired = row_of(page, "nvidia-a100-sxm-80gb")
    assert cell(page, expired, "valid").symbol == "triangle-alert" and cell(page, expired, "valid").text == "01-02"
    assert "2020-01-02" in cell(page, expired, "valid").tip
    lacking = row_of(page, "nvidia-h800-sxm-80gb")
    assert cell(page, lacking, "available").tone == "warn"
    best = troubled.selection.recommended["highest_performance"]
    assert cell(page, best, "plan").bold and cell(page, best, "speed").bold
    assert "价格!A" in cell(page, best, "price").tip and "90 %" in cell(page, best, "speed").tip


def test_only_feasible_plans_on_request(show, troubled):
    page = show(troubled)
    page._filter.setChecked(True)
    shown = page.table.model().rowCount()
    assert 0 < shown < len(troubled.selection.plans)
    assert page.look.say("page_plans.table_filtered", shown=shown, all=len(troubled.selection.plans)) in texts(page)
    barred = [number for number, plan in enumerate(troubled.selection.plans) if not is_open(plan)]
    page._filter.setChecked(False)
    page.choose(barred[0])
    page._filter.setChecked(True)
    assert not page.has_choice() and {mark.place for mark in page.chart.shown()}.isdisjoint(barred)


def test_columns_can_be_added_and_only_what_is_shown_is_exported(show, sample, tmp_path, qtbot):
    page = show(sample)
    heads = page.table.as_rows()[0]
    assert len(heads) == len(SHOWN_AT_FIRST)
    page.show_columns(["plan", "speed", "verdict"])
    with qtbot.waitSignal(page.session.told):
        page.export_to(tmp_path / "plans.csv")
    with (tmp_path / "plans.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["方案 (平台 × 卡数)", "速度 (千 tokens/s)", "适配结论"] and len(rows) == 1 + len(sample.selection.plans)
    assert rows[1][1] == page.table.as_rows()[1][1]


def test_a_wide_window_shows_more_columns(show, sample):
    assert len(show(sample, width=2300).table.as_rows()[0]) > len(SHOWN_AT_FIRST)


def test_problems_of_the_price_sheet_are_counted_and_listed(show, troubled):
    page = show(troubled)
    assert "2 处要核对" in texts(page)
    page.show_problems()
    told = "\n".join(table.as_text() for table in page.findChild(TableDialog).tables)
    assert "价格!F12" in told and "面议" in told and "请填写数字" in told and page.look.say("page_plans.certainty.ambiguous") in told


def test_a_clean_sheet_has_no_line(show, sample):
    assert "要核对" not in texts(show(sample))


def test_what_was_left_out_is_counted_by_reason_and_listed(show, troubled):
    page = show(troubled)
    foot = page.findChild(NeedsCard).foot
    assert "1" in foot.text() and page.look.say("page_plans.excluded.paraselect_missing_fact") in foot.text()
    foot.click()
    told = page.findChild(TableDialog).tables[0].as_text()
    assert "昆仑芯P800" in told and "bf16_tensor_tflops" in told


def test_where_nothing_can_be_recommended_the_card_says_what_bars(show, sample):
    wish = msgspec.structs.replace(sample.requirement, budget=1.0)
    page = show(pipeline.recompute(changed(sample, requirement=wish)))
    assert page.look.say("page_plans.nothing.title") in texts(page) and "超预算 7" in texts(page)


def test_a_service_is_told_by_the_month(show, sample):
    wish = msgspec.structs.replace(sample.requirement, work="", duration_days=None)
    page = show(pipeline.recompute(changed(sample, requirement=wish)))
    assert page.look.say("page_plans.per_month") in texts(page) and page.table.as_rows()[0][4].startswith("每月")


def test_the_pencil_leads_to_the_requirement_and_the_sheet_to_the_chooser(show, sample, qtbot):
    page = show(sample)
    pencil = next(one for one in page.findChildren(QToolButton) if one.toolTip() == page.look.say("page_plans.needs.edit"))
    with qtbot.waitSignal(page.wanted) as wanted:
        pencil.click()
    assert wanted.args == ["requirement"]
    sheet, _review, template, on = page.actions()
    with qtbot.waitSignal(page.wanted) as wanted:
        sheet.click()
    assert wanted.args == ["choose"] and template.text() == "报价模板" and on.property("primary")


def test_the_template_that_is_written_can_be_read_back(show, sample, tmp_path, qtbot):
    page = show(sample)
    with qtbot.waitSignal(page.session.told):
        page.write_template(tmp_path / "prices.xlsx")
    assert pipeline.read_prices(tmp_path / "prices.xlsx").prices == ()


def test_labels_stand_beside_their_points_and_over_nothing():
    area = QRectF(0, 0, 300, 200)
    points = [QPointF(150, 100), QPointF(170, 102), QPointF(290, 10)]
    taken = [QRectF(0, 120, 300, 10)]
    boxes = place_labels([Wish(number, at, 80.0) for number, at in enumerate(points)], area, points, taken)
    assert set(boxes) >= {0, 2} and all(area.contains(box) for box in boxes.values())
    placed = [*boxes.values(), *taken]
    assert not any(one.intersects(other) for number, one in enumerate(placed) for other in placed[number + 1 :])
    for number, box in boxes.items():
        assert not any(box.contains(at) for place, at in enumerate(points) if place != number)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (13.0, 977.0), (0.31, 0.37)])
def test_ticks_are_round_and_within(low, high):
    ticks = linear_ticks(low, high, 6)
    assert 2 <= len(ticks) <= 7 and all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    axis = log_axis([low + 0.1, high + 0.1], 100, 500)
    assert axis.at(axis.low) == 100 and axis.at(axis.high) == 500
    places = [axis.at(tick) for tick in axis.ticks()]
    assert places == sorted(places) and all(b - a >= 40 for a, b in zip(places, places[1:], strict=False))
    assert Axis(0.0, 10.0, 200, 0).at(5.0) == 100

"""适配评估 with the sample project: the matrix says facts, filters count, details open at the clicked check, the file is CSV."""

import csv

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtWidgets import QLabel, QPushButton

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.assessments import CHECKS
from app.engine.model.projects import changed
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.tour import settle
from app.gui.widgets.assessment_matrix import Matrix
from app.gui.widgets.fact_tile import FactTile
from app.gui.widgets.range_bars import RangeBars
from app.gui.widgets.standing import standings

A100, ASCEND, V100 = "nvidia-a100-sxm-80gb", "ascend-910b2", "nvidia-v100-pcie-32gb"


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


def sweep():
    """Delete what waits to be deleted: outside of a running event loop Qt keeps it."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, sample):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    made.session.start_new(sample)
    made.show_page("assessment")
    settle(make_application(), made)
    yield made
    made.session.close()
    made.deleteLater()
    sweep()


@pytest.fixture
def page(window):
    return window.pages["assessment"]


def cell(page, platform, column):
    row = next(row for row, one in enumerate(page.table.shown) if one is not None and one.platform == platform)
    return page.table.source.cell(row, column)


def check_column(name):
    return 2 + CHECKS.index(name)


def in_sight(page):
    return {page.table.shown[row].platform for row in page.table.shown_rows()}


def headroom():
    """What the VRAM cell of the A100 must say: the sample's own estimate against the card."""
    workload = pipeline.new_project(pipeline.sample_inputs()).workload
    _, (fit,) = pipeline.estimate_vram(workload, [pipeline.catalogue().platform(A100)])
    return f"余 {fit.headroom_gib:.1f}"


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_cells_say_the_fact_and_what_is_copied_says_the_level_too(page):
    assert cell(page, A100, check_column("vram")).text == headroom()
    lacking = cell(page, V100, check_column("precision"))
    assert (lacking.text, lacking.level, lacking.plain) == ("无 BF16", "warning", "需适配 无 BF16")
    verdict = cell(page, V100, 1)
    assert verdict.badge and verdict.text == "需适配"
    assert cell(page, A100, 0).chip == "参考"


def test_the_unknown_is_a_hatched_dash_with_its_reason(page):
    unknown = cell(page, A100, check_column("toolchain"))
    assert (unknown.text, unknown.level) == ("—", "unknown")
    assert "[workload] driver" in unknown.tip() and not unknown.is_known


def test_speed_is_relative_to_the_measured_reference_at_the_same_card_count(page, sample):
    assert cell(page, A100, check_column("performance")).text == "1.00 ×"
    measured = cell(page, ASCEND, check_column("performance"))
    assert measured.text == "1.09 ×" and measured.sort == pytest.approx(33600 / 30800)
    predicted = next(one for one in sample.predictions if one.platform == "nvidia-h100-sxm-80gb" and one.gpus == 8)
    found = standings(sample)["nvidia-h100-sxm-80gb"]
    assert found.ratio == pytest.approx(predicted.value / 30800) and found.low < found.ratio < found.high
    assert "8 卡" in cell(page, "nvidia-h100-sxm-80gb", check_column("performance")).tip()


def test_where_less_is_better_a_shorter_time_is_faster(sample):
    runs = tuple(msgspec.structs.replace(run, better="lower") for run in sample.measured)
    found = standings(changed(sample, measured=runs))
    assert found[ASCEND].ratio == pytest.approx(30800 / 33600)
    assert found["nvidia-h100-sxm-80gb"].low < found["nvidia-h100-sxm-80gb"].ratio < found["nvidia-h100-sxm-80gb"].high


def test_without_a_measured_reference_the_predicted_speed_is_shown_short(qtbot, sample):
    others = tuple(run for run in sample.measured if run.platform != A100)
    matrix = Matrix(changed(sample, measured=others), Look())
    qtbot.addWidget(matrix)
    row = next(row for row, one in enumerate(matrix.shown) if one is not None and one.platform == "nvidia-h100-sxm-80gb")
    assert matrix.source.cell(row, check_column("performance")).text.endswith(" k")


def test_filters_count_and_narrow(page, sample, qtbot):
    count = {verdict: sum(one.verdict == verdict for one in sample.assessments) for verdict in ("ready", "adapt", "unknown", "blocked")}
    buttons = {made.text() for made in page.levels.findChildren(QPushButton)}
    assert f"可行 {count['ready']}" in buttons and f"全部 {len(sample.assessments)}" in buttons
    page.levels.choose("blocked")
    assert in_sight(page) == {one.platform for one in sample.assessments if one.verdict == "blocked"}
    assert page.details.platform in in_sight(page)
    page.levels.choose("all")
    page.domestic.setChecked(True)
    platforms = pipeline.platforms_by_id()
    assert in_sight(page) == {one.platform for one in sample.assessments if platforms[one.platform].domestic}
    page.find.setText("昇腾 b2")
    assert in_sight(page) == {ASCEND} and page.details.platform == ASCEND
    page.find.setText("没有这个")
    assert not in_sight(page) and page.look.say("page_assessment.nothing_found") in texts(page)
    page.find.clear()
    page.domestic.setChecked(False)
    assert len(in_sight(page)) == len(sample.assessments)


def test_find_is_reached_by_its_key_and_left_empty_by_escape(window, page, qtbot):
    window.activateWindow()
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(page.find.hasFocus)
    qtbot.keyClicks(page.find, "h100")
    assert all("h100" in name for name in in_sight(page))
    qtbot.keyClick(page.find, Qt.Key.Key_Escape)
    assert page.find.text() == "" and len(in_sight(page)) == len(window.session.project.assessments)


def test_details_open_at_the_clicked_check_with_evidence_source_and_remedy(page):
    page.table.show_platform(V100)
    page.table.select_cell(page.table.current_row(), check_column("precision"))
    opened = [name for name, fold in page.details.folds.items() if fold.is_open()]
    assert opened == ["precision"]
    told = "\n".join(texts(page.details.folds["precision"]))
    assert "数据表列出" in told and "改用 FP16" in told and "来源：" in told
    page.details.folds["vram"].head.click()
    assert page.details.folds["vram"].is_open()
    assert any("降到" in text for text in texts(page.details.folds["vram"]))


def test_enter_leads_from_a_row_to_its_checks(page, qtbot):
    page.table.show_platform(V100)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    qtbot.waitUntil(page.details.folds["vram"].head.hasFocus)
    qtbot.keyClick(page.details.folds["vram"].head, Qt.Key.Key_Return)
    assert not page.details.folds["vram"].is_open()


def test_details_show_facts_with_source_effort_ranges_and_cost(page, sample):
    page.table.show_platform(V100)
    sweep()
    tiles = page.details.findChildren(FactTile)
    assert [tile.text for tile in tiles] == ["32", "—", "无"]
    assert "bf16_tensor_tflops" in tiles[1].toolTip() and "来源" in tiles[0].toolTip()
    effort = next(one for one in sample.assessments if one.platform == V100).effort
    bars = page.details.findChild(RangeBars)
    assert [one.days for one in bars.ranges][:4] == [stage.person_days for stage in effort.stages]
    assert any("万元" in text for text in texts(page.details))


def test_a_platform_is_taken_to_the_comparison_and_to_the_library(window, page):
    page.table.show_platform(ASCEND)
    page.details.compare_wanted.emit(ASCEND)
    page.details.compare_wanted.emit(A100)
    assert window.current == "platforms" and window.session.compared_platforms == (ASCEND, A100)
    assert window.pages["platforms"].table.chosen() and len(window.pages["platforms"].panel.table.source.columns) == 3
    window.show_page("assessment")
    page.details.library_wanted.emit(ASCEND)
    assert window.session.compared_platforms == (ASCEND,)


def test_the_page_follows_a_platform_that_was_chosen_elsewhere(window, page):
    window.show_page("platforms")
    window.session.selected_platform = V100
    window.show_page("assessment")
    assert page.details.platform == V100


def test_the_matrix_is_exported_as_csv_that_spreadsheets_read(window, page, tmp_path):
    page.export_to(tmp_path / "矩阵.csv")
    settle(make_application(), window)
    assert (tmp_path / "矩阵.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "矩阵.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:3] == ["平台", "结论", "显存 (余量 GiB)"] and len(rows) == 1 + len(window.session.project.assessments)
    assert ["A100 SXM4 80GB", "可行", f"可行 {headroom()}"] in [row[:3] for row in rows]
    assert window.toast.isVisible()


def test_an_export_that_fails_is_an_error_card(window, page, tmp_path):
    errors: list[EngineError] = []
    window.session.failed.connect(errors.append)
    page.export_to(tmp_path / "missing" / "m.csv")
    settle(make_application(), window)
    assert [error.message.code for error in errors] == ["pipeline.not_written"] and window.errors.cards()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_head_is_cut_and_the_effort_is_in_sight_at_1440(window, lang):
    window.set_look(Look(lang, "light"))
    window.resize(1440, 900)
    settle(make_application(), window)
    table = window.pages["assessment"].table
    assert table.horizontalScrollBar().maximum() == 0
    for at, column in enumerate(table.source.columns):
        assert table.columnWidth(at) >= table.fontMetrics().horizontalAdvance(column.name) + 8
    window.resize(1280, 720)
    settle(make_application(), window)
    assert table.columnWidth(0) >= 150

"""平台库: human names for every fact, filters, side by side with the best marked, the age of facts, what is missing."""

import csv
import re
import tomllib
from datetime import date

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from app.engine import pipeline
from app.engine.model.platforms import Fact, Link, Platform
from app.engine.paths import platform_db_folder, translations_folder
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.tour import settle
from app.gui.widgets import facts
from app.gui.widgets.platform_panel import PlatformPanel, comparison
from app.gui.widgets.platform_table import SHOWN, PlatformTable

A100, H100, ASCEND = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "ascend-910b2"
ZH = Look("zh", "light")


def sweep():
    """Delete what waits to be deleted: outside of a running event loop Qt keeps it."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(ZH, QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    made.show_page("platforms")
    settle(make_application(), made)
    yield made
    made.session.close()
    made.deleteLater()
    sweep()


@pytest.fixture
def page(window):
    return window.pages["platforms"]


def by_id(name):
    return pipeline.platforms_by_id()[name]


def dated(name, day):
    """A small platform whose facts are of one day."""
    known = {key: Fact(None, "GB") for keys in facts.GROUPS.values() for key in keys}
    known["memory_gb"] = Fact(64.0, "GB", "data sheet", day, "high")
    return Platform(name, "Acme", "某厂", name, name, "", False, Link("", None), Link("", None), known)


def told(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_key_of_the_platform_base_has_a_name_and_every_catalogue_the_same_texts(lang):
    with (platform_db_folder() / "accelerators.csv").open(encoding="utf-8-sig", newline="") as file:
        keys = set(next(csv.reader(file)))
    names = tomllib.loads((translations_folder() / lang / "page_platforms.toml").read_text("utf-8"))["fact"]
    assert keys <= set(names) and len(set(names.values())) >= len(names) - 1
    assert set(facts.DEFINED) == set(tomllib.loads((translations_folder() / lang / "page_platforms.toml").read_text("utf-8"))["definition"])


@pytest.mark.parametrize("area", ["page_platforms", "page_assessment"])
def test_both_languages_hold_the_same_texts_with_the_same_parameters(area):
    def texts(table, prefix=""):
        for name, entry in table.items():
            yield from (
                texts(entry, f"{prefix}{name}.") if isinstance(entry, dict) else [(f"{prefix}{name}", set(re.findall(r"{(\w+)", entry)))]
            )

    zh, en = (dict(texts(tomllib.loads((translations_folder() / lang / f"{area}.toml").read_text("utf-8")))) for lang in ("zh", "en"))
    assert zh == en


def test_all_facts_of_a_platform_belong_to_a_group():
    grouped = [key for keys in facts.GROUPS.values() for key in keys]
    assert sorted(grouped) == sorted(by_id(A100).facts)


def test_figures_are_told_with_definition_source_date_and_confidence(page):
    tip = facts.fact_tip(ZH, by_id(A100), "bf16_tensor_tflops")
    fact = by_id(A100).facts["bf16_tensor_tflops"]
    assert all(part in tip for part in ("BF16 稠密: 312", "稀疏", fact.source, fact.as_of, "置信度高"))
    heads = {column.name: column for column in page.table.source.columns}
    assert heads["显存"].unit == "GB" and "一个方向" in heads["互联单向"].tip
    missing = facts.fact_tip(ZH, by_id("metax-n100"), "memory_gb")
    assert "memory_gb" in missing and "metax-n100" in missing


def test_a_link_that_does_not_exist_is_not_unknown():
    card = by_id("nvidia-l40s")
    assert facts.fact_text(ZH, card, "fabric_bw_one_direction_gbs") == "无"
    assert facts.fact_text(ZH, by_id("metax-n100"), "memory_gb") == "—"
    assert facts.fact_text(ZH, card, "release_year") == "2023"


def test_unknown_memory_stands_last_both_ways(page):
    page.grouped.setChecked(False)
    table, place = page.table, 2 + SHOWN.index("memory_gb")
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        table.sortByColumn(place, order)
        shown = [table.model().index(row, place).data() for row in range(table.model().rowCount())]
        assert shown[0] != "—" and shown[-1] == "—"
        assert shown.index("—") == len(shown) - shown.count("—")


def test_filters_narrow_by_what_is_known(page):
    flt = page.filter
    flt.memory.setCurrentIndex(flt.memory.findData(80))
    assert all((by_id(name).number("memory_gb") or 0) >= 80 for name in page.table.ids_in_sight())
    flt.precision.setCurrentIndex(flt.precision.findData("fp8"))
    assert all("fp8" in by_id(name).text("precision_support").lower() for name in page.table.ids_in_sight())
    flt.domestic.setChecked(True)
    flt.fabric.setCurrentIndex(flt.fabric.findData("no"))
    assert all(by_id(name).domestic and by_id(name).fabric.kind == "none" for name in page.table.ids_in_sight())
    flt.find.setText("没有这个")
    assert page.table.isHidden() and page.look.say("page_platforms.nothing_found") in told(page)
    flt.clear()
    assert len(page.table.ids_in_sight()) == len(pipeline.catalogue().platforms)
    flt.vendor.setCurrentText("寒武纪")
    assert {by_id(name).vendor_en for name in page.table.ids_in_sight()} == {"Cambricon"}


def test_up_to_six_are_compared_and_a_filter_takes_none_away(window, page):
    many = list(pipeline.platforms_by_id())[:7]
    page.table.choose(many)
    assert len(window.session.compared_platforms) == 6
    assert page.look.say("page_platforms.compare_full", most=6) in told(page.panel)
    page.table.choose([A100, H100])
    page.filter.domestic.setChecked(True)
    assert window.session.compared_platforms == (A100, H100)


def test_the_best_of_a_row_is_bold_with_a_sign_and_what_is_unknown_is_none(qtbot):
    table = comparison([by_id(A100), by_id(H100), by_id(ASCEND)], ZH)
    qtbot.addWidget(table)
    rows = {table.source.cell(row, 0).text: [table.source.cell(row, at) for at in (1, 2, 3)] for row in range(len(table.source.rows))}
    assert [(cell.bold, bool(cell.symbol)) for cell in rows["BF16 稠密"]] == [(False, False), (True, True), (False, False)]
    assert not any(cell.bold for cell in rows["制程"]) and not any(cell.bold for cell in rows["支持精度"])
    assert rows["功耗"][0].text == "400" and not rows["功耗"][1].bold
    assert rows["FP64"][2].text == "—" and "fp64_tflops" in rows["FP64"][2].tip()


def test_equal_values_have_no_best(qtbot):
    table = comparison([by_id(A100), by_id("nvidia-a100-pcie-80gb")], ZH)
    qtbot.addWidget(table)
    row = next(row for row in range(len(table.source.rows)) if table.source.cell(row, 0).text == "BF16 稠密")
    assert not table.source.cell(row, 1).bold and not table.source.cell(row, 2).bold


def test_the_comparison_is_copied_with_names_and_units(page):
    page.table.choose([A100, H100])
    page.panel.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("数据项\tA100 SXM4 80GB (英伟达)\tH100")
    assert "显存 (GB)\t80\t80" in lines


def test_one_platform_shows_every_fact_with_its_source_and_what_is_missing(qtbot):
    panel = PlatformPanel(ZH, date(2026, 11, 25))
    qtbot.addWidget(panel)
    panel.show_platforms([by_id(A100)])
    cells = {panel.table.source.cell(row, 0).text: row for row in range(len(panel.table.source.rows))}
    assert {facts.fact_name(ZH, key) for key in by_id(A100).facts} <= set(cells)
    memory = panel.table.source.cell(cells["显存"], 0), panel.table.source.cell(cells["显存"], 1)
    assert memory[0].below == by_id(A100).facts["memory_gb"].source and memory[1].below == by_id(A100).facts["memory_gb"].as_of
    assert "fp8_tflops" in panel.table.source.cell(cells["FP8 稠密"], 0).below


def test_old_facts_have_a_clock_and_their_age(qtbot):
    old, new = dated("old", "2024-05-25"), dated("new", "2026-01-01")
    today = date(2026, 11, 25)
    table = PlatformTable([old, new, dated("undated", "")], ZH, today, grouped=False)
    qtbot.addWidget(table)
    last = len(table.source.columns) - 1
    stale, fresh, none = (table.source.cell(row, last) for row in range(3))
    assert (stale.symbol, stale.tone, stale.note) == ("clock", "warn", "30 个月前") and "30" in stale.tip
    assert fresh.symbol == "" and none.text == "—"
    panel = PlatformPanel(ZH, today)
    qtbot.addWidget(panel)
    panel.show_platforms([old])
    assert "30 个月" in told(panel)


def test_names_are_readable_in_every_size(window, page):
    for size in ((1280, 720), (1440, 900)):
        window.resize(*size)
        settle(make_application(), window)
        assert page.table.columnWidth(0) >= 224 and page.panel.width() >= 400


def test_enter_goes_back_from_a_comparison_to_one_platform(window, page, qtbot):
    page.table.choose([A100, H100])
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert window.session.compared_platforms == (H100,)

"""平台库: supply, facts said otherwise for a project or a site, their history and undo, the radar, servers below the facts."""

from datetime import date

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QLabel

from app.engine import known, pipeline
from app.engine.model.layers import FactChange
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.tour import settle
from app.gui.widgets import facts
from app.gui.widgets.fact_dialog import FactDialog
from app.gui.widgets.fact_history import FactHistory
from app.gui.widgets.platform_filter import form_of
from app.gui.widgets.platform_radar import KEYS, PlatformRadar

A100, H100, ASCEND = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "ascend-910b2"
ZH = Look("zh", "light")


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
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def page(window):
    return window.pages["platforms"]


def by_id(name):
    return pipeline.platforms_by_id()[name]


def told(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def said(value, key="memory_bw_gbs"):
    return FactChange(ASCEND, key, value, "test record 3", "2026-11-20", "me")


def value_of(page, key="memory_bw_gbs"):
    return page._by_id[ASCEND].number(key)


def test_supply_and_form_narrow_the_list(page):
    flt = page.filter
    flt.supply.setCurrentIndex(flt.supply.findData("available"))
    flt.form.setCurrentIndex(flt.form.findData("module"))
    seen = [by_id(name) for name in page.table.ids_in_sight()]
    assert seen and all(one.supply == "available" and form_of(one) == "module" for one in seen)
    assert form_of(by_id("nvidia-l20")) == "card" and form_of(by_id("zhaoxin-c960")) == "other"
    kept = flt.state()
    flt.clear()
    flt.restore(kept)
    assert page.table.ids_in_sight() == {one.id for one in seen}


def test_supply_is_told_with_date_and_source(page):
    page.table.choose([H100])
    assert page.look.say("platforms.status.restricted") in told(page.panel)
    tip = facts.fact_tip(ZH, by_id(H100), "supply")
    assert "8-K" in tip and "2026-11-25" in tip


def test_a_fact_is_changed_for_the_project_marked_and_undone(window, page):
    page.table.choose([ASCEND])
    page.filter.vendor.setCurrentText("华为昇腾")
    page.keep(said(1500.0), "project")
    assert value_of(page) == 1500.0 and window.session.undo_label == "page_platforms.did.fact"
    assert page.filter.vendor.currentText() == "华为昇腾" and page.panel.fact_key() == "memory_bw_gbs"
    cells = [page.panel.table.source.cell(row, 0) for row in range(len(page.panel.table.source.rows))]
    assert [cell.chip for cell in cells if cell.text == "显存带宽"] == ["项目"]
    assert "1\u2009600" in facts.fact_tip(ZH, page._by_id[ASCEND], "memory_bw_gbs")
    window.session.undo()
    assert value_of(page) == 1600.0
    window.session.redo()
    page.take_back("memory_bw_gbs")
    assert value_of(page) == 1600.0 and window.session.undo_label == "page_platforms.did.take_back"


def test_a_fact_of_the_site_has_its_own_undo_and_is_no_step_of_the_document(window, page):
    page.table.choose([ASCEND])
    page.keep(said(1450.0), "site")
    assert value_of(page) == 1450.0 and not window.session.undo_label and known.site_data().changes
    page.undo_site()
    assert value_of(page) == 1600.0 and not known.site_data().changes
    page.keep(said(1450.0), "site")
    page.take_back("memory_bw_gbs")
    assert value_of(page) == 1600.0


def test_a_refused_change_is_told_and_changes_nothing(window, page):
    failed = []
    window.session.failed.connect(failed.append)
    page.table.choose([ASCEND])
    page.keep(said(-1.0), "site")
    page.keep(said(1e9), "project")
    assert [one.message.code for one in failed] == ["platforms.bad_number"] * 2 and value_of(page) == 1600.0


def test_the_form_of_a_fact_keeps_only_what_is_sound(window, page):
    dialog = FactDialog(by_id(ASCEND), "memory_bw_gbs", ZH, date(2026, 11, 25), window)
    assert not dialog.go_on.isEnabled() and ZH.say("platforms.no_source").rstrip("。") in told(dialog)
    dialog.source.setText("客户实测")
    assert dialog.go_on.isEnabled()
    for wrong in ("1e9", "-5", "fast"):
        dialog.value.setText(wrong)
        assert not dialog.go_on.isEnabled() and "memory_bw_gbs" in told(dialog)
    dialog.value.setText("1 500")
    assert dialog.change.value == 1500.0 and dialog.change.as_of == "2026-11-25" and dialog.go_on.isEnabled()
    dialog.value.setText("")
    assert dialog.change.value is None
    supply = FactDialog(by_id(ASCEND), "supply", ZH, date(2026, 11, 25), window)
    supply.value.setCurrentIndex(supply.value.findData("restricted"))
    assert supply.change.value == "restricted"


def test_the_history_of_a_fact_names_layer_value_source_and_who(window, page):
    page.table.choose([ASCEND])
    page.keep(said(1450.0), "site")
    page.keep(said(1500.0), "project")
    shown = FactHistory(page._by_id[ASCEND], "memory_bw_gbs", ZH, window).table.as_rows()
    assert [row[0] for row in shown[1:]] == ["项目", "站点", "随附"]
    assert [row[1] for row in shown[1:]] == ["1\u2009500", "1\u2009450", "1\u2009600"] and shown[1][4] == "me"


def test_six_platforms_in_one_radar_whose_unknown_axes_break_it(qtbot):
    radar = PlatformRadar([by_id(A100), by_id(H100), by_id("kunlunxin-p800")], ZH)
    qtbot.addWidget(radar)
    bf16, achieved = KEYS.index("bf16_tensor_tflops"), KEYS.index("achieved_bf16_tflops")
    assert radar.shares[1][bf16] == 1.0 and radar.shares[0][bf16] == pytest.approx(312 / 989)
    assert radar.shares[2][achieved] is None
    radar.resize(380, 200)
    assert "H100" in radar.told_at(radar.spot(bf16, 1.0)) and radar.told_at(radar.spot(0, 0.0)) == ""
    assert not radar.grab().isNull()


def test_servers_and_clusters_stand_below_the_facts(page):
    page.table.choose(["nvidia-gb200"])
    rows = page.panel.table.as_rows()
    assert any("NVL72 compute tray" in row[0] for row in rows) and any("18" in row[1] for row in rows)


def test_every_fact_says_its_own_age():
    fact = replace(by_id(A100).facts["memory_gb"], as_of="2026-01-01")
    assert facts.stale_months(fact, date(2026, 11, 25)) is None
    assert facts.stale_months(fact, date(2028, 1, 1)) == pytest.approx(24, abs=0.1)
    assert facts.stale_months(replace(fact, value=None), date(2028, 1, 1)) is None

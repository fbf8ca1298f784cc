"""The requirement page: typing, checks at the field, undo by field, presets, reading and writing a run description."""

import datetime

import msgspec
import pytest
from PySide6.QtCore import QDate, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCalendarWidget, QLabel, QScrollArea

from app.engine import pipeline
from app.engine.model.workloads import Workload
from app.engine.workload import KEYS, load_presets, load_run
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.page import PROBLEM
from app.gui.tour import settle
from app.gui.widgets.run_form import RunForm

ENTER, ESCAPE, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    make_application()
    folder = tmp_path_factory.mktemp("window")
    made = MainWindow(Look("zh", "light"), QSettings(str(folder / "look.ini"), QSettings.Format.IniFormat))
    made.resize(1440, 900)
    made.show()
    yield made
    made.session.close()
    made.deleteLater()


@pytest.fixture(autouse=True)
def blank(window, qtbot):
    window.session.start_new()
    window.show_page("requirement")
    settle(make_application(), window)


@pytest.fixture
def page(window, sample):
    window.session.start_new(sample)
    return window.pages["requirement"]


def field(page, key):
    return page.form.go_to(key)


def write(entry, text):
    """Type on the keyboard, or through an input method what a keyboard does not have."""
    if text.isascii():
        QTest.keyClicks(entry, text)
    else:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(entry, event)


def type_into(page, key, text, *keys):
    entry = field(page, key).editor
    entry.selectAll()
    write(entry, text)
    for one in keys:
        QTest.keyClick(entry, one)
    return entry


def said(page, key):
    return page.form.fields[key].editor.accessibleDescription()


def words(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def test_every_key_of_a_run_description_has_a_named_field(page):
    for key in KEYS:
        made = field(page, key)
        assert made.title.buddy() is made.editor and made.editor.accessibleName() == made.name
        assert not made.name.startswith("page_requirement.")
    assert set(page.form.fields) == set(KEYS)


def test_an_edit_is_one_named_step_and_numbers_follow(page, window):
    type_into(page, "requirement.scale_cards", "1 28", ENTER)
    settle(make_application(), window)
    assert window.session.project.requirement.scale_cards == 128
    assert any(found.gpus == 128 for found in window.session.project.predictions)
    assert window.look.say(window.session.undo_label) == "规模"
    window.session.undo()
    assert window.session.project.requirement.scale_cards == 64 and page.form.fields["requirement.scale_cards"].editor.text() == "64"


def test_undo_in_a_line_is_of_the_line_while_typing_and_of_the_document_after(page, window):
    entry = type_into(page, "requirement.scale_cards", "128", ENTER)
    settle(make_application(), window)
    QTest.keyClicks(entry, "9")
    QTest.keyClick(entry, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.project.requirement.scale_cards == 128 and not entry.is_pending
    QTest.keyClick(entry, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(make_application(), window)
    assert window.session.project.requirement.scale_cards == 64


def test_leaving_takes_over_and_escape_brings_back(page, window):
    entry = type_into(page, "requirement.budget", "350万", TAB)
    assert window.session.project.requirement.budget == 3.5e6 and entry.text() == "3\u2009500\u2009000"
    entry = type_into(page, "requirement.budget", "9", ESCAPE)
    assert entry.text() == "3\u2009500\u2009000" and window.session.project.requirement.budget == 3.5e6
    assert window.session.undo_label == "page_requirement.field.requirement.budget"


def test_what_is_no_value_is_marked_while_typed_and_never_taken_over(page, window):
    before = window.session.project
    entry = type_into(page, "requirement.storage_tb", "-4")
    assert said(page, "requirement.storage_tb") and entry.property("problem") == "error"
    assert said(page, "requirement.storage_tb") in words(page.form.fields["requirement.storage_tb"])
    QTest.keyClick(entry, ENTER)
    type_into(page, "requirement.duration_days", "80", ENTER)
    settle(make_application(), window)
    assert window.session.project.requirement.storage_tb == before.requirement.storage_tb
    assert entry.text() == "-4" and entry.property("problem") == "error"
    type_into(page, "requirement.storage_tb", "", ESCAPE)
    assert entry.text() == "100" and not entry.property("problem")


@pytest.mark.parametrize(
    ("key", "text", "near"),
    [
        ("run.tensor_parallel", "3", "2、4、8"),
        ("run.global_batch", "63", "60、64"),
        ("model.kv_heads", "5", "2、4、8"),
        ("run.nodes", "3", "2、4"),
    ],
)
def test_values_that_do_not_fit_together_name_the_nearest_legal_ones(page, key, text, near):
    type_into(page, key, text)
    assert near in said(page, key)
    QTest.keyClick(page.form.fields[key].editor, ESCAPE)
    assert not said(page, key)


def test_a_wrong_run_is_a_problem_and_the_way_to_it_is_shown(page, window):
    type_into(page, "run.expert_parallel", "2", ENTER)
    settle(make_application(), window)
    assert window.session.project.workload.run.expert_parallel == 2 and page.state() == PROBLEM
    assert window.look.say("page_requirement.wrong", count=1) in words(page.next_steps)


def test_the_estimate_follows_what_is_typed(page):
    before = page.estimate.text
    type_into(page, "run.micro_batch", "4")
    assert page.estimate.text != before and "GiB" in page.estimate.text
    QTest.keyClick(page.form.fields["run.micro_batch"].editor, ESCAPE)
    assert page.estimate.text == before


def test_missing_shape_is_named_in_the_words_of_the_form(page, window):
    model = msgspec.structs.replace(window.session.project.workload.model, hidden=None, layers=None)
    window.session.edit("x", workload=msgspec.structs.replace(window.session.project.workload, model=model))
    assert "缺层数、隐藏维，无法估算显存" in page.estimate.text


def test_editing_keeps_focus_and_place(page, window):
    scroll = page.findChild(QScrollArea)
    entry = type_into(page, "run.zero_stage", "2")
    scroll.verticalScrollBar().setValue(300)
    QTest.keyClick(entry, ENTER)
    settle(make_application(), window)
    assert QApplication.focusWidget() is entry and entry.isVisible() and scroll.verticalScrollBar().value() == 300
    type_into(page, "requirement.customer", "某大")
    window.session.edit("x", name="另一处的修改")
    settle(make_application(), window)
    assert page.form.fields["requirement.customer"].editor.text() == "某大"


@pytest.mark.parametrize(("text", "platform"), [("昇腾910b4", "ascend-910b4"), ("a800 sxm", "nvidia-a800-sxm-80gb")])
def test_a_platform_is_found_by_a_part_of_its_name(page, window, text, platform):
    type_into(page, "run.platform", text, ENTER)
    assert window.session.project.workload.run.platform == platform
    assert page.form.fields["run.platform"].editor.text() == pipeline.catalogue().platform(platform).label("zh")


def test_a_part_that_several_platforms_share_asks_and_an_unknown_one_is_kept(page, window):
    type_into(page, "run.platform", "nvidia", ENTER)
    assert window.session.project.workload.run.platform == "nvidia-a100-sxm-80gb" and said(page, "run.platform")
    type_into(page, "run.platform", "nobody-9000", ENTER)
    assert window.session.project.workload.run.platform == "nobody-9000"
    assert page.form.fields["run.platform"].fault.level == "warning"


def test_choices_are_in_words_and_their_values_are_kept(page, window):
    box = page.form.fields["workload.task"].editor
    assert [box.itemText(place) for place in range(3)] == ["预训练", "全参微调", "LoRA 微调"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert window.session.project.workload.task == "hpc"
    switch = page.form.fields["requirement.domestic_only"].editor
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert window.session.project.requirement.domestic_only is True


def test_a_preset_fills_the_model_in_one_step(window):
    page = window.pages["requirement"]
    page.presets.setFocus()
    QTest.keyClicks(page.presets, "Qwen3-8B")
    QTest.keyClick(page.presets, ENTER)
    workload = window.session.project.workload
    assert workload.model == next(one.model for one in load_presets() if one.name == "Qwen3-8B") and workload.name == "Qwen3-8B"
    assert page.form.fields["model.layers"].editor.text() == "36" and "Qwen/Qwen3-8B" in words(page)
    window.session.undo()
    assert window.session.project.workload is None


def test_a_preset_is_found_by_another_name_of_its_shape(window):
    page = window.pages["requirement"]
    QTest.keyClick(page.presets, Qt.Key.Key_Down)
    finder = page.presets.completer()
    finder.setCompletionPrefix("deepseek-r1")
    shown = finder.completionModel()
    assert "DeepSeek-V3" in [shown.data(shown.index(place, 0)) for place in range(shown.rowCount())]
    finder.popup().hide()
    QTest.keyClicks(page.presets, "deepseek-r1")
    QTest.keyClick(page.presets, ENTER)
    assert window.session.project.workload.model == next(one.model for one in load_presets() if one.name == "DeepSeek-V3")


def test_the_form_writes_a_file_that_reads_back_the_same(page, window, tmp_path):
    type_into(page, "requirement.customer", "某某大学\u201c一\u201d", ENTER)
    page.save_to(tmp_path / "out.toml")
    settle(make_application(), window)
    workload, requirement = load_run(tmp_path / "out.toml")
    assert requirement == window.session.project.requirement and workload.run == window.session.project.workload.run


def test_a_file_read_in_fills_the_form(window, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[workload]\ntask = "inference"\nname = "服务"\n[run]\nconcurrency = 32\n', encoding="utf-8")
    window.take_in([path])
    settle(make_application(), window)
    page = window.pages["requirement"]
    assert field(page, "run.concurrency").editor.text() == "32" and page.form.fields["workload.task"].editor.currentText() == "推理"


def test_the_estimate_is_copied_as_text(page):
    page.estimate.tools.itemAt(0).widget().click()
    assert QGuiApplication.clipboard().text() == page.estimate.text


def test_a_blank_project_shows_a_blank_form(window):
    page = window.pages["requirement"]
    assert page.workload == Workload("", "pretrain") and page.form.fields["run.gpus"].editor.text() == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_name_of_a_field_is_cut_off(qtbot, lang):
    form = RunForm(Look(lang, "dark"))
    for key in KEYS:
        title = form.go_to(key).title
        assert title.sizeHint().width() <= title.width(), title.text()


def test_a_day_is_picked_from_the_calendar(page, window):
    entry = field(page, "requirement.deliver_by").editor
    entry.actions()[0].trigger()
    calendar = next(found for top in QApplication.topLevelWidgets() for found in top.findChildren(QCalendarWidget) if found.isVisible())
    calendar.clicked.emit(QDate(2099, 12, 31))
    assert window.session.project.requirement.deliver_by == datetime.date(2099, 12, 31) and entry.text() == "2099-12-31"

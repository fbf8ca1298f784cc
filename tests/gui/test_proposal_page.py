"""The proposal page: chapters in order, real pages, texts in other words, settings, checks, export."""

import datetime

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QSettings, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from app.engine import pipeline
from app.engine.errors import EngineError
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.tour import settle
from app.gui.widgets.pdf_pages import PdfPages
from app.gui.widgets.section_list import ROW_PX

KEY = Qt.Key


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


@pytest.fixture
def page(window, sample, qtbot):
    window.session.start_new(sample)
    window.show_page("proposal")
    made = window.pages["proposal"]
    qtbot.waitUntil(lambda: fresh(made), timeout=30000)
    made.preview.show_as("single")
    made.preview.go_to(0)
    settle(make_application(), window)
    return made


def fresh(page):
    """Whether the pages are those of the document as it is now."""
    return page.made is not None and not page.maker.is_busy


def wait(qtbot, window, page):
    qtbot.waitUntil(lambda: fresh(page), timeout=30000)
    settle(make_application(), window)


def words(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def set_settings(window, **fields):
    settings = msgspec.structs.replace(window.session.project.settings, **fields)
    window.session.edit("page_proposal.field.number", settings=settings)


def key_at(page, place):
    return page.sections.item(place).data(Qt.ItemDataRole.UserRole).key


def place_of(page, key):
    return next(place for place in range(page.sections.count()) if key_at(page, place) == key)


def row_of(page, key):
    items = (page.sections.item(place) for place in range(page.sections.count()))
    return next(row for item in items if (row := item.data(Qt.ItemDataRole.UserRole)).key == key)


def click_row(page, place, x=100):
    QTest.mouseClick(page.sections.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, place * ROW_PX + ROW_PX // 2))


def test_chapters_stand_with_their_pages_and_warnings(page):
    assert page.sections.order()[0] == "summary" and key_at(page, 0) == ""
    pages = [row_of(page, key).page for key in page.sections.order()]
    assert pages == sorted(pages) and pages[0] == 2 and pages[-1] <= page.preview.count
    assert row_of(page, "characteristics").mark == "warning" and "未测" in row_of(page, "characteristics").told


def test_the_page_in_view_is_a_picture_of_the_document(page):
    image = page.preview.canvas.picture(0)
    assert image is not None and image.width() == round(page.preview.canvas.width_px * page.devicePixelRatioF())
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(colours) > 5
    assert page.preview.canvas.picture(5) is None  # only what is seen and its neighbours


def test_choosing_a_chapter_goes_to_its_page_and_turning_pages_follows(page):
    click_row(page, place_of(page, "plans"))
    assert page.sections.selected == "plans" and page.preview.page == row_of(page, "plans").page - 1
    page.preview.canvas.setFocus()
    QTest.keyClick(page.preview.canvas, KEY.Key_Home)
    assert page.preview.page == 0 and page.sections.selected == ""
    QTest.keyClick(page.preview.canvas, KEY.Key_PageDown)
    assert page.preview.page == 1 and page.sections.selected == "summary"


def test_a_box_leaves_a_chapter_out_and_the_document_follows(page, window, qtbot):
    count = page.preview.count
    click_row(page, place_of(page, "plans"), x=34)
    assert "plans" not in window.session.project.settings.sections and window.session.undo_label == "page_proposal.field.sections"
    wait(qtbot, window, page)
    assert page.preview.count < count and row_of(page, "plans").page is None and not row_of(page, "plans").is_chosen
    window.session.undo()
    wait(qtbot, window, page)
    assert page.preview.count == count


def test_chapters_are_ordered_by_keyboard(page, window, qtbot):
    click_row(page, place_of(page, "assumptions"))
    page.sections.setFocus()
    QTest.keyClick(page.sections, KEY.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert window.session.project.settings.sections[-2:] == ("assumptions", "plans") and page.sections.selected == "assumptions"
    wait(qtbot, window, page)
    assert row_of(page, "assumptions").page < row_of(page, "plans").page
    page.sections.select("summary")
    QTest.keyClick(page.sections, KEY.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert page.sections.order()[0] == "summary" and key_at(page, 0) == ""


def test_a_dragged_chapter_is_ordered_and_none_comes_before_the_cover(page, window):
    page.sections.insertItem(0, page.sections.takeItem(place_of(page, "assumptions")))  # what the view does on a drop
    page.sections.take_drop()
    assert key_at(page, 0) == "" and window.session.project.settings.sections[0] == "assumptions"


def test_pages_are_shown_in_pairs_and_all_small(page, window):
    page.preview.show_as("double")
    assert list(page.preview.canvas.places()) == [0]
    page.preview.turn(1)
    page.preview.go_to(3)
    assert list(page.preview.canvas.places()) == [3, 4]
    page.preview.show_as("thumbs")
    settle(make_application(), window)
    assert len(page.preview.canvas.places()) == page.preview.count and page.preview.canvas.picture(2) is not None
    place = page.preview.canvas.places()[2].center().toPoint()
    QTest.mouseClick(page.preview.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert page.preview.canvas.mode == "single" and page.preview.page == 2


def test_zooming_renders_anew_and_fits_again(page, window):
    fitted = page.preview.canvas.width_px
    page.preview.zoom(1)
    settle(make_application(), window)
    assert page.preview.canvas.picture(0).width() == page.preview.canvas.width_px > fitted
    page.preview.zoom_to(None)
    assert page.preview.canvas.width_px == fitted
    page.preview.copy_page()
    settle(make_application(), window)
    page.preview.copy_page()
    assert QGuiApplication.clipboard().image().width() == fitted


def test_a_page_is_gone_to_by_its_number(page):
    entry = page.preview.number
    entry.setFocus()
    entry.selectAll()
    QTest.keyClicks(entry, "5")
    QTest.keyClick(entry, KEY.Key_Return)
    assert page.preview.page == 4
    entry.selectAll()
    QTest.keyClicks(entry, "999")
    QTest.keyClick(entry, KEY.Key_Return)
    assert page.preview.page == page.preview.count - 1 and entry.text() == str(page.preview.count)


def test_old_pages_stay_until_the_new_ones_are_ready(page, window, qtbot):
    before = page.made
    set_settings(window, author="某工")
    assert page.made is before and page.maker.is_busy and page.preview.count == len(before.pages)
    wait(qtbot, window, page)
    assert page.made is not before


def test_an_export_does_not_make_the_pages_anew(page, window, tmp_path):
    made = page.made
    page.export_to(tmp_path / "方案.pdf", None)
    settle(make_application(), window)
    assert page.made is made and not page.maker.is_busy


def test_a_text_in_other_words_is_one_step_and_comes_back(page, window, qtbot):
    click_row(page, 1)
    page.texts.unfold(True)
    page.texts.editor.setPlainText("我方的建议。")
    QTest.keyClick(page.texts.editor, KEY.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.session.project.settings.texts == {"zh.summary.answer": "我方的建议。"}
    assert window.session.undo_label == "page_proposal.did.text"
    wait(qtbot, window, page)
    assert "已编辑" in words(page.texts) and "已编辑" in page.texts.choice.currentText()
    page.texts.restore.click()
    assert window.session.project.settings.texts == {}
    wait(qtbot, window, page)
    assert page.texts.editor.toPlainText() == page.made.texts[0].original


def test_escape_drops_what_is_being_typed(page, window):
    click_row(page, 1)
    page.texts.unfold(True)
    original = page.texts.editor.toPlainText()
    QTest.keyClicks(page.texts.editor, "x")
    QTest.keyClick(page.texts.editor, KEY.Key_Escape)
    assert page.texts.editor.toPlainText() == original and not window.session.project.settings.texts


def test_an_edit_whose_original_changed_is_marked_in_the_list_and_the_checks(page, window, qtbot):
    text = next(text for text in page.made.texts if text.key == "zh.requirement.answer")
    page.texts.edited.emit(text, "都已确认。")
    window.session.edit("x", requirement=msgspec.structs.replace(window.session.project.requirement, storage_tb=None))
    settle(make_application(), window)
    wait(qtbot, window, page)
    assert row_of(page, "requirement").mark == "stale" and "编辑的原文已变" in words(page)


def test_language_and_imprint_of_the_document(page, window, qtbot):
    english = next(button for button in page.settings.languages.findChildren(QPushButton) if button.text() == "English")
    english.click()
    assert window.session.project.settings.lang == "en" and window.look.lang == "zh"
    entry = page.settings.entries["number"]
    entry.actions()[0].trigger()
    today = datetime.date.today()
    assert window.session.project.settings.number == f"SX-{today:%Y-%m%d}-01" == entry.text()
    entry.actions()[0].trigger()
    assert entry.text().endswith("-02")
    wait(qtbot, window, page)
    assert row_of(page, "plans").page and row_of(page, "plans").title == "选型方案"
    assert page.file_name(".pdf") == f"示例客户（虚构）_LLaMA2-7B-预训练_V1.0_{today}.pdf"


def test_a_wrong_date_is_marked_and_not_taken_over(page, window):
    entry = page.settings.entries["valid_until"]
    entry.setFocus()
    QTest.keyClicks(entry, "2026-13-01")
    assert entry.property("problem") == "error"
    QTest.keyClick(entry, KEY.Key_Return)
    assert window.session.project.settings.valid_until is None
    entry.selectAll()
    QTest.keyClicks(entry, "2099-01-31")
    QTest.keyClick(entry, KEY.Key_Return)
    assert window.session.project.settings.valid_until == datetime.date(2099, 1, 31) and not entry.property("problem")


def test_a_switch_leaves_contents_out(page, window, qtbot):
    page.settings.switches["show_formula"].click()
    assert window.session.project.settings.show_formula is False
    wait(qtbot, window, page)
    assert "formula_title" not in {text.heading for text in page.made.texts}
    assert not [text for text in page.made.texts if text.section == "predictions" and text.style == "body"]


def test_each_document_is_exported_alone_and_changes_are_told(page, window, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    page.export_to(tmp_path / "方案.pdf", None)
    settle(make_application(), window)
    assert [path.name for path in tmp_path.iterdir()] == ["方案.pdf"] and page.toast.isVisible()
    assert PdfPages((tmp_path / "方案.pdf").read_bytes()).sizes
    page.toast.open_file.click()
    page.toast.open_folder.click()
    assert [url.toLocalFile() for url in opened] == [str(tmp_path / "方案.pdf"), str(tmp_path)]
    page.export_to(None, tmp_path / "方案.xlsx")
    settle(make_application(), window)
    assert {path.name for path in tmp_path.iterdir()} == {"方案.pdf", "方案.xlsx"}
    assert window.look.say("page_proposal.no_change") in words(page.settings.changes)
    plan = window.session.project.selection.plans[0]
    dearer = msgspec.structs.replace(
        window.session.project.selection, plans=(msgspec.structs.replace(plan, total_price=plan.total_price * 2),)
    )
    window.session.start_new(msgspec.structs.replace(window.session.project, selection=dearer))
    page.refresh()
    assert "总价" in words(page.settings.changes) and window.look.money(plan.total_price)[0] in words(page.settings.changes)


def test_a_failed_export_is_an_error_and_leaves_nothing(page, window, tmp_path):
    failed = []
    window.session.failed.connect(failed.append)
    page.export_to(tmp_path / "nowhere" / "a.pdf", None)
    settle(make_application(), window)
    assert isinstance(failed[0], EngineError) and not list(tmp_path.iterdir())


def test_another_theme_while_pages_are_made_harms_nothing(page, window, qtbot, tmp_path):
    set_settings(window, author="乙")
    page.maker.make(window.session.project, "zh", at_once=True)
    page.export_to(tmp_path / "a.pdf", None)
    with qtbot.captureExceptions() as caught:
        window.switch_theme()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        settle(make_application(), window)
        window.switch_theme()
        window.show_page("proposal")
        wait(qtbot, window, window.pages["proposal"])
    assert not caught and (tmp_path / "a.pdf").is_file()


def test_without_a_workload_the_page_says_what_is_missing(window, qtbot, sample):
    window.session.start_new()
    window.show_page("proposal")
    assert not window.pages["proposal"].has_content()
    window.session.start_new(sample)
    page = window.pages["proposal"]
    qtbot.waitUntil(lambda: fresh(page), timeout=30000)
    assert page.preview.count > 5

"""源码扫描 in a real window: a folder is read as a job, its window shows, sorts and copies, the assessment takes it as evidence."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QPushButton

from app.engine import pipeline
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.tour import settle
from app.gui.widgets.dialogs import TableDialog

ASCEND = "ascend-910b2"


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "training"
    folder.mkdir()
    (folder / "train.py").write_text(
        "import torch\nfrom flash_attn import flash_attn_func\nx = torch.zeros(3).cuda()\ntorch.cuda.synchronize()\n"
    )
    (folder / "kernel.cu").write_text("__global__ void f() {}\n")
    (folder / "old.py").write_text("print 'x'\n")
    (folder / "requirements.txt").write_text("flash-attn>=2.5\n")
    return folder


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, sample):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    made.session.start_new(sample)
    made.session.selected_platform = ASCEND
    made.show_page("assessment")
    settle(make_application(), made)
    yield made
    made.session.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def scanned(window, source):
    window.take_in([source])
    settle(make_application(), window)
    assert window.scans.dialog is not None and window.scans.dialog.isVisible()
    return window.scans.dialog


def test_a_dropped_folder_of_source_is_scanned_and_shown(window, source):
    dialog = scanned(window, source)
    assert window.session.project.scan.files == 4 and window.session.undo_label == "scan.did"
    assert dialog.choice.currentData() == "huawei-ascend"
    rows = dialog.table.as_rows()
    assert rows[0][:3] == ["项目", "判断", "怎么办"]
    told = {row[0]: row for row in rows[1:]}
    assert "需开发" in told["CUDA 扩展"][1] and "换库" in told["flash-attn"][1] and "transfer_to_npu" in told["torch.cuda"][2]
    dialog.choice.setCurrentIndex(dialog.choice.findData("nvidia-cuda"))
    assert all("原样运行" in row[1] for row in dialog.table.as_rows()[1:])
    dialog.close()


def test_tables_are_sorted_copied_and_name_what_was_not_understood(window, source):
    dialog = scanned(window, source)
    dialog.show_tab("findings")
    dialog.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    what = [row[3] for row in dialog.table.as_rows()[1:]]
    assert what == sorted(what) and ".cuda()" in what
    copy = next(made for made in dialog.findChildren(QPushButton) if made.text() == dialog.look.say("gui.copy_table"))
    copy.click()
    assert "torch.cuda.synchronize" in QGuiApplication.clipboard().text()
    dialog.show_tab("packages")
    assert ["flash-attn", ">=2.5", "flash-attn", "1", "requirements.txt:1"] in dialog.table.as_rows()
    dialog.show_tab("unread")
    row = dialog.table.as_rows()[1]
    assert row[:2] == ["old.py", "1"] and "Python 2" in row[2] and "2to3" in row[3]
    dialog.close()


def test_the_assessment_takes_the_scan_as_evidence_and_undo_takes_it_back(window, source):
    scanned(window, source).close()
    settle(make_application(), window)
    of = lambda: next(  # noqa: E731
        check for one in window.session.project.assessments if one.platform == ASCEND for check in one.checks if check.check == "operators"
    )
    assert of().level == "warning" and any(said.text.code == "assessing.operators.source" for said in of().evidence)
    window.session.undo()
    settle(make_application(), window)
    assert window.session.project.scan is None
    assert not any(said.text.code == "assessing.operators.source" for said in of().evidence)


def test_the_button_asks_for_a_folder_and_later_shows_the_scan(window, source, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(source))
    page = window.pages["assessment"]
    page.source.click()
    settle(make_application(), window)
    first = window.scans.dialog
    assert first is not None and first.isVisible()
    first.close()
    window.pages["assessment"].source.click()
    assert window.scans.dialog is not first and window.scans.dialog.isVisible()
    window.scans.dialog.close()
    window.scans.forget()
    assert window.session.project.scan is None


def test_a_scan_can_be_stopped_and_what_is_no_folder_is_told(window, source, tmp_path):
    window.scans.scan(source)
    for job in window.session.jobs.running:
        job.cancel()
    settle(make_application(), window)
    assert window.scans.dialog is None and window.session.project.scan is None
    window.scans.scan(tmp_path / "none")
    settle(make_application(), window)
    assert window.errors.cards()


def test_operators_of_a_platform_open_as_a_table(window):
    page = window.pages["assessment"]
    page.table.show_platform(ASCEND)
    page.details.open_at("operators")
    page.details.operators_wanted.emit(ASCEND)
    (dialog,) = [made for made in window.findChildren(TableDialog) if made.isVisible()]
    rows = dialog.table.as_rows()
    assert rows[0][:4] == ["算子", "次数", "占时 (%)", "支持"] and len(rows) > 10
    dialog.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_speaks_both_languages(window, source, lang):
    window.set_look(Look(lang, "dark"))
    dialog = scanned(window, source)
    assert dialog.windowTitle() == ("源码扫描" if lang == "zh" else "Source scan")
    dialog.close()

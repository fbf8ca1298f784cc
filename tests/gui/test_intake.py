"""Getting data in through the real window: dropping, pasting, typing, the questions that are asked, menu, palette, keys, error cards."""

import time
from pathlib import Path

import pytest
import shiboken6
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.profiles import OperatorStat
from app.engine.model.projects import Project, changed
from app.engine.paths import sample_folder
from app.engine.project_file import save_project
from app.gui.application import make_application
from app.gui.asking import CaseDialog, PurposeDialog, SecondTraceDialog
from app.gui.dropping import look_at
from app.gui.help_dialogs import about_dialog, formats_dialog, keys_dialog
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.mapping_dialog import MappingDialog
from app.gui.pages import PAGES
from app.gui.pages.profile_notes import NotesLine
from app.gui.pasting import kind_of_text, typed_paths
from app.gui.tour import settle
from app.gui.widgets.empty_state import EmptyState
from app.gui.widgets.fuzzy import best, letters
from app.gui.widgets.table import Table

ODD = "采集点,卡号,GPU利用率(%),显存占用(MB)\n" + "".join(f"{n},{n % 2},{50 + n % 40},{2048 + n}\n" for n in range(60))
COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    yield made
    made.session.close()
    shiboken6.delete(made)  # now: a style sheet for the next window would dress this one again


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def asked(qtbot):
    """Answer the dialogs that come, in order: (kind, what to do with it) each; returns the kinds that came."""
    came, waiting = [], []
    clock = QTimer(interval=10)

    def look():
        dialog = QApplication.activeModalWidget()
        if dialog is not None and waiting and isinstance(dialog, waiting[0][0]):
            kind, act = waiting.pop(0)
            came.append(kind)
            act(dialog)

    clock.timeout.connect(look)
    clock.start()
    yield lambda *answers: waiting.extend(answers) or came
    clock.stop()
    assert not waiting


def take(window, *paths):
    window.take_in(list(paths))
    settle(make_application(), window)


def texts(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# Dropping --------------------------------------------------------------------------------------------------------------------------------


def test_a_drag_shows_where_each_file_goes_and_leaves_no_trace(window, tmp_path):
    odd = write(tmp_path, "说明 文件.txt", "hello")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (sample_folder() / "run.toml", odd, *pipeline.sample_inputs().traces[:1])])
    handle = window.windowHandle()
    for _ in range(2):
        QApplication.sendEvent(handle, QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE))
        assert window.veil.isVisible() and window.veil.size() == window.centralWidget().size()
        assert window.veil.lines[0] == "run.toml  运行描述 → 需求" and "将询问用途" in window.veil.lines[1]
        assert "轨迹 → 运行特征" in window.veil.lines[2]
        QApplication.sendEvent(handle, QDragLeaveEvent())
        assert not window.veil.isVisible()


def test_text_dragged_over_the_window_is_none_of_ours(window):
    data = QMimeData()
    data.setText("hello")
    event = QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE)
    QApplication.sendEvent(window.windowHandle(), event)
    assert not window.veil.isVisible()


def test_a_look_at_many_files_shows_some_and_counts_the_rest(tmp_path):
    for number in range(300):
        write(tmp_path, f"{number}.csv", ODD)
    shown, more = look_at([tmp_path] * 40)
    assert len(shown) == 20 and more > 0


def test_a_project_and_data_dropped_together(window, tmp_path, sample):
    save_project(changed(Project(), name="甲", workload=sample.workload), tmp_path / "甲.sxp")
    take(window, pipeline.sample_inputs().prices, tmp_path / "甲.sxp", pipeline.sample_inputs().traces[1])
    project = window.session.project
    assert project.name == "甲" and window.session.path == tmp_path / "甲.sxp"
    assert project.trace is not None and project.prices is not None
    assert "已导入 2 个文件" in window.toast.text and window.session.undo_label == "gui.did.import"
    assert {"甲.sxp", "prices.xlsx"} <= {item.path.name for item in window.session.recent.items()}


def test_an_edit_made_while_reading_survives(window, sample):
    window.session.start_new(changed(Project(), workload=sample.workload))
    window.importing.take_in([pipeline.sample_inputs().traces[1]])
    window.session.edit("gui.did.requirement", name="期间改名")
    settle(make_application(), window)
    assert window.session.project.trace is not None and window.session.project.name == "期间改名"


# Questions -------------------------------------------------------------------------------------------------------------------------------


def test_a_second_trace_becomes_the_comparison(window, asked):
    first, other = pipeline.sample_inputs().traces[:2]
    came = asked((SecondTraceDialog, lambda dialog: dialog.accept()))
    take(window, first)
    assert not came
    take(window, other)
    assert window.session.project.trace.files[0].name == first.name
    assert window.session.project.comparison.files[0].name == other.name
    asked((SecondTraceDialog, lambda dialog: dialog.reject()))
    before = window.session.project
    take(window, other)
    assert window.session.project is before


def test_the_case_is_chosen_from_a_list(window, asked, tmp_path, sample):
    window.session.start_new(changed(Project(), workload=sample.workload))
    row = "{},{},nvidia-a800-sxm-80gb,8,{},samples/s\n"
    table = write(
        tmp_path,
        "m.csv",
        "case,workload,platform,gpus,speed,unit\n" + row.format("a", "BERT", 2) + row.format("b", sample.workload.name, 3),
    )

    def choose(dialog):
        assert dialog.chosen() == "b"  # its name is that of the workload
        QTest.keyClick(dialog.table, Qt.Key.Key_Return)

    asked((CaseDialog, choose))
    take(window, table)
    assert window.session.project.case == "b"


def test_unknown_files_are_asked_for_and_tables_explained_once(window, asked, tmp_path):
    table, notes = write(tmp_path, "采集 一.csv", ODD), write(tmp_path, "notes.txt", "hello")

    def name_it(dialog):
        box = dialog._boxes[table]
        box.setCurrentIndex(box.findData("trace"))
        dialog.accept()

    def explain(dialog):
        assert [line.role.currentData() for line in dialog.lines] == ["ignore", "device", "metric", "metric"]
        assert "合理" in dialog.lines[2].verdict.text()
        line = dialog.lines[0]
        line.role.setCurrentIndex(line.role.findData("time"))
        line.unit.setCurrentIndex(line.unit.findData("ms"))
        dialog.accept()

    came = asked((PurposeDialog, name_it), (MappingDialog, explain))
    take(window, table, notes)
    assert window.session.project.trace.duration_ns == 59 * 10**6
    assert {device.id for device in window.session.project.trace.devices} == {"0", "1"}
    again = write(tmp_path, "采集 二.csv", ODD)
    window.session.start_new()
    window.importing.take_as(again, "trace")
    settle(make_application(), window)
    assert window.session.project.trace.files[0].name == "采集 二.csv" and came == [PurposeDialog, MappingDialog]


def test_a_wrong_unit_is_told_at_once_and_metrics_are_found_by_letters(window, tmp_path):
    dialog = MappingDialog(pipeline_preview(write(tmp_path, "t.csv", ODD)), window.look, window)
    line = dialog.lines[2]
    line.unit.setCurrentIndex(line.unit.findText("0..1"))
    assert "不合理" in line.verdict.text() and line.verdict.property("tone") == "bad"
    line.metric.setEditText("功耗")
    assert line.mapping.metric == "power_w" and line.mapping.unit == "W"
    for place in (2, 3):
        dialog.lines[place].role.setCurrentIndex(3)
    assert not dialog.go_on.isEnabled()
    dialog.deleteLater()


def pipeline_preview(path):
    from app.engine.reading import preview_table

    return preview_table(path)


def test_a_guessed_column_is_a_card_with_a_way_to_check_it(window, tmp_path):
    rows = "".join(f"2026-01-01 00:00:{n:02},{n / 100},{n}\n" for n in range(30))
    take(window, write(tmp_path, "t.csv", "time,gpu_util,voltage\n" + rows))
    (card,) = window.errors.cards()
    assert card.notice.tone == "warn" and card.notice.ways[0].text == "核对各列…" and "voltage" in card.notice.why


# Pasting and typing ----------------------------------------------------------------------------------------------------------------------


def test_output_of_commands_pasted_on_the_requirement_page_fills_its_blanks(window):
    board, session = QGuiApplication.clipboard(), window.session
    board.setText("torch==2.1.0\ntorch-npu==2.1.0.post6\n| npu-smi 24.1.rc2   Version: 24.1.rc2 |\n")
    window.show_page("requirement")
    window.setFocus()
    window.do("paste")
    assert (session.project.workload.framework, session.project.workload.driver) == ("pytorch 2.1.0", "24.1.rc2")
    session.undo()
    assert session.project.workload is None or session.project.workload.driver == ""


def test_paste_takes_text_of_a_table_paths_and_nothing_in_a_field(window, tmp_path):
    board, rows = QGuiApplication.clipboard(), "".join(f"2026-01-01 00:00:{n:02},{n}\n" for n in range(30))
    board.setText("time,GPU util (%)\n" + rows)
    window.do("paste")
    settle(make_application(), window)
    assert window.session.project.trace.files[0].name == "剪贴板.csv"
    board.setText(f'"{sample_folder() / "run.toml"}"')
    field = window.pages["profile"].findChildren(QLabel)  # no field has the focus
    assert field
    window.do("paste")
    settle(make_application(), window)
    assert window.session.project.workload is not None
    window.session.start_new()
    field = window.pages["profile"].findChild(EmptyState).area.field
    field.setFocus()
    board.setText(str(sample_folder() / "run.toml"))
    window.do("paste")
    settle(make_application(), window)
    assert window.session.project.workload is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a,b\n1,2", "csv"), ("a\tb\n1\t2", "csv"), ('{"a": 1}', "json"), ('[workload]\ntask = "hpc"', "toml"), ("C:\\a\\b.csv", ""),
        ("/a/b, c.csv\n/a/d.csv", ""), ("\\\\nas\\x\\y.gz", ""), ("hello", ""),
    ],
)  # fmt: skip
def test_what_a_text_is(text, kind):
    assert kind_of_text(text) == kind


def test_paths_are_typed_in_every_way():
    assert typed_paths('"/a/b c.csv";/d/e.csv') == [Path("/a/b c.csv"), Path("/d/e.csv")]
    assert typed_paths("/a/甲 乙.csv\n/b.csv\n") == [Path("/a/甲 乙.csv"), Path("/b.csv")]
    assert typed_paths('"\\\\nas\\trace\\r 3.gz"') == [Path("\\\\nas\\trace\\r 3.gz")]


def test_the_path_field_opens_and_says_what_is_missing(window, tmp_path):
    field = window.pages["profile"].findChild(EmptyState).area.field
    field.setFocus()
    QTest.keyClicks(field, str(tmp_path / "gone.csv"))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.property("problem") and "gone.csv" in field.toolTip()
    field.setText(f'"{sample_folder() / "run.toml"}"; {pipeline.sample_inputs().traces[1]}')
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(make_application(), window)
    assert window.session.project.workload is not None and window.session.project.trace is not None


# Pages without data, states --------------------------------------------------------------------------------------------------------


def test_a_page_says_what_is_there_and_what_is_missing(window, sample):
    window.session.start_new(changed(sample, prices=None, selection=None))
    settle(make_application(), window)
    window.show_page("plans")
    shown = texts(window.pages["plans"])
    assert "缺报价表" in shown and {"运行描述", "预测", "报价表"} <= set(shown.split("\n"))
    assert window.rail._items["plans"].state == "empty"


def test_what_must_be_looked_at_is_counted_in_the_rail(window, sample):
    window.session.start_new(changed(sample, trace=replace(sample.trace, skipped={"skipped.bad_row": 5000})))
    item = window.rail._items["profile"]
    assert (item.state, item.count) == ("problem", 1) and "5000" in item.toolTip()
    assert "1 处需要查看" in texts(window.pages["profile"])


def test_stale_numbers_stay_with_a_button_to_recompute(window, sample):
    window.show_page("assessment")
    window.session.start_new(sample)
    settle(make_application(), window)
    window.session.replace("gui.did.workload", changed(sample, workload=replace(sample.workload, name="x")))
    page = window.pages["assessment"]
    assert page.state() == "stale" and page.has_content() and "依据已变化" in texts(page)
    settle(make_application(), window)
    assert page.state() == "done" and "依据已变化" not in texts(page)


def test_errors_are_cards_that_escape_closes_before_jobs(window, sample):
    window.session.start_new(sample)
    for number in range(5):
        window.session.failed.emit(EngineError("reading.not_found", file=f"/x/{number}.csv"))
    assert [card.what for card in window.errors.cards()] == [f"{number}.csv: 文件不存在" for number in (4, 3, 2, 1, 0)]
    assert window.errors.isVisible() and window.errors.height() < 260
    assert window.errors.cards()[0].notice.ways[0].text == "重新选择…"
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.errors.cards() and not window.errors.isVisible() and not window.desk.failures
    started = window.session.jobs.start(
        "gui.job.read", lambda progress: [progress(0.5, "") or time.sleep(0.005) for _ in range(2000)], lambda _made: None
    )
    assert started in window.session.jobs.running
    QTest.keyClick(window, Qt.Key.Key_Escape)
    settle(make_application(), window)
    assert not window.session.jobs.running and not window.can_escape()


def test_a_page_without_data_shows_what_failed(window):
    window.session.failed.emit(EngineError("reading.packing_damaged", file="/x/rank7.json.gz"))
    shown = texts(window.pages["profile"].findChild(EmptyState))
    assert "刚才没能读取" in shown and "rank7.json.gz: 压缩文件损坏或不完整" in shown
    assert not window.errors.isVisible()
    window.errors.cards()[0].findChildren(QAbstractButton)[-1].click()  # its cross, as seen on a page with data
    assert not window.desk.failures and not any(one.isVisible() for one in window.findChildren(QLabel) if one.text() == "刚才没能读取")


# Verbs: menu, palette, keys -----------------------------------------------------------------------------------------------------------


def test_every_verb_is_in_the_menu_or_on_a_key_and_no_key_is_given_twice(window):
    for verb in window.verbs:
        assert verb.menu or verb.keys
        assert "." not in window.look.say(verb.code)
    keys = [QKeySequence(key).toString() for verb in window.verbs for key in verb.keys.split(" / ") if key]
    assert len(keys) == len(set(keys))
    items = [action.text().partition("\t")[0] for menu in window.menu.findChildren(QMenu) for action in menu.actions()]
    assert {window.look.say(verb.code) for verb in window.verbs if verb.menu} <= set(items)


def test_the_menu_knows_what_can_be_done(window, sample):
    def enabled(name):
        for menu in window.menu.findChildren(QMenu):
            menu.aboutToShow.emit()
            for action in menu.actions():
                if action.text().startswith(window.look.say(name)):
                    return action.isEnabled()
        raise AssertionError(name)

    assert not enabled("gui.action.undo") and not enabled("intake.action.export_documents")
    window.session.start_new(sample)
    window.session.edit("gui.did.requirement", name="x")
    assert enabled("gui.action.undo") and enabled("intake.action.export_documents")


def test_help_lists_keys_formats_and_licences(window):
    shown = [
        dialog.table.as_text()
        for dialog in (
            keys_dialog(window.verbs, window.look, window),
            formats_dialog(window.look, window),
            about_dialog(window.look, window),
        )
    ]
    assert "Ctrl+Shift+P" in shown[0] and "退回上一次缩放" in shown[0]
    assert all(name in shown[1] for name in ("dcgmi dmon", "run.toml"))
    assert "PySide6" in shown[2] and "OFL" in shown[2] and "Apache-2.0" in shown[2]


def test_the_palette_finds_everything_and_goes_there(window, sample):
    many = tuple(OperatorStat(f"void cutlass::Kernel<gemm_{n}_tn>", "compute", 1, 0.001, 0.0001) for n in range(5000))
    window.session.start_new(changed(sample, profile=replace(sample.profile, operators=many)))
    window.session.recent.add(write(Path(window.session.recent._settings.fileName()).parent, "某车企.sxp", ""))
    window.do("commands")
    palette = window.actions_.palette
    for letter in "gemm_4321":
        palette.field.insert(letter)
    assert [entry.text for entry in palette.shown()] == ["void cutlass::Kernel<gemm_4321_tn>"]
    for typed, section in (
        ("车企", "recent"),
        ("plans", "page"),
        ("undo", ""),
        ("910B2", "platform"),
        ("功耗", "track"),
        ("报价表模板", "command"),
    ):
        palette.field.setText(typed)
        assert section in {entry.section for entry in palette.shown()} or (not section and not palette.shown()), typed
    palette.field.setText("910B2")
    chosen = palette.shown()[0]
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.current == "platforms" and window.session.selected_platform in chosen.also
    assert "910B2" in window.look.product(window.session.selected_platform)
    window.actions_.show_commands()
    window.actions_.palette.field.setText("mi300x")
    QTest.keyClick(window.actions_.palette.field, Qt.Key.Key_Return)
    (shown,) = window.pages["platforms"].table.chosen()
    assert "MI300X" in window.look.product(shown)


def test_the_best_match_comes_first():
    found = ["export pdf", "open project", "undo", "redo", "open"]
    assert [found[place] for place in best("op", found, 9)] == ["open", "open project"]
    assert [found[place] for place in best("opj", found, 9)] == ["open project"]
    assert best("zz", found, 9) == [] and best("", found, 2) == [0, 1]
    assert letters("op pr", "Open project") == {0, 1, 5, 6}


@pytest.mark.parametrize(("key", "page"), list(enumerate((page.key for page in PAGES), 1)))
def test_pages_are_reached_by_their_number(window, key, page):
    QTest.keyClick(window, getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.ControlModifier)
    assert window.current == page


def test_ctrl_f_goes_to_the_field_of_the_page(window):
    window.show_page("platforms")
    window.do("find")
    assert QApplication.focusWidget() is window.find_field()


def test_a_new_look_keeps_the_cards(window, sample):
    window.session.start_new(sample)
    window.session.failed.emit(EngineError("reading.not_found", file="a.csv"))
    window.switch_theme()
    assert [card.what for card in window.errors.cards()] == ["a.csv: 文件不存在"]


def test_a_drop_that_is_called_off_changes_nothing(window, asked, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(write(tmp_path, "n.txt", "x y")))])
    asked((PurposeDialog, lambda dialog: dialog.reject()))
    QApplication.sendEvent(window.windowHandle(), QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE))
    QApplication.sendEvent(window.windowHandle(), QDropEvent(QPointF(300, 300), COPY, data, LEFT, NONE))
    settle(make_application(), window)
    assert window.session.project.trace is None and not window.session.is_modified and not window.errors.cards()


def test_the_capture_kit_is_written_from_menu_and_empty_page(window, tmp_path, monkeypatch, qtbot):
    monkeypatch.setattr("app.gui.actions.QFileDialog.getExistingDirectory", lambda *_words: str(tmp_path / "kit"))
    offered = next(one for one in window.findChildren(EmptyState)[0].findChildren(QLabel) if one.text() == "取采集脚本")
    assert offered.isVisibleTo(window)
    window.desk.do("capture_kit")
    qtbot.waitUntil((tmp_path / "kit" / "suanxuan-capture.ps1").is_file)
    assert sorted(path.name for path in (tmp_path / "kit").iterdir()) == ["README.txt", "suanxuan-capture.ps1", "suanxuan-capture.sh"]


def test_a_capture_fills_the_form_and_shows_its_environment(window, tmp_path):
    log = tmp_path / "host.log"
    ticks = "".join(f"@ 17955991{n:02d}\ncpu  {100 * n} 0 0 {100 * n} 0 0 0 0 0 0\n" for n in range(60))
    log.write_text(f"# SuanXuan capture 1\nos = Ubuntu 22.04.4 LTS\ncpu_arch = aarch64\nmemory_kib = 1056784000\n{ticks}")
    take(window, log)
    workload = window.session.project.workload
    assert (workload.os, workload.cpu_arch, workload.node.memory_gib) == ("Ubuntu 22.04.4 LTS", "aarch64", 1008)
    window.show_page("profile")
    settle(make_application(), window)
    notes = window.findChildren(NotesLine)[0]
    assert "环境 4 项" in notes.words
    dialog = notes.details()
    assert "os = Ubuntu 22.04.4 LTS" in dialog.findChild(Table).as_text()
    dialog.deleteLater()

"""The run profile page through its real widgets: timing view, comparison, radar, operators, conclusion, what was skipped."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit

from app.engine import pipeline
from app.engine.model.profiles import Communication, OperatorStat
from app.engine.model.traces import Alignment, Device, Series, SourceFile, Trace
from app.engine.profiling import characterise
from app.engine.progress import no_progress
from app.gui.align_dialog import AlignDialog
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.pages.profile_conclusion import conclusion_card, conclusion_text
from app.gui.pages.profile_notes import NotesLine
from app.gui.pages.profile_operators import OperatorsCard
from app.gui.pages.profile_runs import RunPill
from app.gui.pages.profile_timing import TimingCard
from app.gui.tour import settle
from app.gui.widgets.channels import AT_ONCE, channels_of
from app.gui.widgets.heat import HeatMap, rows_of
from app.gui.widgets.pyramid import Pyramid
from app.gui.widgets.radar import Radar
from app.gui.widgets.samples import EXACT_MOST, Samples, statistics
from app.gui.widgets.table import Table
from app.gui.widgets.timeline import ticks, time_text, unit_of
from app.gui.widgets.timing import TimingView
from app.gui.widgets.timing_export import save_png, save_svg, seen, write_csv
from app.gui.widgets.timing_rows import DEVICES, HEAT, MEAN
from app.gui.widgets.timing_scene import Scene, run_of

SECOND = 10**9


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.resize(1440, 900)
    made.show()
    yield made
    made.session.close()
    made.deleteLater()


@pytest.fixture
def page(window, sample):
    window.session.start_new(sample)
    window.show_page("profile")
    settle(make_application(), window)
    return window.pages["profile"]


def texts(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def trace_of(values, metric="gpu_utilisation", unit="", **fields):
    """Return a trace of 1 Hz with one device per row of values."""
    times = np.arange(values.shape[1], dtype=np.int64) * SECOND
    series = tuple(Series(metric, str(number), unit, times, row) for number, row in enumerate(values))
    devices = tuple(Device(str(number)) for number in range(len(values)))
    name = fields.pop("name", "small.csv")
    return Trace((SourceFile(name, "table", 1, f"hash of {name}"),), int(times[-1]), devices=devices, series=series, **fields)


def show(window, trace, **fields):
    project = pipeline.recompute(msgspec.structs.replace(window.session.project, trace=trace, **fields))
    window.session.start_new(project)
    window.show_page("profile")
    settle(make_application(), window)
    return window.pages["profile"]


# The core -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 100, 5000, 300_000])
def test_the_pyramid_keeps_every_peak(count):
    generator = np.random.default_rng(1)
    time_ns, values = np.arange(count, dtype=np.int64) * 1000, generator.normal(size=count)
    if count > 10:
        values[count // 3], values[count // 2] = 99.0, -99.0
    shown = Pyramid(time_ns, values).view(0, max(1, count * 1000), 800)
    assert len(shown.time_s) == len(shown.values) <= 4 * 800
    if count:
        assert shown.values.max() == pytest.approx(values.max()) and shown.values.min() == pytest.approx(values.min())


def test_the_pyramid_keeps_a_peak_wherever_the_view_begins():
    values = np.zeros(200_000)
    values[123_456] = 7.0
    pyramid = Pyramid(np.arange(200_000, dtype=np.int64), values)
    for start in range(100_000, 123_456, 1_733):
        assert pyramid.view(start, start + 60_000, 300).values.max() == 7.0


def test_missing_samples_stay_missing_in_every_level():
    values = np.ones(100_000)
    values[40_000:60_000] = np.nan
    shown = Pyramid(np.arange(100_000, dtype=np.int64), values).view(0, 100_000, 200)
    gap = np.isnan(shown.values)
    assert gap.mean() == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("count", [10, 70_000])
def test_statistics_of_a_stretch_are_those_of_its_samples(count):
    generator = np.random.default_rng(2)
    values = generator.random(count)
    values[::7] = np.nan
    times = np.arange(count, dtype=np.int64) * 10
    samples = Samples(times, values)
    first, last = count // 5, count * 4 // 5
    told = statistics([samples, samples], int(times[first]), int(times[last]), exact=True)
    inside = values[first : last + 1]
    assert told.mean == pytest.approx(np.nanmean(inside))
    assert told.maximum == np.nanmax(inside)
    assert told.p95 == pytest.approx(np.nanpercentile(np.concatenate((inside, inside)), 95))


def test_only_the_p95_of_very_many_samples_is_rough_and_says_so():
    values = np.random.default_rng(3).random(3 * EXACT_MOST)
    samples = Samples(np.arange(len(values), dtype=np.int64), values)
    rough, exact = (statistics([samples], 0, len(values), exact=exact) for exact in (False, True))
    assert rough.is_rough and not exact.is_rough
    assert (rough.mean, rough.maximum) == (exact.mean, exact.maximum) and rough.p95 == pytest.approx(exact.p95, abs=0.01)
    assert statistics([samples], -10, -5) is None


def test_a_heat_map_of_many_cards_merges_them_and_hides_no_gap():
    assert [row.name for row in rows_of(["0", "1"])] == ["0", "1"]
    nodes = rows_of([f"rank{node}:{card}" for node in range(16) for card in range(8)])
    assert len(nodes) == 16 and nodes[3].devices == tuple(range(24, 32))
    assert len(rows_of([str(number) for number in range(1000)])) <= 64
    several = rows_of([f"node{node}:{card}" for node in range(129) for card in range(8)])
    assert several[8].name == "node24–26" and len(several[8].devices) == 24 and len(several) == 43
    assert rows_of([f"{host}x:{card}" for host in "abcdefghi" * 8 for card in range(9)])[0].name == "ax"
    values = np.ones(100)
    values[50:60] = np.nan
    cells = HeatMap([Samples(np.arange(100, dtype=np.int64) * SECOND, values)] * 2, ["0", "1"]).cells(0, 100 * SECOND, 200)
    assert np.isnan(cells[0, 101:119]).all() and not np.isnan(cells[0, :98]).any()


@pytest.mark.parametrize(("end", "step", "last", "unit"), [(600, 100, "600", "s"), (0.004, 0.001, "4", "ms"), (36000, 7200, "10", "h")])
def test_the_ticks_of_the_axis_are_round_in_its_unit(end, step, last, unit):
    found, moments = ticks(0.0, end, 6)
    assert found == pytest.approx(step) and 3 <= len(moments) <= 7
    assert (time_text(moments[-1], found, end), unit_of(end)[1]) == (last, unit)


# The timing view ------------------------------------------------------------------------------------------------------------------------


def test_the_region_has_the_statistics_of_its_samples(page, qtbot):
    view = page.timing
    view.timeline.choose((30.0, 60.0))
    view.tell_numbers()
    channel = view.rows[0].channel
    inside = np.concatenate([one.values[(one.time_ns >= 30e9) & (one.time_ns <= 60e9)] for one in channel.series])
    line = view.statistics_text().splitlines()[1].split("\t")
    assert line[1] == page.look.number(float(np.nanmean(inside)) * 100, 1)
    assert line[4] == page.look.number(channel.whole.mean, 1) != line[1]
    assert "30.0 – 60.0 s" in view.top.region_words()


def test_every_key_of_the_view_does_its_work(page, qtbot):
    view, line = page.timing, page.timing.timeline
    whole = line.span_s
    qtbot.keyClick(view.canvas, Qt.Key.Key_W)
    assert line.span_s < whole
    start = line.start_s
    qtbot.keyClick(view.canvas, Qt.Key.Key_D)
    assert line.start_s > start
    qtbot.keyClick(view.canvas, Qt.Key.Key_A)
    assert line.start_s == pytest.approx(start)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Backspace)
    assert line.start_s > start
    qtbot.keyClick(view.canvas, Qt.Key.Key_F)
    assert line.span_s == whole
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    before = line.cursor_s
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    assert line.cursor_s > before
    assert page.look.say("profiling.state.measured") in view.readings()
    qtbot.keyClick(view.canvas, Qt.Key.Key_R)
    assert line.region_s == pytest.approx((whole / 4, whole * 3 / 4))
    qtbot.keyClick(view.canvas, Qt.Key.Key_R)
    assert line.region_s is None


def test_a_marker_takes_a_note_and_is_removed(page, qtbot):
    view, line = page.timing, page.timing.timeline
    line.point(100.0)
    qtbot.keyClick(view.canvas, Qt.Key.Key_M)
    field = view.top.findChild(QLineEdit)
    field.setText("数据加载慢")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [(marker.time_s, marker.note) for marker in line.markers] == [(100.0, "数据加载慢")]
    view.top.repaint()
    assert view.top.flag_at(QPoint(round(view.canvas.x_of(100.0)) + 4, 10)) is line.markers[0]
    qtbot.keyClick(view.canvas, Qt.Key.Key_Delete)
    assert line.markers == ()


def test_the_mouse_zooms_pans_and_drags_the_region(page, qtbot):
    canvas, line = page.timing.canvas, page.timing.timeline

    def drag(begin_s, end_s, keys=Qt.KeyboardModifier.NoModifier):
        places = [QPoint(round(canvas.x_of(time_s)), 20) for time_s in (begin_s, end_s)]
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, keys, places[0])
        qtbot.mouseMove(canvas, places[1])
        canvas.mouseMoveEvent(mouse_move(places[1], keys))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, keys, places[1])

    def mouse_move(place, keys):
        from PySide6.QtCore import QEvent
        from PySide6.QtGui import QMouseEvent

        where, buttons = QPointF(place), Qt.MouseButton
        return QMouseEvent(QEvent.Type.MouseMove, where, canvas.mapToGlobal(where), buttons.NoButton, buttons.LeftButton, keys)

    drag(100.0, 200.0)
    assert (line.start_s, line.end_s) == pytest.approx((100.0, 200.0), abs=1.0)
    drag(180.0, 160.0, Qt.KeyboardModifier.ShiftModifier)
    assert line.start_s == pytest.approx(120.0, abs=1.0)
    line.back()
    assert line.start_s == pytest.approx(100.0, abs=1.0)
    drag(120.0, 140.0, Qt.KeyboardModifier.ControlModifier)
    assert line.region_s == pytest.approx((120.0, 140.0), abs=1.0)
    drag(line.region_s[1], 170.0)
    assert line.region_s == pytest.approx((120.0, 170.0), abs=1.0)


def test_the_axis_is_whole_and_tells_its_unit(page):
    axis = page.timing.axis
    labels = axis.labels()
    assert labels[-1][1].endswith(" s") and axis.visibleRegion().boundingRect() == axis.rect()
    for box, _words in labels:
        assert box.left() >= 0 and box.right() <= axis.width() and box.bottom() <= axis.height()
    assert all(one.right() <= other.left() for (one, _), (other, _) in zip(labels, labels[1:], strict=False))


def test_rows_are_folded_turned_hidden_and_chosen(page, qtbot):
    view = page.timing
    card = next(card for card in page.findChildren(TimingCard))
    assert [row.channel.metric for row in view.rows] == [
        "gpu_utilisation",
        "tensor_core",
        "vram_bandwidth",
        "nvlink_rx_gbs",
        "gpu_utilisation",
    ]
    first = view.rows[0]
    arrow = view.canvas.heads[0].findChildren(type(card.tools.itemAt(0).widget()))[0]
    height = first.height
    qtbot.mouseClick(arrow, Qt.MouseButton.LeftButton)
    assert first.is_folded and first.height < height / 2
    view.turn(view.rows[1], HEAT)
    assert view.rows[1].kind == HEAT and view.rows[1].lines == 8
    view.hide_row(view.rows[1])
    assert not view.shows("tensor_core", heat=True) and "显示 3" in card.hint.text()
    menu = card.channel_menu()
    power = next(action for action in menu.actions() if action.text() == page.look.say("proposing.metric.power_w"))
    power.setChecked(True)
    assert view.shows("power_w")
    assert "显示 4" in card.hint.text()
    power.setChecked(False)
    assert not view.shows("power_w")
    view.turn(view.rows[-2], DEVICES)
    assert view.rows[-2].kind == MEAN  # eight devices are too many for a curve each


def test_the_slowest_card_is_named_with_its_numbers(window):
    values = np.full((8, 100), 0.9)
    values[5] = 0.4
    values[3, 20:30] = np.nan
    view = show(window, trace_of(values)).timing
    heat = next(row for row in view.rows if row.kind == HEAT)
    assert heat.worst == 5
    lines = view.canvas.numbers[id(heat)].lines
    assert lines[5].mean == pytest.approx(40.0) and lines[0].mean == pytest.approx(90.0)
    assert "5: 40.0" in heat.readings(50.0, window.look, 5)


def test_the_slowest_of_very_many_cards_stands_above_the_merged_ones(window):
    values = np.full((100, 50), 0.9)
    values[77] = 0.1
    heat = next(row for row in show(window, trace_of(values)).timing.rows if row.kind == HEAT)
    assert heat.names()[0] == ("77", (77,)) and heat.lines == 51
    assert heat.readings(10.0, window.look, 0) == ["77: 10.0"]
    window.grab()


def test_few_devices_have_a_curve_each(window):
    view = show(window, trace_of(np.random.default_rng(4).random((3, 50)))).timing
    view.turn(view.rows[0], DEVICES)
    assert view.rows[0].kind == DEVICES and len(view.rows[0].channel.curves) == 3
    assert " – " in view.rows[0].readings(10.0, window.look)[0]
    view.grab()


def test_what_is_long_is_prepared_in_the_background(qtbot):
    trace, jobs = trace_of(np.random.default_rng(5).random((2, AT_ONCE))), []
    scene = Scene(run_of(channels_of(trace), trace.duration_ns), None)
    view = TimingView(scene, Look("zh", "light"), lambda *job: jobs.append(job))
    qtbot.addWidget(view)
    view.show()
    view.grab()
    assert len(jobs) == 1 and not view.rows[0].channel.is_ready and not view.canvas.numbers
    work, done, _stopped = jobs.pop()
    done(work(no_progress))
    assert view.canvas.numbers[id(view.rows[0])].whole.maximum == pytest.approx(trace.series[0].values.max() * 100, abs=0.1)
    view.timeline.choose((0.0, AT_ONCE / 2))
    view.tell_numbers()
    assert "≈" in view.statistics_text()
    qtbot.waitUntil(lambda: bool(jobs))
    work, done, _stopped = jobs.pop()
    done(work(no_progress))
    assert "≈" not in view.statistics_text()


def test_zoom_region_and_markers_outlive_a_change_of_theme(window, page):
    line = page.timing.timeline
    line.show(10.0, 50.0)
    line.choose((20.0, 30.0))
    line.mark(25.0, "甲")
    window.switch_theme()
    again = window.pages["profile"].timing
    assert again is not page.timing and again.timeline.region_s == (20.0, 30.0)
    assert (again.timeline.start_s, again.timeline.markers[0].note) == (10.0, "甲")


def test_the_view_leaves_as_picture_drawing_and_samples(page, tmp_path):
    view = page.timing
    view.timeline.show(100.0, 110.0)
    save_png(view, tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).width() == 2 * view.width()
    save_svg(view, tmp_path / "a.svg")
    drawing = (tmp_path / "a.svg").read_text("utf-8")
    assert "<polyline" in drawing and page.look.say("proposing.metric.tensor_core") in drawing
    count = write_csv(seen(view), tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "run,metric,device,unit,state,time_s,value" and len(lines) == count + 1
    assert count == 4 * 8 * 11 and lines[1].startswith('A,gpu_utilisation,"0",,measured,100,')


# Comparison -----------------------------------------------------------------------------------------------------------------------------


def test_a_comparison_is_imported_shown_swapped_and_cleared(window, page, qtbot):
    page.session.take_in_comparison(pipeline.sample_inputs().traces[:1])
    settle(make_application(), window)
    project = window.session.project
    assert project.comparison is not None and project.comparison_profile is not None
    assert window.look.say(window.session.undo_label) == "导入对比运行"
    assert [pill.accessibleName()[0] for pill in page.findChildren(RunPill)] == ["A", "B"]
    told = page.timing.rows[1].readings(100.0, page.look)
    assert len(told) == 2 and told[1].startswith("B ")
    table = next(table for table in page.findChildren(Table) if table.accessibleName() == page.look.say("gui.card.radar"))
    assert table.as_text().splitlines()[0].split("\t")[1:4] == ["A", "B", "Δ"]
    first, second = project.trace, project.comparison
    page.swap()
    settle(make_application(), window)
    assert window.session.project.trace is second and window.session.project.comparison is first
    page.clear_comparison()
    settle(make_application(), window)
    assert window.session.project.comparison is None and window.session.project.comparison_profile is None
    assert len(page.findChildren(RunPill)) >= 1 and page.timing.rows[0].other is None


# The cards ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_words_of_the_radar_are_whole_and_apart(window, sample, lang):
    window.switch_language(lang)
    window.session.start_new(sample)
    window.show_page("profile")
    settle(make_application(), window)
    radar = window.pages["profile"].findChild(Radar)
    boxes = [box for box, _words in radar.words()]
    assert all(box.left() >= 0 and box.right() <= radar.width() and box.top() >= 0 and box.bottom() <= radar.height() for box in boxes)
    assert not any(one.intersects(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_the_radar_tells_value_state_and_source(page, sample):
    radar = page.findChild(Radar)
    told = radar.told_at(radar.spot(0, 0.6))
    axis = sample.profile.axes[0]
    assert page.look.number(axis.value, 2) in told and page.look.say("profiling.state.measured") in told and "tensor_core" in told


def test_an_unknown_axis_is_hatched_and_never_zero(page):
    table = next(table for table in page.findChildren(Table) if table.accessibleName() == page.look.say("gui.card.radar"))
    cells = table.source.rows[1]
    assert cells[1].text == "—" and cells[1].hatched and cells[3].outline == "dashed"


def operators(*rows):
    return tuple(OperatorStat(name, kind, calls, seconds, share) for name, kind, calls, seconds, share in rows)


def test_operators_are_found_filtered_and_summed_up(sample, qtbot):
    found = operators(("gemm_64", "matrix", 3, 6.0, 0.6), ("ncclAllReduce", "communication", 2, 3.0, 0.3), ("memcpy", "copy", 1, 1.0, 0.1))
    profile = msgspec.structs.replace(sample.profile, operators=found, communication=Communication(0.3, 0.1))
    card = OperatorsCard(profile, Look("zh", "light"))
    qtbot.addWidget(card)
    card.show()
    assert card.hint.text() == "共 3 个 · 设备时间 10.00 s · 计算 0.60 · 通信 0.30（暴露 0.10）"
    assert [line.split("\t")[0] for line in card.table.as_text().splitlines()[1:]] == ["gemm_64", "ncclAllReduce", "memcpy"]
    card.find.setText("NCCL")
    assert card.table.as_text().splitlines()[1].startswith("ncclAllReduce") and len(card.table.as_text().splitlines()) == 2
    card.find.clear()
    action = next(action for action in card.filter_menu().actions() if action.text().startswith("矩阵乘"))
    action.setChecked(False)
    assert "gemm_64" not in card.table.as_text()
    action.setChecked(True)
    assert "gemm_64" in card.table.as_text()


def test_host_operators_alone_are_said_to_be_so(page):
    assert "仅有主机算子" in page.operators.hint.text()


def test_the_find_key_goes_to_the_operators(page, window, qtbot):
    window.activateWindow()
    qtbot.keyClick(page, QKeySequence(QKeySequence.StandardKey.Find)[0].key(), Qt.KeyboardModifier.ControlModifier)
    assert page.operators.find.hasFocus() or window.focusWidget() is page.operators.find


def test_what_was_skipped_and_warned_of_is_on_the_page(page, sample):
    line = page.findChild(NotesLine)
    assert "648" in line.words and page.look.say("skipped.flow") in line.words and "3 条提示" in line.words
    dialog = line.details()
    table = dialog.findChild(Table)
    for code, count in sample.trace.skipped.items():
        assert f"{page.look.say('page_profile.notes.reason', reason=page.look.say(code))}\t{count}" in table.as_text()
    assert page.look.tell(sample.profile.warnings[0]) in table.as_text()
    dialog.deleteLater()


def test_a_snapshot_says_why_there_is_no_curve(window):
    page = show(window, trace_of(np.ones((1, 2)), is_snapshot=True))
    assert page.timing is None and page.look.say("gui.snapshot") in texts(page)


def test_the_conclusion_is_copied_as_text(page, sample):
    told = conclusion_text(sample.profile, page.look)
    assert page.look.say("profiling.class.compute") in told and page.look.tell(sample.profile.advice[0].text) in told
    assert "IO —" in told and told.splitlines()[3].startswith("• Tensor Core")


def test_copying_the_view_copies_its_statistics(page, qtbot):
    qtbot.keyClick(page.timing.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[1] == "均值" and len(lines) == 1 + 4 + 8 + 1


def test_the_files_of_a_run_are_moved_on_its_time_axis(window, tmp_path, qtbot):
    paths = []
    for name, metric in (("a.csv", "gpu_util(%)"), ("b.csv", "disk_read(MB/s)")):
        paths.append(tmp_path / name)
        paths[-1].write_text(f"time,{metric}\n" + "".join(f"{second}.0,{50 + second % 7}\n" for second in range(40)))
    window.take_in(paths)
    settle(make_application(), window)
    window.show_page("profile")
    page = window.pages["profile"]
    assert [one.how for one in page.project.trace.alignments] == ["absolute", "start"]
    page.align()
    dialog = window.findChild(AlignDialog)
    assert dialog.fields["b.csv"].isEnabled() and dialog.offsets_ns() == {}
    qtbot.keyClicks(dialog.fields["b.csv"], "2.5")
    dialog.grab().save(str(tmp_path / "align.png"))
    dialog.go_on.click()
    settle(make_application(), window)
    moved = next(one for one in window.session.project.trace.series if one.metric == "disk_read_gbs")
    assert moved.time_ns[0] == 2_500_000_000 and window.session.project.trace.alignments[1].how == "manual"
    window.session.undo()
    assert window.session.project.trace.alignments[1].how == "start"


def test_files_of_an_opened_project_cannot_be_moved_and_it_says_why(window, qtbot):
    alignments = (Alignment("a.csv", 0, "absolute"), Alignment("b.csv", 0, "start", 0.0))
    page = show(window, trace_of(np.ones((1, 5)), alignments=alignments))
    page.align()
    dialog = window.findChild(AlignDialog)
    assert not dialog.go_on.isEnabled() and window.look.say("align.no_files") in texts(dialog)
    dialog.reject()


def test_the_chip_of_the_conclusion_says_how_the_class_was_got(window, sample):
    """A busy card beside quiet links: the class is an estimate although every figure was measured."""
    window.session.start_new(sample)
    time = np.arange(60, dtype=np.int64) * SECOND
    means = {"gpu_utilisation": 0.95, "nvlink_rx_gbs": 7.0, "nvlink_tx_gbs": 7.0}
    for more, state in (({}, "estimated"), ({"tensor_core": 0.42}, "measured")):
        series = tuple(Series(metric, "0", "", time, np.full(60, mean)) for metric, mean in (means | more).items())
        trace = Trace((SourceFile("t", "table", 1, f"x{state}"),), int(time[-1]), devices=(Device("0"),), series=series)
        profile = characterise(trace, platform=None)
        card = conclusion_card(profile, None, window.look)
        assert profile.load_class == "compute" and window.look.say(f"profiling.state.{state}") in texts(card)
        card.deleteLater()

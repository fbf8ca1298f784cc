"""The lanes of the timing view through their real widgets: what stands where, hover, picking, search, steps, pinning, views, export."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent

from app.engine import pipeline
from app.engine.model.profiles import Steps
from app.engine.model.projects import Project
from app.engine.model.traces import Device, Events, Series, SourceFile, Trace
from app.engine.progress import no_progress
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.theme import THEMES
from app.gui.tour import settle
from app.gui.widgets import lane_state
from app.gui.widgets.lane_export import seen_events, write_events
from app.gui.widgets.lane_heads import LaneHead
from app.gui.widgets.lane_kinds import DATA, KINDS, LEAST_CONTRAST, colours, contrast, inks
from app.gui.widgets.lane_layers import layers_of
from app.gui.widgets.lane_paint import bare_name
from app.gui.widgets.lane_state import LaneState
from app.gui.widgets.lanes import lane_groups
from app.gui.widgets.timeline import Step
from app.gui.widgets.timing import TimingView
from app.gui.widgets.timing_export import save_png, save_svg, seen
from app.gui.widgets.timing_scene import Run, Scene
from app.gui.widgets.timing_steps import seen_bounds, step_labels, steps_of
from app.gui.widgets.timing_views import forget, go_to, save_view, views_menu

MS = 1_000_000
DEVICES = (Device("0"), Device("host", "host"))
CATEGORIES = ("kernel", "memcpy", "collective", "cpu_op", "runtime", "annotation", "python")
SHAPE = "[[8, 64], [64, 64]]"


def events_of(*rows):
    """Return events from (name, category, device, stream, start ms, length ms, correlation, bytes, has a shape)."""
    rows = sorted((row + (-1, -1, False)[len(row) - 6 :] for row in rows), key=lambda row: row[4])
    names, devices = tuple(dict.fromkeys(row[0] for row in rows)), ("0", "host")
    column = lambda values, kind: np.array(list(values), kind)  # noqa: E731
    return Events(
        names, CATEGORIES, devices, (SHAPE,),
        column((names.index(row[0]) for row in rows), np.int32), column((CATEGORIES.index(row[1]) for row in rows), np.int32),
        column((devices.index(row[2]) for row in rows), np.int32), column((row[3] for row in rows), np.int64),
        column((row[4] * MS for row in rows), np.int64), column((row[5] * MS for row in rows), np.int64),
        column((row[6] for row in rows), np.int64), column((0 if row[8] else -1 for row in rows), np.int32),
        column((row[7] for row in rows), np.int64),
    )  # fmt: skip


SMALL = events_of(
    ("ProfilerStep#7", "annotation", "host", 11, 0, 48),
    ("ProfilerStep#8", "annotation", "host", 11, 50, 48),
    ("aten::linear", "cpu_op", "host", 11, 2, 40),
    ("aten::addmm", "cpu_op", "host", 11, 4, 30, -1, -1, True),
    ("cudaLaunchKernel", "runtime", "host", 11, 6, 4, 5),
    ("module.py(1): forward", "python", "host", 11, 1, 90),
    ("void cutlass::gemm_kernel<float, 4>(int)", "kernel", "0", 7, 10, 30, 5, -1, True),
    ("softmax_forward", "kernel", "0", 7, 45, 20),
    ("Memcpy HtoD", "memcpy", "0", 7, 70, 25, -1, 25_000_000),
    ("ncclDevKernel_AllReduce", "collective", "0", 20, 20, 60, -1, 1_000_000),
)


def trace_of(events, duration_ms=100, **fields):
    return Trace((SourceFile("a.json", "kineto", 1, "hash"),), duration_ms * MS, devices=DEVICES, events=events, **fields)


@pytest.fixture
def window(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.resize(1440, 900)
    made.show()
    yield made
    made.session.close()
    made.deleteLater()


@pytest.fixture
def page(window):
    window.session.start_new(pipeline.recompute(Project(trace=trace_of(SMALL))))
    window.show_page("profile")
    settle(make_application(), window)
    return window.pages["profile"]


def view_of(qtbot, events, *, start=lambda *_job: None, height=700):
    state = LaneState(events, DEVICES)
    scene = Scene(Run((), 0.1), None, state)
    view = TimingView(scene, Look("zh", "light"), start)
    qtbot.addWidget(view)
    view.resize(1000, height)
    view.show()
    make_application().processEvents()
    return view


def lane_of(view, key):
    return next(item for item in (*view.pinned.items, *view.canvas.items) if item.lane is not None and item.lane.key == key)


def spot(view, key, layer, ms):
    item = lane_of(view, key)
    return QPoint(round(view.canvas.x_of(ms / 1e3)), round(item.line(layer, 0, 1).center().y()))


def colour_at(view, place):
    return view.canvas.grab().toImage().pixelColor(place)


def name_of(view):
    return view.scene.lanes.marked


# Lanes and layers -----------------------------------------------------------------------------------------------------------------------


def test_events_lie_in_lanes_by_device_stream_and_thread():
    groups = lane_groups(SMALL, DEVICES)
    assert [group.key for group in groups] == ["device:0", "threads:host", "python:host"]
    assert [[lane.stream for lane in group.lanes] for group in groups] == [[7, 20], [11], [11]]
    host = groups[1].lanes[0]
    assert [len(layer) for layer in host.layers] == [2, 1, 1, 1]  # steps above, then linear ⊃ addmm ⊃ launch
    assert groups[2].is_folded and not groups[0].is_folded
    assert groups[0].lanes[0].busy(0, 100 * MS) == pytest.approx(0.75)
    assert groups[0].lanes[0].busy(20 * MS, 50 * MS) == pytest.approx(25 / 30)
    assert host.busy(0, 100 * MS) == pytest.approx(0.4)  # annotations are no work


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_boxes_of_a_layer_never_overlap_and_none_is_lost(seed):
    generator = np.random.default_rng(seed)
    start = np.sort(generator.integers(0, 20_000, 3000))
    end = start + generator.integers(1, 40, 3000)
    layers, deeper = layers_of(start, end, np.arange(3000, dtype=np.int32), np.zeros(3000, np.uint8), 30)
    assert deeper == 0 and sorted(np.concatenate([layer.place for layer in layers]).tolist()) == list(range(3000))
    for layer in layers:
        assert (layer.start_ns[1:] >= layer.end_ns[:-1]).all()
    open_at_once = max(int(((start <= moment) & (end > moment)).sum()) for moment in start)
    assert len(layers) == open_at_once  # no more layers than are needed


def test_what_lies_too_deep_is_counted():
    start, count = np.arange(20), 20
    layers, deeper = layers_of(start, np.full(count, 100), np.arange(count, dtype=np.int32), np.zeros(count, np.uint8), 12)
    assert len(layers) == 12 and deeper == 8


def test_columns_hold_the_busy_share_and_the_kind_that_takes_most():
    layer = lane_groups(SMALL, DEVICES)[0].lanes[0].layers[0]
    share, kind = layer.occupied(np.array([0, 20, 42, 60, 100]) * MS)
    assert share == pytest.approx([0.5, 20 / 22, 15 / 18, 30 / 40])
    assert [KINDS[one] for one in kind] == ["matrix", "matrix", "elementwise", "copy"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_on_boxes_are_readable_and_data_colours_at_most_six(theme):
    look = THEMES[theme]
    for colour, ink in zip(colours(look), inks(look), strict=True):
        assert not ink or contrast(ink, colour) >= LEAST_CONTRAST
    assert all(inks(look)[KINDS.index(kind)] for kind in DATA) and len(set(DATA.values())) == 6


def test_names_are_shown_without_their_namespaces():
    assert bare_name("void at::native::vectorized_kernel<4, float>(int)") == "vectorized_kernel"
    assert bare_name("aten::linear") == "aten::linear" and bare_name("void (anonymous)") != ""


# What is seen ---------------------------------------------------------------------------------------------------------------------------


def test_boxes_are_painted_where_they_lie_in_the_colour_of_their_kind(qtbot):
    view, theme = view_of(qtbot, SMALL), THEMES["light"]
    for key, ms, kind in (("device:0:7", 39, "matrix"), ("device:0:7", 63, "elementwise"), ("device:0:20", 79, "communication")):
        assert colour_at(view, spot(view, key, 0, ms)) == QColor(colours(theme)[KINDS.index(kind)]), kind
    assert colour_at(view, spot(view, "device:0:7", 0, 97.5)) == QColor(theme.surface)
    copy, dashed = (lane_of(view, key).line(0, 0, 1) for key in ("device:0:7", "device:0:20"))
    x = view.canvas.x_of(0.092)
    assert colour_at(view, QPoint(round(x), round(copy.bottom()) - 3)) == QColor(theme.surface)  # a copy has a line
    across = [colour_at(view, QPoint(round(view.canvas.x_of(0.06)) + step, round(dashed.bottom()) - 2)) for step in range(8)]
    assert QColor(theme.surface) in across and QColor(theme.data[1]) in across  # a collective has dashes


def test_very_many_boxes_become_columns(qtbot):
    generator = np.random.default_rng(1)
    rows = [("gemm_a", "kernel", "0", 7, float(start), 0.0004) for start in np.sort(generator.random(3000)) * 50]
    view = view_of(qtbot, events_of(*rows, ("softmax_b", "kernel", "0", 7, 60, 30)))
    lower = lane_of(view, "device:0:7").line(0, 0, 1).bottom()
    image = view.canvas.grab().toImage()
    left, right = (round(view.canvas.x_of(ms / 1e3)) for ms in (1, 49))
    blue = QColor(THEMES["light"].data[0])
    assert sum(image.pixelColor(x, round(lower) - 2) == blue for x in range(left, right)) > 0.9 * (right - left)
    assert colour_at(view, spot(view, "device:0:7", 0, 85)) == QColor(THEMES["light"].data[5])


def test_only_what_is_in_sight_is_painted(qtbot, monkeypatch):
    from app.gui.widgets import timing_canvas

    rows = [("gemm", "kernel", "0", stream, 0, 90) for stream in range(40)]
    view, painted = view_of(qtbot, events_of(*rows), height=260), []
    monkeypatch.setattr(timing_canvas, "paint_lane", lambda _painter, item, _ground: painted.append(item.lane.stream))
    assert len(view.canvas.items) == 1 + 16  # of very many lanes those with most events
    view.canvas.redraw()
    view.canvas.repaint()
    assert 0 < len(painted) < 16 and 0 in painted
    view.scroll_to(lane_of(view, "device:0:15").top)
    painted.clear()
    view.canvas.repaint()
    assert 15 in painted and 0 not in painted


def test_groups_fold_and_show_all_their_lanes(qtbot):
    rows = [("gemm", "kernel", "0", stream, 0, 90) for stream in range(20)]
    view = view_of(qtbot, events_of(*rows))
    head = view.canvas.lane_heads[0]
    assert isinstance(head, LaneHead) and head.accessibleName() == "设备 0"
    head.menu().actions()[0].trigger()
    assert len(view.canvas.items) == 21
    arrow = view.canvas.lane_heads[0].findChildren(type(head._menu_button))[0]
    qtbot.mouseClick(arrow, Qt.MouseButton.LeftButton)
    assert len(view.canvas.items) == 1
    view.grab()


def test_lanes_and_curves_share_their_axis(window):
    times = np.arange(0, 100, dtype=np.int64) * MS
    series = (Series("gpu_utilisation", "0", "", times, np.full(100, 0.5)),)
    window.session.start_new(pipeline.recompute(Project(trace=trace_of(SMALL, series=series))))
    window.show_page("profile")
    settle(make_application(), window)
    view = window.pages["profile"].timing
    assert len(view.rows) == 1 and view.canvas.items[0].top >= view.rows[0].height
    view.timeline.choose((0.0, 0.05))
    text = view.statistics_text().splitlines()
    busy = next(line for line in text if line.startswith("设备 0 流 7"))
    assert busy.split("\t")[1:] == ["70.0", "", "", "75.0"]


def test_what_is_long_is_laid_out_in_the_background(qtbot, monkeypatch):
    from app.gui.widgets import timing_scene

    monkeypatch.setattr(timing_scene, "LANES_AT_ONCE", 3)
    jobs = []
    view = view_of(qtbot, SMALL, start=lambda *job: jobs.append(job))
    assert len(jobs) == 1 and not view.canvas.items
    view.show_rows()
    assert len(jobs) == 1  # once is enough
    work, done, _stopped = jobs.pop()
    done(work(no_progress))
    assert len(view.canvas.items) == 6 and lane_state.AT_ONCE > 3


# Hover, picking, keys -------------------------------------------------------------------------------------------------------------------


def test_hovering_tells_everything_that_was_recorded(qtbot):
    view = view_of(qtbot, SMALL)
    told = view.canvas.told_at(QPointF(spot(view, "device:0:7", 0, 25)))
    for words in ("cutlass::gemm_kernel<float, 4>", "30.0 ms", "0.010", "设备 0", "流 7", "核函数", "aten::addmm", SHAPE, "5"):
        assert words in told, words
    copied = view.canvas.told_at(QPointF(spot(view, "device:0:7", 0, 80)))
    assert "25\u2009000\u2009000 B" in copied and "1.00 GB/s" in copied and "发起" not in copied
    assert view.canvas.told_at(QPointF(spot(view, "device:0:7", 0, 98))) == ""


def test_a_click_picks_and_escape_lets_go(qtbot):
    view = view_of(qtbot, SMALL)
    with qtbot.waitSignal(view.operator_picked) as told:
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=spot(view, "device:0:7", 0, 50))
    assert told.args == ["softmax_forward"] and view.scene.lanes.pick is not None
    view.canvas.grab()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert view.scene.lanes.pick is None and name_of(view) == ""


def test_arrows_go_from_box_to_box_and_space_tells(qtbot, monkeypatch):
    view, told = view_of(qtbot, SMALL), []
    keys = Qt.Key
    monkeypatch.setattr("PySide6.QtWidgets.QToolTip.showText", lambda _place, text, *_rest: told.append(text))
    seen_names = []
    for key in (keys.Key_Down, keys.Key_Right, keys.Key_Right, keys.Key_Right, keys.Key_Left, keys.Key_Down, keys.Key_Down):
        qtbot.keyClick(view.canvas, key)
        seen_names.append(name_of(view).split("(")[0][-20:])
    assert seen_names[1:5] == ["softmax_forward", "Memcpy HtoD", "Memcpy HtoD", "softmax_forward"]  # it stops at the end
    assert seen_names[5:] == ["ncclDevKernel_AllReduce"[-20:], "ProfilerStep#7"]
    qtbot.keyClick(view.canvas, keys.Key_Down)
    qtbot.keyClick(view.canvas, keys.Key_Up)
    assert name_of(view) == "ProfilerStep#7"
    qtbot.keyClick(view.canvas, keys.Key_Space)
    assert "ProfilerStep#7" in told[-1] and "48.0 ms" in told[-1]


def test_the_table_and_the_lanes_mark_the_same_operator(page):
    view, table = page.timing, page.operators.table
    names = [row[0].text for row in table.source.rows]
    state = view.scene.lanes
    gemm = next(place for place, name in enumerate(SMALL.names) if "gemm" in name)
    state.choose(state.pick_of(int(np.flatnonzero(SMALL.name == gemm)[0])))
    assert names[table.selected_rows()[0]] == SMALL.names[gemm]
    table.select_row(names.index("softmax_forward"))
    assert state.marked == "softmax_forward" and state.pick is None
    view.grab()
    table.clearSelection()
    assert state.marked == ""


def test_search_goes_from_hit_to_hit_and_counts(qtbot):
    rows = [("needle", "kernel", "0", 7, start, 0.0001) for start in (10, 50, 90)]
    view = view_of(qtbot, events_of(*rows, ("hay", "kernel", "0", 7, 20, 20)))
    qtbot.keyClick(view.canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.search.isVisible()
    field = view.search.field
    field.setText("NEED")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert view.search.count.text() == "1 / 3" and name_of(view) == "needle"
    assert view.timeline.start_s < 0.010 < view.timeline.end_s < 0.011  # too narrow to see: zoomed in
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert view.search.count.text() == "2 / 3" and view.timeline.start_s < 0.050 < view.timeline.end_s
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert view.search.count.text() == "3 / 3"  # round the end
    field.setText("nothing")
    view.search.find()
    assert view.search.count.text() == view.look.say("page_lanes.found_none")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not view.search.isVisible()


def test_search_unfolds_the_group_of_a_hit(qtbot):
    view = view_of(qtbot, SMALL)
    view.search.field.setText("forward")
    view.search.find()
    assert name_of(view) == "softmax_forward"  # Python frames only where nothing else is found
    view.search.field.setText("module.py")
    view.search.find()
    assert lane_of(view, "python:host:11").lane.count == 1


# Steps ----------------------------------------------------------------------------------------------------------------------------------


def double_click(canvas, place):
    where = QPointF(place)
    buttons = Qt.MouseButton
    kind, no_keys = QEvent.Type.MouseButtonDblClick, Qt.KeyboardModifier.NoModifier
    canvas.mouseDoubleClickEvent(QMouseEvent(kind, where, canvas.mapToGlobal(where), buttons.LeftButton, buttons.LeftButton, no_keys))


def test_steps_come_from_the_profile_or_else_from_annotations(page):
    trace = page.project.trace
    assert [(step.number, step.start_s, step.end_s) for step in steps_of(None, trace)] == [("7", 0.0, 0.048), ("8", 0.05, 0.098)]
    steps = Steps("period", (0, 20 * MS), (20 * MS, 40 * MS), 0.02, 0.02, 0.02, 0.0)
    profile = msgspec.structs.replace(page.project.profile, steps=steps)
    assert [step.number for step in steps_of(profile, trace)] == ["1", "2"]


def test_steps_that_lie_on_one_pixel_are_left_out(page):
    view = page.timing
    view.timeline.steps = (Step("1", 0.0, 1e-5), Step("2", 1e-5, 2e-5))
    assert step_labels(view.canvas) == [] == seen_bounds(view.canvas)
    view.timeline.show(0.0, 2e-5)
    assert [words for _box, words in step_labels(view.canvas)] == ["#1", "#2"]


def test_steps_that_are_written_as_operators_are_no_work():
    events = events_of(("ProfilerStep#1", "cpu_op", "host", 11, 0, 100), ("aten::mm", "cpu_op", "host", 11, 10, 20))
    lane = lane_groups(events, DEVICES)[0].lanes[0]
    assert lane.busy(0, 100 * MS) == pytest.approx(0.2) and lane.layers[0].kinds == [KINDS.index("annotation")]


def test_a_double_click_makes_the_step_the_region(page):
    view = page.timing
    assert len(view.timeline.steps) == 2
    assert len(step_labels(view.canvas)) == 2
    place = spot(view, "device:0:7", 0, 60)
    first = view.timeline.steps[1]
    double_click(view.canvas, place)
    assert view.timeline.region_s == pytest.approx((first.start_s, first.end_s))
    view.timeline.zoom(0.5)
    double_click(view.canvas, QPoint(round(view.canvas.x_of(0.06)), place.y()))
    assert view.timeline.span_s == view.timeline.duration_s  # the step is the region already: all of the run


# Pinning, views, offset -----------------------------------------------------------------------------------------------------------------


def test_lanes_and_rows_are_pinned_to_the_top(page):
    view = page.timing
    item = lane_of(view, "device:0:20")
    head = view.canvas.lane_heads[view.canvas.items.index(item)]
    head.menu().actions()[0].trigger()
    assert [one.lane.key for one in view.pinned.items] == ["device:0:20"] and view.pinned.isVisible()
    assert not any(one.lane and one.lane.key == "device:0:20" for one in view.canvas.items)
    make_application().processEvents()
    assert view.pinned.x_of(0.05) == view.canvas.x_of(0.05)
    view.pinned.lane_heads[0].menu().actions()[0].trigger()
    assert not view.pinned.items and not view.pinned.isVisible()


def test_views_are_saved_gone_to_and_deleted(page):
    view, line = page.timing, page.timing.timeline
    view.hand.pin(lane_of(view, "device:0:20").lane)
    view.hand.fold(view.scene.lanes.groups[1])
    line.show(0.01, 0.03)
    save_view(view, "甲")
    view.hand.fold(view.scene.lanes.groups[1])
    view.hand.pin(view.pinned.items[0].lane)
    line.fit()
    menu = views_menu(view, view)
    next(action for action in menu.actions() if action.text() == "甲").trigger()
    assert (line.start_s, line.end_s) == pytest.approx((0.01, 0.03))
    assert view.scene.lanes.groups[1].is_folded and len(view.pinned.items) == 1
    forget(view, view.scene.views[0])
    assert not view.scene.views


def test_run_b_is_shifted_shown_so_and_reset(qtbot, window):
    window.session.start_new(pipeline.new_project(pipeline.sample_inputs()))
    project = window.session.project
    window.session.edit("page_profile.did.comparison", comparison=msgspec.structs.replace(project.trace))
    window.show_page("profile")
    settle(make_application(), window)
    view = window.pages["profile"].timing
    line, canvas = view.timeline, view.canvas
    before = view.rows[0].readings(100.0, view.look)
    places = [QPoint(round(canvas.x_of(time_s)), 30) for time_s in (100.0, 160.0)]
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, alt, places[0])
    where, buttons = QPointF(places[1]), Qt.MouseButton
    canvas.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, where, where, buttons.NoButton, buttons.LeftButton, alt))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, alt, places[1])
    assert line.offset_s == pytest.approx(60.0, abs=2.0) and (line.start_s, line.end_s) == (0.0, line.duration_s)
    assert view.top.offset.isVisible() and "B" in view.top.offset.text()
    shifted = view.rows[0].readings(100.0, view.look, offset_s=line.offset_s)
    assert shifted[0] == before[0] and shifted[1] != before[1]
    columns = [column for column in seen(view) if column.head.startswith("B,")]
    assert int(columns[0].time_ns[0]) == pytest.approx(line.offset_s * 1e9, abs=1)
    view.grab()
    qtbot.mouseClick(view.top.offset, Qt.MouseButton.LeftButton)
    assert line.offset_s == 0.0 and not view.top.offset.isVisible()


# What leaves ----------------------------------------------------------------------------------------------------------------------------


def test_pictures_and_tables_hold_the_lanes(qtbot, tmp_path):
    view = view_of(qtbot, SMALL)
    view.timeline.show(0.0, 0.042)
    save_png(view, tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).width() == 2 * view.width()
    save_svg(view, tmp_path / "a.svg")
    drawing = (tmp_path / "a.svg").read_text("utf-8")
    assert "gemm_kernel" in drawing and "<image" not in drawing.split("gemm_kernel")[0][-2000:]
    table = seen_events(view)
    assert write_events(table, tmp_path / "a.csv", "note") == 6  # the Python stack is folded, what begins later is not seen
    lines = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "name,start_s,duration_s,device,stream,category"
    assert "ncclDevKernel_AllReduce,0.020000000,0.060000000,0,20,collective" in lines
    assert write_events(seen_events(view, 2), tmp_path / "b.csv", "note") == 2
    assert (tmp_path / "b.csv").read_text("utf-8-sig").splitlines()[-1] == "# note"


def test_a_drawing_of_very_many_boxes_stays_small(qtbot, tmp_path):
    rows = [("gemm", "kernel", "0", 7, place * 0.005, 0.004) for place in range(20_000)]
    view = view_of(qtbot, events_of(*rows))
    save_svg(view, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 400_000


def test_the_card_offers_search_views_and_the_table_of_events(page):
    from app.gui.pages.profile_timing import TimingCard

    card = page.findChild(TimingCard)
    assert "10 个事件" in card.hint.text() and "2 步" in card.hint.text()
    words = [action.text() for action in card.export_menu().actions()]
    assert page.look.say("page_lanes.save") in words and page.look.say("page_profile.save.csv") not in words
    save_view(page.timing, "乙")
    go_to(page.timing, page.timing.scene.views[0])
    gemm = next(place for place in range(len(SMALL)) if "gemm" in SMALL.names[int(SMALL.name[place])])
    assert page.timing.scene.lanes.launcher(page.timing.scene.lanes.pick_of(gemm)) == "aten::addmm"

"""Where VRAM goes, in the window: its parts, choosing a stage, stating assumptions, taking remedies over, faults at fields."""

import msgspec
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.estimates import GROUPS, MemoryEstimate, MemoryPart, Remedy, StageMemory
from app.engine.workload import estimate_memory
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.theme import THEMES, font
from app.gui.theme.tokens import SMALL_PX, mixed
from app.gui.tour import settle
from app.gui.widgets.memory_bars import group_colour
from app.gui.widgets.memory_parts import SOFT, MemoryParts, PartRows
from app.gui.widgets.memory_remedies import MemoryRemedies, cost_words
from tests.gui.test_theme import contrast

ENTER = Qt.Key.Key_Return
CARD_PX = 330


def with_run(workload, **changes):
    return msgspec.structs.replace(workload, run=msgspec.structs.replace(workload.run, **changes))


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture(scope="module")
def staged(sample):
    return with_run(sample.workload, pipeline_parallel=4, tensor_parallel=2, gpus=64, nodes=8, micro_batch=4, global_batch=512)


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
def opened(window, sample):
    """Open the sample with another run and return its page."""

    def open_run(workload):
        window.session.start_new(msgspec.structs.replace(sample, workload=workload))
        window.show_page("requirement")
        settle(make_application(), window)
        return window.pages["requirement"]

    return open_run


@pytest.fixture
def short(opened, sample):
    """The page with a run that does not fit, of a family whose dropout is assumed."""
    model = msgspec.structs.replace(sample.workload.model, family="gpt2")
    workload = msgspec.structs.replace(sample.workload, model=model, stated=())
    return opened(with_run(workload, micro_batch=8, zero_stage=0))


def said(page, key):
    return page.form.fields[key].editor.accessibleDescription()


def enter(field, text):
    field.focus()
    field.editor.selectAll()
    QTest.keyClicks(field.editor, text)
    QTest.keyClick(field.editor, ENTER)


# The picture ----------------------------------------------------------------------------------------------------------------------------


def test_the_parts_are_those_of_the_fullest_stage_and_sum_to_the_total(opened, staged):
    page = opened(staged)
    shown, estimate = page.estimate.parts.rows, estimate_memory(staged)
    assert shown.stage == estimate.by_stage[estimate.peak_stage]
    assert sum(float(gib) for _name, gib, _share in shown.rows()) == pytest.approx(estimate.total_gib, abs=0.1)
    assert sum(float(share.split()[0]) for _name, _gib, share in shown.rows()) == pytest.approx(100, abs=1)
    assert "峰值" in page.estimate.parts.bar.accessibleName()


def test_clicking_a_stage_shows_its_parts_and_the_keyboard_goes_on(opened, staged):
    page = opened(staged)
    parts, stages = page.estimate.parts, estimate_memory(staged).by_stage
    stage, box = parts.columns.columns()[2]
    QTest.mouseClick(parts.columns, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert stage.stage == 2 and parts.rows.stage == stages[2] and "峰值" not in parts.bar.accessibleName()
    QTest.keyClick(parts.columns, Qt.Key.Key_Right)
    assert parts.stage == stages[3]
    QTest.keyClick(parts.columns, Qt.Key.Key_Home)
    assert parts.stage == stages[0]


def test_one_stage_has_no_columns_and_an_unknown_estimate_no_picture(opened, sample):
    page = opened(sample.workload)
    assert page.estimate.parts.columns.isHidden() and not page.estimate.parts.isHidden()
    page = opened(with_run(sample.workload, gpus=None))
    assert page.estimate.parts.isHidden() and not page.estimate.unknown.isHidden()


def test_what_is_beyond_the_card_is_told(short):
    estimate, fit = short.estimate.estimate, short.estimate.fit
    assert short.estimate.parts.bar.over_gib == pytest.approx(estimate.total_gib - fit.usable_gib)
    assert f"{-fit.headroom_gib:.1f}" in short.estimate.parts.bar.accessibleName()


def test_more_stages_than_pixels_share_columns_of_which_the_fullest_shows(qtbot):
    stages = tuple(StageMemory(at, 1, (MemoryPart("weights", message("workload.part.weights"), 1.0 + at % 7),)) for at in range(500))
    parts = MemoryParts(Look())
    qtbot.addWidget(parts)
    parts.resize(CARD_PX, 300)
    parts.show()
    parts.show_estimate(MemoryEstimate(total_gib=7.0, by_stage=stages, peak_stage=6), 80.0, 76.8)
    shown = parts.columns.columns()
    assert len(shown) < 120 and all(box.width() >= 3 for _stage, box in shown)
    assert max(stage.total_gib for stage, _box in shown) == 7.0


def test_a_part_tells_what_it_was_computed_from(opened, staged):
    page = opened(staged)
    told = page.estimate.parts.rows.hover
    texts = []
    told.tell = lambda text, _place: texts.append(text)
    QTest.keyClick(page.estimate.parts.rows, Qt.Key.Key_End)
    for _ in range(20):
        QTest.keyClick(page.estimate.parts.rows, Qt.Key.Key_Space)
        QTest.keyClick(page.estimate.parts.rows, Qt.Key.Key_Up)
    assert any("4 个微批同时在途" in text for text in texts)
    assert not any("page_requirement." in text or "—" in text for text in texts)


def test_the_card_is_copied_as_a_picture_and_its_parts_as_a_table(opened, staged):
    page = opened(staged)
    page.estimate.tools.itemAt(1).widget().click()
    assert not QGuiApplication.clipboard().image().isNull()
    lines = page.estimate.text.split("\n")
    name, gib, share = page.estimate.parts.rows.rows()[0]
    assert "\t".join((name, gib, share.removesuffix(" %"))) in lines
    assert f"3\t{estimate_memory(staged).by_stage[3].total_gib:.2f}" in lines


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_every_group_has_its_own_colour_on_which_names_can_be_read(theme):
    colours = [group_colour(theme, group) for group in GROUPS]
    assert len(set(colours)) == len(GROUPS)
    assert min(contrast(theme.text, mixed(colour, theme.surface, SOFT)) for colour in colours) >= 4.5
    assert min(contrast(theme.text2, mixed(colour, theme.surface, SOFT)) for colour in colours) >= 4.5


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_of_parts_fit_the_card(qtbot, lang):
    look = Look(lang)
    codes = "weights gathered adapters gradients working recomputed master moments kept_layers layer_inputs kept_ends live_maps resident"
    codes += " kv_cache chunk recurrent start context channels buckets slack"
    rows = PartRows(look, 22)
    qtbot.addWidget(rows)
    rows.resize(CARD_PX, 300)
    metrics = QFontMetricsF(font(SMALL_PX))
    names = [look.say(f"workload.part.{code}") for code in codes.split()]
    assert not [name for name in names if metrics.horizontalAdvance(name) > rows.name_px()]


# Assumptions ----------------------------------------------------------------------------------------------------------------------------


def test_an_assumption_is_stated_in_place_and_undone(short, window):
    before = short.estimate.estimate.total_gib
    row = short.estimate.assumptions.rows["run.dropout"]
    assert row.field.editor.placeholderText() == "0.1" and row.field.editor.text() == ""
    enter(row.field, "0")
    settle(make_application(), window)
    workload = window.session.project.workload
    assert workload.run.dropout == 0 and "run.dropout" in workload.stated
    assert short.estimate.estimate.total_gib < before and not row.isHidden() and row.field.editor.text() == "0"
    window.session.undo()
    assert "run.dropout" not in window.session.project.workload.stated
    assert short.estimate.estimate.total_gib == before and row.field.editor.text() == ""


def test_an_emptied_field_lets_it_be_assumed_again(short, window):
    before = short.estimate.estimate.total_gib
    field = short.estimate.assumptions.rows["run.dropout"].field
    enter(field, "0.3")
    field.editor.selectAll()
    QTest.keyClick(field.editor, Qt.Key.Key_Delete)
    QTest.keyClick(field.editor, ENTER)
    assert "run.dropout" not in window.session.project.workload.stated and short.estimate.estimate.total_gib == before


def test_what_is_always_assumed_can_be_set_and_shows_what_is_counted_with(short, window):
    assumptions = short.estimate.assumptions
    assumptions.fold.open()
    field = assumptions.always["run.context_gib"]
    assert field.editor.placeholderText() == "0.5" and assumptions.always["run.prefill_tokens"].isHidden()
    before = short.estimate.estimate.total_gib
    enter(field, "2.5")
    assert window.session.project.workload.run.context_gib == 2.5
    assert short.estimate.estimate.total_gib == pytest.approx(before + 2.0)


def test_a_wrong_assumption_is_marked_and_never_taken_over(short, window):
    field = short.estimate.assumptions.rows["run.dropout"].field
    enter(field, "7")
    assert "0.99" in field.editor.accessibleDescription() and "run.dropout" not in window.session.project.workload.stated
    QTest.keyClick(field.editor, Qt.Key.Key_Escape)
    assert not field.editor.accessibleDescription()


# Remedies -------------------------------------------------------------------------------------------------------------------------------


def test_a_remedy_is_taken_over_in_one_step(short, window):
    remedies = short.estimate.remedies
    costs = [one.speed_cost for one in remedies.shown if one.speed_cost is not None]
    assert costs == sorted(costs) and all(one.total_gib <= short.estimate.fit.usable_gib for one in remedies.shown)
    line = next(one for one in remedies.rows if dict(one.remedy.changes).get("run.recompute") == "full")
    wanted = line.remedy.total_gib
    line.take.click()
    run = window.session.project.workload.run
    assert run.recompute == "full" and "run.recompute" in window.session.project.workload.stated
    assert short.estimate.estimate.total_gib == pytest.approx(wanted)
    window.session.undo()
    assert window.session.project.workload.run.recompute == "none" and not remedies.isHidden()


def test_remedies_say_what_they_give_and_what_they_cost(qtbot):
    look = Look("zh")
    assert [cost_words(look, cost) for cost in (0.33, -0.1, None)] == ["时间 +33 %", "时间 −10 %", "时间代价未知"]
    shown = MemoryRemedies(look)
    qtbot.addWidget(shown)
    full = Remedy(message("workload.remedy.full"), 60.0, 0.33, (("run.recompute", "full"),))
    more = Remedy(message("workload.remedy.more_cards", number=16), 40.0, None)
    shown.show_remedies((more, full), is_short=True)
    assert [one.total_gib for one in shown.shown] == [60.0, 40.0]
    assert shown.rows[0].gives.text() == "60.0 GiB · 放得下 · 时间 +33 %"
    shown.show_remedies((), is_short=True)
    assert not shown.shown and shown.title.text() == look.say("page_requirement.remedy.none")


def test_remedies_of_many_stages_come_from_the_background(opened, sample, window):
    model = msgspec.structs.replace(sample.workload.model, layers=16)
    many = with_run(msgspec.structs.replace(sample.workload, model=model), pipeline_parallel=16, gpus=64, micro_batch=32, global_batch=4096)
    page = opened(many)
    settle(make_application(), window)
    assert page.estimate.fit.fits is False and page.estimate.remedies.shown


# Faults ---------------------------------------------------------------------------------------------------------------------------------


def test_parallelism_that_does_not_divide_names_the_nearest_legal_values(opened, sample):
    model = msgspec.structs.replace(sample.workload.model, experts=8, experts_per_token=2)
    page = opened(with_run(msgspec.structs.replace(sample.workload, model=model), gpus=128, nodes=16))
    for key, text, near in (
        ("run.tensor_parallel", "3", ("2", "4")),
        ("run.expert_parallel", "16", ("4", "8")),
        ("run.pipeline_parallel", "64", ("32",)),
    ):
        field = page.form.go_to(key)
        field.editor.selectAll()
        QTest.keyClicks(field.editor, text)
        assert all(one in said(page, key) for one in near), said(page, key)
        QTest.keyClick(field.editor, Qt.Key.Key_Escape)
        assert not said(page, key)


def test_the_assessment_shows_the_same_parts(window, opened, staged):
    opened(staged)
    window.show_page("assessment")
    settle(make_application(), window)
    page = window.pages["assessment"]
    page.table.show_platform("nvidia-a100-sxm-80gb")
    page.details.open_at("vram")
    estimate = window.session.project.memory
    assert page.details.parts.rows.stage == estimate.by_stage[estimate.peak_stage]
    assert page.details.parts.bar.capacity == 80
    assert any("GiB" in label.text() for label in page.details.findChildren(QLabel))

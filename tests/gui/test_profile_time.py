"""The cards on where the time goes and what a run depends on, and what the operator table says of each operator's work."""

import msgspec
import pytest
from PySide6.QtWidgets import QLabel

from app.engine.messages import message
from app.engine.model.profiles import (
    Change,
    Collective,
    Communication,
    Dependence,
    Efficiency,
    Gap,
    OperatorStat,
    Profile,
    RunComparison,
    Steps,
    TimeShares,
)
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.pages.profile_compared import compared_card, compared_text
from app.gui.pages.profile_operators import OperatorsCard, by_category, operators_table
from app.gui.pages.profile_radar import radar_card
from app.gui.pages.profile_time import PARTS, SharesBar, dependence_card, time_card, time_text

PROFILE = Profile(
    "nvidia-a100-sxm-80gb", 1.0, (0, 10**9), (), "compute", {}, message("profiling.class.compute"),  # type: ignore[arg-type]
    communication=Communication(0.2, 0.13),
    time_shares=(TimeShares("", 0.62, 0.13, 0.02, 0.23), TimeShares("0", 0.64, 0.13, 0.02, 0.21), TimeShares("1", 0.6, 0.13, 0.02, 0.25)),
    steps=Steps("annotation", (0, 1), (1, 2), 0.312, 0.31, 0.33, 0.031),
    gaps=(Gap("dataloader", "enumerate(DataLoader)", 40, 2.4, 0.11), Gap("other", "", 4, 0.1, 0.01)),
    collectives=(Collective("all_reduce", 512, 1.2, 2**26, 8, 23.1, 40.4), Collective("all_gather", 7, 0.7)),
    efficiency=Efficiency(0.412, 128.0, message("profiling.no_platform")),
)  # fmt: skip


@pytest.fixture(params=["zh", "en"])
def look(request, qtbot):
    make_application()
    return Look(request.param, "light")


def texts(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_the_card_tells_shares_steps_efficiency_gaps_and_collectives(look, qtbot):
    card = time_card(PROFILE, look)
    qtbot.addWidget(card)
    said = texts(card)
    for expected in (
        "312.0 ms ± 3.1 %",
        "41.2 %",
        "enumerate(DataLoader)",
        "11.0 %",
        "all_reduce 64.0 MiB × 512",
        "40.4 GB/s",
        "all_gather × 7",
    ):
        assert expected in said
    bar = card.findChild(SharesBar)
    for name, share in zip(PARTS, ("62.0", "13.0", "2.0", "23.0"), strict=True):
        assert f"{look.say(f'page_profile.time.{name}')} {share} %" in bar.accessibleName()
    assert bar.toolTip().splitlines()[1].startswith("1: ")  # the card that computes least comes first
    assert "62.0 %" in time_text(PROFILE, look)[0]


def test_the_bar_is_as_long_as_its_shares(look, qtbot):
    bar = SharesBar(PROFILE.time_shares[:2], look)  # one card: no bars of cards
    qtbot.addWidget(bar)
    bar.resize(400, bar.height())
    picture = bar.grab().toImage()
    ratio = picture.width() / 400
    blue = sum(picture.pixelColor(int(x * ratio), int(4 * ratio)).name().lower() == look.theme.data[0].lower() for x in range(400))
    assert blue == pytest.approx(0.62 * 400, abs=2)


def test_without_events_there_is_no_card(look):
    bare = msgspec.structs.replace(PROFILE, time_shares=(), dependence=())
    assert time_card(bare, look) is None and time_text(bare, look) == [] and dependence_card(bare, look) is None


def test_dependence_names_every_level(look, qtbot):
    levels = ("high", "medium", "low", "unknown")
    found = tuple(Dependence(name, level) for name, level in zip(("compute", "host", "storage", "node_links"), levels, strict=True))
    card = dependence_card(msgspec.structs.replace(PROFILE, dependence=found), look)
    qtbot.addWidget(card)
    said = texts(card)
    assert all(look.say(f"page_profile.dependence.{level}") in said for level in levels)
    assert all(look.say(f"page_profile.resource.{one.resource}") in said for one in found)


def test_operators_tell_their_work(look, qtbot):
    known = OperatorStat(
        "aten::mm", "matrix", 4, 1.0, 0.8, shapes="[[8,8],[8,8]]", tflops=198.4, gbs=900.0, bound="compute", tensor_core=True
    )
    table = operators_table((known, OperatorStat("sort", "other", 1, 0.2, 0.2)), look, on_host=False)
    qtbot.addWidget(table)
    text = table.as_text()
    assert "198" in text.splitlines()[1] and text.splitlines()[0].count("\t") == 5
    bare = operators_table((OperatorStat("sort", "other", 1, 0.2, 1.0),), look, on_host=False)
    qtbot.addWidget(bare)
    assert bare.as_text().splitlines()[0].count("\t") == 4  # no column that nothing stands in


def test_one_step_has_no_spread(look, qtbot):
    alone = msgspec.structs.replace(PROFILE, steps=Steps("user", (0,), (1,), 0.05, 0.05, 0.05, None))
    card = time_card(alone, look)
    qtbot.addWidget(card)
    assert "50.00 ms" in texts(card) and "±" not in texts(card)


@pytest.mark.parametrize(("by", "speed"), [("step", 1.05), ("operators", 2.0), ("none", None)])
def test_a_comparison_tells_speed_cause_and_operators(look, qtbot, by, speed):
    changes = (Change("aten::mul", "s", 0.00675, 0.00454, 1.03), Change("(idle)", "s", 0.001, None, None))
    found = RunComparison(speed, by, (), (), changes, message("profiling.cause.same"))
    card = compared_card(found, look)
    qtbot.addWidget(card)
    said = texts(card)
    assert look.say("profiling.cause.same") in said and "6.75" in said and "103 %" in said
    assert speed is None or look.number(speed, 2) in said
    assert look.say("page_profile.time.idle") in compared_text(found, look).splitlines()[-1]


def test_operators_are_summed_up_by_category(look, qtbot):
    rows = (
        OperatorStat("a", "matrix", 2, 1.0, 0.5, flops=100e12, tflops=100.0),
        OperatorStat("b", "matrix", 3, 0.5, 0.25),
        OperatorStat("c", "copy", 1, 0.5, 0.25),
    )
    matrix, copy = by_category(rows, look)
    assert (matrix.calls, matrix.device_time_s, matrix.share, matrix.tflops, copy.tflops) == (5, 1.5, 0.75, 100.0, None)
    card = OperatorsCard(msgspec.structs.replace(PROFILE, operators=rows), look)
    qtbot.addWidget(card)
    card.group.click()
    assert card.groups.isVisibleTo(card) and not card.table.isVisibleTo(card) and len(card.groups.as_text().splitlines()) == 3
    card.group.click()
    assert card.table.isVisibleTo(card) and card.find.isEnabled()


def test_the_radar_is_saved_as_picture_drawing_and_figures(look, qtbot, tmp_path, monkeypatch):
    from PySide6.QtWidgets import QFileDialog, QToolButton

    from app.engine.model.profiles import AXES, Axis

    axes = tuple(Axis(name, 0.5, 0.6, "measured", message("profiling.source.not_measured")) for name in AXES)
    failed = []
    card = radar_card(msgspec.structs.replace(PROFILE, axes=axes), None, look, failed.append)
    qtbot.addWidget(card)
    card.resize(380, 500)
    button = card.findChild(QToolButton, "saveRadar")
    for kind in ("png", "svg", "csv"):
        target = tmp_path / f"radar.{kind}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_words, target=target: (str(target), ""))
        menu = button.property("saving").menu()
        next(action for action in menu.actions() if kind.upper() in action.text()).trigger()
        assert target.stat().st_size > 200, kind
    assert (tmp_path / "radar.csv").read_text(encoding="utf-8-sig").count("\n") == 11
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_words: (str(tmp_path / "none" / "radar.csv"), ""))
    next(action for action in button.property("saving").menu().actions() if "CSV" in action.text()).trigger()
    assert len(failed) == 1

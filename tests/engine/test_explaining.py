"""Explanations against perturbed predictions; what to measure next against predictions that have the measurement."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.engine.explaining import available, explain_table
from app.engine.known import platforms_by_id, shipped_runs
from app.engine.model.explanations import DISTANCES
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import explain, listen, measure_next, predict
from app.engine.paraselect.explaining import distance_of, weights_of
from app.engine.paraselect.features import groups_of, rates_of
from app.engine.paraselect.hierarchy import Hierarchy, Row
from app.engine.paraselect.intervals import half_share
from app.engine.paraselect.learned import shipped_learned
from app.engine.paraselect.measuring_next import afterwards

PLACES = ("nvidia-a800-sxm-80gb", "nvidia-h20-96gb", "ascend-910b2", "nvidia-l20", "amd-mi300x", "nvidia-h100-sxm-80gb")
KNOWN = MeasuredRun(
    1, "a", PLACES[0], 8, 3000.0, "tokens/s", workload="llama3_8b", task="pretrain", precision="bf16", framework="megatron-lm"
)


def blank(platform: str, row: int = 100, gpus: int = 8) -> MeasuredRun:
    return replace(KNOWN, row=row, platform=platform, gpus=gpus, speed=None)


def asked_for(*runs: MeasuredRun):
    """Return predictions, what they asked, and what was learned."""
    learned = shipped_learned(platforms_by_id())
    heard = listen(learned)
    return predict(runs, platforms_by_id(), shipped_runs(), learned=heard), heard.asked, learned


def test_listening_changes_nothing_of_a_prediction() -> None:
    runs = [KNOWN, *(blank(name, 100 + place) for place, name in enumerate(PLACES[1:]))]
    assert asked_for(*runs)[0] == predict(runs, platforms_by_id(), shipped_runs())


@cache
def _asked(target: str, known: int):
    runs = [replace(KNOWN, row=row, platform=name, speed=3000.0 * row) for row, name in enumerate(PLACES[:known], start=1)]
    (found,), asked, learned = asked_for(*runs, blank(target))
    return found, asked[found.row], learned


@pytest.mark.parametrize("known", [1, 2])
def test_weights_are_how_a_prediction_moves_with_what_was_measured(known: int) -> None:
    _, asked, learned = _asked("nvidia-h100-sxm-80gb", known)
    opened = learned.hierarchy.opened([*asked.rows, asked.target])
    weights = weights_of(opened, opened.noises(np.array(asked.speeds)))
    before = learned.hierarchy.posterior(asked.rows, asked.speeds, [asked.target]).mean[0]
    for place in range(known):
        moved = [speed + 0.1 * (number == place) for number, speed in enumerate(asked.speeds)]
        after = learned.hierarchy.posterior(asked.rows, moved, [asked.target]).mean[0]
        assert after - before == pytest.approx(0.1 * weights.known[place], abs=1e-6)
    assert sum(weights.known) == pytest.approx(1, abs=0.02)  # a case has its own offset: twice the speed here is twice the speed there


def test_weight_of_evidence_is_how_a_prediction_moves_with_it() -> None:
    """A model of a few rows is conditioned anew on evidence with one speed changed."""
    _, asked, learned = _asked("nvidia-h100-sxm-80gb", 1)
    evidence = learned.hierarchy.evidence[:60]
    platforms, setting = platforms_by_id(), learned.hierarchy.opened([asked.target]).settings
    small = Hierarchy(evidence, platforms, setting)
    opened = small.opened([*asked.rows, asked.target])
    weights = weights_of(opened, opened.noises(np.array(asked.speeds)))
    before = small.posterior(asked.rows, asked.speeds, [asked.target]).mean[0]
    heaviest = int(np.argmax(np.abs(weights.evidence)))
    changed = [replace(one, log_speed=one.log_speed + 0.2 * (place == heaviest)) for place, one in enumerate(evidence)]
    after = Hierarchy(changed, platforms, setting).posterior(asked.rows, asked.speeds, [asked.target]).mean[0]
    assert after - before == pytest.approx(0.2 * weights.evidence[heaviest], abs=1e-9)
    for part in {one.part for one in evidence}:  # only differences within a set mean anything
        of_set = [place for place, one in enumerate(evidence) if one.part == part]
        assert abs(weights.evidence[of_set].sum()) < 0.01


def test_two_rows_of_evidence_that_say_the_same_weigh_the_same() -> None:
    _, asked, learned = _asked("nvidia-h100-sxm-80gb", 1)
    first = learned.hierarchy.evidence[:2]
    twice = [*first, *(replace(one, part=10_000) for one in first)]
    small = Hierarchy(twice, platforms_by_id(), learned.hierarchy.opened([asked.target]).settings)
    opened = small.opened([*asked.rows, asked.target])
    weights = weights_of(opened, opened.noises(np.array(asked.speeds))).evidence
    assert weights[:2] == pytest.approx(weights[2:], abs=1e-9)


@pytest.mark.parametrize("target", PLACES[1:])
def test_an_explanation_is_whole(target: str) -> None:
    found, asked, learned = _asked(target, 1)
    told = explain(found, asked, learned)
    assert sum(one.share for one in told.shares) == pytest.approx(1)
    assert all(0 <= one.share <= 1 for one in told.shares)
    assert told.grounds and sum(one.weight for one in told.grounds) <= 1 + 1e-9
    weights = [one.weight for one in told.grounds]
    assert weights == sorted(weights, reverse=True)
    assert {one.distance for one in told.grounds} <= set(DISTANCES)


def test_a_known_row_that_is_left_out_is_told_by_the_others() -> None:
    runs = [KNOWN, replace(KNOWN, row=2, platform="nvidia-h100-sxm-80gb", speed=6000.0)]
    (found,), asked, learned = asked_for(*runs, blank("nvidia-h20-96gb"))
    told = {one.platform: one.error for one in explain(found, asked[found.row], learned).known}
    one = asked[found.row]
    place = [row.platform.id for row in one.rows].index("nvidia-h100-sxm-80gb")
    other = learned.hierarchy.posterior([one.rows[1 - place]], [one.speeds[1 - place]], [one.rows[place]]).mean[0]
    assert told["nvidia-h100-sxm-80gb"] == pytest.approx(math.exp(other - one.speeds[place]) - 1, rel=1e-3)


def test_nearness_is_told_by_the_nearest_thing_that_is_shared() -> None:
    own = groups_of(replace(KNOWN, micro_batch=1.0))
    assert distance_of(own, own) == "workload"
    assert distance_of(own, groups_of(replace(KNOWN, micro_batch=64.0))) == "batch"
    assert distance_of(own, groups_of(replace(KNOWN, workload="something else"))) == "software"
    assert distance_of(own, groups_of(replace(KNOWN, workload="resnet50", framework="mindspore"))) == "class"
    assert distance_of(own, groups_of(replace(KNOWN, task="inference", workload="x", framework=""))) == "other"


def test_the_known_pair_is_told_where_both_platforms_were_measured() -> None:
    found, asked, learned = _asked("ascend-910b2", 1)
    told = explain(found, asked, learned)
    beside = {(one.part, one.platform) for one in learned.hierarchy.evidence}
    assert all(any({(part, one.platform), (part, one.other)} <= beside for part, _ in beside) for one in told.grounds)


@given(
    known=st.lists(st.sampled_from(PLACES[:3]), min_size=1, max_size=3, unique=True),
    wanted=st.sampled_from(PLACES[3:]),
    candidate=st.sampled_from(sorted(platforms_by_id())),
)
@settings(max_examples=25, deadline=None)
def test_measuring_more_never_widens_and_the_target_leaves_only_noise(known: list[str], wanted: str, candidate: str) -> None:
    runs = [replace(KNOWN, row=row, platform=name) for row, name in enumerate(known, start=1)]
    (found,), asked, learned = asked_for(*runs, blank(wanted))
    one = asked[found.row]
    rows = [row for name in (wanted, candidate) if (row := on_platform(one.target, name)) is not None]
    told = afterwards(learned, one, [one.target], rows)
    assert np.all(told.after <= told.now[:, None] + 1e-9)
    assert np.all(told.sibling <= told.now + 1e-9)
    assert told.after[0, 0] <= told.noise


def on_platform(row: Row, name: str) -> Row | None:
    """Return the same row on another platform, None where its rates are not known."""
    rates = rates_of(platforms_by_id()[name], "bf16", 8)
    return replace(row, platform=platforms_by_id()[name], rates=rates) if rates is not None else None


@pytest.mark.parametrize(
    ("measured", "wanted"), [("nvidia-h20-141gb", "nvidia-h20-96gb"), ("nvidia-h800-sxm-80gb", "nvidia-h100-sxm-80gb")]
)
def test_the_interval_foretold_is_that_of_a_prediction_with_the_measurement(measured: str, wanted: str) -> None:
    """The measurement says what was predicted."""
    (at_wanted, at_measured), asked, learned = asked_for(KNOWN, blank(wanted), blank(measured, 101))
    by_row, _ = measure_next((at_wanted, at_measured), asked, learned, platforms_by_id(), {measured, wanted})
    options = {one.platform: one for one in by_row[at_wanted.row] if one.act in ("itself", "platform")}
    assert options[wanted].act == "itself"
    run = replace(blank(measured, 2), speed=at_measured.value)
    (after,), _, _ = asked_for(KNOWN, run, blank(wanted))
    assert options[measured].before == pytest.approx(half_share(at_wanted))
    assert options[measured].after == pytest.approx(half_share(after), rel=0.05)


def test_platforms_that_cannot_be_had_come_first_only_where_they_tell_far_more() -> None:
    founds, asked, learned = asked_for(KNOWN, blank("nvidia-h20-96gb"))
    free, _ = measure_next(founds, asked, learned, platforms_by_id(), frozenset(platforms_by_id()))
    bound, _ = measure_next(founds, asked, learned, platforms_by_id(), {"nvidia-l20"})
    assert all(one.reachable for one in free[100])
    assert [one.after for one in free[100]] == sorted(one.after for one in free[100])
    assert all(not one.reachable for one in bound[100] if one.platform != "nvidia-l20")


def test_what_is_priced_or_sold_can_be_had() -> None:
    platforms = platforms_by_id()
    assert available(platforms, ["nvidia-h100-sxm-80gb"]) >= {"nvidia-h100-sxm-80gb"}
    assert all(platforms[name].supply == "available" for name in available(platforms))


def test_a_change_of_count_is_a_part_of_its_own_and_measuring_there_takes_it_away() -> None:
    founds, asked, learned = asked_for(KNOWN, blank("nvidia-h20-96gb", gpus=64), blank(KNOWN.platform, 101, gpus=64))
    told = explain(founds[0], asked[100], learned)
    assert next(one.share for one in told.shares if one.part == "change") > 0.05
    by_row, _ = measure_next(founds, asked, learned, platforms_by_id(), frozenset(platforms_by_id()))
    same = explain(founds[1], asked.get(101), learned)
    assert not same.learned
    assert [one.act for one in by_row[101]] == ["itself"]


def test_a_table_is_explained_row_by_row() -> None:
    told = explain_table([KNOWN, *(blank(name, 100 + place) for place, name in enumerate(PLACES[1:3]))], whole=True)
    assert set(told.explanations) == {100, 101} == set(told.by_row)
    assert told.of_all
    assert all(told.explanations[row].measure_next == told.by_row[row] for row in told.by_row)
    many = [replace(blank(PLACES[1], row), case=str(row)) for row in range(200, 240)]
    assert explain_table(many).of_all is None


def test_the_reason_comes_first_where_only_the_band_is_told() -> None:
    reasons = {"paraselect.out_of_range", "paraselect.out_of_range_speed", "paraselect.never_measured", "paraselect.far_count"}
    for gpus in (8, 64, 1024):
        runs = [KNOWN, *(blank(name, 100 + place, gpus) for place, name in enumerate(platforms_by_id()))]
        vague = [found for found in predict(runs, platforms_by_id(), shipped_runs()) if found.out_of_range]
        assert vague
        assert {found.notes[0].code for found in vague} <= reasons
        assert all(found.low < found.high for found in vague)

"""Speed over card counts: what the law promises and what it never does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import predict, scale_case
from app.engine.paraselect.scaling_law import scaling_law
from tests.accuracy import scaling as accuracy

PLATFORM = "nvidia-a100-sxm-80gb"


def run(gpus: int, speed: float, *, platform: str = PLATFORM, unit: str = "samples/s", task: str = "pretrain", **more) -> MeasuredRun:
    return MeasuredRun(1, "c", platform, gpus, speed, unit, task=task, **more)


def scaled(runs, *gpus: int, **more):
    return scale_case(runs, pipeline.platforms_by_id(), "c", gpus, **more)


known = st.lists(st.tuples(st.sampled_from([1, 2, 4, 8, 16, 32, 64]), st.floats(0.2, 1.2)), min_size=1, max_size=5)


def test_rows_that_disagree_at_the_smallest_count_do_not_hold_the_law_down():
    runs = [run(2, speed) for speed in (0.4, 2.0, 2.0, 2.0)]
    speeds = [point.speed for point in scaled(runs, 1, 2, 4, 8).points]
    assert speeds == sorted(speeds)


@settings(deadline=None, max_examples=60)
@given(known=known, platform=st.sampled_from([PLATFORM, "nvidia-rtx-4090", "ascend-910b2"]), task=st.sampled_from(["pretrain", "hpc"]))
def test_more_cards_are_never_slower_and_never_more_than_linear(known, platform, task):
    runs = [run(gpus, gpus * share, platform=platform, task=task) for gpus, share in known]
    found = scaled(runs, *(2**power for power in range(11)))
    law = [point for point in found.points if point.kind != "measured"]
    assert all(one.speed < other.speed for one, other in zip(law, law[1:], strict=False))
    largest = max(gpus for gpus, _ in known)
    beyond = [point for point in law if point.gpus >= largest]
    assert all(other.efficiency <= one.efficiency * (1 + 1e-9) for one, other in zip(beyond, beyond[1:], strict=False))
    assert all(one.low < one.speed < one.high for one in found.points)


@settings(deadline=None, max_examples=40)
@given(share=st.floats(0.3, 1.0), strong=st.booleans())
def test_the_interval_grows_with_distance(share, strong):
    batch = {"global_batch": 512.0} if strong else {}
    runs = [run(8, 8.0, **batch), run(16, 16 * share, **batch)]
    points = scaled(runs, 32, 64, 128, 256).points
    widths = [point.high / point.low for point in points]
    assert widths == sorted(widths) and widths[0] > 1


def test_one_known_count_leans_on_its_class_and_two_on_themselves():
    one = scaled([run(8, 100.0)], 8, 16)
    two = scaled([run(8, 100.0), run(16, 130.0)], 16, 32)
    assert [point.kind for point in one.points] == ["measured", "pooled"]
    assert [point.kind for point in two.points] == ["measured", "fitted"]
    assert two.loss_across > one.loss_across


def test_a_known_global_batch_is_kept_and_a_grown_one_is_a_batch_per_card():
    assert scaled([run(8, 100.0, global_batch=256.0)], 16).strong
    assert not scaled([run(8, 100.0, global_batch=256.0), run(16, 190.0, global_batch=512.0)], 32).strong
    assert not scaled([run(8, 100.0)], 16).strong
    kept, weak = scaled([run(8, 100.0, global_batch=256.0)], 64), scaled([run(8, 100.0)], 64)
    assert kept.points[0].speed < weak.points[0].speed


def test_the_knee_lies_where_a_doubling_no_longer_pays():
    poor = scaled([run(8, 100.0), run(16, 130.0), run(32, 165.0)], 64)
    good = scaled([run(8, 100.0), run(16, 198.0), run(32, 390.0)], 64)
    assert poor.knee_gpus == 8
    assert good.knee_gpus is None


def test_times_are_told_as_times():
    found = scaled([run(8, 100.0, unit="s/step", global_batch=256.0, better="lower")], 8, 16, 32)
    assert found.better == "lower"
    assert found.points[0].speed > found.points[1].speed > found.points[2].speed


def test_per_card_units_stay_per_card():
    point = scaled([run(8, 100.0, unit="tokens/s/card")], 16).points[0]
    assert 50 < point.speed < 100


def test_far_counts_are_marked():
    found = scaled([run(8, 100.0)], 64, 65, 1)
    assert [point.out_of_range for point in found.points] == [False, False, True]
    assert any(note.code == "scaling.far" for note in found.notes)


def test_nodes_are_those_of_the_table():
    assert [point.nodes for point in scaled([run(16, 100.0, nodes=4.0)], 16, 32).points] == [4, 8]
    assert [point.nodes for point in scaled([run(8, 100.0)], 8, 9, 32).points] == [1, 2, 4]


@pytest.mark.parametrize(
    ("runs", "counts", "code"),
    [
        ([MeasuredRun(1, "c", PLATFORM, 8, None, "samples/s")], (16,), "scaling.nothing_known"),
        ([run(8, 1.0)], (0,), "scaling.bad_count"),
        ([run(8, 1.0), run(16, 2.0, unit="tokens/s")], (16,), "paraselect.units_differ"),
    ],
)
def test_faults_are_named(runs, counts, code):
    with pytest.raises(EngineError) as caught:
        scaled(runs, *counts)
    assert caught.value.message.code == code


def test_the_platform_of_most_counts_is_told_unless_asked():
    runs = [run(8, 1.0, platform="ascend-910b2"), run(8, 1.0), run(16, 2.0)]
    assert scaled(runs, 32).platform == PLATFORM
    assert scaled(runs, 32, platform="ascend-910b2").platform == "ascend-910b2"
    with pytest.raises(EngineError):
        scaled(runs, 32, platform="nvidia-b200")


def test_the_shipped_law_covers_the_runs_it_was_learned_from():
    law = scaling_law()
    points = accuracy.missed(law, accuracy.cases(), law.intervals)
    for count in (1, 2):
        mine = [one for one in points if one.known == count]
        assert sum(one.low <= one.measured <= one.high for one in mine) / len(mine) > 0.82


def test_step_times_with_a_global_batch_that_grew_are_told_as_they_were_measured():
    step = {"unit": "s/step", "better": "lower"}
    runs = [run(8, 40.0, global_batch=256.0, **step), run(16, 41.0, global_batch=512.0, **step)]
    eight, sixteen, more = scaled(runs, 8, 16, 32).points
    assert (eight.speed, sixteen.speed) == (pytest.approx(40), pytest.approx(41)) and 40 < more.speed < 60
    assert sixteen.efficiency == pytest.approx(40 / 41) and more.low < more.speed < more.high
    there = MeasuredRun(3, "c", PLATFORM, 32, None, task="pretrain", global_batch=1024.0, **step)
    assert predict([*runs, there], pipeline.platforms_by_id(), pipeline.shipped_runs())[0].value == pytest.approx(more.speed, rel=0.02)

"""The batch in predictions: a saturating curve that starts from measured sweeps, and rows that are brought to the batch that is wanted."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import predict, predict_targets
from app.engine.paraselect.batches import at_batch, batch_of, beliefs, gain, is_step_time, log_share, mean_of, read_priors, speed_of
from tests.accuracy.batches import sweeps_of

A100, H100, L40S = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-l40s"
PRIOR = read_priors()["pass"]
BATCHES = st.floats(1, 512)


def row(number: int, platform: str, speed: float | None, batch: float | None, **more) -> MeasuredRun:
    fields = {"case": "c", "unit": "samples/s", "better": "higher", "precision": "bf16", "task": "pretrain", "gpus": 8, **more}
    return MeasuredRun(row=number, platform=platform, speed=speed, micro_batch=batch, **fields)


def predicted(runs, **more):
    return predict(runs, pipeline.platforms_by_id(), pipeline.shipped_runs(), **more)


def codes(found) -> list[str]:
    return [note.code.removeprefix("paraselect.") for note in found.notes]


def curve(half: float, batches=(1, 2, 4, 8, 16, 32)) -> list[tuple[float, float]]:
    return [(batch, 100 * batch / (batch + half)) for batch in batches]


@given(batch=BATCHES, more=st.floats(1.01, 4), half=st.floats(0.1, 900))
def test_a_larger_batch_is_faster_and_ever_less_so(batch, more, half):
    first = log_share(batch * more, math.log(half)) - log_share(batch, math.log(half))
    second = log_share(batch * more**2, math.log(half)) - log_share(batch * more, math.log(half))
    assert 0 < second <= first <= math.log(more) + 1e-9


@given(known=BATCHES, batch=BATCHES, more=st.floats(1, 4))
def test_one_known_row_gives_a_gain_between_none_and_proportion(known, batch, more):
    mean = mean_of(PRIOR, [row(1, A100, 50.0, known)])
    one, _ = gain(PRIOR, mean, {}, A100, [(known, 50.0)], batch)
    other, _ = gain(PRIOR, mean, {}, A100, [(known, 50.0)], batch * more)
    assert other.log >= one.log - 1e-9
    assert abs(one.log) <= abs(math.log(batch / known)) + 1e-9 and one.log * math.log(batch / known) >= 0
    assert math.isfinite(one.deviation) and not one.own


@given(half=st.floats(1, 30), wanted=st.floats(1, 128), noise=st.lists(st.floats(-0.03, 0.03), min_size=6, max_size=6))
def test_a_sweep_is_found_again_beyond_and_between_its_points(half, wanted, noise):
    points = [(batch, speed * math.exp(off)) for (batch, speed), off in zip(curve(half), noise, strict=True)]
    found, place = gain(PRIOR, mean_of(PRIOR, []), {A100: [points]}, A100, points, wanted)
    assert found.own and points[place][1] * math.exp(found.log) == pytest.approx(100 * wanted / (wanted + half), rel=0.2)


def test_the_curve_passes_through_its_points_and_is_surest_there():
    points = curve(4.0)
    at, _ = gain(PRIOR, 0.0, {A100: [points]}, A100, points, 8)
    between, _ = gain(PRIOR, 0.0, {A100: [points]}, A100, points, 12)
    beyond, _ = gain(PRIOR, 0.0, {A100: [points]}, A100, points, 128)
    assert at.log == 0 and at.deviation == 0 < between.deviation < beyond.deviation


def test_sweeps_of_other_platforms_move_the_curve_less_than_its_own():
    points = curve(60.0)
    middle = [float(beliefs(PRIOR, 0.0, sweeps, A100) @ range(140)) for sweeps in ({}, {H100: [points]}, {A100: [points]})]
    assert middle[0] < middle[1] < middle[2]


def test_units_of_time_and_of_work_agree():
    rate = row(1, A100, 64.0, 8, gpus=1)
    step = row(1, A100, 125.0, 8, gpus=1, unit="ms/step", better="lower")
    whole = row(1, A100, 10.0, 8, gpus=1, unit="hours", better="lower")
    fixed = row(1, A100, 125.0, 8, gpus=1, unit="ms/step", better="lower", global_batch=64)
    assert is_step_time(step) and not is_step_time(whole) and not is_step_time(rate)
    assert speed_of(step, 125.0) == pytest.approx(0.064) and speed_of(rate, 64.0) == 64.0
    gained = math.log(1.25)
    assert at_batch(rate, 64.0, 16, gained) == pytest.approx(80) and at_batch(step, 125.0, 16, gained) == pytest.approx(200)
    assert at_batch(whole, 10.0, 16, gained) == pytest.approx(8) and at_batch(fixed, 125.0, 16, gained) == pytest.approx(100)
    served = row(1, A100, 30.0, None, task="inference", unit="ms", better="lower", extra={"quantity": "tpot", "concurrency": "32"})
    assert batch_of(served) == 32 and is_step_time(served)


def test_priors_hold_for_measured_sweeps_better_than_no_change():
    errors: dict[str, list[float]] = {"curve": [], "same": [], "linear": []}
    for sweep in sweeps_of(pipeline.shipped_runs()):
        if sweep.source != "NVIDIA/DeepLearningExamples" or len(sweep.points) < 3:
            continue
        *known, (batch, speed) = sweep.points
        found, place = gain(PRIOR, mean_of(PRIOR, sweep.runs[:1]), {sweep.platform: [known]}, sweep.platform, known, batch)
        near_batch, near = known[place]
        errors["curve"].append(abs(near * math.exp(found.log) / speed - 1))
        errors["same"].append(abs(near / speed - 1))
        errors["linear"].append(abs(near * batch / near_batch / speed - 1))
    mean = {name: sum(some) / len(some) for name, some in errors.items()}
    assert mean["curve"] < 0.15 and mean["curve"] < mean["same"] < mean["linear"]


def test_a_row_at_another_batch_is_brought_there_and_the_interval_widens():
    runs = [row(1, A100, 100.0, 4), row(2, H100, None, 4), row(3, H100, None, 16), row(4, A100, None, 16), row(5, A100, None, 4)]
    same, more, own, exact = predicted(runs)
    assert more.value > same.value and more.high / more.low > same.high / same.low
    assert (same.batch, more.batch) == (4, 16) and "batch_class" in codes(more) and "batch_class" not in codes(same)
    assert 100 < own.value < 400 and "batch_class" in codes(own) and "same_row" not in codes(own)
    assert exact.value == pytest.approx(100) and "same_row" in codes(exact)


def test_the_cases_own_sweep_comes_first():
    known = [row(number, A100, speed, batch) for number, (batch, speed) in enumerate(curve(16.0, (4, 8, 32)), 1)]
    own, other = predicted([*known, row(8, A100, None, 16), row(9, H100, None, 64)])
    assert own.value == pytest.approx(50, rel=0.05) and "batch_own" in codes(own) and "batch_own" in codes(other)
    alone = predicted([known[0], row(8, A100, None, 16)])[0]
    assert own.high / own.low < alone.high / alone.low


def test_several_platforms_are_compared_at_one_batch():
    """Speeds that differ by their batch alone would bend k; brought to one batch, the case is the one without the change."""
    speeds = {A100: 100.0, H100: 210.0, "nvidia-h20-96gb": 70.0, "nvidia-v100-sxm2-32gb": 35.0}
    alike = [row(number, name, speed * 0.5, 16) for number, (name, speed) in enumerate(speeds.items(), 1)]
    swept = [row(number + 10, name, speed * 0.8, 64) for number, (name, speed) in enumerate(speeds.items(), 1)]
    mixed = [*alike[:2], *swept[:2], *swept[2:]]
    one, other = predicted([*alike, row(30, L40S, None, 16)])[0], predicted([*mixed, row(30, L40S, None, 16)])[0]
    assert other.value == pytest.approx(one.value, rel=0.12) and other.kind == one.kind == "fitted"


def test_a_blank_batch_takes_the_usual_one():
    found = predicted([row(1, A100, 100.0, 4), row(2, A100, 150.0, 8), row(3, "nvidia-h20-96gb", 90.0, 8), row(4, H100, None, None)])[0]
    assert found.batch == 8 and found.value > 150


def test_what_has_no_room_is_brought_down_and_what_has_more_is_told():
    runs = [row(1, A100, 100.0, 8), row(2, L40S, None, None), row(3, H100, None, None)]
    rooms = {L40S: 2, H100: 32}
    small, large = predicted(runs, room=lambda run: rooms[run.platform])
    plain, _ = predicted(runs)
    assert small.batch == 2 and small.value < plain.value and "batch_fits" in codes(small) and small.batch_gain is None
    assert large.batch == 8 and large.batch_most == 32 and large.batch_gain > 1.02 and "batch_gain" in codes(large)
    given = predicted([runs[0], row(2, L40S, None, 8)], room=lambda run: 2)[0]
    assert given.batch == 8 and given.value == pytest.approx(plain.value) and "batch_too_large" in codes(given)
    assert "batch_no_room" in codes(predicted([runs[0], row(2, L40S, None, None)], room=lambda run: 0)[0])


def test_times_and_first_tokens():
    times = [row(1, A100, 100.0, 8, unit="ms/step", better="lower"), row(2, A100, None, 16, unit="ms/step", better="lower")]
    assert 100 <= predicted(times)[0].value <= 200
    first = {"task": "inference", "unit": "ms", "better": "lower", "extra": {"quantity": "ttft"}}
    untouched = predicted([row(1, A100, 80.0, 8, **first), row(2, A100, None, 16, **first)])[0]
    assert untouched.value == pytest.approx(80.0) and untouched.batch is None


def test_a_projects_target_takes_what_has_room():
    known, platforms = [row(1, A100, 100.0, 8)], pipeline.platforms_by_id()
    targets = [(L40S, 8), (H100, 8)]
    small, large = predict_targets(
        known, "c", targets, platforms, pipeline.shipped_runs(), room=lambda run: 2 if run.platform == L40S else 32
    )
    assert (small.batch, large.batch) == (2, 8) and "batch_fits" in codes(small) and large.batch_gain > 1.02


def test_another_global_batch_or_length_on_the_same_cards_is_not_called_the_same_configuration():
    known = row(1, A100, 100.0, 1, global_batch=256.0, seq_len=4096.0)
    same, larger, smaller, shorter = predicted(
        [
            known,
            row(2, A100, None, 1, global_batch=256.0, seq_len=4096.0),
            row(3, A100, None, 1, global_batch=512.0, seq_len=4096.0),
            row(4, A100, None, 1, global_batch=32.0, seq_len=4096.0),
            row(5, A100, None, 1, global_batch=256.0, seq_len=2048.0),
        ]
    )
    assert "same_row" in codes(same) and all("same_row" not in codes(one) for one in (larger, smaller, shorter))
    assert "same_cards" in codes(larger) and "same_cards" in codes(smaller) and "other_length" in codes(shorter)
    assert larger.high > same.high and larger.low == same.low and smaller.low < same.low and smaller.high == same.high
    assert shorter.low <= 50 and shorter.high >= 200


def test_the_time_of_a_step_grows_with_its_global_batch():
    unit = {"unit": "s/step", "better": "lower"}
    known = row(1, A100, 40.0, 1, global_batch=256.0, **unit)
    blanks = [
        row(number, card, None, 1, global_batch=batch, **unit)
        for number, (card, batch) in enumerate(product((A100, H100), (256.0, 512.0)), 2)
    ]
    same, twice, there, twice_there = predicted([known, *blanks])
    assert same.value == pytest.approx(40) and twice.value == pytest.approx(80) and twice.low < 80 < twice.high
    assert twice_there.value == pytest.approx(2 * there.value, rel=0.01)

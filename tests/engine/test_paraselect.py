"""ParaSelect: the formula, fits that find known k, intervals, honest refusals, hostile tables."""

import csv

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import fit_case, predict, read_runs, read_table, scale_case, write_predictions
from app.engine.paraselect.rates import ratios

PLATFORMS = ("nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-v100-sxm2-32gb", "nvidia-h20-96gb", "ascend-910b2", "nvidia-l40s")


def row(number: int, platform: str, speed: float | None, gpus: int | None = 8, **more) -> MeasuredRun:
    fields = {"case": "c", "unit": "samples/s", "precision": "fp16", "task": "pretrain", **more}
    return MeasuredRun(row=number, platform=platform, gpus=gpus, speed=speed, **fields)


def by_formula(k, platform: str, reference: str = PLATFORMS[0], speed: float = 10.0) -> float:
    known = pipeline.platforms_by_id()
    pair = ratios(known[reference], known[platform], "fp16", 8)
    return speed / sum(share * value for share, value in zip(k, pair.values, strict=True) if share)


def case_of(k, platforms=PLATFORMS) -> list[MeasuredRun]:
    return [row(number, platform, by_formula(k, platform)) for number, platform in enumerate(platforms, 1)]


def predicted(runs):
    return predict(runs, pipeline.platforms_by_id(), pipeline.shipped_runs())


@pytest.mark.parametrize("k", [(1, 0, 0, 0), (0, 1, 0, 0), (0.3, 0.7, 0, 0), (0.5, 0.2, 0, 0.3)])
def test_a_fit_finds_the_k_that_made_the_data(k):
    fit = fit_case(case_of(k), pipeline.platforms_by_id(), "c")
    assert sum(fit.k) == pytest.approx(1) and min(fit.k) >= 0
    assert fit.in_sample_mape < 0.01 and fit.leave_one_out_mape < 0.05
    reference = next(point for point in fit.platforms if point.platform == fit.reference)
    assert reference.predicted == pytest.approx(reference.measured) and reference.left_out is None


@pytest.mark.parametrize("loss", ["rmse", "relative"])
@given(noise=st.lists(st.floats(0.7, 1.4), min_size=6, max_size=6))
@settings(max_examples=20, deadline=None)
def test_k_stays_on_the_simplex_whatever_the_data(loss, noise):
    runs = [msgspec.structs.replace(one, speed=one.speed * factor) for one, factor in zip(case_of((0.4, 0.6, 0, 0)), noise, strict=True)]
    fit = fit_case(runs, pipeline.platforms_by_id(), "c", loss=loss)
    assert sum(fit.k) == pytest.approx(1) and min(fit.k) >= 0 and np.isfinite(fit.rmse)


def test_any_platform_can_be_the_reference():
    runs = case_of((0.3, 0.7, 0, 0))
    fit = fit_case(runs, pipeline.platforms_by_id(), "c", reference="nvidia-h20-96gb")
    assert fit.reference == "nvidia-h20-96gb" and fit.in_sample_mape < 0.2
    with pytest.raises(EngineError):
        fit_case(runs, pipeline.platforms_by_id(), "c", reference="nvidia-a40")


def test_fitted_prediction_carries_interval_terms_and_reference():
    found = predicted([*case_of((0.3, 0.7, 0, 0), PLATFORMS[:4]), row(9, "nvidia-l40s", None)])[0]
    assert found.kind == "fitted" and found.low < found.value < found.high and found.reference_row == 1
    assert sum(found.terms) == pytest.approx(10.0 / found.value) and len(found.k) == 4
    assert found.value == pytest.approx(by_formula((0.3, 0.7, 0, 0), "nvidia-l40s"), rel=0.25)  # corrected by what the card does elsewhere


def test_two_known_platforms_are_pooled_and_wider():
    found = predicted([row(1, PLATFORMS[0], 10.0), row(2, PLATFORMS[4], 9.0), row(3, "nvidia-h20-96gb", None)])[0]
    assert found.kind == "pooled" and found.high / found.low > 1.5 and found.error_mape > 0.05


def test_outside_the_fitted_range_is_told():
    found = predicted([*case_of((0.5, 0.5, 0, 0), PLATFORMS[:2] + PLATFORMS[3:4]), row(9, "nvidia-l4", None)])[0]
    assert found.out_of_range and found.notes[0].code == "paraselect.out_of_range" and found.value is not None


def test_a_missing_fact_is_named_never_filled_in():
    found = predicted([*case_of((0.5, 0.5, 0, 0), PLATFORMS[:3]), row(9, "zhaoxin-c960", None)])[0]
    assert found.value is None and found.notes[0].code == "paraselect.missing_fact" and found.notes[0].params["key"]


@pytest.mark.parametrize(
    ("blank", "code"),
    [
        (row(2, "nvidia-h20-96gb", None, None), "paraselect.no_gpus"),
        (row(2, "no-such-card", None), "paraselect.unknown_platform"),
        (row(2, "nvidia-h20-96gb", None, case="d"), "paraselect.no_known_row"),
    ],
)
def test_rows_that_cannot_be_predicted_say_why(blank, code):
    found = predicted([row(1, PLATFORMS[0], 10.0), blank])[0]
    assert found.value is None and found.low is None and found.kind is None and found.notes[0].code == code


def test_times_are_lower_is_better_and_per_card_units_stay_per_card():
    faster, slower = (PLATFORMS[1], PLATFORMS[2])
    times = predicted([row(1, PLATFORMS[0], 100.0, unit="ms"), row(2, faster, None, unit="ms"), row(3, slower, None, unit="ms")])
    assert times[0].value < 100 < times[1].value and times[0].low < times[0].value < times[0].high and times[0].better == "lower"
    per_card = predicted([row(1, PLATFORMS[0], 100.0, unit="tokens/s/GPU"), row(2, PLATFORMS[0], None, 16, unit="tokens/s/GPU")])[0]
    assert 60 < per_card.value <= 105


def test_more_cards_are_scaled_first_by_the_platform_s_own_rows():
    runs = [row(1, PLATFORMS[0], 10.0, 8), row(2, PLATFORMS[0], 18.0, 16), row(3, PLATFORMS[0], None, 32)]
    found = predicted(runs)[0]
    assert found.value == pytest.approx(18 * 1.8, rel=0.05) and found.kind == "fitted" and found.reference_row == 2


@pytest.mark.parametrize("task", ["pretrain", "inference", "hpc"])
@pytest.mark.parametrize("wanted", [4, 32, 64])
def test_predict_and_scale_tell_the_same_speed_at_another_count(task, wanted):
    runs = [row(1, PLATFORMS[0], 10.0, 8, task=task), row(2, PLATFORMS[0], 18.0, 16, task=task)]
    found = predicted([*runs, row(3, PLATFORMS[0], None, wanted, task=task)])[0]
    point = scale_case(runs, pipeline.platforms_by_id(), "c", [wanted]).points[0]
    assert found.value == pytest.approx(point.speed) and found.low < found.value < found.high
    assert not found.out_of_range and found.notes[0].code == "paraselect.scaled"


def test_a_kept_global_batch_scales_worse_than_a_kept_batch_per_card():
    known = row(1, PLATFORMS[0], 10.0, 8, global_batch=256.0)
    strong, weak = predicted([known, row(2, PLATFORMS[0], None, 64, global_batch=256.0), row(3, PLATFORMS[0], None, 64)])
    assert strong.value < weak.value and {note.params["kept"].code for note in (strong.notes[0], weak.notes[0])} == {
        "paraselect.scaled_strong",
        "paraselect.scaled_weak",
    }


def test_beyond_eight_times_the_known_count_a_trial_is_asked_for_and_the_interval_grows_with_distance():
    known = [row(1, PLATFORMS[0], 10.0, 8), row(2, PLATFORMS[0], 18.0, 16)]
    found = predicted([*known, *(row(3 + place, PLATFORMS[0], None, count) for place, count in enumerate((32, 64, 128, 256)))])
    assert [one.out_of_range for one in found] == [False, False, False, True] and found[3].notes[0].code == "paraselect.far_count"
    widths = [one.high / one.low for one in found]
    assert widths == sorted(widths)


def test_how_one_platform_scales_tells_how_another_does():
    known = [row(1, PLATFORMS[0], 10.0, 8), row(2, PLATFORMS[0], 11.0, 16), row(3, PLATFORMS[1], 20.0, 8)]
    taught = predicted([*known, row(4, PLATFORMS[1], None, 16)])[0]
    alone = predicted([known[2], row(4, PLATFORMS[1], None, 16)])[0]
    assert 20 < taught.value < alone.value and taught.kind == "fitted" and alone.kind == "pooled"


def test_one_card_has_no_fabric_term():
    found = predicted([row(1, PLATFORMS[0], 10.0, 1), row(2, PLATFORMS[3], None, 1)])[0]
    assert found.k[3] == 0


def test_units_within_a_case_must_agree():
    with pytest.raises(EngineError):
        predicted([row(1, PLATFORMS[0], 10.0), row(2, PLATFORMS[1], 9.0, unit="tokens/s"), row(3, PLATFORMS[3], None)])


HEAD = "case,platform,gpus,speed,unit,note\n"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "paraselect.no_rows", ""),
        (HEAD, "paraselect.no_rows", ""),
        ("case,platform\nc,p\n", "paraselect.columns_missing", ""),
        (HEAD + "c,nvidia-l4,8,fast,samples/s,\n", "run_table.no_number", "2"),
        (HEAD + "c,nvidia-l4,8,1,samples/s,\nc,nvidia-l4,2.5,1,samples/s,\n", "run_table.not_a_count", "3"),
        (HEAD + "c,,8,1,samples/s,\n", "paraselect.cell_blank", "2"),
        (HEAD + "c,nvidia-l4,8,-3,samples/s,\n", "paraselect.not_a_number", "2"),
    ],
)
def test_a_table_of_ours_must_be_sound(tmp_path, text, code, place):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(EngineError) as caught:
        read_runs(path)
    assert (caught.value.message.code, caught.value.place) == (code, place)


def test_written_table_keeps_its_columns_and_never_runs_a_formula(tmp_path):
    table, out = tmp_path / "t.csv", tmp_path / "o.csv"
    table.write_text(
        "\ufeff" + HEAD + "c,nvidia-a100-sxm-80gb,8,10,samples/s,first\nc,nvidia-h20-96gb,8,,samples/s,second\n", encoding="utf-8"
    )
    before = table.read_bytes()
    write_predictions(table, predicted(read_table(table).runs), out, lambda _: "=cmd()")
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-6:] == ["predicted", "low", "high", "kind", "reference_row", "note"] or rows[1]["predicted"]
    assert (
        rows[0]["predicted"] == ""
        and float(rows[1]["predicted"]) > 0
        and not rows[1]["note"].startswith("=")
        and table.read_bytes() == before
    )


def test_a_link_that_is_not_known_is_left_out_and_said():
    platforms = {**pipeline.platforms_by_id()}
    name = next(
        key
        for key, one in platforms.items()
        if one.host.one_direction_gbs is None and one.number("memory_bw_gbs") and one.number("fp16_tensor_tflops")
    )
    runs = [
        MeasuredRun(
            row=1, case="c", platform="nvidia-a100-sxm-80gb", gpus=1, speed=10.0, unit="samples/s", task="pretrain", precision="fp16"
        )
    ]
    runs.append(MeasuredRun(row=2, case="c", platform=name, gpus=1, speed=None, unit="samples/s", task="pretrain", precision="fp16"))
    found = predict(runs, platforms, pipeline.shipped_runs())[0]
    assert found.value is not None and found.k[2] == 0
    assert any(note.code == "paraselect.link_left_out" and note.params["platform"] == name for note in found.notes)

"""Speeds as a reader compares them, the terms that can be set side by side, close calls between plans, tables as CSV."""

import pytest

from app.engine import pipeline
from app.engine.csv_file import plain, write_csv
from app.engine.errors import EngineError
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import compute_rate, side_by_side, told_speeds

A100, H20, ASCEND = "nvidia-a100-sxm-80gb", "nvidia-h20-96gb", "ascend-910b2"


def run(platform, speed, gpus=8, unit="tokens/s", row=1, **more):
    return MeasuredRun(row, "c", platform, gpus, speed, unit, **more)


def guess(platform, value, gpus=8, **more):
    ends = {} if value is None else {"low": value * 0.8, "high": value * 1.2, "kind": "fitted"}
    return Prediction(2, "c", platform, gpus, value, unit=more.pop("unit", "tokens/s"), **ends, **more)


def told(rows):
    return {row.platform: row.value for row in rows}


def test_a_measurement_beats_a_prediction_and_unknown_stands_last():
    found = told_speeds([run(A100, 100.0)], [guess(A100, 50.0), guess(H20, 200.0), guess(ASCEND, None)], 8, reference=A100)
    assert [row.platform for row in found.rows] == [H20, A100, ASCEND]
    assert found.rows[1].kind == "measured" and found.rows[1].is_reference and found.rows[1].run is not None


def test_per_card_and_relative():
    runs, guesses = [run(A100, 100.0)], [guess(H20, 200.0)]
    assert told(told_speeds(runs, guesses, 8, way="per_card").rows) == {A100: 12.5, H20: 25.0}
    found = told_speeds(runs, guesses, 8, way="relative", reference=A100)
    assert told(found.rows) == {A100: 1.0, H20: 2.0} and found.unit == "" and found.rows[0].low == pytest.approx(1.6)


def test_a_speed_that_is_written_per_card_is_multiplied_for_the_whole_system():
    found = told_speeds([run(A100, 10.0, unit="tokens/s/card")], [], 8)
    assert told(found.rows) == {A100: 80.0} and found.unit == "tokens/s"


def test_a_time_is_better_when_lower_and_has_no_share_of_a_card():
    runs, guesses = [run(A100, 100.0, unit="ms")], [guess(H20, 50.0, unit="ms", better="lower")]
    found = told_speeds(runs, guesses, 8, way="per_card", reference=A100)
    assert found.way == "total" and "per_card" not in found.ways and [row.platform for row in found.rows] == [H20, A100]
    relative = told_speeds(runs, guesses, 8, way="relative", reference=A100)
    assert told(relative.rows) == {H20: 2.0, A100: 1.0} and relative.rows[0].low < 2.0 < relative.rows[0].high


def test_without_the_reference_at_this_count_nothing_is_relative():
    assert told_speeds([run(A100, 100.0)], [guess(H20, 1.0, 64)], 64, way="relative", reference=A100).ways == ("total", "per_card")


def test_only_what_shares_reference_and_k_is_set_side_by_side():
    k, other = (0.5, 0.5, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    guesses = [
        guess(H20, 1.0, k=k, terms=(0.5, 0.2, 0.0, 0.0), reference_row=1),
        guess("nvidia-l40s", 1.0, k=k, terms=(0.9, 0.9, 0.0, 0.0), reference_row=1, out_of_range=True),
        guess("ascend-910c", 1.0, k=other, terms=(0.4, 0.0, 0.0, 0.0), reference_row=7),
    ]
    runs = [run(A100, 100.0), run(ASCEND, 90.0, row=7)]
    found = side_by_side(runs, guesses, 8, A100)
    assert found.k == k and found.reference == A100 and [row.platform for row in found.rows] == [H20, A100]
    assert found.rows[1].is_reference and found.rows[1].total == 1.0
    assert side_by_side(runs, guesses, 8, ASCEND).k == other
    assert "nvidia-l40s" in [row.platform for row in side_by_side(runs, guesses, 8, "nvidia-l40s").rows]
    assert side_by_side(runs, guesses, 16, A100).k is None


def test_the_compute_rate_is_the_one_that_the_notes_name():
    project = pipeline.new_project(pipeline.sample_inputs())
    platforms = pipeline.platforms_by_id()
    used = {}
    for found in project.predictions:
        rate = compute_rate(found, platforms[found.platform])
        for note in found.notes:
            if rate is not None and note.code.startswith("paraselect.rate_"):
                used.setdefault(note.code, rate[0])
        assert (rate is None) == (not found.terms)
    assert used == {"paraselect.rate_effective": "achieved_bf16_tflops", "paraselect.rate_peak": "bf16_tensor_tflops"}


def test_a_table_opens_as_text_in_a_spreadsheet(tmp_path):
    write_csv(tmp_path / "t.csv", [["甲", "=1+1"], ["-5", "-x"], ["−3", "a,b"]])
    assert (tmp_path / "t.csv").read_bytes().decode("utf-8-sig").splitlines() == ["甲,'=1+1", "-5,'-x", '−3,"a,b"']
    assert plain("@cmd") == "'@cmd" and plain("12") == "12"
    with pytest.raises(EngineError):
        pipeline.write_table(tmp_path / "no" / "folder" / "t.csv", [["a"]])

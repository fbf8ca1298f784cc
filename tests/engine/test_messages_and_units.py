"""Words and numbers: gentle formatting, thousands, shares, durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.messages import message, render, render_remedy
from app.engine.units import format_duration, format_number, format_share, format_significant


def test_a_message_in_both_languages_and_nested():
    said = message("assessing.reason.blocked", check=message("assessing.check.vram"), why=message("assessing.vram.too_small", gib=3.25))
    assert "显存" in render(said, "zh") and "VRAM" in render(said, "en") and "3.2" in render(said, "en")


def test_a_missing_parameter_never_costs_the_result():
    assert "—" in render(message("assessing.vram.fits"), "zh")
    assert render_remedy(message("assessing.vram.fits", gib=1), "en") == ""


def test_errors_survive_the_way_from_another_process():
    import pickle

    again = pickle.loads(pickle.dumps(UnreadableFile("reading.no_rows", file="a.csv", place=3)))
    assert isinstance(again, EngineError) and (again.file, again.place, again.message.code) == ("a.csv", "3", "reading.no_rows")


@pytest.mark.parametrize(
    ("value", "text"), [(None, "—"), (float("nan"), "—"), (0, "0"), (1234.5, "1,234"), (0.000123, "0.000123"), (-2.5, "−2.50")]
)
def test_three_digits(value, text):
    assert format_significant(value) == text


def test_shares_and_durations():
    assert (format_share(0.123), format_share(None), format_duration(0.0005), format_duration(90), format_duration(7200)) == (
        "12%",
        "—",
        "500 µs",
        "90.0 s",
        "2.00 h",
    )


@given(st.floats(-1e12, 1e12))
def test_numbers_read_back(value):
    assert float(format_number(value, 2).replace(",", "").replace("−", "-")) == pytest.approx(value, abs=0.006)

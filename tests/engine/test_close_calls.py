"""A recommendation whose interval reaches into its runner-up's says so."""

import msgspec
import pytest

from app.engine import pipeline
from app.engine.selecting import is_open, needed_speed
from app.engine.selecting.ranking import overlaps, recommend


@pytest.fixture(scope="module")
def selection():
    return pipeline.new_project(pipeline.sample_inputs()).selection


def plans_of(selection, *bands):
    """Return plans with these (speed, low, high), without tags and reasons."""
    template = msgspec.structs.replace(selection.plans[0], tags=(), reasons=(), total_low=None, total_high=None)
    return [
        msgspec.structs.replace(template, name=name, speed=speed, low=low, high=high, price_performance=speed)
        for name, (speed, low, high) in zip("AB", bands, strict=True)
    ]


def reasons(selection, *bands):
    told, chosen = recommend(plans_of(selection, *bands))
    return {role: [reason.code for reason in told[number].reasons] for role, number in chosen.items()}


def test_bands_that_touch_are_told(selection):
    codes = reasons(selection, (100.0, 80.0, 120.0), (90.0, 70.0, 110.0))["highest_performance"]
    assert "selecting.fastest" in codes and "selecting.overlaps" in codes


def test_bands_apart_are_not(selection):
    codes = reasons(selection, (100.0, 95.0, 105.0), (60.0, 55.0, 65.0))["highest_performance"]
    assert "selecting.fastest" in codes and "selecting.overlaps" not in codes


def test_the_band_of_value_is_that_of_the_money(selection):
    one, other = plans_of(selection, (100.0, 1.0, 1000.0), (90.0, 1.0, 1000.0))
    dear = msgspec.structs.replace(one, total_price=10.0, total_low=9.9, total_high=10.1)
    cheap = msgspec.structs.replace(other, total_price=10.0, total_low=9.9, total_high=10.1)
    assert not overlaps("best_price_performance", dear, cheap) and overlaps("highest_performance", dear, cheap)


def test_the_speed_that_the_deadline_needs(selection):
    assert needed_speed(selection) == pytest.approx(400e9 / (90 * 86400))
    assert needed_speed(msgspec.structs.replace(selection, deadline_days=None)) is None


def test_open_is_what_nothing_bars(selection):
    assert all(is_open(selection.plans[number]) for number in selection.recommended.values())
    assert not is_open(msgspec.structs.replace(selection.plans[0], tags=("pareto", "over_budget")))

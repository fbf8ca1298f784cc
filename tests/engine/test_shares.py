"""k of a case by shrinkage: on the simplex, the prior with one row, the truth with many, never overruled by a profile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.measurements import MeasuredRun
from app.engine.model.profiles import Axis, Communication, Profile
from app.engine.paraselect.cases import class_k_of
from app.engine.paraselect.collinear import collinear_terms, separators
from app.engine.paraselect.fitting import design_of
from app.engine.paraselect.known_runs import known_runs
from app.engine.paraselect.rates import ratios
from app.engine.paraselect.shares import prior_mean, shares_of, terms_of
from app.engine.paraselect.simplex import dirichlet, grid, normal

NAMES = (
    "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-h20-96gb", "nvidia-l40s", "nvidia-a40", "nvidia-rtx-4090",
    "nvidia-v100-sxm2-32gb", "nvidia-l20", "nvidia-t4", "nvidia-a10", "nvidia-rtx-3090", "nvidia-l4",
)  # fmt: skip

ratio = st.floats(0.0, 1.0)


def _rows(k, names, gpus=1, factors=None):
    """A case that follows the formula, times factors."""
    platforms = pipeline.platforms_by_id()
    found = []
    for number, name in enumerate(names):
        values = ratios(platforms[names[0]], platforms[name], "bf16", gpus).values
        total = sum(share * (value or 0.0) for share, value in zip(k, values, strict=True))
        speed = 100 / total * (factors[number] if factors else 1.0)
        found.append(MeasuredRun(number + 1, "c", name, gpus, speed, "samples/s", precision="bf16", task="inference"))
    return found


def _shares(runs, profile=None, **more):
    platforms = pipeline.platforms_by_id()
    pool = class_k_of(runs[0], platforms, pipeline.shipped_runs())
    return shares_of(design_of(known_runs(runs, "c"), platforms, **more), pool, platforms, profile)


def _names(count):
    platforms = pipeline.platforms_by_id()
    known = [name for name in NAMES if name in platforms]
    known = [name for name in known if ratios(platforms[known[0]], platforms[name], "bf16", 1).values[0] is not None]
    assert len(known) >= count
    return known[:count]


def _profile(platform="nvidia-a100-sxm-80gb", **axes):
    made = tuple(Axis(name, value, value, "measured", message("profiling.one_card")) for name, value in axes.items())
    return Profile(platform, 10.0, (0, 1), made, "unknown", {}, None, communication=Communication(None, None))  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.0, 1.0), st.lists(st.floats(0.5, 2.0), min_size=6, max_size=6), st.integers(1, 6), st.floats(0.0, 1.0), st.floats(0.0, 1.0)
)
def test_k_lie_on_the_simplex_inside_their_intervals(share, factors, count, tensor, memory):
    runs = _rows((share, 1 - share, 0.0, 0.0), _names(count), factors=factors)
    found = _shares(runs, _profile(tensor_core=tensor, vram_bandwidth=memory))
    assert sum(found.k) == pytest.approx(1) and min(found.k) >= 0
    assert all(low <= k <= high for low, k, high in zip(found.low, found.k, found.high, strict=True))
    assert found.by_class + found.by_profile + found.by_points == pytest.approx(1)
    assert min(found.by_class, found.by_profile, found.by_points) >= 0


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.floats(0.1, 0.9))
def test_neither_the_order_of_rows_nor_a_repeated_one_matters(order, share):
    names = _names(5)
    runs = _rows((share, 1 - share, 0.0, 0.0), names, factors=[1, 1.1, 0.9, 1.05, 0.97])
    found = _shares(runs, reference=names[0])
    assert _shares([runs[place] for place in order], reference=names[0]).k == pytest.approx(found.k, abs=1e-9)
    assert _shares([*runs, runs[2]], reference=names[0]).k == pytest.approx(found.k, abs=1e-9)


def test_one_row_is_the_prior_and_that_of_the_class():
    runs = _rows((0.5, 0.5, 0, 0), _names(1))
    found, platforms = _shares(runs), pipeline.platforms_by_id()
    pool = class_k_of(runs[0], platforms, pipeline.shipped_runs())
    assert found.k == pytest.approx(found.prior, abs=1e-6) and found.by_points == 0
    assert found.k == pytest.approx(pool.k, abs=0.03)
    assert found.high[0] - found.low[0] > 0.2


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_each_further_row_brings_k_nearer_and_many_recover_them(share):
    names, truth = _names(10), np.array([share, 1 - share, 0.0, 0.0])
    off = [np.abs(np.array(_shares(_rows(truth, names[:count])).k) - truth).max() for count in (1, 3, 6, 10)]
    assert off[-1] < 0.07 and off[-1] <= min(off) + 0.02
    assert off[2] < 0.15


def test_a_profile_moves_one_row_but_never_five_consistent_ones():
    names = _names(6)
    compute, memory = (_profile(tensor_core=a, vram_bandwidth=b) for a, b in ((0.9, 0.1), (0.1, 0.9)))
    one = _rows((0.5, 0.5, 0, 0), names[:1])
    assert _shares(one, compute).k[0] > _shares(one).k[0] > _shares(one, memory).k[0]
    assert 0 < _shares(one, compute).by_profile <= 0.5
    for share, against in ((0.05, compute), (0.95, memory)):
        six = _rows((share, 1 - share, 0, 0), names)
        found = _shares(six, against)
        assert abs(found.k[0] - share) < 0.2 and found.by_profile < 0.1


def test_an_empty_profile_changes_nothing():
    runs = _rows((0.5, 0.5, 0, 0), _names(3))
    assert _shares(runs, _profile()) == _shares(runs)


def test_terms_that_move_together_are_told_and_what_would_separate_them():
    platforms = pipeline.platforms_by_id()
    base = _names(1)[0]
    runs = _rows((0.5, 0.5, 0, 0), [base, base.replace("a100", "a800")])
    design, shares = design_of(known_runs(runs, "c"), platforms), _shares(runs)
    (pair, *_) = collinear_terms(design, shares, separators(design, platforms), platforms)
    assert {pair.one, pair.other} == {"compute", "memory"} and pair.separates in platforms
    further = _rows((0.5, 0.5, 0, 0), [base, pair.separates])
    design = design_of(known_runs(further, "c"), platforms)
    assert not any({one.one, one.other} == {"compute", "memory"} for one in collinear_terms(design, _shares(further), [], platforms))


def test_the_grid_keeps_the_mean_that_was_asked_for():
    for mean in ((0.9, 0.1), (0.6, 0.38, 0.02), (0.3, 0.3, 0.2, 0.2)):
        for strength in (1.0, 4.0, 16.0):
            assert normal(dirichlet(mean, strength)) @ grid(len(mean)) == pytest.approx(mean, abs=1e-6)


def test_where_one_rate_alone_is_known_its_k_is_one():
    runs, platforms = _rows((0.5, 0.5, 0, 0), _names(3)), pipeline.platforms_by_id()
    pool, design = class_k_of(runs[0], platforms, pipeline.shipped_runs()), design_of(known_runs(runs, "c"), platforms)
    found = shares_of(design, pool, platforms, without=(0, 2, 3))
    assert found.k == found.low == found.high == (0.0, 1.0, 0.0, 0.0)


def test_a_term_that_the_class_does_not_use_keeps_a_little():
    runs = _rows((0.5, 0.5, 0, 0), _names(1))
    platforms = pipeline.platforms_by_id()
    design = design_of(known_runs(runs, "c"), platforms)
    mean = prior_mean(class_k_of(runs[0], platforms, pipeline.shipped_runs()), terms_of(design))
    assert mean.sum() == pytest.approx(1) and mean.min() > 0

"""Corrected rates stand for the model in the formula, keep within the data sheet, follow what is measured; software is told apart."""

import itertools
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import known, pipeline
from app.engine.messages import render
from app.engine.model.corrections import BASES, CorrectedRate, Software
from app.engine.model.corrections_said import rate_said, software_said
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.contrasts import contrasts
from app.engine.paraselect.corrected_rates import corrected_rates, new_workload, reached_share
from app.engine.paraselect.evidence import gather
from app.engine.paraselect.features import rates_of
from app.engine.paraselect.hierarchy import Hierarchy, Row
from app.engine.paraselect.learned import Learned, read_settings, shipped_learned
from app.engine.paraselect.measured_cards import measured_cards
from app.engine.paraselect.pooled import class_of
from app.engine.paraselect.rate_tables import read_told, write_told
from app.engine.paraselect.software import same_card, software_of

A100, H100, L40S, ASCEND, ASCEND_C = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-l40s", "ascend-910b2", "ascend-910c"
NEVER_MEASURED = "hygon-bw1000"


def row(case: str, platform: str, speed: float | None, **more) -> MeasuredRun:
    fields = {"unit": "samples/s", "precision": "bf16", "task": "pretrain", "workload": f"w{case}", "framework": "made 1", "source": "us"}
    return MeasuredRun(row=1, case=case, platform=platform, gpus=8, speed=speed, **{**fields, **more})


def table(speeds: dict[str, list[float]], **more) -> list[MeasuredRun]:
    """Return cases 0, 1, …: the n-th speed of each platform."""
    return [row(str(place), name, speed, **more) for name, told in speeds.items() for place, speed in enumerate(told)]


def taught(runs) -> Learned:
    return Learned(Hierarchy(gather(runs, platforms()), platforms(), read_settings()), ())


def platforms():
    return pipeline.platforms_by_id()


def rates(runs) -> dict[str, CorrectedRate]:
    return {one.platform: one for one in corrected_rates(taught(runs), read_settings().k, runs, platforms())}


# Definition -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["training-many", "inference-one", "decode-many"])
def test_in_the_formula_they_give_the_models_prediction(kind):
    """Of a new workload between any two measured cards: with TFLOPS', corrected bandwidth and the class's k."""
    told = {one.platform: one for one in known.shipped_rates() if (one.kind, one.precision) == (kind, "fp16") and one.basis == "learned"}
    cards = measured_cards(pipeline.shipped_runs(), platforms())
    groups, gpus, k = new_workload(cards.example(kind, "fp16")), cards.gpus(kind), read_settings().k[kind]
    rows = [Row(groups, "new", platforms()[name], rates_of(platforms()[name], "fp16", gpus)) for name in told]
    mean = shipped_learned(platforms()).hierarchy.posterior([], [], rows).mean
    times = []
    for one, row_ in zip(told.values(), rows, strict=True):
        # of the common card, whose factor is 1: its rates on the same scale
        common = [math.exp(-log) * rate / one.factor for log, rate in zip(row_.rates, (one.compute_tflops, one.memory_gbs), strict=False)]
        times.append(k[0] * common[0] / one.compute_tflops + k[1] * common[1] / one.memory_gbs)
    assert len(told) > 4
    for (time, speed), (other_time, other_speed) in itertools.combinations(zip(times, mean, strict=True), 2):
        assert time / other_time == pytest.approx(math.exp(other_speed - speed), rel=5e-3)


def test_all_rates_of_a_class_are_on_one_scale():
    """So that their ratios are what the formula needs."""
    by_class: dict[tuple[str, str], list[CorrectedRate]] = {}
    for one in known.shipped_rates():
        if one.basis == "learned":
            by_class.setdefault((one.kind, one.precision), []).append(one)
    for found in by_class.values():
        compute = [one.compute_tflops / one.compute_sheet_tflops / one.factor for one in found]
        memory = [one.memory_gbs / one.memory_sheet_gbs / one.factor for one in found]
        assert compute == pytest.approx([compute[0]] * len(found), rel=5e-3)
        assert memory == pytest.approx([memory[0]] * len(found), rel=5e-3)


def test_no_measured_card_goes_beyond_what_it_can():
    for one in known.shipped_rates():
        card = platforms()[one.platform]
        assert 0 < one.compute_tflops <= one.compute_sheet_tflops * 1.001 and 0 < one.memory_gbs <= one.memory_sheet_gbs * 1.001
        if one.basis == "learned":
            share, key = reached_share(card, "compute", one.precision)
            assert one.compute_tflops <= one.compute_sheet_tflops * share * 1.001 or not key


def test_the_anchor_is_at_its_limit():
    for one in known.shipped_rates():
        if one.platform == one.compute_anchor:
            share = reached_share(platforms()[one.platform], "compute", one.precision)[0]
            assert one.compute_tflops == pytest.approx(one.compute_sheet_tflops * share, rel=2e-3)


def test_intervals_hold_the_factor_and_are_wider_where_nothing_was_measured():
    shipped = known.shipped_rates()
    assert all(one.low < one.factor < one.high for one in shipped)
    width = {
        basis: sum(math.log(one.high / one.low) for one in found) / len(found)
        for basis in BASES
        if (found := [one for one in shipped if one.basis == basis])
    }
    assert width["learned"] < width["architecture"] < width["data_sheet"]
    assert all(one.cases > 0 and one.sources for one in shipped if one.basis == "learned")
    assert all(one.cases == 0 for one in shipped if one.basis != "learned")


def name_of(one: CorrectedRate | Software) -> tuple[str, ...]:
    own = (one.precision,) if isinstance(one, CorrectedRate) else (one.how, one.stack, one.reference)
    return (one.platform, *own)


@pytest.mark.parametrize("kind", ["decode-one", "training-one"])
def test_what_ships_is_what_the_model_that_ships_says(kind):
    """Fails where the model was trained anew without these tables: run tests.accuracy.train_paraselect."""
    learned, k = shipped_learned(platforms()), read_settings().k
    runs = [run for run in pipeline.shipped_runs() if class_of(run) == kind]
    for shipped, made in (
        (known.shipped_rates(), corrected_rates(learned, k, runs, platforms())),
        (known.shipped_software(), software_of(learned, k, runs, platforms())),
    ):
        before, now = ({name_of(one): one.factor for one in found if one.kind == kind} for found in (shipped, made))
        assert before == pytest.approx(now, rel=2e-3)
    assert any(one.kind == kind for one in known.shipped_rates())


# What is measured moves them --------------------------------------------------------------------------------------------------------

SPEED = st.floats(1.0, 100.0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    speeds=st.lists(st.tuples(SPEED, SPEED, SPEED, SPEED), min_size=1, max_size=5),
    which=st.sampled_from([A100, H100, L40S, ASCEND]),
    faster=st.floats(1.0, 8.0),
)
def test_a_platform_measured_faster_is_never_corrected_lower(speeds, which, faster):
    """With the class's k held: they are fitted anew from the same speeds and could divide them otherwise."""
    columns = dict(zip((A100, H100, L40S, ASCEND), map(list, zip(*speeds, strict=True)), strict=True))
    before = rates(table(columns))[which]
    after = rates(table({**columns, which: [speed * faster for speed in columns[which]]}))[which]
    assert after.factor >= before.factor * (1 - 1e-9)
    assert after.compute_tflops >= before.compute_tflops * (1 - 1e-9)
    assert after.memory_gbs >= before.memory_gbs * (1 - 1e-9)


def test_one_more_measured_workload_narrows_the_interval():
    few, many = (rates(table({A100: [10.0] * count, ASCEND: [7.0] * count}))[ASCEND] for count in (1, 6))
    assert math.log(many.high / many.low) < math.log(few.high / few.low)
    assert (few.workloads, many.workloads, many.cases) == (1, 6, 6) and many.sources == ("us",)


def test_a_card_alone_in_its_cases_says_nothing():
    runs = [*table({A100: [10.0, 11.0], ASCEND: [7.0, 7.5]}), row("alone", L40S, 3.0), row("unknown", "no-such-card", 3.0)]
    found = rates(runs)
    assert (found[L40S].basis, found[L40S].cases) == ("architecture" if found[L40S].basis == "architecture" else "vendor", 0)
    assert found[A100].basis == "learned" and found[NEVER_MEASURED].basis == "data_sheet"
    assert rates([row("alone", L40S, 3.0)]) == {}


def test_the_deviation_of_a_contrast_is_that_of_its_pairs():
    runs = table({A100: [10.0, 9.0], H100: [20.0, 21.0], ASCEND: [7.0, 8.0]})
    chosen = [platforms()[name] for name in (A100, H100, ASCEND)]
    told = contrasts(taught(runs).hierarchy, new_workload(runs[0]), "bf16", 8, chosen, (A100, H100, ASCEND))
    pair = told.deviation(told.weights([A100]), told.weights([ASCEND]))
    assert pair == pytest.approx(math.sqrt(told.pairs[told.ids.index(A100), told.ids.index(ASCEND)]))
    both = told.deviation(told.weights([A100, H100]), told.weights([ASCEND]))
    others = math.sqrt(told.pairs[told.ids.index(H100), told.ids.index(ASCEND)])
    assert told.deviation(told.weights([A100]), told.weights([A100])) == 0 and 0 < both < max(pair, others)


# Software ---------------------------------------------------------------------------------------------------------------------------


def stacks(second: float | None) -> list[MeasuredRun]:
    """Return Ascend cards at 0.9 of the A100 in one stack and, where given, at `second` in another."""
    nvidia = {A100: [10.0] * 4, H100: [20.0] * 4, L40S: [8.0] * 4}
    runs = table({**nvidia, ASCEND: [9.0] * 4, ASCEND_C: [12.0] * 4}, framework="ripe 1.0", source="one")
    if second is not None:
        other = table({**nvidia, ASCEND: [10 * second] * 4}, framework="raw 0.1", source="two")
        runs += [MeasuredRun(**{name: getattr(run, name) for name in run.__struct_fields__} | {"case": f"b{run.case}"}) for run in other]
    return runs


def test_software_is_told_from_hardware_where_two_stacks_were_measured():
    runs = stacks(0.3)
    found = {(one.platform, one.stack): one for one in software_of(taught(runs), read_settings().k, runs, platforms())}
    ripe, raw = found[ASCEND, "ripe"], found[ASCEND, "raw"]
    assert raw.software < ripe.software and raw.software_low < raw.software < raw.software_high
    assert ripe.reference == "NVIDIA" and ripe.versions == ("ripe 1.0",) and ripe.source == "one" and ripe.workloads == 4
    for one in (ripe, raw):
        assert one.factor == pytest.approx(one.software * one.hardware)


def test_with_one_stack_the_two_are_not_separable():
    runs = stacks(None)
    found = software_of(taught(runs), read_settings().k, runs, platforms())
    assert {one.platform for one in found} == {ASCEND, ASCEND_C}
    for one in found:
        assert one.software is None and one.hardware is None and one.low < one.factor < one.high
        assert "不可分" in render(software_said(one), "zh") and "not separable" in render(software_said(one), "en")


def test_other_software_on_the_same_card_is_software_alone():
    before = [row(str(n), A100, 10.0 + n, framework="engine 1", micro_batch=4.0) for n in range(5)]
    after = [row(f"n{n}", A100, (10.0 + n) * 1.3, framework="engine 2", micro_batch=4.0, workload=f"w{n}") for n in range(5)]
    unlike = row("u", A100, 500.0, framework="engine 2", micro_batch=64.0, workload="w0")
    (found,) = same_card([*before, *after, unlike], platforms())
    assert (found.stack, found.reference, found.cases, found.hardware) == ("engine 2", "engine 1", 5, None)
    assert found.factor == found.software == pytest.approx(1.3) and found.low < 1.3 < found.high


def test_one_pair_is_no_evidence_of_software():
    assert same_card([row("a", A100, 10.0, framework="e 1", workload="w"), row("b", A100, 12.0, framework="e 2", workload="w")], {}) == ()


# Tables and words -------------------------------------------------------------------------------------------------------------------


def test_tables_are_read_back_as_they_were_written(tmp_path):
    for told, kind in ((known.shipped_rates(), CorrectedRate), (known.shipped_software(), Software)):
        write_told(tmp_path / "told.csv", told, kind)
        assert read_told(tmp_path / "told.csv", kind) == told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_of_evidence_has_words(lang):
    for one in known.shipped_rates():
        text = render(rate_said(one), lang)
        assert "{" not in text and "corrections." not in text and "—–" not in text
    assert all("corrections." not in render(software_said(one), lang) for one in known.shipped_software())

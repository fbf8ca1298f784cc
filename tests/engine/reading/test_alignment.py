"""One time axis: zones, midnight, offsets by correlation and by hand."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.engine.model.traces import Device, Series, SourceFile, Trace
from app.engine.pipeline import read_traces
from app.engine.reading import merge_traces
from app.engine.reading._correlation import SURE, best_agreement
from app.engine.reading._times import DAY_NS, MISSING, parse_times, utc_offset_of

SECOND = 10**9
NOON = 1_767_268_800 * SECOND  # 2026-01-01 12:00 UTC


def load(seed: int, count: int = 600) -> np.ndarray:
    """A load that goes up and down at random times, 0..1."""
    steps = np.random.default_rng(seed).integers(0, 2, count // 15 + 1)
    return np.repeat(steps, 15)[:count] * 0.8 + 0.1


def trace(name: str, values: np.ndarray, *, start_ns=None, clock="relative", metric="gpu_utilisation", step_s=1.0, **more) -> Trace:
    times = np.arange(values.size, dtype=np.int64) * int(step_s * SECOND)
    return Trace(
        files=(SourceFile(name, "table", 1, name),),
        duration_ns=int(times[-1]),
        start_ns=start_ns,
        clock=clock,
        devices=(Device("0"),),
        series=(Series(metric, "0", "", times, values),),
        **more,
    )


def codes(run: Trace) -> set[str]:
    return {warning.code.removeprefix("reading.") for warning in run.warnings}


def test_a_file_without_a_clock_is_aligned_by_the_metric_it_shares():
    whole = load(1)
    noisy = whole[120:420] + np.random.default_rng(2).normal(0, 0.05, 300)
    run = merge_traces([trace("a.csv", whole, start_ns=NOON, clock="absolute"), trace("b.csv", noisy)])
    moved = next(one for one in run.alignments if one.file == "b.csv")
    assert moved.how == "correlated" and moved.offset_ns == 120 * SECOND and moved.confidence >= SURE
    assert "aligned" in codes(run) and run.clock == "absolute" and run.start_ns == NOON


def test_a_file_that_begins_before_the_others_is_aligned_too():
    whole = load(3)
    run = merge_traces([trace("a.csv", whole[200:], start_ns=NOON, clock="absolute"), trace("b.csv", whole[:450], metric="power_w")])
    assert next(one for one in run.alignments if one.file == "b.csv").offset_ns == -200 * SECOND
    assert run.start_ns == NOON - 200 * SECOND and run.duration_ns == 599 * SECOND


@pytest.mark.parametrize(
    "other",
    [
        np.tile([0.1, 0.9], 150),  # repeats itself: agrees at many places
        np.random.default_rng(9).random(300),  # something else
        np.full(300, 0.5),  # flat
        load(1)[:10],  # too short
    ],
)
def test_without_a_sure_agreement_the_file_begins_with_the_run_and_says_so(other):
    base = np.tile([0.1, 0.9], 300) if other.size == 300 and other[0] == 0.1 and other[2] == 0.1 else load(1)
    run = merge_traces([trace("a.csv", base, start_ns=NOON, clock="absolute"), trace("b.csv", other)])
    moved = next(one for one in run.alignments if one.file == "b.csv")
    assert moved.how == "start" and moved.offset_ns == 0 and moved.confidence == 0 and "mixed_clocks" in codes(run)


def test_the_users_offset_goes_before_all():
    run = merge_traces(
        [trace("a.csv", load(1), start_ns=NOON, clock="absolute"), trace("b.csv", load(1)[120:420])],
        {"b.csv": 7 * SECOND, "a.csv": -SECOND},
    )
    assert {one.file: (one.how, one.offset_ns) for one in run.alignments} == {"a.csv": ("manual", -SECOND), "b.csv": ("manual", 7 * SECOND)}
    assert run.start_ns == NOON - SECOND and run.series[0].time_ns[0] == 0


def test_the_zone_is_taken_from_the_file_that_states_it(monkeypatch):
    local = trace("local.csv", load(1), start_ns=NOON + 8 * 3600 * SECOND, clock="local")
    both = trace("both.csv", load(2), start_ns=NOON, clock="absolute", metric="power_w", utc_offset_s=8 * 3600)
    run = merge_traces([local, both])
    assert run.clock == "absolute" and run.start_ns == NOON and "zone_known" in codes(run)
    assert {one.file: (one.how, one.offset_ns) for one in run.alignments}["local.csv"] == ("zone", -8 * 3600 * SECOND)


@pytest.mark.parametrize(("zone", "code"), [("Asia/Shanghai", "zone_assumed"), ("UTC", "zone_guessed")])
def test_else_it_is_this_machines_or_the_one_that_makes_them_meet(monkeypatch, zone, code):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    local = trace("local.csv", load(1), start_ns=NOON + 8 * 3600 * SECOND + 30 * SECOND, clock="local")
    run = merge_traces([local, trace("kineto.json", load(2), start_ns=NOON, clock="absolute", metric="power_w")])
    assert run.start_ns == NOON and code in codes(run)
    monkeypatch.undo()
    time.tzset()


def test_local_times_among_themselves_stay_local():
    run = merge_traces([trace("a", load(1), start_ns=NOON, clock="local"), trace("b", load(2), start_ns=NOON + SECOND, clock="local")])
    assert run.clock == "local" and run.start_ns == NOON and all(one.how == "absolute" for one in run.alignments)


def test_agreement_of_events_with_utilisation():
    from app.engine.model.traces import Events

    busy = load(5, 400)
    on = np.flatnonzero(busy > 0.5).astype(np.int64)
    zero, small = np.zeros(on.size, np.int64), np.zeros(on.size, np.int32)
    events = Events(("k",), ("kernel",), ("0",), (), small, small, small, zero, on * SECOND // 10, zero + SECOND // 10, zero, small, zero)
    recorded = Trace(files=(SourceFile("k.json", "kineto", 1, ""),), duration_ns=40 * SECOND, events=events)
    found = best_agreement(trace("smi.csv", np.concatenate([load(6, 150), busy]), step_s=0.1), recorded)
    assert found is not None and abs(found.offset_ns - 15 * SECOND) <= SECOND // 5 and found.confidence > SURE


def test_offsets_pass_through_the_pipeline(tmp_path):
    def write(name: str, head: str, rows) -> Path:
        (tmp_path / name).write_text(head + "".join(rows))
        return tmp_path / name

    smi = write("smi.csv", "timestamp, power.draw [W]\n", (f"2026/01/01 00:00:{n:02d}.000, {n} W\n" for n in range(30)))
    blind = write("dmon.txt", "#Entity SMACT\nID\n", (f"GPU 0 0.{n}\n" for n in range(10)))
    run = read_traces([smi, blind], offsets_ns={"dmon.txt": 3 * SECOND}).run
    assert next(one for one in run.series if one.metric == "sm_active").time_ns[0] == 3 * SECOND


@pytest.mark.parametrize(
    ("text", "clock", "zone"),
    [
        ("2026-01-01T20:00:00+08:00", "absolute", 8 * 3600),
        ("2026-01-01 20:00:00+0800", "absolute", 8 * 3600),
        ("2026-01-01T12:00:00Z", "absolute", 0),
        ("2026-01-01 12:00:00 UTC", "absolute", None),
        ("2026-01-01 12:00:00 CST", "local", None),
        ("2026/01/01 12:00:00.000", "local", None),
    ],
)
def test_zones_in_stamps(text, clock, zone):
    times, found = parse_times(pd.Series([text] * 3))
    assert found == clock and times.tolist() == [NOON] * 3 and utc_offset_of(text) == zone


def test_times_of_day_go_on_after_midnight():
    times, clock = parse_times(pd.Series(["23:59:58.5", "23:59:59", "N/A", "00:00:01", "00:00:00.9", "12:00:00"]))
    assert clock == "relative" and times[2] == MISSING
    assert (times[[0, 1, 3, 4]] - times[0]).tolist() == [0, SECOND // 2, 2_500_000_000, 2_400_000_000]
    assert times[5] == DAY_NS + 12 * 3600 * SECOND

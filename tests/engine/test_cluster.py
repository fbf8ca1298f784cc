"""Many cards: stragglers are found and named, healthy spread and spare cards are not, nodes in a line each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.model.profiles import TimeShares
from app.engine.model.traces import Device, Series, SourceFile, Trace
from app.engine.profiling import characterise
from app.engine.profiling.cluster import find_stragglers, node_of, summarise_nodes

S = 10**9


def trace_of(tables: dict[str, np.ndarray], names=None) -> Trace:
    """tables: metric -> (cards, seconds)."""
    cards, seconds = next(iter(tables.values())).shape
    names = names or [f"node{card // 8}:{card % 8}" for card in range(cards)]
    time = np.arange(seconds, dtype=np.int64) * S
    series = [Series(metric, names[card], "", time, table[card].astype(float)) for metric, table in tables.items() for card in range(cards)]
    return Trace((SourceFile("t", "table", 1, "x"),), int(time[-1]), devices=tuple(Device(name) for name in names), series=tuple(series))


def healthy(cards=64, seconds=900, level=0.95, spread=0.01, seed=1) -> np.ndarray:
    random = np.random.default_rng(seed)
    phase = 1 - 0.3 * (np.arange(seconds) % 100 < 20)  # all cards have the same slow phases
    return level * phase * (1 + spread * random.standard_normal((cards, 1)) + spread * random.standard_normal((cards, seconds)))


def found(tables, names=None):
    trace = trace_of(tables, names)
    return find_stragglers(trace, (0, trace.duration_ns))


def test_healthy_cards_are_left_alone():
    assert found({"gpu_utilisation": healthy(), "sm_clock_mhz": healthy(level=1400, spread=0.005), "power_w": healthy(level=380)}) == ()


def test_a_slow_card_is_named_with_its_figures():
    clock = healthy(level=1400, spread=0.005)
    clock[19] *= 0.85
    (one,) = found({"sm_clock_mhz": clock})
    assert (one.device, one.metric) == ("node2:3", "sm_clock_mhz")
    assert one.value / one.median == pytest.approx(0.85, abs=0.02) and one.seconds == pytest.approx(900, rel=0.02)


def test_slow_for_a_while_is_enough_and_a_moment_is_not():
    table = healthy()
    table[5, 300:600] *= 0.7
    table[6, 300:330] *= 0.7
    (one,) = found({"gpu_utilisation": table})
    assert one.device == "node0:5" and one.seconds == pytest.approx(300, abs=20)


def test_several_are_found_the_worst_first_and_they_do_not_hide_each_other():
    table = healthy(level=1400, spread=0.005)
    table[[3, 4, 5, 6, 7, 8]] *= np.array([0.9, 0.8, 0.9, 0.9, 0.9, 0.9])[:, None]
    told = [one.device for one in found({"sm_clock_mhz": table})]
    assert told[0] == "node0:4" and len(told) == 6


def test_spare_cards_are_not_slow_and_pairs_have_no_majority():
    table = healthy(8)
    table[6:] = 0.0
    assert found({"gpu_utilisation": table}) == ()
    assert found({"gpu_utilisation": np.array([[0.9] * 60, [0.3] * 60])}) == ()
    (one,) = found({"gpu_utilisation": np.array([[0.9] * 60, [0.9] * 60, [0.3] * 60])}, ["0", "1", "2"])
    assert one.device == "2"


def test_two_kinds_of_stages_are_no_stragglers():
    table = healthy(16)
    table[:8] *= 0.8
    assert found({"gpu_utilisation": table}) == ()


def test_missing_samples_and_other_times_do_not_disturb():
    table = healthy(16, 600)
    table[3] *= 0.7
    table[5, ::3] = np.nan
    trace = trace_of({"gpu_utilisation": table})
    shifted = [
        Series(one.metric, one.device, "", one.time_ns[7:] + 123456789, one.values[7:]) if place == 9 else one
        for place, one in enumerate(trace.series)
    ]
    short = Series("gpu_utilisation", "node9:0", "", np.arange(5, dtype=np.int64) * S, np.full(5, 0.9))
    told = find_stragglers(Trace(trace.files, trace.duration_ns, series=(*shifted, short)), (0, trace.duration_ns))
    assert [one.device for one in told] == ["node0:3"]


def test_the_card_that_waits_least_in_collectives_is_the_slow_one():
    shares = [TimeShares("", 0.7, 0.2, 0.0, 0.1, 0.3)]
    shares += [TimeShares(f"rank{rank}:0", 0.7, 0.2, 0.0, 0.1, 0.05 if rank == 2 else 0.30 + 0.004 * rank) for rank in range(8)]
    (one,) = find_stragglers(Trace((SourceFile("t", "k", 1, "x"),), S), (0, S), shares)
    assert (one.device, one.metric, one.seconds) == ("rank2:0", "communication_share", None)


@settings(max_examples=40, deadline=None)
@given(st.integers(8, 40), st.integers(20, 200), st.floats(0.3, 0.8), st.data())
def test_whichever_card_is_slow_is_found_alone(cards, seconds, factor, data):
    slow = data.draw(st.integers(0, cards - 1))
    table = healthy(cards, seconds, spread=0.005)
    table[slow] *= factor
    assert [one.device for one in found({"gpu_utilisation": table}, [str(card) for card in range(cards)])] == [str(slow)]


def test_nodes_in_a_line_each():
    table = healthy(32, 60)
    table[10] *= 0.5
    profile = characterise(trace_of({"gpu_utilisation": table, "temperature_c": 60 + 10 * table}), platform=None)
    lines = {(one.node, one.metric): one for one in profile.nodes}
    assert [node for node, metric in lines if metric == "gpu_utilisation"] == ["node0", "node1", "node2", "node3"]
    bad = lines["node1", "gpu_utilisation"]
    assert (bad.cards, bad.worst_device) == (8, "node1:2") and bad.worst == pytest.approx(table[10].mean())
    assert bad.mean == pytest.approx(table[8:16].mean()) and bad.spread > 5 * lines["node0", "gpu_utilisation"].spread
    hot = lines["node0", "temperature_c"]
    assert hot.worst == max(row.mean for row in profile.statistics if row.metric == "temperature_c" and row.device.startswith("node0:"))


def test_node_names():
    assert [node_of(one) for one in ("node3:5", "gpu-node12:0", "10.0.0.7:3", "rank1:0", "5", "host")] == [
        "node3", "gpu-node12", "10.0.0.7", "", "", "",
    ]  # fmt: skip
    assert summarise_nodes(trace_of({"power_w": healthy(8)}), ()) == ()
    assert characterise(trace_of({"gpu_utilisation": healthy(8)}), platform=None).nodes == ()


def test_nodes_sort_as_people_count():
    names = [f"node{node}:{card}" for node in (10, 2, 1) for card in range(2)]
    profile = characterise(trace_of({"power_w": healthy(6, 60)}, names), platform=None)
    assert [one.node for one in profile.nodes] == ["node1", "node2", "node10"]


def test_a_real_recording_of_eight_cards(shared_data):
    path = shared_data / "traces/nvidia-smi-query-csv/gpu_glasses__nvidia_smi.csv"
    if not path.is_file():
        pytest.skip("this recording is not here")
    profile = pipeline.profile_trace(pipeline.read_traces([path]).run)
    assert profile.stragglers == () and profile.nodes == ()

"""应用运行特征: timing, radar, quantified table, operators, bottleneck, advice."""

from collections.abc import Sequence

import numpy as np

from app.engine.model.profiles import Advice, Profile
from app.engine.model.proposals import Block, Column, RadarChart, RadarSpoke, Table, Text, TimingChannel, TimingChart
from app.engine.model.traces import Series, Trace
from app.engine.proposing._facts import Facts, SectionMaker
from app.engine.proposing._run_subjects import subjects
from app.engine.units import NS_PER_S, format_duration

RADAR_ORDER = ("gpu", "tensor_core", "fp16", "fp32", "fp64", "vram", "vram_bandwidth", "nvlink", "pcie", "infiniband", "disk")
CHANNELS = (
    "gpu_utilisation",
    "tensor_core",
    "sm_active",
    "vram_bandwidth",
    "vram_used_gib",
    "power_w",
    "nvlink_rx_gbs",
    "pcie_rx_gbs",
    "ib_rx_gbs",
    "disk_read_gbs",
    "cpu_utilisation",
    "temperature_c",
)
MOST_CHANNELS, BINS, OPERATORS = 7, 300, 12


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the chapter; () where no trace was read."""
    profile, trace = facts.project.profile, facts.project.trace
    if profile is None or trace is None:
        return ()
    name = facts.word(f"profiling.class.{profile.load_class}")
    found: list[Block] = [Text(facts.say("characteristics.answer", name=name, duration=format_duration(profile.duration_s)), "answer")]
    found += [Text(facts.render(said), "bullet") for said in profile.bottleneck.evidence]
    timing = timing_chart(facts, trace, profile)
    if timing is not None:
        found.append(timing)
    found += [_radar(facts, profile), _axes_table(facts, profile)]
    if profile.operators:
        found.append(_operator_table(facts, profile))
    found += subjects(facts, profile, trace, facts.project.workload)
    if profile.statistics:
        found.append(_statistics_table(facts, profile))
    if profile.advice:
        found.append(Text(facts.say("characteristics.advice"), "section"))
        found += [Text(_advice(facts, one), "bullet") for one in profile.advice]
    if profile.warnings:
        found.append(Text(" · ".join(facts.render(warning) for warning in profile.warnings), "note"))
    return found


def _advice(facts: Facts, one: Advice) -> str:
    said = f"[{facts.word(f'profiling.severity.{one.severity}')}] {facts.render(one.text)}"
    if one.gain is None:
        return said
    return said + facts.say("characteristics.gain", least=f"{one.gain[0]:.0%}", most=f"{one.gain[1]:.0%}")


def timing_chart(facts: Facts, trace: Trace, profile: Profile) -> TimingChart | None:
    """Return the channels that were measured, reduced to a mean line and a band over devices; None for a snapshot."""
    if trace.is_snapshot or trace.duration_ns <= 0:
        return None
    chosen = [metric for metric in CHANNELS if any(one.metric == metric for one in trace.series)][:MOST_CHANNELS]
    channels = [_channel(facts, metric, [one for one in trace.series if one.metric == metric], trace.duration_ns) for metric in chosen]
    if not channels:
        return None
    window = tuple(round(moment / NS_PER_S) for moment in profile.window_ns)
    note = facts.say("characteristics.timing_note", start=window[0], end=window[1], files=[file.name for file in trace.files])
    return TimingChart(facts.say("characteristics.timing"), tuple(channels), note)


def _channel(facts: Facts, metric: str, series: list[Series], duration_ns: int) -> TimingChannel:
    edges = np.linspace(0, duration_ns, BINS + 1)
    low, high = np.full(BINS, np.inf), np.full(BINS, -np.inf)
    total, count = np.zeros(BINS), np.zeros(BINS)
    for one in series:
        place = np.clip(np.searchsorted(edges, one.time_ns, side="right") - 1, 0, BINS - 1)
        good = np.isfinite(one.values)
        np.minimum.at(low, place[good], one.values[good])
        np.maximum.at(high, place[good], one.values[good])
        np.add.at(total, place[good], one.values[good])
        np.add.at(count, place[good], 1)
    share = series[0].unit == ""
    scale = 100.0 if share else 1.0
    known = count > 0
    centre = (edges[:-1] + edges[1:]) / 2 / NS_PER_S
    values = np.concatenate([one.values[np.isfinite(one.values)] for one in series]) * scale
    return TimingChannel(
        name=facts.say(f"metric.{metric}"),
        unit="%" if share else series[0].unit,
        time_s=centre[known],
        mean=total[known] / count[known] * scale,
        low=low[known] * scale,
        high=high[known] * scale,
        average=float(values.mean()) if values.size else None,
        p95=float(np.percentile(values, 95)) if values.size else None,
    )


def _radar(facts: Facts, profile: Profile) -> RadarChart:
    axes = {axis.name: axis for axis in profile.axes}
    spokes = tuple(
        RadarSpoke(facts.word(f"profiling.axis.{name}"), axes[name].value, axes[name].p95, axes[name].state)
        for name in RADAR_ORDER
        if name in axes
    )
    return RadarChart(facts.say("characteristics.radar"), spokes, facts.say("characteristics.radar_note"))


def _axes_table(facts: Facts, profile: Profile) -> Table:
    columns = (
        Column(facts.say("characteristics.axis"), weight=1.6),
        Column(facts.say("characteristics.mean"), "%", "share", 0.8),
        Column("P95", "%", "share", 0.8),
        Column(facts.say("characteristics.state"), weight=1.4),
        Column(facts.say("characteristics.source"), weight=4.4, cites=True),
    )
    rows = tuple(
        (
            facts.word(f"profiling.axis.{axis.name}"),
            axis.value,
            axis.p95,
            facts.word(f"profiling.state.{axis.state}"),
            _source(facts, axis.rate_gbs, facts.render(axis.source)),
        )
        for axis in profile.axes
    )
    return Table(facts.say("characteristics.table"), columns, rows, name="axes")


def _source(facts: Facts, rate_gbs: float | None, source: str) -> str:
    return source if rate_gbs is None else f"{rate_gbs:.2f} GB/s; {source}"


def _operator_table(facts: Facts, profile: Profile) -> Table:
    columns = (
        Column(facts.say("characteristics.operator"), weight=4.6),
        Column(facts.say("characteristics.category"), weight=1.2),
        Column(facts.say("characteristics.calls"), format="integer", weight=0.9),
        Column(facts.say("characteristics.time"), "s", "number3", 1.0),
        Column(facts.say("characteristics.share"), "%", "share", 0.8),
    )
    shown = profile.operators[:OPERATORS]
    rows = tuple((row.name[:90], row.category, row.calls, row.device_time_s, row.share) for row in shown)
    if any(row.tflops is not None for row in shown):
        columns = (*columns, Column(facts.say("characteristics.achieved"), "TFLOPS", "significant", 0.9))
        rows = tuple((*cells, row.tflops) for cells, row in zip(rows, shown, strict=True))
    rest = len(profile.operators) - len(rows)
    note = facts.say("characteristics.more_operators", count=rest) if rest > 0 else ""
    return Table(facts.say("characteristics.operators"), columns, rows, note=note, name="operators")


def _statistics_table(facts: Facts, profile: Profile) -> Table:
    columns = (
        Column(facts.say("characteristics.metric"), weight=2.6),
        Column(facts.say("characteristics.unit"), weight=0.8),
        *(
            Column(head, format="significant", weight=0.9)
            for head in (facts.say("characteristics.mean"), "P50", "P95", facts.say("characteristics.max"))
        ),
        Column(facts.say("characteristics.samples"), format="integer", weight=1.0),
    )
    rows = tuple(
        (facts.say(f"metric.{row.metric}"), row.unit or "0–1", row.mean, row.p50, row.p95, row.max, row.samples)
        for row in profile.statistics
        if row.device == ""
    )[:20]
    return Table(facts.say("characteristics.statistics"), columns, rows, name="statistics")


SECTION = SectionMaker(2, "characteristics", blocks)

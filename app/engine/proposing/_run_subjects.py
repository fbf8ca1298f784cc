"""The six subjects of the report on a run (应用运行特征分析): precision, performance, throughput, communication, bottleneck, scale.

Each is a heading and a table of facts; what was not recorded is told as such. Tables of what only an event trace gives stand below.
"""

from collections.abc import Iterator, Sequence

from app.engine.model.profiles import Axis, Profile
from app.engine.model.proposals import Block, Column, Table, Text
from app.engine.model.traces import Trace
from app.engine.model.workloads import Workload
from app.engine.proposing._facts import Facts
from app.engine.units import format_significant

Row = tuple[str, str, str]
"""(what, value with its unit, basis)"""
MOST_GAPS, MOST_COLLECTIVES, MOST_STRAGGLERS, MOST_NODES = 8, 8, 8, 16


def subjects(facts: Facts, profile: Profile, trace: Trace, workload: Workload | None) -> Iterator[Block]:
    """Yield the six subjects."""
    axes = {axis.name: axis for axis in profile.axes}
    for name, rows, more in (
        ("precision", _precision(facts, profile, axes, workload), ()),
        ("performance", _performance(facts, profile, axes), ()),
        ("throughput", _throughput(facts, profile, axes), ()),
        ("communication", _communication(facts, profile, axes), _collectives(facts, profile)),
        ("bottleneck", _bottleneck(facts, profile), (*_shares(facts, profile), *_gaps(facts, profile))),
        ("scale", _scale(facts, profile, trace, workload), (*_stragglers(facts, profile), *_nodes(facts, profile))),
    ):
        yield Text(facts.say(f"run.{name}"), "section")
        yield _table(facts, name, rows)
        yield from more


def _table(facts: Facts, name: str, rows: Sequence[Row]) -> Table:
    heads = (
        Column(facts.say("run.what"), weight=2.0),
        Column(facts.say("run.value"), weight=1.6),
        Column(facts.say("run.basis"), weight=4.0, cites=True),
    )
    return Table(facts.say(f"run.{name}"), heads, tuple(rows), name=f"run_{name}")


def _axis(facts: Facts, axis: Axis | None, name: str) -> Row:
    """Return an axis as a row: its share, else its rate, else why there is neither."""
    title = facts.word(f"profiling.axis.{name}")
    if axis is None:
        return title, "—", facts.word("profiling.state.not_measured")
    state, source = facts.word(f"profiling.state.{axis.state}"), facts.render(axis.source)
    basis = f"{state} · {source}" if source != state else state
    if axis.value is not None:
        high = f", P95 {axis.p95:.0%}" if axis.p95 is not None else ""
        return title, f"{axis.value:.0%}{high}", basis
    return title, f"{format_significant(axis.rate_gbs)} GB/s" if axis.rate_gbs is not None else "—", basis


def _metric(facts: Facts, profile: Profile, metric: str) -> Row:
    title = facts.say(f"metric.{metric}")
    row = next((one for one in profile.statistics if one.metric == metric and not one.device and one.mean is not None), None)
    if row is None or row.mean is None:
        return title, "—", facts.word("profiling.state.not_measured")
    told = f"{row.mean:.0%}" if row.unit == "" else f"{format_significant(row.mean)} {row.unit}"
    high = f"{row.p95:.0%}" if row.unit == "" else format_significant(row.p95)
    return title, told, facts.say("run.by_samples", p95=high, samples=row.samples)


def _precision(facts: Facts, profile: Profile, axes: dict[str, Axis], workload: Workload | None) -> list[Row]:
    declared = workload.precision.upper() if workload is not None and workload.precision else "—"
    rows = [(facts.say("run.declared"), declared, facts.say("run.from_run" if declared != "—" else "run.not_stated"))]
    known = [one for one in profile.operators if one.tensor_core is not None]
    if known:
        total = sum(one.device_time_s for one in profile.operators) or 1.0
        share = sum(one.device_time_s for one in known if one.tensor_core) / total
        rows.append((facts.say("run.matrix_units"), f"{share:.0%}", facts.say("run.by_kernel_names")))
    return rows + [_axis(facts, axes.get(name), name) for name in ("tensor_core", "fp64", "fp32", "fp16") if name != "fp64" or name in axes]


def _performance(facts: Facts, profile: Profile, axes: dict[str, Axis]) -> list[Row]:
    rows = [_axis(facts, axes.get("gpu"), "gpu"), *(_metric(facts, profile, name) for name in ("cpu_utilisation", "cpu_system"))]
    steps = profile.steps
    if steps is not None:
        value = f"{format_significant(steps.mean_s * 1e3, 4)} ms" + ("" if steps.jitter is None else f" ± {steps.jitter:.1%}")
        rows.append((facts.say("run.step"), value, facts.say(f"run.steps_by_{steps.source}", count=len(steps.start_ns))))
    if profile.efficiency is not None:
        rows.append((facts.say("run.mfu"), f"{profile.efficiency.mfu:.1%}", facts.render(profile.efficiency.how)))
    return rows


def _throughput(facts: Facts, profile: Profile, axes: dict[str, Axis]) -> list[Row]:
    rows = [_axis(facts, axes.get(name), name) for name in ("vram", "vram_bandwidth", "disk")]
    return rows + [_metric(facts, profile, name) for name in ("host_memory_used_gib", "cpu_iowait")]


def _communication(facts: Facts, profile: Profile, axes: dict[str, Axis]) -> list[Row]:
    rows = [_axis(facts, axes.get(name), name) for name in ("nvlink", "pcie", "infiniband")]
    talk = profile.communication
    if talk.share is None or talk.exposed_share is None:
        return [*rows, (facts.say("run.overlap"), "—", facts.say("run.needs_events"))]
    hidden = 1 - talk.exposed_share / talk.share if talk.share > 0 else None
    told = facts.say("run.overlap_of", share=f"{talk.share:.0%}", exposed=f"{talk.exposed_share:.0%}")
    return [*rows, (facts.say("run.overlap"), "—" if hidden is None else f"{hidden:.0%}", told)]


def _bottleneck(facts: Facts, profile: Profile) -> list[Row]:
    evidence = profile.bottleneck.evidence  # all of it stands at the head of the chapter
    told = facts.render(evidence[0]) if evidence else "—"
    rows = [(facts.say("run.class"), facts.word(f"profiling.class.{profile.load_class}"), told)]
    for one in profile.dependence:
        told = facts.render(one.evidence[0]) if one.evidence else "—"
        title = facts.say("run.depends", resource=facts.word(f"page_profile.resource.{one.resource}"))
        rows.append((title, facts.word(f"page_profile.dependence.{one.level}"), told))
    return rows


def _scale(facts: Facts, profile: Profile, trace: Trace, workload: Workload | None) -> list[Row]:
    cards = [device for device in trace.devices if device.kind == "gpu"]
    kinds = sorted({device.name for device in cards if device.name})
    seen = (facts.say("run.cards"), str(len(cards)) if cards else "—", facts.say("run.list", words=kinds) if kinds else "—")
    if workload is None:
        return [seen, (facts.say("run.stated_scale"), "—", facts.say("run.not_stated"))]
    run = workload.run
    split = _split(workload)
    stated = facts.say("run.cards_nodes", cards=run.gpus if run.gpus else "—", nodes=run.nodes if run.nodes else "—")
    rows = [seen, (facts.say("run.stated_scale"), stated, facts.say("run.from_run"))]
    if split:
        rows.append((facts.say("run.parallel"), " · ".join(split), facts.say("run.from_run")))
    if run.concurrency:
        rows.append((facts.say("run.concurrency"), str(run.concurrency), facts.say("run.from_run")))
    return [*rows, (facts.say("run.speed_up"), "—", facts.say("run.needs_scaling"))]


def _split(workload: Workload) -> list[str]:
    """Return how the work is split: the sizes that are more than one, the ZeRO stage."""
    run = workload.run
    sizes = (("TP", run.tensor_parallel), ("PP", run.pipeline_parallel), ("CP", run.context_parallel), ("EP", run.expert_parallel))
    found = [f"{name} {size}" for name, size in sizes if size > 1]
    return [*found, f"ZeRO-{run.zero_stage}"] if run.zero_stage else found


def _shares(facts: Facts, profile: Profile) -> Iterator[Table]:
    if not profile.time_shares:
        return
    heads = (Column(facts.say("run.card")), *(Column(facts.word(f"page_profile.time.{name}"), "%", "share") for name in _PARTS))
    rows = tuple(
        (one.device or facts.say("run.mean_card"), one.computing, one.communicating, one.copying, one.idle)
        for one in profile.time_shares[:MOST_NODES]
    )
    yield Table(facts.say("run.time"), heads, rows, note=facts.say("run.time_note"), name="time_shares")


_PARTS = ("computing", "communicating", "copying", "idle")


def _gaps(facts: Facts, profile: Profile) -> Iterator[Table]:
    if not profile.gaps:
        return
    heads = (
        Column(facts.say("run.cause"), weight=1.2), Column(facts.say("run.behind"), weight=4.0),
        Column(facts.say("characteristics.calls"), format="integer"), Column(facts.say("characteristics.time"), "s", "number3"),
        Column(facts.say("characteristics.share"), "%", "share"),
    )  # fmt: skip
    rows = tuple(
        (facts.word(f"page_profile.time.cause_{one.cause}"), one.operator[:90] or "—", one.count, one.time_s, one.share)
        for one in profile.gaps[:MOST_GAPS]
    )
    yield Table(facts.say("run.gaps"), heads, rows, name="gaps")


def _collectives(facts: Facts, profile: Profile) -> Iterator[Table]:
    if not profile.collectives:
        return
    heads = (
        Column(facts.say("run.collective"), weight=1.6), Column(facts.say("run.size"), "MiB", "significant"),
        Column(facts.say("characteristics.calls"), format="integer"), Column(facts.say("characteristics.time"), "s", "number3"),
        Column(facts.say("run.algorithm"), "GB/s", "significant"), Column(facts.say("run.bus"), "GB/s", "significant"),
    )  # fmt: skip
    rows = tuple(
        (one.kind, one.bytes / 2**20 if one.bytes else None, one.calls, one.time_s, one.algorithm_gbs, one.bus_gbs)
        for one in profile.collectives[:MOST_COLLECTIVES]
    )
    yield Table(facts.say("run.collectives"), heads, rows, name="collectives")


def _stragglers(facts: Facts, profile: Profile) -> Iterator[Table]:
    if not profile.stragglers:
        return
    heads = (
        Column(facts.say("run.card")), Column(facts.say("characteristics.metric")),
        Column(facts.say("run.of_card"), format="significant"), Column(facts.say("run.median"), format="significant"),
        Column(facts.say("run.behind_for"), "s", "significant"),
    )  # fmt: skip
    rows = tuple(
        (one.device, facts.say(f"metric.{one.metric}"), one.value, one.median, one.seconds) for one in profile.stragglers[:MOST_STRAGGLERS]
    )
    yield Table(facts.say("run.stragglers"), heads, rows, name="stragglers")


def _nodes(facts: Facts, profile: Profile) -> Iterator[Table]:
    if not profile.nodes:
        return
    heads = (
        Column(facts.say("run.node")), Column(facts.say("run.cards"), format="integer"), Column(facts.say("characteristics.metric")),
        Column(facts.say("characteristics.mean"), format="significant"), Column(facts.say("run.spread"), format="significant"),
        Column(facts.say("run.worst")), Column(facts.say("run.of_card"), format="significant"),
    )  # fmt: skip
    worst = sorted(profile.nodes, key=lambda one: one.worst)[:MOST_NODES]
    rows = tuple(
        (one.node, one.cards, facts.say(f"metric.{one.metric}"), one.mean, one.spread, one.worst_device, one.worst) for one in worst
    )
    yield Table(facts.say("run.nodes"), heads, rows, name="nodes")

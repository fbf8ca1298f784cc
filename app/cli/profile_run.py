"""`suanxuan profile FILE…`: characterise a run: axes, class, bottleneck, operators."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, stderr_progress, text_table
from app.cli.inspect_files import offsets_ns
from app.engine.errors import EngineError
from app.engine.messages import Message, render, term

if TYPE_CHECKING:
    from app.engine.model.profiles import Profile

SHOWN_OPERATORS = 20
SHOWN_GAPS = SHOWN_COLLECTIVES = 5


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the files and what they were run on."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words("inspect.files"))
    parser.add_argument("--offset", action="append", default=[], metavar="FILE=SECONDS", help=words("inspect.offset"))
    parser.add_argument("--run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--platform", default="", metavar="ID", help=words("profile.platform"))
    parser.add_argument("--whole", action="store_true", help=words("profile.whole"))
    parser.add_argument("--out", type=Path, metavar="REPORT.pdf", help=words("profile.out"))


def run(options: argparse.Namespace) -> Result:
    """Read the files as one run and characterise it."""
    from app.engine import pipeline
    from app.engine.environment import with_environment
    from app.engine.model.projects import Project
    from app.engine.progress import part_of

    progress = stderr_progress(options)
    workload = pipeline.read_run_description(options.run)[0] if options.run else None
    reading = pipeline.read_traces(options.files, part_of(progress, 0.0, 0.7), offsets_ns=offsets_ns(options.offset))
    if reading.run is None:
        raise reading.unreadable[0] if reading.unreadable else EngineError("cli.nothing_to_read")
    workload = with_environment(Project(workload=workload), reading.run)[0].workload
    profile = pipeline.profile_trace(
        reading.run, workload, platform=options.platform, whole=options.whole, progress=part_of(progress, 0.7, 1.0)
    )
    document = describe_profile(profile, options.lang)
    if options.out:
        document["pages"] = pipeline.write_profile_report(reading.run, profile, workload, options.out, options.lang)
    return Result(document, lambda: _text(profile, options.lang), reading.unreadable)


def describe_profile(profile: "Profile", lang: str) -> dict:
    """Return the `profile` document of interface.md."""
    return {
        "platform": profile.platform or None,
        "duration_s": profile.duration_s,
        "axes": {
            axis.name: {
                "value": axis.value,
                "p95": axis.p95,
                "state": axis.state,
                "source": render(axis.source, lang),
                "rate_gbs": axis.rate_gbs,
                "spread": axis.spread,
                "worst": {"device": axis.worst_device, "value": axis.worst_value} if axis.worst_device else None,
            }
            for axis in profile.axes
        },
        "class": profile.load_class,
        "class_scores": profile.class_scores,
        "bottleneck": {"name": profile.bottleneck.name, "evidence": [render(said, lang) for said in profile.bottleneck.evidence]},
        "advice": [
            {
                "severity": advice.severity,
                "text": render(advice.text, lang),
                "evidence": [render(said, lang) for said in advice.evidence],
                "gain": advice.gain,
            }
            for advice in profile.advice
        ],
        **_cluster(profile, lang),
        "operators": [
            {
                "name": row.name,
                "category": row.category,
                "calls": row.calls,
                "device_time_s": row.device_time_s,
                "share": row.share,
                "shapes": row.shapes,
                "flops": row.flops,
                "bytes": row.bytes,
                "tflops": row.tflops,
                "gbs": row.gbs,
                "bound": row.bound,
                "tensor_core": row.tensor_core,
            }
            for row in profile.operators
        ],
        "efficiency": _efficiency(profile, lang),
        "communication": {"share": profile.communication.share, "exposed_share": profile.communication.exposed_share},
        **_events_document(profile),
        "statistics": {
            row.metric: {"mean": row.mean, "p50": row.p50, "p95": row.p95, "max": row.max} for row in profile.statistics if row.device == ""
        },
        "warnings": [render(said, lang) for said in profile.warnings],
    }


def _efficiency(profile: "Profile", lang: str) -> dict | None:
    found = profile.efficiency
    return {"mfu": found.mfu, "tflops_per_card": found.tflops_per_card, "how": render(found.how, lang)} if found else None


def _operator_rows(profile: "Profile", lang: str) -> list[list]:
    from app.engine.units import format_duration, format_share

    def rate(value: float | None) -> str:
        return "—" if value is None else f"{value:.3g}"

    bounds = {bound: render(Message(f"cli.profile.bound_{bound}"), lang) for bound in ("compute", "memory")}
    units = {True: "✓", False: "✗", None: "—"}
    return [
        [
            row.name[:60],
            row.category,
            row.calls,
            format_duration(row.device_time_s),
            format_share(row.share, 1),
            rate(row.tflops),
            rate(row.gbs),
            bounds.get(row.bound or "", "—"),
            units[row.tensor_core],
            row.shapes[:40],
        ]
        for row in profile.operators[:SHOWN_OPERATORS]
    ]


def _cluster(profile: "Profile", lang: str) -> dict:
    """Return dependence on each resource, cards that fall behind, nodes."""
    from msgspec import to_builtins

    dependence = {
        one.resource: {"level": one.level, "evidence": [render(said, lang) for said in one.evidence]} for one in profile.dependence
    }
    return {"dependence": dependence, "stragglers": to_builtins(profile.stragglers), "nodes": to_builtins(profile.nodes)}


def _events_document(profile: "Profile") -> dict:
    """Return what an event trace tells: shares of time, steps, gaps, collectives; empty or null where it tells none."""
    from msgspec import to_builtins

    return {
        "time_shares": [to_builtins(row, str_keys=True) for row in profile.time_shares],
        "steps": to_builtins(profile.steps) if profile.steps is not None else None,
        "gaps": [to_builtins(row) for row in profile.gaps],
        "collectives": [to_builtins(row) for row in profile.collectives],
    }


def _events_text(profile: "Profile", lang: str) -> list[str]:
    """Return the same in lines, the largest gaps and collectives only."""
    from app.engine.units import format_duration, format_number, format_share

    def words(code: str, **params: str) -> str:
        return render(Message(f"cli.profile.{code}", dict(params)), lang)

    lines = []
    if profile.time_shares:
        mean = profile.time_shares[0]
        names = ("computing", "communicating", "copying", "idle", "communication", "copies")
        lines.append(words("time_shares", **{name: format_share(getattr(mean, name), 1) for name in names}))
    if (steps := profile.steps) is not None:
        times = {name: format_duration(getattr(steps, f"{name}_s")) for name in ("mean", "p50", "p95")}
        source = term(f"profiling.steps.{steps.source}", lang)
        lines.append(words("steps", source=source, count=str(len(steps.start_ns)), jitter=format_share(steps.jitter, 1), **times))
    for gap in profile.gaps[:SHOWN_GAPS]:
        cause = term(f"page_profile.time.cause_{gap.cause}", lang)
        told = {"operator": gap.operator[:60], "count": str(gap.count), "time": format_duration(gap.time_s)}
        lines.append(words("gap", share=format_share(gap.share, 1), cause=cause, **told))
    for row in profile.collectives[:SHOWN_COLLECTIVES]:
        size = "-" if row.bytes is None else f"{format_number(row.bytes / 1e6, 3)} MB"
        rates = {"algorithm": row.algorithm_gbs, "bus": row.bus_gbs}
        shown = {name: "-" if rate is None else f"{format_number(rate)} GB/s" for name, rate in rates.items()}
        ranks = "-" if row.ranks is None else str(row.ranks)
        lines.append(
            words("collective", kind=row.kind, calls=str(row.calls), time=format_duration(row.time_s), size=size, ranks=ranks, **shown)
        )
    return lines


def _text(profile: "Profile", lang: str) -> str:
    from app.engine.units import format_duration, format_share

    def words(code: str, **params: str) -> str:
        return render(Message(f"cli.profile.{code}", dict(params)), lang)

    heads = [words(head) for head in ("axis", "value", "p95", "state")]
    rows = [
        [
            term(f"profiling.axis.{axis.name}", lang),
            format_share(axis.value),
            format_share(axis.p95),
            term(f"profiling.state.{axis.state}", lang),
        ]
        for axis in profile.axes
    ]
    lines = [
        words("class", name=term(f"profiling.class.{profile.load_class}", lang), duration=format_duration(profile.duration_s)),
        *(f"  {render(said, lang)}" for said in profile.bottleneck.evidence),
        *([f"  {render(profile.efficiency.how, lang)}"] if profile.efficiency else []),
        "",
        text_table(heads, rows),
    ]
    if told := _events_text(profile, lang):
        lines += ["", *told]
    if profile.operators:
        heads = [words(head) for head in ("operator", "category", "calls", "time", "share", "tflops", "gbs", "bound", "tensor", "shapes")]
        shown = _operator_rows(profile, lang)
        lines += ["", text_table(heads, shown)]
        if len(profile.operators) > len(shown):
            lines.append(words("more", count=str(len(profile.operators) - len(shown))))
    severity = {one: term(f"profiling.severity.{one}", lang) for one in ("high", "medium", "low")}
    lines += ["", *(f"[{severity[advice.severity]}] {render(advice.text, lang)}{_gain(advice.gain, words)}" for advice in profile.advice)]
    lines += ["", *(render(one.evidence[0], lang) for one in profile.dependence if one.level != "unknown" and one.evidence)]
    lines += [f"! {render(said, lang)}" for said in profile.warnings]
    return "\n".join(lines).rstrip()


def _gain(gain: tuple[float, float] | None, words: Callable[..., str]) -> str:
    from app.engine.units import format_share

    return "" if gain is None else words("gain", least=format_share(gain[0]), most=format_share(gain[1]))


COMMAND = Command("profile", arguments, run)

"""`suanxuan compare TRACE_A TRACE_B`: two runs before and after, with the cause of the difference."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, stderr_progress, text_table
from app.engine.errors import EngineError
from app.engine.messages import Message, render, term

if TYPE_CHECKING:
    from app.engine.model.profiles import Change, Profile, RunComparison
    from app.engine.progress import Progress

SHOWN_OPERATORS = 15


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the two runs and what they ran on."""
    parser.add_argument("before", type=Path, metavar="TRACE_A", help=words("compare.before"))
    parser.add_argument("after", type=Path, metavar="TRACE_B", help=words("compare.after"))
    parser.add_argument("--run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--platform", default="", metavar="ID", help=words("compare.platform"))
    parser.add_argument("--platform-after", default="", metavar="ID", help=words("compare.platform_after"))
    parser.add_argument("--whole", action="store_true", help=words("profile.whole"))


def run(options: argparse.Namespace) -> Result:
    """Read and characterise both runs, then compare them."""
    from app.engine import pipeline
    from app.engine.progress import part_of

    progress = stderr_progress(options)
    before = _profile(options, options.before, options.platform, part_of(progress, 0.0, 0.5))
    after = _profile(options, options.after, options.platform_after or options.platform, part_of(progress, 0.5, 1.0))
    found = pipeline.compare_runs(before, after)
    return Result(_document(found, (before, after), options.lang), lambda: _text(found, options.lang))


def _profile(options: argparse.Namespace, path: Path, platform: str, progress: "Progress") -> "Profile":
    from app.engine import pipeline
    from app.engine.progress import part_of

    workload = pipeline.read_run_description(options.run)[0] if options.run else None
    reading = pipeline.read_traces([path], part_of(progress, 0.0, 0.7))
    if reading.run is None:
        raise reading.unreadable[0] if reading.unreadable else EngineError("cli.nothing_to_read")
    return pipeline.profile_trace(reading.run, workload, platform=platform, whole=options.whole, progress=part_of(progress, 0.7, 1.0))


def _document(found: "RunComparison", profiles: "tuple[Profile, Profile]", lang: str) -> dict:
    def side(profile: "Profile") -> dict:
        return {"platform": profile.platform or None, "duration_s": profile.duration_s, "class": profile.load_class}

    return {
        "before": side(profiles[0]),
        "after": side(profiles[1]),
        "speed_up": found.speed_up,
        "by": found.by,
        "cause": render(found.cause, lang),
        "axes": {row.name: _change(row) for row in found.axes},
        "statistics": {row.name: {"unit": row.unit, **_change(row)} for row in found.statistics},
        "operators": [{"name": row.name, "unit": row.unit, **_change(row), "share": row.share} for row in found.operators],
    }


def _change(row: "Change") -> dict:
    return {"before": row.before, "after": row.after}


def _text(found: "RunComparison", lang: str) -> str:
    from app.engine.units import format_duration, format_number, format_share, format_significant

    def words(code: str, **params: str) -> str:
        return render(Message(f"cli.compare.{code}", dict(params)), lang)

    def relative(row: "Change") -> str:
        return f"{row.after / row.before - 1:+.0%}".replace("-", "−") if row.before and row.after is not None else "—"

    known = [row for row in found.axes if row.before is not None or row.after is not None]
    axes = [[term(f"profiling.axis.{row.name}", lang), format_share(row.before), format_share(row.after), relative(row)] for row in known]
    heads = [words(head) for head in ("figure", "old", "new", "change")]
    statistics = [
        [f"{_metric(row.name, lang)} {row.unit}".strip(), format_significant(row.before), format_significant(row.after), relative(row)]
        for row in found.statistics
    ]
    lines = [
        render(found.cause, lang),
        words(
            "class", before=term(f"profiling.class.{found.before_class}", lang), after=term(f"profiling.class.{found.after_class}", lang)
        ),
        words(f"speed_up_{found.by}", factor=format_number(found.speed_up, 2)),
    ]
    lines += ["", text_table(heads, axes)] if axes else []
    lines += ["", text_table(heads, statistics)] if statistics else []
    if found.operators:
        rows = [
            [
                words("idle") if row.name == "(idle)" else row.name[:60],
                format_duration(row.before),
                format_duration(row.after),
                relative(row),
                format_share(row.share),
            ]
            for row in found.operators[:SHOWN_OPERATORS]
        ]
        lines += ["", text_table([words(head) for head in ("operator", "old", "new", "change", "share")], rows)]
        if (rest := len(found.operators) - SHOWN_OPERATORS) > 0:
            lines.append(render(Message("cli.profile.more", {"count": str(rest)}), lang))
    return "\n".join(lines)


def _metric(name: str, lang: str) -> str:
    from app.engine.messages import has_entry

    code = f"proposing.metric.{name}"
    return render(Message(code), lang) if has_entry(code, lang) else name


COMMAND = Command("compare", arguments, run)

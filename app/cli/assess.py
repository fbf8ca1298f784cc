"""`suanxuan assess RUN`: does the application fit and run on each platform, and what does the port cost?"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, stderr_progress, text_table
from app.cli._kind import describe_kind, kind_lines
from app.engine.messages import Message, message, render, term

if TYPE_CHECKING:
    from app.engine.model.assessments import Assessment, Effort


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the run description, traces and platforms."""
    parser.add_argument("run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--trace", nargs="+", type=Path, default=[], metavar="FILE", help=words("inspect.files"))
    parser.add_argument("--environment", nargs="+", type=Path, default=[], metavar="FILE", help=words("assess.environment"))
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--platform", nargs="+", default=[], metavar="ID", help=words("platforms_wanted"))
    which.add_argument("--all", action="store_true", help=words("all_platforms"))


def run(options: argparse.Namespace) -> Result:
    """Assess the application of the run description."""
    from app.engine import pipeline
    from app.engine.environment import with_environment_files
    from app.engine.model.projects import Project
    from app.engine.workload import value_of

    progress = stderr_progress(options)
    workload, requirement = pipeline.read_run_description(options.run)
    project, filled = with_environment_files(Project(workload=workload), options.environment)
    workload = project.workload or workload
    catalogue = pipeline.catalogue()
    chosen = [catalogue.platform(name) for name in options.platform] or None
    reading = pipeline.read_traces(options.trace, progress) if options.trace else None
    if reading is not None and reading.run is None:
        raise reading.unreadable[0]
    profile = pipeline.profile_trace(reading.run, workload) if reading and reading.run else None
    assessments = pipeline.assess_workload(workload, profile=profile, platforms=chosen)
    environment = {key: value_of(workload, project.requirement, key) for key in filled}
    kind = pipeline.recommend_kind(workload, profile=profile, cards=requirement.scale_cards)
    document = {
        "kind": describe_kind(kind, options.lang),
        "platforms": [describe_assessment(found, options.lang) for found in assessments],
        "environment": environment,
    }
    told = [f"{key} = {value}" for key, value in environment.items()]
    first = kind_lines(kind, options.lang, platform=assessments[0].platform if len(assessments) == 1 else "")
    return Result(document, lambda: "\n".join((*first, _text(assessments, told, options.lang))), reading.unreadable if reading else ())


def describe_assessment(found: "Assessment", lang: str) -> dict:
    """Return one platform of the `assess` document of interface.md."""
    return {
        "platform": found.platform,
        "verdict": found.verdict,
        "reason": render(found.reason, lang) if found.reason else None,
        "checks": [
            {
                "check": finding.check,
                "level": finding.level,
                "summary": render(finding.summary, lang),
                "evidence": [{"text": render(said.text, lang), "source": said.source} for said in finding.evidence],
                "remedy": render(finding.remedy, lang) if finding.remedy else None,
            }
            for finding in found.checks
        ],
        "effort": _describe_effort(found.effort, lang) if found.effort else None,
    }


def _describe_effort(effort: "Effort", lang: str) -> dict:
    return {
        "person_days": list(effort.person_days),
        "cost": list(effort.cost),
        "currency": effort.currency,
        "rate_per_day": effort.rate,
        "source": effort.source,
        "stages": {
            stage.stage: {"size": stage.size, "person_days": list(stage.person_days), "prior": stage.prior, "rest": stage.rest}
            for stage in effort.stages
        },
        "items": [
            {
                "text": render(item.text, lang),
                "stage": item.stage,
                "check": item.check or None,
                "person_days": list(item.person_days),
                "source": item.source,
            }
            for item in effort.items
        ],
    }


def _text(assessments: "tuple[Assessment, ...]", environment: list[str], lang: str) -> str:
    from app.engine.model.assessments import CHECKS
    from app.engine.units import format_number

    def words(code: str) -> str:
        return render(Message(f"cli.assess.{code}"), lang)

    heads = [words("platform"), words("verdict"), *(term(f"assessing.check.{name}", lang) for name in CHECKS), words("days")]
    rows = []
    for found in assessments:
        levels = {finding.check: term(f"assessing.level.{finding.level}", lang) for finding in found.checks}
        days = found.effort.person_days if found.effort else None
        rows.append(
            [
                found.platform,
                term(f"assessing.verdict.{found.verdict}", lang),
                *(levels.get(name, "—") for name in CHECKS),
                f"{format_number(days[0], 0)}–{format_number(days[2], 0)}" if days else "—",
            ]
        )
    lines = [render(message("cli.assess.filled", keys=environment), lang)] if environment else []
    lines.append(text_table(heads, rows))
    if len(assessments) == 1:
        for finding in assessments[0].checks:
            lines.append(f"{term(f'assessing.check.{finding.check}', lang)}: {render(finding.summary, lang)}")
            lines += [f"    {render(said.text, lang)}  [{said.source}]" for said in finding.evidence]
            lines += [f"    → {render(finding.remedy, lang)}"] if finding.remedy else []
    return "\n".join(lines)


COMMAND = Command("assess", arguments, run)

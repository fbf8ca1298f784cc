"""All checks on all platforms, and the verdict by a written rule."""

from collections.abc import Sequence
from functools import cache
from typing import cast

import app.engine.assessing as package
from app.engine import discover
from app.engine.assessing._context import Check, Context
from app.engine.assessing.effort import estimate_effort
from app.engine.messages import Message, message
from app.engine.model.assessments import CHECKS, Assessment, Finding, Verdict
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Prediction
from app.engine.model.platforms import Knowledge, Platform
from app.engine.model.porting import Scan
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload
from app.engine.progress import Progress, no_progress

DECISIVE = ("vram", "precision")
"""Checks without which no verdict is given."""


@cache
def checks() -> tuple[Check, ...]:
    """Return all checks in the order of the matrix."""
    found = cast("list[Check]", discover.collect(package, "CHECK"))
    return tuple(sorted(found, key=lambda check: CHECKS.index(check.name)))


def assess(
    workload: Workload,
    *,
    platforms: Sequence[Platform],
    profile: Profile | None,
    memory: MemoryEstimate,
    fits: Sequence[MemoryFit],
    knowledge: Knowledge,
    predictions: Sequence[Prediction] = (),
    scan: Scan | None = None,
    progress: Progress = no_progress,
) -> tuple[Assessment, ...]:
    """Return the assessment of each platform, in their order."""
    by_platform = {fit.platform: fit for fit in fits}
    predicted: dict[str, Prediction] = {}
    for found in predictions:
        predicted.setdefault(found.platform, found)
    homes = {platform.id: platform.family for platform in platforms}
    home = homes.get(workload.run.platform) or _family_of(workload, knowledge)
    assessed, shared = [], {}
    for number, platform in enumerate(platforms):
        progress(number / len(platforms), "pipeline.doing.assessments")
        fit, prediction = by_platform.get(platform.id), predicted.get(platform.id)
        context = Context(workload, platform, profile, memory, fit, knowledge, prediction, home, scan, shared)
        findings = tuple(check.run(context) for check in checks())
        value, reason = verdict(findings, ported=bool(home) and platform.family != home)
        assessed.append(
            Assessment(platform.id, value, findings, estimate_effort(context), reason, context.fit.fits if context.fit else None)
        )
    return tuple(assessed)


def verdict(findings: Sequence[Finding], *, ported: bool) -> tuple[Verdict, Message]:
    """Return the verdict by this rule, first match wins.

    blocked   a check is blocked
    unknown   VRAM or precision is not known
    adapt     a check asks for a change, or the application moves to another platform family
    ready     otherwise
    """
    by_name = {found.check: found for found in findings}
    blocked = [found for found in findings if found.level == "blocked"]
    if blocked:
        return "blocked", message("assessing.reason.blocked", check=message(f"assessing.check.{blocked[0].check}"), why=blocked[0].summary)
    unknown = [name for name in DECISIVE if name in by_name and by_name[name].level == "unknown"]
    if unknown:
        return "unknown", message(
            "assessing.reason.unknown", check=message(f"assessing.check.{unknown[0]}"), why=by_name[unknown[0]].summary
        )
    warned = [found for found in findings if found.level == "warning"]
    if warned:
        return "adapt", message("assessing.reason.adapt", check=message(f"assessing.check.{warned[0].check}"), why=warned[0].summary)
    if ported:
        return "adapt", message("assessing.reason.ported")
    return "ready", message("assessing.reason.ready")


def _family_of(workload: Workload, knowledge: Knowledge) -> str:
    """Return the family whose id begins the platform's id, where the platform in use is not among those assessed."""
    vendor = workload.run.platform.partition("-")[0]
    return next((family for family in knowledge.families if vendor and family.startswith(f"{vendor}-")), "")

"""All checks on all platforms, and the verdict by a written rule."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TypeAlias, cast

import app.engine.assessing as package
from app.engine import discover
from app.engine.assessing._context import Check, Context
from app.engine.assessing._precisions import runs_as, same_size
from app.engine.assessing._seen_precisions import seen_precisions
from app.engine.assessing.effort import estimate_effort
from app.engine.messages import Message, message
from app.engine.model.assessments import CHECKS, Assessment, EffortSettings, Finding, Verdict
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Prediction
from app.engine.model.platforms import Knowledge, Platform
from app.engine.model.porting import Scan
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload
from app.engine.progress import Progress, no_progress

Estimate: TypeAlias = Callable[[str, Sequence[Platform]], tuple[MemoryEstimate, tuple[MemoryFit, ...]]]
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
    reference: Platform | None = None,
    in_precision: Estimate | None = None,
    settings: EffortSettings | None = None,
    scan: Scan | None = None,
    progress: Progress = no_progress,
) -> tuple[Assessment, ...]:
    """Return the assessment of each platform, in their order.

    in_precision   estimates the memory of the same run in another precision, for platforms that lack the declared one
    """
    predicted: dict[str, Prediction] = {}
    for found in predictions:
        predicted.setdefault(found.platform, found)
    reference = reference or next((one for one in platforms if one.id == workload.run.platform), None)
    home = reference.family if reference is not None else _family_of(workload, knowledge)
    memories = _Memories(workload, platforms, memory, fits, in_precision)
    seen = seen_precisions(profile)
    assessed, shared = [], {}
    for number, platform in enumerate(platforms):
        progress(number / len(platforms), "pipeline.doing.assessments")
        precision = workload.precision or ""
        used = runs_as(platform, precision, knowledge) if precision else ""
        estimate, fit = memories.of(platform.id, used)
        context = Context(
            workload, platform, profile, estimate, fit, knowledge, predicted.get(platform.id), home, scan, shared, used, reference,
            partial(memories.of, platform.id), seen, settings or EffortSettings(),
        )  # fmt: skip
        findings = tuple(check.run(context) for check in checks())
        value, reason = verdict(findings, ported=context.is_ported)
        assessed.append(Assessment(platform.id, value, findings, estimate_effort(context, findings), reason, fit.fits if fit else None))
    return tuple(assessed)


def verdict(findings: Sequence[Finding], *, ported: bool) -> tuple[Verdict, Message]:
    """Return the verdict by this rule, first match wins, and why in one sentence.

    blocked   a check is blocked
    unknown   VRAM or precision is not known
    adapt     a check asks for a change, or the application moves to another platform family
    ready     otherwise

    Another check that is unknown changes no verdict, but the sentence counts and names it. What is expected of the speed never decides:
    it says how much, not whether.
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
    warned = [found for found in findings if found.level == "warning" and found.check != "performance"]
    if warned:
        check = message(f"assessing.check.{warned[0].check}")
        return "adapt", _with_unknown(message("assessing.reason.adapt", check=check, why=warned[0].summary), findings)
    if ported:
        return "adapt", _with_unknown(message("assessing.reason.ported"), findings)
    return "ready", _with_unknown(message("assessing.reason.ready"), findings)


def _with_unknown(reason: Message, findings: Sequence[Finding]) -> Message:
    """Add how many checks are not known, and which."""
    unknown = [message(f"assessing.check.{found.check}") for found in findings if found.level == "unknown"]
    if not unknown:
        return reason
    return message("assessing.reason.with_unknown", reason=reason, count=len(unknown), all=len(findings), checks=unknown)


class _Memories:
    """The memory of one run on all platforms, by precision; each is estimated when it is first asked for."""

    def __init__(
        self,
        workload: Workload,
        platforms: Sequence[Platform],
        memory: MemoryEstimate,
        fits: Sequence[MemoryFit],
        estimate: Estimate | None,
    ) -> None:
        self._declared, self._platforms, self._estimate = workload.precision or "", platforms, estimate
        self._known = {self._declared: (memory, {fit.platform: fit for fit in fits})}

    def of(self, platform: str, precision: str) -> tuple[MemoryEstimate, MemoryFit | None]:
        """Return the estimate in a precision, and how it stands to a platform."""
        key = self._declared if self._estimate is None or same_size(precision, self._declared) else precision
        if key not in self._known:
            assert self._estimate is not None
            memory, fits = self._estimate(key, self._platforms)
            self._known[key] = memory, {fit.platform: fit for fit in fits}
        memory, by_platform = self._known[key]
        return memory, by_platform.get(platform)


def _family_of(workload: Workload, knowledge: Knowledge) -> str:
    """Return the family whose id begins the platform's id, where the platform in use is not among those assessed."""
    vendor = workload.run.platform.partition("-")[0]
    return next((family for family in knowledge.families if vendor and family.startswith(f"{vendor}-")), "")

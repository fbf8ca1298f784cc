"""Person-days of a port: what experience gives for its four stages, and the pieces of work that the findings name.

The rule, so that nothing is counted twice:

1. The vendor table gives each stage a size, and a size has days. That is the prior of the whole stage, named work included.
2. Every finding names its work; a check that only asks for a change counts as the item of its name; a move to another platform family
   names what every move takes. The same piece of work named by two findings counts once.
3. An item belongs to one stage and is taken out of its prior; of the prior at least `unnamed_share` stays, for what no list names.
4. A stage takes its items and that rest; the port takes its four stages. Low ends are added up, and high ends, as if all went well or
   badly together: a range that is wide on purpose.
5. A project may set the days of any item and of any rest, and the rate and its currency. What it sets stands as it is and moves the sum
   by just its difference: the rest is what it was before.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from app.engine.assessing._context import Context
from app.engine.assessing._operator_work import operator_work
from app.engine.messages import message
from app.engine.model.assessments import STAGES, Days, Effort, EffortItem, EffortPriors, Finding, StageEffort, Work

PROOFS = {"inference": "accuracy_evaluation", "hpc": "result_validation"}
EVERY_MOVE = ("tuning", "data_migration", "container", "operation")


def estimate_effort(context: Context, findings: Sequence[Finding]) -> Effort:
    """Return low, likely, high person-days and cost, by the rule above."""
    priors, settings = context.knowledge.effort, context.settings
    items = tuple(_items(context, findings))
    sizes, source = _sizes(context, priors)
    stages = tuple(
        _stage(context, stage, size, f"{source}; {priors.sizes_source}", items) for stage, size in zip(STAGES, sizes, strict=True)
    )
    days = _sum([stage.person_days for stage in stages])
    rate = priors.rate if settings.rate is None else settings.rate
    cost = cast(Days, tuple(value * rate for value in days))
    source = priors.rate_source if settings.rate is None else ""
    return Effort(days, cost, settings.currency or priors.currency, rate, stages, items, source)


def _sizes(context: Context, priors: EffortPriors) -> tuple[tuple[str, str, str, str], str]:
    """Return the sizes of the four stages and who says so."""
    family = context.platform.family
    if context.workload.run.platform == context.platform.id:
        return priors.same_platform, priors.same_platform_source
    if context.home and family == context.home:
        return priors.same_family, priors.same_family_source
    return priors.groups[priors.families.get(family, priors.default_group)], priors.groups_source


def _stage(context: Context, stage: str, size: str, source: str, items: Sequence[EffortItem]) -> StageEffort:
    priors, key = context.knowledge.effort, f"{context.platform.family}/rest.{stage}"
    named = _sum([item.person_days for item in items if item.stage == stage])
    prior = priors.sizes[size]
    known = _sum([item.default or item.person_days for item in items if item.stage == stage])
    rest = context.settings.days.get(key) or _rest(prior, known, priors.unnamed_share)
    return StageEffort(stage, size, _sum([named, rest]), source, prior, rest, key)  # type: ignore[arg-type] - sizes are those of the file


def _rest(prior: Days, named: Days, unnamed_share: float) -> Days:
    """Return what of a prior no item names, low to high."""
    low, likely, high = (max(unnamed_share * whole, whole - part) for whole, part in zip(prior, named, strict=True))
    return min(low, likely), likely, max(likely, high)


def _items(context: Context, findings: Sequence[Finding]) -> Iterable[EffortItem]:
    """Yield every named piece of work once, in the order of the findings, then what the move itself takes."""
    known, seen = context.knowledge.effort.items, set()
    operators = () if any(finding.check == "operators" and finding.work for finding in findings) else tuple(operator_work(context))
    for check, work in [*_named(context, findings, counted=bool(operators)), *(("", work) for work in _of_the_move(context))]:
        if work.code in known and (work.code, work.key) not in seen:
            seen.add((work.code, work.key))
            days = known[work.code]
            yield _item(context, work, check, days.stage, days.days, days.source)
    for text, stage, name, days in operators:
        yield _item(context, Work("operator", text, name), "operators", stage, days, context.knowledge.effort.operator_source)


def _named(context: Context, findings: Sequence[Finding], *, counted: bool) -> Iterable[tuple[str, Work]]:
    for finding in findings:
        for work in finding.work:
            yield finding.check, work
        alone = finding.level == "warning" and not finding.work and not (finding.check == "operators" and counted)
        if alone and finding.check in context.knowledge.effort.items:
            check, what = message(f"assessing.check.{finding.check}"), finding.remedy or finding.summary
            yield finding.check, Work(finding.check, message("assessing.item.adapt", check=check, what=what))


def _of_the_move(context: Context) -> Iterable[Work]:
    """Yield what every move to another platform family takes; nothing where it runs on this family already."""
    if context.home and context.platform.family == context.home:
        return
    task = context.workload.task
    engine = ("inference_engine",) if task == "inference" else ()
    for code in (PROOFS.get(task, "precision_alignment"), *engine, *EVERY_MOVE):
        yield Work(code, message(f"assessing.item.{code}"))


def _item(context: Context, work: Work, check: str, stage: str, days: Days, source: str) -> EffortItem:
    key = f"{context.platform.family}/{work.code}" + (f":{work.key}" if work.key else "")
    own = context.settings.days.get(key)
    return EffortItem(work.text, own or days, source, stage, check, key, days if own else None)


def _sum(parts: Sequence[Days]) -> Days:
    return cast(Days, tuple(sum(part[place] for part in parts) for place in range(3)))

"""Person-days of a port: the vendor's workload table by stage, and the operators that the trace shows to be missing."""

from collections.abc import Iterable
from typing import cast

from app.engine.assessing._context import Context
from app.engine.assessing._operator_judging import judged_operators
from app.engine.messages import message
from app.engine.model.assessments import STAGES, Effort, EffortItem, StageEffort

Days = tuple[float, float, float]


def estimate_effort(context: Context) -> Effort:
    """Return low, likely, high person-days and cost; the sizes come from the vendor's row, small ones where nothing is ported."""
    priors = context.knowledge.effort
    family = context.platform.family
    if context.home and family == context.home:
        sizes, source = priors.same_family, priors.same_family_source
    else:
        sizes, source = priors.groups[priors.families.get(family, priors.default_group)], priors.groups_source
    stages = tuple(
        StageEffort(stage, size, priors.sizes[size], f"{source}; {priors.sizes_source}")  # type: ignore[arg-type]
        for stage, size in zip(STAGES, sizes, strict=True)
    )
    items = tuple(_items(context))
    days = _sum([stage.person_days for stage in stages] + [item.person_days for item in items])
    cost = cast(Days, tuple(value * priors.rate for value in days))
    return Effort(days, cost, priors.currency, priors.rate, stages, items, priors.rate_source)


def _items(context: Context) -> Iterable[EffortItem]:
    """One piece of work for each operator that must be written or falls back; libraries count once, whatever their operators."""
    judged = judged_operators(context) if context.profile is not None else None
    if judged is None or judged.basis == "implied" or context.platform.family not in context.knowledge.operators:
        return
    days, source = context.knowledge.effort.operator_days, context.knowledge.effort.operator_source
    libraries = set()
    for one in judged.operators:
        if one.support in ("unsupported", "fallback_cpu"):
            kind = "fallback" if one.support == "fallback_cpu" else "simple" if one.name.startswith("aten::") else "fused"
            yield EffortItem(message(f"assessing.item.{kind}", name=one.name), days[kind], source)
        elif one.library is not None and one.library.effort and one.support != "native":
            name = one.name if one.support == "write" else one.library.topic
            if name in libraries:
                continue
            libraries.add(name)
            code = "fused" if one.support == "write" else "library"
            yield EffortItem(message(f"assessing.item.{code}", name=name), days[one.library.effort], source)


def _sum(parts: list[Days]) -> Days:
    return cast(Days, tuple(sum(part[place] for part in parts) for place in range(3)))

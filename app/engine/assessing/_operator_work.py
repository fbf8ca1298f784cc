"""The operators of a trace that a platform lacks, as pieces of work."""

from collections.abc import Iterable

from app.engine.assessing._context import Context
from app.engine.assessing._operator_support import operator_support
from app.engine.messages import Message, message
from app.engine.model.assessments import Days


def operator_work(context: Context) -> Iterable[tuple[Message, str, str, Days]]:
    """Yield (what, stage, name of the operator, days) for each one that must be written or falls back to the CPU."""
    if context.profile is None or context.platform.family not in context.knowledge.operators:
        return
    days = context.knowledge.effort.operator_days
    for one in operator_support(context.profile.aten_ops, context.platform.family, context.knowledge):
        if one.support not in ("unsupported", "fallback_cpu"):
            continue
        kind = "fallback" if one.support == "fallback_cpu" else "simple" if one.name.startswith("aten::") else "fused"
        yield message(f"assessing.item.{kind}", name=one.name), "fast" if kind == "fallback" else "runs", one.name, days[kind]

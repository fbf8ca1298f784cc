"""The operators and libraries that a platform lacks, as pieces of work."""

from collections.abc import Iterable

from app.engine.assessing._context import Context
from app.engine.assessing._operator_judging import judged_operators
from app.engine.messages import Message, message
from app.engine.model.assessments import Days


def operator_work(context: Context) -> Iterable[tuple[Message, str, str, Days]]:
    """Yield (what, stage, name, days) for each operator that must be written or falls back to the CPU; a library counts once.

    What the model family only implies is no work yet.
    """
    judged = judged_operators(context) if context.profile is not None else None
    if judged is None or judged.basis == "implied" or context.platform.family not in context.knowledge.operators:
        return
    days, libraries = context.knowledge.effort.operator_days, set()
    for one in judged.operators:
        if one.support in ("unsupported", "fallback_cpu"):
            kind = "fallback" if one.support == "fallback_cpu" else "simple" if one.name.startswith("aten::") else "fused"
            yield message(f"assessing.item.{kind}", name=one.name), "fast" if kind == "fallback" else "runs", one.name, days[kind]
        elif one.library is not None and one.library.effort and one.support != "native":
            name = one.name if one.support == "write" else one.library.topic
            if name in libraries:
                continue
            libraries.add(name)
            code = "fused" if one.support == "write" else "library"
            yield message(f"assessing.item.{code}", name=name), "runs", name, days[one.library.effort]

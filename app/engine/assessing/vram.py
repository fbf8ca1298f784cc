"""Does it fit into the card's memory, and what would make it fit?"""

from app.engine.assessing._context import Check, Context
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding, Work
from app.engine.model.estimates import Remedy

SPLITS = ("run.gpus", "run.tensor_parallel", "run.pipeline_parallel")
NARROWER = ("run.weight_bits", "run.kv_dtype")
_COSTS = "SuanXuan (workload); speed cost: judgement"


def run(context: Context) -> Finding:
    """ok: the upper end fits; warning: only the estimate fits, or a change makes it fit; blocked: nothing we know makes it fit."""
    fit, estimate = context.fit, context.memory
    if fit is None or estimate.total_gib is None:
        reason = estimate.unknown or message("assessing.vram.no_estimate")
        return Finding("vram", "unknown", reason, short=message("assessing.short.unknown"))
    if fit.usable_gib is None or fit.headroom_gib is None:
        missing = message("platforms.missing_fact", platform=context.platform.id, key="memory_gb")
        return Finding("vram", "unknown", missing, short=message("assessing.short.missing", key="memory_gb"))
    remedies = sorted(fit.remedies, key=_order)
    evidence = (*_need(context), *(_told(remedy) for remedy in remedies))
    spare = message("assessing.short.headroom", gib=fit.headroom_gib)
    if fit.fits and (estimate.high or 0.0) <= fit.usable_gib:
        return Finding("vram", "ok", message("assessing.vram.fits", gib=fit.headroom_gib), evidence, short=spare)
    if fit.fits:
        return Finding("vram", "warning", message("assessing.vram.tight", gib=fit.headroom_gib), evidence, None, spare)
    short = message("assessing.short.lacking", gib=-fit.headroom_gib)
    if remedies:
        first = remedies[0]
        remedy = message("assessing.vram.remedy", change=first.change, total=first.total_gib)
        said = message("assessing.vram.needs_change", gib=-fit.headroom_gib)
        return Finding("vram", "warning", said, evidence, remedy, short, (_work(first),))
    other = message("assessing.vram.other_card")
    return Finding("vram", "blocked", message("assessing.vram.too_small", gib=-fit.headroom_gib), evidence, other, short)


def _need(context: Context) -> list[Evidence]:
    """Say what is needed, what the card offers by whose account, and in which precision it was counted where not as declared."""
    fit, estimate = context.fit, context.memory
    assert fit is not None
    need = message("assessing.vram.need", total=estimate.total_gib, low=estimate.low, high=estimate.high, usable=fit.usable_gib)
    told = [Evidence(need, "SuanXuan (workload)")]
    free, size = context.platform.reported.get("free_gib"), context.platform.number("memory_gb")
    if free is not None and isinstance(free.value, float):
        code = "free" if free.confidence != "low" else "free_estimated"
        said = message(f"assessing.vram.{code}", free=free.value, size=size)
        told.append(Evidence(said, " ".join(part for part in (free.source, free.as_of, f"[{free.confidence}]") if part)))
    declared = context.workload.precision
    if declared and context.runs_as and context.runs_as != declared:
        as_other = message("assessing.vram.counted_as", precision=context.runs_as.upper(), declared=declared.upper())
        told.append(Evidence(as_other, context.platform.facts["precision_support"].source))
    return told


def _told(remedy: Remedy) -> Evidence:
    """Say what a change leaves and what it costs."""
    return Evidence(message("assessing.vram.after", change=remedy.change, total=remedy.total_gib, cost=_cost(remedy.speed_cost)), _COSTS)


def _order(remedy: Remedy) -> tuple[bool, bool, float]:
    """Return the place of a remedy: weights of 4 bits cost accuracy and come last, then by what is known of the cost in speed."""
    return ("run.weight_bits", 4) in remedy.changes, remedy.speed_cost is None, remedy.speed_cost or 0.0


def _cost(share: float | None) -> Message:
    if share is None:
        return message("assessing.vram.cost.unknown")
    if share == 0:
        return message("assessing.vram.cost.none")
    return message("assessing.vram.cost.slower" if share > 0 else "assessing.vram.cost.faster", share=abs(share))


def _work(remedy: Remedy) -> Work:
    keys = [key for key, _ in remedy.changes]
    code = "vram_split" if any(key in SPLITS for key in keys) else "quantise" if any(key in NARROWER for key in keys) else "vram_change"
    return Work(code, message("assessing.item.remedy", change=remedy.change))


CHECK = Check("vram", run)

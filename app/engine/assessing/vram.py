"""Does it fit into the card's memory?"""

from app.engine.assessing._context import Check, Context
from app.engine.messages import message
from app.engine.model.assessments import Evidence, Finding


def run(context: Context) -> Finding:
    """ok: the upper end fits; warning: only the estimate fits, or a change makes it fit; blocked: nothing we know makes it fit."""
    fit, estimate = context.fit, context.memory
    if fit is None or estimate.total_gib is None:
        reason = estimate.unknown or message("assessing.vram.no_estimate")
        return Finding("vram", "unknown", reason, short=message("assessing.short.unknown"))
    source = context.platform.facts["memory_gb"].source
    if fit.usable_gib is None or fit.headroom_gib is None:
        missing = message("platforms.missing_fact", platform=context.platform.id, key="memory_gb")
        return Finding("vram", "unknown", missing, short=message("assessing.short.missing", key="memory_gb"))
    need = message("assessing.vram.need", total=estimate.total_gib, low=estimate.low, high=estimate.high, usable=fit.usable_gib)
    evidence = (Evidence(need, source),)
    short = (
        message("assessing.short.headroom", gib=fit.headroom_gib) if fit.fits else message("assessing.short.lacking", gib=-fit.headroom_gib)
    )
    remedy = message("assessing.vram.remedy", change=fit.remedies[0].change, total=fit.remedies[0].total_gib) if fit.remedies else None
    if fit.fits and (estimate.high or 0.0) <= fit.usable_gib:
        return Finding("vram", "ok", message("assessing.vram.fits", gib=fit.headroom_gib), evidence, short=short)
    if fit.fits:
        return Finding("vram", "warning", message("assessing.vram.tight", gib=fit.headroom_gib), evidence, remedy, short)
    if remedy is not None:
        return Finding("vram", "warning", message("assessing.vram.needs_change", gib=-fit.headroom_gib), evidence, remedy, short)
    return Finding(
        "vram", "blocked", message("assessing.vram.too_small", gib=-fit.headroom_gib), evidence, message("assessing.vram.other_card"), short
    )


CHECK = Check("vram", run)

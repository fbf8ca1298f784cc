"""What speed is expected there?"""

from app.engine.assessing._context import Check, Context
from app.engine.messages import message
from app.engine.model.assessments import Evidence, Finding
from app.engine.units import format_significant


def run(context: Context) -> Finding:
    """ok: predicted within the range of what was measured; warning: outside of it; unknown: no prediction, with the reason."""
    found = context.prediction
    if found is None:
        return Finding("performance", "unknown", message("assessing.performance.none"), short=message("assessing.short.unknown"))
    if found.value is None:
        why = found.notes[0] if found.notes else message("assessing.performance.none")
        return Finding("performance", "unknown", why, short=message("assessing.short.unknown"))
    kind = message(f"paraselect.kind.{found.kind}")
    numbers = {name: format_significant(value) for name, value in (("value", found.value), ("low", found.low), ("high", found.high))}
    said = message("assessing.performance.predicted", **numbers, unit=found.unit, gpus=found.gpus, kind=kind)
    evidence = (Evidence(said, "ParaSelect"),)
    short = message("assessing.short.word", text=format_significant(found.value))
    if found.out_of_range:
        return Finding(
            "performance", "warning", message("assessing.performance.out_of_range"), evidence, message("assessing.performance.trial"), short
        )
    return Finding("performance", "ok", said, evidence, short=short)


CHECK = Check("performance", run)

"""Does the card compute in the precision that the run uses?"""

import re

from app.engine.assessing._context import Check, Context
from app.engine.messages import message
from app.engine.model.assessments import Evidence, Finding

INSTEAD = {
    "bf16": ("fp16", "fp32"),
    "fp16": ("bf16", "fp32"),
    "tf32": ("hf32", "fp32"),
    "fp8": ("bf16", "fp16"),
    "fp4": ("fp8", "bf16", "fp16"),
    "int8": ("fp16", "bf16"),
    "int4": ("int8", "fp16", "bf16"),
}
"""What a run can change to, nearest first; FP64 and FP32 have no substitute."""


def run(context: Context) -> Finding:
    """ok: the data sheet lists it; warning: another precision must be used; blocked: there is none; unknown: no list."""
    wanted = context.workload.precision
    if wanted is None:
        return Finding("precision", "unknown", message("assessing.precision.not_stated"), short=message("assessing.short.unknown"))
    fact = context.platform.facts["precision_support"]
    if not isinstance(fact.value, str):
        missing = message("platforms.missing_fact", platform=context.platform.id, key="precision_support")
        return Finding("precision", "unknown", missing, short=message("assessing.short.missing", key="precision_support"))
    supported = {re.sub(r"\(.*\)|\+", "", word).strip().lower() for word in fact.value.split(";")}
    evidence = (Evidence(message("assessing.precision.listed", listed=fact.value), fact.source),)
    short = message("assessing.short.word", text=wanted.upper())
    if wanted in supported:
        return Finding("precision", "ok", message("assessing.precision.supported", precision=wanted.upper()), evidence, short=short)
    other = next((word for word in INSTEAD.get(wanted, ()) if word in supported), None)
    if other is None:
        return Finding("precision", "blocked", message("assessing.precision.none", precision=wanted.upper()), evidence, short=short)
    remedy = message("assessing.precision.change", precision=other.upper())
    return Finding("precision", "warning", message("assessing.precision.lacking", precision=wanted.upper()), evidence, remedy, short)


CHECK = Check("precision", run)

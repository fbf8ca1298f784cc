"""Does the platform's framework have the operators that the trace shows?"""

from app.engine.assessing._context import Check, Context
from app.engine.assessing._operator_support import Support, operator_support
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding

UNKNOWN_SHARE = 0.05
"""Operators without any statement may take this share of the time before the whole check becomes unknown."""
_SHOWN = 8


def run(context: Context) -> Finding:
    """ok: all supported; warning: some must be written or fall back to the CPU; unknown: no trace, or no list for this family."""
    if context.profile is None or not context.profile.aten_ops:
        return _unknown(message("assessing.operators.no_trace"))
    family = context.platform.family
    if family not in context.knowledge.operators:
        return _unknown(message("assessing.operators.no_list", family=family or context.platform.id))
    found = operator_support(context.profile.aten_ops, family, context.knowledge)
    if not found:
        return _unknown(message("assessing.operators.none_in_trace"))
    missing = [one for one in found if one.support == "unsupported"]
    fallback = [one for one in found if one.support == "fallback_cpu"]
    unknown = [one for one in found if one.support == "unknown"]
    inferred = sum(one.inferred for one in found)
    short = message("assessing.short.operators", good=len(found) - len(missing) - len(fallback) - len(unknown), all=len(found))
    evidence = [*_evidence("missing", missing), *_evidence("fallback", fallback), *_evidence("unknown", unknown)]
    if inferred:
        evidence.append(Evidence(message("assessing.operators.inferred", count=inferred), context.knowledge.families[family].source))
    if not evidence:
        evidence = [Evidence(message("assessing.operators.listed", count=len(found)), found[0].source)]
    if missing or fallback:
        summary = message("assessing.operators.lacking", missing=len(missing), fallback=len(fallback), all=len(found))
        return Finding("operators", "warning", summary, tuple(evidence), message("assessing.operators.remedy"), short)
    if sum(one.share for one in unknown) > UNKNOWN_SHARE:
        return Finding("operators", "unknown", message("assessing.operators.unclear", count=len(unknown)), tuple(evidence), short=short)
    said = message("assessing.operators.supported", count=len(found))
    if unknown:
        share = sum(one.share for one in unknown)
        said = message("assessing.operators.nearly_all", good=len(found) - len(unknown), all=len(found), unknown=len(unknown), share=share)
    return Finding("operators", "ok", said, tuple(evidence), short=short)


def _unknown(why: Message) -> Finding:
    return Finding("operators", "unknown", why, short=message("assessing.short.unknown"))


def _evidence(kind: str, found: list[Support]) -> list[Evidence]:
    if not found:
        return []
    sources = list(dict.fromkeys(one.source for one in found if one.source))
    said = message(f"assessing.operators.{kind}", names=[one.name for one in found[:_SHOWN]], count=len(found))
    return [Evidence(said, "; ".join(sources[:2]))]


CHECK = Check("operators", run)

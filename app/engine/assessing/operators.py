"""Does the platform's framework have the operators that the trace shows, or that the model family implies?"""

import re
from collections.abc import Iterable

from app.engine.assessing._context import Check, Context
from app.engine.assessing._operator_judging import Judged, fallback_cost, judged_operators, library_remedy
from app.engine.assessing._operator_support import CHANGES, CLASSES, GOOD, Class, Support, is_judged, strategy_of
from app.engine.assessing._source_evidence import source_evidence
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding, Level

UNKNOWN_SHARE = 0.05
"""Operators without any statement may take this share of the time before the whole check becomes unknown."""
UNKNOWN: Class = "unknown"
WELL_MAPPED = 0.98
_SHOWN = 8
JUDGEMENT = "judgement (SuanXuan)"


def run(context: Context) -> Finding:
    """ok: all supported; warning: some must be replaced, written or fall back to the CPU; unknown: nothing seen or implied, or no list."""
    family = context.platform.family
    source, worst = source_evidence(context)
    judged = judged_operators(context)
    if judged is None or not is_judged(family, context.knowledge):
        known = context.profile is not None and judged is None
        why = message("assessing.operators.none_in_trace") if known else message("assessing.operators.no_trace")
        if judged is not None:
            why = message("assessing.operators.no_list", family=family or context.platform.id)
        level: Level = "warning" if worst else "unknown"
        return Finding("operators", level, why, tuple(source), _joined(worst), message("assessing.short.unknown"))
    return _finding(context, judged, source, worst)


def _finding(context: Context, judged: Judged, source: list[Evidence], worst: list[Message]) -> Finding:
    groups: dict[Class, list[Support]] = {name: [one for one in judged.operators if one.support == name] for name in CLASSES}
    evidence = [*_basis(judged), *_shares(judged, groups)]
    for name in (*CHANGES, UNKNOWN):
        evidence += _evidence(name, groups.get(name, []), judged)
    evidence += _fallback(context, judged, groups.get("fallback_cpu", []))
    evidence += [*_since(context, judged), *_inferred(context, judged), *source]
    good = sum(one.support in GOOD for one in judged.operators)
    short = message("assessing.short.operators", good=good, all=len(judged.operators))
    remedies = _remedies(groups)
    remedy = _joined([*remedies, *(said for said in worst if said not in remedies)])
    summary, level = _summary(judged, groups, good)
    if level == "ok" and worst:
        summary, level = message("assessing.operators.in_source", count=len(worst)), "warning"
    return Finding("operators", level, summary, tuple(evidence), remedy if level != "ok" else None, short)


def _summary(judged: Judged, groups: dict[Class, list[Support]], good: int) -> tuple[Message, Level]:
    unknown = groups.get("unknown", [])
    share, count = sum(one.share for one in unknown), len(judged.operators)
    changes = {
        "write": len(groups.get("unsupported", [])) + len(groups.get("write", [])),
        "replace": len(groups.get("replace", [])),
        "library": len(groups.get("library", [])) + len(groups.get("dtype", [])),
        "fallback_cpu": len(groups.get("fallback_cpu", [])),
    }
    parts = [message(f"assessing.operators.change.{name}", count=found) for name, found in changes.items() if found]
    if parts:
        return message("assessing.operators.lacking", all=count, parts=parts), "warning"
    implied = judged.basis == "implied"
    if share > UNKNOWN_SHARE or (implied and unknown):
        return message("assessing.operators.unclear", count=len(unknown)), "unknown"
    if implied:
        return message("assessing.operators.implied_supported", count=count), "ok"
    if unknown:
        return message("assessing.operators.nearly_all", good=good, all=count, unknown=len(unknown), share=share), "ok"
    return message("assessing.operators.supported", count=count), "ok"


def _basis(judged: Judged) -> list[Evidence]:
    """Say where the operators come from, and how much of the time the list does not know."""
    if judged.basis == "implied":
        return [Evidence(message("assessing.operators.implied", count=len(judged.operators)), "platform_db/implied_operators.csv")]
    told = [] if judged.basis == "device" else [Evidence(message(f"assessing.operators.by_{judged.basis}"), "")]
    if judged.mapped < WELL_MAPPED:
        told.append(Evidence(message("assessing.operators.mapped", share=judged.mapped), "platform_db/operator_names.csv"))
    return told


def _shares(judged: Judged, groups: dict[Class, list[Support]]) -> list[Evidence]:
    """Say how much of the time each class of support takes."""
    if judged.basis == "implied":
        return []
    order: tuple[Class, ...] = ("native", "composite", *CHANGES, "unknown")
    parts = [
        message("assessing.operators.part", support=message(f"assessing.support.{name}"), share=sum(one.share for one in groups[name]))
        for name in order
        if groups.get(name)
    ]
    return [Evidence(message("assessing.operators.shares", parts=parts), "; ".join(_sources(judged.operators)[:2]))]


def _evidence(name: Class, found: list[Support], judged: Judged) -> list[Evidence]:
    if not found:
        return []
    names = [_named(one, judged) for one in found[:_SHOWN]]
    said = message(f"assessing.operators.{name}", names=names, count=len(found))
    return [Evidence(said, "; ".join(_sources(found)[:2]))]


def _named(one: Support, judged: Judged) -> Message:
    types = f" ({', '.join(one.lacking)})" if one.lacking else ""
    if judged.basis == "implied":
        return message("assessing.operators.name", name=one.name + types)
    return message("assessing.operators.name_share", name=one.name + types, share=one.share)


def _fallback(context: Context, judged: Judged, found: list[Support]) -> list[Evidence]:
    cost = fallback_cost(found, judged, context.platform.host.one_direction_gbs)
    if cost is None:
        return []
    code = "assessing.operators.fallback_judged" if cost.judged else "assessing.operators.fallback_bytes"
    said = message(code, low=cost.low_s, high=cost.high_s, low_share=cost.low, high_share=cost.high, gib=cost.bytes / 2**30)
    link = context.platform.facts.get("host_bw_gbs")
    return [Evidence(said, JUDGEMENT if cost.judged or link is None else f"{link.source}; {JUDGEMENT}")]


def _since(context: Context, judged: Judged) -> list[Evidence]:
    """Name the operators that came after the framework version of the run, where both are told as PyTorch versions."""
    stated = context.workload.framework.lower()
    mine = _version(stated) if stated.startswith("pytorch") else ()
    later = [one for one in judged.operators if mine and one.since[:1].isdigit() and _version(one.since) > mine]
    if not later:
        return []
    newest = max(later, key=lambda one: _version(one.since)).since
    said = message("assessing.operators.since", names=[one.name for one in later[:_SHOWN]], count=len(later), version=newest)
    return [Evidence(said, "; ".join(_sources(later)[:2]))]


def _inferred(context: Context, judged: Judged) -> list[Evidence]:
    inferred = [one for one in judged.operators if one.inferred]
    if not inferred:
        return []
    facts = context.knowledge.families[context.platform.family]
    route = message(f"assessing.route.{strategy_of(context.platform.family, context.knowledge)}")
    code = "assessing.operators.inferred_implied" if judged.basis == "implied" else "assessing.operators.inferred"
    said = message(code, count=len(inferred), share=sum(one.share for one in inferred), route=route)
    return [Evidence(said, facts.source)]


def _remedies(groups: dict[Class, list[Support]]) -> list[Message]:
    """Say which operators to write, which library replaces which, in the order of the time they take."""
    told: list[Message] = []
    for name in ("unsupported", "write", "dtype", "fallback_cpu"):
        found = groups.get(name, [])
        named = [one for one in found if one.library is None]
        if named:
            told.append(message(f"assessing.operators.remedy.{name}", names=[one.name for one in named[:_SHOWN]], count=len(named)))
    libraries = {one.library.topic: one.library for name in ("replace", "library", "write") for one in groups.get(name, []) if one.library}
    told += [library_remedy(row) for row in libraries.values()]
    return told


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def _joined(lines: list[Message]) -> Message | None:
    said = lines[-1] if lines else None
    for line in reversed(lines[:-1]):
        said = message("assessing.operators.and_then", first=line, rest=said)
    return said


def _sources(found: Iterable[Support]) -> list[str]:
    return list(dict.fromkeys(one.source for one in found if one.source))


CHECK = Check("operators", run)

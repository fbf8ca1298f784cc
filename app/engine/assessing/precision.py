"""Does the card compute in the precision that the run uses, declared or seen in its trace?"""

from app.engine.assessing._context import Check, Context
from app.engine.assessing._fp64 import fp64_rates
from app.engine.assessing._precisions import Computed, computed, same_size, substitutes
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding, Work

NARROW = ("fp8", "fp4", "int8", "int4")
"""Formats that halve or quarter the weights, so that another one is a question of VRAM too."""
SEEN, ESTIMATED = "trace", "SuanXuan (workload)"
CONTRADICTS = 0.2
"""Share of the time in another precision than the declared one that is told as a contradiction (judgement)."""


def run(context: Context) -> Finding:
    """ok: computed natively; warning: emulated, another one must be used, or FP64 is a side line; blocked: there is none; unknown."""
    wanted = wanted_precision(context)
    if not wanted:
        return _unknown(message("assessing.precision.not_stated"), message("assessing.short.unknown"))
    found = computed(context.platform, wanted, context.knowledge)
    if found.support == "unknown":
        missing = message("platforms.missing_fact", platform=context.platform.id, key="precision_support")
        return _unknown(missing, message("assessing.short.missing", key="precision_support"))
    evidence = [*_told(context, wanted, found), *_seen(context, wanted)]
    short = message("assessing.short.word", text=wanted.upper())
    if found.support == "native":
        return _native(context, wanted, found, evidence, short)
    if wanted in NARROW:
        evidence += _in_others(context, wanted)
    if found.support == "emulated":
        said = message("assessing.precision.emulated", precision=wanted.upper(), format=found.note.format if found.note else "")
        return Finding("precision", "warning", said, tuple(evidence), _instead(context, wanted), short, (_proof(context),))
    remedy = _instead(context, wanted)
    if remedy is None:
        said = message("assessing.precision.none", precision=wanted.upper())
        return Finding("precision", "blocked", said, tuple(evidence), short=short)
    said = message("assessing.precision.lacking", precision=wanted.upper())
    change = Work("precision_change", message("assessing.item.precision_change", old=wanted.upper(), new=context.runs_as.upper()))
    return Finding("precision", "warning", said, tuple(evidence), remedy, short, (change, _proof(context)))


def wanted_precision(context: Context) -> str:
    """Return what the run computes in: as declared, FP64 for a code told by its FP64 work, else what takes most time in the trace."""
    workload = context.workload
    if workload.precision:
        return workload.precision
    if workload.model is not None and workload.model.fp64_flop_per_unit:
        return "fp64"
    return next(iter(context.seen), "")


def _native(context: Context, wanted: str, found: Computed, evidence: list[Evidence], short: Message) -> Finding:
    said = message("assessing.precision.supported", precision=wanted.upper())
    if wanted == "fp64":
        rates = fp64_rates(context)
        told = (*evidence, *rates.evidence)
        if rates.slow is not None:
            work = (Work("fp64_rework", message("assessing.item.fp64_rework")),)
            return Finding("precision", "warning", rates.slow, told, message("assessing.precision.fp64.remedy"), short, work)
        return Finding("precision", "ok", said, told, short=short)
    if found.note is not None and found.note.needs == "convert":
        other = message("assessing.precision.other_format", precision=wanted.upper(), format=found.note.format)
        work = (Work("weight_conversion", message("assessing.item.weight_conversion", format=found.note.format)), _proof(context))
        return Finding("precision", "warning", other, tuple(evidence), message("assessing.precision.convert"), short, work)
    return Finding("precision", "ok", said, tuple(evidence), short=short)


def _told(context: Context, wanted: str, found: Computed) -> list[Evidence]:
    """Say what the data sheet lists, and what a note adds on format and effect."""
    fact, note = context.platform.facts["precision_support"], found.note
    told = [Evidence(message("assessing.precision.listed", listed=fact.value), fact.source)] if isinstance(fact.value, str) else []
    if note is None or (note.effect == "fp64_side" and wanted == "fp64" and context.platform.number("fp64_tensor_tflops")):
        return told
    source = f"{note.source} [{note.confidence}]"
    if note.format and note.format.lower() != wanted:
        told.append(Evidence(message("assessing.precision.format", precision=wanted.upper(), format=note.format), source))
    if note.effect:
        told.append(Evidence(message(f"assessing.precision.effect.{note.effect}"), source))
    return told


def _seen(context: Context, wanted: str) -> list[Evidence]:
    """Say which precisions the trace shows, where that contradicts the run description, and which of them the card lacks."""
    seen = context.seen
    if not seen:
        return []
    parts = [message("assessing.precision.share", precision=word.upper(), share=share) for word, share in seen.items()]
    told = [Evidence(message("assessing.precision.seen", parts=parts), SEEN)]
    first = next(iter(seen))
    if context.workload.precision and first != wanted and seen[first] > CONTRADICTS:
        told.append(Evidence(message("assessing.precision.differs", declared=wanted.upper(), seen=first.upper()), SEEN))
    for word in seen:
        there = computed(context.platform, word, context.knowledge)
        if word != wanted and there.support in ("emulated", "absent"):
            support = message(f"assessing.precision.support.{there.support}")
            told.append(Evidence(message("assessing.precision.also", precision=word.upper(), support=support), there.source))
    return told


def _in_others(context: Context, wanted: str) -> list[Evidence]:
    """Say what the model takes in each format that the card has, and on how many cards it then fits."""
    told: list[Evidence] = []
    others = substitutes(context.platform, wanted, context.knowledge)
    for place, other in enumerate(others):
        if context.in_precision is None or any(same_size(other, before) for before in others[:place]):
            continue
        estimate, fit = context.in_precision(other)
        if fit is None or fit.usable_gib is None or estimate.total_gib is None:
            continue
        said = {"precision": other.upper(), "total": estimate.total_gib, "usable": fit.usable_gib}
        splits = [remedy for remedy in fit.remedies if "run.gpus" in dict(remedy.changes)]
        if fit.fits:
            said_of = message("assessing.precision.as_other.fits", **said, cards=context.workload.run.gpus or 1)
        elif splits:
            fewest = min(splits, key=lambda one: dict(one.changes)["run.gpus"])
            cards = dict(fewest.changes)["run.gpus"]
            said_of = message("assessing.precision.as_other.split", **said, cards=cards, gib=fewest.total_gib)
        else:
            said_of = message("assessing.precision.as_other.no", **said)
        told.append(Evidence(said_of, ESTIMATED))
    return told


def _instead(context: Context, wanted: str) -> Message | None:
    others = list(substitutes(context.platform, wanted, context.knowledge))
    if not others:
        return None
    trained = context.workload.task != "inference"
    code = "loss_scaling" if trained and others[0] == "fp16" else "change" if trained or len(others) < 2 else "change_or"  # noqa: PLR2004
    return message(f"assessing.precision.{code}", precision=others[0].upper(), other=others[-1].upper())


def _proof(context: Context) -> Work:
    """Return the work that proves the results after a change of precision or platform."""
    task = context.workload.task
    code = "accuracy_evaluation" if task == "inference" else "result_validation" if task == "hpc" else "precision_alignment"
    return Work(code, message(f"assessing.item.{code}"))


def _unknown(why: Message, short: Message) -> Finding:
    return Finding("precision", "unknown", why, short=short)


CHECK = Check("precision", run)

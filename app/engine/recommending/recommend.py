"""The kind of platform that a run asks for: the scenario, one answer to each question, and which platforms of the base are of the kind."""

from collections.abc import Sequence

from app.engine.messages import message
from app.engine.model.estimates import MemoryEstimate, MemoryFit
from app.engine.model.kinds import Demand, KindMatch, PlatformKind, Recommendation, Scenario
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload
from app.engine.recommending._base import Context, memory_kind, middle
from app.engine.recommending._links import link, network
from app.engine.recommending._memory import memory, middling_gbs
from app.engine.recommending._vram import holder, vram

PHASES = {
    "pretrain": "training", "finetune": "finetuning", "lora": "finetuning", "qlora": "finetuning", "inference": "inference", "hpc": "hpc",
}  # fmt: skip
STORED = {"int4": "fp16"}
"""Formats that weights only lie in: what a platform must compute in is the other one."""


def middling_hbm_gbs(platforms: Sequence[Platform]) -> float:
    """Return the VRAM bandwidth of the base's middling HBM card, 0 where it has none."""
    return middling_gbs(tuple(platforms), "hbm") or 0.0


def recommend(
    workload: Workload,
    demand: Demand,
    memory_estimate: MemoryEstimate,
    fits: Sequence[MemoryFit],
    platforms: Sequence[Platform],
    profile: Profile | None = None,
    *,
    measured_on: int | None = None,
) -> PlatformKind:
    """Return the kind. What a run does not tell is answered `unknown`, with what would decide it.

    measured_on  cards of the run as it was described, where it is judged on others
    """
    used_id = (profile.platform if profile else "") or workload.run.platform
    used = next((one for one in platforms if one.id == used_id), None)
    context = Context(workload, demand, memory_estimate, tuple(fits), tuple(platforms), profile, used)
    answers = (vram(context), memory(context), link(context), network(context), _precision(context))
    return PlatformKind(_scenario(context, measured_on), answers, tuple(_matches(context, {one.aspect: one for one in answers})))


def _scenario(context: Context, measured_on: int | None) -> Scenario:
    """Large: more than a middling HBM card of the base holds, so that the model must be cut over cards."""
    workload, alone = context.workload, context.demand.alone_gib
    sizes = [one.number("free_gib") for one in context.platforms if memory_kind(one) == "hbm"]
    card = middle([size for size in sizes if size is not None])
    large = alone > card if alone is not None and card is not None else None
    known = "hpc" if workload.task == "hpc" else "size_unknown" if large is None else "size"
    told = [message(f"kinds.scenario.{known}", alone=alone, card=card)]
    told.append(message("kinds.scenario.after" if workload.optimised else "kinds.scenario.before"))
    cards = context.demand.cards
    if measured_on and cards and cards != measured_on:
        told.append(message("kinds.scenario.cards", cards=cards, measured=measured_on))
    return Scenario(PHASES[workload.task], large, workload.optimised, tuple(told))  # type: ignore[arg-type]


def _precision(context: Context) -> Recommendation:
    wanted = context.workload.precision
    if wanted is None:
        return Recommendation("precision", reasons=(message("kinds.precision.unknown"),), missing=("[workload] precision",))
    answers = [_computes(one, wanted) for one in context.platforms]
    known, having = sum(one is not None for one in answers), sum(one is True for one in answers)
    code = "kinds.precision.stored" if wanted in STORED else "kinds.precision.told"
    told = message(code, precision=wanted.upper(), computed=STORED.get(wanted, wanted).upper(), having=having, all=known)
    return Recommendation("precision", wanted, "must", (told,))


def _computes(platform: Platform, precision: str) -> bool | None:
    """Return whether the data sheet lists the precision; None where it lists none."""
    listed = platform.text("precision_support").lower()
    words = {word.partition("(")[0].strip(" +") for word in listed.split(";")}
    return STORED.get(precision, precision) in words if listed else None


def _matches(context: Context, answers: dict[str, Recommendation]) -> list[KindMatch]:
    holds, wanted = holder(context), context.workload.precision
    return [
        KindMatch(
            one.id,
            vram=holds(one),
            memory=_is(answers["memory"], memory_kind(one), "hbm"),
            link=_linked(answers["link"], one, context.demand.cards),
            precision=None if wanted is None else _computes(one, wanted),
        )
        for one in context.platforms
    ]


def _is(answer: Recommendation, own: str, better: str) -> bool | None:
    """What does not matter is right on every platform; what is not known of the run or of the platform is not known."""
    if answer.strength in ("any", "unknown"):
        return True if answer.strength == "any" else None
    return own == better if own else None


def _linked(answer: Recommendation, platform: Platform, cards: int | None) -> bool | None:
    own = platform.fabric.kind
    if answer.strength in ("must", "prefer") and platform.fabric.pairs_only and (cards or 0) > 2:  # noqa: PLR2004 - a pair
        return False
    return _is(answer, "pcie" if own == "none" else "fabric" if own else "", "fabric")

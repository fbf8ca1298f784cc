"""Class and bottleneck: signs scored by platform_db/thresholds.toml, weighed by whether the cards are fed or wait.

A card that waits is not held back by its own units, and a host at its limit does not matter while the cards are busy all the same. So
compute, memory and communication count by `feeding`, io and host by `starving`. What was not measured has no score; a class is named only
where what was not measured could not overturn it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.profiles import Bottleneck, LoadClass
from app.engine.profiling.figures import Figures, link_rates, told_all
from app.engine.profiling.thresholds import Sign, thresholds

ON_CARD: tuple[LoadClass, ...] = ("compute", "memory", "communication")
WAITING: tuple[LoadClass, ...] = ("io", "host")
LINKS = ("nvlink", "infiniband", "pcie")
PIPES = ("tensor_core", "fp32", "fp16")
BESIDE: dict[str, tuple[str, ...]] = {
    "compute": ("gpu", "vram_bandwidth", "memory_controller_busy", "cpu_system"),
    "memory": ("gpu", "tensor_core"),
    "communication": ("gpu", "communication.share"),
    "io": ("gpu", "disk", "cpu_iowait", "cpu_system"),
    "host": ("gpu", "cpu_system", "cpu_utilisation", "cpu_iowait"),
}


class Finding(Struct, frozen=True):
    """The class of a run, its scores (0..1, only what was measured) and what holds it back."""

    load: LoadClass
    scores: dict[str, float]
    bottleneck: Bottleneck


def judge_class(figures: Figures) -> Finding:
    """Return the class and the bottleneck that the figures bear out."""
    numbers = figures.numbers
    scores = class_scores(numbers)
    load, why = _decide(scores, numbers)
    reason, evidence = _reason(load, why, scores, figures), _evidence(load, scores, figures)
    plain = reason.code == f"profiling.why.{load}"  # says no more than the class: the figures go first
    if why == "inference":  # both scores come from names that do not tell the one from the other
        scores = {name: score for name, score in scores.items() if name not in ("compute", "memory")}
    return Finding(load, scores, Bottleneck(load, (*evidence, reason) if plain else (reason, *evidence), _state(load, scores, figures)))


def _state(load: LoadClass, scores: Mapping[str, float], figures: Figures) -> Literal["measured", "estimated", ""]:
    """Return whether the class rests on an estimate: on what stands in for a counter, on an estimated axis, or on quiet links alone."""
    if load == "unknown":
        return ""
    for name in leaders(scores) if load == "balanced" else [load]:
        best = max(_signs(name, figures.numbers), key=lambda one: one.at(figures.numbers[one.figure]), default=None)
        axis = figures.axes.get(best.figure) if best is not None else None
        guessed = name == "compute" and is_estimated(figures.numbers)
        if guessed or best is None or best.instead or (axis is not None and axis.state == "estimated"):
            return "estimated"
    return "measured"


def class_scores(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return the score of each class of which a sign was measured."""
    limits = thresholds()
    gpu = numbers.get("gpu")
    fed = 1.0 if gpu is None else limits.feeding.at(gpu)
    waits = 1.0 if gpu is None else limits.starving.at(1 - gpu)
    found: dict[str, float] = {}
    for load in (*ON_CARD, *WAITING):
        if chosen := _signs(load, numbers):
            weight = fed if load in ON_CARD else waits
            found[load] = max(one.at(numbers[one.figure]) * (1.0 if one.time else weight) for one in chosen)
    if is_estimated(numbers):
        found["compute"] = max(found.get("compute", 0.0), limits.estimate.score * fed)
    return found


def is_estimated(numbers: Mapping[str, float]) -> bool:
    """Tell whether the card's own work may be counted as computing although not every pipe has a counter.

    The card is busy nearly all the time and what else could keep it busy was seen to be quiet: every link that was measured carries
    little, and a link between cards or nodes was measured (PCIe is that link where there is no fabric; one card alone has none). A
    counter that shows a busy pipe or VRAM leaves nothing to guess.
    """
    limits = thresholds()
    if numbers.get("gpu", 0.0) < limits.estimate.gpu or "kernels.compute" in numbers or all(name in numbers for name in PIPES):
        return False
    signs = (*_signs("compute", numbers), *(one for one in _signs("memory", numbers) if not one.instead))
    if any(one.at(numbers[one.figure]) >= limits.verdict.clear for one in signs):
        return False  # a pipe or the VRAM was seen at work: no need to guess
    seen = [name for name in LINKS if name in numbers or f"rate.{name}" in numbers]
    talking = {"nvlink", "infiniband"} | ({"pcie"} if "none.nvlink" in numbers else set())
    return (bool(talking & set(seen)) or numbers.get("run.gpus") == 1) and all(_is_quiet(name, numbers) for name in seen)


def _is_quiet(link: str, numbers: Mapping[str, float]) -> bool:
    """Tell whether a link carries clearly less than it could; by its rate alone where the peak is unknown."""
    limits = thresholds()
    if link in numbers:
        sign = next(one for one in limits.sign if one.figure == link)
        return sign.at(numbers[link]) < limits.verdict.clear
    return numbers[f"rate.{link}"] < limits.quiet[link]


def _decide(scores: Mapping[str, float], numbers: Mapping[str, float]) -> tuple[LoadClass, str]:
    """Return the class, and for an unknown one why it is: idle, waits, untimed, alone, inference, kernels, unloaded or too_little."""
    limits = thresholds()
    gpu = numbers.get("gpu")
    if gpu is None and not any(scores.get(load) for load in ON_CARD):
        return "unknown", "too_little"  # a host at its limit says nothing of cards that were not seen
    if gpu is not None and gpu < limits.busy.idle_gpu and "kernels.compute" not in numbers:
        return "unknown", "idle"
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < limits.verdict.clear:
        waits = gpu is not None and limits.starving.at(1 - gpu) >= 1
        measured = "compute" in scores and "memory" in scores
        if waits or not measured or gpu is None:
            return "unknown", "waits" if waits else "too_little"
        return "unknown", "kernels" if "kernels.compute" in numbers else "unloaded"
    if gpu is None and all(one.instead for one in _signs(ranked[0][0], numbers)):
        return "unknown", "untimed"
    (load, first), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
    if load in ("memory", "communication") and "compute" not in scores and first < limits.verdict.alone:
        return "unknown", "alone"
    if load == "compute" and _may_be_weights(numbers):
        return "unknown", "inference"
    return ("balanced" if first - second < limits.verdict.margin else load), ""  # type: ignore[return-value]


def _may_be_weights(numbers: Mapping[str, float]) -> bool:
    """Tell whether matrix kernels, known by their names only, may be reading weights rather than computing: small batches of inference."""
    by_name_only = "kernels.compute" in numbers and "kernels.judged" not in numbers and not any(name in numbers for name in PIPES)
    return by_name_only and ("kernels.serving" in numbers or numbers.get("run.inference", 0.0) > 0)


def leaders(scores: Mapping[str, float]) -> list[str]:
    """Return the classes that share the lead, the highest first."""
    ranked = sorted(scores, key=lambda load: -scores[load])
    return [load for load in ranked if scores[ranked[0]] - scores[load] < thresholds().verdict.margin]


def _reason(load: LoadClass, why: str, scores: Mapping[str, float], figures: Figures) -> Message:
    """Return the sentence that says how the class follows."""
    numbers = figures.numbers
    gpu = numbers.get("gpu")
    if load == "unknown":
        seen = [message(f"profiling.axis.{name}") for name, axis in figures.axes.items() if axis.value is not None]
        return message(f"profiling.why.{why}", seen=seen or [message("profiling.nothing")], gpu=gpu, idle=None if gpu is None else 1 - gpu)
    if load == "balanced":
        return message("profiling.why.balanced", classes=[message(f"profiling.class.{one}") for one in leaders(scores)])
    if load == "compute" and is_estimated(numbers):
        links = [message(f"profiling.axis.{name}") for name in LINKS if name in numbers or f"rate.{name}" in numbers]
        unseen = [message(f"profiling.axis.{name}") for name in (*PIPES, "vram_bandwidth") if name not in numbers]
        return message("profiling.why.compute_estimated", gpu=gpu, links=links or [message("profiling.one_card")], unseen=unseen)
    if load == "host":
        kind = _host_kind(numbers)
        return message(f"profiling.why.host_{kind}", gpu=gpu, idle=None if gpu is None else 1 - gpu, share=numbers.get(kind))
    return message(f"profiling.why.{load}", gpu=gpu, idle=None if gpu is None else 1 - gpu)


def _host_kind(numbers: Mapping[str, float]) -> str:
    """Return the strongest sign of the host: cpu_system, cpu_utilisation, host_gaps or idle; the first where they are equal."""
    return max(_signs("host", numbers), key=lambda one: one.at(numbers[one.figure])).figure


def _signs(load: str, numbers: Mapping[str, float]) -> list[Sign]:
    """Return the signs of a class that were measured; those that stand in for others only where there is none of these."""
    signs = [one for one in thresholds().sign if one.load == load and one.figure in numbers]
    return [one for one in signs if not one.instead] or signs


def _evidence(load: LoadClass, scores: Mapping[str, float], figures: Figures) -> tuple[Message, ...]:
    """Return the figures behind the class, and the links as rates: what they carried, no more."""
    chosen: Sequence[str] = leaders(scores) if load == "balanced" else [load] if load != "unknown" else []
    names = [one.figure for name in chosen for one in _signs(name, figures.numbers) if one.at(figures.numbers[one.figure]) > 0]
    if load == "host" and (said := _host_kind(figures.numbers)) in ("host_gaps", "idle"):
        names.remove(said)  # the sentence before has just told it
    beside = [figure for name in chosen for figure in BESIDE[name]] or [*PIPES, "vram_bandwidth", "gpu", "cpu_system", "cpu_iowait"]
    return (*told_all([*names, *beside], figures), *link_rates(figures.numbers, figures.axes))

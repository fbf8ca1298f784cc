"""How much a run depends on each resource (资源依赖程度): what a platform must not be short of, and what need not be paid for."""

from collections.abc import Mapping

from app.engine.messages import Message, message
from app.engine.model.profiles import Dependence
from app.engine.profiling.figures import Figures, told_all
from app.engine.profiling.thresholds import DependenceRule, thresholds
from app.engine.profiling.verdict import PIPES

EVIDENCE: dict[str, tuple[str, ...]] = {
    "score.compute": ("tensor_core", "fp32", "fp16", "fp64", "kernels.compute", "gpu"),
    "score.memory": ("vram_bandwidth", "memory_controller_busy", "kernels.memory"),
    "score.host": ("gpu", "cpu_system", "cpu_utilisation", "host_gaps", "idle"),
    "score.io": ("cpu_iowait", "gpu"),
}
LINK_OF = {"card_links": ("nvlink", "pcie"), "node_links": ("infiniband",), "storage": ("disk",)}


def dependences(figures: Figures, scores: dict[str, float]) -> tuple[Dependence, ...]:
    """Return one dependence per resource; unknown where no figure of it was measured."""
    known = figures.with_numbers({f"score.{name}": value for name, value in scores.items()})
    return tuple(_dependence(rule, known) for rule in thresholds().dependence)


def _dependence(rule: DependenceRule, figures: Figures) -> Dependence:
    known = {
        name: sum(figures.numbers[name] >= limit for limit in limits) for name, limits in rule.figures.items() if name in figures.numbers
    }
    grades = [grade for name, grade in known.items() if not _is_open(name, grade, figures.numbers)]
    quiet, told = _unpeaked(rule.resource, figures)
    level = ("low", "medium", "high")[max(grades)] if grades else "low" if quiet else "unknown"
    names = [detail for name in rule.figures for detail in EVIDENCE.get(name, (name,))]
    resource = message(f"profiling.resource.{rule.resource}")
    said = message(f"profiling.dependence.{rule.resource}" if level == "high" else f"profiling.dependence.{level}", resource=resource)
    evidence = () if level == "unknown" else told_all(names, figures)
    return Dependence(rule.resource, level, (said, *evidence, *told))


def _is_open(name: str, grade: int, numbers: Mapping[str, float]) -> bool:
    """Tell whether a low score says nothing: one idle pipe does not mean that the others, which have no counter, are idle too."""
    return name == "score.compute" and not grade and "kernels.compute" not in numbers and not all(pipe in numbers for pipe in PIPES)


def _unpeaked(resource: str, figures: Figures) -> tuple[bool, tuple[Message, ...]]:
    """Return whether the rates of unknown peak are too small to matter, and what they are."""
    names = [name for name in LINK_OF.get(resource, ()) if f"rate.{name}" in figures.numbers]
    quiet = bool(names) and all(figures.numbers[f"rate.{name}"] < thresholds().quiet[name] for name in names)
    said = [message("profiling.evidence.rate", axis=message(f"profiling.axis.{one}"), gbs=figures.numbers[f"rate.{one}"]) for one in names]
    return quiet, tuple(said)

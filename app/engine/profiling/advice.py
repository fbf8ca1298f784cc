"""What to do about a run: the rule table applied to its figures."""

from typing import get_args

from app.engine.messages import Message, Value, message
from app.engine.model.profiles import Advice, LoadClass
from app.engine.profiling.expressions import evaluate
from app.engine.profiling.figures import Figures, told_all
from app.engine.profiling.rules import Rule, advice_rules

ORDER = ("high", "medium", "low")
MISSING = ("gpu", "tensor_core", "vram_bandwidth", "nvlink")


def advise(figures: Figures, load: LoadClass) -> tuple[Advice, ...]:
    """Return what to do, the most urgent and then the most rewarding first; every piece names the figures that call for it."""
    known = figures.with_numbers({f"load.{name}": float(name == load) for name in get_args(LoadClass)})
    found = [_advice(rule, known) for rule in advice_rules().rule if _holds(rule, known)]
    missing = [message(f"profiling.axis.{name}") for name in MISSING if f"missing.{name}" in figures.numbers]
    if missing:
        found.append(Advice("low", message("profiling.advice.measure_more", axes=missing)))
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.severity), -(one.gain[1] if one.gain else 0.0))))


def _holds(rule: Rule, figures: Figures) -> bool:
    return all(evaluate(condition, figures.numbers) for condition in rule.when)


def _advice(rule: Rule, figures: Figures) -> Advice:
    urgent = bool(rule.urgent and evaluate(rule.urgent, figures.numbers))
    said: dict[str, Value] = {name.removesuffix("_name"): _parameter(name, figure, figures) for name, figure in rule.say.items()}
    return Advice(
        "high" if urgent else rule.severity,
        Message.of(f"profiling.advice.{rule.id}", said),
        told_all(rule.evidence, figures),
        _gain(rule, figures),
    )


def _parameter(name: str, figure: str, figures: Figures) -> Value:
    return figures.labels.get(figure, "") if name.endswith("_name") else figures.numbers.get(figure)


def _gain(rule: Rule, figures: Figures) -> tuple[float, float] | None:
    """Return the ends in order and within 0..1, None where a figure of the sums is unknown."""
    if rule.gain is None:
        return None
    least, most = (evaluate(text, figures.numbers) for text in rule.gain)
    if least is None or most is None or most <= 0:
        return None
    low, high = sorted((min(max(least, 0.0), 1.0), min(max(most, 0.0), 1.0)))
    return low, high

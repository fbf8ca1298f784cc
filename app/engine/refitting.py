"""Predictions with what was learned, the user's own runs included where they are asked for, and with the corrected rates behind them.

A refit learns anew from what ships and the own runs together. It is kept under the hash of the own runs and the platforms it was made with,
so that asking again is free; what ships alone is never fitted here, it is read.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

import msgspec

from app.engine.known import catalogue_of, platforms_by_id, shipped_rates, shipped_runs, shipped_software
from app.engine.messages import Message, message
from app.engine.model.corrections import CorrectedRate, Software
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun, RunTable
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.model.projects import Project
from app.engine.model.workloads import Workload
from app.engine.own_runs import beyond, evidence_digest, evidence_of
from app.engine.progress import Progress, no_progress
from app.engine.units import format_significant

if TYPE_CHECKING:
    from app.engine.paraselect.learned import Learned

MOST_KEPT = 2
LEAST_CHANGE = 0.005
MOST_TOLD = 3
SIXTEEN = ("bf16", "fp16")
Ask = Callable[[tuple[MeasuredRun, ...], "Learned | None"], tuple[Prediction, ...]]
"""Predict from these measured runs with what was learned; None = what ships."""


class Refit:
    """What ships and own runs, learned together. Rates and software factors are worked out class by class, when first asked for."""

    def __init__(self, own: Sequence[MeasuredRun], platforms: dict[str, Platform], progress: Progress = no_progress) -> None:
        from app.engine.paraselect.learned import learn, read_widths

        self.own, self.platforms = tuple(own), platforms
        self.runs = (*shipped_runs(), *own)
        progress(0.1, "pipeline.doing.refit")
        self.learned = learn(self.runs, platforms, read_widths())
        progress(0.6, "pipeline.doing.refit")
        self._rates: dict[tuple[str, str], tuple[CorrectedRate, ...]] = {}
        self._software: dict[str, tuple[Software, ...]] = {}

    @cached_property
    def _k(self) -> dict[str, tuple[float, float]]:
        from app.engine.paraselect.learned import class_k

        return class_k(self.runs, self.platforms)

    def rates(self, kind: str, precision: str) -> tuple[CorrectedRate, ...]:
        """Return the corrected rates of one class and precision."""
        from app.engine.paraselect.corrected_rates import corrected_rates

        if (kind, precision) not in self._rates:
            asked = (self.learned, self._k, self.runs, self.platforms)
            self._rates[kind, precision] = corrected_rates(*asked, kinds=(kind,), precisions=(precision,))
        return self._rates[kind, precision]

    def software(self, kind: str) -> tuple[Software, ...]:
        """Return the software factors of one class."""
        from app.engine.paraselect.software import software_of

        if kind not in self._software:
            self._software[kind] = software_of(self.learned, self._k, self.runs, self.platforms, kinds=(kind,))
        return self._software[kind]


class Shipped:
    """What ships, asked for in the same way."""

    @cache  # noqa: B019 - there is one of it
    def rates(self, kind: str, precision: str) -> tuple[CorrectedRate, ...]:
        """Return the corrected rates of one class and precision."""
        return tuple(one for one in shipped_rates() if (one.kind, one.precision) == (kind, precision))

    @cache  # noqa: B019
    def software(self, kind: str) -> tuple[Software, ...]:
        """Return the software factors of one class."""
        return tuple(one for one in shipped_software() if one.kind == kind)


SHIPPED = Shipped()
_KEPT: list[tuple[str, dict[str, Platform], Refit]] = []


def refit(own: Sequence[MeasuredRun], platforms: dict[str, Platform], progress: Progress = no_progress) -> Refit:
    """Return the model learned from what ships and own runs, from memory where the same was asked for before."""
    digest = evidence_digest(own)
    for kept, base, found in list(_KEPT):
        if kept == digest and base is platforms:
            return found
    made = Refit(own, platforms, progress)
    _KEPT.append((digest, platforms, made))
    del _KEPT[:-MOST_KEPT]
    return made


def predict_table(
    table: RunTable | Sequence[MeasuredRun],
    workload: Workload | None = None,
    profile: Profile | None = None,
    own: Sequence[MeasuredRun] = (),
) -> tuple[Prediction, ...]:
    """Predict every row of a table whose speed is blank. own: further measured runs to learn from, beside what ships."""
    from app.engine.paraselect import predict
    from app.engine.paraselect import predict_table as filled
    from app.engine.workload import Limits, modelled_speed

    platforms = platforms_by_id()
    whole = table if isinstance(table, RunTable) else RunTable("", tuple(table))
    limits = Limits(workload, platforms)
    given = {"workload": workload, "profile": profile, "modelled": modelled_speed, "room": limits.room, "ceiling": limits.ceiling}

    def ask(shipped: tuple[MeasuredRun, ...], learned: "Learned | None") -> tuple[Prediction, ...]:
        return predict(whole.runs, platforms, shipped, learned=learned, **given)

    return filled(whole, lambda runs: told_with(ask, runs, platforms, beyond(own, runs)))


def told_with(
    ask: Ask, runs: Sequence[MeasuredRun], platforms: dict[str, Platform], own: Sequence[MeasuredRun], progress: Progress = no_progress
) -> tuple[Prediction, ...]:
    """Return predictions with their corrected rates; where there are own runs, made with these and telling what they changed."""
    plain = ask(shipped_runs(), None)
    if not own:
        return tuple(_with_rates(one, runs, SHIPPED) for one in plain)
    fitted = refit(own, platforms, progress)
    anew = ask(fitted.runs, fitted.learned)
    told = [_with_change(after, before, len(own)) for after, before in zip(anew, plain, strict=True)]
    progress(0.8, "pipeline.doing.refit")
    return tuple(_with_rates(one, runs, fitted) for one in told)


def prepare(project: Project, progress: Progress = no_progress) -> Refit | None:
    """Learn what a project's own runs teach, so that its predictions find it; None where it uses none."""
    own = evidence_of(project)
    return refit(own, catalogue_of(project).by_id, progress) if own else None


def is_prepared(project: Project) -> bool:
    """Tell whether what a project's own runs teach is at hand, so that asking of it takes no time."""
    digest, base = evidence_digest(evidence_of(project)), catalogue_of(project).by_id
    return any(kept == digest and platforms is base for kept, platforms, _ in list(_KEPT))


def changes_said(before: Sequence[Prediction], after: Sequence[Prediction], own: int, name: Callable[[str], str]) -> Message:
    """Return what own runs changed most, in the window's words for platforms."""
    told = {(one.platform, one.gpus): one for one in before}
    moved: list[tuple[float, float, Prediction]] = []
    for one in after:
        old = told.get((one.platform, one.gpus))
        if old is not None and old.value and one.value and not one.out_of_range:
            moved.append((abs(math.log(one.value / old.value)), old.value, one))
    moved = sorted((found for found in moved if found[0] >= LEAST_CHANGE), key=lambda found: -found[0])
    moved = [found for place, found in enumerate(moved) if found[2].platform not in {one.platform for _, _, one in moved[:place]}]
    said = [f"{name(one.platform)} {format_significant(old)} → {format_significant(one.value)}" for _, old, one in moved[:MOST_TOLD]]
    more = [f"+{len(moved) - MOST_TOLD}"] if len(moved) > MOST_TOLD else []
    return message("own_runs.changed" if moved else "own_runs.unchanged", count=own, changes=[*said, *more])


def _with_change(after: Prediction, before: Prediction, own: int) -> Prediction:
    if after.value is None or not before.value or abs(math.log(after.value / before.value)) < LEAST_CHANGE:
        return after
    said = message(
        "own_runs.moved", count=own, before=format_significant(before.value), after=format_significant(after.value), unit=after.unit
    )
    return msgspec.structs.replace(after, notes=(*after.notes, said))


def _with_rates(found: Prediction, runs: Sequence[MeasuredRun], learned: Refit | Shipped) -> Prediction:
    """Return a prediction with the corrected rates of its platform in its class and precision, and its software factor."""
    from app.engine.paraselect.measured_cards import stated_precision
    from app.engine.paraselect.pooled import class_of

    first = next((run for run in runs if run.case == found.case and run.speed is not None), None)
    if found.value is None or found.gpus is None or first is None:
        return found
    kind, precision = class_of(msgspec.structs.replace(first, gpus=found.gpus)), stated_precision(first)
    alike = [precision, *(name for name in SIXTEEN if precision in SIXTEEN and name != precision)]
    rates = (one for name in alike for one in learned.rates(kind, name) if one.platform == found.platform)
    software = _software(found.platform, kind, first.framework, learned.software(kind))
    return msgspec.structs.replace(found, corrected=next(rates, None), software=software)


def _software(platform: str, kind: str, framework: str, software: Sequence[Software]) -> Software | None:
    """Return the factor of the stack that a run uses, else of the one with most cases behind it."""
    own = [one for one in software if (one.platform, one.kind, one.how) == (platform, kind, "stack")]
    word = framework.lower().split()[:1]
    return max(own, key=lambda one: (one.stack.lower().split()[:1] == word, one.cases), default=None)

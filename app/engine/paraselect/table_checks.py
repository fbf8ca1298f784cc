"""What rows of a table say together: one unit per case, duplicates, figures that contradict each other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence

from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.measurements import MeasuredRun, OwnUnit
from app.engine.paraselect.known_runs import known_of, lower_is_better
from app.engine.paraselect.run_units import unit_of

MOST_SPREAD = 2.0
"""Of the speeds of rows that say they are one configuration; beyond it they contradict each other."""
LOAD = ("quantity", "engine", "mode", "input_len", "output_len", "concurrency", "tensor_parallel", "pipeline_parallel", "expert_parallel")
Tell = Callable[[MeasuredRun, str, Message, bool], None]
"""Takes a row, the column at fault, what is wrong, whether the row is used all the same."""


def in_one_unit(runs: Sequence[MeasuredRun], tell: Tell) -> tuple[list[MeasuredRun], dict[int, OwnUnit]]:
    """Return the rows, those of a case in one unit, and which unit wanted rows asked for; what does not convert is told and left out."""
    cases: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        cases[run.case].append(run)
    own: dict[int, OwnUnit] = {}
    kept: list[MeasuredRun] = []
    for of_case in cases.values():
        if len({(run.unit, run.better) for run in of_case}) == 1:
            kept += of_case
        else:
            kept += _converted(of_case, own, tell)
    return sorted(kept, key=lambda run: run.row), own


def _converted(of_case: list[MeasuredRun], own: dict[int, OwnUnit], tell: Tell) -> list[MeasuredRun]:
    base = _base(of_case)
    if base is None:
        for run in of_case:
            tell(run, "better", message("run_table.better_both", case=run.case, unit=run.unit), False)
        return []
    kept = []
    for run in of_case:
        factor = 1.0 if not run.unit else _factor_between(run, base)
        if factor is None:
            tell(run, "unit", _unfit(run, base), False)
        elif run.speed is not None:
            kept.append(run if factor == 1 and run.unit == base.unit else replace(run, speed=run.speed * factor, unit=base.unit))
        else:
            if run.unit and run.unit != base.unit:
                own[run.row] = OwnUnit(run.unit, "lower" if lower_is_better(run) else "higher", 1 / factor, base.unit)
            kept.append(replace(run, unit=base.unit, better=run.better or base.better))
    return kept


def _base(of_case: list[MeasuredRun]) -> MeasuredRun | None:
    """Return the row whose unit most known rows of the case have or convert to; None where one unit is called both higher and lower.

    A case without known rows goes by its first row.
    """
    known = [run for run in of_case if run.speed is not None] or of_case[:1]
    units = Counter((lower_is_better(run), run.unit) for run in known)
    firsts = {key: next(run for run in known if (lower_is_better(run), run.unit) == key) for key in units}
    reach = {key: sum(_factor_between(run, first) is not None for run in known) for key, first in firsts.items()}
    best = max(units, key=lambda key: (reach[key], units[key]))
    opposite = units.get((not best[0], best[1]), 0)
    return None if opposite and opposite == units[best] else firsts[best]


def _factor_between(run: MeasuredRun, base: MeasuredRun) -> float | None:
    """Return what turns a row's figure into the unit of another row of its case; None where nothing does, or a length is not told."""
    if lower_is_better(run) != lower_is_better(base):
        return None
    if run.unit == base.unit:
        return 1.0
    own, other = unit_of(run.unit), unit_of(base.unit)
    factor = own.factor / other.factor
    if own.per_card != other.per_card:
        if run.gpus is None or own.kind == "time":
            return None
        factor *= run.gpus if own.per_card else 1 / run.gpus
    if own.what == other.what and own.kind == other.kind:
        return factor
    if own.kind == other.kind == "rate" and _by_length(own.what, other.what) and run.seq_len:
        return factor / run.seq_len if own.what == "tokens" else factor * run.seq_len
    return None


def _by_length(one: str, other: str) -> bool:
    return {one, other} in ({"tokens", "samples"}, {"tokens", "sequences"})


def _unfit(run: MeasuredRun, base: MeasuredRun) -> Message:
    if lower_is_better(run) != lower_is_better(base):
        return message("run_table.unit_direction", case=run.case, unit=run.unit, base=base.unit)
    code = "unit_length" if _by_length(unit_of(run.unit).what, unit_of(base.unit).what) else "unit_other"
    return message(f"run_table.{code}", case=run.case, unit=run.unit, base=base.unit)


def without_copies(
    runs: Sequence[MeasuredRun], written: Mapping[int, Hashable], place: Callable[[int], str], tell: Tell
) -> list[MeasuredRun]:
    """Return the rows without measured ones that repeat another. written: row -> all its cells."""
    first: dict[Hashable, int] = {}
    kept = []
    for run in runs:
        earlier = first.setdefault(written[run.row], run.row) if run.speed is not None else run.row
        if earlier == run.row:
            kept.append(run)
        else:
            tell(run, "", message("run_table.copy", where=place(earlier)), False)
    return kept


def tell_contradictions(runs: Sequence[MeasuredRun], place: Callable[[int], str], tell: Tell) -> None:
    """Tell measured rows of one configuration whose speeds lie further apart than runs of one configuration do; both stay."""
    first: dict[Hashable, MeasuredRun] = {}
    for run in runs:
        if run.speed is None or run.gpus is None:
            continue
        earlier = first.setdefault(_configuration(run), run)
        one, other = known_of(earlier).throughput, known_of(run).throughput
        if max(one, other) > MOST_SPREAD * min(one, other):
            tell(run, "speed", message("run_table.contradicts", where=place(earlier.row), one=earlier.speed, other=run.speed), True)


def _configuration(run: MeasuredRun) -> Hashable:
    same = (run.case, run.platform, run.gpus, run.nodes, run.seq_len, run.micro_batch, run.global_batch)
    return (*same, run.precision_text, run.framework, run.parallelism, run.phase, *(run.extra.get(key, "") for key in LOAD))

"""How long a project takes: delivery, porting, verification, the run, an allowance for failures."""

from collections.abc import Sequence

from app.engine.messages import message
from app.engine.model.assessments import Days
from app.engine.model.costs import CostTerms
from app.engine.model.options import Phase
from app.engine.selecting.cost_lines import assumed


def phases_of(
    delivery_days: float | None, porting: Days | None, run_days: tuple[float, float, float] | None, terms: CostTerms
) -> tuple[Phase, ...]:
    """Return the parts in order, one after the other; () without an amount of work.

    porting   person-days low, likely, high, taken as days of one engineer
    run_days  likely, low, high
    """
    if run_days is None or not terms.assumptions:
        return ()
    checked, failing = terms.assumptions["verification_days"], terms.assumptions["failure_share"]
    days, low, high = run_days
    found = [Phase("delivery", delivery_days, message("selecting.phase.from_sheet"), delivery_days, delivery_days)]
    ends = (None, None, None) if porting is None else porting
    found.append(Phase("porting", ends[1], message("selecting.phase.from_assessment"), ends[0], ends[2]))
    found.append(Phase("verification", checked.value, assumed(checked), checked.low, checked.high))
    found.append(Phase("run", days, message("selecting.phase.from_speed"), low, high))
    found.append(Phase("failures", days * failing.value, assumed(failing), low * failing.low, high * failing.high))
    return tuple(found)


def project_days(phases: Sequence[Phase]) -> float | None:
    """Return all known parts together, None where there are none."""
    return sum(phase.days for phase in phases if phase.days is not None) if phases else None

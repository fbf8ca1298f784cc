"""What a plan pays once for porting: the cost of the assessment, where it is in the currency of the price."""

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.assessments import Assessment, Days
from app.engine.model.plans import Price


class Porting(Struct, frozen=True):
    """Person-days (None = not assessed) and cost: low, likely, high; zeros where it is not counted, with the reason in notes."""

    days: float | None = None
    cost: Days = (0.0, 0.0, 0.0)
    is_counted: bool = False
    notes: tuple[Message, ...] = ()


def porting_of(price: Price, assessment: Assessment | None) -> Porting:
    """Return what the total of a plan holds for porting."""
    effort = assessment.effort if assessment is not None else None
    if effort is None:
        return Porting()
    days = effort.person_days[1]
    if effort.currency != price.currency:
        return Porting(days, notes=(message("selecting.porting_currency", currency=effort.currency, wanted=price.currency),))
    return Porting(days, effort.cost, is_counted=True)

"""What the last export said of each plan, and what has changed since."""

import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from app.engine.model.plans import Plan
from app.engine.model.projects import Project, changed


class Change(Struct, frozen=True):
    """One figure of one plan; before None: the plan is new, after None: it is gone."""

    platform: str
    gpus: int
    what: Literal["price", "speed"]
    before: float | None
    after: float | None


def with_export(project: Project, today: datetime.date) -> Project:
    """Return the project that remembers what was exported."""
    settings = msgspec.structs.replace(project.settings, exported=_figures(project), exported_on=today)
    return changed(project, settings=settings)


def changes_since_export(project: Project) -> tuple[Change, ...]:
    """Return the figures that have changed since; () before the first export."""
    before, now = project.settings.exported, _figures(project)
    if project.settings.exported_on is None:
        return ()
    found = []
    for key in dict.fromkeys((*now, *before)):
        platform, _, gpus = key.rpartition(" × ")
        old, new = before.get(key, (None, None)), now.get(key, (None, None))
        for what, one, other in (("price", old[0], new[0]), ("speed", old[1], new[1])):
            if one != other:
                found.append(Change(platform, int(gpus), what, one, other))  # type: ignore[arg-type]
    return tuple(found)


def next_number(present: str, today: datetime.date) -> str:
    """Return a quotation number of today, one higher where the present one is of today already."""
    head = f"SX-{today:%Y-%m%d}-"
    last = present.removeprefix(head)
    return f"{head}{int(last) + 1 if present.startswith(head) and last.isdecimal() else 1:02d}"


def _figures(project: Project) -> dict[str, tuple[float | None, float]]:
    plans: tuple[Plan, ...] = project.selection.plans if project.selection else ()
    found: dict[str, tuple[float | None, float]] = {}
    for plan in plans:  # ordered by value: the first of several price rows of one platform is the one that is shown first
        money = plan.total_price if plan.total_price is not None else plan.price_per_month
        found.setdefault(f"{plan.platform} × {plan.gpus}", (money, plan.speed))
    return found

"""Large or small VRAM: what a card of the run needs against what the cards of the base have."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.estimates import Remedy
from app.engine.model.kinds import Recommendation
from app.engine.model.platforms import Platform
from app.engine.model.quantities import Kind
from app.engine.recommending._base import Context, middle, missing_of


class Need(Struct, frozen=True):
    """GiB of a card; the interval is None where it was measured."""

    gib: float
    low: float | None
    high: float | None
    kind: Kind


def vram(context: Context) -> Recommendation:
    """Return large where less than half of the base's platforms hold the run."""
    sizes = [size for one in context.platforms if (size := one.number("free_gib")) is not None]
    half, need = middle(sizes), needed(context)
    if need is None or half is None:
        why = context.memory.unknown or message("kinds.vram.nothing")
        return Recommendation("vram", reasons=(message("kinds.vram.unknown", why=why),), supply=half, unit="GiB", missing=missing_of(why))
    holds = holder(context)
    holding = sum(holds(one) is True for one in context.platforms)
    told = [message(f"kinds.vram.need_{need.kind}", need=need.gib, low=need.low, high=need.high)]
    told.append(message("kinds.vram.held", holding=holding, all=len(sizes), half=half, most=max(sizes)))
    found = Recommendation("vram", "small", "any", (), need.gib, half, "GiB", need.low, need.high, kind=need.kind)
    if 2 * holding < len(sizes):
        remedy = cheapest(context, half)
        found = replace(found, verdict="large", strength="must" if remedy is None else "prefer")
        told += [_told(remedy)] if remedy else [message("kinds.vram.no_remedy", half=half)] if need.kind == "modelled" else []
    elif need.high is not None and need.high > half:
        told.append(message("kinds.vram.close", high=need.high, half=half))
    if not holding:
        told.append(message("kinds.vram.none_holds", most=max(sizes)))
    return replace(found, reasons=tuple(told))


def needed(context: Context) -> Need | None:
    """Return the estimate; without one what the profile saw in use."""
    memory, profile = context.memory, context.profile
    if memory.total_gib is not None:
        return Need(memory.total_gib, memory.low, memory.high, "modelled")
    seen = [one.max for one in profile.statistics if one.metric == "vram_used_gib" and one.max is not None] if profile else []
    return Need(max(seen), None, None, "measured") if seen else None


def holder(context: Context) -> Callable[[Platform], bool | None]:
    """Return what tells whether a platform holds the run as it is described; None where either side is not known."""
    fits, need = {one.platform: one.fits for one in context.fits}, needed(context)

    def holds(platform: Platform) -> bool | None:
        size = platform.number("free_gib")
        known = fits.get(platform.id)
        return known if known is not None else None if size is None or need is None else size >= need.gib

    return holds


def cheapest(context: Context, half: float) -> Remedy | None:
    """Return the change that costs the least time of those after which a middling card holds the run."""
    found = [one for fit in context.fits for one in fit.remedies if one.total_gib <= half]
    return min(found, key=lambda one: (one.speed_cost is None, one.speed_cost or 0.0), default=None)


def _told(remedy: Remedy) -> Message:
    code = "kinds.vram.remedy" if remedy.speed_cost is not None else "kinds.vram.remedy_untimed"
    return message(code, change=remedy.change, total=remedy.total_gib, cost=remedy.speed_cost)

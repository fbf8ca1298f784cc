"""The three layers of the platform base: what ships, what a site says, what a project says. A higher layer covers a lower one.

Nothing is lost where one covers another: the covering fact keeps what it replaced, so that its history can be shown, and taking the
change away brings the old fact back.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.model.layers import FactChange, OwnPlatform, SiteData
from app.engine.model.platforms import Fact, Link, Platform
from app.engine.platform_store.catalogue import Catalogue, assembled, names_of
from app.engine.platform_store.keys import KEYS, unit_of
from app.engine.platform_store.measured_rates import ACHIEVED, STANDS_FOR_IT

SITE, PROJECT = "site", "project"


def effective(shipped: Catalogue, site: SiteData | None = None, changes: Sequence[FactChange] = ()) -> Catalogue:
    """Return the catalogue with the site's data and a project's changes over it. Raises EngineError where platforms base on each other."""
    if (site is None or site == SiteData()) and not changes:
        return shipped
    site = site or SiteData()
    by_id = dict(shipped.by_id)
    for own in in_order_of_base(site.platforms):
        if own.id not in by_id:
            by_id[own.id] = _own_platform(own, by_id.get(own.based_on))
    _cover(by_id, site.changes, SITE)
    _cover(by_id, changes, PROJECT)
    platforms = tuple(by_id.values())
    added = [one for one in platforms if one.id not in shipped.by_id]
    names = {**names_of(added), **shipped.names} if added else shipped.names
    servers = _joined(shipped.servers, (replace(one, layer=SITE) for one in site.servers))
    clusters = _joined(shipped.clusters, (replace(one, layer=SITE) for one in site.clusters))
    return Catalogue(platforms, by_id, names, servers, clusters)


def in_order_of_base(owned: Sequence[OwnPlatform]) -> list[OwnPlatform]:
    """Return platforms so that each comes after the one it is based on. Raises EngineError naming the circle where there is one."""
    waiting = {one.id: one for one in owned}
    done: list[OwnPlatform] = []
    for start in owned:
        trail: list[str] = []
        at: OwnPlatform | None = waiting.get(start.id)
        while at is not None:
            if at.id in trail:
                circle = [*trail[trail.index(at.id) :], at.id]
                raise EngineError("platforms.cyclic", place=f"{at.id}:based_on", circle=" → ".join(circle))
            trail.append(at.id)
            at = waiting.get(at.based_on)
        done += [waiting.pop(name) for name in reversed(trail)]
    return done


def covered(fact: Fact, change: FactChange, layer: str) -> Fact:
    """Return the fact that a change makes, with what it replaced."""
    below = replace(fact, replaced=())
    return Fact(
        value=change.value,
        unit=fact.unit,
        source=change.source,
        as_of=change.as_of,
        confidence=change.confidence,
        definition=fact.definition,
        note=change.note,
        layer=layer,
        who=change.who,
        replaced=(below, *fact.replaced),
    )


def history(platform: Platform, key: str) -> tuple[Fact, ...]:
    """Return what was said of a fact, the newest first and what ships last."""
    fact = platform.facts[key]
    return (replace(fact, replaced=()), *fact.replaced)


def without_last(changes: Sequence[FactChange], platform: str, key: str) -> tuple[FactChange, ...]:
    """Return the changes without the last one of a fact: what undo leaves."""
    last = max((at for at, one in enumerate(changes) if (one.platform, one.key) == (platform, key)), default=None)
    return tuple(one for at, one in enumerate(changes) if at != last)


def _own_platform(own: OwnPlatform, base: Platform | None) -> Platform:
    if own.based_on and base is None:
        raise EngineError("platforms.no_such_base", place=f"{own.id}:based_on", base=own.based_on)
    facts = dict(base.facts) if base else {key: Fact("unknown" if key == "supply" else None, unit_of(key)) for key in KEYS}
    return assembled(
        Platform(
            id=own.id,
            vendor_en=own.vendor_en or (base.vendor_en if base else ""),
            vendor_zh=own.vendor_zh or (base.vendor_zh if base else ""),
            product_en=own.product_en,
            product_zh=own.product_zh,
            family=own.family or (base.family if base else ""),
            domestic=own.domestic if own.domestic is not None else bool(base and base.domestic),
            host=Link("", None),
            fabric=Link("", None, pairs_only=bool(base and base.fabric.pairs_only)),
            facts=facts,
            confidence="",
            note=own.note,
            reported=dict(base.reported) if base else {},
            based_on=own.based_on,
        ),
        facts,
    )


def _cover(by_id: dict[str, Platform], changes: Iterable[FactChange], layer: str) -> None:
    touched: dict[str, dict[str, Fact]] = {}
    for change in changes:
        platform = by_id.get(change.platform)
        if platform is None or change.key not in platform.facts:
            continue  # what the check tells of; a project may come from a machine with other platforms
        facts = touched.setdefault(change.platform, dict(platform.facts))
        facts[change.key] = covered(facts[change.key], change, layer)
        if change.key == STANDS_FOR_IT[0]:
            facts[ACHIEVED] = covered(facts[ACHIEVED], change, layer)
    for name, facts in touched.items():
        made = assembled(by_id[name], facts)
        same_memory = made.number("memory_gb") == by_id[name].number("memory_gb")
        by_id[name] = made if same_memory else replace(made, reported={})  # what a tool reports of it is that of another size


def _joined(shipped: tuple, added: Iterable) -> tuple:  # type: ignore[type-arg]
    found = {one.id: one for one in shipped}
    found.update({one.id: one for one in added})
    return tuple(found.values())

"""Which tool kit, driver, framework and Python go together on the customer's machine: the nearest combination, and what must change for it.

Every row of the vendor is weighed. CPU and operating system are kept where any row allows it, then the fewest components change; among
equals a change of the framework is preferred to one of the tool kit, that to one of the driver. Where a row is silent nothing is fine.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from app.engine.assessing._hosts import LISTED, graded, names_of
from app.engine.assessing._needs import Need, vendor_of
from app.engine.assessing._offers import PYTORCH_OF, UPSTREAM, Offer, Row, book_of, card_kind, hosts_for, is_of_kind
from app.engine.assessing._versions import Version, is_before, minor_distance, same_minor, version_text
from app.engine.model.platforms import Platform, SoftwareStack

WEIGHTS = {"driver": 5, "toolkit": 4, "framework": 3, "engine": 2, "python": 1}


class Change(NamedTuple):
    """One component that must change, from what to what."""

    what: str
    have: str
    want: str


class Path(NamedTuple):
    """A combination, what must change for it and on which components its row is silent."""

    row: Row
    offer: Offer | None
    changes: tuple[Change, ...]
    silent: tuple[str, ...]

    def changed(self, what: str) -> Change | None:
        """Return the change of a component."""
        return next((one for one in self.changes if one.what == what), None)


class Market(NamedTuple):
    """What is known beside a row: the kind of card, lists of hosts, upstream wheels, and the lowest driver of each CUDA major."""

    kind: str
    hosts: list[Row]
    upstream: tuple[Row, ...]
    floors: dict[int, Version]


class Solution(NamedTuple):
    """The nearest combination, and the nearest one that keeps the framework's version (None where there is none)."""

    best: Path | None
    keeping: Path | None
    rows: tuple[Row, ...]


def solve(stacks: tuple[SoftwareStack, ...], platform: Platform, need: Need) -> Solution:
    """Return the nearest combination on a platform; computed once for all cards of a kind."""
    return _solved(stacks, vendor_of(platform), card_kind(platform), need)


@lru_cache(maxsize=1024)
def _solved(stacks: tuple[SoftwareStack, ...], vendor: str, kind: str, need: Need) -> Solution:
    book = book_of(stacks)
    rows = tuple(row for row in book.get(vendor, ()) if is_of_kind(row, kind))
    ordered = _in_order([row for row in rows if not row.is_hosts], need)
    market = Market(kind, [row for row in rows if row.is_hosts], book.get(UPSTREAM, ()) if vendor in PYTORCH_OF else (), _floors(ordered))
    paths = [_judged(row, offer, need, market) for row in ordered for offer in _choices(row, need, ordered)]
    kept = [path for path in paths if path.changed("framework") is None and path.changed("engine") is None]
    return Solution(_cheapest(paths, need), _cheapest(kept, need), rows)


def _floors(rows: list[Row]) -> dict[int, Version]:
    """Return the lowest driver of each major release of CUDA; from there on a driver runs its minor releases (CUDA Compatibility guide)."""
    found: dict[int, Version] = {}
    for row in rows:
        least, _ = row.driver(windows=False)
        if row.stack.toolkit == "CUDA" and row.version and least:
            found[row.version[0]] = min(found.get(row.version[0], least), least)
    return found


def _in_order(rows: list[Row], need: Need) -> list[Row]:
    """Return the rows, those first that are preferred among equals: the smallest upgrade of what is installed, else the newest."""
    padded = {id(row): (*(row.version or (0,)), *(0,) * 6)[:6] for row in rows}
    newest = sorted(rows, key=lambda row: padded[id(row)], reverse=True)
    if need.toolkit_version is None:
        return newest
    later = [row for row in newest if row.version and not is_before(row.version, need.toolkit_version)]
    return [*reversed(later), *(row for row in newest if row not in later)]


def _choices(row: Row, need: Need, rows: list[Row]) -> Iterator[Offer | None]:
    """Yield what a row offers of what is needed: the engine where the vendor's rows tell its versions, else the framework."""
    if need.engine and any(offer.kind == "engine" and offer.name == need.engine for one in rows for offer in one.offers):
        yield from (offer for offer in row.offers if offer.kind == "engine" and offer.name == need.engine)
    elif need.framework:
        yield from (offer for offer in row.offers if offer.kind == "framework" and offer.name == need.framework)
    else:
        yield None


def _judged(row: Row, offer: Offer | None, need: Need, market: Market) -> Path:
    changes: list[Change] = []
    silent: list[str] = []
    for what, found in (
        ("cpu_arch", _arch(row, need)),
        ("os", _system(row, need, market)),
        ("driver", _driver(row, need, market)),
        ("toolkit", _toolkit(row, need)),
        ("framework", _framework(row, offer, need)),
        ("engine", _engine(offer, need)),
        ("python", _python(row, offer, need, market.upstream)),
    ):
        if isinstance(found, Change):
            changes.append(found)
        elif found:
            silent.append(what)
    return Path(row, offer, tuple(changes), tuple(silent))


def _arch(row: Row, need: Need) -> Change | bool:
    if not need.arch or need.arch in row.archs:
        return False
    return Change("cpu_arch", need.arch, " / ".join(row.archs)) if row.archs and row.stack.confidence == "high" else True


def _system(row: Row, need: Need, market: Market) -> Change | bool:
    if need.system is None:
        return False
    rows = [row] if row.known_hosts else [row, *market.hosts]
    arch = need.arch if need.arch in row.archs else ""
    hosts = [host for one in rows for host in hosts_for(one, market.kind, arch)]
    grade, host = graded(need.system, hosts)
    if grade in LISTED:
        return False
    if not hosts or grade == "vague" or not any(one.known_hosts for one in rows):
        return True
    return Change("os", need.system.text, host.system.text if host else " / ".join(names_of(hosts, need.system.name)[:3]))


def _driver(row: Row, need: Need, market: Market) -> Change | bool:
    if need.driver is None:
        return False
    windows = need.system is not None and need.system.is_windows
    least, text = row.driver(windows=windows)
    if least is None:
        return True
    floor = market.floors.get(row.version[0]) if row.stack.toolkit == "CUDA" and row.version and not windows else None
    if floor is not None and not is_before(need.driver, floor):
        return False
    return Change("driver", need.texts.driver, text) if is_before(need.driver, least) else False


def _toolkit(row: Row, need: Need) -> Change | bool:
    if need.toolkit_version is None or row.version is None:
        return need.toolkit_version is not None
    shared = min(len(row.version), len(need.toolkit_version))
    same = row.version[:shared] == need.toolkit_version[:shared]
    same = same or (row.stack.toolkit == "CUDA" and need.framework == "pytorch")  # a wheel brings its own CUDA
    return False if same else Change("toolkit", need.texts.toolkit, row.label)


def wanted_of(offer: Offer | None) -> Version | None:
    """Return the framework version that an offer comes with."""
    return None if offer is None else offer.torch if offer.kind == "engine" else offer.version


def _framework(row: Row, offer: Offer | None, need: Need) -> Change | bool:
    if not need.framework or offer is None:
        return False
    wanted = wanted_of(offer)
    beside = [one for one in row.offers if one.name == need.framework]
    if offer.kind == "framework":
        fits = offer.takes(need.framework_version)
    elif offer.torch is not None and need.framework == "pytorch":
        fits = need.framework_version is None or same_minor(offer.torch, need.framework_version)
    elif beside:
        fits, wanted = any(one.takes(need.framework_version) for one in beside), beside[0].version
    else:
        return True
    return False if fits else Change("framework", need.texts.framework, f"{need.framework} {version_text(wanted or ())}".strip())


def _engine(offer: Offer | None, need: Need) -> Change | bool:
    if offer is None or offer.kind != "engine" or offer.takes(need.engine_version):
        return False
    return Change("engine", need.texts.engine, offer.text.partition(" (")[0])


def _python(row: Row, offer: Offer | None, need: Need, upstream: tuple[Row, ...]) -> Change | bool:
    if need.python is None:
        return False
    wanted = wanted_of(offer) if need.framework == "pytorch" else None
    listed, later = row.pythons, row.later_pythons
    if upstream and wanted is not None:
        listed = next((one.pythons for one in upstream if one.version and same_minor(one.version, wanted)), listed)
    if not listed:
        return True
    if need.python in listed or (later and not is_before(need.python, listed[0])):
        return False
    nearest = min(listed, key=lambda one: minor_distance(one, need.python or ()))
    return Change("python", version_text(need.python), version_text(nearest))


def _cheapest(paths: list[Path], need: Need) -> Path | None:
    def cost(path: Path) -> tuple:
        names = [change.what for change in path.changes]
        wanted, have = wanted_of(path.offer), need.framework_version
        far = minor_distance(wanted, have) if wanted and have else 0
        older = bool(wanted and have and is_before(wanted[:2], have[:2]))
        patch = bool(wanted and have and wanted[:3] != have[:3])
        trial = path.offer is not None and path.offer.trial
        return (
            "cpu_arch" in names, "os" in names, path.row.weak, len(names), sum(WEIGHTS.get(name, 0) for name in names), trial, far, older,
            len(path.silent), patch,
        )  # fmt: skip

    return min(paths, key=cost, default=None)

"""The catalogue of platforms: platform_db/accelerators.csv and the names that people write for them."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.model.layers import Cluster, Server
from app.engine.model.platforms import Fact, Link, Platform, PlatformMatch
from app.engine.paths import platform_db_folder
from app.engine.platform_store.definitions import definition_of, load_definitions
from app.engine.platform_store.keys import LIMITS, TEXTS, checked_number
from app.engine.platform_store.measured_rates import load_rates, with_achieved
from app.engine.platform_store.reported_memory import FILE as REPORTED_FILE
from app.engine.platform_store.reported_memory import load_reported_memory, memory_facts
from app.engine.platform_store.servers import load_clusters, load_servers
from app.engine.platform_store.supply import load_supply, unknown_supply
from app.engine.platform_store.tables import rows

FILE = "accelerators.csv"
FEWEST_LETTERS, LONGEST_NAME = 2, 60
NAME_COLUMNS = ("id", "vendor_en", "vendor_zh", "product_en", "product_zh", "platform_family", "domestic")
OTHER_COLUMNS = ("stack_vendor", "fabric_pairs_only", "source", "as_of", "confidence", "note")
COLUMNS = NAME_COLUMNS + TEXTS + tuple(LIMITS) + OTHER_COLUMNS


class Catalogue(Struct, frozen=True):
    """All platforms, what each written name may mean (normalised name -> ids), and the servers and clusters they come in."""

    platforms: tuple[Platform, ...]
    by_id: dict[str, Platform]
    names: dict[str, tuple[str, ...]]
    servers: tuple[Server, ...] = ()
    clusters: tuple[Cluster, ...] = ()

    def servers_of(self, platform: str) -> tuple[Server, ...]:
        """Return the servers that hold this platform."""
        return tuple(one for one in self.servers if one.platform == platform)

    def platform(self, name: str) -> Platform:
        """Return the platform of this id. Raises EngineError suggesting the nearest id."""
        found = self.by_id.get(name)
        if found is None:
            near = difflib.get_close_matches(name.lower(), self.by_id, n=1, cutoff=0.5)
            code = "platforms.unknown_id_near" if near else "platforms.unknown_id"
            raise EngineError(code, id=name, near=near[0] if near else "")
        return found

    def match(self, text: str) -> PlatformMatch:
        """Return which platforms a written name means: exact (id), alias (one), ambiguous (several), none."""
        if text.strip() in self.by_id:
            return PlatformMatch(text, "exact", (text.strip(),))
        found = self.names.get(normalise_name(text), ())
        return PlatformMatch(text, ("none", "alias")[len(found)] if len(found) < 2 else "ambiguous", found)  # noqa: PLR2004

    def near(self, text: str, most: int) -> tuple[str, ...]:
        """Return the ids whose names are most like a text that none of them means: those that hold it first."""
        wanted = normalise_name(text[:LONGEST_NAME])
        holding = [name for name in self.names if len(wanted) >= FEWEST_LETTERS and wanted in name]
        like = difflib.get_close_matches(wanted, self.names, n=2 * most, cutoff=0.5)
        return tuple(dict.fromkeys(one for name in (*sorted(holding, key=len), *like) for one in self.names[name]))[:most]


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Read the shipped platforms with all their facts. Raises EngineError naming file, line and key where a value is impossible."""
    folder = folder or platform_db_folder()
    definitions, supply, rates = load_definitions(folder), load_supply(folder), load_rates(folder)
    by_id: dict[str, Platform] = {}
    for line, row in rows(folder / FILE, COLUMNS):
        name = row["id"]
        if name in by_id:
            raise EngineError("platforms.twice", file=FILE, place=name, id=name)
        own = {key: replace(fact, definition=definition_of(definitions, name, key)) for key, fact in _sheet(line, row).items()}
        facts = {**own, **with_achieved(rates.get(name, {})), **supply.get(name, unknown_supply())}
        by_id[name] = _platform(line, row, facts)
    for file, names in (("supply.csv", supply), ("measured_rates.csv", rates)):
        for name in names:
            if name not in by_id:
                raise EngineError("platforms.no_such_platform", file=file, place=f"{name}:platform", id=name)
    aliases = _aliases(folder / "aliases.csv", by_id)
    platforms = _with_reported_memory(tuple(by_id.values()), folder)
    by_id = {one.id: one for one in platforms}
    return Catalogue(platforms, by_id, names_of(platforms, aliases), load_servers(folder), load_clusters(folder))


def _with_reported_memory(platforms: tuple[Platform, ...], folder: Path) -> tuple[Platform, ...]:
    """Add what the cards' own tools report."""
    known = load_reported_memory(folder)
    ids = {platform.id for platform in platforms}
    for number, name in enumerate(known):
        if name not in ids:
            raise EngineError("platforms.alias_to_nothing", file=REPORTED_FILE, place=f"{number + 2}:platform", id=name)
    sheets = ((one.id, one.number("memory_gb"), one.text("memory_type"), one.facts["memory_gb"].as_of) for one in platforms)
    facts = memory_facts(known, sheets)
    return tuple(replace(one, reported=facts[one.id]) for one in platforms)


def normalise_name(text: str) -> str:
    """Return a name without what people write differently: case, blanks, hyphens, full-width forms, the word GB."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = re.sub(r"(?<=\d)\s*(gb|g)(?![a-z])", "g", plain)
    return re.sub(r"[\s\-_/,()（）·|+]+", "", plain)


def names_of(platforms: Iterable[Platform], aliases: Iterable[tuple[str, str]] = ()) -> dict[str, tuple[str, ...]]:
    """Return normalised name -> ids, from ids, products, vendors and the aliases (name, id)."""
    found: dict[str, list[str]] = {}

    def add(name: str, platform: str) -> None:
        key = normalise_name(name)
        if key and platform not in found.setdefault(key, []):
            found[key].append(platform)

    for platform in platforms:
        for name in (platform.id, platform.product_en, platform.product_zh):
            add(name, platform.id)
        for vendor in (platform.vendor_en, platform.vendor_zh):
            add(f"{vendor}{platform.product_en}", platform.id)
            add(f"{vendor}{platform.product_zh}", platform.id)
    for name, platform_id in aliases:
        add(name, platform_id)
    return {name: tuple(ids) for name, ids in found.items()}


def assembled(platform: Platform, facts: dict[str, Fact]) -> Platform:
    """Return a platform with these facts, its links made anew from them."""
    domain, rate, host = (facts[key].value for key in ("max_fabric_domain", "fabric_bw_one_direction_gbs", "host_bw_gbs"))
    made = replace(platform, facts=facts)
    return replace(
        made,
        host=Link(made.text("host_link"), host if isinstance(host, float) else None),
        fabric=replace(
            platform.fabric,
            kind=made.text("fabric_name"),
            one_direction_gbs=rate if isinstance(rate, float) else None,
            definition=made.text("fabric_bw_definition"),
            domain_cards=int(domain) if isinstance(domain, float) else None,
        ),
    )


def _aliases(path: Path, by_id: dict[str, Platform]) -> list[tuple[str, str]]:
    found = []
    for line, row in rows(path, ("alias", "platform")):
        if row["platform"] not in by_id:
            raise EngineError("platforms.alias_to_nothing", file=path.name, place=line, id=row["platform"])
        found.append((row["alias"], row["platform"]))
    return found


def _sheet(line: int, row: dict[str, str]) -> dict[str, Fact]:
    """Return the facts of the data sheet: one row, one source, one date."""
    told = (row["source"], row["as_of"], row["confidence"])
    numbers = {
        key: Fact(checked_number(key, row[key], file=FILE, place=f"{line}:{key}"), unit, *told) for key, (unit, _, _) in LIMITS.items()
    }
    return {**numbers, **{key: Fact(row[key] or None, "", *told) for key in TEXTS}}


def _platform(line: int, row: dict[str, str], facts: dict[str, Fact]) -> Platform:
    if row["domestic"] not in ("yes", "no"):
        raise EngineError("platforms.bad_value", file=FILE, place=f"{line}:domestic", key="domestic", value=row["domestic"])
    bare = Platform(
        id=row["id"],
        vendor_en=row["vendor_en"],
        vendor_zh=row["vendor_zh"],
        product_en=row["product_en"],
        product_zh=row["product_zh"],
        family=row["platform_family"],
        domestic=row["domestic"] == "yes",
        host=Link("", None),
        fabric=Link("", None, pairs_only=row["fabric_pairs_only"] == "yes"),
        facts={},
        confidence=row["confidence"],
        note=row["note"],
    )
    return assembled(bare, facts)

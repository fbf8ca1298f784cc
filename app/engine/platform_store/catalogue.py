"""The catalogue of platforms: platform_db/accelerators.csv and the names that people write for them."""

import difflib
import math
import re
import unicodedata
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from app.engine.errors import EngineError
from app.engine.model.platforms import Fact, Link, Platform, PlatformMatch
from app.engine.paths import platform_db_folder
from app.engine.platform_store.reported_memory import FILE as REPORTED_FILE
from app.engine.platform_store.reported_memory import load_reported_memory, memory_facts
from app.engine.platform_store.tables import rows

TEXT_COLUMNS = ("form_factor", "architecture", "memory_type", "host_link", "fabric_name", "fabric_bw_definition", "precision_support")
NUMBER_UNITS = {
    "release_year": "", "process_nm": "nm", "fp64_tflops": "TFLOPS", "fp64_tensor_tflops": "TFLOPS", "fp32_tflops": "TFLOPS",
    "tf32_tflops": "TFLOPS", "fp16_tensor_tflops": "TFLOPS", "bf16_tensor_tflops": "TFLOPS", "fp8_tflops": "TFLOPS",
    "fp4_tflops": "TFLOPS", "int8_tops": "TOPS", "memory_gb": "GB", "memory_bw_gbs": "GB/s", "l2_mb": "MB", "host_bw_gbs": "GB/s",
    "fabric_bw_gbs": "GB/s", "fabric_bw_one_direction_gbs": "GB/s", "max_fabric_domain": "", "tdp_w": "W",
    "achieved_bf16_tflops": "TFLOPS",
}  # fmt: skip
NAME_COLUMNS = ("id", "vendor_en", "vendor_zh", "product_en", "product_zh", "platform_family", "domestic")
OTHER_COLUMNS = ("stack_vendor", "fabric_pairs_only", "achieved_source", "source", "as_of", "confidence", "note")
COLUMNS = NAME_COLUMNS + TEXT_COLUMNS + tuple(NUMBER_UNITS) + OTHER_COLUMNS


class Catalogue(Struct, frozen=True):
    """All platforms, and what each written name may mean: normalised name -> ids."""

    platforms: tuple[Platform, ...]
    by_id: dict[str, Platform]
    names: dict[str, tuple[str, ...]]

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


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Read the platforms and their aliases. Raises EngineError naming file, line and key where a value is impossible."""
    folder = folder or platform_db_folder()
    platforms = _with_reported_memory(tuple(_platform(line, row) for line, row in rows(folder / "accelerators.csv", COLUMNS)), folder)
    by_id: dict[str, Platform] = {}
    for platform in platforms:
        if platform.id in by_id:
            raise EngineError("platforms.twice", file="accelerators.csv", place=platform.id, id=platform.id)
        by_id[platform.id] = platform
    return Catalogue(platforms, by_id, _names(platforms, folder / "aliases.csv", by_id))


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


def _names(platforms: tuple[Platform, ...], aliases: Path, by_id: dict[str, Platform]) -> dict[str, tuple[str, ...]]:
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
    for line, row in rows(aliases, ("alias", "platform")):
        if row["platform"] not in by_id:
            raise EngineError("platforms.alias_to_nothing", file=aliases.name, place=line, id=row["platform"])
        add(row["alias"], row["platform"])
    return {name: tuple(ids) for name, ids in found.items()}


def _platform(line: int, row: dict[str, str]) -> Platform:
    source, as_of, confidence = row["source"], row["as_of"], row["confidence"]
    if row["domestic"] not in ("yes", "no"):
        raise EngineError("platforms.bad_value", file="accelerators.csv", place=f"{line}:domestic", key="domestic", value=row["domestic"])
    facts: dict[str, Fact] = {}
    for key, unit in NUMBER_UNITS.items():
        origin = row["achieved_source"] if key == "achieved_bf16_tflops" else source
        facts[key] = Fact(_number(line, key, row[key]), unit, origin or source, as_of, confidence)
    for key in TEXT_COLUMNS:
        facts[key] = Fact(row[key] or None, "", source, as_of, confidence)
    domain = facts["max_fabric_domain"].value
    rate = facts["fabric_bw_one_direction_gbs"].value
    host = facts["host_bw_gbs"].value
    return Platform(
        id=row["id"],
        vendor_en=row["vendor_en"],
        vendor_zh=row["vendor_zh"],
        product_en=row["product_en"],
        product_zh=row["product_zh"],
        family=row["platform_family"],
        domestic=row["domestic"] == "yes",
        host=Link(row["host_link"], host if isinstance(host, float) else None),
        fabric=Link(
            row["fabric_name"],
            rate if isinstance(rate, float) else None,
            row["fabric_bw_definition"],
            int(domain) if isinstance(domain, float) else None,
            row["fabric_pairs_only"] == "yes",
        ),
        facts=facts,
        confidence=confidence,
        note=row["note"],
    )


def _number(line: int, key: str, cell: str) -> float | None:
    if not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e7:  # noqa: PLR2004 - the largest honest figure is an FP4 rate below 10^5
        raise EngineError("platforms.bad_value", file="accelerators.csv", place=f"{line}:{key}", key=key, value=cell)
    return value

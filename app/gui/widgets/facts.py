"""What is known of a platform, in words: names of the facts, figures, and what stands behind each on hover."""

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from app.engine.messages import has_entry
from app.engine.model.platforms import Fact, Platform
from app.engine.platform_store import load_stale_after, months_since
from app.gui.look import THIN_SPACE, UNKNOWN, Look

HUNDREDS, EXACT = 100.0, 1e-9

GROUPS = {
    "supply": ("supply", "supply_since"),
    "general": ("release_year", "architecture", "process_nm", "form_factor"),
    "compute": (
        "bf16_tensor_tflops", "achieved_bf16_tflops", "fp16_tensor_tflops", "tf32_tflops", "fp32_tflops", "fp64_tflops",
        "fp64_tensor_tflops", "fp8_tflops", "fp4_tflops", "int8_tops", "precision_support",
    ),
    "measured": (
        "matmul_bf16_tflops", "matmul_fp16_tflops", "matmul_fp8_tflops", "matmul_fp32_tflops", "matmul_int8_tops", "copy_gbs",
    ),
    "memory": ("memory_gb", "memory_type", "memory_bw_gbs", "l2_mb"),
    "links": (
        "fabric_name", "fabric_bw_one_direction_gbs", "fabric_bw_gbs", "fabric_bw_definition", "max_fabric_domain", "host_link",
        "host_bw_gbs",
    ),
    "power": ("tdp_w",),
}  # fmt: skip
"""All facts of a platform in the order of a data sheet."""

DEFINED = {
    "supply", "copy_gbs",
    "bf16_tensor_tflops", "fp16_tensor_tflops", "achieved_bf16_tflops", "fp32_tflops", "fp64_tflops", "memory_gb", "memory_bw_gbs",
    "fabric_bw_one_direction_gbs", "fabric_bw_gbs", "host_bw_gbs", "max_fabric_domain", "tdp_w",
}  # fmt: skip
LESS_IS_BETTER = {"tdp_w"}
MORE_IS_BETTER = {*GROUPS["compute"], *GROUPS["measured"], *GROUPS["memory"], *GROUPS["links"]}
SUPPLY_LEVELS = {"available": "ok", "restricted": "warning", "discontinued": "blocked", "unknown": "unknown"}
PLAIN_NUMBERS = {"release_year"}


def fact_name(look: Look, key: str) -> str:
    """Return what a fact is called."""
    return look.say(f"page_platforms.fact.{key}")


def searched(platform: Platform) -> str:
    """Return the text in which a platform is looked for."""
    return f"{platform.id} {platform.label('zh')} {platform.label('en')}".lower()


def fact_unit(platform: Platform, key: str) -> str:
    """Return the unit of a fact, "" where it has none."""
    return platform.facts[key].unit


def definition(look: Look, key: str) -> str:
    """Return how a fact is meant, "" where its name says it."""
    return look.say(f"page_platforms.definition.{key}") if key in DEFINED else ""


def decimals_for(values: Iterable[float]) -> int:
    """Return how many decimals a column needs: at most two, at most one where it holds hundreds."""
    known = list(values)
    most = 1 if max(known, default=0.0) >= HUNDREDS else 2
    return max((next((n for n in range(most) if abs(value - round(value, n)) < EXACT), most) for value in known), default=0)


def fact_text(look: Look, platform: Platform, key: str, decimals: int | None = None) -> str:
    """Return a fact as it is read, without its unit; a dash where it is unknown, a word where there is no such link."""
    value = platform.facts[key].value
    if isinstance(value, float):
        if key in PLAIN_NUMBERS:
            return f"{value:.0f}"
        return look.number(value, decimals_for([value]) if decimals is None else decimals)
    if key == "supply":
        return look.say(f"platforms.status.{platform.supply}")
    if lacks_fabric(platform, key):
        return look.say("page_platforms.no_fabric")
    return value.replace(";", " · ").replace(",", ", ") if value else UNKNOWN


def lacks_fabric(platform: Platform, key: str) -> bool:
    """Tell whether this is a fact of a link that the platform does not have: known, and no number."""
    return platform.fabric.kind == "none" and key in ("fabric_name", "fabric_bw_one_direction_gbs", "fabric_bw_gbs")


def fact_tip(look: Look, platform: Platform, key: str) -> str:
    """Return what stands behind a fact: its definition, source, date, confidence and key; where it is unknown, what to fill in."""
    fact, text = platform.facts[key], fact_text(look, platform, key)
    lines = [f"{fact_name(look, key)}: {text}{THIN_SPACE}{fact.unit if text != UNKNOWN else ''}".strip(), definition(look, key)]
    if text == UNKNOWN and fact.layer == "shipped":
        lines.append(look.say("page_platforms.fill_in", key=key, id=platform.id))
    else:
        lines += [meaning(look, fact), look.say("page_platforms.source", source=fact.source or UNKNOWN), dated(look, fact), fact.note]
    if fact.replaced:
        below = replace(platform, facts={**platform.facts, key: fact.replaced[0]})
        lines.append(look.say("page_platforms.covers", layer=layer_name(look, fact), value=fact_text(look, below, key)))
    return "\n".join(line for line in lines if line)


def meaning(look: Look, fact: Fact) -> str:
    """Return how a figure is meant, or with what it was measured; "" where nothing is said of it."""
    words = [f"page_platforms.meant.{word}" for word in fact.definition.split(";") if word]
    if words and all(has_entry(word, look.lang) for word in words):
        return look.say("page_platforms.meant_as", words=" · ".join(look.say(word) for word in words))
    return look.say("page_platforms.measured_with", tool=fact.definition) if fact.definition else ""


def layer_name(look: Look, fact: Fact) -> str:
    """Return who says a fact: the shipped base, the site, the project."""
    return look.say(f"page_platforms.layer.{fact.layer}")


def dated(look: Look, fact: Fact) -> str:
    """Return the date and the confidence of a fact."""
    confidence = look.say(f"page_platforms.confidence.{fact.confidence}") if fact.confidence else UNKNOWN
    return look.say("page_platforms.dated", date=fact.as_of or UNKNOWN, confidence=confidence)


def as_of(platform: Platform) -> str:
    """Return the date of the oldest fact that is known, "" where none has one."""
    return min((fact.as_of for fact in platform.facts.values() if fact.value is not None and fact.as_of), default="")


def months_old(platform: Platform, today: date) -> float | None:
    """Return the age of the oldest fact in months, None where no date can be read."""
    return months_since(as_of(platform), today)


def is_stale(platform: Platform, today: date) -> bool:
    """Tell whether its facts should be looked up again."""
    age = months_old(platform, today)
    return age is not None and age > load_stale_after()


def stale_months(fact: Fact, today: date) -> float | None:
    """Return the age of a fact in months where it should be looked up again, None where it is fresh, undated or not known."""
    age = months_since(fact.as_of, today) if fact.value is not None else None
    return age if age is not None and age > load_stale_after() else None

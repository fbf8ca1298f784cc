"""Check the whole of platform_db: each problem names file, row, key, what is wrong and the remedy."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from app.engine.errors import EngineError
from app.engine.messages import LANGUAGES, has_entry, message
from app.engine.model.layers import SiteData
from app.engine.model.platforms import Fact, Platform
from app.engine.paths import platform_db_folder
from app.engine.platform_store.ageing import load_stale_after
from app.engine.platform_store.catalogue import Catalogue, load_catalogue
from app.engine.platform_store.check_site import check_site
from app.engine.platform_store.check_software import software_problems
from app.engine.platform_store.cost_terms import load_cost_terms
from app.engine.platform_store.demand_strategies import load_demand_strategies
from app.engine.platform_store.effort import load_effort_priors
from app.engine.platform_store.keys import CONFIDENCES, PEAK_OF, RATES, SUPPLY, is_day
from app.engine.platform_store.porting import load_porting
from app.engine.platform_store.precision_notes import load_precision_notes
from app.engine.platform_store.problems import Problem
from app.engine.platform_store.software import load_families, load_models, load_operator_support, load_operators, load_stacks
from app.engine.platform_store.sparsity import load_sparsity

SUPPORT = ("native", "composite", "fallback_cpu", "unsupported", "unknown")
# The sparse rate of a card is twice its dense one, so a narrower format more than 4.2 times as fast hints at a sparse figure.
STEPS = (("fp16_tensor_tflops", "fp8_tflops"), ("bf16_tensor_tflops", "fp8_tflops"), ("fp8_tflops", "fp4_tflops"))
MOST_PER_STEP = 4.2
MOST_OF_PEAK = 1.06
"""A data sheet rounds and clocks boost: up to this a measured rate may lie above its peak."""
PCIE_GBS = {"PCIe 3.0 x16": 15.75, "PCIe 4.0 x16": 31.5, "PCIe 5.0 x16": 63.0, "PCIe 6.0 x16": 128.0}
BITS = {
    "tf32_tflops": 32, "fp16_tensor_tflops": 16, "bf16_tensor_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4,
}  # fmt: skip
CONTROLLED = 4800
"""Total processing performance (dense rate x bits) from which ECCN 3A090.a asks for a licence, whatever the card is made for."""


def check_database(folder: Path | None = None, site: SiteData | None = None) -> list[Problem]:
    """Return everything wrong in the folder and in the site's data, [] when both are sound."""
    folder = folder or platform_db_folder()
    problems: list[Problem] = []
    loaded: dict[str, object] = {}
    loaders: dict[str, Callable[[Path], object]] = {
        "catalogue": load_catalogue,
        "operators": load_operators,
        "support": load_operator_support,
        "families": load_families,
        "stacks": load_stacks,
        "models": load_models,
        "effort": load_effort_priors,
        "precision": load_precision_notes,
        "ageing": load_stale_after,
        "porting": load_porting,
        "costs": load_cost_terms,
        "sparsity": load_sparsity,
        "strategies": load_demand_strategies,
    }
    for name, load in loaders.items():
        try:
            loaded[name] = load(folder)
        except EngineError as error:
            row, _, key = error.place.partition(":")
            problems.append(Problem(error.file, row, key, error.message))
    catalogue = loaded.get("catalogue")
    if isinstance(catalogue, Catalogue):
        problems += _check_catalogue(catalogue, set(load_families(folder)) if "families" in loaded else None)
        problems += check_site(site, catalogue) if site is not None else []
    if isinstance(catalogue, Catalogue) and "families" in loaded and "precision" in loaded:
        problems += _check_precision(folder)
    if "support" in loaded and "operators" in loaded:
        problems += _check_support(folder)
    if isinstance(catalogue, Catalogue) and {"families", "stacks", "models"} <= loaded.keys():
        problems += software_problems(folder, {platform.vendor_en for platform in catalogue.platforms})
    return problems


def _check_catalogue(catalogue: Catalogue, families: set[str] | None) -> list[Problem]:
    problems: list[Problem] = []
    for platform in catalogue.platforms:
        problems += _check_platform(platform, families)
        problems += _check_rates(platform)
        problems += _check_supply(platform)
    return problems + _check_machines(catalogue)


def _check_platform(platform: Platform, families: set[str] | None) -> list[Problem]:
    problems = []

    def wrong(key: str, code: str, **params: str | float) -> None:
        problems.append(Problem("accelerators.csv", platform.id, key, message(f"platforms.{code}", **params)))

    if families is not None and platform.family and platform.family not in families:
        wrong("platform_family", "no_such_family", family=platform.family)
    if platform.confidence not in CONFIDENCES:
        wrong("confidence", "bad_confidence", value=platform.confidence)
    sheet = platform.facts["memory_gb"]
    problems += _check_origin("accelerators.csv", platform.id, sheet)
    total, one = platform.number("fabric_bw_gbs"), platform.fabric.one_direction_gbs
    if total is not None and one is not None and one > total:
        wrong("fabric_bw_one_direction_gbs", "direction", one=one, total=total)
    host, most = platform.host.one_direction_gbs, PCIE_GBS.get(platform.host.kind)
    if host is not None and most is not None and host > most * MOST_OF_PEAK:
        wrong("host_bw_gbs", "direction", one=host, total=most)
    for wide, narrow in STEPS:
        slow, fast = platform.number(wide), platform.number(narrow)
        if slow and fast and fast > MOST_PER_STEP * slow:
            wrong(narrow, "maybe_sparse", narrow=narrow, wide=wide)
    return problems


def _check_precision(folder: Path) -> list[Problem]:
    """A note must mean a platform or a family, and what it does must have words."""
    ids, families = [one.id for one in load_catalogue(folder).platforms], set(load_families(folder))
    problems = []
    for note in load_precision_notes(folder):
        row = f"{note.scope} {note.precision}"
        if note.scope not in families and not any(fnmatchcase(name, note.scope) for name in ids):
            problems.append(Problem("precision_notes.csv", row, "scope", message("platforms.no_such_family", family=note.scope)))
        if note.effect and not all(has_entry(f"assessing.precision.effect.{note.effect}", lang) for lang in LANGUAGES):
            problems.append(Problem("precision_notes.csv", row, "effect", message("platforms.no_such_effect", effect=note.effect)))
    return problems


def _check_rates(platform: Platform) -> list[Problem]:
    problems: list[Problem] = []
    for key in RATES:
        fact = platform.facts[key]
        if fact.value is None:
            continue
        problems += _check_origin("measured_rates.csv", platform.id, fact)
        if not fact.definition:
            problems.append(Problem("measured_rates.csv", platform.id, "tool", message("platforms.no_tool", key=key)))
        peak, value = platform.number(PEAK_OF.get(key, "")), platform.number(key)
        if peak and value and value > peak * MOST_OF_PEAK:
            problems.append(Problem("measured_rates.csv", platform.id, key, message("platforms.above_peak", value=value, peak=peak)))
    return problems


def _check_supply(platform: Platform) -> list[Problem]:
    problems = []
    fact = platform.facts[SUPPLY[0]]
    if not fact.source and not fact.as_of:
        problems.append(Problem("supply.csv", platform.id, "platform", message("platforms.no_supply")))
    else:
        problems += _check_origin("supply.csv", platform.id, fact)
    performance = max((platform.number(key) or 0.0) * bits for key, bits in BITS.items())
    if not platform.domestic and platform.supply == "available" and performance >= CONTROLLED:
        problems.append(Problem("supply.csv", platform.id, "status", message("platforms.controlled", performance=performance)))
    return problems


def _check_machines(catalogue: Catalogue) -> list[Problem]:
    problems: list[Problem] = []
    nodes = {one.id for one in catalogue.servers}
    for server in catalogue.servers:
        problems += _check_origin("nodes.csv", server.id, Fact(None, "", server.source, server.as_of, server.confidence))
        if server.platform not in catalogue.by_id:
            problems.append(Problem("nodes.csv", server.id, "platform", message("platforms.no_such_platform", id=server.platform)))
    for cluster in catalogue.clusters:
        problems += _check_origin("clusters.csv", cluster.id, Fact(None, "", cluster.source, cluster.as_of, cluster.confidence))
        if cluster.node not in nodes:
            problems.append(Problem("clusters.csv", cluster.id, "node", message("platforms.no_such_node", id=cluster.node)))
    return problems


def _check_origin(file: str, row: str, fact: Fact) -> list[Problem]:
    found = []
    if not fact.source:
        found.append(Problem(file, row, "source", message("platforms.no_source")))
    if not fact.as_of:
        found.append(Problem(file, row, "as_of", message("platforms.no_date")))
    elif not is_day(fact.as_of):
        found.append(Problem(file, row, "as_of", message("platforms.bad_date", key="as_of", value=fact.as_of)))
    if fact.confidence not in CONFIDENCES and file != "accelerators.csv":
        found.append(Problem(file, row, "confidence", message("platforms.bad_confidence", value=fact.confidence)))
    return found


def _check_support(folder: Path) -> list[Problem]:
    known = load_operators(folder)
    problems = []
    for family, operators in load_operator_support(folder).items():
        for op, found in operators.items():
            if op not in known:
                problems.append(Problem("operator_support.csv", f"{family} {op}", "op", message("platforms.no_such_operator", op=op)))
            if found.support not in SUPPORT:
                problems.append(
                    Problem("operator_support.csv", f"{family} {op}", "support", message("platforms.bad_support", value=found.support))
                )
    return problems

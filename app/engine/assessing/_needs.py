"""What the customer has and wants, as the software checks compare it with the rows of a vendor."""

import re
from typing import NamedTuple

from app.engine.assessing._offers import ENGINES, FRAMEWORKS
from app.engine.assessing._versions import System, Version, arch_of, system_of, version_of
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload


class Texts(NamedTuple):
    """The customer's own words."""

    driver: str
    toolkit: str
    framework: str
    engine: str


class Need(NamedTuple):
    """What the customer has and wants. None, "" = not stated; driver and tool kit only where they are of this vendor."""

    system: System | None
    arch: str
    framework: str
    framework_version: Version | None
    engine: str
    engine_version: Version | None
    python: Version | None
    driver: Version | None
    toolkit: str
    toolkit_version: Version | None
    texts: Texts


def words_of(text: str, known: dict[str, str]) -> tuple[str, Version | None]:
    """Return the name that a text begins with and its version: "PyTorch 2.3.1+cu121" -> ("pytorch", (2, 3, 1))."""
    head = text.strip().lower().replace("==", " ").replace("_", "-").split(" ")[0] if text.strip() else ""
    return known.get(head, known.get(head.replace("-", "_"), head)), version_of(text[len(head) :]) if head else None


def need_of(workload: Workload, platform: Platform, home: str) -> Need:
    """Return what is needed on a platform. What is installed today counts only where it is of the platform's own vendor."""
    framework, framework_version = words_of(workload.framework, FRAMEWORKS)
    engine, engine_version = words_of(workload.engine, ENGINES)
    name, _ = words_of(workload.toolkit, {})
    if name[:1].isdigit():
        name = ""
    at_home = bool(home) and home == platform.family
    ours = name in TOOLKITS.get(vendor_of(platform), ()) if name else at_home
    nvidia = platform.family == "nvidia-cuda" and re.match(r"\s*\d{3}\.\d", workload.driver) is not None
    return Need(
        system_of(workload.os),
        arch_of(workload.cpu_arch) or arch_of(workload.node.cpu),
        framework,
        framework_version,
        engine,
        engine_version,
        (version_of(workload.python) or ())[:2] or None,
        version_of(workload.driver) if ours or nvidia else None,
        name if ours else "",
        version_of(workload.toolkit) if ours else None,
        Texts(workload.driver.strip(), workload.toolkit.strip(), workload.framework.strip(), workload.engine.strip()),
    )


TOOLKITS: dict[str, tuple[str, ...]] = {
    "NVIDIA": ("cuda",), "Huawei Ascend": ("cann", "ascend-toolkit"), "AMD": ("rocm",), "Hygon": ("dtk",), "MetaX": ("maca", "mxmaca"),
    "Moore Threads": ("musa",), "Iluvatar": ("corex", "ixuca"), "Cambricon": ("neuware", "cntoolkit", "ctr"), "Kunlunxin": ("xre",),
    "Enflame": ("topsrider", "tops"), "Intel Gaudi": ("synapseai", "synapse"), "Biren": ("birensupa",), "T-Head": ("ppu",),
}  # fmt: skip
"""Vendor of the rows -> words for its tool kit."""


def vendor_of(platform: Platform) -> str:
    """Return the vendor under which the rows of a platform stand; those of Intel are of Gaudi alone."""
    if platform.vendor_en == "Intel":
        return "Intel Gaudi" if platform.family == "intel-gaudi" else ""
    return {"Iluvatar CoreX": "Iluvatar"}.get(platform.vendor_en, platform.vendor_en)

"""The rows of software_stacks.csv as things to choose from: what each offers, which hosts it names, what it is silent on.

A row whose tool kit ends in "hosts" lists the systems of a vendor's servers, whatever the tool kit; "PyTorch upstream" tells the Python of
each torch wheel. Text in parentheses limits an entry: "Kylin V10 SP2 (Atlas A2 aarch64)", "torch 2.4 (experimental)".
"""

import re
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from app.engine.assessing._versions import System, Version, arch_of, pythons_of, system_of, version_of
from app.engine.model.platforms import Platform, SoftwareStack

FRAMEWORKS = {
    "torch": "pytorch", "pytorch": "pytorch", "torch_musa": "pytorch", "mindspore": "mindspore", "paddlepaddle": "paddlepaddle",
    "paddle": "paddlepaddle", "paddlepaddle-gpu": "paddlepaddle", "paddlepaddle-xpu": "paddlepaddle", "tensorflow": "tensorflow",
    "tf": "tensorflow", "jax": "jax",
}  # fmt: skip
ENGINES = {
    "vllm": "vllm", "vllm-ascend": "vllm", "vllm-musa": "vllm", "mindie": "mindie", "fastdeploy": "fastdeploy", "sglang": "sglang",
    "lmdeploy": "lmdeploy",
}  # fmt: skip
UPSTREAM = "PyTorch upstream"
PYTORCH_OF = {"NVIDIA": "CUDA", "AMD": "ROCm"}
"""Vendors whose torch is the upstream one."""
GENERATIONS = {
    "atlas a2": r"^ascend-910b", "atlas a3": r"^ascend-910c", "atlas 910": r"^ascend-910a?$", "atlas 310p": r"^ascend-310p",
    "atlas 950": r"^ascend-950(dt|pr-server)", "atlas 350": r"atlas350", "atlas 800i a2": r"^ascend-910b", "300i duo": r"300i-duo",
}  # fmt: skip
"""Server generation in a list of systems -> ids of the cards in it (Huawei's naming: A2 holds 910B1-B4, A3 the 910C)."""
OLD_NVIDIA = ("maxwell", "pascal", "volta")
_ITEM = re.compile(r"^([A-Za-z][\w+\-]*?)\s*(?:inference engine)?\s*(>=)?\s*(?=[\d(]|$)([\d.]\S*)?(?:\s+to\s+(\d\S*))?\s*(.*)$")


class Offer(NamedTuple):
    """A framework or an engine that a row offers. None = any version; torch: what an engine needs of it; trial: experimental."""

    kind: Literal["framework", "engine"]
    name: str
    version: Version | None
    last: Version | None
    least: bool
    torch: Version | None
    trial: bool
    text: str

    def takes(self, wanted: Version | None) -> bool:
        """Tell whether a version is offered, by its first two numbers."""
        if wanted is None or self.version is None:
            return True
        low, short = self.version[:2], wanted[:2]
        if self.least:
            return short >= low
        return low <= short <= (self.last[:2] if self.last else low)


class Host(NamedTuple):
    """One entry of a list of systems. archs, cards: () where every CPU and every card of the row is meant."""

    system: System
    archs: tuple[str, ...]
    cards: tuple[str, ...]
    doubtful: bool


class Row(NamedTuple):
    """One row, taken apart. known_hosts: the list of systems is the whole list, so that absence tells something."""

    stack: SoftwareStack
    version: Version | None
    offers: tuple[Offer, ...]
    hosts: tuple[Host, ...]
    archs: tuple[str, ...]
    pythons: tuple[tuple[int, ...], ...]
    later_pythons: bool
    is_hosts: bool
    known_hosts: bool
    weak: bool

    @property
    def label(self) -> str:
        """The tool kit as it is spoken of: CANN 8.1.RC1."""
        return f"{self.stack.toolkit} {self.stack.version}".strip()

    @property
    def source(self) -> str:
        """Where the row is from, how sure and how old it is."""
        found = self.stack
        return f"{found.source} [{found.confidence}{f', {found.as_of}' if found.as_of else ''}]"

    def driver(self, *, windows: bool) -> tuple[Version | None, str]:
        """Return the lowest driver as numbers and as it is written, (None, "") where the row is silent."""
        parts = re.split(r";(?![^()]*\))", self.stack.driver_min)
        wanted = next((part for part in parts if "windows" in part.lower()), "") if windows else parts[0]
        return version_of(wanted), wanted.partition("(")[0].strip()

    @property
    def only_matched(self) -> bool:
        """Whether the driver is the one that was released together with the tool kit, not the lowest."""
        return "(matched)" in self.stack.driver_min


@cache
def offer_of(text: str) -> Offer | None:
    """Return what an entry of a row offers, None where it is neither framework nor engine."""
    found = _ITEM.match(text.strip())
    word = found[1].lower() if found else ""
    kind: Literal["framework", "engine"] = "framework" if word in FRAMEWORKS else "engine"
    name = FRAMEWORKS.get(word) or ENGINES.get(word)
    if found is None or name is None:
        return None
    torch = re.search(r"torch(?:/torch_npu)? (\d[\d.]*)", found[5]) if kind == "engine" else None
    return Offer(
        kind,
        name,
        version_of(found[3] or ""),
        version_of(found[4] or ""),
        found[2] is not None,
        version_of(torch[1]) if torch else None,
        "experimental" in found[5],
        text,
    )


@cache
def hosts_of(text: str) -> tuple[Host, ...]:
    """Return the systems that an entry names: "RHEL 9.5/9.4" are two, "Linux" is none."""
    plain, _, limits = text.partition("(")
    limits = limits.rstrip(") ").lower()
    arch = next((word for word in ("x86_64", "aarch64", "loongarch64") if word in limits), "")
    cards = tuple(words for words in GENERATIONS if words in limits)
    head, *others = [part.strip() for part in plain.split("/")]
    names = [head]
    for part in others:
        if part.upper().startswith("SP"):
            names.append(re.sub(r"SP\d+", part, head))
        else:
            names.append(re.sub(r"[\d.]+$", part, head) if part[:1].isdigit() else part)
    found = [system_of(name) for name in names]
    return tuple(Host(one, (arch,) if arch else (), cards, "reported" in limits) for one in found if one)


def _row(stack: SoftwareStack) -> Row:
    pythons, later = pythons_of(stack.python_versions)
    offers = tuple(offer for text in stack.frameworks if (offer := offer_of(text)))
    hosts = tuple(host for text in stack.os_supported for host in hosts_of(text))
    archs = tuple(arch for text in stack.cpu_arch if (arch := arch_of(text.partition("(")[0])))
    return Row(
        stack,
        version_of(stack.version),
        offers,
        hosts,
        archs,
        pythons,
        later,
        stack.toolkit.endswith("hosts"),
        bool(hosts) and "not complete" not in stack.source and stack.confidence == "high",
        stack.confidence not in ("high", "medium"),
    )


@lru_cache(maxsize=4)
def book_of(stacks: tuple[SoftwareStack, ...]) -> dict[str, tuple[Row, ...]]:
    """Return the rows by vendor; done once, since rows compare by identity."""
    found: dict[str, list[Row]] = {}
    for stack in stacks:
        found.setdefault(stack.vendor, []).append(_row(stack))
    return {vendor: tuple(rows) for vendor, rows in found.items()}


def card_kind(platform: Platform) -> str:
    """Return what lists of systems and rows tell apart within a vendor: server generations, and NVIDIA cards of Volta and older."""
    words = [words for words, pattern in GENERATIONS.items() if re.search(pattern, platform.id)]
    architecture = platform.text("architecture").lower()
    return "|".join([*words, *(["old"] if any(word in architecture for word in OLD_NVIDIA) else [])])


def is_of_kind(row: Row, kind: str) -> bool:
    """Tell whether a row speaks of a kind of card: CUDA 13 dropped Volta and older."""
    return not ("old" in kind.split("|") and any("no V100" in text for text in row.stack.frameworks))


def hosts_for(row: Row, kind: str, arch: str) -> list[Host]:
    """Return the systems that a row names for a kind of card and a CPU ("" = any)."""
    kinds = kind.split("|")
    return [
        host
        for host in row.hosts
        if (not host.cards or any(word in kinds for word in host.cards)) and (not host.archs or not arch or arch in host.archs)
    ]

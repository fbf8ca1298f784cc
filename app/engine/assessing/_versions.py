"""Versions and operating systems as people, tools and release notes write them, brought into an order.

A version is a tuple of numbers: "8.0.RC2" < "8.0.RC3" < "8.0.0" < "8.0.0.post1"; what follows a + is how it was built, not which it is.
"""

import re
from functools import cache
from itertools import zip_longest
from typing import Literal, NamedTuple, TypeAlias

Version: TypeAlias = tuple[int, ...]
Relation: TypeAlias = Literal["same", "covers", "named", "vague", "version", "other"]

CANDIDATE, POST = -1, 1_000_000
"""A release candidate stands before its release (8.0.RC2 < 8.0.0), a post release behind it."""
_VERSION = re.compile(r"(?:^|[^\w.])v?((?:rc)?\d+(?:\.\d+|[.\-_]?(?:rc|post)\d*|\.x(?!\w))*)", re.IGNORECASE)
_PART = re.compile(r"(rc|post|x)?(\d*)", re.IGNORECASE)


@cache
def version_of(text: str) -> Version | None:
    """Return the first version of a text ("CANN 8.0.RC2", "torch==2.3.1+cu121"), None where it holds none."""
    found = _VERSION.search(text.partition("+")[0].replace("==", " "))
    if found is None:
        return None
    parts: list[int] = []
    for word, number in _PART.findall(found[1].lower()):
        if word == "rc" and parts:
            parts.append(CANDIDATE)
        elif word == "post":
            parts.append(POST)
        if number:
            parts.append(int(number[:9]))
    return tuple(parts) or None


def is_before(one: Version, other: Version) -> bool:
    """Tell whether a version is the older one; missing parts are zeros."""
    return next((left < right for left, right in zip_longest(one, other, fillvalue=0) if left != right), False)


def same_minor(one: Version, other: Version) -> bool:
    """Tell whether two versions agree in their first two numbers, which is what wheels and tool kits are paired by."""
    return all(left == right for left, right in zip_longest(one[:2], other[:2], fillvalue=0))


def minor_distance(one: Version, other: Version) -> int:
    """Return how many minor releases lie between two versions; a major one counts as a hundred."""
    first, second = (*one, 0, 0), (*other, 0, 0)
    return abs(100 * (first[0] - second[0]) + first[1] - second[1])


def version_text(version: Version) -> str:
    """Return a version as it is written: 8.0.RC2."""
    words = ["RC" if part == CANDIDATE else "post" if part == POST else str(part) for part in version]
    return ".".join(words).replace("RC.", "RC").replace("post.", "post")


@cache
def pythons_of(words: tuple[str, ...]) -> tuple[tuple[Version, ...], bool]:
    """Return the Python versions of a cell (minor releases), and whether later ones are meant too (">=3.10")."""
    found = [version_of(word.replace(">=", " ")) for word in words]
    return tuple(one[:2] for one in found if one), any(word.startswith(">=") for word in words)


# CPUs ---------------------------------------------------------------------------------------------------------------------------------

_ARCHS = (
    ("loongarch64", r"loong|龙芯|3[ac][56]000"),
    ("sw_64", r"sw_?64|sunway|申威"),
    ("aarch64", r"aarch64|arm64|armv8|\barm\b|kunpeng|鲲鹏|phytium|飞腾|ft-?2000"),
    ("x86_64", r"x86|amd64|x64|hygon|海光|\bc86\b|zhaoxin|兆芯|kaixian|intel|xeon|epyc"),
    ("riscv64", r"riscv"),
    ("ppc64le", r"ppc64|power\d"),
    ("mips64", r"mips"),
)


@cache
def arch_of(text: str) -> str:
    """Return the instruction set that a word means ("鲲鹏 920", "Hygon C86", "arm64"), "" where it means none."""
    low = text.lower()
    return next((arch for arch, pattern in _ARCHS if re.search(pattern, low)), "")


# Operating systems --------------------------------------------------------------------------------------------------------------------

_NAMES = (
    ("neokylin", r"neo ?kylin|中标麒麟"),
    ("kylin", r"kylin|麒麟"),
    ("uos", r"\buos|uniontech|统信"),
    ("openeuler", r"open ?euler|欧拉"),
    ("hce", r"huawei cloud euleros|\bhce\b"),
    ("bclinux", r"bc-?_?linux(?:[- ]for[- ]euler)?|bigcloud (?:enterprise linux|euler)"),
    ("euleros", r"\beuler(?:os)?"),
    ("ubuntu", r"ubuntu"),
    ("centos", r"centos"),
    ("rhel", r"\brhel|red ?hat"),
    ("rocky", r"rocky"),
    ("almalinux", r"alma"),
    ("oracle", r"oracle linux"),
    ("sles", r"\bsles|suse"),
    ("debian", r"debian"),
    ("tencentos", r"tencentos|tlinux"),
    ("alinux", r"alinux|alibaba cloud linux"),
    ("anolis", r"anolis|龙蜥"),
    ("ctyunos", r"ctyunos"),
    ("culinux", r"cu-?linux"),
    ("opencloudos", r"opencloudos"),
    ("amazon", r"amazon linux"),
    ("azure", r"azure linux|mariner"),
    ("navix", r"navix"),
    ("windows", r"windows"),
)
_KYLIN_PACKS = {"tercel": 1, "sword": 2, "lance": 3, "halberd": 3}
"""Code names in /etc/os-release of Kylin Linux Advanced Server V10; Halberd is SP3 2403."""
_POINT_RELEASES = {"ubuntu": 2, "debian": 1, "hce": 2}
"""Distribution -> numbers that make a release; more of them are updates of the same release."""


class System(NamedTuple):
    """An operating system: release as numbers, service pack (None = not said), build ("1020e" of UOS), and as it was written."""

    name: str
    version: Version
    pack: int | None
    build: str
    text: str

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows, of which drivers have numbers of their own."""
        return self.name == "windows"


@cache
def system_of(text: str) -> System | None:
    """Return the operating system that a text names, None where no known one is named."""
    low = re.sub(r"\s+", " ", text.strip().lower())
    found = next(((name, hit) for name, pattern in _NAMES if (hit := re.search(pattern, low))), None)
    if found is None:
        return None
    name, hit = found
    rest = low[hit.end() :]
    if name == "uos":
        return _uos(rest, text)
    code = next((number for word, number in _KYLIN_PACKS.items() if word in low), None) if name == "kylin" else None
    pack = re.search(r"sp ?(\d{1,2})\b", rest)
    number = re.search(r"(?<![\d.])(?<!sp)(?<!sp )(\d{1,4}(?:\.\d{1,4}){0,3})", rest)
    version = tuple(int(part) for part in number[1].split(".")) if number else ()
    level = int(pack[1]) if pack else code
    if name == "sles" and len(version) > 1 and level is None:  # 15.5 is 15 SP5
        version, level = version[:1], version[1]
    return System(name, version, level, "", text.strip())


def _uos(rest: str, text: str) -> System:
    build = re.search(r"\b(10\d\d)(u\d)?([ade])?", rest)
    major = re.search(r"\bv?(2\d)\b", rest)
    version = (int(major[1]),) if major else (20,) if build else ()
    return System("uos", version, None, "".join(part or "" for part in build.groups()) if build else "", text.strip())


def relation(have: System, listed: System) -> Relation:
    """Return how an entry of a list of supported systems stands to the customer's.

    same      it is the one; covers: the list names the release and no service pack; named: it names the distribution alone
    vague     the customer's words leave open which of the releases or service packs it is
    version   another release or service pack of the same distribution; other: another distribution
    """
    if have.name != listed.name:
        return "other"
    if not listed.version:
        return "named"
    if not have.version:
        return "vague"
    shared = min(len(have.version), len(listed.version))
    if have.version[:shared] != listed.version[:shared]:
        return "version"
    if len(have.version) < len(listed.version) and shared < _POINT_RELEASES.get(have.name, len(listed.version)):
        return "vague"
    return _closer(have, listed)


def _closer(have: System, listed: System) -> Relation:
    """Compare two systems of one release by service pack and build."""
    if listed.pack is None and listed.build == "":
        return "same" if have.pack is None and have.build == "" else "covers"
    if (listed.pack is not None and have.pack is None) or (listed.build and not have.build):
        return "vague"
    if listed.pack != have.pack:
        return "version"
    if listed.build == have.build:
        return "same"
    return "vague" if have.build.isdigit() and listed.build.startswith(have.build) else "version"


def release_order(system: System) -> tuple[Version, int, str]:
    """Return the order of releases within a distribution."""
    return (*system.version, *(0,) * (4 - len(system.version))), system.pack or 0, system.build

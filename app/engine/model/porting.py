"""Porting: what a customer's code and operators mean for a platform family, and what was found in his source."""

from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message, has_entry, message

Verdict: TypeAlias = Literal["runs", "adapt", "replace", "write", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("runs", "adapt", "replace", "write", "unknown")


class NameRule(Struct, frozen=True):
    """One row of platform_db/operator_names.csv: a pattern of whole names and the operator it means, "" = no operator."""

    pattern: str
    operator: str
    source: str


class CustomKernel(Struct, frozen=True):
    """One row of custom_kernels.csv. library: a topic of LibraryVerdict; parent: the operator that does the same, "" = none."""

    pattern: str
    library: str
    does_zh: str
    does_en: str
    parent: str
    source: str


class LibraryVerdict(Struct, frozen=True):
    """One row of library_support.csv: what becomes of a library or an interface on a family.

    family     a family's id, else a strategy (cuda-native, hip-port, cuda-compatible, custom-backend), else *; the first that fits wins
    verdict    runs (as it is), adapt (a line or a rebuild), replace (by another library), write (operator development), unknown
    effort     kind of work in effort.toml (simple, fused), "" = none
    """

    topic: str
    family: str
    verdict: Verdict
    effort: str
    instead_zh: str
    instead_en: str
    source: str
    confidence: str


class ImpliedOperator(Struct, frozen=True):
    """One row of implied_operators.csv. families: patterns of whole family names; when: any, train, infer, train:adamw, any:tensor ..."""

    group: str
    families: tuple[str, ...]
    when: str
    operator: str
    source: str


class SourceRule(Struct, frozen=True):
    """One row of source_rules.csv: what to look for in source, and the topic of LibraryVerdict that it belongs to.

    match   name (dotted, the longest beginning wins), import (a top-level package), method, string (whole text), text (in C and CUDA)
    """

    match: str
    pattern: str
    kind: str
    topic: str
    what_zh: str
    what_en: str


class Porting(Struct, frozen=True, eq=False):
    """Everything of platform_db/ that tells what a port takes, apart from the operator lists."""

    names: tuple[NameRule, ...] = ()
    kernels: tuple[CustomKernel, ...] = ()
    verdicts: dict[str, dict[str, LibraryVerdict]] = {}
    implied: tuple[ImpliedOperator, ...] = ()
    rules: tuple[SourceRule, ...] = ()

    def verdict(self, topic: str, family: str, strategy: str) -> LibraryVerdict | None:
        """Return what becomes of a topic on a family, None where nothing is known of it."""
        rows = self.verdicts.get(topic, {})
        return rows.get(family) or rows.get(strategy) or rows.get("*")


class Found(Struct, frozen=True):
    """One thing in one source file: the first line where it stands and how often.

    kind    api device dtype amp compile collective kernel extension package launcher
    what    the name as written; topic: what it is judged by
    """

    file: str
    line: int
    kind: str
    what: str
    topic: str
    count: int = 1


class Package(Struct, frozen=True):
    """A third-party package. constraint: as a requirements file writes it; imported: in how many files; topic "" = nothing to port."""

    name: str
    constraint: str
    file: str
    line: int
    imported: int
    topic: str


class Unread(Struct, frozen=True):
    """A file, or a part of one, that was not understood; why is a message code of scan.unread."""

    file: str
    line: int
    why: str
    detail: str = ""


class Scan(Struct, frozen=True):
    """What a folder of source holds. folder: its name only; skipped: reason -> files; left_out: findings beyond the most that are kept."""

    folder: str
    files: int
    lines: int
    skipped: dict[str, int] = {}
    unreadable: tuple[Unread, ...] = ()
    findings: tuple[Found, ...] = ()
    packages: tuple[Package, ...] = ()
    left_out: int = 0

    def topics(self) -> dict[str, tuple[Found, ...]]:
        """Return the findings by topic, the most frequent first; packages that nothing imports count once."""
        found: dict[str, list[Found]] = {}
        for one in self.findings:
            found.setdefault(one.topic, []).append(one)
        for package in self.packages:
            if package.topic and package.topic not in found:
                found[package.topic] = [Found(package.file, package.line, "package", package.name, package.topic)]
        ordered = sorted(found, key=lambda topic: -sum(one.count for one in found[topic]))
        return {topic: tuple(found[topic]) for topic in ordered}


class TopicVerdict(Struct, frozen=True):
    """One topic of a scan on one family. verdict None = nothing known of it there."""

    topic: str
    found: tuple[Found, ...]
    verdict: LibraryVerdict | None
    inferred: bool = False

    @property
    def word(self) -> Verdict:
        """The verdict as a word."""
        return self.verdict.verdict if self.verdict is not None else "unknown"


class ScanVerdict(Struct, frozen=True):
    """A scan on one family: the topics with the most work first."""

    level: Literal["ok", "warning", "blocked", "unknown"]
    summary: Message
    topics: tuple[TopicVerdict, ...]


def topic_message(topic: str) -> Message:
    """Return the name of a topic; one that a user added to the tables is its own name."""
    code = f"scan.topic.{topic.replace('.', '_')}"
    return message(code) if has_entry(code, "zh") else message("scan.topic_named", name=topic)

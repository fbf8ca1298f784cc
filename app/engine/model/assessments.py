"""Assessment: does the application fit and run on one platform, and what does the port cost?"""

from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message

CHECKS = ("vram", "precision", "operators", "os", "toolchain", "framework", "model", "performance")
Level: TypeAlias = Literal["ok", "warning", "blocked", "unknown"]
Verdict: TypeAlias = Literal["ready", "adapt", "blocked", "unknown"]
STAGES = ("runs", "correct", "fast", "cost_effective")


class Evidence(Struct, frozen=True):
    """One sentence and where it comes from."""

    text: Message
    source: str


class Finding(Struct, frozen=True):
    """The result of one check. short is the fact for a matrix cell, such as 余 +7.1."""

    check: str
    level: Level
    summary: Message
    evidence: tuple[Evidence, ...] = ()
    remedy: Message | None = None
    short: Message | None = None


class StageEffort(Struct, frozen=True):
    """One of the four stages. person_days: low, likely, high."""

    stage: str
    size: Literal["small", "medium", "large"]
    person_days: tuple[float, float, float]
    source: str = ""


class EffortItem(Struct, frozen=True):
    """One named piece of porting work."""

    text: Message
    person_days: tuple[float, float, float]
    source: str = ""


class Effort(Struct, frozen=True):
    """What porting takes. person_days and cost: low, likely, high; rate is money per person-day."""

    person_days: tuple[float, float, float]
    cost: tuple[float, float, float]
    currency: str
    rate: float
    stages: tuple[StageEffort, ...]
    items: tuple[EffortItem, ...] = ()
    source: str = ""


class Assessment(Struct, frozen=True):
    """One platform assessed. reason: why the verdict is what it is, in one sentence."""

    platform: str
    verdict: Verdict
    checks: tuple[Finding, ...]
    effort: Effort | None = None
    reason: Message | None = None

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


class OperatorVerdict(Struct, frozen=True):
    """One operator of a run on one platform, as a table shows it.

    share     of the time of all operators; None where operators are implied by the model family, not seen
    support   native composite library fallback_cpu dtype replace unsupported write unknown
    since     version from which it is supported; inferred: from a compatible family; instead: what to do, what replaces it
    """

    name: str
    calls: int | None
    share: float | None
    support: str
    source: str = ""
    since: str = ""
    inferred: bool = False
    does: Message | None = None
    instead: Message | None = None


class Assessment(Struct, frozen=True):
    """One platform assessed. reason: why the verdict is what it is, in one sentence. fits: as it is run now, without a change."""

    platform: str
    verdict: Verdict
    checks: tuple[Finding, ...]
    effort: Effort | None = None
    reason: Message | None = None
    fits: bool | None = None


class EffortPriors(Struct, frozen=True):
    """Experience with porting (platform_db/effort.toml); every figure there tells its source or says "judgement".

    sizes            small, medium, large -> person-days low, likely, high of one stage
    groups           vendor group -> size of each stage in the order of STAGES
    families         platform family -> vendor group; families not listed belong to `default_group`
    operator_days    kind of missing operator (simple, fused, fallback) -> person-days low, likely, high
    rate             money per person-day in `currency`
    """

    sizes: dict[str, tuple[float, float, float]]
    sizes_source: str
    groups: dict[str, tuple[str, str, str, str]]
    groups_source: str
    families: dict[str, str]
    default_group: str
    operator_days: dict[str, tuple[float, float, float]]
    operator_source: str
    rate: float
    currency: str
    rate_source: str
    same_family: tuple[str, str, str, str]
    same_family_source: str

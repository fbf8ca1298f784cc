"""Assessment: does the application fit and run on one platform, and what does the port cost?"""

from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message

CHECKS = ("vram", "precision", "operators", "os", "toolchain", "framework", "model", "performance")
Level: TypeAlias = Literal["ok", "warning", "blocked", "unknown"]
Verdict: TypeAlias = Literal["ready", "adapt", "blocked", "unknown"]
Days: TypeAlias = tuple[float, float, float]
STAGES = ("runs", "correct", "fast", "cost_effective")


class Evidence(Struct, frozen=True):
    """One sentence and where it comes from."""

    text: Message
    source: str


class Work(Struct, frozen=True):
    """A piece of work that a finding asks for. code: what it takes, in [items] of effort.toml; key: which one, where a code has several."""

    code: str
    text: Message
    key: str = ""


class Finding(Struct, frozen=True):
    """The result of one check. short is the fact for a matrix cell, such as 余 +7.1; work is what it costs to follow its remedy."""

    check: str
    level: Level
    summary: Message
    evidence: tuple[Evidence, ...] = ()
    remedy: Message | None = None
    short: Message | None = None
    work: tuple[Work, ...] = ()


class StageEffort(Struct, frozen=True):
    """One of the four stages. person_days: low, likely, high of all of it.

    prior   what experience gives for a stage of this size; rest: what of it no item names. person_days = rest + its items
    key     by which a project may set the rest
    """

    stage: str
    size: Literal["none", "small", "medium", "large"]
    person_days: Days
    source: str = ""
    prior: Days | None = None
    rest: Days | None = None
    key: str = ""


class EffortItem(Struct, frozen=True):
    """One named piece of porting work, a part of its stage.

    check     whose finding asks for it, "" where the move to another platform does
    key       by which a project may set its days; default: the days of effort.toml where the project did so
    """

    text: Message
    person_days: Days
    source: str = ""
    stage: str = ""
    check: str = ""
    key: str = ""
    default: Days | None = None


class Effort(Struct, frozen=True):
    """What porting takes. person_days and cost: low, likely, high; rate is money per person-day."""

    person_days: Days
    cost: Days
    currency: str
    rate: float
    stages: tuple[StageEffort, ...]
    items: tuple[EffortItem, ...] = ()
    source: str = ""


class EffortSettings(Struct, frozen=True):
    """What a project sets in place of effort.toml. rate None, currency "": as there; days: key of an item or of a stage's rest -> days."""

    rate: float | None = None
    currency: str = ""
    days: dict[str, Days] = {}


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


class PrecisionNote(Struct, frozen=True):
    """What the list of precisions of a data sheet cannot say (platform_db/precision_notes.csv).

    scope    id of a platform, with * for any letters, or a platform family
    format   the number format there; effect: code of what it does to result or speed; needs: "convert" where stored weights must be
    """

    scope: str
    precision: str
    support: Literal["native", "emulated", "absent"]
    format: str = ""
    effect: str = ""
    needs: str = ""
    source: str = ""
    confidence: str = ""


class ItemDays(Struct, frozen=True):
    """What a named piece of work takes. stage: the one whose prior it is a part of."""

    stage: str
    days: Days
    source: str


class EffortPriors(Struct, frozen=True):
    """Experience with porting (platform_db/effort.toml); every figure there tells its source or says "judgement".

    sizes            small, medium, large -> person-days low, likely, high of one stage
    groups           vendor group -> size of each stage in the order of STAGES
    families         platform family -> vendor group; families not listed belong to `default_group`
    operator_days    kind of missing operator (simple, fused, fallback) -> person-days low, likely, high
    items            code of a named piece of work -> its stage and days
    unnamed_share    of a stage's prior that always stays for what no item names
    rate             money per person-day in `currency`
    same_platform    the application runs on this very card; same_family: on a card of this family
    """

    sizes: dict[str, Days]
    sizes_source: str
    groups: dict[str, tuple[str, str, str, str]]
    groups_source: str
    families: dict[str, str]
    default_group: str
    operator_days: dict[str, Days]
    operator_source: str
    rate: float
    currency: str
    rate_source: str
    same_family: tuple[str, str, str, str]
    same_family_source: str
    same_platform: tuple[str, str, str, str] = ("none", "none", "none", "small")
    same_platform_source: str = ""
    items: dict[str, ItemDays] = {}
    unnamed_share: float = 0.0
    unnamed_source: str = ""

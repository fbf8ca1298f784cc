"""Platform: one accelerator as the catalogue knows it, every figure a Fact with source and date."""

from msgspec import Struct

from app.engine.errors import MissingFact
from app.engine.model.assessments import EffortPriors, PrecisionNote
from app.engine.model.porting import Porting


class Fact(Struct, frozen=True):
    """One thing known of a platform. value None = unknown.

    definition  how the figure is meant, as codes joined by semicolons: dense, tensor, cube, accumulate_fp32, one_direction …
    layer       who says it: shipped, site, project; replaced: what each layer below said, the newest first
    who         the person that changed it, "" for what ships
    """

    value: float | str | None
    unit: str = ""
    source: str = ""
    as_of: str = ""
    confidence: str = ""
    definition: str = ""
    note: str = ""
    layer: str = "shipped"
    who: str = ""
    replaced: "tuple[Fact, ...]" = ()


class Link(Struct, frozen=True):
    """A way out of a card. one_direction_gbs None = unknown; kind "none" says that there is no such link."""

    kind: str
    one_direction_gbs: float | None
    definition: str = ""
    domain_cards: int | None = None
    pairs_only: bool = False


class Platform(Struct, frozen=True):
    """One row of platform_db/accelerators.csv. `facts` holds every column under its name there.

    reported   what the card's own tool shows of it: reported_gib, free_gib (platform_db/reported_memory.csv)
    """

    id: str
    vendor_en: str
    vendor_zh: str
    product_en: str
    product_zh: str
    family: str
    domestic: bool
    host: Link
    fabric: Link
    facts: dict[str, Fact]
    confidence: str = ""
    note: str = ""
    reported: dict[str, Fact] = {}
    based_on: str = ""

    @property
    def supply(self) -> str:
        """Whether it can be supplied: available, restricted, discontinued or unknown."""
        return self.text("supply") or "unknown"

    def number(self, key: str) -> float | None:
        """Return a numeric fact, None where it is unknown."""
        fact = self.facts.get(key) or self.reported.get(key)
        return fact.value if fact is not None and isinstance(fact.value, float) else None

    def text(self, key: str) -> str:
        """Return a textual fact, "" where it is unknown."""
        fact = self.facts.get(key)
        return fact.value if fact is not None and isinstance(fact.value, str) else ""

    def need(self, key: str) -> float:
        """Return a numeric fact. Raises MissingFact naming the key where it is unknown."""
        value = self.number(key)
        if value is None:
            raise MissingFact("platforms.missing_fact", platform=self.id, key=key)
        return value

    def label(self, lang: str = "zh") -> str:
        """Return the name a customer reads."""
        vendor, product = (self.vendor_zh, self.product_zh) if lang == "zh" else (self.vendor_en, self.product_en)
        vendor, product = vendor or self.vendor_en, product or self.product_en
        shared = max((length for length in range(2, len(vendor) + 1) if product.startswith(vendor[-length:])), default=0)
        return f"{vendor}{product[shared:]}" if shared else " ".join(part for part in (vendor, product) if part)


class SoftwareStack(Struct, frozen=True, eq=False):
    """One toolkit version of a vendor (platform_db/software_stacks.csv). Rows compare by identity: a check keeps what it made of them."""

    vendor: str
    toolkit: str
    version: str
    release_date: str = ""
    driver_min: str = ""
    os_supported: tuple[str, ...] = ()
    cpu_arch: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    python_versions: tuple[str, ...] = ()
    source: str = ""
    as_of: str = ""
    confidence: str = ""


class OperatorSupport(Struct, frozen=True):
    """How one platform family supports one operator: native composite fallback_cpu unsupported unknown."""

    family: str
    op: str
    support: str
    dtypes: tuple[str, ...] = ()
    since_version: str = ""
    source: str = ""
    confidence: str = ""


class ModelSupport(Struct, frozen=True, eq=False):
    """What the owner of an engine says of a model on a platform family. official: yes; community (experimental); no (listed as failing)."""

    family: str
    model: str
    task: str
    engine: str
    official: str
    version: str = ""
    source: str = ""
    as_of: str = ""
    confidence: str = ""


class FamilyFacts(Struct, frozen=True):
    """One row of platform_db/families.csv; compat_strategy tells whose operators a family inherits."""

    family: str
    compat_strategy: str
    precision_support: tuple[str, ...]
    facts: dict[str, str]
    source: str = ""
    confidence: str = ""


class PlatformMatch(Struct, frozen=True):
    """What a name written by a person may mean. certainty: exact, alias, ambiguous, none."""

    text: str
    certainty: str
    platforms: tuple[str, ...] = ()


class Knowledge(Struct, frozen=True, eq=False):
    """What is known of software on the platform families; told apart by identity, so that what follows from it can be kept.

    operators   family -> operator -> support; canonical: operator -> category
    precision   what the data sheets do not say of precisions
    stacks      tool-kit versions of all vendors; models: which engine lists which model
    """

    operators: dict[str, dict[str, OperatorSupport]]
    canonical: dict[str, str]
    families: dict[str, FamilyFacts]
    effort: EffortPriors
    precision: tuple[PrecisionNote, ...] = ()
    porting: Porting = Porting()
    stacks: tuple[SoftwareStack, ...] = ()
    models: tuple[ModelSupport, ...] = ()

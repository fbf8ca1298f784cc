"""What a plan costs, line by line, and the assumptions behind it: money is Decimal, to the cent."""

from decimal import Decimal
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.messages import Message

Bearer: TypeAlias = Literal["renter", "provider"]


class ServiceForm(Struct, frozen=True):
    """A form of service (platform_db/service_forms.csv): rental, service, operation, network, purchase.

    words       by which a row of a price sheet names the form; billings: those that mean it where the row names none
    idle_bearer who pays for time that is not used; used_share: of the paid time, where the customer states no utilisation
    fee_share   of the machines' price that the form adds
    """

    form: str
    words: tuple[str, ...]
    billings: tuple[str, ...]
    idle_bearer: Bearer
    used_share: float
    fee_share: float
    source: str = ""
    as_of: str = ""
    confidence: str = ""


class Assumption(Struct, frozen=True):
    """One figure that no price sheet states (platform_db/cost_assumptions.csv), with its range and who says so."""

    key: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    as_of: str = ""
    confidence: str = ""


class CostTerms(Struct, frozen=True):
    """Forms of service and assumptions, as platform_db says them."""

    forms: tuple[ServiceForm, ...] = ()
    assumptions: dict[str, Assumption] = {}


class CostLine(Struct, frozen=True):
    """One line of what is paid. what: a word of [cost.what] of selecting.toml.

    quantity   of unit ("card-hour", "node-month" …); unit_price: net, discount taken off
    net        quantity × unit_price to the cent; tax from the rounded net; gross: both
    kind       one_off or running
    is_counted in the total; what no price sheet states is shown beside it
    basis      where it comes from: a cell of the sheet, or what was assumed
    """

    what: str
    quantity: float
    unit: str
    unit_price: Decimal
    net: Decimal
    tax: Decimal
    kind: Literal["one_off", "running"]
    basis: Message
    tax_rate: float | None = None
    is_counted: bool = True

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax


class UnitCost(Struct, frozen=True):
    """What one of something costs: card_hour, node_hour, month, year, run, million_tokens, thousand_samples, thousand_steps."""

    per: str
    value: float
    low: float | None = None
    high: float | None = None


class Idle(Struct, frozen=True):
    """Time that is paid and not used. share: of what is paid, cost: of the machines' gross; is_assumed: no utilisation was stated."""

    bearer: Bearer
    share: float
    cost: Decimal
    is_assumed: bool


class Breakdown(Struct, frozen=True):
    """All of a plan's money.

    lines      the counted ones sum to the total of the plan, or to the price of a month without an amount of work
    ownership  of a purchase: what each month of owning costs; its sum is none where a line is not known (missing)
    """

    form: str
    lines: tuple[CostLine, ...]
    units: tuple[UnitCost, ...] = ()
    idle: Idle | None = None
    ownership: tuple[CostLine, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of the counted lines."""
        return sum((line.gross for line in self.lines if line.is_counted), Decimal(0))

    @property
    def ownership_per_month(self) -> Decimal | None:
        """What a month of owning costs, None for no purchase or where a line is missing."""
        return sum((line.gross for line in self.ownership), Decimal(0)) if self.ownership and not self.missing else None

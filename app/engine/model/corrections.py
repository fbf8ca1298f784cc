"""CorrectedRate and Software: what a platform really gives of its data sheet, and how much of that its software decides."""

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

Basis: TypeAlias = Literal["learned", "other", "architecture", "vendor", "data_sheet"]
BASES: tuple[Basis, ...] = get_args(Basis)
Separable: TypeAlias = Literal["compute", "memory", "no"]
How: TypeAlias = Literal["stack", "same_card"]


class CorrectedRate(Struct, frozen=True):
    """TFLOPS' and effective memory bandwidth of one platform for one class of work in one precision.

    factor, low, high  what the platform gives beside the average card measured in the class, per data-sheet rate; 90 % of new workloads
    basis              what is behind it: the card in this class and precision ("learned"), the card elsewhere ("other"), its architecture,
                       its vendor, or the trend of the data sheets alone
    separable          which rate the class tells of: "compute" or "memory" where the other has less than a tenth of k, "no" = one factor
                       stands for both
    workloads, cases   measured on this card in this class and precision, beside other cards
    *_anchor           the cards whose rates set the scale; anchor_rates: what was measured of them that does, () = their data sheets
    """

    platform: str
    kind: str
    precision: str
    basis: Basis
    separable: Separable
    compute_sheet_tflops: float
    compute_tflops: float
    memory_sheet_gbs: float
    memory_gbs: float
    factor: float
    low: float
    high: float
    workloads: int
    cases: int
    compute_anchor: str
    memory_anchor: str
    anchor_rates: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def ends(self, rate: float) -> tuple[float, float]:
        """Return the 90 % interval of one of the corrected rates."""
        return rate * self.low / self.factor, rate * self.high / self.factor


class Software(Struct, frozen=True):
    """How much of a platform's speed its software decides, in one class of work.

    how        "stack": vendor and stack beside the reference vendor's cards in the same stack; "same_card": one card, other software
    stack      as its makers write it; reference: the vendor, or the software, that counts as 1
    factor     card and software together, low and high 90 %
    software   the part of vendor and stack, hardware: the part of the card within its vendor; None = the evidence cannot part them
    versions   as measured; source: whose measurements
    """

    platform: str
    kind: str
    how: How
    stack: str
    reference: str
    factor: float
    low: float
    high: float
    workloads: int
    cases: int
    software: float | None = None
    software_low: float | None = None
    software_high: float | None = None
    hardware: float | None = None
    hardware_low: float | None = None
    hardware_high: float | None = None
    versions: tuple[str, ...] = ()
    source: str = ""

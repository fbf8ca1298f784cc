"""Explanation: what one prediction leans on, how far that holds, and what one more measurement would narrow."""

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

Distance: TypeAlias = Literal["case", "workload", "batch", "model", "family", "software", "class", "task", "other"]
DISTANCES: tuple[Distance, ...] = get_args(Distance)
Part: TypeAlias = Literal["platform", "software", "workload", "noise", "change"]
PARTS: tuple[Part, ...] = get_args(Part)
Act: TypeAlias = Literal["itself", "platform", "count", "sibling"]


class Ground(Struct, frozen=True):
    """Measured beside each other elsewhere: two platforms on one workload by one source.

    distance   how near the workload is to the wanted one, from its own class ("class") to the same at another batch ("batch")
    platform   the wanted one and `other` the known one, where both were measured there; else that which pulls the prediction up where it
               is faster, and that which pulls it down
    ratio      speed per card of platform over other, as measured (the median of `cases`)
    weight     share of what measured evidence on other cases moves the prediction by, 0..1; all evidence sums to 1
    error      relative error of the model for this platform there when it is left out
    """

    workload: str
    source: str
    framework: str
    kind: str
    distance: Distance
    platform: str
    other: str
    ratio: float
    weight: float
    cases: int
    error: float


class KnownWeight(Struct, frozen=True):
    """A known run of the case. weight: of its speed in the prediction; error: relative error of the model when it is left out."""

    platform: str
    gpus: int
    row: int
    weight: float
    error: float | None = None


class Share(Struct, frozen=True):
    """A part of the uncertainty, 0..1; all parts sum to 1."""

    part: Part
    share: float


class NextMeasurement(Struct, frozen=True):
    """One more measurement and the 90 % interval after it, as a share of the prediction (0.22 = ± 22 %).

    act        measure the wanted platform "itself", another "platform", a known one again at the wanted "count" of cards (and batch), or
               a "sibling": another workload of this kind on the wanted platform and on `beside`
    target     whose interval `before` and `after` are, "" = the mean over all that are wanted
    reachable  in the price sheet, or available from its vendor
    """

    act: Act
    platform: str
    gpus: int
    target: str
    before: float
    after: float
    reachable: bool
    beside: str = ""


class Explanation(Struct, frozen=True):
    """Of one prediction. learned False = told by the law of card counts or by the workload alone, without evidence on other workloads.

    known      the runs of the case, the heaviest first; their weights sum to 1 (as good as)
    grounds    measured evidence on other cases, the heaviest first; what is lighter is not listed
    shares     what the interval is made of, () = not told
    """

    platform: str
    gpus: int
    learned: bool
    known: tuple[KnownWeight, ...] = ()
    grounds: tuple[Ground, ...] = ()
    shares: tuple[Share, ...] = ()
    measure_next: tuple[NextMeasurement, ...] = ()


class Explained(Struct, frozen=True):
    """What documents tell beside predictions. by_platform: of the recommended ones, at the card count that is shown.

    rows     what to measure next for each priced (platform, cards), the best first; of_all: for these together
    """

    by_platform: dict[str, Explanation] = {}
    rows: dict[tuple[str, int], tuple[NextMeasurement, ...]] = {}
    of_all: tuple[NextMeasurement, ...] = ()

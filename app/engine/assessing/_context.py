"""What every check is given."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from app.engine.messages import message
from app.engine.model.assessments import EffortSettings, Finding
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Prediction
from app.engine.model.platforms import Knowledge, Platform
from app.engine.model.porting import Scan
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload


class Context(Struct, frozen=True):
    """One application on one platform. home: family of the platform it runs on today, "" = unknown.

    runs_as        the precision in which the weights would lie there, "" = not known; memory and fit are those of that precision
    reference      the platform it runs on today, None = unknown
    in_precision   memory and fit there in another precision; None = cannot be asked
    seen           precision -> share of the time, as the trace tells
    settings       what the project sets in place of the effort's figures
    scan     what the customer's source holds, where it was read
    shared   what checks keep for the other platforms of the same assessment, by their own keys
    """

    workload: Workload
    platform: Platform
    profile: Profile | None
    memory: MemoryEstimate
    fit: MemoryFit | None
    knowledge: Knowledge
    prediction: Prediction | None
    home: str
    scan: Scan | None = None
    shared: dict[object, object] = {}
    runs_as: str = ""
    reference: Platform | None = None
    in_precision: Callable[[str], tuple[MemoryEstimate, MemoryFit | None]] | None = None
    seen: dict[str, float] = {}
    settings: EffortSettings = EffortSettings()

    @property
    def is_ported(self) -> bool:
        """Whether the application moves to another platform family."""
        return bool(self.home) and self.platform.family != self.home


class Check(NamedTuple):
    """A check: its name and what it does."""

    name: str
    run: Callable[[Context], Finding]


def not_assessed(name: str) -> Check:
    """Return a check that says honestly that it does not look yet."""
    return Check(
        name, lambda context: Finding(name, "unknown", message("assessing.not_assessed"), short=message("assessing.short.unknown"))
    )

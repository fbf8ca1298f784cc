"""What every check is given."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from app.engine.messages import message
from app.engine.model.assessments import Finding
from app.engine.model.estimates import MemoryEstimate, MemoryFit, Prediction
from app.engine.model.platforms import Knowledge, Platform
from app.engine.model.porting import Scan
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload


class Context(Struct, frozen=True):
    """One application on one platform. home: family of the platform it runs on today, "" = unknown.

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


class Check(NamedTuple):
    """A check: its name and what it does."""

    name: str
    run: Callable[[Context], Finding]


def not_assessed(name: str) -> Check:
    """Return a check that says honestly that it does not look yet."""
    return Check(
        name, lambda context: Finding(name, "unknown", message("assessing.not_assessed"), short=message("assessing.short.unknown"))
    )

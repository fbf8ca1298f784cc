"""The operators of an application on one platform, as a table; made when it is asked for, since a project of all of them would be large."""

from app.engine.assessing._context import Context
from app.engine.assessing._operator_judging import operator_verdicts
from app.engine.model.assessments import OperatorVerdict
from app.engine.model.estimates import MemoryEstimate
from app.engine.model.platforms import Knowledge, Platform
from app.engine.model.profiles import Profile
from app.engine.model.workloads import Workload


def operator_table(workload: Workload, *, platform: Platform, profile: Profile | None, knowledge: Knowledge) -> tuple[OperatorVerdict, ...]:
    """Return every operator with its support, the longest running first; those implied by the model family where none was seen."""
    return operator_verdicts(Context(workload, platform, profile, MemoryEstimate(), None, knowledge, None, ""))

"""Product and service strategy by what is asked for."""

from collections.abc import Sequence

from app.engine.model.requirements import Requirement
from app.engine.model.sensitivities import DemandStrategy
from app.engine.model.workloads import Workload


def strategy_of(workload: Workload, requirement: Requirement, rows: Sequence[DemandStrategy]) -> DemandStrategy | None:
    """Return the first row that fits. A model of unknown size fits only rows for any size."""
    size = workload.model.parameters if workload.model is not None and workload.model.parameters else 0.0
    industry = requirement.industry.strip().lower()
    for row in rows:
        named = not row.industries or any(word.lower() in industry for word in row.industries)
        if workload.task in row.tasks and named and size >= row.least_parameters:
            return row
    return None

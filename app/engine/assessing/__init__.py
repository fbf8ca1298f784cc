"""Does the application fit and run on each platform, and what does the port take? One file per check.

To add a check, add a file with `CHECK`, an object of class `Check`; its name must be one of model/assessments.CHECKS.
"""

from app.engine.assessing.assess import assess
from app.engine.assessing.operator_table import operator_table

__all__ = ["assess", "operator_table"]

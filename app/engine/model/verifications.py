"""Verification: what a trial run said, set against what was predicted."""

import datetime

from msgspec import Struct


class TrialRun(Struct, frozen=True):
    """A measured run on the chosen platform, and the prediction it is compared with."""

    platform: str
    gpus: int
    measured: float
    unit: str
    predicted: float | None = None
    low: float | None = None
    high: float | None = None
    date: datetime.date | None = None
    source: str = ""


class LossAlignment(Struct, frozen=True):
    """Two loss curves compared. Errors are relative, 0..1."""

    aligned: bool
    steps: int
    mean_relative_error: float
    max_relative_error: float
    first_step_relative_error: float


class TestCase(Struct, frozen=True):
    """One row of the register of test cases. verdict: correct, to_be_confirmed."""

    __test__ = False  # pytest would take the name for a test class

    number: str
    customer: str
    application: str
    scale: str
    verdict: str
    last_changed: datetime.date | None = None

"""Requirement: what the customer needs and how he will judge it (业务需求确认)."""

import datetime

from msgspec import Struct


class Requirement(Struct, frozen=True):
    """The [requirement] table of run.toml. None, "" or 0 for a wish that was not stated.

    work           text such as "300e9 tokens" or "1e6 samples"
    utilisation    share 0..1; linearity share 0..1 of ideal scaling
    """

    customer: str = ""
    industry: str = ""
    scale_cards: int | None = None
    storage_tb: float | None = None
    deliver_by: datetime.date | None = None
    duration_days: float | None = None
    work: str = ""
    budget: float | None = None
    currency: str = "CNY"
    domestic_only: bool = False
    tokens_per_s: float | None = None
    ttft_ms: float | None = None
    tpot_ms: float | None = None
    utilisation: float | None = None
    concurrency: int | None = None
    linearity: float | None = None
    fault_tolerance: str = ""
    recovery_min: float | None = None

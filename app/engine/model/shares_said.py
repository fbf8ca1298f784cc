"""k of a case in words: with interval, and from where."""

from app.engine.messages import Message, message
from app.engine.model.estimates import Shares


def shares_said(shares: Shares) -> Message:
    """Say k1..k4 with their intervals and origin."""
    values = [message("paraselect.k_range", number=n, k=k, low=low, high=high) for n, (k, low, high) in _used(shares)]
    return message("paraselect.k_told", values=values, origin=origin_said(shares))


def origin_said(shares: Shares) -> Message:
    """Say how much of k comes from the class, the run's profile and the case's own points."""
    given = {"name": message(f"paraselect.class.{shares.class_name}"), "by_class": shares.by_class, "points": shares.by_points}
    if shares.by_profile > 0:
        return message("paraselect.k_origin_profile", **given, profile=shares.by_profile, count=shares.platforms)
    return message("paraselect.k_origin", **given, count=shares.platforms)


def _used(shares: Shares) -> list[tuple[int, tuple[float, float, float]]]:
    every = enumerate(zip(shares.k, shares.low, shares.high, strict=True), 1)
    return [(number, one) for number, one in every if one[2] > 0]

"""k of a case as the free keys of `predict` and `fit`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.model.estimates import Shares


def shares_document(shares: "Shares | None") -> dict | None:
    """Return k with interval, prior and origin, and the terms that the known platforms cannot tell apart."""
    if shares is None:
        return None
    return {
        "k": list(shares.k),
        "low": list(shares.low),
        "high": list(shares.high),
        "prior": list(shares.prior),
        "weights": {"class": shares.by_class, "profile": shares.by_profile, "points": shares.by_points},
        "platforms": shares.platforms,
        "class": shares.class_name,
        "collinear": [{"terms": [pair.one, pair.other], "separates": pair.separates or None} for pair in shares.collinear],
    }

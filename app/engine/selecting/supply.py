"""Whether a platform can be supplied to the customer: what cannot is shown for reference and never recommended."""

from app.engine.messages import Message, message
from app.engine.model.platforms import Platform

REFERENCE_ONLY = "reference_only"
NOT_SUPPLIED = "not_supplied"


def doubt_of_supply(platform: Platform) -> Message | None:
    """Return why a platform cannot be promised, with since when and who says so; None where it can be supplied."""
    if platform.supply == "available":
        return None
    fact, since = platform.facts.get("supply"), platform.text("supply_since")
    status = message(f"platforms.status.{platform.supply}")
    source, as_of = (fact.source, fact.as_of) if fact is not None else ("", "")
    if not source:
        return message("selecting.supply_unknown")
    code = "selecting.supply_since" if since and platform.supply != "unknown" else "selecting.supply"
    return message(code, status=status, since=since, source=source, as_of=as_of)

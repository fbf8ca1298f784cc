"""The editable limits of the kinds: platform_db/kind_rules.toml."""

import tomllib
from functools import cache

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.kinds import Strength
from app.engine.paths import platform_db_folder


class Gain(Struct, frozen=True, forbid_unknown_fields=True):
    """From which speed-up the better of two kinds is preferred, and from which it is a must."""

    prefer: float
    must: float

    def strength(self, gain: float) -> Strength:
        """Return how much the better kind matters."""
        return "must" if gain >= self.must else "prefer" if gain >= self.prefer else "any"


class Net(Struct, frozen=True, forbid_unknown_fields=True):
    """What large messages reach of a line rate, what each takes beside its bytes; server_gbps: of a whole server, None = by its cards."""

    share: float
    latency_us: float
    server_gbps: float | None = None


class KindRules(Struct, frozen=True, forbid_unknown_fields=True):
    """All limits and where they come from."""

    source: str
    gain: Gain
    network: dict[str, Net]


@cache
def kind_rules() -> KindRules:
    """Return the limits. Raises EngineError naming the file where it was edited badly."""
    path = platform_db_folder() / "kind_rules.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), KindRules)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise EngineError("kinds.bad_rules", file=path.name, detail=str(error)) from error

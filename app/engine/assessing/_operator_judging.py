"""The operators of one application on one platform, judged once per family and precision: from its trace, else from its model family."""

from typing import Literal

from msgspec import Struct

from app.engine.assessing._context import Context
from app.engine.assessing._implied_operators import implied_operators
from app.engine.assessing._operator_support import Support, operator_support
from app.engine.assessing._operator_usage import Usage, usage
from app.engine.messages import Message, message
from app.engine.model.assessments import OperatorVerdict
from app.engine.model.porting import LibraryVerdict, topic_message

LINK_LATENCY_S = 20e-6
"""One synchronous copy to the host and back costs about this beside its bytes (judgement: two launches and a wait)."""
HOST_GBS = 20.0
"""What one operator streams in host memory on a few cores (judgement)."""
SLOWER = (5.0, 50.0)
"""How many times as long an operator takes on the host where its bytes are not known: low, high (judgement)."""


SEEN = "trace of this run"
"""Source of what was seen at work on the family itself."""
ASKED = ("library", "dtype", "replace", "unsupported", "write", "unknown")


class Judged(Struct, frozen=True):
    """Every operator with its support. basis: implied = by the model family, not seen; otherwise what shares are of."""

    operators: tuple[Support, ...]
    basis: Literal["device", "host", "kernels", "implied"]
    mapped: float = 0.0


class Fallback(Struct, frozen=True):
    """What operators that fall back to the CPU add: seconds and share of the time of all operators, low and high; judged: by SLOWER."""

    low_s: float
    high_s: float
    low: float
    high: float
    bytes: float
    judged: bool


def judged_operators(context: Context) -> Judged | None:
    """Return the operators of the application on the platform's family, None where neither a trace nor the family tells any.

    What a trace with device events shows at work is no question for the family that it was recorded on.
    """
    family, precision = context.platform.family, context.workload.precision
    key = ("operators", family, precision)
    if key not in context.shared:
        context.shared[key] = _judge(context, family, precision)
    return context.shared[key]  # type: ignore[return-value]


def _judge(context: Context, family: str, precision: str | None) -> Judged | None:
    if "usage" not in context.shared:
        context.shared["usage"] = usage(context.profile, context.knowledge) if context.profile is not None else None
    used = context.shared["usage"]
    if isinstance(used, Usage):
        found = operator_support(used.operators, family, context.knowledge, precision)
        if family == context.home and used.basis != "host":
            found = tuple(Support(one.used, "native", SEEN) if one.share and one.support in ASKED else one for one in found)
        return Judged(found, used.basis, used.mapped)
    implied = implied_operators(context.workload, context.knowledge)
    return Judged(operator_support(implied, family, context.knowledge, precision), "implied") if implied else None


def fallback_cost(found: list[Support], judged: Judged, link_gbs: float | None) -> Fallback | None:
    """Return what the CPU adds for operators that fall back, None where nothing falls back or nothing was seen."""
    seen = [one.used for one in found if one.used.calls]
    total = sum(one.used.time_s for one in judged.operators)
    if not seen or not total or judged.basis == "implied":
        return None
    low = high = moved = 0.0
    guessed = False
    for one in seen:
        wait = one.calls * LINK_LATENCY_S
        if one.bytes is not None and link_gbs:
            link = one.bytes / (link_gbs * 1e9) + wait
            low, high, moved = low + link, high + link + one.bytes / (HOST_GBS * 1e9), moved + one.bytes
        else:
            guessed = True
            low, high = low + one.time_s * (SLOWER[0] - 1) + wait, high + one.time_s * (SLOWER[1] - 1) + wait
    return Fallback(low, high, low / total, high / total, moved, guessed)


def operator_verdicts(context: Context) -> tuple[OperatorVerdict, ...]:
    """Return the table of operators that a window shows for one platform."""
    judged = judged_operators(context)
    if judged is None:
        return ()
    seen = judged.basis != "implied"
    return tuple(
        OperatorVerdict(
            one.name,
            one.used.calls if seen else None,
            one.share if seen else None,
            one.support,
            one.source,
            one.since,
            one.inferred,
            either(one.used.kernel.does_zh, one.used.kernel.does_en) if one.used.kernel else None,
            instead_of(one),
        )
        for one in judged.operators
    )


def instead_of(one: Support) -> Message | None:
    """Return what to do about an operator, None where there is nothing to do."""
    if one.library is not None and one.support != "native":
        return either(one.library.instead_zh, one.library.instead_en)
    if one.support == "dtype":
        return message("assessing.operators.instead.dtype", types=", ".join(one.lacking))
    if one.support in ("unsupported", "fallback_cpu", "unknown"):
        return message(f"assessing.operators.instead.{one.support}")
    return None


def library_remedy(row: LibraryVerdict) -> Message:
    """Return what becomes of a library on a family: its name and what to do."""
    instead = either(row.instead_zh, row.instead_en)
    return message("assessing.operators.remedy.library", library=topic_message(row.topic), instead=instead)


def either(zh: str, en: str) -> Message:
    """Return a text of the platform database, which holds it in both languages."""
    return message("assessing.either", zh=zh, en=en)

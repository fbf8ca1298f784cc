"""How a platform family supports the operators of a run: by its own list, a sister family's, or by the library that a kernel belongs to."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from app.engine.assessing._operator_usage import Used
from app.engine.model.platforms import Knowledge, OperatorSupport
from app.engine.model.porting import LibraryVerdict

Class: TypeAlias = Literal["native", "composite", "library", "fallback_cpu", "dtype", "replace", "unsupported", "write", "unknown"]
CLASSES: tuple[Class, ...] = ("native", "composite", "library", "fallback_cpu", "dtype", "replace", "unsupported", "write", "unknown")
GOOD = ("native", "composite")
"""A composite is decomposed by PyTorch; its verdict is that of its leaves, which the trace holds as well."""
CHANGES: tuple[Class, ...] = ("library", "fallback_cpu", "dtype", "replace", "unsupported", "write")
INHERITS = {"hip-port": "amd-rocm", "cuda-compatible": "nvidia-cuda"}
_OF_VERDICT: dict[str, Class] = {"runs": "native", "adapt": "library", "replace": "replace", "write": "write", "unknown": "unknown"}
_BY_PRECISION = ("matmul", "attention", "conv")
"""Categories that run in the precision of the run; others may stay in FP32 beside it, so only recorded types count for them."""
_TYPE_OF = {"tf32": "fp32"}
_WRAPPERS = ("aten::matmul", "aten::linear")
"""Taken apart into products by PyTorch on every family; what lists say of their types is no fact of the platform."""


class Support(Struct, frozen=True):
    """One operator on one family. inferred: from a sister family; library: the row that says what replaces it."""

    used: Used
    support: Class
    source: str
    inferred: bool = False
    since: str = ""
    lacking: tuple[str, ...] = ()
    library: LibraryVerdict | None = None

    @property
    def name(self) -> str:
        """The operator."""
        return self.used.name

    @property
    def share(self) -> float:
        """Its share of the time of all operators."""
        return self.used.share


def is_judged(family: str, knowledge: Knowledge) -> bool:
    """Tell whether there is any list for a family, its own or a sister's."""
    return bool(knowledge.operators.get(family)) or bool(knowledge.operators.get(_sister(family, knowledge)))


def operator_support(operators: Iterable[Used], family: str, knowledge: Knowledge, precision: str | None) -> tuple[Support, ...]:
    """Return how a family supports each operator, in their order."""
    own, sister = knowledge.operators.get(family, {}), knowledge.operators.get(_sister(family, knowledge), {})
    return tuple(_judged(one, family, own, sister, knowledge, precision) for one in operators)


def strategy_of(family: str, knowledge: Knowledge) -> str:
    """Return how a family is compatible, "" where that is not known."""
    facts = knowledge.families.get(family)
    return facts.compat_strategy if facts is not None else ""


def _sister(family: str, knowledge: Knowledge) -> str:
    return INHERITS.get(strategy_of(family, knowledge), "")


def _judged(
    one: Used,
    family: str,
    own: dict[str, OperatorSupport],
    sister: dict[str, OperatorSupport],
    knowledge: Knowledge,
    precision: str | None,
) -> Support:
    strategy = strategy_of(family, knowledge)
    if one.kernel is not None:
        row = knowledge.porting.verdict(one.kernel.library, family, strategy)
        if row is None:
            return Support(one, "unknown", "")
        inferred = row.family in INHERITS and row.family != family
        return Support(one, _OF_VERDICT[row.verdict], row.source, inferred, library=row)
    entry, inferred = own.get(one.name), False
    if (entry is None or entry.support == "unknown") and one.name in sister:
        entry, inferred = sister[one.name], True
    if entry is None:
        return Support(one, "unknown", "")
    if entry.support == "native":
        lacking = _lacking_types(one, entry, knowledge.canonical.get(one.name, ""), precision)
        if lacking:
            return Support(one, "dtype", entry.source, inferred, entry.since_version, lacking)
    return Support(one, entry.support, entry.source, inferred, entry.since_version)  # type: ignore[arg-type]


def _lacking_types(one: Used, entry: OperatorSupport, category: str, precision: str | None) -> tuple[str, ...]:
    """Return the types that the run gives to an operator and the list does not name; nothing where the list names none.

    Operators that were seen to do no work of their own are left out: they pass memory on, whatever its type.
    """
    if not entry.dtypes or one.name in _WRAPPERS or (one.calls and not one.share):
        return ()
    wanted = one.dtypes
    if not wanted and category in _BY_PRECISION and precision in ("fp64", "fp32", "tf32", "fp16", "bf16"):
        wanted = (_TYPE_OF.get(precision, precision),)
    return tuple(word for word in wanted if word not in entry.dtypes and word != "fp8")

"""From the operators of a trace to how a platform family supports each: the five rules of the operator notes.

A name without its overload; a trailing _ (in place) dropped where the list does not know it; profiler marks and autograd wrappers left out;
kernels that CUDA picked itself judged by their parent; composites by their leaves, which the trace holds as well.
"""

import re

from msgspec import Struct

from app.engine.model.platforms import Knowledge
from app.engine.model.profiles import OperatorStat

NOT_OPERATORS = re.compile(
    r"^(autograd::|Optimizer\.|ProfilerStep|nccl:|hccl:|record_param_comms|enumerate\(|cuda|hip|\w+Backward\d*$|Torch-Compiled|"
    r"DistributedDataParallel|detach$|\[|Memcpy|Memset|<)|#"
)
PARENTS = (
    (re.compile(r"^aten::_?(scaled_dot_product|flash|efficient|cudnn|fused).*attention.*$"), "aten::scaled_dot_product_attention"),
    (re.compile(r"^aten::(cudnn|miopen)_convolution.*$"), "aten::convolution"),
    (re.compile(r"^aten::(cudnn|miopen)_batch_norm_backward$"), "aten::native_batch_norm_backward"),
    (re.compile(r"^aten::(cudnn|miopen)_batch_norm$"), "aten::native_batch_norm"),
)
INHERITS = {"hip-port": "amd-rocm", "cuda-compatible": "nvidia-cuda"}


class Support(Struct, frozen=True):
    """One operator on one family. support: native composite fallback_cpu unsupported unknown; inferred from a sister family or own rows."""

    name: str
    share: float
    support: str
    source: str
    inferred: bool = False


def operator_support(operators: tuple[OperatorStat, ...], family: str, knowledge: Knowledge) -> list[Support]:
    """Return how a family supports each operator of a trace, the longest running first."""
    own = knowledge.operators.get(family, {})
    facts = knowledge.families.get(family)
    parent_family = INHERITS.get(facts.compat_strategy, "") if facts is not None else ""
    inherited = knowledge.operators.get(parent_family, {})
    found: dict[str, Support] = {}
    for row in operators:
        name = canonical(row.name, knowledge)
        if name is None:
            continue
        entry, inferred = own.get(name), False
        if (entry is None or entry.support == "unknown") and name in inherited:
            entry, inferred = inherited[name], True
        support, source = (entry.support, entry.source) if entry is not None else ("unknown", "")
        share = row.share + (found[name].share if name in found else 0.0)
        found[name] = Support(name, share, support, source, inferred)
    return sorted(found.values(), key=lambda one: -one.share)


def canonical(name: str, knowledge: Knowledge) -> str | None:
    """Return the operator that a name of a trace means, None for what is no operator."""
    if NOT_OPERATORS.search(name) or "::" not in name:
        return None
    plain = name.partition(".")[0]
    for pattern, parent in PARENTS:
        if pattern.match(plain):
            return parent
    if plain not in knowledge.canonical and plain.endswith("_") and not plain.endswith("__"):
        plain = plain[:-1]
    return plain

"""What a name of a trace means: a canonical operator, a kernel of a library, or nothing that must be supported.

In this order: the patterns of operator_names.csv (marks, kernels that a vendor picked itself and their parents, collectives), the list
of PyTorch's own operators with and without a trailing _ (in place), the patterns of custom_kernels.csv, and Ascend's own words (aclnn...,
op types).
"""

import re
from functools import lru_cache

from msgspec import Struct

from app.engine.model.platforms import Knowledge
from app.engine.model.porting import CustomKernel

TYPE, CLASS = "type:", "class:"
_NUMBER = re.compile(r"(?:-op)?\d+(?:_\d+)*$")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OWN_NAMES = ("aten::", "c10d::", "_c10d_functional::", "quantized::", "triton::")
COLLECTIVES = {
    "all_reduce": "c10d::allreduce_",
    "all_gather": "c10d::_allgather_base_",
    "reduce_scatter": "c10d::_reduce_scatter_base_",
    "broadcast": "c10d::broadcast_",
    "all_to_all": "c10d::alltoall_base_",
    "send_recv": "c10d::send",
    "other": "c10d::allreduce_",
}
"""Kinds of a profile's collectives -> operator, for record_param_comms, which does not say what it recorded."""


class Meaning(Struct, frozen=True):
    """What a name means. operator "" = none is known; kernel: what of a library it is; by_class: guessed from the kind of a kernel."""

    operator: str = ""
    kernel: CustomKernel | None = None
    by_class: bool = False


class Naming:
    """The rules of one platform database, compiled, and what they said of names so far."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.canonical = knowledge.canonical
        compiled = [(rule.pattern, rule.operator) for rule in knowledge.porting.names]
        plain = [(pattern, operator) for pattern, operator in compiled if not pattern.startswith((TYPE, CLASS))]
        self._names = [(re.compile(pattern), operator) for pattern, operator in plain]
        self._types = [(re.compile(pattern.removeprefix(TYPE)), operator) for pattern, operator in compiled if pattern.startswith(TYPE)]
        self._classes = {pattern.removeprefix(CLASS): operator for pattern, operator in compiled if pattern.startswith(CLASS)}
        self._kernels = [(re.compile(kernel.pattern), kernel) for kernel in knowledge.porting.kernels]
        self._known: dict[tuple[str, str], Meaning | None] = {}

    def of_host(self, name: str) -> Meaning | None:
        """Return what a host operator's name means, None for a mark, a wrapper, or what is no operator."""
        if ("", name) not in self._known:
            self._known["", name] = self._host(name)
        return self._known["", name]

    def of_kernel(self, name: str, category: str) -> Meaning | None:
        """Return what a kernel's name means, where no host operator tells: Ascend's op type, else the kind of the kernel."""
        if (category, name) not in self._known:
            self._known[category, name] = self._kernel(name, category)
        return self._known[category, name]

    def _host(self, name: str) -> Meaning | None:
        if name.startswith("aclnn"):
            return self._aclnn(name)
        for pattern, operator in self._names:
            matched = pattern.fullmatch(name)
            if matched is not None:
                operator = matched.expand(operator) if "\\" in operator else operator
                return Meaning(self._listed(operator) or operator) if operator else None
        listed = self._listed(name)
        if listed and name.startswith(_OWN_NAMES):
            return Meaning(listed)
        for pattern, kernel in self._kernels:
            if pattern.fullmatch(name):
                return Meaning(kernel.parent or listed, kernel)
        if listed:
            return Meaning(listed)
        if "::" in name:
            return Meaning(_without_overload(name)) if name.startswith(_OWN_NAMES) else Meaning()
        typed = self._typed(name)
        return Meaning(typed) if typed else None

    def _kernel(self, name: str, category: str) -> Meaning | None:
        typed = self._typed(name)
        if typed is not None:
            return Meaning(typed) if typed else None
        if name.startswith("triton_"):
            return self.of_host(name)
        if category not in self._classes:
            return Meaning()
        operator = self._classes[category]
        return Meaning(operator, by_class=True) if operator else None

    def _typed(self, name: str) -> str | None:
        """Return the operator of an Ascend op type at the end of a task's name, "" for a task that is none, None for no such type."""
        last = name.rpartition("/")[2]
        for word in dict.fromkeys((last, _NUMBER.sub("", last))):
            for pattern, operator in self._types:
                if pattern.fullmatch(word):
                    return operator
        return None

    def _aclnn(self, name: str) -> Meaning:
        """aclnnInplaceMuls is mul, aclnnThresholdBackward is threshold_backward; what the list does not know may be an op type."""
        word = _WORDS.sub("_", name.removeprefix("aclnn").removeprefix("Inplace")).lower()
        forms = (word, word.rstrip("s"), f"{word}s", word.removesuffix("_tensor"), word.replace("reduce_", ""), f"_{word}", f"_{word}_data")
        for plain in forms:
            if listed := self._listed(f"aten::{plain}"):
                return Meaning(listed)
        typed = self._typed(name.removeprefix("aclnn").removeprefix("Inplace"))
        return Meaning(typed or "")

    def _listed(self, name: str) -> str:
        plain = _without_overload(name)
        if plain in self.canonical:
            return plain
        shorter = plain[:-1] if plain.endswith("_") and not plain.endswith("__") else ""
        return shorter if shorter in self.canonical else ""


@lru_cache(maxsize=4)
def naming(knowledge: Knowledge) -> Naming:
    """Return the compiled rules of a platform database."""
    return Naming(knowledge)


def _without_overload(name: str) -> str:
    space, colons, rest = name.rpartition("::")
    return f"{space}{colons}{rest.partition('.')[0]}"

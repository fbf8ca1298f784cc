"""What a call of an operator computes and moves, from its recorded shapes, by the rules of platform_db/operator_work.csv.

Operations are those of the mathematics (a multiply-add counts two), bytes those that must be moved at least once: every input read,
every result written. Caches, recomputation and padding are not counted, so that what is achieved is never overstated.
"""

import csv
import math
import re
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from msgspec import Struct

from app.engine.paths import platform_db_folder
from app.engine.profiling import flop_formulas as flops_of
from app.engine.profiling.call_shapes import ELEMENT_BYTES, Call, Shape, Tensors, parse_call


class Work(Struct, frozen=True):
    """Work of one call.

    flops, bytes   None = cannot be told from what was recorded
    dtype          element type that decides the peak; "" = neither recorded nor assumed
    """

    flops: float | None = None
    bytes: float | None = None
    dtype: str = ""


class Rule(Struct, frozen=True):
    """One row of the table. places: the positions that it names; positions: those that it lists; factor: operations per element."""

    pattern: re.Pattern[str]
    kind: str
    positions: tuple[int, ...]
    places: dict[str, int]
    factor: float


UNKNOWN = Work()
MATRIX_RULES = frozenset(
    ("matmul", "linear", "convolution", "convolution_backward", "convolution_gradient", "attention", "attention_backward")
    + ("task_matmul", "task_convolution", "task_attention")
)
"""Rules of the operators that can run on matrix units."""


@lru_cache(maxsize=65536)
def work_of(name: str, shapes: str, assumed: str = "") -> Work:
    """Return the work of one call of an operator with these recorded shapes; UNKNOWN where no rule or no shape tells it.

    assumed  the element type that stands in where none was recorded, "" = none
    """
    rule, call = rule_of(name), parse_call(shapes) if shapes else None
    if rule is None or call is None:
        return UNKNOWN
    try:
        return _KINDS[rule.kind](_Case(call, rule, assumed))
    except (IndexError, ValueError, OverflowError, ZeroDivisionError):  # shapes that are not those of this operator
        return UNKNOWN


@cache
def rule_of(name: str) -> Rule | None:
    """Return the rule of an operator, None where there is none."""
    return next((rule for rule in _rules() if rule.pattern.fullmatch(name)), None)


@cache
def _rules() -> tuple[Rule, ...]:
    with (platform_db_folder() / "operator_work.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row) for row in csv.DictReader(file))


def _rule(row: dict[str, str]) -> Rule:
    words = row["arguments"].split()
    plain = [word for word in words if "=" not in word]
    places = {name: int(place) for name, _, place in (word.partition("=") for word in words if "=" in word)}
    whole = tuple(int(word) for word in plain if word.isdecimal())
    return Rule(re.compile(row["pattern"]), row["rule"], whole, places, float(plain[0]) if plain else 0.0)


class _Case(Struct, frozen=True):
    """One call under its rule."""

    call: Call
    rule: Rule
    assumed: str

    @property
    def dtype(self) -> str:
        return self.call.dtype or self.assumed

    def shape(self, number: int) -> Shape:
        """Return the shape of the number-th argument that the rule lists."""
        return self.call.shape(self.rule.positions[number])

    def place(self, name: str) -> int:
        return self.rule.places.get(name, len(self.call.inputs) + len(self.call.values))

    def result(self, elements: float, dtype: str = "") -> float | None:
        """Return the bytes of a result, None where its type is not known."""
        width = ELEMENT_BYTES.get(dtype or self.dtype)
        return None if width is None else elements * width

    def moved(self, *results: float | None, inputs: tuple[Tensors, ...] | None = None) -> float | None:
        """Return the bytes of all inputs and of the results together, None where one is not known."""
        total = 0.0
        for one in self.call.inputs if inputs is None else inputs:
            width = ELEMENT_BYTES.get(one.dtype or self.assumed)
            if one.elements and width is None:
                return None
            total += one.elements * (width or 0)
        return None if None in results else total + sum(one or 0 for one in results)


def _matmul(case: _Case) -> Work:
    found = (flops_of.linear if case.rule.kind == "linear" else flops_of.matmul)(case.shape(0), case.shape(1))
    if found is None:
        return UNKNOWN
    flops, elements = found
    places = case.rule.positions if case.rule.kind == "matmul" else range(len(case.call.inputs))
    return Work(flops, case.moved(case.result(elements), inputs=tuple(case.call.inputs[at] for at in places)), case.dtype)


def _convolution(case: _Case) -> Work:
    """Strides are told by the values of the other arguments; without them (older traces) the result's size cannot be told."""
    numbers = {name: case.call.numbers(place) for name, place in case.rule.places.items()}
    shape, weight = case.call.shape(0), case.call.shape(1)
    transposed = case.call.value(case.place("transposed")) == "True"
    result = flops_of.convolved(
        shape, weight, numbers.get("stride", ()), numbers.get("padding", ()), numbers.get("dilation", ()), transposed=transposed
    )
    if result is None:
        return UNKNOWN
    moved = None if transposed else case.moved(case.result(math.prod(result)))
    return Work(flops_of.convolution(result, weight), moved, case.dtype)


def _convolution_backward(case: _Case) -> Work:
    """Each gradient costs what the forward pass costs; both are assumed where the mask of wanted ones was not recorded."""
    grad, given, weight = (case.call.shape(case.place(name)) for name in ("grad", "input", "weight"))
    if not grad or len(weight) < 3:
        return UNKNOWN
    mask = [word.strip() == "True" for word in case.call.value(case.place("mask")).strip("[]").split(",")][:2]
    wanted = mask if len(mask) == 2 else [True, True]
    result = given if case.call.value(case.place("transposed")) == "True" else grad
    written = [case.result(math.prod(one)) for one, needed in zip((given, weight), wanted, strict=True) if needed]
    return Work(sum(wanted) * flops_of.convolution(result, weight), case.moved(*written), case.dtype)


def _convolution_gradient(case: _Case) -> Work:
    grad, weight = (case.call.shape(case.place(name)) for name in ("grad", "weight"))
    return Work(flops_of.convolution(grad, weight), None, case.dtype) if grad and len(weight) >= 3 else UNKNOWN


def _attention(case: _Case) -> Work:
    query, key, value = (case.shape(number) for number in range(3))
    causal = case.call.value(case.place("causal")) == "True"
    flops = flops_of.attention(query, key, value, rows=case.rule.places.get("rows", 2), causal=causal)
    if flops is None:
        return UNKNOWN
    if case.rule.kind == "attention":
        return Work(flops, case.moved(case.result(math.prod(query[:3]) * value[3])), case.dtype)
    written = [case.result(math.prod(one)) for one in (query, key, value)]
    return Work(flops_of.ATTENTION_BACKWARD * flops, case.moved(*written), case.dtype)


def _elementwise(case: _Case) -> Work:
    elements = _broadcast(case.call)
    if not elements:
        return UNKNOWN
    kind = "bool" if case.rule.kind == "compare" else (case.call.dtype or case.call.inputs[0].dtype)
    return Work(case.rule.factor * elements, case.moved(case.result(elements, kind)), case.dtype)


def _reduction(case: _Case) -> Work:
    elements = case.call.inputs[0].elements
    return Work(case.rule.factor * elements, case.moved(inputs=case.call.inputs[:1]), case.dtype) if elements else UNKNOWN


def _copy(case: _Case) -> Work:
    target = case.call.inputs[0]
    if not target.elements:
        return UNKNOWN
    source = case.call.inputs[1] if case.rule.kind == "copy" and len(case.call.inputs) > 1 and case.call.shape(1) else target
    read = () if case.rule.kind == "fill" else (source,)
    return Work(0.0, case.moved(inputs=(target, *read)), case.dtype)


def _cat(case: _Case) -> Work:
    parts = case.call.inputs[0]
    read = case.moved(inputs=(parts,)) if parts.elements else None
    return Work(0.0, None if read is None else 2 * read, case.dtype)


def _embedding(case: _Case) -> Work:
    table = case.call.shape(0)
    index = next((one for one in case.call.inputs[1:3] if one.dtype.startswith("int") and one.elements), None)
    if not table or index is None:
        return UNKNOWN
    rows = case.result(index.elements * math.prod(table[1:]), case.call.inputs[0].dtype)
    return Work(0.0, case.moved(rows, rows, inputs=(index,)), case.dtype)


def _arguments(case: _Case) -> Work:
    return Work(None, case.moved() or None, case.dtype)


def _lists(case: _Case) -> Work:
    """The element types of lists are not recorded, and those of an optimizer's moments often differ from the run's: no bytes without."""
    lists = [one for one in case.call.inputs if one.elements]
    if not lists:
        return UNKNOWN
    plain = _Case(case.call, case.rule, "")
    if case.rule.kind == "optimizer":
        moments = tuple(lists[:4])
        return Work(case.rule.factor * lists[0].elements, plain.moved(inputs=(*moments, *moments[:1], *moments[2:])), case.dtype)
    return Work(case.rule.factor * lists[0].elements, plain.moved(inputs=(*lists, lists[0])), case.dtype)


def _broadcast(call: Call) -> int:
    """Return the elements of a result of elementwise inputs: their broadcast shape, or the largest of them where they do not broadcast."""
    shapes = [shape for one in call.inputs for shape in one.shapes if shape]
    if not shapes:
        return 0
    try:
        return math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return max(math.prod(shape) for shape in shapes)


def _task(case: _Case) -> Work:
    """Tasks of an NPU: their results are recorded, so that layouts do not matter."""
    outputs = sum(math.prod(shape) for shape in case.call.outputs if shape)
    moved = case.moved(case.result(outputs, case.dtype or case.call.inputs[0].dtype)) if case.call.outputs else None
    out = case.call.outputs[0] if case.call.outputs else ()
    a, b = case.call.shape(0), case.call.shape(1)
    match case.rule.kind:
        case "task_matmul":
            flops = flops_of.task_matmul(a, b, out, batched=len(out) > 2)
        case "task_convolution":
            flops = _task_convolution(out, b)
        case "task_attention":
            flops = _task_attention(case)
        case _:
            flops = case.rule.factor * outputs if outputs else None
    return Work(flops, moved, case.dtype)


def _task_convolution(out: Shape, weight: Shape) -> float | None:
    """2 |out| |weight| ÷ output channels, which stand second (NCHW), last (NHWC) or second and last (NC1HWC0)."""
    if not out or not weight:
        return None
    channels = out[1] * out[4] if len(out) == 5 else out[1] if weight[0] == out[1] else out[-1] if weight[-1] == out[-1] else 0
    return 2.0 * math.prod(out) * math.prod(weight) / channels if channels else None


def _task_attention(case: _Case) -> float | None:
    """The row maxima (batch, heads, rows, 8), a result of the forward and an input of the backward pass, tell what layouts leave open."""
    shapes = [*case.call.outputs, *(case.call.shape(at) for at in range(3, len(case.call.inputs)))]
    batch, heads, rows = next((shape[:3] for shape in shapes if len(shape) == 4 and shape[3] == 8), (0, 0, 0))
    query, key = case.call.shape(0), case.call.shape(1)
    if not batch or not query or len(query) != len(key):
        return None
    width = math.prod(query) / (batch * heads * rows)
    heads_first = len(query) == 4 and query[1:3] == (heads, rows)
    keys = math.prod(key) / (batch * key[-1]) if len(key) == 3 else key[2 if heads_first else 1]
    return case.rule.factor * 4.0 * batch * heads * rows * keys * width


_KINDS: dict[str, Callable[[_Case], Work]] = {
    "matmul": _matmul, "linear": _matmul, "convolution": _convolution, "convolution_backward": _convolution_backward,
    "convolution_gradient": _convolution_gradient, "attention": _attention, "attention_backward": _attention,
    "elementwise": _elementwise, "compare": _elementwise, "reduction": _reduction, "copy": _copy, "fill": _copy, "cat": _cat,
    "embedding": _embedding, "arguments": _arguments, "lists": _lists, "optimizer": _lists,
    "task_matmul": _task, "task_convolution": _task, "task_attention": _task, "task_elementwise": _task,
}  # fmt: skip

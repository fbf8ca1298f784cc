"""The recorded shapes of an operator call, read from their text in Events.shapes."""

import json
import math
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

Shape: TypeAlias = tuple[int, ...]
ELEMENT_BYTES = {
    "fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1,
    "complex64": 8, "complex128": 16, "int4": 0.5, "fp4": 0.5,
}  # fmt: skip
FLOATING = frozenset({"fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp4", "complex64", "complex128"})


class Tensors(Struct, frozen=True):
    """One argument of a call: one tensor, a list of tensors, or none (a number, text or nothing)."""

    shapes: tuple[Shape, ...]
    dtype: str = ""

    @property
    def elements(self) -> int:
        """Elements of all its tensors together; a tensor without dimensions cannot be told from a number and counts none."""
        return sum(math.prod(shape) for shape in self.shapes if shape)


class Call(Struct, frozen=True):
    """What was recorded of one call.

    inputs   every argument in order
    values   what the arguments that are no tensors were, as text; () = not recorded
    outputs  shapes of the results; () = not recorded
    dtype    element type of the first floating input, "" = not recorded
    """

    inputs: tuple[Tensors, ...]
    values: tuple[str, ...] = ()
    outputs: tuple[Shape, ...] = ()

    @property
    def dtype(self) -> str:
        """Return the element type of the first floating input, "" where none was recorded."""
        return next((one.dtype for one in self.inputs if one.dtype in FLOATING), "")

    def shape(self, at: int) -> Shape:
        """Return the shape of one argument, () where it is no tensor or a list."""
        return self.inputs[at].shapes[0] if at < len(self.inputs) and len(self.inputs[at].shapes) == 1 else ()

    def value(self, at: int) -> str:
        """Return the recorded value of one argument, "" where there is none."""
        return self.values[at] if at < len(self.values) else ""

    def numbers(self, at: int) -> tuple[int, ...]:
        """Return the integers of one argument ("[2,2]" or "1"), () where they were not recorded."""
        text = self.value(at).strip("[]")
        parts = text.split(",") if text else []
        return tuple(int(part) for part in parts) if all(part.lstrip("-").isdecimal() for part in parts) else ()


@lru_cache(maxsize=65536)
def parse_call(text: str) -> Call | None:
    """Return the call that a text tells ("[[2,3],[3,4]] bf16,bf16", "2,3;3,4 fp16,fp16 >2,4"), None where it is no such text."""
    shapes, _, rest = text.partition(" ")
    words, _, rest = rest.partition(" ")
    types = words.split(",") if words not in ("", "-") else []
    try:
        if shapes.startswith("["):
            listed = json.loads(shapes)
            inputs = [_tensors(one) for one in listed]
            values, outputs = (tuple(json.loads(rest)) if rest else ()), ()
        else:
            inputs = [(_dimensions(one),) for one in shapes.split(";")]
            values, outputs = (), tuple(_dimensions(one) for one in rest.removeprefix(">").split(";")) if rest else ()
    except (ValueError, TypeError):
        return None
    types += [""] * (len(inputs) - len(types))
    return Call(tuple(Tensors(one, dtype) for one, dtype in zip(inputs, types, strict=False)), values, outputs)


def _tensors(found: list) -> tuple[Shape, ...]:
    if found and isinstance(found[0], list):
        return tuple(tuple(map(int, one)) for one in found)
    return (tuple(map(int, found)),)


def _dimensions(text: str) -> Shape:
    return tuple(int(part) for part in text.split(",")) if text else ()

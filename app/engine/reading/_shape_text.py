"""The text under which the shapes of a call are kept in Events.shapes: shapes, types where recorded, values or outputs where they matter.

PyTorch  [[4096,4096],[4096,11008]] bf16,bf16 ["","[1,1]"]   the last part holds the values of arguments that are no tensors
Ascend   4096,4096;4096,11008 fp16,fp16 >4096,11008          the last part holds the shapes of the outputs
A part that is missing before another one is written "-".
"""

import re

import msgspec

_BLANKS = re.compile(rb"\s+")
_WORDS = {
    "float": "fp32", "float32": "fp32", "double": "fp64", "float64": "fp64", "half": "fp16", "float16": "fp16",
    "bfloat16": "bf16", "dt_bf16": "bf16", "bf16": "bf16", "long": "int64", "long int": "int64", "int64": "int64",
    "int": "int32", "int32": "int32", "short": "int16", "int16": "int16", "signed char": "int8", "char": "int8", "int8": "int8",
    "unsigned char": "uint8", "byte": "uint8", "uint8": "uint8", "uint16": "int16", "uint32": "int32", "uint64": "int64", "bool": "bool",
    "float8_e4m3fn": "fp8", "float8_e5m2": "fp8", "float8_e4m3fnuz": "fp8", "float8_e5m2fnuz": "fp8", "hifloat8": "fp8",
    "complexfloat": "complex64", "complex64": "complex64", "complexdouble": "complex128", "complex128": "complex128",
    "hf32": "tf32", "int4": "int4",
}  # fmt: skip


def type_word(text: str) -> str:
    """Return our word for an element type ("c10::BFloat16", "DT_BF16", "long int"), "" for what is no tensor or not known."""
    text = text.strip()
    if text[1:2].islower() and text[:1].isupper():  # "Int", "Bool", "Scalar": a plain number, no tensor
        return ""
    return _WORDS.get(text.removeprefix("c10::").removeprefix("at::").lower(), "")


def shape_text(dims: bytes, types: bytes = b"", values: bytes = b"") -> str:
    """Return the text of a PyTorch call from the JSON of its "Input Dims", "Input type" and "Concrete Inputs"."""
    shapes = _BLANKS.sub(b"", dims).decode("utf-8", "replace")
    words = ",".join(type_word(one) for one in _strings(types))
    told = "[" + ",".join(_quoted(one) for one in _strings(values)) + "]" if values else ""
    return _joined(shapes, words.rstrip(","), told if any(_strings(values)) else "")


def task_text(inputs: str, types: str, outputs: str) -> str:
    """Return the text of an Ascend task from its cells "Input Shapes", "Input Data Types" and "Output Shapes"; "" without shapes."""
    shapes, outs = (_cell(one) for one in (inputs, outputs))
    words = ",".join(type_word(one) for one in _cell(types).split(";"))
    return _joined(shapes, words.rstrip(","), f">{outs}" if outs else "") if shapes.strip(";") else ""


def _joined(shapes: str, words: str, rest: str) -> str:
    return " ".join(part for part in (shapes, words or ("-" if rest else ""), rest) if part)


def _cell(text: str) -> str:
    cleaned = text.replace('"', "").replace(" ", "")
    return "" if cleaned == "N/A" else cleaned


def _strings(raw: bytes) -> list[str]:
    try:
        found = msgspec.json.decode(raw) if raw else []
    except (msgspec.DecodeError, ValueError):
        return []
    return [one if isinstance(one, str) else "" for one in found] if isinstance(found, list) else []


def _quoted(text: str) -> str:
    return '"' + re.sub(r'[\s"\\]+', "", text) + '"'

"""Read a run description, run.toml (interface.md) or a file of another program (sources/); write a run.toml."""

import datetime
import difflib
import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import MeasuredSpeed, Model, Node, RunParameters, Workload, normalise_precision
from app.engine.paths import replacing
from app.engine.texts import decode
from app.engine.workload.keys import KEYS, Fault, checked_number, choices_of, kind_of
from app.engine.workload.sources import PARTIAL, Document, format_of, source_of

Kind = TypeVar("Kind")
MOST_BYTES = 4 * 2**20
_TABLES: dict[str, type] = {"requirement": Requirement, "model": Model, "run": RunParameters, "node": Node, "measured": MeasuredSpeed}
_WORKLOAD_KEYS = ("name", "task", "precision", "os", "cpu_arch", "framework", "engine", "driver", "toolkit", "python", "optimised")
_POSITIVE = frozenset(
    [
        "gpus",
        "nodes",
        "seq_len",
        "micro_batch",
        "global_batch",
        "tensor_parallel",
        "pipeline_parallel",
        "virtual_pipeline",
        "context_parallel",
        "expert_parallel",
        "parameters",
        "layers",
        "hidden",
        "heads",
        "kv_heads",
        "head_dim",
        "intermediate",
        "vocab",
        "speed",
    ]
)

_NEVER_ZERO = frozenset({"layers", "hidden", "heads", "gpus"})
"""Of the other keys that may be left out a zero says that they are not known."""


def load_run(path: Path) -> tuple[Workload, Requirement]:
    """Return the application and what is required of it. Raises EngineError with file, line and remedy."""
    path = Path(path)
    text = _text(path)
    document = Document(path, text)
    source = None if _is_ours(path, text) else source_of(document)
    if source is not None:
        return source.read(document), Requirement()
    if document.syntax == "json":
        assert isinstance(document.tree, dict)
        raise EngineError("workload.not_config", file=path)
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no TOMLDecodeError
        if not _is_ours(path, text):
            raise EngineError("workload.unknown_format", file=path) from error
        line = re.search(r"line (\d+)", str(error))
        raise EngineError("workload.not_toml", file=path, place=line[1] if line else "", detail=str(error).partition(" (at")[0]) from error
    return _workload(path, text, tables)


def _is_ours(path: Path, text: str) -> bool:
    return path.suffix.lower() == ".toml" and not text.lstrip().startswith("{") or bool(re.search(r"^[ \t]*\[workload", text, re.MULTILINE))


def part_format(path: Path) -> str:
    """Return the format of a file that tells a part of a run only, the model or how it is sharded; "" for every other."""
    try:
        text = _text(path)
    except EngineError:
        return ""
    found = "" if _is_ours(path, text) else format_of(text)
    return found if found in PARTIAL else ""


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EngineError("workload.too_large", file=path)
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise EngineError("workload.not_found", file=path) from error
    except OSError as error:
        raise EngineError("workload.not_readable", file=path, detail=error.strerror or str(error)) from error
    if not content.strip():
        raise EngineError("workload.empty", file=path)
    try:
        return decode(content)
    except ValueError as error:
        raise EngineError("workload.not_text", file=path) from error


def _workload(path: Path, text: str, tables: dict) -> tuple[Workload, Requirement]:
    if not isinstance(tables.get("workload"), dict):
        raise EngineError("workload.no_table", file=path)
    _refuse_slips(path, text, tables)
    parts = {name: _table(path, text, name, tables.get(name)) for name in _TABLES}
    head = {key: tables["workload"].get(key) for key in _WORKLOAD_KEYS if tables["workload"].get(key) not in (None, "")}
    if "task" not in head:
        raise EngineError("workload.key_missing", file=path, key="[workload] task")
    if "precision" in head:
        precision = normalise_precision(str(head["precision"]))
        if precision is None:
            raise EngineError("workload.bad_precision", file=path, place=_line(text, "workload", "precision"), value=str(head["precision"]))
        head["precision"] = precision
    stated = tuple(f"{table}.{key}" for table, rows in tables.items() if isinstance(rows, dict) for key in rows)
    requirement = parts.pop("requirement")
    given = {name: part for name, part in parts.items() if part is not None}
    head.setdefault("name", path.stem)
    fields = {**head, **given, "stated": stated, "source": path.name}
    return _converted(path, text, "workload", fields, Workload), requirement if isinstance(requirement, Requirement) else Requirement()


def _table(path: Path, text: str, name: str, raw: object) -> object | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise EngineError("workload.not_a_table", file=path, place=_line(text, "", name), table=name)
    kind = _TABLES[name]
    optional = {field.name for field in msgspec.structs.fields(kind) if field.default is None}
    unstated = optional - _NEVER_ZERO
    known = {key: value for key, value in raw.items() if not (key in unstated and value in (0, "") and not isinstance(value, bool))}
    for key, value in known.items():
        if key in _POSITIVE and isinstance(value, int | float) and value <= 0:
            raise EngineError("workload.not_positive", file=path, place=_line(text, name, key), key=f"[{name}] {key}", value=value)
        if isinstance(value, float) and (value != value or abs(value) == float("inf")):
            raise EngineError("workload.not_positive", file=path, place=_line(text, name, key), key=f"[{name}] {key}", value=str(value))
        _refuse_beyond(path, text, name, key, value)
    if isinstance(known.get("customer"), str):
        known["customer"] = known["customer"].strip()
    return _converted(path, text, name, known, kind)


def _refuse_beyond(path: Path, text: str, name: str, key: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or f"{name}.{key}" not in KEYS:
        return
    found = checked_number(f"{name}.{key}", value)
    if isinstance(found, Fault) and found.said.code != "checking.not_whole":
        place = _line(text, name, key)
        raise EngineError("workload.bad_option", file=path, place=place, name=f"[{name}] {key}", value=f"{value:.6g}", said=found.said)


def _converted(path: Path, text: str, name: str, fields: dict, kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        key = re.search(r"`?\$\.([\w.]+)", str(error))
        where = key[1] if key else ""
        missing = re.search(r"missing required field `(\w+)`", str(error))
        if missing:
            raise EngineError("workload.key_missing", file=path, place=_line(text, "", name), key=f"[{name}] {missing[1]}") from error
        what = _not_a_value(f"{name}.{where}", fields.get(where)) or str(error).partition(" - at")[0]
        raise EngineError("workload.bad_value", file=path, place=_line(text, name, where), key=f"[{name}] {where}", detail=what) from error


def _not_a_value(key: str, raw: object) -> Message | None:
    """Return in words why a value cannot be one of a key, None where only its type tells."""
    if key not in KEYS or raw is None:
        return None
    if near := choices_of(key):
        return message("checking.not_a_choice", text=str(raw)[:40], near=list(near))
    if kind_of(key) not in ("whole", "real"):
        return None
    if isinstance(raw, float) and raw == raw and abs(raw) < 1e15:  # noqa: PLR2004 - what an int still tells exactly
        return message("checking.not_whole", near=[int(raw), int(raw) + 1])
    return message("checking.not_a_number", text=str(raw)[:40])


def _refuse_slips(path: Path, text: str, tables: dict) -> None:
    """Refuse a key that is nearly one of ours: a slip of the pen would silently change a number."""
    keys = {name: [field.name for field in msgspec.structs.fields(kind)] for name, kind in _TABLES.items()}
    keys["workload"] = list(_WORKLOAD_KEYS)
    for table, rows in tables.items():
        if table not in keys:
            near = difflib.get_close_matches(table, keys, n=1, cutoff=0.75)
            if near:
                raise EngineError("workload.unknown_key", file=path, place=_line(text, "", table), key=f"[{table}]", near=f"[{near[0]}]")
            continue
        for key in rows if isinstance(rows, dict) else ():
            near = [] if key in keys[table] else difflib.get_close_matches(key, keys[table], n=1, cutoff=0.8)
            if near:
                raise EngineError("workload.unknown_key", file=path, place=_line(text, table, key), key=key, near=near[0])


def _line(text: str, table: str, key: str) -> str:
    """Return the line where a key of a table stands, "" where it cannot be found."""
    start = 0
    if table:
        head = re.search(rf"^\s*\[{re.escape(table)}\]", text, re.MULTILINE)
        start = head.end() if head else 0
    found = re.compile(rf"^\s*(\[{re.escape(key)}\]|{re.escape(key)}\s*=)", re.MULTILINE).search(text, start) if key else None
    return str(text.count("\n", 0, found.end()) + 1) if found else ""


def write_run(workload: Workload, requirement: Requirement, path: Path) -> None:
    """Write a run.toml that reads back as the same: every key that was stated or is not at its default. Raises OSError."""
    parts = {"requirement": requirement, "model": workload.model, "run": workload.run, "node": workload.node, "measured": workload.measured}
    lines = ["[workload]", *_pairs("workload", {key: getattr(workload, key) for key in _WORKLOAD_KEYS}, workload)]
    for table, part in parts.items():
        if part is None:
            continue
        values = {field.name: getattr(part, field.name) for field in msgspec.structs.fields(type(part))}
        if pairs := _pairs(table, values, workload, _defaults(type(part))):
            lines += ["", f"[{table}]", *pairs]
        elif table == "model":
            lines += ["", "[model]"]
    with replacing(Path(path)) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _defaults(kind: type) -> dict[str, object]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


def _pairs(table: str, values: dict[str, object], workload: Workload, defaults: dict[str, object] | None = None) -> list[str]:
    blank = dict.fromkeys(values, "") | {"precision": None, "optimised": False} if defaults is None else defaults
    kept = {key: value for key, value in values.items() if value is not None}
    return [f"{key} = {_toml(value)}" for key, value in kept.items() if value != blank[key] or f"{table}.{key}" in workload.stated]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(word) for word in value)}]"
    if isinstance(value, str):
        return f'"{"".join(_letter(letter) for letter in value)}"'
    return repr(value)


def _letter(letter: str) -> str:
    """Escape what a basic string of TOML may not hold as it is."""
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"

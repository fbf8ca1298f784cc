"""What a port takes: names of operators, custom kernels, libraries by family, implied operators, rules of the source scan."""

import re
from pathlib import Path

import msgspec

from app.engine.errors import EngineError
from app.engine.model.porting import CustomKernel, ImpliedOperator, LibraryVerdict, NameRule, Porting, SourceRule
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import items, rows

FILES = {
    "operator_names.csv": ("pattern", "operator", "source"),
    "custom_kernels.csv": ("pattern", "library", "does_zh", "does_en", "parent", "source"),
    "library_support.csv": ("topic", "platform_family", "verdict", "effort", "instead_zh", "instead_en", "source", "confidence"),
    "implied_operators.csv": ("group", "families", "when", "operator", "source"),
    "source_rules.csv": ("match", "pattern", "kind", "topic", "what_zh", "what_en"),
}


def load_porting(folder: Path | None = None) -> Porting:
    """Return the five tables. Raises EngineError naming file and line where a pattern or a verdict is wrong."""
    folder = folder or platform_db_folder()
    verdicts: dict[str, dict[str, LibraryVerdict]] = {}
    for line, row in _rows(folder, "library_support.csv"):
        row["family"] = row.pop("platform_family")
        try:
            found = msgspec.convert(row, LibraryVerdict)
        except msgspec.ValidationError as error:
            raise EngineError("scan.bad_verdict", file="library_support.csv", place=line, value=row["verdict"]) from error
        verdicts.setdefault(found.topic, {})[found.family] = found
    return Porting(
        names=tuple(NameRule(**row) for _, row in _rows(folder, "operator_names.csv")),
        kernels=tuple(CustomKernel(**row) for _, row in _rows(folder, "custom_kernels.csv")),
        verdicts=verdicts,
        implied=tuple(
            ImpliedOperator(row["group"], items(row["families"]), row["when"], row["operator"], row["source"])
            for _, row in _rows(folder, "implied_operators.csv")
        ),
        rules=tuple(SourceRule(**row) for _, row in _rows(folder, "source_rules.csv")),
    )


def _rows(folder: Path, name: str) -> "list[tuple[int, dict[str, str]]]":
    found = []
    for line, row in rows(folder / name, FILES[name]):
        kept = {key: row[key] for key in FILES[name]}
        if "pattern" in kept and kept.get("match") not in ("name", "import", "method"):
            try:
                re.compile(kept["pattern"])
            except re.error as error:
                raise EngineError("scan.bad_pattern", file=name, place=line, value=kept["pattern"], detail=str(error)) from error
        found.append((line, kept))
    return found

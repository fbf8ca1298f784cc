"""What runs on which platform family: operators, families, tool-kit versions."""

import re
from pathlib import Path

from app.engine.model.platforms import FamilyFacts, ModelSupport, OperatorSupport, SoftwareStack
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import items, rows


def load_operators(folder: Path | None = None) -> dict[str, str]:
    """Return every canonical operator with its category."""
    return {row["op"]: row["category"] for _, row in rows((folder or platform_db_folder()) / "operators.csv", ("op", "category"))}


def load_operator_support(folder: Path | None = None) -> dict[str, dict[str, OperatorSupport]]:
    """Return family -> operator -> how it is supported there."""
    needed = ("platform_family", "op", "support", "dtypes", "since_version", "source", "confidence")
    found: dict[str, dict[str, OperatorSupport]] = {}
    for _, row in rows((folder or platform_db_folder()) / "operator_support.csv", needed):
        found.setdefault(row["platform_family"], {})[row["op"]] = OperatorSupport(
            family=row["platform_family"],
            op=row["op"],
            support=row["support"],
            dtypes=items(row["dtypes"]) if row["dtypes"] else (),
            since_version=row["since_version"],
            source=row["source"],
            confidence=row["confidence"],
        )
    return found


def load_families(folder: Path | None = None) -> dict[str, FamilyFacts]:
    """Return what is known of each platform family."""
    needed = ("platform_family", "compat_strategy", "precision_support", "source", "confidence")
    found = {}
    for _, row in rows((folder or platform_db_folder()) / "families.csv", needed):
        found[row["platform_family"]] = FamilyFacts(
            family=row["platform_family"],
            compat_strategy=row["compat_strategy"],
            precision_support=items(row["precision_support"]),
            facts={key: value for key, value in row.items() if key not in needed},
            source=row["source"],
            confidence=row["confidence"],
        )
    return found


def load_stacks(folder: Path | None = None) -> tuple[SoftwareStack, ...]:
    """Return every known tool-kit version of every vendor."""
    needed = ("vendor", "toolkit", "toolkit_version", "os_supported", "cpu_arch", "frameworks", "source")
    return tuple(
        SoftwareStack(
            vendor=row["vendor"],
            toolkit=row["toolkit"],
            version=row["toolkit_version"],
            release_date=row["release_date"],
            driver_min=row["driver_min"],
            os_supported=_entries(row["os_supported"]),
            cpu_arch=_entries(row["cpu_arch"]),
            frameworks=_entries(row["frameworks"]),
            python_versions=items(row["python_versions"]),
            source=row["source"],
            as_of=row["as_of"],
            confidence=row["confidence"],
        )
        for _, row in rows((folder or platform_db_folder()) / "software_stacks.csv", needed)
    )


def load_models(folder: Path | None = None) -> tuple[ModelSupport, ...]:
    """Return what the owners of engines say of models on each platform family."""
    needed = ("platform_family", "model", "task", "engine", "official", "version", "source", "confidence", "as_of")
    return tuple(
        ModelSupport(
            family=row["platform_family"],
            model=row["model"],
            task=row["task"],
            engine=row["engine"],
            official=row["official"],
            version=row["version"],
            source=row["source"],
            as_of=row["as_of"],
            confidence=row["confidence"],
        )
        for _, row in rows((folder or platform_db_folder()) / "model_support.csv", needed)
    )


def _entries(cell: str) -> tuple[str, ...]:
    """Return the entries of a cell; a semicolon within parentheses belongs to its entry."""
    return tuple(part.strip() for part in re.split(r";(?![^()]*\))", cell) if part.strip())

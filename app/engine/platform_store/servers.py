"""Servers and clusters: platform_db/nodes.csv and clusters.csv. A blank cell is not known."""

import math
from pathlib import Path

from app.engine.errors import EngineError
from app.engine.model.layers import Cluster, Server
from app.engine.paths import platform_db_folder
from app.engine.platform_store.tables import rows

NODES, CLUSTERS = "nodes.csv", "clusters.csv"
COOLING = ("", "air", "liquid", "immersion")
SERVER_NUMBERS = {
    "cards": (1, 128), "memory_gib": (1, 1e5), "nics": (0, 256), "nic_gbps": (0.1, 1e4), "disk_gbs": (0.01, 1e4),
    "power_kw": (0.05, 1e3), "rack_units": (0.5, 100),
}  # fmt: skip
CLUSTER_NUMBERS = {"nodes": (1, 1e5), "power_kw": (0.05, 1e6)}
WHOLE = ("cards", "nics", "nodes")
PLAIN = ("source", "as_of", "confidence", "note")
SERVER_COLUMNS = ("id", "name_en", "name_zh", "platform", "cpu", "network", "storage", "cooling", *SERVER_NUMBERS, *PLAIN)
CLUSTER_COLUMNS = ("id", "name_en", "name_zh", "node", "network", "storage", "cooling", *CLUSTER_NUMBERS, *PLAIN)


def load_servers(folder: Path | None = None) -> tuple[Server, ...]:
    """Return the servers. Raises EngineError naming line and key where a value is impossible or an id stands twice."""
    found = []
    for line, row in _unlike(folder, NODES, SERVER_COLUMNS):
        numbers = {key: _number(NODES, line, key, row[key], SERVER_NUMBERS) for key in SERVER_NUMBERS}
        found.append(Server(**{**row, **numbers}))  # type: ignore[arg-type]
    return tuple(found)


def load_clusters(folder: Path | None = None) -> tuple[Cluster, ...]:
    """Return the clusters, checked in the same way."""
    found = []
    for line, row in _unlike(folder, CLUSTERS, CLUSTER_COLUMNS):
        numbers = {key: _number(CLUSTERS, line, key, row[key], CLUSTER_NUMBERS) for key in CLUSTER_NUMBERS}
        found.append(Cluster(**{**row, **numbers}))  # type: ignore[arg-type]
    return tuple(found)


def check_machine(machine: Server | Cluster, *, file: str, place: str) -> None:
    """Hold a server or cluster that a person or a pack gave to the same limits. Raises EngineError."""
    limits = SERVER_NUMBERS if isinstance(machine, Server) else CLUSTER_NUMBERS
    for key in limits:
        value = getattr(machine, key)
        if value is not None:
            _number(file, place, key, repr(value), limits)
    if machine.cooling not in COOLING:
        raise EngineError("platforms.bad_cooling", file=file, place=f"{place}:cooling", value=machine.cooling[:40])


def _unlike(folder: Path | None, file: str, columns: tuple[str, ...]) -> "list[tuple[int, dict[str, str]]]":
    seen, found = set(), []
    for line, row in rows((folder or platform_db_folder()) / file, columns):
        if row["id"] in seen:
            raise EngineError("platforms.twice", file=file, place=f"{line}:id", id=row["id"])
        if row["cooling"] not in COOLING:
            raise EngineError("platforms.bad_cooling", file=file, place=f"{line}:cooling", value=row["cooling"])
        seen.add(row["id"])
        found.append((line, {key: row[key] for key in columns}))
    return found


def _number(file: str, line: int | str, key: str, cell: str, limits: dict[str, tuple[float, float]]) -> float | int | None:
    if not cell.strip() and key not in ("cards", "nodes"):
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    least, most = limits[key]
    if not least <= value <= most or (key in WHOLE and value != int(value)):
        raise EngineError(
            "platforms.bad_number",
            file=file,
            place=f"{line}:{key}",
            key=key,
            value=cell[:40],
            least=f"{least:g}",
            most=f"{most:g}",
            unit="",
        )
    return int(value) if key in WHOLE else value

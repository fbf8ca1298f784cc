"""What a recording tells of the machine, put into the blanks of the run description: what a person stated is never changed."""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from app.engine.known import catalogue
from app.engine.model.projects import Project, changed
from app.engine.model.traces import CAPTURE, Device, Trace
from app.engine.model.workloads import Workload
from app.engine.workload import Value, blank_of, value_of, with_value

_FRAMEWORKS = (
    ("torch", "pytorch"),
    ("mindspore", "mindspore"),
    ("paddlepaddle-gpu", "paddlepaddle"),
    ("paddlepaddle", "paddlepaddle"),
    ("tensorflow", "tensorflow"),
    ("jax", "jax"),
)
"""Package -> framework; the first that is installed is named, since torch comes along with many others only as a helper."""
MEMORY_MARGIN = 0.08
"""A card of "96 GB" tells 95.6 to 97.9 GiB of it, one of "80 GB" 79.1 to 80."""
_ACTIVE = re.compile(r"(?:InfiniBand|Ethernet), (\d+(?:\.\d+)?) Gb/sec.*ACTIVE")


def with_environment(project: Project, trace: Trace | None) -> tuple[Project, tuple[str, ...]]:
    """Return the project with the blanks of its run description filled from a capture, and the keys that were filled.

    Only what our own capture kit recorded counts: other logs name a driver or a card by the way.
    """
    if trace is None or CAPTURE not in trace.environment:
        return project, ()
    workload, requirement = project.workload or Workload("", "pretrain"), project.requirement
    filled: list[str] = []
    for key, value in _told(trace):
        if value and key not in workload.stated and value_of(workload, requirement, key) == blank_of(key):
            workload, requirement = with_value(workload, requirement, key, value)
            filled.append(key)
    if not filled:
        return project, ()
    return changed(project, workload=replace(workload, stated=tuple(dict.fromkeys(workload.stated)))), tuple(filled)


def _told(trace: Trace) -> Iterator[tuple[str, Value]]:
    """Yield the keys of the run description that the environment of a capture and its devices tell."""
    told = trace.environment
    yield "workload.os", told.get("os", "")
    yield "workload.cpu_arch", told.get("cpu_arch", "")
    yield "workload.framework", _framework(told)
    cards = [device for device in trace.devices if device.kind == "gpu"]
    yield "run.gpus", len(cards) or None
    yield "run.nodes", len({device.id.rpartition(":")[0] for device in cards}) or None
    yield "run.platform", _platform(cards)
    yield "node.cpu", _cpu(told)
    memory_kib = told.get("memory_kib", "")
    yield "node.memory_gib", round(int(memory_kib) / 2**20) if memory_kib.isdigit() else None
    rates = [float(found[1]) for name, text in told.items() if name.startswith("nic.") and (found := _ACTIVE.search(text))]
    if rates:  # the slower ones serve storage and management
        yield "node.nics", rates.count(max(rates))
        yield "node.nic_gbps", max(rates)


def _framework(told: dict[str, str]) -> str:
    found = next(((name, told[f"package.{package}"]) for package, name in _FRAMEWORKS if f"package.{package}" in told), None)
    return f"{found[0]} {found[1].partition('+')[0]}" if found else ""


def _platform(cards: Sequence[Device]) -> str:
    """Return the platform of cards of one name, "" where the name means none, or several that the memory does not tell apart."""
    names = {device.name for device in cards}
    if len(names) != 1:
        return ""
    found = [catalogue().platform(one) for one in catalogue().match(names.pop()).platforms]
    if len(found) > 1:
        total_gib = max((device.memory_gib or 0.0 for device in cards), default=0.0)
        sizes = [one.number("memory_gb") or 0.0 for one in found]
        found = [one for one, size in zip(found, sizes, strict=True) if abs(total_gib - size) < MEMORY_MARGIN * size]
    return found[0].id if len(found) == 1 else ""


def _cpu(told: dict[str, str]) -> str:
    name, sockets = told.get("cpu", ""), told.get("cpu_sockets", "")
    return f"{sockets} x {name}" if name and sockets.isdigit() and int(sockets) > 1 else name

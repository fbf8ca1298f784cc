"""What a recording or the output of commands tells of the machine, put into the blanks of the run description.

What a person stated is never changed.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from app.engine import pipeline
from app.engine.environment_text import MOST_CHARACTERS, environment_of_text
from app.engine.errors import EngineError
from app.engine.known import catalogue
from app.engine.model.projects import Project, changed
from app.engine.model.traces import CAPTURE, Device, Trace
from app.engine.model.workloads import Workload
from app.engine.texts import decode
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
_ENGINES = {
    True: (
        ("mindie", "mindie"), ("mindie-llm", "mindie"), ("vllm", "vllm"), ("vllm-ascend", "vllm"), ("sglang", "sglang"),
        ("tensorrt-llm", "tensorrt-llm"), ("lmdeploy", "lmdeploy"), ("diffusers", "diffusers"), ("transformers", "transformers"),
    ),
    False: (
        ("llamafactory", "llama-factory"), ("mindspeed", "mindspeed"), ("megatron-core", "megatron-lm"), ("deepspeed", "deepspeed"),
        ("diffusers", "diffusers"), ("transformers", "transformers"),
    ),
}  # fmt: skip
"""Whether it serves -> (package, engine); the most special one that is installed is named."""
_TOOLKITS = (
    ("cann", "CANN"), ("dtk", "DTK"), ("musa", "MUSA"), ("maca", "MACA"), ("neuware", "Neuware"), ("rocm", "ROCm"), ("cuda", "CUDA"),
)  # fmt: skip
_BUILDS = (
    (r"\+cu(\d{2})(\d)$", "CUDA"), (r"\+rocm(\d[\d.]*)", "ROCm"), (r"dtk(\d{2})\.?(\d{2})", "DTK"), (r"\+metax(\d[\d.]*)", "MACA"),
    (r"\+corex\.(\d[\d.]*)", "CoreX"),
)  # fmt: skip
MEMORY_MARGIN = 0.08
"""A card of "96 GB" tells 95.6 to 97.9 GiB of it, one of "80 GB" 79.1 to 80."""
_ACTIVE = re.compile(r"(?:InfiniBand|Ethernet), (\d+(?:\.\d+)?) Gb/sec.*ACTIVE")


def with_environment(project: Project, trace: Trace | None) -> tuple[Project, tuple[str, ...]]:
    """Return the project with the blanks of its run description filled from a capture, and the keys that were filled.

    Only what our own capture kit recorded counts: other logs name a driver or a card by the way.
    """
    if trace is None or CAPTURE not in trace.environment:
        return project, ()
    return _filled(project, [*_told(trace.environment, _task(project)), *_machine(trace)])


def with_environment_text(project: Project, text: str) -> tuple[Project, tuple[str, ...]]:
    """Return the project with its blanks filled from the output of commands (`environment_of_text`), and the keys that were filled."""
    told = environment_of_text(text)
    return _filled(project, [*_told(told, _task(project)), ("node.cpu", _cpu(told))])


def with_environment_files(project: Project, paths: Sequence[Path]) -> tuple[Project, tuple[str, ...]]:
    """Return the project with its blanks filled from files: text of commands, or archives of the capture kit.

    Raises EngineError where a file cannot be read or tells nothing of a machine.
    """
    filled: list[str] = []
    for path in paths:
        text = _text(path)
        if text is None:
            reading = pipeline.read_traces([path])
            if reading.run is None or CAPTURE not in reading.run.environment:
                raise EngineError("intake.no_environment", file=path)
            project, keys = with_environment(project, reading.run)
        elif not environment_of_text(text):
            raise EngineError("intake.no_environment", file=path)
        else:
            project, keys = with_environment_text(project, text)
        filled += keys
    return project, tuple(filled)


def _text(path: Path) -> str | None:
    """Return the text of a file, None for an archive. Raises EngineError where it cannot be read."""
    from app.engine.reading import container_kind

    try:
        if path.is_dir() or container_kind(path):
            return None
        with path.open("rb") as file:
            return decode(file.read(MOST_CHARACTERS))
    except FileNotFoundError as error:
        raise EngineError("reading.not_found", file=path) from error
    except OSError as error:
        raise EngineError("reading.not_readable", file=path, detail=error.strerror or str(error)) from error
    except ValueError as error:
        raise EngineError("intake.no_environment", file=path) from error


def _task(project: Project) -> str:
    return project.workload.task if project.workload else "pretrain"


def _filled(project: Project, told: Sequence[tuple[str, Value]]) -> tuple[Project, tuple[str, ...]]:
    workload, requirement = project.workload or Workload("", "pretrain"), project.requirement
    filled: list[str] = []
    for key, value in told:
        if value and key not in workload.stated and value_of(workload, requirement, key) == blank_of(key):
            workload, requirement = with_value(workload, requirement, key, value)
            filled.append(key)
    if not filled:
        return project, ()
    return changed(project, workload=replace(workload, stated=tuple(dict.fromkeys(workload.stated)))), tuple(filled)


def _told(told: dict[str, str], task: str) -> Iterator[tuple[str, Value]]:
    """Yield the keys of [workload] that a machine's software tells. "CUDA Version" of nvidia-smi is none: the driver could run it."""
    packages = {name.removeprefix("package.").replace("_", "-"): version for name, version in told.items() if name.startswith("package.")}
    yield "workload.os", told.get("os", "")
    yield "workload.cpu_arch", told.get("cpu_arch", "")
    yield "workload.framework", _framework(packages)
    yield "workload.engine", next((engine for package, engine in _ENGINES[task == "inference"] if package in packages), "")
    yield "workload.driver", told.get("driver", "")
    yield "workload.toolkit", _toolkit(told, packages.get("torch", ""))
    yield "workload.python", ".".join(told.get("python", "").split(".")[:2])


def _machine(trace: Trace) -> Iterator[tuple[str, Value]]:
    """Yield the keys that the devices and ports of a capture tell."""
    told = trace.environment
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


def _framework(packages: dict[str, str]) -> str:
    found = next(((name, packages[package]) for package, name in _FRAMEWORKS if package in packages), None)
    return f"{found[0]} {found[1].partition('+')[0]}" if found else ""


def _toolkit(told: dict[str, str], torch: str) -> str:
    """Return the tool kit that is installed; else the one that the torch wheel was built with ("2.3.1+cu121")."""
    for key, name in _TOOLKITS:
        if version := told.get(key, ""):
            return f"{name} {version}"
    for pattern, name in _BUILDS:
        if found := re.search(pattern, torch):
            return f"{name} {'.'.join(part for part in found.groups() if part)}"
    return ""


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

"""The user's own measured runs: tables in his data folder, and what the open project holds beside its table.

`DATA/measured/NAME-DIGEST.csv` (or .xlsx) is a table as it was added, whole and unchanged; its digest is that of its content, so that the
same table is there once. Nothing of it enters a prediction unless it is asked for.
"""

import csv
import datetime
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.known import platforms_by_id, read_measured
from app.engine.model.measurements import MeasuredRun, RunTable
from app.engine.model.projects import Project, project_runs
from app.engine.paths import replacing, user_folder

DIGEST_LETTERS = 8
SUFFIXES = (".csv", ".xlsx")
WRITTEN = (
    "case", "workload", "task", "phase", "framework", "precision", "parallelism", "seq_len", "micro_batch", "global_batch", "platform",
    "gpus", "nodes", "interconnect", "speed", "unit", "better", "mem_per_gpu_gib", "source",
)  # fmt: skip


class OwnTable(Struct, frozen=True):
    """One table of the library.

    measured  sound rows with a speed; problems: what is wrong with the others
    unknown   platforms that the base does not know, whose rows say nothing
    """

    name: str
    rows: int
    measured: int
    cases: int
    platforms: tuple[str, ...]
    unknown: tuple[str, ...]
    added: str
    digest: str
    problems: int = 0


def library_folder() -> Path:
    """Return the folder of the user's tables, made if need be. Raises OSError when it cannot be made."""
    folder = user_folder("data") / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tables() -> tuple[OwnTable, ...]:
    """Return the tables of the library by name; one that cannot be read any more is left out."""
    found = []
    for path in _files():
        try:
            found.append(_told(path, _read(path)))
        except EngineError:
            continue
    return tuple(found)


def add_table(path: Path) -> OwnTable:
    """Add a table. Raises EngineError where it cannot be read or holds no measured run; a table that is there already stays as it is."""
    path = Path(path)
    if not any(run.speed is not None for run in _read(path).runs):
        raise EngineError("own_runs.nothing_measured", file=path)
    content = path.read_bytes()
    suffix = ".xlsx" if content.startswith(b"PK\x03\x04") else ".csv"
    return _keep(path.stem, content, suffix)


def add_runs(name: str, runs: Sequence[MeasuredRun]) -> OwnTable:
    """Add the measured runs of a project as a table of this name."""
    measured = [run for run in runs if run.speed is not None]
    if not measured:
        raise EngineError("own_runs.nothing_measured", file=name)
    return _keep(name, _as_table(measured), ".csv")


def remove_table(name: str) -> OwnTable:
    """Remove a table, named as `tables` names it or by the beginning of that. Raises EngineError where none or several are meant."""
    known = [path for path in _files() if path.stem.startswith(name)]
    exact = [path for path in known if path.stem == name]
    if len(exact or known) != 1 or not name:
        raise EngineError("own_runs.no_such_table", name=name, tables=[path.stem for path in _files()] or ["—"])
    path = (exact or known)[0]
    try:
        told = _told(path, _read(path))
    except EngineError:  # damaged: to be removed all the more
        told = OwnTable(path.stem, 0, 0, 0, (), (), "", "")
    with _writing(path):
        path.unlink()
    return told


def library_runs() -> tuple[MeasuredRun, ...]:
    """Return the measured runs of the whole library; cases of different tables are different cases."""
    found: list[MeasuredRun] = []
    for path in _files():
        try:
            found += own_cases(_read(path).runs, path.stem)
        except EngineError:
            continue
    return tuple(found)


def own_cases(runs: Sequence[MeasuredRun], table: str) -> list[MeasuredRun]:
    """Return the measured runs of a table, their cases and, where it names none, their source named after it."""
    return [msgspec.structs.replace(run, case=f"{table}: {run.case}", source=run.source or table) for run in runs if run.speed is not None]


def evidence_of(project: Project) -> tuple[MeasuredRun, ...]:
    """Return what a project can learn from beside what ships: the library, and its trial runs beside the runs they belong to."""
    known = project_runs(project)
    tried = _trials(project, known)
    beside = [msgspec.structs.replace(run, case="trials", source=run.source or "trials") for run in known if run.speed is not None]
    return (*beyond(library_runs(), known), *((*beside, *tried) if tried else ()))


def beyond(own: Sequence[MeasuredRun], known: Sequence[MeasuredRun]) -> tuple[MeasuredRun, ...]:
    """Return own runs without the cases that say no more than what is known of the predicted ones, which would count twice."""
    held = {_identity(run) for run in known if run.speed is not None}
    fresh = {run.case for run in own if _identity(run) not in held}
    return tuple(run for run in own if run.case in fresh)


def evidence_digest(runs: Sequence[MeasuredRun]) -> str:
    """Return what tells one set of own runs from another, "" for none."""
    return hashlib.sha256(msgspec.json.encode(runs)).hexdigest() if runs else ""


def _trials(project: Project, known: Sequence[MeasuredRun]) -> list[MeasuredRun]:
    first = next((run for run in known if run.speed is not None), None)
    if first is None:
        return []
    return [
        msgspec.structs.replace(
            first, case="trials", platform=one.platform, gpus=one.gpus, speed=one.measured, nodes=None, source=one.source or "trials"
        )
        for one in project.trials
        if one.unit == first.unit
    ]


def _identity(run: MeasuredRun) -> tuple[object, ...]:
    return (run.workload, run.task, run.precision, run.platform, run.gpus, run.micro_batch, run.global_batch, run.unit, run.speed)


def _files() -> list[Path]:
    try:
        return sorted(path for path in library_folder().iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
    except OSError:
        return []


def _read(path: Path) -> RunTable:
    """Read a table once for as long as it stays as it is. Raises EngineError where it is no table."""
    try:
        told = path.stat()
    except OSError as error:
        raise EngineError("paraselect.not_found", file=path) from error
    return _read_once(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=64)
def _read_once(path: Path, _time_ns: int, _size: int) -> RunTable:
    return read_measured(path)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError("own_runs.not_written", file=path, detail=error.strerror or str(error)) from error


def _keep(name: str, content: bytes, suffix: str) -> OwnTable:
    digest = hashlib.sha256(content).hexdigest()
    present = next((path for path in _files() if hashlib.sha256(path.read_bytes()).hexdigest() == digest), None)
    if present is not None:
        return _told(present, _read(present))
    safe = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name).strip(" .") or "runs"
    target = library_folder() / f"{safe[:60]}-{digest[:DIGEST_LETTERS]}{suffix}"
    with _writing(target), replacing(target) as temporary:
        temporary.write_bytes(content)
    return _told(target, _read(target))


def _told(path: Path, table: RunTable) -> OwnTable:
    runs, known = table.runs, platforms_by_id()
    named = sorted({run.platform for run in runs})
    added = datetime.datetime.fromtimestamp(path.stat().st_mtime, tz=datetime.UTC).date().isoformat()
    return OwnTable(
        path.stem,
        len(runs),
        sum(run.speed is not None for run in runs),
        len({run.case for run in runs}),
        tuple(name for name in named if name in known),
        tuple(name for name in named if name not in known),
        added,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        len(table.problems),
    )


def _as_table(runs: Sequence[MeasuredRun]) -> bytes:
    further = list(dict.fromkeys(key for run in runs for key in run.extra))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*WRITTEN, *further])
    for run in runs:
        cells = (getattr(run, name) for name in WRITTEN)
        writer.writerow(["" if cell is None else cell for cell in cells] + [run.extra.get(key, "") for key in further])
    return text.getvalue().encode()

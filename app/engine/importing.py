"""Files into a project: what must be asked first, what becomes of each file, and the line that says so.

The faces ask (`questions`) and call `take_in` with the answers; what is taken and what is not is decided here.
"""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.environment import with_environment
from app.engine.errors import EngineError
from app.engine.intake import Purpose, Sorted
from app.engine.messages import Message, message
from app.engine.model.mappings import TableMapping, TablePreview, mapping_of
from app.engine.model.measurements import MeasuredRun, RunTable
from app.engine.model.projects import Project, changed
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import RunParameters, Workload
from app.engine.pipeline import Reading
from app.engine.progress import Progress, no_progress

SecondTrace: TypeAlias = Literal["replace", "merge", "compare"]
Read: TypeAlias = Callable[[Sequence[Path], Progress, Sequence[TableMapping]], Reading]
GOES: tuple[Purpose, ...] = ("trace", "run", "model", "questionnaire", "measured", "prices")
MOST_NAMED = 4
GUESSED = ("reading.doubtful_column", "reading.unmapped_columns")


class Case(Struct, frozen=True):
    """One case of a table of measured runs, to choose from."""

    name: str
    workload: str
    platforms: tuple[str, ...]
    rows: int
    known: int


class Questions(Struct, frozen=True):
    """What a person must say before files are taken in.

    cases     tables that hold several cases; `likely` is the one that sounds like the workload, "" where none does
    tables    tables whose time column nobody told
    has_run   there is a trace already and another one comes
    """

    cases: dict[Path, tuple[Case, ...]] = {}
    likely: dict[Path, str] = {}
    tables: dict[Path, TablePreview] = {}
    has_run: bool = False


class Answers(Struct, frozen=True):
    """What was said. A table of several cases without an entry in `cases` is not taken."""

    cases: dict[Path, str] = {}
    mappings: tuple[TableMapping, ...] = ()
    second_trace: SecondTrace = "replace"


class Outcome(Struct, frozen=True):
    """The project afterwards, what to say about it (None where nothing was taken) and what could not be read.

    problems  of tables that were taken without their faulty rows
    doubts    tables of which columns were guessed, with what was guessed
    """

    project: Project
    told: Message | None = None
    errors: tuple[EngineError, ...] = ()
    problems: tuple[EngineError, ...] = ()
    doubts: dict[Path, tuple[Message, ...]] = {}


def questions(project: Project, found: Sorted, mappings: Sequence[TableMapping] = (), progress: Progress = no_progress) -> Questions:
    """Return what must be asked before these files are taken in. A file that cannot be read is no question: `take_in` reports it."""
    cases: dict[Path, tuple[Case, ...]] = {}
    likely: dict[Path, str] = {}
    tables: dict[Path, TablePreview] = {}
    progress(0.0, "intake.doing.look")
    for path in newest_of(found.of("measured")):
        try:
            listed = cases_of(pipeline.read_measured(path).runs)
        except EngineError:
            continue
        if len(listed) > 1:
            cases[path], likely[path] = listed, likely_case(listed, project)
    for path in found.of("trace"):
        preview = uncertain_table(path)
        if preview is not None and mapping_of(preview.heads, mappings) is None:
            tables[path] = preview
    return Questions(cases, likely, tables, project.trace is not None and bool(found.of("trace")))


def newest_of(paths: Sequence[Path]) -> Sequence[Path]:
    """Return the file that was changed last, as a list of one; an empty one for none."""
    return sorted(paths, key=lambda path: (path.stat().st_mtime if path.is_file() else 0.0, path.name))[-1:]


def not_taken(paths: Sequence[Path]) -> list[Message]:
    """Return what to say of several files of which only the newest is taken."""
    others = [path.name for path in paths if path not in newest_of(paths)]
    return [message("intake.told.newest", taken=newest_of(paths)[0].name, left=others[:MOST_NAMED])] if others else []


def uncertain_table(path: Path) -> TablePreview | None:
    """Return the beginning of a table that has no time column by name or one that holds no times; None for every other file."""
    from app.engine.reading import preview_table, recognise

    try:
        if recognise(path) != "table":
            return None
        preview = preview_table(path)
    except EngineError:
        return None
    times = [one.certain for one in preview.columns if one.guess.role == "time"]
    return None if any(times) else preview


def cases_of(runs: Sequence[MeasuredRun]) -> tuple[Case, ...]:
    """Return the cases of a table in its order."""
    groups: dict[str, list[MeasuredRun]] = {}
    for run in runs:
        groups.setdefault(run.case, []).append(run)
    return tuple(
        Case(
            name,
            next((run.workload for run in group if run.workload), ""),
            tuple(dict.fromkeys(run.platform for run in group)),
            len(group),
            sum(run.speed is not None for run in group),
        )
        for name, group in groups.items()
    )


def likely_case(cases: Sequence[Case], project: Project) -> str:
    """Return the case whose workload sounds like that of the project, "" where none does."""
    if project.workload is None:
        return ""
    wanted = project.workload.name.lower()

    def likeness(case: Case) -> float:
        return max(difflib.SequenceMatcher(None, wanted, word.lower()).ratio() for word in (case.workload, case.name))

    best = max(cases, key=likeness)
    return best.name if likeness(best) > 0.5 else ""  # noqa: PLR2004 - below it the likeness is chance


def take_in(project: Project, found: Sorted, answers: Answers, read: Read, progress: Progress = no_progress) -> Outcome:
    """Return the project with these files in it; a file that cannot be read does not stop the rest."""
    errors: list[EngineError] = list(found.unreadable)
    taken: list[tuple[Purpose, int]] = []
    left: list[Message] = []
    problems: list[EngineError] = []
    doubts: dict[Path, tuple[Message, ...]] = {}
    before = project
    for purpose in GOES:
        paths = found.of(purpose)
        if not paths:
            continue
        if purpose == "trace":
            reading = read(paths, progress, answers.mappings)
            errors.extend(reading.unreadable)
            doubts = _doubts(paths, reading)
            project, count = _with_run(project, reading, answers.second_trace), len(reading.traces)
        else:
            project, count = _with_newest(project, purpose, paths, answers, errors, left, problems)
        if count:
            taken.append((purpose, count))
    if project is before:
        return Outcome(project, None, tuple(errors), tuple(problems), doubts)
    project, filled = with_environment(project, project.trace)
    if filled:
        left.append(message("intake.told.filled", keys=[message(f"page_requirement.field.{key}") for key in filled]))
    if not project.name and project.workload:
        project = changed(project, name=project.requirement.customer or project.workload.name)
    unknown = found.of("unknown")
    if unknown:
        left.append(message("intake.told.unknown", count=len(unknown)))
    return Outcome(project, _told(taken, left), tuple(errors), tuple(problems), doubts)


def _with_run(project: Project, reading: Reading, second: SecondTrace) -> Project:
    run = reading.run
    if run is None:
        return project
    if project.trace is None or second == "replace":
        return changed(project, trace=run)
    if second == "compare":
        return changed(project, comparison=run)
    from app.engine.reading import merge_traces

    return changed(project, trace=merge_traces((project.trace, run)))


def _doubts(paths: Sequence[Path], reading: Reading) -> dict[Path, tuple[Message, ...]]:
    by_name = {path.name: path for path in paths}
    found = {}
    for trace in reading.traces:
        guessed = tuple(warning for warning in trace.warnings if warning.code in GUESSED)
        if trace.files[0].format == "table" and guessed:
            found[by_name[trace.files[0].name]] = guessed
    return found


def _with_newest(
    project: Project,
    purpose: Purpose,
    paths: Sequence[Path],
    answers: Answers,
    errors: list[EngineError],
    left: list[Message],
    problems: list[EngineError],
) -> tuple[Project, int]:
    """Take the newest of several files of one purpose, of which a project holds one; say which were left."""
    if purpose in ("run", "model"):
        return _with_descriptions(project, paths, errors, left)
    (newest,) = newest_of(paths)
    left.extend(not_taken(paths))
    try:
        if purpose == "questionnaire":
            from app.engine.questionnaire import with_questionnaire

            return with_questionnaire(project, newest, left, problems), 1
        if purpose == "measured":
            table = pipeline.read_measured(newest)
            problem = problem_of(table)
            problems += [problem] if problem else []
            return pipeline.with_measured(project, table, answers.cases.get(newest, "")), 1
        return pipeline.with_prices(project, newest), 1
    except EngineError as error:
        errors.append(error)
        return project, 0


def problem_of(table: RunTable) -> EngineError | None:
    """Return in one what is wrong with a table of measured runs, None where all of it is sound. Raises it where no row can be used."""
    told = [message("run_table.place", where=one.place, what=one.what) for one in table.problems[:MOST_NAMED]]
    rest = len(table.problems) - len(told)
    first = [*told, message("run_table.more", count=rest)] if rest else told
    if not table.runs:
        raise EngineError("run_table.none_taken", file=table.file, first=first)
    return EngineError("run_table.taken_with_problems", file=table.file, count=len(table.problems), first=first) if told else None


def _with_descriptions(project: Project, paths: Sequence[Path], errors: list[EngineError], left: list[Message]) -> tuple[Project, int]:
    """Take the newest whole description, then what each newest file of a part adds to it."""
    kinds: dict[str, list[Path]] = {}
    for path in paths:
        kinds.setdefault(pipeline.part_of_run(path), []).append(path)
    count = 0
    for kind in sorted(kinds):  # "" first: a whole one
        left.extend(not_taken(kinds[kind]))
        (newest,) = newest_of(kinds[kind])
        try:
            project, notes = _described(project, newest)
        except EngineError as error:
            errors.append(error)
            continue
        left.extend(notes[:MOST_NAMED])
        count += 1
    return project, count


def _described(project: Project, path: Path) -> tuple[Project, tuple[Message, ...]]:
    workload, requirement = pipeline.read_run_description(path)
    present = project.workload
    if present is not None and "workload.task" not in workload.stated:
        return changed(project, workload=_merged(present, workload)), workload.notes
    notes = workload.notes
    if workload.model is None and present is not None and present.model is not None and not workload.source.endswith(".toml"):
        workload = replace(workload, model=present.model)
        notes = (*notes, message("intake.told.model_kept"))
    blank = requirement == Requirement()
    return changed(project, workload=workload, requirement=project.requirement if blank else requirement), notes


def _merged(present: Workload, part: Workload) -> Workload:
    """Return a workload with what a part of a description tells: its model, its run parameters, what it states besides."""
    quantised = () if present.task in ("inference", "qlora") else ("weight_bits", "quant_group")
    blank = RunParameters()
    told = [name for name in blank.__struct_fields__ if f"run.{name}" in part.stated or getattr(part.run, name) != getattr(blank, name)]
    run = replace(present.run, **{name: getattr(part.run, name) for name in told if name not in quantised})
    notes = (*(said for said in present.notes if said not in part.notes), *part.notes)
    head = {key: getattr(part, key) for key in ("precision", "engine") if f"workload.{key}" in part.stated}
    stated = tuple(dict.fromkeys((*present.stated, *(key for key in part.stated if key.partition(".")[2] not in quantised))))
    return replace(present, **head, model=part.model or present.model, run=run, stated=stated, notes=notes)


def _told(taken: Sequence[tuple[Purpose, int]], left: Sequence[Message]) -> Message:
    parts = [message(f"intake.taken.{purpose}", count=count) for purpose, count in taken]
    whole = message("intake.told.imported", count=sum(count for _, count in taken), parts=parts)
    return message("intake.told.with_rest", whole=whole, rest=left) if left else whole

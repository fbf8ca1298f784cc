"""The story on one page: what happens to a customer's files, in order. The only module that knows all stages.

files ─ reading ─► Trace ─ profiling ─► Profile ─┐
run.toml ─ workload ─► Workload, VRAM ───────────┼─ assessing ─► Assessment ─┐
platform_db ─ platform_store ─► Platform ────────┤                           ├─ proposing ─► PDF, XLSX
measured runs ───────────────────────────────────┴─ paraselect ─► Prediction ┤
price sheet ─ platform_store ─► Price ───────────── selecting ──► Plans ─────┘

Functions on a Project return a new one; `recompute` brings every stale stage up to date. Stages are imported where they are called, so
that a command loads only what it uses.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from app.engine.documents import document_name, export_checks, proposal_texts, without_names, write_proposal, write_table, writing
from app.engine.errors import EngineError
from app.engine.estimating import estimate_serving, scale_table
from app.engine.known import catalogue, catalogue_of, knowledge, platforms_by_id, read_measured, shipped_runs
from app.engine.messages import Message, message
from app.engine.model.estimates import Fit, Prediction
from app.engine.model.mappings import TableMapping
from app.engine.model.measurements import MeasuredRun, RunTable
from app.engine.model.plans import PriceSheet
from app.engine.model.profiles import Profile
from app.engine.model.projects import Project, ProposalSettings, changed
from app.engine.model.requirements import Requirement
from app.engine.model.traces import Trace
from app.engine.model.workloads import Workload
from app.engine.paths import replacing, sample_folder
from app.engine.progress import Progress, no_progress, part_of
from app.engine.recomputing import assess_workload, compare_runs, estimate_vram, plan_points, profile_trace, recommend_kind, recompute
from app.engine.refitting import predict_table

if TYPE_CHECKING:
    from app.engine.workload import Fault

Predictions: TypeAlias = tuple[Prediction, ...]
PROFILE_SECTIONS = ("characteristics", "assumptions")


class Reading(Struct, frozen=True):
    """What became of a set of files: each trace, all of them as one run, and those that could not be read."""

    traces: tuple[Trace, ...]
    run: Trace | None
    unreadable: tuple[EngineError, ...] = ()


class Inputs(Struct, frozen=True):
    """The files that make a project. `run` is a run.toml or a config.json."""

    run: Path
    traces: tuple[Path, ...] = ()
    measured: Path | RunTable | None = None
    case: str = ""
    prices: Path | None = None


class Documents(Struct, frozen=True):
    """What was written."""

    pdf: Path
    xlsx: Path
    pages: int
    plans: int
    docx: Path | None = None
    png: Path | None = None


# Stage by stage ---------------------------------------------------------------------------------------------------------------------


def read_traces(
    paths: Sequence[Path],
    progress: Progress = no_progress,
    mappings: Sequence[TableMapping] = (),
    *,
    offsets_ns: Mapping[str, int] | None = None,
    use_cache: bool = True,
) -> Reading:
    """Read files, archives and folders and put them on one time axis; what could not be read is in `unreadable`.

    mappings    what a person said of the columns of tables with these heads
    offsets_ns  name of a file (as in Trace.files) -> ns that the user adds to its times, instead of the alignment that was found
    """
    from app.engine.reading import merge_traces, read_files

    result = read_files(paths, part_of(progress, 0.0, 0.95), mappings, use_cache=use_cache)
    run = merge_traces(result.traces, offsets_ns or {}, part_of(progress, 0.95, 1.0))
    return Reading(result.traces, run, result.unreadable)


def read_run_description(path: Path) -> tuple[Workload, Requirement]:
    """Read a run.toml, a Hugging Face config.json, arguments of Megatron, DeepSpeed, LLaMA-Factory or a serving engine."""
    from app.engine.workload import load_run

    return load_run(path)


def part_of_run(path: Path) -> str:
    """Return the format of a file that tells a part of a run only (a model, how it is sharded), "" for a whole one or none."""
    from app.engine.workload import part_format

    return part_format(path)


def write_run_description(workload: Workload, requirement: Requirement, path: Path) -> None:
    """Write a run.toml that reads back as the same. Raises EngineError where it cannot be written."""
    from app.engine.workload import write_run

    with writing(path):
        write_run(workload, requirement, path)


def input_faults(workload: Workload, requirement: Requirement, today: datetime.date) -> "tuple[Fault, ...]":
    """Return what is wrong with a run description by the rules of all stages, each at its key."""
    from app.engine.selecting import parse_work
    from app.engine.workload import Fault, check_run

    found = list(check_run(workload, requirement, today))
    try:
        parse_work(requirement.work)
    except EngineError:
        found.append(Fault("requirement.work", message("checking.bad_work", work=requirement.work)))
    if workload.run.platform and workload.run.platform not in platforms_by_id():
        found.append(Fault("run.platform", message("checking.unknown_platform", platform=workload.run.platform), "warning"))
    return tuple(found)


def fit_table(runs: Sequence[MeasuredRun], case: str, *, reference: str = "", loss: str = "rmse") -> Fit:
    """Fit k1..k4 of one case of a table."""
    from app.engine.paraselect import fit_told

    return fit_told(runs, platforms_by_id(), choose_case(runs, case), shipped_runs(), reference=reference, loss=loss)


def write_predicted_table(table: Path, predictions: Sequence[Prediction], out: Path, say: Callable[[Message], str]) -> None:
    """Write a table with its predictions as further columns; the input is never changed."""
    from app.engine.paraselect import write_predictions

    with writing(out):
        write_predictions(table, predictions, out, say)


def read_prices(path: Path, *, hidden: bool = False) -> PriceSheet:
    """Read a price sheet as its layout was explained before; its problems are in the result, row by row."""
    from app.engine.mapping_store import known_price_mappings
    from app.engine.platform_store import read_price_sheet

    return read_price_sheet(path, catalogue(), known_price_mappings(), hidden=hidden)


def write_price_template(path: Path, lang: str) -> None:
    """Write an empty price sheet to fill in."""
    from app.engine.platform_store import write_price_template as write

    with writing(path):
        write(path, lang)


def check_platforms() -> tuple:
    """Return what is wrong in the platform database and the site layer: file, row, key, what (with its remedy)."""
    from app.engine.platform_base import check_all

    return check_all()


def choose_case(runs: Sequence[MeasuredRun], case: str) -> str:
    """Return the case that is meant. Raises EngineError listing the cases when none is named and the table holds several."""
    cases = list(dict.fromkeys(run.case for run in runs))
    if case:
        if case not in cases:
            raise EngineError("pipeline.no_such_case", case=case, cases=cases[:8])
        return case
    if len(cases) != 1:
        raise EngineError("pipeline.which_case", count=len(cases), cases=cases[:8])
    return cases[0]


# A whole project --------------------------------------------------------------------------------------------------------------------


def new_project(inputs: Inputs, progress: Progress = no_progress, *, compute: bool = True) -> Project:
    """Read all files of a project and, unless told otherwise, compute every stage that they allow."""
    workload, requirement = read_run_description(inputs.run)
    project = Project(name=requirement.customer or workload.name, workload=workload, requirement=requirement)
    if inputs.traces:
        reading = read_traces(inputs.traces, part_of(progress, 0.0, 0.6))
        if reading.unreadable:
            raise reading.unreadable[0]
        project = changed(project, trace=reading.run)
    if inputs.measured:
        project = with_measured(project, inputs.measured, inputs.case)
    if inputs.prices:
        project = with_prices(project, inputs.prices)
    return recompute(project, part_of(progress, 0.6, 1.0)) if compute else project


def with_measured(project: Project, table: Path | RunTable, case: str = "") -> Project:
    """Return the project with the measured runs of one case of a table."""
    runs = (table if isinstance(table, RunTable) else read_measured(table)).runs
    chosen = choose_case(runs, case)
    return changed(project, measured=tuple(run for run in runs if run.case == chosen), case=chosen)


def with_prices(project: Project, path: Path) -> Project:
    """Return the project with the prices of a sheet."""
    return changed(project, prices=read_prices(path))


# Documents --------------------------------------------------------------------------------------------------------------------------


def write_documents(
    project: Project,
    folder: Path,
    lang: str,
    progress: Progress = no_progress,
    *,
    name: str = "proposal",
    docx: bool = False,
    png: bool = False,
) -> Documents:
    """Write NAME.pdf and NAME.xlsx into a folder, made if need be; where asked, the Word file and the picture. Raises EngineError."""
    folder = Path(folder)
    pdf, xlsx = folder / f"{name}.pdf", folder / f"{name}.xlsx"
    further = {kind: folder / f"{name}.{kind}" for kind, wanted in (("docx", docx), ("png", png)) if wanted}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        pages = write_proposal(project, lang, pdf=pdf, xlsx=xlsx, progress=progress, **further)
    return Documents(pdf, xlsx, pages, len(project.selection.plans) if project.selection else 0, **further)


def write_profile_report(trace: Trace, profile: Profile, workload: Workload | None, path: Path, lang: str) -> int:
    """Write the report on the characteristics of one run and return its pages. Raises EngineError where it cannot be written."""
    from app.engine.proposing import build_proposal, write_pdf

    project = Project(
        name=trace.files[0].name, workload=workload, trace=trace, profile=profile, settings=ProposalSettings(sections=PROFILE_SECTIONS)
    )
    with writing(path), replacing(path) as temporary:
        return write_pdf(build_proposal(project, platforms_by_id(), lang), temporary)


def sample_inputs() -> Inputs:
    """Return the files of the sample project that ships with the program."""
    folder = sample_folder()
    traces = tuple(sorted(path for path in (folder / "traces").iterdir() if not path.name.startswith(".")))
    return Inputs(folder / "run.toml", traces, folder / "measured.csv", "", folder / "prices.xlsx")


__all__ = [
    "Documents",
    "Inputs",
    "Reading",
    "assess_workload",
    "catalogue",
    "catalogue_of",
    "check_platforms",
    "choose_case",
    "compare_runs",
    "estimate_serving",
    "estimate_vram",
    "document_name",
    "export_checks",
    "fit_table",
    "input_faults",
    "knowledge",
    "new_project",
    "plan_points",
    "platforms_by_id",
    "predict_table",
    "profile_trace",
    "proposal_texts",
    "read_measured",
    "read_prices",
    "read_run_description",
    "read_traces",
    "recommend_kind",
    "recompute",
    "sample_inputs",
    "scale_table",
    "shipped_runs",
    "with_measured",
    "without_names",
    "with_prices",
    "write_documents",
    "write_predicted_table",
    "write_price_template",
    "write_profile_report",
    "write_proposal",
    "write_run_description",
    "write_table",
]

"""What the program knows before any customer's file is read: platforms, software support, measured runs; each read once.

The platform base has three layers: what ships, what the site says (read again when its file has changed) and what the project says.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.amounts import Sparsity
from app.engine.model.corrections import CorrectedRate, Software
from app.engine.model.costs import CostTerms
from app.engine.model.layers import FactChange, SiteData
from app.engine.model.measurements import MeasuredRun, RunTable
from app.engine.model.platforms import Knowledge, Platform
from app.engine.model.projects import Project
from app.engine.model.sensitivities import DemandStrategy
from app.engine.paths import platform_db_folder, site_folder

if TYPE_CHECKING:
    from app.engine.platform_store import Catalogue

MOST_NEAR, LONGEST_NAME = 3, 60
Told = TypeVar("Told", CorrectedRate, Software)


def catalogue() -> "Catalogue":
    """Return the platforms as this site knows them. A site layer that is damaged is left out; `site_fault` tells of it."""
    return _layered(*_site_state(), ())


def catalogue_of(project: Project) -> "Catalogue":
    """Return the platforms as this project knows them: the site's, with the project's own changes."""
    return _layered(*_site_state(), project.platform_changes)


def platforms_by_id() -> dict[str, Platform]:
    """Return all platforms under their ids."""
    return catalogue().by_id


@cache
def shipped_catalogue() -> "Catalogue":
    """Return the platforms that ship with the program, read once."""
    from app.engine.platform_store import load_catalogue

    return load_catalogue()


def site_data() -> SiteData:
    """Return what the site adds, nothing where it cannot be read."""
    return _site(*_site_state())[0]


def site_fault() -> EngineError | None:
    """Return what is wrong with the site layer, None where it is sound or not there."""
    return _site(*_site_state())[1]


def site_digest() -> str:
    """Return what tells one state of the site layer from another, "" where there is none."""
    from app.engine.platform_store import site_digest as digest

    return digest(site_data())


def _site_state() -> tuple[str, int, int]:
    """Return the folder of the site layer and what changes whenever its file does."""
    try:
        folder = site_folder()
    except OSError:
        return "", 0, 0
    try:
        told = (folder / "site.json").stat()
    except OSError:
        return str(folder), 0, 0
    return str(folder), told.st_mtime_ns ^ told.st_ino, told.st_size


@lru_cache(maxsize=4)
def _site(folder: str, _time_ns: int, _size: int) -> tuple[SiteData, EngineError | None]:
    from app.engine.platform_store import check_site, read_site

    if not folder:
        return SiteData(), None
    try:
        found = read_site(Path(folder))
    except EngineError as error:
        return SiteData(), error
    problems = check_site(found, shipped_catalogue())
    if problems:
        first = problems[0]
        return SiteData(), EngineError(
            first.what.code, file=Path(folder) / first.file, place=f"{first.row}:{first.key}", **first.what.params
        )
    return found, None


@lru_cache(maxsize=8)
def _layered(folder: str, time_ns: int, size: int, changes: Sequence[FactChange]) -> "Catalogue":
    from app.engine.platform_store import effective

    return effective(shipped_catalogue(), _site(folder, time_ns, size)[0], changes)


@cache
def knowledge() -> Knowledge:
    """Return what is known of software on the platform families, read once."""
    from app.engine import platform_store

    return Knowledge(
        operators=platform_store.load_operator_support(),
        canonical=platform_store.load_operators(),
        families=platform_store.load_families(),
        effort=platform_store.load_effort_priors(),
        precision=platform_store.load_precision_notes(),
        porting=platform_store.load_porting(),
        stacks=platform_store.load_stacks(),
        models=platform_store.load_models(),
    )


@cache
def cost_terms() -> CostTerms:
    """Return the forms of service and what is assumed of costs, read once."""
    from app.engine.platform_store import load_cost_terms

    return load_cost_terms()


@cache
def demand_strategies() -> tuple[DemandStrategy, ...]:
    """Return which product and service suit a demand, read once."""
    from app.engine.platform_store import load_demand_strategies

    return load_demand_strategies()


@cache
def sparsity() -> tuple[Sparsity, ...]:
    """Return which architectures gain by structured sparsity, read once."""
    from app.engine.platform_store import load_sparsity

    return load_sparsity()


@cache
def shipped_runs() -> tuple[MeasuredRun, ...]:
    """Return the measured runs that ship with the program."""
    from app.engine.paraselect import read_runs

    return read_runs(platform_db_folder() / "measured" / "measured.csv")


def read_measured(path: Path) -> RunTable:
    """Read a table of measured runs, CSV or .xlsx: the sound rows, and what is wrong with the others."""
    from app.engine.paraselect import read_table

    return read_table(path, _platform_fault)


def _platform_fault(name: str) -> Message | None:
    """Return what is wrong with a platform's name and which ids are meant or near, None for an id."""
    return _fault_of_name(name, site_digest())


@lru_cache(maxsize=4096)
def _fault_of_name(name: str, _site: str) -> Message | None:
    found = catalogue().match(name)
    if found.certainty == "exact":
        return None
    if found.platforms:
        return message("run_table.platform_name", platform=name[:LONGEST_NAME], near=found.platforms[:MOST_NEAR])
    near = catalogue().near(name, MOST_NEAR)
    return message("run_table.platform_unknown" if near else "run_table.platform_strange", platform=name[:LONGEST_NAME], near=near)


def shipped_rates() -> tuple[CorrectedRate, ...]:
    """Return the corrected rates that ship with the program."""
    from app.engine import paraselect

    return paraselect.shipped_rates()


def shipped_software() -> tuple[Software, ...]:
    """Return the software factors that ship with the program."""
    from app.engine import paraselect

    return paraselect.shipped_software()


def of_platform(told: Sequence[Told], platform: str) -> tuple[Told, ...]:
    """Return what is told of one platform."""
    return tuple(one for one in told if one.platform == platform)

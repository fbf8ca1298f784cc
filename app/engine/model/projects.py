"""Project: everything of one customer case, as saved; an immutable snapshot.

Each stage's result is stored with the hash of its inputs. A result whose inputs have changed since is *stale*: it is shown, marked and
recomputed on request; nothing is deleted. This rule lives here and nowhere else.
"""

import datetime
import hashlib
from functools import lru_cache

import msgspec
import numpy as np
from msgspec import Struct

from app.engine.model.assessments import Assessment, EffortSettings
from app.engine.model.estimates import Fit, MemoryEstimate, Prediction
from app.engine.model.kinds import PlatformKind
from app.engine.model.layers import FactChange
from app.engine.model.measurements import MeasuredRun
from app.engine.model.plans import PriceSheet, Selection
from app.engine.model.porting import Scan
from app.engine.model.profiles import Profile
from app.engine.model.requirements import Requirement
from app.engine.model.traces import Trace
from app.engine.model.verifications import LossAlignment, TestCase, TrialRun
from app.engine.model.workloads import Workload

PLATFORM_INPUTS = ("platform_changes", "site_digest")
"""What the project and its site say of platforms."""
MAY_BE_UNSAID = frozenset((*PLATFORM_INPUTS, "own_digest"))
"""Left out of the hash where nothing is said, so that older hashes stay good."""
STAGE_INPUTS: dict[str, tuple[str, ...]] = {
    "profile": ("trace", "workload", *PLATFORM_INPUTS),
    "comparison_profile": ("comparison", "workload", *PLATFORM_INPUTS),
    "memory": ("workload",),
    "kind": ("workload", "profile", "requirement", *PLATFORM_INPUTS),
    "predictions": ("workload", "profile", "measured", "case", "prices", "requirement", *PLATFORM_INPUTS, "own_digest"),
    "assessments": ("workload", "profile", "predictions", "requirement", "scan", "effort", *PLATFORM_INPUTS),
    "selection": ("workload", "requirement", "predictions", "assessments", "prices", "include_restricted", *PLATFORM_INPUTS),
}
"""What each computed stage is made from; the key is a field of Project, so are the inputs."""
STAGE_RULES = {"profile": 2, "comparison_profile": 2, "memory": 2, "predictions": 2, "assessments": 3, "selection": 3}
"""Counted up where the rules of a stage change, so that what an older program computed is told as stale. 1 where it is not named."""


class ProposalSettings(Struct, frozen=True):
    """How the documents are made: sections, texts the engineer changed, imprint, contents.

    sections    which and in which order; empty = all in their own order
    texts       edited texts by LANG.SECTION.BLOCK; originals: the hash of what stood there when each was edited
    lang        language of the documents, "" = that of who makes them
    show_*      whether sources, 90 % intervals, excluded platforms and the formula with its coefficients are written
    anonymous   whether customer, hosts, users and paths are replaced; hidden_words: further words to hide, with blanks between
    exported    what the last export said of each plan, by PLATFORM × CARDS: (total price, speed); exported_on its day
    """

    sections: tuple[str, ...] = ()
    texts: dict[str, str] = {}
    originals: dict[str, str] = {}
    lang: str = ""
    show_sources: bool = True
    show_intervals: bool = True
    show_excluded: bool = True
    show_formula: bool = True
    anonymous: bool = False
    hidden_words: str = ""
    exported: dict[str, tuple[float | None, float]] = {}
    exported_on: datetime.date | None = None
    author: str = ""
    number: str = ""
    version: str = "V1.0"
    classification: str = ""
    date: datetime.date | None = None
    valid_until: datetime.date | None = None


class Project(Struct, frozen=True, eq=False):
    """One customer case. `hashes` maps a computed stage to the hash of the inputs it was made from.

    trace               the run that is characterised; comparison: another run of it, overlaid in the views
    scan                what ties the customer's source to a platform
    platform_changes    facts of platforms that this project says otherwise; the last one of a fact counts
    site_digest         the site's platform base that the stages were computed with
    include_restricted  whether platforms that cannot be supplied are ranked like the others
    uses_own            whether predictions learn from the user's own measured runs too; own_digest: of the runs they learned from
    effort              what stands in place of the rate and the days of effort.toml
    """

    name: str = ""
    requirement: Requirement = Requirement()
    workload: Workload | None = None
    trace: Trace | None = None
    comparison: Trace | None = None
    measured: tuple[MeasuredRun, ...] = ()
    case: str = ""
    prices: PriceSheet | None = None
    profile: Profile | None = None
    comparison_profile: Profile | None = None
    memory: MemoryEstimate | None = None
    kind: PlatformKind | None = None
    assessments: tuple[Assessment, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    fit: Fit | None = None
    selection: Selection | None = None
    scan: Scan | None = None
    effort: EffortSettings = EffortSettings()
    settings: ProposalSettings = ProposalSettings()
    trials: tuple[TrialRun, ...] = ()
    alignments: tuple[LossAlignment, ...] = ()
    register: tuple[TestCase, ...] = ()
    platform_changes: tuple[FactChange, ...] = ()
    site_digest: str = ""
    include_restricted: bool = False
    uses_own: bool = False
    own_digest: str = ""
    hashes: dict[str, str] = {}


def changed(project: Project, **fields: object) -> Project:
    """Return a new snapshot with these fields replaced."""
    return msgspec.structs.replace(project, **fields)


def with_stage(project: Project, stage: str, **fields: object) -> Project:
    """Return a new snapshot that holds the result of a computed stage and remembers what it was made from.

    Raises KeyError for a stage that STAGE_INPUTS does not know.
    """
    made = changed(project, **fields)
    return changed(made, hashes={**project.hashes, stage: inputs_hash(made, stage)})


@lru_cache(maxsize=2)  # every page asks for the same snapshot; two, not more: a snapshot may hold a gigabyte
def stale_stages(project: Project) -> tuple[str, ...]:
    """Return the computed stages whose inputs have changed since, in the order of the work."""
    stale: list[str] = []
    for stage, inputs in STAGE_INPUTS.items():
        known = project.hashes.get(stage)
        if known is None:
            continue
        if any(name in stale for name in inputs) or known != inputs_hash(project, stage):
            stale.append(stage)
    return tuple(stale)


def due_stages(project: Project) -> tuple[str, ...]:
    """Return the stages that are to be computed: the stale ones, and those never computed whose first input is there."""
    missing = [stage for stage, inputs in STAGE_INPUTS.items() if stage not in project.hashes and getattr(project, inputs[0])]
    return (*stale_stages(project), *missing)


def project_runs(project: Project) -> tuple[MeasuredRun, ...]:
    """Return the measured runs of the project's case; the run description's own speed where there is no table."""
    if project.measured or project.workload is None or project.workload.measured is None:
        return project.measured
    workload, run, measured = project.workload, project.workload.run, project.workload.measured
    return (
        MeasuredRun(
            row=1,
            case=workload.name,
            platform=run.platform,
            gpus=run.gpus,
            speed=measured.speed,
            unit=measured.unit,
            workload=workload.name,
            task=workload.task,
            framework=workload.framework,
            precision=workload.precision or "",
            seq_len=run.seq_len,
            micro_batch=run.micro_batch,
            global_batch=run.global_batch,
            nodes=run.nodes,
            source=workload.source,
        ),
    )


def inputs_hash(project: Project, stage: str) -> str:
    """Return the hash of what a stage is made from."""
    digest = hashlib.sha256()
    if stage in STAGE_RULES:
        digest.update(f"rules {STAGE_RULES[stage]}".encode())
    for name in STAGE_INPUTS[stage]:
        value = getattr(project, name)
        if value or name not in MAY_BE_UNSAID:
            digest.update(name.encode())
            digest.update(_fingerprint(value))
    return digest.hexdigest()


def _fingerprint(thing: object) -> bytes:
    if isinstance(thing, Trace):  # its files are its identity; hashing 10^8 samples again would stall an edit
        moved = [(one.file, one.offset_ns) for one in thing.alignments if one.how == "manual"]
        thing = [*((file.sha256, file.format) for file in thing.files), *moved]
    return msgspec.json.encode(thing, enc_hook=_array_digest)


def _array_digest(thing: object) -> object:
    if isinstance(thing, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(thing).tobytes()).hexdigest()
    raise TypeError(f"cannot fingerprint {type(thing).__name__}")

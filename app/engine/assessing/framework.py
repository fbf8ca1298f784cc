"""Is there a combination of tool kit, framework, Python and engine that satisfies the application? A conflict is told as a chain."""

from app.engine.assessing._context import Check, Context
from app.engine.assessing._hpc import is_hpc_code
from app.engine.assessing._needs import Need, need_of
from app.engine.assessing._offers import FRAMEWORKS, Row
from app.engine.assessing._stacks import Path, Solution, solve, wanted_of
from app.engine.assessing._telling import change_text, evidence_of, missing_keys, reasons, unknown
from app.engine.assessing._versions import version_text
from app.engine.messages import message
from app.engine.model.assessments import Evidence, Finding

OWN = ("framework", "engine", "python")
LIBRARIES = ("xformers", "flash-attn", "bitsandbytes", "apex")
"""Libraries of CUDA kernels that must exist for a platform by themselves."""


def run(context: Context) -> Finding:
    """ok: a row offers it; warning: another version, with the chain of reasons; unknown: not stated, or the rows do not say."""
    workload, platform = context.workload, context.platform
    if is_hpc_code(workload):
        said = message("assessing.framework.not_applicable", engine=workload.engine or workload.name)
        return Finding("framework", "ok", said, short=message("assessing.short.not_applicable"))
    need = need_of(workload, platform, context.home)
    if not need.framework:
        return missing_keys("framework", ["framework"])
    solution = solve(context.knowledge.stacks, platform, need)
    if not solution.rows:
        return unknown("framework", message("assessing.stack.no_rows", vendor=platform.label("en")))
    if need.framework not in FRAMEWORKS.values():
        return unknown("framework", message("assessing.framework.not_recognised", framework=workload.framework))
    if solution.best is None:
        return _not_offered(need, solution.rows)
    if need.framework_version is None:
        offered = message("assessing.framework.offered", framework=need.framework, versions=_versions(need, solution.rows))
        return unknown("framework", message("assessing.framework.no_version", framework=need.framework), offered)
    return _found(context, need, solution)


def _found(context: Context, need: Need, solution: Solution) -> Finding:
    kept = solution.keeping
    path = kept or solution.best
    assert path is not None
    evidence = evidence_of(reasons(path, solution.rows), [path.row])
    if conflict := _conflict(need, path, solution):
        return conflict
    if lacking := _lacking(context):
        said = message("assessing.framework.library", library=lacking[0])
        return Finding(
            "framework",
            "warning",
            said,
            evidence + lacking[1],
            message("assessing.framework.without", library=lacking[0]),
            message("assessing.short.not_listed"),
        )
    if path.row.weak:
        said = message("assessing.stack.only_weak", toolkit=path.row.label)
        return unknown("framework", said, message("assessing.os.ask_vendor"), evidence)
    silent = [what for what in path.silent if what in ("framework", "python")]
    if silent:
        evidence += evidence_of(
            message("assessing.stack.silent", toolkit=path.row.label, what=[message(f"assessing.stack.what.{what}") for what in silent]),
            [path.row],
        )
    short = message("assessing.short.word", text=version_text((wanted_of(path.offer) or need.framework_version or ())[:2]))
    if path.offer is not None and path.offer.trial:
        said = message("assessing.framework.trial", what=path.offer.text)
        return Finding(
            "framework", "warning", said, evidence, message("assessing.framework.take", what=_newest(need, solution.rows)), short
        )
    if "framework" in silent:
        return unknown("framework", message("assessing.framework.engine_silent", engine=need.texts.engine), None, evidence)
    said = message(
        "assessing.framework.fits", what=need.texts.framework, offered=path.offer.text if path.offer else "", toolkit=path.row.label
    )
    return Finding("framework", "ok", said, evidence, short=short)


def _lacking(context: Context) -> tuple[str, tuple[Evidence, ...]] | None:
    """Return a library of CUDA kernels that the run names and nothing says to exist on the family, with what it has instead."""
    facts = context.knowledge.families.get(context.platform.family)
    words = f"{context.workload.engine} {context.workload.framework}".lower().replace("_", "-")
    if facts is None or facts.compat_strategy == "cuda-native":
        return None
    kernels = facts.facts.get("attention_kernel", "")
    there = f"{kernels} {facts.facts.get('training_stacks', '')} {facts.facts.get('quantisation_support', '')}".lower().replace("_", "-")
    library = next((one for one in LIBRARIES if one in words and one not in there), None)
    if library is None:
        return None
    return library, (Evidence(message("assessing.framework.kernels", kernels=kernels or "—"), f"{facts.source} [{facts.confidence}]"),)


def _conflict(need: Need, path: Path, solution: Solution) -> Finding | None:
    changes = [change for change in path.changes if change.what in OWN]
    if not changes:
        return None
    others = [change for change in path.changes if change.what not in OWN]
    evidence: tuple[Evidence, ...] = evidence_of(reasons(path, solution.rows), [path.row])
    if need.framework_version:
        offered = message("assessing.framework.offered", framework=need.framework, versions=_versions(need, solution.rows))
        evidence += evidence_of(offered, [row for row in solution.rows if row.offers])
    told = [change_text(change) for change in (*changes, *others)]
    level = "unknown" if path.row.weak else "warning"
    said = message("assessing.framework.conflict", changes=[change_text(change) for change in changes])
    return Finding(
        "framework",
        level,
        said,
        evidence,
        message("assessing.toolchain.path", changes=told),
        message("assessing.short.changes", count=len(told)),
    )


def _not_offered(need: Need, rows: tuple[Row, ...]) -> Finding:
    names = list(dict.fromkeys(one.name for row in rows for one in row.offers if one.kind == "framework"))
    said = message("assessing.framework.not_offered", framework=need.texts.framework)
    if not names:
        return unknown("framework", said, message("assessing.os.ask_vendor"))
    evidence = evidence_of(message("assessing.framework.others", names=names), [row for row in rows if row.offers])
    return unknown("framework", said, message("assessing.framework.port", names=names), evidence)


def _versions(need: Need, rows: tuple[Row, ...]) -> list[str]:
    """Return the versions of the framework that the rows offer, oldest first."""
    found = {one.version[:2] for row in rows for one in row.offers if one.name == need.framework and one.version}
    return [".".join(str(part) for part in version) for version in sorted(found)]


def _newest(need: Need, rows: tuple[Row, ...]) -> str:
    steady = [one for row in rows for one in row.offers if one.name == need.framework and one.version and not one.trial]
    return max(steady, key=lambda one: one.version or ()).text.partition(" (")[0] if steady else need.framework


CHECK = Check("framework", run)

"""Do driver and tool kit go together with the framework and the system, and what is the smallest upgrade that makes them?"""

from app.engine.assessing._context import Check, Context
from app.engine.assessing._hpc import is_hpc_code
from app.engine.assessing._needs import Need, need_of
from app.engine.assessing._stacks import Path, solve
from app.engine.assessing._telling import change_text, evidence_of, missing_keys, reasons, unknown
from app.engine.assessing._versions import is_before, version_text
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding

COMPATIBILITY = "NVIDIA CUDA Compatibility guide, minor version compatibility; lowest driver of the major release from the CUDA rows"
OWN = ("driver", "toolkit", "os", "cpu_arch")
"""Components of which this check speaks; framework, engine and Python have a check of their own."""


def run(context: Context) -> Finding:
    """ok: a row of the vendor holds them together; warning: something must be upgraded, with the path; unknown: not stated or silent."""
    platform = context.platform
    need = need_of(context.workload, platform, context.home)
    solution = solve(context.knowledge.stacks, platform, need)
    if not solution.rows:
        return unknown("toolchain", message("assessing.stack.no_rows", vendor=platform.label("en")))
    if is_hpc_code(context.workload):
        name = context.workload.engine or context.workload.name
        return unknown("toolchain", message("assessing.toolchain.hpc", name=name), message("assessing.model.ask_port", name=name))
    path = solution.keeping or solution.best
    at_home = bool(context.home) and context.home == platform.family
    if path is None:
        return unknown("toolchain", message("assessing.stack.no_offer", what=need.framework or need.engine))
    evidence = _evidence(path, need, solution.rows)
    if not need.framework and need.toolkit_version is None:
        return missing_keys("toolchain", ["framework"], evidence if path.offer else ())
    if path.row.weak:
        return unknown(
            "toolchain", message("assessing.stack.only_weak", toolkit=path.row.label), message("assessing.os.ask_vendor"), evidence
        )
    return _found(path, solution.best, need, evidence, at_home=at_home)


def _found(path: Path, best: Path | None, need: Need, evidence: tuple[Evidence, ...], *, at_home: bool) -> Finding:
    changes = [change for change in path.changes if change.what in OWN]
    short = message("assessing.short.word", text=version_text((path.row.version or ())[:2]) or path.row.stack.toolkit)
    if changes:
        short = message("assessing.short.changes", count=len(changes))
        told = [change_text(change) for change in changes]
        said = message("assessing.toolchain.upgrade", changes=told, count=len(changes))
        return Finding("toolchain", "warning", said, (*evidence, *_instead(path, best)), _steps(told), short)
    if at_home and (lacking := _not_stated(need, path)):
        return missing_keys("toolchain", lacking, evidence)
    if "cpu_arch" in path.silent:
        said = message("assessing.toolchain.cpu_silent", toolkit=path.row.label, arch=need.arch)
        return unknown("toolchain", said, message("assessing.os.ask_vendor"), evidence)
    if "driver" in path.silent:
        return unknown(
            "toolchain", message("assessing.toolchain.no_driver", toolkit=path.row.label), message("assessing.os.ask_vendor"), evidence
        )
    code = "fits" if at_home else "install_alone" if _silent_driver(path) else "install"
    return Finding("toolchain", "ok", message(f"assessing.toolchain.{code}", toolkit=path.row.label), evidence, short=short)


def _not_stated(need: Need, path: Path) -> list[str]:
    """Return the keys of what is installed where the row has something to hold against it."""
    least, _ = path.row.driver(windows=False)
    return [*(["toolkit"] if need.toolkit_version is None else []), *(["driver"] if need.driver is None and least is not None else [])]


def _evidence(path: Path, need: Need, rows: tuple) -> tuple[Evidence, ...]:
    found = evidence_of(reasons(path, rows), [path.row])
    least, text = path.row.driver(windows=False)
    if need.driver and least and path.changed("driver") is None and is_before(need.driver, least):
        minor = message("assessing.toolchain.minor", driver=need.texts.driver, toolkit=path.row.label, least=text)
        found += (Evidence(minor, COMPATIBILITY),)
    silent = [message(f"assessing.stack.what.{what}") for what in path.silent]
    if _silent_driver(path):
        silent.append(message("assessing.stack.what.driver"))
    if silent:
        found += evidence_of(message("assessing.stack.silent", toolkit=path.row.label, what=silent), [path.row])
    return found


def _silent_driver(path: Path) -> bool:
    return path.row.driver(windows=False)[0] is None and "driver" not in path.silent


def _instead(path: Path, best: Path | None) -> tuple[Evidence, ...]:
    """Return the smaller path that gives up the framework's version, where there is one."""
    if best is None or best is path or len(best.changes) >= len(path.changes):
        return ()
    return evidence_of(message("assessing.toolchain.instead", changes=[change_text(change) for change in best.changes]), [best.row])


def _steps(told: list[Message]) -> Message:
    return message("assessing.toolchain.path", changes=told)


CHECK = Check("toolchain", run)

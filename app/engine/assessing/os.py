"""Is the customer's operating system, on his CPU, on the vendor's list? 信创 systems and CPUs are the everyday case."""

from functools import lru_cache

from app.engine.assessing._context import Check, Context
from app.engine.assessing._hosts import LISTED, graded, names_of
from app.engine.assessing._needs import Need, need_of
from app.engine.assessing._offers import Host, Row, card_kind, hosts_for
from app.engine.assessing._stacks import solve
from app.engine.assessing._telling import evidence_of, missing_keys, unknown
from app.engine.assessing._versions import relation
from app.engine.messages import message
from app.engine.model.assessments import Finding

NAMED = 8
"""Systems of a list that are named in a sentence."""


def run(context: Context) -> Finding:
    """ok: on a list; warning: not on a list that is known whole, with the nearest system; unknown: not stated, or no whole list."""
    workload, platform = context.workload, context.platform
    need = need_of(workload, platform, context.home)
    rows = solve(context.knowledge.stacks, platform, need).rows
    if not rows:
        return unknown("os", message("assessing.stack.no_rows", vendor=platform.label("en")))
    if need.system is None:
        if workload.os.strip():
            return unknown("os", message("assessing.os.not_recognised", os=workload.os), message("assessing.os.write_so"))
        return missing_keys("os", ["os", *(["cpu_arch"] if not need.arch else [])])
    return _looked_up(rows, card_kind(platform), need)


@lru_cache(maxsize=512)  # the same for all cards of a kind; rows compare by identity
def _looked_up(rows: tuple[Row, ...], kind: str, need: Need) -> Finding:
    rows = _speaking(rows, need)
    if found := _cpu(rows, need):
        return found
    return _judged(need, [(row, host) for row in rows for host in hosts_for(row, kind, need.arch)])


def _speaking(rows: tuple[Row, ...], need: Need) -> tuple[Row, ...]:
    """Return the rows whose lists count: those that offer the framework, and those about hosts; all where none offers it."""
    offering = [row for row in rows if any(one.name == need.framework and one.takes(need.framework_version) for one in row.offers)]
    chosen = tuple(row for row in rows if row in offering or row.is_hosts)
    return chosen if any(row.hosts for row in chosen) else rows


def _cpu(rows: tuple[Row, ...], need: Need) -> Finding | None:
    """Return what is wrong with the CPU, None where a row names it or it is not stated."""
    if not need.arch or any(need.arch in row.archs for row in rows):
        return None
    named = list(dict.fromkeys(arch for row in rows for arch in row.archs))
    said = message("assessing.os.cpu_not_listed", arch=need.arch, listed=named)
    sure = [row for row in rows if row.known_hosts]
    evidence = evidence_of(message("assessing.os.cpus", listed=named), sure or list(rows))
    remedy = message("assessing.os.other_cpu", listed=named)
    short = message("assessing.short.not_listed")
    return Finding("os", "warning" if sure else "unknown", said, evidence, remedy, short)


def _judged(need: Need, pairs: list[tuple[Row, Host]]) -> Finding:
    assert need.system is not None
    name = need.system.text
    sure = [pair for pair in pairs if not (pair[1].doubtful or pair[0].weak)]
    grade, entry = graded(need.system, [host for _, host in sure])
    sources = [row for row, host in sure if relation(need.system, host.system) == grade]
    sources = sorted(dict.fromkeys(sources), key=lambda row: not row.is_hosts)
    if grade in LISTED and entry is not None:
        text = message(f"assessing.os.listed_{grade}", entry=entry.system.text, with_=[row.label for row in sources[:3]])
        short = message("assessing.short.listed")
        said = message("assessing.os.listed", os=name, arch=need.arch or "—")
        if not need.arch:
            return unknown(
                "os", message("assessing.os.listed_no_cpu", os=name), message("assessing.stack.fill", keys=["[workload] cpu_arch"])
            )
        return Finding("os", "ok", said, evidence_of(text, sources), short=short)
    if grade == "vague" and entry is not None:
        alike = names_of([host for _, host in sure if host.system.name == need.system.name])
        said = message("assessing.os.vague", os=name, listed=alike[:NAMED])
        return unknown("os", said, message("assessing.os.state_release"), evidence_of(said, sources))
    return _not_listed(need, name, sure, entry, pairs)


def _not_listed(need: Need, name: str, sure: list[tuple[Row, Host]], entry: Host | None, pairs: list[tuple[Row, Host]]) -> Finding:
    assert need.system is not None
    doubtful, _ = graded(need.system, [host for _, host in pairs])
    if doubtful in LISTED:
        hearsay = [row for row, host in pairs if graded(need.system, [host])[0] in LISTED]
        said = message("assessing.os.only_hearsay", os=name)
        return unknown("os", said, message("assessing.os.ask_vendor"), evidence_of(said, hearsay))
    whole = list(dict.fromkeys(row for row, _ in sure if row.known_hosts))
    known = names_of([host for _, host in sure], need.system.name)
    if not known:
        return unknown("os", message("assessing.os.no_list"), message("assessing.os.ask_vendor"))
    code = "list" if len(known) > NAMED else "list_all"
    told = message(f"assessing.os.{code}", listed=known[:NAMED], count=len(known))
    listed = evidence_of(told, whole or [row for row, _ in sure])
    said = message("assessing.os.not_listed", os=name)
    remedy = message("assessing.os.change", to=entry.system.text) if entry else message("assessing.os.change_distribution", to=known[:3])
    if not whole:
        return unknown("os", message("assessing.os.not_on_partial", os=name), message("assessing.os.ask_vendor"), listed)
    return Finding("os", "warning", said, listed, remedy, message("assessing.short.not_listed"))


CHECK = Check("os", run)

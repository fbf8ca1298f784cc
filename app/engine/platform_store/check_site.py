"""Hold the site layer, a pack or a project's changes to the rules of the platform base: every problem with its place and remedy."""

import datetime
import re
from collections.abc import Iterable, Sequence

from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.model.layers import Cluster, FactChange, OwnPlatform, Server, SiteData
from app.engine.platform_store.catalogue import Catalogue
from app.engine.platform_store.keys import CONFIDENCES, checked_value, is_day
from app.engine.platform_store.layers import effective, in_order_of_base
from app.engine.platform_store.problems import Problem
from app.engine.platform_store.servers import check_machine

FILE = "site.json"
_ID = re.compile(r"[a-z0-9][a-z0-9.\-]{1,79}")


def check_site(site: SiteData, shipped: Catalogue, *, file: str = FILE) -> list[Problem]:
    """Return everything that is wrong with a site's data, [] where it is sound."""
    problems = _check_platforms(site.platforms, shipped, file)
    if problems:
        return problems
    known = effective(shipped, SiteData(platforms=site.platforms)).by_id
    problems += check_changes(site.changes, known, file=file)
    problems += _check_machines(site, known, shipped, file)
    return problems


def check_changes(changes: Iterable[FactChange], known: Iterable[str], *, file: str = FILE) -> list[Problem]:
    """Return what is wrong with changed facts: unknown platform or key, impossible value, no source, no date."""
    names, found = set(known), []
    for change in changes:
        if change.platform not in names:
            error = EngineError("platforms.no_such_platform", file=file, place=f"{change.platform[:60]}:platform", id=change.platform[:60])
            found.append(problem_of(error))
            continue
        found += [problem_of(error) for error in faults_of_change(change, file=file)]
    return found


def faults_of_change(change: FactChange, *, file: str = FILE) -> list[EngineError]:
    """Return what is wrong with one changed fact, apart from its platform."""
    row, found = change.platform, []
    try:
        checked_value(change.key, change.value, file=file, place=f"{row}:{change.key[:40]}")
    except EngineError as error:
        found.append(error)
    if not change.source.strip():
        found.append(EngineError("platforms.no_source", file=file, place=f"{row}:source"))
    if not change.as_of.strip():
        found.append(EngineError("platforms.no_date", file=file, place=f"{row}:as_of"))
    elif not is_day(change.as_of) or change.as_of > _tomorrow():
        found.append(EngineError("platforms.bad_date", file=file, place=f"{row}:as_of", key="as_of", value=change.as_of[:40]))
    if change.confidence and change.confidence not in CONFIDENCES:
        found.append(EngineError("platforms.bad_confidence", file=file, place=f"{row}:confidence", value=change.confidence[:40]))
    return found


def problem_of(error: EngineError) -> Problem:
    """Return an error as a row of the check."""
    row, _, key = error.place.rpartition(":")
    return Problem(error.file, row or error.place, key if row else "", error.message)


def _tomorrow() -> str:
    return (datetime.date.today() + datetime.timedelta(days=1)).isoformat()  # a date line lies between two offices


def _check_platforms(owned: Sequence[OwnPlatform], shipped: Catalogue, file: str) -> list[Problem]:
    found, seen = [], set()

    def wrong(own: OwnPlatform, key: str, code: str, **params: str) -> None:
        found.append(Problem(file, own.id[:60], key, message(f"platforms.{code}", **params)))

    names = {one.id for one in owned} | set(shipped.by_id)
    for own in owned:
        if not _ID.fullmatch(own.id):
            wrong(own, "id", "bad_id", id=own.id[:60])
        if own.id in seen or own.id in shipped.by_id:
            wrong(own, "id", "twice", id=own.id[:60])
        if not own.product_en.strip():
            wrong(own, "product_en", "no_name")
        if own.based_on and own.based_on not in names:
            wrong(own, "based_on", "no_such_base", base=own.based_on[:60])
        seen.add(own.id)
    if not found:
        try:
            in_order_of_base(owned)
        except EngineError as error:
            found.append(Problem(file, error.place.partition(":")[0], "based_on", error.message))
    return found


def _check_machines(site: SiteData, platforms: Iterable[str], shipped: Catalogue, file: str) -> list[Problem]:
    known = set(platforms)
    nodes = {one.id for one in (*shipped.servers, *site.servers)}
    found = _check_each(site.servers, file) + _check_each(site.clusters, file)
    for server in site.servers:
        if server.platform not in known:
            found.append(Problem(file, server.id[:60], "platform", message("platforms.no_such_platform", id=server.platform[:60])))
    for cluster in site.clusters:
        if cluster.node not in nodes:
            found.append(Problem(file, cluster.id[:60], "node", message("platforms.no_such_node", id=cluster.node[:60])))
    return found


def _check_each(machines: Sequence[Server] | Sequence[Cluster], file: str) -> list[Problem]:
    found, seen = [], set()
    for machine in machines:
        row = machine.id[:60]
        if not _ID.fullmatch(machine.id):
            found.append(Problem(file, row, "id", message("platforms.bad_id", id=row)))
        if machine.id in seen:
            found.append(Problem(file, row, "id", message("platforms.twice", id=row)))
        seen.add(machine.id)
        try:
            check_machine(machine, file=file, place=row)
        except EngineError as error:
            found.append(problem_of(error))
        if not machine.source.strip():
            found.append(Problem(file, row, "source", message("platforms.no_source")))
        if not is_day(machine.as_of):
            found.append(Problem(file, row, "as_of", message("platforms.no_date")))
    return found

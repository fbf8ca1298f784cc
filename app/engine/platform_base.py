"""What people do to the platform base: change a fact for the site or for a project, take it back, hand the site's data on, check it all.

A change is checked before it is kept, so that neither layer ever holds what the check would refuse.
"""

from pathlib import Path

from msgspec.structs import replace

from app.engine import known
from app.engine.documents import writing
from app.engine.errors import EngineError
from app.engine.model.layers import FactChange, SiteData
from app.engine.model.projects import Project, changed
from app.engine.paths import site_folder
from app.engine.platform_store import (
    PackSummary,
    Problem,
    check_database,
    checked_value,
    faults_of_change,
    merged,
    read_pack,
    read_site,
    without_last,
    write_pack,
    write_site,
)


def faults(change: FactChange) -> tuple[EngineError, ...]:
    """Return what is wrong with a change: its value, its source, its date; () where it can be kept."""
    return tuple(faults_of_change(change))


def change_in_project(project: Project, change: FactChange) -> Project:
    """Return the project with a fact said otherwise. Raises EngineError for a change that is not sound."""
    return changed(project, platform_changes=(*project.platform_changes, _sound(change, known.catalogue_of(project).by_id)))


def undone_in_project(project: Project, platform: str, key: str) -> Project:
    """Return the project without its last change of a fact."""
    return changed(project, platform_changes=without_last(project.platform_changes, platform, key))


def change_in_site(change: FactChange) -> None:
    """Keep a fact of the site. Raises EngineError for a change that is not sound, or where it cannot be written."""
    site = _present()
    write_site(replace(site, changes=(*site.changes, _sound(change, known.catalogue().by_id))), _folder())


def undo_in_site(platform: str, key: str) -> None:
    """Take back the site's last change of a fact."""
    site = _present()
    write_site(replace(site, changes=without_last(site.changes, platform, key)), _folder())


def undo_last_in_site() -> FactChange | None:
    """Take back what the site changed last, and return it; None where there is nothing."""
    site = _present()
    if not site.changes:
        return None
    write_site(replace(site, changes=site.changes[:-1]), _folder())
    return site.changes[-1]


def export_site(path: Path) -> SiteData:
    """Write the site's data as a pack and return it. Raises EngineError where it cannot be written."""
    site = _present()
    with writing(path):
        write_pack(site, path)
    return site


def import_site(path: Path, *, dry_run: bool = False) -> PackSummary:
    """Take a pack into the site layer, all of it or, where anything is wrong, nothing; dry_run only tells what it would do."""
    present = _present()
    pack = read_pack(path, known.shipped_catalogue(), present)
    site, summary = merged(present, pack)
    if not dry_run:
        write_site(site, _folder())
    return summary


def check_all() -> tuple[Problem, ...]:
    """Return everything wrong in the shipped files and in the site layer."""
    try:
        site: SiteData | None = _present()
    except EngineError as error:
        row, _, key = error.place.partition(":")
        return (*check_database(), Problem(error.file, row, key, error.message))
    return tuple(check_database(site=site))


def _present() -> SiteData:
    """Return the site layer as it is on disk. Raises EngineError where it is damaged: it is never written over unread."""
    return read_site(_folder())


def _folder() -> Path:
    try:
        return site_folder()
    except OSError as error:
        raise EngineError("platforms.site_not_written", file=error.filename or "", detail=error.strerror or str(error)) from error


def _sound(change: FactChange, platforms: dict) -> FactChange:  # type: ignore[type-arg]
    if change.platform not in platforms:
        raise EngineError("platforms.no_such_platform", place=f"{change.platform}:platform", id=change.platform)
    wrong = faults_of_change(change)
    if wrong:
        raise wrong[0]
    return replace(change, value=checked_value(change.key, change.value))

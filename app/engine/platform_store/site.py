"""The site layer on disk, and packs to hand it on: JSON that is checked before anything of it is believed.

The file is `site.json` in the user's folder of platforms. A pack holds the same and a mark; it is data, never code, its size is limited,
and nothing of it is taken before all of it has passed.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError, NewerVersion
from app.engine.model.layers import Cluster, OwnPlatform, Server, SiteData
from app.engine.paths import replacing
from app.engine.platform_store.catalogue import Catalogue

FILE = "site.json"
VERSION = 1
MOST_BYTES, MOST_ROWS = 8 * 2**20, 20_000
MARK = "suanxuan-platforms"
Machine = TypeVar("Machine", OwnPlatform, Server, Cluster)


class Pack(Struct, frozen=True):
    """A file to hand on: the mark tells it from other JSON."""

    pack: str
    site: SiteData


class PackSummary(Struct, frozen=True):
    """What an import adds and what it covers. `covered`: PLATFORM KEY of changes that now say something else."""

    changes: int = 0
    platforms: int = 0
    servers: int = 0
    clusters: int = 0
    same: int = 0
    covered: tuple[str, ...] = ()


def read_site(folder: Path) -> SiteData:
    """Return what the site says, nothing where there is no file. Raises EngineError for a damaged file, NewerVersion for a newer one."""
    path = folder / FILE
    if not path.is_file():
        return SiteData()
    return _decoded(path, SiteData)


def write_site(data: SiteData, folder: Path) -> None:
    """Write what the site says, whole or not at all. Raises EngineError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / FILE) as temporary:
            temporary.write_bytes(_encoded(data))
    except OSError as error:
        raise EngineError("platforms.site_not_written", file=folder / FILE, detail=error.strerror or str(error)) from error


def site_digest(data: SiteData) -> str:
    """Return what tells one state of the site layer from another, "" for an empty one."""
    return "" if data == SiteData() else hashlib.sha256(msgspec.json.encode(data)).hexdigest()[:16]


def write_pack(data: SiteData, path: Path) -> None:
    """Write a pack of the site layer. Raises OSError as the file system does."""
    with replacing(path) as temporary:
        temporary.write_bytes(_encoded(Pack(MARK, data)))


def read_pack(path: Path, shipped: Catalogue, present: SiteData) -> SiteData:
    """Return what a pack holds, checked against what is here. Raises EngineError naming the first thing that is wrong, and its place."""
    from app.engine.platform_store.check_site import check_site  # it knows this module's file name

    pack = _decoded(path, Pack)
    if pack.pack != MARK:
        raise EngineError("platforms.not_a_pack", file=path)
    problems = check_site(merged(present, pack.site)[0], shipped, file=path.name)
    if problems:
        first = problems[0]
        raise EngineError("platforms.bad_pack", file=path, place=f"{first.row}:{first.key}", count=len(problems), first=first.what)
    return pack.site


def merged(present: SiteData, new: SiteData) -> tuple[SiteData, PackSummary]:
    """Return the site with what a pack adds; of one thing in both the pack's counts. Changes that say the same are not repeated."""
    said = {(one.platform, one.key): one for one in present.changes}
    fresh = [one for one in new.changes if said.get((one.platform, one.key)) != one]
    covers = tuple(f"{one.platform} {one.key}" for one in fresh if (one.platform, one.key) in said)
    platforms, more = _over(present.platforms, new.platforms)
    servers, more_servers = _over(present.servers, new.servers)
    clusters, more_clusters = _over(present.clusters, new.clusters)
    site = SiteData(VERSION, (*present.changes, *fresh), platforms, servers, clusters)
    count = len(new.changes) + len(new.platforms) + len(new.servers) + len(new.clusters)
    added = len(fresh) + more + more_servers + more_clusters
    return site, PackSummary(len(fresh), more, more_servers, more_clusters, count - added, covers)


def _over(present: Iterable[Machine], new: Iterable[Machine]) -> tuple[tuple[Machine, ...], int]:
    found = {one.id: one for one in present}
    changed = [one for one in new if found.get(one.id) != one]
    found.update({one.id: one for one in changed})
    return tuple(found.values()), len(changed)


def _encoded(thing: SiteData | Pack) -> bytes:
    return msgspec.json.format(msgspec.json.encode(thing), indent=1) + b"\n"


Kind = TypeVar("Kind", SiteData, Pack)


def _decoded(path: Path, kind: type[Kind]) -> Kind:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EngineError("platforms.pack_too_big", file=path, most=MOST_BYTES // 2**20)
        found = msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise EngineError("platforms.file_missing", file=path) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise EngineError("platforms.pack_damaged", file=path, place=_place(str(error)), detail=str(error)[:200]) from error
    site = found.site if isinstance(found, Pack) else found
    if site.version > VERSION:
        raise NewerVersion("platforms.newer_site", file=path, version=site.version, known=VERSION)
    if max(len(site.changes), len(site.platforms), len(site.servers), len(site.clusters)) > MOST_ROWS:
        raise EngineError("platforms.pack_too_long", file=path, most=MOST_ROWS)
    return found


def _place(told: str) -> str:
    """Return the path that msgspec names at the end of its words: $.site.changes[2].value."""
    return told.rpartition("`$")[2].strip("`.") if "`$" in told else ""

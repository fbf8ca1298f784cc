"""Is this workbook harmless? What a price sheet never needs is refused by name before any cell is read.

A workbook is a zip of XML parts. Bombs (sizes that lie or explode), entities, macros, embedded objects, links to other files and formulas
that call out of the workbook are refused; a link in a cell to a web page or a mail address is not followed and does no harm.
"""

import re
import zipfile
from pathlib import Path

from app.engine.errors import EngineError

MAX_BYTES = 50 * 2**20
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_PARTS = 2_000
BOMB_BYTES, BOMB_RATIO = 4 * 2**20, 300  # Excel packs even a column of one repeated number less than 100 : 1
XML = (".xml", ".rels")
OLD_FORMAT = b"\xd0\xcf\x11\xe0"
FORBIDDEN = (
    ("macros", re.compile(r"vbaProject|macrosheets/|/activeX/", re.IGNORECASE)),
    ("embedded", re.compile(r"/embeddings/", re.IGNORECASE)),
    ("external_links", re.compile(r"externalLinks/|/connections\.xml$|queryTables/", re.IGNORECASE)),
)
ENTITIES = tuple(word.encode(coding) for word in ("<!DOCTYPE", "<!ENTITY") for coding in ("utf-8", "utf-16-le", "utf-16-be"))
OUTSIDE = re.compile(rb"<Relationship\b(?=[^>]*TargetMode\s*=\s*[\"']External)(?![^>]*Type\s*=\s*[\"'][^\"']*/hyperlink[\"'])[^>]*>")
CALLS_OUT = re.compile(
    rb"<f\b[^>]*>[^<]*(?:\|\s*&apos;|\|\s*'|\[\d+\][^<\[\]*+/,()&-]*!|\.xls|\b(?:DDE|WEBSERVICE|CALL|REGISTER(?:\.ID)?|EXEC|FILTERXML|RTD)\s*\()",
    re.IGNORECASE,
)


def read_parts(path: Path) -> dict[str, bytes]:
    """Return the XML parts of a workbook by name. Raises EngineError where it is none, is too large or holds what could do harm."""
    if not path.is_file():
        raise EngineError("prices.not_found", file=path)
    try:
        with path.open("rb") as file:
            if file.read(4) == OLD_FORMAT:  # .xls, or .xlsx under a password
                raise EngineError("prices.old_or_locked", file=path.name)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_size(path, entries)
            _check_names(path, entries)
            # Reading a part to its end checks the size that the directory claims: one that lies fails its checksum.
            parts = {entry.filename: archive.read(entry) for entry in entries if entry.filename.lower().endswith(XML)}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RuntimeError, NotImplementedError) as error:
        raise EngineError("prices.not_a_workbook", file=path.name) from error
    except OSError as error:
        raise EngineError("prices.not_readable", file=path.name) from error
    if not any(name.lower().endswith("workbook.xml") for name in parts):
        raise EngineError("prices.not_a_workbook", file=path.name)
    for name, part in parts.items():
        _check_part(path, name, part)
    return parts


def _check_size(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if path.stat().st_size > MAX_BYTES or len(entries) > MAX_PARTS or len({entry.filename for entry in entries}) < len(entries):
        raise EngineError("prices.too_large", file=path.name, limit=MAX_BYTES // 2**20)
    worst = max((entry.file_size / max(entry.compress_size, 1) for entry in entries if entry.file_size > BOMB_BYTES), default=0.0)
    if worst > BOMB_RATIO or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise EngineError("prices.bomb", file=path.name, limit=MAX_UNPACKED_BYTES // 2**20)


def _check_names(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        for what, pattern in FORBIDDEN:
            if pattern.search(entry.filename):
                raise EngineError(f"prices.{what}", file=path.name, place=entry.filename)


def _check_part(path: Path, name: str, part: bytes) -> None:
    if any(word in part for word in ENTITIES):
        raise EngineError("prices.entities", file=path.name, place=name)
    if name.endswith(".rels") and OUTSIDE.search(part):
        raise EngineError("prices.external_links", file=path.name, place=name)
    if b"<f" in part and "worksheets/" in name and CALLS_OUT.search(part):
        raise EngineError("prices.calls_out", file=path.name, place=name)
    if b"ddeLink" in part:
        raise EngineError("prices.calls_out", file=path.name, place=name)

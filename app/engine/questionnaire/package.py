"""Forms that come back from outside: recognised by the keys they hold, refused where a package may do harm, read as rows of cells.

Refused: what unpacks to more than a form can be, macros, references to things outside, document types. Nothing of a file is run.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from app.engine.errors import EngineError

MOST_BYTES, MOST_PART_BYTES, MOST_ALL_BYTES, MOST_PARTS = 16 * 2**20, 16 * 2**20, 64 * 2**20, 2000
MOST_ROWS, MOST_COLUMNS = 5000, 64
LEAST_KEYS = 5
"""So many keys make a file a questionnaire."""
KEY = re.compile(r"\b(requirement|workload|model|run|node|measured)\.([a-z_]+)\b")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXTS = re.compile(r"word/document\.xml|xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml")


def is_questionnaire(path: Path) -> bool:
    """Tell whether a package holds the keys of the form; False for everything else, however broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if _TEXTS.fullmatch(name)][:8]
            heads = b"".join(archive.open(name).read(2**20) for name in names)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return False
    return len({found[0] for found in KEY.finditer(heads.decode("utf-8", "replace"))}) >= LEAST_KEYS


def rows_of(path: Path) -> Iterator[tuple[str, list[object]]]:
    """Yield (place, cells) of each row of a form. Raises EngineError where it is none or may do harm."""
    check_package(path)
    yield from (_docx_rows(path) if path.suffix.lower() == ".docx" else _xlsx_rows(path))


def check_package(path: Path) -> None:
    """Raise EngineError for a package that is no form: too large, with macros, with references to the outside."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EngineError("questionnaire.too_large", file=path.name)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_ALL_BYTES:
                raise EngineError("questionnaire.too_large", file=path.name)
            for entry in entries:
                _check_part(archive, entry, path)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise EngineError("questionnaire.not_a_form", file=path.name) from error


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    name = entry.filename.lower()
    if "vbaproject" in name or "macrosheet" in name or "activex" in name or "oleobject" in name or "/embeddings/" in name:
        raise EngineError("questionnaire.active_content", file=path.name, part=entry.filename)
    if not name.endswith((".xml", ".rels")):
        return
    text = archive.open(entry).read(MOST_PART_BYTES + 1)  # what the directory says of its size may be a lie
    if len(text) > MOST_PART_BYTES:
        raise EngineError("questionnaire.too_large", file=path.name)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"macroEnabled" in text:
        raise EngineError("questionnaire.active_content", file=path.name, part=entry.filename)
    for relation in re.findall(rb"<Relationship\b[^>]*>", text) if name.endswith(".rels") else ():
        if b'TargetMode="External"' in relation and b"/hyperlink" not in relation:
            raise EngineError("questionnaire.outside", file=path.name, part=entry.filename)


def _xlsx_rows(path: Path) -> Iterator[tuple[str, list[object]]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for number, cells in enumerate(rows[:MOST_ROWS], 1):
                yield f"{name}!B{number}", list(cells[:MOST_COLUMNS])
    except (CalamineError, PasswordError, ValueError) as error:
        raise EngineError("questionnaire.not_a_form", file=path.name) from error


def _docx_rows(path: Path) -> Iterator[tuple[str, list[object]]]:
    try:
        with zipfile.ZipFile(path) as archive:
            root = ElementTree.fromstring(archive.read("word/document.xml"))
    except (KeyError, ElementTree.ParseError, ValueError) as error:
        raise EngineError("questionnaire.not_a_form", file=path.name) from error
    for table_number, table in enumerate(root.iter(f"{_W}tbl"), 1):
        for row_number, row in enumerate(list(table.iter(f"{_W}tr"))[:MOST_ROWS], 1):
            cells: list[object] = [_cell_text(cell) for cell in list(row.iter(f"{_W}tc"))[:MOST_COLUMNS]]
            yield f"{table_number}.{row_number}", cells


def _cell_text(cell: ElementTree.Element) -> str:
    """Return the text of a cell; what only invites to choose is none."""
    hidden = {id(part) for box in cell.iter(f"{_W}sdt") if box.find(f"{_W}sdtPr/{_W}showingPlcHdr") is not None for part in box.iter()}
    lines = []
    for paragraph in cell.iter(f"{_W}p"):
        if id(paragraph) not in hidden:
            lines.append("".join(_letter(part) for part in paragraph.iter() if id(part) not in hidden))
    return "\n".join(lines).strip()


def _letter(part: ElementTree.Element) -> str:
    return part.text or "" if part.tag == f"{_W}t" else {f"{_W}tab": "\t", f"{_W}br": "\n"}.get(part.tag, "")

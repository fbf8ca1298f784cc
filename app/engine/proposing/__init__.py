"""Project in, documents out: one Proposal per language, written as PDF, workbook, Word file and a picture for the phone.

To add a section, add a file with `SECTION`, an object of class `SectionMaker`: order, key, blocks(facts).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.model.explanations import Explained
from app.engine.model.projects import Project
from app.engine.model.proposals import Proposal
from app.engine.progress import Progress, no_progress
from app.engine.proposing._facts import NOTHING
from app.engine.proposing.build import build_proposal, proposal_texts, section_keys
from app.engine.proposing.editing import EditableText, with_edit
from app.engine.proposing.export_checks import ExportCheck, export_checks
from app.engine.proposing.exported import Change, changes_since_export, next_number, with_export
from app.engine.proposing.naming import document_name

if TYPE_CHECKING:
    from app.engine.model.evaluations import Score
    from app.engine.model.platforms import Platform


def write_pdf(proposal: Proposal, path: Path, progress: Progress = no_progress) -> int:
    """Write the PDF and return its number of pages. Raises OSError as the file system does."""
    from app.engine.proposing.pdf import write

    return write(proposal, path, progress)


def write_xlsx(
    proposal: Proposal,
    project: Project,
    platforms: "dict[str, Platform]",
    path: Path,
    scores: "tuple[Score, ...]" = (),
    explained: Explained = NOTHING,
) -> None:
    """Write the workbook. Raises OSError as the file system does."""
    from app.engine.proposing.xlsx import write

    write(proposal, project, platforms, path, scores, explained)


def write_docx(proposal: Proposal, path: Path, progress: Progress = no_progress) -> None:
    """Write the Word file. Raises OSError as the file system does."""
    from app.engine.proposing.docx import write

    write(proposal, path, progress)


def write_png(summary: Proposal, path: Path) -> None:
    """Write a proposal that holds the summary alone as a picture for the phone. Raises OSError as the file system does."""
    from app.engine.proposing.pdf_phone import write

    write(summary, path)


__all__ = [
    "Change",
    "EditableText",
    "ExportCheck",
    "build_proposal",
    "changes_since_export",
    "document_name",
    "export_checks",
    "next_number",
    "proposal_texts",
    "section_keys",
    "with_edit",
    "with_export",
    "write_docx",
    "write_pdf",
    "write_png",
    "write_xlsx",
]

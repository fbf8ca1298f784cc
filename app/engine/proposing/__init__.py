"""Project in, documents out: one Proposal per language, written as PDF and as a workbook.

To add a section, add a file with `SECTION`, an object of class `SectionMaker`: order, key, blocks(facts).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.model.projects import Project
from app.engine.model.proposals import Proposal
from app.engine.progress import Progress, no_progress
from app.engine.proposing.build import build_proposal

if TYPE_CHECKING:
    from app.engine.model.platforms import Platform


def write_pdf(proposal: Proposal, path: Path, progress: Progress = no_progress) -> int:
    """Write the PDF and return its number of pages. Raises OSError as the file system does."""
    from app.engine.proposing.pdf import write

    return write(proposal, path, progress)


def write_xlsx(proposal: Proposal, project: Project, platforms: "dict[str, Platform]", path: Path) -> None:
    """Write the workbook. Raises OSError as the file system does."""
    from app.engine.proposing.xlsx import write

    write(proposal, project, platforms, path)


__all__ = ["build_proposal", "write_pdf", "write_xlsx"]

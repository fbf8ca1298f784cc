"""The documents of a project, written all or none, and what to know before they go out."""

import datetime
import errno
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from app.engine.anonymising import Hider, anonymised
from app.engine.csv_file import write_csv
from app.engine.errors import EngineError
from app.engine.explaining import explained_documents
from app.engine.known import catalogue_of
from app.engine.model.projects import Project, changed
from app.engine.paths import replacing
from app.engine.progress import Progress, no_progress, part_of

if TYPE_CHECKING:
    from app.engine.proposing import EditableText, ExportCheck


def write_proposal(
    project: Project,
    lang: str,
    *,
    pdf: Path | None = None,
    xlsx: Path | None = None,
    docx: Path | None = None,
    png: Path | None = None,
    progress: Progress = no_progress,
) -> int:
    """Write the documents that are named, all or none, and return the pages of the PDF. Raises EngineError where one cannot be written.

    png    the summary as a picture for the phone
    """
    from app.engine.paraselect import stored_scores
    from app.engine.proposing import build_proposal, write_docx, write_pdf, write_png, write_xlsx

    progress(0.1, "pipeline.doing.proposal")
    platforms, pages, explained = catalogue_of(project).by_id, 0, explained_documents(project)
    if project.settings.anonymous:
        hider = Hider(project, lang)
        project, platforms, explained = hider.project(), hider.of(platforms), hider.of(explained)
    proposal = build_proposal(project, platforms, lang, stored_scores(), explained)
    with writing(pdf or xlsx or docx or png or Path()), ExitStack() as new:
        if pdf:
            pages = write_pdf(proposal, new.enter_context(replacing(pdf)), part_of(progress, 0.2, 0.6 if docx else 0.8))
        if docx:
            write_docx(proposal, new.enter_context(replacing(docx)), part_of(progress, 0.6, 0.85))
        if png:
            progress(0.85, "pipeline.doing.picture")
            alone = changed(project, settings=msgspec.structs.replace(project.settings, sections=("summary",)))
            write_png(build_proposal(alone, platforms, lang, stored_scores()), new.enter_context(replacing(png)))
        if xlsx:
            progress(0.9, "pipeline.doing.workbook")
            write_xlsx(proposal, project, platforms, new.enter_context(replacing(xlsx)), stored_scores(), explained)
    progress(1.0, "pipeline.doing.done")
    return pages


def document_name(project: Project, lang: str, today: datetime.date) -> str:
    """Return the name of the documents without a suffix, "" where neither customer nor project has a name."""
    from app.engine.proposing import document_name as name

    return name(anonymised(project, lang) if project.settings.anonymous else project, today)


def without_names(project: Project, words: Sequence[str] = ()) -> Project:
    """Return the project whose documents hide customer, hosts, users, paths, and these words."""
    hidden = " ".join((*project.settings.hidden_words.split(), *words))
    return changed(project, settings=msgspec.structs.replace(project.settings, anonymous=True, hidden_words=hidden))


def proposal_texts(project: Project, lang: str) -> "tuple[EditableText, ...]":
    """Return the texts of the documents that can be put in other words."""
    from app.engine.paraselect import stored_scores
    from app.engine.proposing import proposal_texts as texts

    return texts(project, catalogue_of(project).by_id, lang, stored_scores(), explained_documents(project))


def export_checks(project: Project, lang: str, today: datetime.date) -> "tuple[ExportCheck, ...]":
    """Return what to know before the documents go out."""
    from app.engine.proposing import export_checks as checks

    return checks(project, catalogue_of(project).by_id, lang, proposal_texts(project, lang), today)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn what the file system says while a file is written into an error that says what to do."""
    try:
        yield
    except OSError as error:
        code = {errno.ENOSPC: "disk_full", errno.EACCES: "read_only", errno.EPERM: "read_only", errno.EROFS: "read_only"}
        raise EngineError(
            f"pipeline.{code.get(error.errno or 0, 'not_written')}", file=target, detail=error.strerror or str(error)
        ) from error


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a table that is shown, heads first, as CSV. Raises EngineError where it cannot be written."""
    with writing(path):
        write_csv(path, rows)

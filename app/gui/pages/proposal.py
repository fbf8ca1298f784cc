"""方案输出: choose and order the chapters, see the real pages, put texts in other words, know what is open, export."""

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QScrollArea, QWidget
from shiboken6 import isValid

from app.engine import pipeline
from app.engine.messages import message
from app.engine.model.projects import Project, ProposalSettings
from app.engine.progress import Progress
from app.engine.proposing import EditableText, changes_since_export, section_keys, with_edit, with_export
from app.gui.document_maker import DocumentMaker, MadeDocument
from app.gui.look import Look
from app.gui.page import DONE, EMPTY, Page
from app.gui.session import Session
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.basics import Card, boxed, button, column, label, row
from app.gui.widgets.check_list import CheckList
from app.gui.widgets.document_settings import DocumentSettings
from app.gui.widgets.page_preview import PagePreview
from app.gui.widgets.section_list import COVER, SectionList, rows_of
from app.gui.widgets.side import SideColumn
from app.gui.widgets.text_panel import TextPanel
from app.gui.widgets.written_toast import WrittenToast

LEFT_PX, RIGHT_PX = 264, 280
PRINTED = tuple(name for name in Project.__struct_fields__ if name not in ("hashes", "settings"))
FILTERS = {"pdf": "PDF (*.pdf)", "xlsx": "Excel (*.xlsx)", "docx": "Word (*.docx)", "png": "PNG (*.png)"}
WORST = ("bad", "stale", "warning")


class ProposalPage(Page):
    """Page 6: the documents. Built once; edits change it in place and the preview follows."""

    key, icon, stage = "proposal", "file-text", ""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(session, look)
        self.made: MadeDocument | None = None
        self._made_from: tuple | None = None
        self._has_parts = False
        self.maker = DocumentMaker(session.jobs, self)
        self.maker.made.connect(self._take)

    def has_content(self) -> bool:
        return self.project.workload is not None or self.project.profile is not None

    def state(self) -> str:
        return DONE if self.has_content() else EMPTY

    def refresh(self, *, force: bool = False) -> None:
        """Show the document as it is now; the page itself is built once."""
        if force or self._has_parts != self.has_content() or self._built_from is None:
            super().refresh(force=True)
            self._has_parts, self._made_from = self.has_content(), None
        if self._has_parts:
            self._show()

    def about(self) -> str:
        if self.made is None:
            return ""
        chapters = len(self.project.settings.sections or section_keys(self.project))
        open_ = sum(check.level != "ok" for check in self.made.checks)
        return self.look.say("page_proposal.about", chapters=chapters, pages=len(self.made.pages), open=open_)

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        self._more = button(say("page_proposal.more_formats"), theme, self.show_formats, symbol="chevron-down")
        return (
            self._more,
            button(say("page_proposal.export_all"), theme, lambda: self._export("pdf", "xlsx", "docx", "png"), symbol="folder"),
            button(say("page_proposal.export_pdf"), theme, lambda: self._export("pdf"), symbol="download", primary=True),
        )

    def formats_menu(self) -> QMenu:
        """Return the other documents, each alone, and the picture for the clipboard."""
        menu, say = QMenu(self), self.look.say
        for kind in ("xlsx", "docx", "png"):
            menu.addAction(say(f"page_proposal.export_{kind}"), lambda kind=kind: self._export(kind))
        menu.addSeparator()
        menu.addAction(say("page_proposal.copy_summary"), self.copy_summary)
        return menu

    def show_formats(self) -> None:
        """Open the menu of the other documents below its button."""
        self.formats_menu().popup(self._more.mapToGlobal(QPoint(0, self._more.height() + 2)))

    @property
    def lang(self) -> str:
        """The language of the documents."""
        return self.project.settings.lang or self.look.lang

    # Parts -------------------------------------------------------------------------------------------------------------------------

    def content(self) -> QWidget:
        self.made = None
        self.preview = PagePreview(self.look, self.session.jobs)
        self.preview.shown.connect(self._follow)
        self.texts = TextPanel(self.look)
        self.texts.edited.connect(self._edit_text)
        self.texts.hide()
        self.settings = DocumentSettings(self.look)
        self.settings.changed.connect(self._set)
        say = self.look.say
        policy = self.settings.changes.sizePolicy()
        policy.setVerticalStretch(1)
        self.settings.changes.setSizePolicy(policy)
        middle = column(self.preview, self.texts, spacing=12)
        middle.setStretch(0, 1)
        side = SideColumn(
            [
                (say("page_proposal.card.document"), self.settings.document),
                (say("page_proposal.card.contents"), self.settings.contents),
                (say("page_proposal.card.changes"), self.settings.changes),
            ],
            RIGHT_PX,
        )
        line = row(self._left(), boxed(middle), side, spacing=12)
        line.setStretch(1, 1)
        return boxed(line)

    def _left(self) -> QWidget:
        say = self.look.say
        card = Card(say("page_proposal.sections"), say("page_proposal.drag"), padding=0)
        card.setFixedWidth(LEFT_PX)
        self.sections = SectionList(self.look)
        self.sections.opened.connect(self._open_section)
        self.sections.ordered.connect(self._order)
        self.sections.chose.connect(self._choose)
        self._checks = CheckList(self.look)
        title = label(say("page_proposal.checks"), BODY_PX, bold=True)
        title.setContentsMargins(16, 12, 16, 4)
        inner = boxed(column(self.sections, title, self._checks, None, spacing=0), "cardBody")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        card.body.setContentsMargins(4, 0, 4, 8)
        card.body.addWidget(scroll)
        return card

    # What is shown -----------------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        settings, today = self.project.settings, datetime.date.today()
        self.settings.show_settings(settings, self.lang, f"SX-{settings.date or today:%Y%m%d}")
        self.settings.show_changes(changes_since_export(self.project), settings.exported_on)
        self._show_sections()
        now = (*(getattr(self.project, name) for name in PRINTED), self.lang, _contents(settings))
        before, self._made_from = self._made_from, now
        if before is None or any(_differs(one, other) for one, other in zip(now, before, strict=True)):
            self.maker.make(self.project, self.lang, at_once=before is None)

    def _show_sections(self) -> None:
        say, made = self.look.say, self.made
        keys = section_keys(self.project)
        titles = {key: say(f"proposing.section.{key}.title") for key in keys} | {COVER: say("page_proposal.cover")}
        self.sections.show_rows(rows_of(keys, self.project.settings.sections or keys, titles, self._pages(), _marks(self.look, made)))
        if self.sections.selected is None:
            self.sections.select(COVER)

    def _pages(self) -> dict[str, int]:
        """Return the page on which each chapter begins, from 1."""
        if self.made is None:
            return {}
        in_document = Look(self.made.lang)
        found = {key: self.made.pages.page_of(in_document.say(f"proposing.section.{key}.title")) for key in section_keys(self.project)}
        return {COVER: 1} | {key: page + 1 for key, page in found.items() if page is not None}

    def _take(self, made: MadeDocument) -> None:
        self.made = made
        self.preview.show_document(made.pages)
        old = self._outer.itemAt(0).widget()
        self._outer.replaceWidget(old, self._head())
        old.deleteLater()
        self._show_sections()
        self._checks.show_checks(made.checks)
        self._show_texts(self.sections.selected or COVER)

    def _show_texts(self, section: str) -> None:
        shown = [text for text in self.made.texts if text.section == section] if self.made else []
        self.texts.setVisible(bool(shown))
        self.texts.show_texts(shown)

    def _follow(self, page: int) -> None:
        """Select the chapter that the page in view belongs to."""
        begun = [(first, key) for key, first in self._pages().items() if first <= page + 1]
        if begun:
            key = max(begun)[1]
            self.sections.select(key)
            self._show_texts(key)

    def _open_section(self, key: str) -> None:
        page = self._pages().get(key)
        if page is not None:
            self.preview.go_to(page - 1)
        self.sections.select(key)
        self._show_texts(key)

    # What the user does --------------------------------------------------------------------------------------------------------------

    def _set(self, name: str, value: object) -> None:
        if getattr(self.project.settings, name) != value:
            settings = msgspec.structs.replace(self.project.settings, **{name: value})
            self.session.edit(f"page_proposal.field.{name}", settings=settings)

    def _order(self, keys: list[str]) -> None:
        chosen = self.project.settings.sections or section_keys(self.project)
        self._set("sections", tuple(key for key in keys if key in chosen))

    def _choose(self, key: str, is_chosen: bool) -> None:
        chosen = set(self.project.settings.sections or section_keys(self.project))
        chosen = chosen | {key} if is_chosen else chosen - {key}
        if chosen:  # a document has at least one chapter
            self._set("sections", tuple(one for one in section_keys(self.project) if one in chosen))

    def _edit_text(self, text: EditableText, words: str | None) -> None:
        settings = with_edit(self.project.settings, text, words)
        if settings != self.project.settings:
            self.session.edit("page_proposal.did.text", settings=settings)

    def file_name(self, suffix: str) -> str:
        """Return the name a customer finds again: 客户_项目_V1.2_日期."""
        return (pipeline.document_name(self.project, self.lang, datetime.date.today()) or Look(self.lang).say("gui.untitled")) + suffix

    def _export(self, *kinds: str) -> None:
        say = self.look.say
        suffix = f".{kinds[0]}"
        name, _ = QFileDialog.getSaveFileName(self, say("page_proposal.export"), self.file_name(suffix), FILTERS[kinds[0]])
        if name:
            place = Path(name)
            bare = place.with_suffix("") if place.suffix.lower() == suffix else place  # a version's point begins no suffix
            self.export_to(**{kind: bare.with_name(f"{bare.name}.{kind}") for kind in kinds})

    def copy_summary(self) -> None:
        """Put the summary on the clipboard, as the picture for the phone."""
        project, lang = self.project, self.lang

        def work(progress: Progress) -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                picture = Path(folder) / "summary.png"
                pipeline.write_proposal(project, lang, png=picture, progress=progress)
                return picture.read_bytes()

        def done(picture: object) -> None:
            image = QImage.fromData(picture)  # type: ignore[arg-type]
            QGuiApplication.clipboard().setImage(image)
            self.session.told.emit(message("page_proposal.copied", width=image.width(), height=image.height()), False)

        self.session.jobs.start("gui.job.write", work, done)

    def export_to(self, pdf: Path | None = None, xlsx: Path | None = None, docx: Path | None = None, png: Path | None = None) -> None:
        """Write the documents that are named, in the background, and remember what they said."""
        project, lang = self.project, self.lang

        def work(progress: Progress) -> Project:
            pipeline.write_proposal(project, lang, pdf=pdf, xlsx=xlsx, docx=docx, png=png, progress=progress)
            return with_export(project, datetime.date.today())

        def done(exported: object) -> None:
            told = exported.settings  # type: ignore[attr-defined]
            settings = msgspec.structs.replace(self.project.settings, exported=told.exported, exported_on=told.exported_on)
            same = self.project.name == project.name and self.project.trace is project.trace  # no other document was opened meanwhile
            if same and settings != self.project.settings:
                self.session.edit("page_proposal.did.export", settings=settings)
            if isValid(self):  # else the page was built anew with another theme or language
                self._tell_written([path for path in (pdf, xlsx, docx, png) if path is not None])

        self.session.jobs.start("gui.job.write", work, done)

    def _tell_written(self, files: list[Path]) -> None:
        self.toast = WrittenToast(self.window(), self.look)
        self.toast.tell_files(files)


def _differs(one: object, other: object) -> bool:
    return one is not other and not (isinstance(one, str | ProposalSettings) and one == other)


def _contents(settings: ProposalSettings) -> ProposalSettings:
    """Return what of the settings is printed."""
    return msgspec.structs.replace(settings, exported={}, exported_on=None)


def _marks(look: Look, made: MadeDocument | None) -> dict[str, tuple[str, str]]:
    """Return the worst finding of each chapter and its words."""
    found: dict[str, tuple[str, str]] = {}
    for check in made.checks if made else ():
        if check.level in WORST and check.section not in found:  # checks come worst first
            found[check.section] = (check.level, f"{look.tell(check.said)}: {look.tell(check.detail)}")
    return found

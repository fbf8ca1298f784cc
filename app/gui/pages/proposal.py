"""方案输出: choose the sections, see the real pages, export both documents."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLabel, QLineEdit, QPushButton, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.messages import message
from app.engine.progress import Progress
from app.gui.page import DONE, EMPTY, Page
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, label, row, tool

SECTIONS = ("summary", "requirement", "characteristics", "adaptation", "predictions", "plans", "assumptions")
LEFT_PX, RIGHT_PX, PAGE_WIDTH_PX = 240, 280, 620
FIELDS = ("number", "version", "author", "classification")


class ProposalPage(Page):
    """Page 6: the documents."""

    key, icon, stage = "proposal", "file-text", ""
    shows = ("settings", "selection", "predictions", "assessments", "profile", "requirement", "name", "hashes")

    def has_content(self) -> bool:
        return self.project.workload is not None or self.project.profile is not None

    def state(self) -> str:
        return DONE if self.has_content() else EMPTY

    def actions(self) -> Sequence[QPushButton]:
        return (button(self.look.say("gui.export"), self.look.theme, self._export, symbol="download", primary=True),)

    def content(self) -> QWidget:
        self._page, self._pictures = 0, []
        self._preview = QLabel(self.look.say("gui.preview_coming"))
        self._preview.setFont(font(BODY_PX))
        self._preview.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._preview)
        middle = Card(self.look.say("gui.card.preview"))
        self._where = label("", SMALL_PX, tone="2")
        theme, say = self.look.theme, self.look.say
        middle.tools.addWidget(tool("chevron-left", say("gui.page_back"), theme, lambda: self._turn(-1)))
        middle.tools.addWidget(self._where)
        middle.tools.addWidget(tool("chevron-right", say("gui.page_on"), theme, lambda: self._turn(1)))
        middle.body.addWidget(scroll)
        line = row(self._sections(), middle, self._settings(), spacing=12)
        line.setStretch(1, 1)
        self._render()
        return boxed(line)

    def _sections(self) -> QWidget:
        say = self.look.say
        card = Card(say("gui.card.sections"))
        card.setFixedWidth(LEFT_PX)
        chosen = self.project.settings.sections or SECTIONS
        self._boxes: dict[str, QCheckBox] = {}
        for name in SECTIONS:
            box = QCheckBox(say(f"proposing.section.{name}.title"))
            box.setFont(font(BODY_PX))
            box.setChecked(name in chosen)
            box.clicked.connect(self._choose_sections)
            card.body.addWidget(box)
            self._boxes[name] = box
        card.body.addStretch(1)
        return card

    def _choose_sections(self) -> None:
        chosen = tuple(name for name, box in self._boxes.items() if box.isChecked())
        settings = msgspec.structs.replace(self.project.settings, sections=() if chosen == SECTIONS else chosen)
        self.session.edit("gui.did.sections", settings=settings)

    def _settings(self) -> QWidget:
        say = self.look.say
        card = Card(say("gui.card.document"))
        card.setFixedWidth(RIGHT_PX)
        for name in FIELDS:
            field = QLineEdit(getattr(self.project.settings, name))
            field.setFont(font(BODY_PX))
            field.setAccessibleName(say(f"gui.field.{name}"))
            field.editingFinished.connect(lambda name=name, field=field: self._set(name, field.text().strip()))
            card.body.addWidget(label(say(f"gui.field.{name}"), SMALL_PX, tone="2"))
            card.body.addWidget(field)
        card.body.addStretch(1)
        return card

    def _set(self, name: str, text: str) -> None:
        if text != getattr(self.project.settings, name):
            self.session.edit("gui.did.settings", settings=msgspec.structs.replace(self.project.settings, **{name: text}))

    def _render(self) -> None:
        project, lang, ratio = self.project, self.look.lang, self.devicePixelRatioF()

        def work(progress: Progress) -> list[QImage]:
            with tempfile.TemporaryDirectory() as folder:
                made = pipeline.write_documents(project, Path(folder), lang, progress)
                return page_images(made.pdf, round(PAGE_WIDTH_PX * ratio))

        self._asked = project
        self.session.jobs.start("gui.job.preview", work, lambda images: self._rendered(project, images))

    def _rendered(self, project: object, images: object) -> None:
        if project is self._asked:
            self._pictures = list(images)  # type: ignore[call-overload]
            self._turn(0)

    def _turn(self, step: int) -> None:
        if not self._pictures:
            return
        self._page = max(0, min(len(self._pictures) - 1, self._page + step))
        shown = QPixmap.fromImage(self._pictures[self._page])
        shown.setDevicePixelRatio(self.devicePixelRatioF())
        self._preview.setPixmap(shown)
        self._where.setText(f"{self._page + 1} / {len(self._pictures)}")

    def _export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.look.say("gui.export"))
        if folder:
            self.export_to(Path(folder))

    def export_to(self, folder: Path) -> None:
        """Write both documents into a folder."""
        project, lang = self.project, self.look.lang
        self.session.jobs.start(
            "gui.job.write",
            lambda progress: pipeline.write_documents(project, folder, lang, progress),
            lambda made: self.session.told.emit(message("gui.told.written", name=str(made.pdf.parent)), False),  # type: ignore[attr-defined]
        )


def page_images(pdf: Path, width_px: int) -> list[QImage]:
    """Return a picture of each page."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf.read_bytes())
    images = []
    for page in document:
        bitmap = page.render(scale=width_px / page.get_width(), rev_byteorder=True, prefer_bgrx=True)
        rows = bitmap.to_numpy()
        images.append(QImage(rows.tobytes(), bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGBX8888).copy())
    document.close()
    return images

"""The drop area of a page without data: a dashed frame, what to give and three ways to give it, a field for paths, what is understood."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDir, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCompleter, QFileSystemModel, QFrame, QLineEdit, QVBoxLayout, QWidget

from app.engine.reading import labels
from app.gui.look import Look
from app.gui.pasting import typed_paths
from app.gui.theme import font, icon, pixmap
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, RADIUS_DROP, SMALL_PX, TITLE_PX
from app.gui.widgets.basics import boxed, button, chip, column, label, picture, row, rule

TILE_PX, FIELD_PX, SIDE_PX = 64, 560, 32
MOST_FORMATS = 6
PROFILERS = ("kineto", "nsys", "ncu", "ascend", "mindspore", "rocprof", "rocpd", "superbench", "msprof")
HOST = ("capture", "iostat", "sar", "sadf", "vmstat", "mpstat", "pidstat", "dstat", "perfquery", "nccl", "fio")
GROUPS = ("monitors", "profilers", "host", "runs")


def group_of(slug: str) -> str:
    """Return which of the four groups of the page a format belongs to."""
    starts = {"profilers": PROFILERS, "host": HOST, "runs": ("table",)}
    return next((group for group, words in starts.items() if slug.startswith(words)), "monitors")


def format_groups() -> dict[str, list[str]]:
    """Return the names of all formats that are understood, in the four groups of the page."""
    found: dict[str, list[str]] = {name: [] for name in GROUPS}
    for slug, name in labels().items():
        found[group_of(slug)].append(name)
    found["runs"] = ["run.toml", "config.json", *found["runs"]]
    return {group: names for group, names in found.items() if names}


class PathField(QLineEdit):
    """Takes paths: Enter opens, several stand with ; between; the folder at hand is listed only once the field has the focus."""

    def __init__(self, look: Look, take_in: Callable[[Sequence[Path]], object]) -> None:
        super().__init__()
        self._look, self._take_in = look, take_in
        self.setFont(font(BODY_PX))
        self.setPlaceholderText(look.say("intake.path_hint"))
        self.setAccessibleName(look.say("intake.path_name"))
        self.setFixedHeight(34)
        self.setMaximumWidth(FIELD_PX)
        self.addAction(QAction(icon("link", look.theme.text3), "", self), QLineEdit.ActionPosition.LeadingPosition)
        hint = chip("Enter", look.theme.text2, look.theme.sunken)
        inside = row(None, hint)
        inside.setContentsMargins(0, 0, 12, 0)
        self.setLayout(inside)
        self.setTextMargins(0, 0, 64, 0)
        self.returnPressed.connect(self._open)
        self.textEdited.connect(lambda _text: self._mark(False))

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.completer() is None:
            model = QFileSystemModel(self)
            model.setFilter(QDir.Filter.AllEntries | QDir.Filter.NoDotAndDotDot)
            model.setRootPath("")
            completer = QCompleter(model, self)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            popup = completer.popup()
            popup.setFont(font(SMALL_PX))
            self.setCompleter(completer)
        super().focusInEvent(event)

    def _open(self) -> None:
        paths = typed_paths(self.text())
        missing = [path for path in paths if not path.exists()]
        if missing or not paths:
            self._mark(bool(missing))
            self.setToolTip(self._look.say("intake.no_such_path", path=str(missing[0])) if missing else "")
            return
        self.clear()
        self._take_in(paths)

    def _mark(self, problem: bool) -> None:
        self.setProperty("problem", problem)
        self.style().unpolish(self)
        self.style().polish(self)


class DropArea(QFrame):
    """The frame with its content. title, hint: what this page waits for; needs: (word, is there, can do without)."""

    def __init__(
        self,
        title: str,
        hint: str,
        needs: Sequence[tuple[str, bool, bool]],
        look: Look,
        do: Callable[[str], object],
        take_in: Callable[[Sequence[Path]], object],
    ) -> None:
        super().__init__()
        self._look = look
        theme, say = look.theme, look.say
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SIDE_PX, 24, SIDE_PX, 24)
        layout.setSpacing(12)
        middle = Qt.AlignmentFlag.AlignHCenter
        layout.addStretch(3)
        layout.addWidget(_Tile(look), 0, middle)
        layout.addSpacing(4)
        layout.addWidget(label(title, TITLE_PX, bold=True), 0, middle)
        layout.addWidget(label(hint, BODY_PX, tone="2"), 0, middle)
        if needs:
            layout.addWidget(_checklist(needs, look), 0, middle)
        layout.addSpacing(4)
        ways = row(
            button(say("gui.choose_files"), theme, lambda: do("import"), symbol="folder-open", primary=True),
            button(say("intake.paste"), theme, lambda: do("paste"), symbol="clipboard-paste"),
            button(say("gui.type_parameters"), theme, lambda: do("requirement"), symbol="sliders-horizontal"),
        )
        layout.addWidget(boxed(ways), 0, middle)
        self.field = PathField(look, take_in)
        line = row(None, self.field, None, spacing=0)
        line.setStretchFactor(self.field, 12)
        layout.addLayout(line)
        layout.addStretch(2)
        layout.addWidget(rule(theme))
        groups = row(spacing=24)
        for name, formats in format_groups().items():
            groups.addWidget(_group(name, formats, look), 1)
        layout.addLayout(groups)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(theme.border2), 1.5)
        pen.setDashPattern([6, 4])
        painter.setPen(pen)
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS_DROP, RADIUS_DROP)


class _Tile(QWidget):
    """The icon on its ground."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFixedSize(QSize(TILE_PX, TILE_PX))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.selected))
        painter.drawRoundedRect(self.rect(), RADIUS_DROP, RADIUS_DROP)
        painter.drawPixmap(16, 16, pixmap("upload", theme.accent, 32, self.devicePixelRatioF()))


def _checklist(needs: Sequence[tuple[str, bool, bool]], look: Look) -> QWidget:
    line = row(spacing=16)
    for word, there, optional in needs:
        symbol, ink = ("circle-check", look.theme.ok) if there else ("circle-dashed", look.theme.text3)
        tone = "ok" if there else "3" if optional else ""
        text = look.say("intake.optional", what=word) if optional and not there else word
        line.addWidget(boxed(row(picture(symbol, ink, 14), label(text, SMALL_PX, tone=tone, bold=not there and not optional), spacing=4)))
    return boxed(line)


def _group(name: str, formats: Sequence[str], look: Look) -> QWidget:
    shown = " · ".join(formats[:MOST_FORMATS]) + (f" … {len(formats)}" if len(formats) > MOST_FORMATS else "")
    text = label(shown, CAPTION_PX, tone="2", wrap=True)
    made = boxed(column(label(look.say(f"intake.group.{name}"), SMALL_PX, bold=True), text, None, spacing=4))
    made.setToolTip("\n".join(formats))
    return made

"""The small parts: labels, cards, buttons, chips, badges. All sizes and colours come from the theme."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.theme import BUTTON_ICON, TOOL_ICON, Theme, font, icon, pixmap
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, MARGIN, RADIUS_CHIP, SMALL_PX, SPACE

LEVEL_ICONS = {"ok": "circle-check", "warning": "triangle-alert", "blocked": "ban", "unknown": "circle-dashed"}
LEVEL_ICONS |= {"ready": "circle-check", "adapt": "triangle-alert"}
KIND_GLYPHS = {"measured": "●", "fitted": "◆", "transferred": "▶", "pooled": "■", "modelled": "○"}

Box = TypeVar("Box", QHBoxLayout, QVBoxLayout)


def label(text: str = "", px: int = BODY_PX, *, bold: bool = False, tone: str = "", wrap: bool = False, select: bool = False) -> QLabel:
    """Return a text. tone: "2", "3" (greys), ok, warn, bad, accent."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(font(px, bold=bold))
    if tone:
        made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    if select:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
    return made


def wrapped_label(text: str, width_px: int, *, tone: str = "") -> QLabel:
    """Return a text in lines; its height is fixed, since a scroll area does not ask a label how high it is at this width."""
    made = label(text, SMALL_PX, tone=tone, wrap=True, select=True)
    made.setAlignment(Qt.AlignmentFlag.AlignTop)
    made.setFixedHeight(made.heightForWidth(width_px))
    return made


def picture(name: str, colour: str, size: int = 16) -> QLabel:
    """Return an icon as a widget."""
    made = QLabel()
    made.setPixmap(pixmap(name, colour, size, 2.0))
    made.setFixedSize(size, size)
    made.setScaledContents(True)
    return made


def button(text: str, theme: Theme, act: Callable[[], object], *, symbol: str = "", primary: bool = False) -> QPushButton:
    """Return a button; the primary one of a page is always the next step."""
    made = QPushButton(text)
    made.setFont(font(BODY_PX))
    if symbol:
        after = symbol == "arrow-right"  # the way on stands behind the words
        made.setIcon(icon(symbol, theme.on_accent if primary else theme.text, theme.disabled, gap=-4 if after else 4))
        made.setIconSize(BUTTON_ICON)
        if after:
            made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    made.setProperty("primary", primary)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: act())
    return made


def tool(symbol: str, tip: str, theme: Theme, act: Callable[[], object] | None = None) -> QToolButton:
    """Return a tool button that shows an icon and tells itself on hover."""
    made = QToolButton()
    made.setIcon(icon(symbol, theme.text2, theme.disabled))
    made.setIconSize(TOOL_ICON)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setFixedSize(28, 28)
    if act:
        made.clicked.connect(lambda _checked=False: act())
    return made


def chip(text: str, ink: str, ground: str, *, border: str = "") -> QLabel:
    """Return a small word on a ground: a kind, a state, a mark. border: dashed or solid."""
    made = label(text, CAPTION_PX)
    edge = f"1px {border} {ink}" if border else "none"
    made.setStyleSheet(f"color:{ink}; background:{ground}; border:{edge}; border-radius:{RADIUS_CHIP}px; padding:0 6px;")
    made.setFixedHeight(18)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def kind_chip(kind: str, word: str, theme: Theme) -> QLabel:
    """Return the chip of a kind of number: its glyph and its word."""
    return chip(f"{KIND_GLYPHS.get(kind, '○')} {word}", theme.kind(kind), theme.chip(kind))


def state_chip(state: str, word: str, theme: Theme) -> QLabel:
    """Return the chip of an axis or channel: measured and estimated by glyph, not measured dashed, not applicable outlined."""
    if state in ("measured", "estimated"):
        kind = "measured" if state == "measured" else "modelled"
        return chip(f"{KIND_GLYPHS[kind]} {word}", theme.kind(kind), theme.chip(kind))
    return chip(word, theme.text2, "transparent", border="dashed" if state == "not_measured" else "solid")


def badge(level: str, word: str, theme: Theme) -> QWidget:
    """Return a level or verdict: icon and word, always."""
    ink, ground = theme.level(level)
    made = QWidget()
    line = row(spacing=SPACE)
    line.setContentsMargins(6, 0, 8, 0)
    line.addWidget(picture(LEVEL_ICONS.get(level, "circle-dashed"), ink, 14))
    text = label(word, SMALL_PX)
    text.setStyleSheet(f"color:{ink};")
    line.addWidget(text)
    made.setLayout(line)
    made.setObjectName("badge")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.setStyleSheet(f"QWidget#badge {{ background:{ground}; border-radius:{RADIUS_CHIP}px; }}")
    made.setFixedHeight(22)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def segments(words: Sequence[tuple[str, str]], current: str, act: Callable[[str], object]) -> QFrame:
    """Return one control that holds one of several values. words: (value, text) each; act gets the value that is chosen."""
    made = QFrame()
    made.setObjectName("segments")
    group, line = QButtonGroup(made), row(spacing=0)
    line.setContentsMargins(2, 2, 2, 2)
    for value, text in words:
        choice = QPushButton(text)
        choice.setFont(font(SMALL_PX))
        choice.setProperty("segment", True)
        choice.setCheckable(True)
        choice.setChecked(value == current)
        choice.setFixedHeight(26)
        choice.clicked.connect(lambda _checked=False, value=value: act(value))
        group.addButton(choice)
        line.addWidget(choice)
    made.setLayout(line)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def row(*parts: QWidget | None, spacing: int = 8) -> QHBoxLayout:
    """Return parts side by side; None is a stretch."""
    return _filled(QHBoxLayout(), parts, spacing)


def column(*parts: QWidget | None, spacing: int = 8) -> QVBoxLayout:
    """Return parts below each other; None is a stretch."""
    return _filled(QVBoxLayout(), parts, spacing)


def _filled(layout: Box, parts: tuple[QWidget | None, ...], spacing: int) -> Box:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        else:
            layout.addWidget(part)
    return layout


def clear(layout: QLayout) -> None:
    """Remove all parts of a layout, so that it can be filled anew."""
    while taken := layout.takeAt(0):
        if widget := taken.widget():
            widget.hide()
            widget.deleteLater()


def boxed(layout: QLayout, name: str = "") -> QWidget:
    """Return a layout as a widget."""
    made = QWidget()
    if name:
        made.setObjectName(name)
    made.setLayout(layout)
    return made


class Card(QFrame):
    """A titled surface. `title` and `hint` are its words, `body` takes the content, `tools` the buttons at the right of the head."""

    def __init__(self, title: str = "", hint: str = "", *, padding: int = MARGIN) -> None:
        super().__init__()
        self.setObjectName("card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        self.hint = label(hint, SMALL_PX, tone="3")
        self.title = label(title, BODY_PX, bold=True)
        self.tools = row(spacing=SPACE)
        if title or hint:
            head = row(self.title, self.hint, None)
            head.addLayout(self.tools)
            head.setContentsMargins(MARGIN, 0, 12, 0)
            bar = boxed(head)
            bar.setFixedHeight(40)
            outer.addWidget(bar)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(padding, 0 if title else padding, padding, padding)
        self.body.setSpacing(8)
        outer.addLayout(self.body, 1)


def well(*parts: QWidget | None) -> QFrame:
    """Return a sunken area for use inside a card."""
    made = QFrame()
    made.setObjectName("well")
    layout = column(*parts, spacing=SPACE)
    layout.setContentsMargins(12, 8, 12, 8)
    made.setLayout(layout)
    return made


def rule(theme: Theme) -> QFrame:
    """Return a hairline."""
    made = QFrame()
    made.setFixedHeight(1)
    made.setStyleSheet(f"background:{theme.grid};")
    return made

"""先看平台类型: the scenario and one answer to each question in a strip, before any product; reasons and platforms on request."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.engine.model.kinds import MATCHED, WORDS, KindMatch, PlatformKind, Recommendation
from app.gui.figures import full_name, short_name
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, button, chip, column, label, row, tool, well
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.dialogs import Dialog
from app.gui.widgets.elided import Elided
from app.gui.widgets.table import Cell, Column, Table
from app.gui.widgets.tips import wrapped

SCENARIO_PX, DIALOG_PX = 150, (1120, 680)
SYMBOLS = {True: ("circle-check", "ok"), False: ("ban", "bad"), None: ("circle-dashed", "3")}


class KindCard(Card):
    """The strip: an answer and its figure for each question, all reasons on hover and in a dialog of their own."""

    def __init__(self, kind: PlatformKind, look: Look) -> None:
        super().__init__()
        self.kind, self._look = kind, look
        self.setObjectName("card")
        self.body.setContentsMargins(16, 10, 12, 10)
        line = row(self._scenario(), spacing=16)
        for one in kind.recommendations:
            line.addWidget(self._answer(one), 1)
        line.addWidget(self._ways())
        self.body.addLayout(line)

    def as_text(self) -> str:
        """Return all of it as text: scenario, answers with strength and reasons, how many platforms."""
        look, kind = self._look, self.kind
        scenario = " · ".join(look.tell(word) for word in kind.scenario.words)
        lines = [f"{look.say('kinds.title')}: {scenario}", *(look.tell(said) for said in kind.scenario.reasons)]
        for one in kind.recommendations:
            lines.append(
                f"{look.say(f'kinds.aspect.{one.aspect}')}: {look.tell(one.answer)} ({look.say(f'kinds.strength.{one.strength}')})"
            )
            lines += [f"  {look.tell(said)}" for said in one.said]
        return "\n".join((*lines, look.tell(kind.counted)))

    def show_reasons(self) -> None:
        """Open the reasons beside the platforms of the base."""
        KindDialog(self.kind, self._look, self, self.as_text).open()

    def _scenario(self) -> QWidget:
        look, scenario = self._look, self.kind.scenario
        words = [look.tell(word) for word in scenario.words]
        parts = column(label(look.say("kinds.card.title"), BODY_PX, bold=True), spacing=2)
        parts.addWidget(Elided(" · ".join(words[:2] if len(words) > 2 else words[:1]), SMALL_PX, tone="2"))
        parts.addWidget(Elided(words[-1], SMALL_PX, tone="2"))
        parts.addStretch(1)
        made = boxed(parts)
        made.setFixedWidth(SCENARIO_PX)
        made.setToolTip(wrapped("\n".join(look.tell(said) for said in scenario.reasons)))
        return made

    def _answer(self, one: Recommendation) -> QWidget:
        look = self._look
        head = row(label(look.say(f"kinds.aspect.{one.aspect}"), CAPTION_PX, tone="3"), strength_chip(one, look), None, spacing=6)
        reason = Elided(look.tell(one.brief), SMALL_PX, tone="2", fills=True)
        parts = column(spacing=2)
        parts.addLayout(head)
        parts.addWidget(Elided(look.tell(one.answer), BODY_PX, bold=True, fills=True))
        parts.addWidget(reason)
        parts.addStretch(1)
        made = boxed(parts)
        told = "\n".join(look.tell(said) for said in one.said)
        made.setToolTip(wrapped(told))
        made.setAccessibleName(f"{look.say(f'kinds.aspect.{one.aspect}')}: {look.tell(one.answer)}")
        made.setAccessibleDescription(told)
        return made

    def _ways(self) -> QWidget:
        look, kind = self._look, self.kind
        told = label(f"{look.say('kinds.card.count')} {len(kind.fitting)} / {len(kind.matches)}", SMALL_PX, tone="2")
        told.setToolTip(look.tell(kind.counted))
        copy = tool("copy", look.say("kinds.card.copy"), look.theme, lambda: copy_text(self.as_text()))
        lines = column(boxed(row(None, told, copy)), spacing=2)
        lines.addWidget(button(look.say("kinds.card.why"), look.theme, self.show_reasons))
        return boxed(lines)


def strength_chip(one: Recommendation, look: Look) -> QWidget:
    """Return how much an answer matters, as a chip: filled for what must be, quieter for what matters less."""
    word, theme = look.say(f"kinds.strength.{one.strength}"), look.theme
    if one.strength == "must":
        return chip(word, theme.on_accent, theme.accent)
    if one.strength == "prefer":
        return chip(word, theme.accent, theme.selected)
    return chip(word, theme.text2, "transparent", border="dashed" if one.strength == "unknown" else "solid")


class KindDialog(Dialog):
    """Reasons at the left, question by question; at the right every platform of the base with what of the kind it is."""

    def __init__(self, kind: PlatformKind, look: Look, parent: QWidget, as_text: Callable[[], str]) -> None:
        super().__init__(look.say("kinds.card.dialog"), look, parent, hint=look.say("kinds.card.hint"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        room = parent.window().size()
        self.resize(min(DIALOG_PX[0], round(room.width() * 0.92)), min(DIALOG_PX[1], round(room.height() * 0.9)))
        self.table = matches_table(kind, look)
        right = column(label(look.tell(kind.counted), SMALL_PX, tone="2", wrap=True), self.table)
        right.setStretch(1, 1)
        line = row(self._reasons(kind), boxed(right), spacing=12)
        line.setStretch(0, 1)
        line.setStretch(1, 1)
        self.body.addLayout(line, 1)
        self.finish(look.say("gui.close"), "", button(look.say("kinds.card.copy"), look.theme, lambda: copy_text(as_text()), symbol="copy"))

    def _reasons(self, kind: PlatformKind) -> QScrollArea:
        look = self.look
        inner = QWidget()
        inner.setObjectName("pageBody")
        parts = QVBoxLayout(inner)
        parts.setContentsMargins(0, 0, 8, 0)
        scenario = " · ".join(look.tell(word) for word in kind.scenario.words)
        parts.addWidget(well(label(scenario, BODY_PX, bold=True), *(self._said(said) for said in kind.scenario.reasons)))
        for one in kind.recommendations:
            head = row(label(look.say(f"kinds.aspect.{one.aspect}"), SMALL_PX, tone="3"), spacing=8)
            head.addWidget(label(look.tell(one.answer), BODY_PX, bold=True))
            head.addWidget(strength_chip(one, look))
            head.addStretch(1)
            parts.addWidget(well(boxed(head), *(self._said(said) for said in one.said)))
        parts.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        return scroll

    def _said(self, said: object) -> QWidget:
        return label(self.look.tell(said), SMALL_PX, tone="2", wrap=True, select=True)  # type: ignore[arg-type]


def matches_table(kind: PlatformKind, look: Look) -> Table:
    """Return every platform with what of the kind it is, those that are of it first."""
    heads = [Column(look.say("kinds.card.platform"), least=130)]
    heads += [Column(look.say(f"kinds.aspect.{name}"), width=78 if look.lang == "zh" else 98) for name in MATCHED]
    order = {True: 0, None: 1, False: 2}
    ranked = sorted(kind.matches, key=lambda one: order[one.fits])
    return Table(heads, [_match_row(one, look) for one in ranked], look.theme, row_px=28, name=look.say("kinds.card.dialog"))


def _match_row(one: KindMatch, look: Look) -> tuple[Cell, ...]:
    cells = [Cell(short_name(one.platform, look), tip=full_name(one.platform, look), quiet=one.fits is False)]
    for name in MATCHED:
        answer = getattr(one, name)
        symbol, tone = SYMBOLS[answer]
        cells.append(Cell(look.say(f"kinds.match.{WORDS[answer]}"), symbol=symbol, tone=tone))
    return tuple(cells)

"""What changed from run A to run B: how much faster, why, and which operators explain it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QSizePolicy

from app.engine.model.profiles import Change, RunComparison
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import Card, label, rule, tool, wrapped_label
from app.gui.widgets.elided import Elided

MOST_OPERATORS, TEXT_PX = 8, 344
IDLE = "(idle)"  # the row of a comparison that stands for the cards' idle time
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def compared_card(found: RunComparison, look: Look) -> Card:
    """Return the card of a comparison."""
    say, theme = look.say, look.theme
    card = Card(say("page_profile.compared.title"), say("page_profile.compared.hint"))
    copy = tool("copy", say("page_profile.copy_text"), theme, lambda: QGuiApplication.clipboard().setText(compared_text(found, look)))
    card.tools.addWidget(copy)
    card.body.addWidget(label(speed_text(found, look), BODY_PX, bold=True))
    card.body.addWidget(wrapped_label(look.tell(found.cause), TEXT_PX, tone="2"))
    if found.operators:
        card.body.addWidget(rule(theme))
        card.body.addLayout(_operators(found.operators[:MOST_OPERATORS], look))
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return card


def compared_text(found: RunComparison, look: Look) -> str:
    """Return the card as text, the operators as a table."""
    rows = ["\t".join((_name(one, look), *_figures(one, look))) for one in found.operators]
    return "\n".join([speed_text(found, look), look.tell(found.cause), *rows])


def speed_text(found: RunComparison, look: Look) -> str:
    """Return how many times as fast B is, and by what that is known."""
    factor = look.number(found.speed_up, 2) if found.speed_up is not None else "—"
    return look.say(f"page_profile.compared.by_{found.by}", factor=factor)


def _operators(changes: tuple[Change, ...], look: Look) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    for column, head in enumerate(("operator", "before", "after", "share")):
        grid.addWidget(label(look.say(f"page_profile.compared.{head}"), CAPTION_PX, tone="3"), 0, column, RIGHT if column else LEFT)
    for place, one in enumerate(changes, 1):
        grid.addWidget(Elided(_name(one, look), SMALL_PX, tone="2", middle=True, fills=True), place, 0)
        for column, figure in enumerate(_figures(one, look), 1):
            grid.addWidget(label(figure, SMALL_PX), place, column, RIGHT)
    return grid


def _name(one: Change, look: Look) -> str:
    return look.say("page_profile.time.idle") if one.name == IDLE else one.name


def _figures(one: Change, look: Look) -> tuple[str, str, str]:
    """Return before and after in ms, and the share of the net change."""
    times = tuple(look.figure(None if value is None else value * 1e3, 3) for value in (one.before, one.after))
    return *times, "—" if one.share is None else f"{look.number(one.share * 100, 0)} %"

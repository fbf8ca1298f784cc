"""The operators of a run on one platform, one by one: calls, share of the time, support, what to do, source."""

from PySide6.QtWidgets import QWidget

from app.engine.model.assessments import OperatorVerdict
from app.gui.look import UNKNOWN, Look
from app.gui.widgets.dialogs import TableDialog
from app.gui.widgets.table import Cell, Column, Row

WIDE_PX, HIGH_PX, SHARE_PX = 1120, 640, 110
LEVELS = {"native": "ok", "composite": "ok", "unknown": "unknown", "unsupported": "blocked", "write": "blocked"}


def operators_dialog(operators: tuple[OperatorVerdict, ...], platform: str, look: Look, parent: QWidget) -> TableDialog:
    """Return the table in a window of its own; it can be sorted and copied."""
    say = look.say
    seen = any(one.share is not None for one in operators)
    columns = (
        Column(say("scan.head.operator"), least=220),
        Column(say("scan.head.calls"), number=True, fit=True),
        Column(say("scan.head.share"), "%", number=True, width=SHARE_PX),
        Column(say("scan.head.support"), fit=True),
        Column(say("scan.head.instead"), least=200),
        Column(say("scan.head.since"), fit=True),
        Column(say("scan.head.source"), least=200),
    )
    hint = say("scan.operators.hint" if seen else "scan.operators.hint_implied", count=len(operators))
    title = say("scan.operators.title", platform=look.product(platform))
    made = TableDialog(title, columns, [_row(one, look) for one in operators], look, parent, hint=hint)
    made.resize(WIDE_PX, HIGH_PX)
    return made


def _row(one: OperatorVerdict, look: Look) -> Row:
    word = look.say(f"assessing.support.{one.support}")
    note = look.say("scan.inferred") if one.inferred else ""
    return (
        Cell(one.name, tip=look.tell(one.does), note=look.tell(one.does)),
        Cell(look.number(one.calls, 0), one.calls),
        Cell(look.number(one.share * 100, 2) if one.share is not None else UNKNOWN, one.share, share=one.share),
        Cell(word, level=LEVELS.get(one.support, "warning"), chip=note, tip=look.say("scan.operators.inferred") if one.inferred else ""),
        Cell(look.tell(one.instead) or "", tip=look.tell(one.instead)),
        Cell(one.since),
        Cell(one.source, tip=one.source),
    )

"""The rows of a table that could not be tried, each with its reason."""

from collections.abc import Sequence

from app.engine.model.evaluations import Skipped
from app.gui.figures import short_name
from app.gui.look import Look
from app.gui.widgets.table import Cell, Column, Table


def skipped_table(skipped: Sequence[Skipped], look: Look) -> Table:
    """Return them as a table."""
    say = look.say
    columns = (
        Column(say("evaluation.column.row"), number=True, fit=True),
        Column(say("evaluation.column.case"), least=140),
        Column(say("evaluation.column.platform"), least=160),
        Column(say("evaluation.column.reason"), least=360),
    )
    rows = [
        (
            Cell(str(one.row), one.row),
            Cell(one.case, tip=one.case),
            Cell(short_name(one.platform, look), tip=one.platform),
            Cell(look.tell(one.reason), tip=look.tell(one.reason)),
        )
        for one in skipped
    ]
    return Table(columns, rows, look.theme, name=say("evaluation.skipped_hint"))

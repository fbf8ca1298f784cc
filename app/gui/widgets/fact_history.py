"""What was said of a fact, layer by layer: the newest first, what ships last."""

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from app.engine.model.platforms import Fact, Platform
from app.engine.platform_store import history
from app.gui.look import UNKNOWN, Look
from app.gui.widgets import facts
from app.gui.widgets.dialogs import TableDialog
from app.gui.widgets.table import Cell, Column

WIDE_PX, HIGH_PX = 760, 320


class FactHistory(TableDialog):
    """The history of one fact as a table to read and copy."""

    def __init__(self, platform: Platform, key: str, look: Look, parent: QWidget) -> None:
        say = look.say
        columns = (
            Column(say("page_platforms.edit.layer"), fit=True),
            Column(say("page_platforms.value_head"), platform.facts[key].unit, True, fit=True),
            Column(say("page_platforms.source_head"), least=200),
            Column(say("page_platforms.as_of"), fit=True),
            Column(say("page_platforms.edit.who"), fit=True),
            Column(say("page_platforms.edit.note"), least=100),
        )
        rows = []
        for fact in history(platform, key):
            shown = facts.fact_text(look, _as_said(platform, key, fact), key)
            value = fact.value if isinstance(fact.value, float) else None
            cells = (facts.layer_name(look, fact), fact.source or UNKNOWN, fact.as_of or UNKNOWN, fact.who or UNKNOWN, fact.note)
            first, *rest = (Cell(text, tip=text) for text in cells)
            rows.append((first, Cell(shown, value), *rest))
        title = say("page_platforms.history_of", fact=facts.fact_name(look, key))
        super().__init__(title, columns, rows, look, parent, hint=platform.label(look.lang))
        self.resize(WIDE_PX, HIGH_PX)


def _as_said(platform: Platform, key: str, fact: Fact) -> Platform:
    return replace(platform, facts={**platform.facts, key: fact})

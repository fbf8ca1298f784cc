"""What would make it fit: changes, the cheapest in time first, each with what it gives and a button that takes it over."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.engine.model.estimates import Remedy
from app.gui.look import Look
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, column, label, row

AREA = "page_requirement.remedy"


class _Row(QWidget):
    """One change. The row stays when the remedies change; only its words do."""

    taken = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.remedy: Remedy | None = None
        self.change, self.gives = label("", SMALL_PX, wrap=True), label("", CAPTION_PX, tone="2", wrap=True)
        self.take = button(look.say(f"{AREA}.apply"), look.theme, lambda: self.taken.emit(self.remedy))
        self.take.setProperty("chip", True)
        line = row()
        line.addWidget(boxed(column(self.change, self.gives, spacing=0)), 1)
        line.addWidget(self.take, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(line)

    def show_remedy(self, remedy: Remedy) -> None:
        look, say = self._look, self._look.say
        self.remedy = remedy
        told = look.tell(remedy.change)
        self.change.setText(told[:1].upper() + told[1:])
        self.gives.setText(say(f"{AREA}.gives", gib=look.number(remedy.total_gib, 1), cost=cost_words(look, remedy.speed_cost)))
        self.take.setAccessibleName(f"{say(f'{AREA}.apply')}: {self.change.text()}, {self.gives.text()}")
        self.take.setEnabled(bool(remedy.changes))


class MemoryRemedies(QWidget):
    """All changes that help. taken: the remedy that the user takes over."""

    taken = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.title = label(look.say(f"{AREA}.title"), SMALL_PX, bold=True)
        self.rows: list[_Row] = []
        self._column = column(self.title, spacing=6)
        self.setLayout(self._column)
        self.hide()

    @property
    def shown(self) -> list[Remedy]:
        """The remedies as they stand."""
        return [one.remedy for one in self.rows if one.remedy is not None and not one.isHidden()]

    def show_remedies(self, remedies: Sequence[Remedy], *, is_short: bool) -> None:
        """Show the remedies of a MemoryFit, each of which makes it fit: by cost in time, an unknown one last; where none helps, say so."""
        ranked = sorted(remedies, key=lambda one: (one.speed_cost is None, one.speed_cost or 0.0))
        while len(self.rows) < len(ranked):
            self.rows.append(made := _Row(self._look))
            made.taken.connect(self.taken)
            self._column.addWidget(made)
        for place, line in enumerate(self.rows):
            line.setVisible(place < len(ranked))
            if place < len(ranked):
                line.show_remedy(ranked[place])
        self.title.setText(self._look.say(f"{AREA}.title" if ranked else f"{AREA}.none"))
        self.setVisible(bool(ranked) or is_short)

    def as_lines(self) -> list[str]:
        """Return them as text."""
        return [f"→ {one.change.text()}\t{one.gives.text()}" for one in self.rows if not one.isHidden()]


def cost_words(look: Look, cost: float | None) -> str:
    """Return the extra time of a change."""
    if cost is None:
        return look.say(f"{AREA}.cost_unknown")
    sign = "+" if cost > 0 else ""
    return look.say(f"{AREA}.cost", percent=f"{sign}{look.number(100 * cost, 0)}")

"""Say a fact of a platform otherwise: its value, where that stands, since when, by whom; for this project or for the whole site.

What is wrong is told while it is typed, by the same rules that check the files; only a sound change can be kept.
"""

from datetime import date

from PySide6.QtWidgets import QGridLayout, QWidget

from app.engine import platform_base
from app.engine.messages import render_remedy
from app.engine.model.layers import FactChange
from app.engine.model.platforms import Platform
from app.engine.platform_store import NUMBERS, STATUSES
from app.gui.look import Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets import facts
from app.gui.widgets.basics import label, segments
from app.gui.widgets.choice import Choice
from app.gui.widgets.dialogs import Dialog
from app.gui.widgets.entry import Entry

WIDE_PX, FIELD_PX = 520, 340
LAYERS = ("project", "site")


class FactDialog(Dialog):
    """The form of one fact. `change` is what it says, `layer` where it is to be kept."""

    def __init__(self, platform: Platform, key: str, look: Look, today: date, parent: QWidget) -> None:
        say, fact = look.say, platform.facts[key]
        name = facts.fact_name(look, key)
        super().__init__(say("page_platforms.edit.title", fact=name), look, parent, hint=platform.label(look.lang))
        self._platform, self._key = platform, key
        self.layer = LAYERS[0]
        self.setMinimumWidth(WIDE_PX)
        self.value = self._value_entry()
        self.source = Entry(look.theme, "", say("page_platforms.edit.source_example"))
        self.as_of = Entry(look.theme, "", "2026-11-25")
        self.as_of.setText(today.isoformat())
        self.who = Entry(look.theme, "", say("page_platforms.edit.who_example"))
        self.note = Entry(look.theme)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        now = facts.fact_text(look, platform, key)
        told = say("page_platforms.edit.now", value=f"{now} {fact.unit}".strip(), layer=facts.layer_name(look, fact))
        grid.addWidget(label(told, SMALL_PX, tone="2", wrap=True), 0, 0, 1, 2)
        for line, (code, field) in enumerate(self._fields().items(), 1):
            text = label(say(f"page_platforms.edit.{code}"), SMALL_PX, tone="2")
            text.setBuddy(field)
            field.setAccessibleName(text.text())
            field.setMinimumWidth(FIELD_PX)
            grid.addWidget(text, line, 0)
            grid.addWidget(field, line, 1)
        words = [(layer, say(f"page_platforms.edit.for_{layer}")) for layer in LAYERS]
        grid.addWidget(label(say("page_platforms.edit.layer"), SMALL_PX, tone="2"), 6, 0)
        grid.addWidget(segments(words, self.layer, self._choose_layer), 6, 1)
        self.body.addLayout(grid)
        self._wrong = label("", SMALL_PX, tone="bad", wrap=True)
        self._wrong.setMinimumHeight(36)
        self.body.addWidget(self._wrong)
        self.finish(say("page_platforms.edit.keep"), say("gui.cancel"))
        for field in (self.source, self.as_of, self.who, self.note):
            field.textChanged.connect(lambda _text: self._check())
        self._check()
        self.value.setFocus()

    @property
    def change(self) -> FactChange:
        """The change as it stands in the fields."""
        typed = self.value.currentData() if isinstance(self.value, Choice) else self.value.text().strip()
        return FactChange(
            platform=self._platform.id,
            key=self._key,
            value=_number(str(typed)) if self._key in NUMBERS else str(typed) or None,
            source=self.source.text().strip(),
            as_of=self.as_of.text().strip(),
            who=self.who.text().strip(),
            note=self.note.text().strip(),
        )

    def _fields(self) -> dict[str, QWidget]:
        return {"value": self.value, "source": self.source, "as_of": self.as_of, "who": self.who, "note": self.note}

    def _value_entry(self) -> "Entry | Choice":
        look, fact = self.look, self._platform.facts[self._key]
        if self._key == "supply":
            box = Choice(facts.fact_name(look, self._key), [(one, look.say(f"platforms.status.{one}")) for one in STATUSES])
            box.setCurrentIndex(STATUSES.index(self._platform.supply))
            box.currentIndexChanged.connect(lambda _at: self._check())
            return box
        entry = Entry(look.theme, fact.unit, look.say("page_platforms.edit.blank"))
        value = fact.value
        entry.setText(f"{value:.10g}" if isinstance(value, float) else value or "")
        entry.textChanged.connect(lambda _text: self._check())
        return entry

    def _choose_layer(self, layer: str) -> None:
        self.layer = layer

    def _check(self) -> None:
        if not hasattr(self, "go_on"):
            return
        wrong = platform_base.faults(self.change)
        said = [f"{self.look.tell(one.message)}。" if self.look.lang == "zh" else f"{self.look.tell(one.message)}." for one in wrong[:1]]
        said += [render_remedy(one.message, self.look.lang) for one in wrong[:1]]
        self._wrong.setText(" ".join(said))
        self.go_on.setEnabled(not wrong)


def _number(typed: str) -> float | str | None:
    """Return what was typed as a number; as it is where it is none, so that the check can say so."""
    plain = typed.replace(" ", "").replace("\u2009", "").replace(",", "")
    try:
        return float(plain) if plain else None
    except ValueError:
        return typed

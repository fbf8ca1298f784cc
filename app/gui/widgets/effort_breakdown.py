"""What a port takes, piece by piece: days, rate and currency can be changed where they stand; the project keeps what was changed."""

import math
import re

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.engine import pipeline
from app.engine.model.assessments import Days, Effort, EffortItem, EffortSettings, StageEffort
from app.gui.look import Look
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, column, label, row
from app.gui.widgets.entry import Entry

AREA = "page_assessment.breakdown"
DAYS_PX, MONEY_PX, CURRENCY_PX = 116, 90, 64
MOST_DAYS = 10_000.0
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class EffortBreakdown(QWidget):
    """Rows of a stage: each named piece of work, then the rest. edited: the settings with what the user has changed."""

    edited = Signal(object)

    def __init__(self, effort: Effort, settings: EffortSettings, look: Look) -> None:
        super().__init__()
        self._effort, self._settings, self._look = effort, settings, look
        self.entries: dict[str, Entry] = {}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        for stage in effort.stages:
            self._stage(stage)
        share = pipeline.knowledge().effort.unnamed_share
        outer = column(
            label(look.say(f"{AREA}.rule", share=look.number(100 * share, 0)), CAPTION_PX, tone="3", wrap=True),
            boxed(self._grid),
            self._money(),
            spacing=6,
        )
        if settings.days or settings.rate is not None or settings.currency:
            reset = button(look.say(f"{AREA}.reset"), look.theme, lambda: self.edited.emit(EffortSettings()), symbol="rotate-ccw")
            outer.addWidget(boxed(row(reset, None)))
        outer.setContentsMargins(0, 0, 0, 0)
        self.setLayout(outer)

    def _stage(self, stage: StageEffort) -> None:
        say = self._look.say
        name = say(f"assessing.stage.{stage.stage}")
        size = say(f"{AREA}.prior", size=say(f"assessing.size.{stage.size}"), days=self._text(stage.prior or stage.person_days))
        head = label(f"{name} · {self._text(stage.person_days)}", SMALL_PX, bold=True)
        prior = label(size, CAPTION_PX, tone="3")
        prior.setToolTip(stage.source)
        self._add(boxed(row(head, None, prior)))
        for item in self._effort.items:
            if item.stage == stage.stage and item.key:
                self._row(self._look.tell(item.text), item.key, item.person_days, self._tip(item), own=item.default is not None)
        if stage.rest is not None and stage.key:
            own = stage.key in self._settings.days
            self._row(say(f"{AREA}.rest"), stage.key, stage.rest, say(f"{AREA}.rest_tip"), own=own)

    def _row(self, text: str, key: str, days: Days, tip: str, *, own: bool) -> None:
        name = label(text, SMALL_PX, wrap=True, tone="accent" if own else "2")
        name.setToolTip(tip)
        entry = Entry(self._look.theme)
        entry.setFixedWidth(DAYS_PX)
        entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        entry.setAccessibleName(text)
        entry.setToolTip(tip)
        entry.show_text(self._text(days))
        entry.committed.connect(lambda typed: self._take(key, typed))
        self.entries[key] = entry
        at = self._grid.rowCount()
        self._grid.addWidget(name, at, 0)
        self._grid.addWidget(entry, at, 1)

    def _add(self, head: QWidget) -> None:
        self._grid.addWidget(head, self._grid.rowCount(), 0, 1, 2)

    def _tip(self, item: EffortItem) -> str:
        check = self._look.say(f"assessing.check.{item.check}") if item.check else self._look.say(f"{AREA}.every_move")
        lines = [f"{check} · {item.source}"]
        if item.default is not None:
            lines.append(self._look.say(f"{AREA}.default", days=self._text(item.default)))
        return "\n".join((*lines, self._look.say(f"{AREA}.whole_family")))

    def _money(self) -> QWidget:
        look, effort = self._look, self._effort
        rate, currency = Entry(look.theme), Entry(look.theme)
        rate.setFixedWidth(MONEY_PX)
        currency.setFixedWidth(CURRENCY_PX)
        rate.show_text(f"{effort.rate:g}")
        currency.show_text(effort.currency)
        rate.setAccessibleName(look.say(f"{AREA}.rate"))
        currency.setAccessibleName(look.say(f"{AREA}.currency"))
        rate.committed.connect(self._take_rate)
        currency.committed.connect(self._take_currency)
        self.entries |= {"rate": rate, "currency": currency}
        return boxed(row(label(look.say(f"{AREA}.rate"), SMALL_PX, tone="2"), None, rate, currency))

    def _text(self, days: Days) -> str:
        decimals = 0 if all(one == int(one) for one in days) else 1
        return " – ".join(self._look.number(one, decimals) for one in days)

    # What was typed -----------------------------------------------------------------------------------------------------------------

    def _take(self, key: str, typed: str) -> None:
        days = days_of(typed)
        if days is None and typed.strip():
            self.entries[key].restore()
            return
        kept = {name: one for name, one in self._settings.days.items() if name != key}
        self.edited.emit(replace(self._settings, days=kept if days is None else {**kept, key: days}))

    def _take_rate(self, typed: str) -> None:
        text = typed.replace(",", "").strip()
        if text and (not _NUMBER.fullmatch(text) or not float(text) < math.inf):
            self.entries["rate"].restore()
            return
        self.edited.emit(replace(self._settings, rate=float(text) if text else None))

    def _take_currency(self, typed: str) -> None:
        word = typed.strip().upper()
        if word and not (word.isascii() and word.isalpha() and len(word) == 3):
            self.entries["currency"].restore()
            return
        self.edited.emit(replace(self._settings, currency=word))


def days_of(text: str) -> Days | None:
    """Return low, likely, high of "2 – 4 – 10"; one number stands for all three; None for what is neither, or falls."""
    found = [float(number) for number in _NUMBER.findall(text.replace(",", ""))]
    if len(found) == 1:
        found *= 3
    if len(found) != 3 or not found[0] <= found[1] <= found[2] <= MOST_DAYS:
        return None
    return found[0], found[1], found[2]

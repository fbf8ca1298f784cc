"""平台库: what is known of every platform, side by side where several rows are chosen; each figure with source and date on hover."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from app.engine import pipeline
from app.engine.model.platforms import Platform
from app.gui.page import Page
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets.basics import Card, boxed, column, row
from app.gui.widgets.table import Cell, Column, Table

SIDE_PX, MOST_COMPARED = 420, 4
SHOWN = ("memory_gb", "memory_bw_gbs", "bf16_tensor_tflops", "fp32_tflops", "fabric_bw_one_direction_gbs", "tdp_w")


class PlatformsPage(Page):
    """The platform base."""

    key, icon = "platforms", "database"

    def about(self) -> str:
        return self.look.say("gui.about.platforms", count=len(pipeline.catalogue().platforms))

    def actions(self) -> Sequence[QPushButton]:
        return ()

    def content(self) -> QWidget:
        say = self.look.say
        self._platforms = list(pipeline.catalogue().platforms)
        columns = (Column(say("gui.column.platform")), Column(say("gui.column.domestic"), width=64))
        columns += tuple(Column(key, "", True, 112) for key in SHOWN)
        rows = []
        for platform in self._platforms:
            cells = [self._fact(platform, key) for key in SHOWN]
            rows.append((Cell(platform.label(self.look.lang), tip=platform.id), Cell(say("gui.yes") if platform.domestic else ""), *cells))
        card = Card(say("gui.card.platforms"), padding=1)
        self._find = QLineEdit()
        self._find.setFont(font(BODY_PX))
        self._find.setPlaceholderText(say("gui.find"))
        self._find.setAccessibleName(say("gui.find"))
        self._find.setFixedWidth(220)
        card.tools.addWidget(self._find)
        self.table = Table(columns, rows, self.look.theme, name=say("gui.card.platforms"))
        self._find.textChanged.connect(self._filter)
        card.body.addWidget(self.table)
        self._side = Card(say("gui.card.compare"), say("gui.compare_hint"), padding=1)
        self._side.setFixedWidth(SIDE_PX)
        self._compared: Table | None = None
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._compare())
        names = [platform.id for platform in self._platforms]
        chosen = self.session.chosen_platform
        self.table.select_row(names.index(chosen) if chosen in names else 0)
        line = row(boxed(column(card)), self._side, spacing=12)
        line.setStretch(0, 1)
        return boxed(line)

    def _fact(self, platform: Platform, key: str) -> Cell:
        fact = platform.facts.get(key)
        if fact is None or fact.value is None:
            return Cell("—", -1.0, f"{key}: {self.look.say('gui.unknown')}", quiet=True)
        tip = f"{key} {fact.unit}\n{fact.source}\n{fact.as_of} {fact.confidence}"
        value = fact.value
        return Cell(self.look.figure(value, 4), value, tip) if isinstance(value, float) else Cell(value, value, tip)

    def _filter(self, typed: str) -> None:
        words = typed.lower().split()
        order = self.table.model()
        for place in range(order.rowCount()):
            platform = self._platforms[order.mapToSource(order.index(place, 0)).row()]  # type: ignore[attr-defined]
            text = f"{platform.id} {platform.label('zh')} {platform.label('en')}".lower()
            self.table.setRowHidden(place, not all(word in text for word in words))

    def _compare(self) -> None:
        order = self.table.model()
        places = {order.mapToSource(index).row() for index in self.table.selectedIndexes()}  # type: ignore[attr-defined]
        chosen = [self._platforms[place] for place in sorted(places)[:MOST_COMPARED]]
        if not chosen:
            return
        columns = (Column(self.look.say("gui.column.fact")), *(Column(one.label(self.look.lang), "", True, 104) for one in chosen))
        keys = [key for key in chosen[0].facts if any(key in one.facts and one.facts[key].value is not None for one in chosen)]
        rows = [(Cell(key, tip=key), *(self._fact(one, key) for one in chosen)) for key in keys]
        if self._compared is not None:
            self._compared.deleteLater()
        self._compared = Table(columns, rows, self.look.theme, row_px=27, name=self.look.say("gui.card.compare"))
        self._side.body.addWidget(self._compared)

"""What was understood of a price sheet, cell by cell, with doubt marked; columns, names and what it leaves open can be chosen otherwise."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QScrollArea, QWidget

from app.engine.model.plans import PriceMapping, PriceReading, PriceSheet
from app.engine.pipeline import catalogue
from app.engine.platform_store import PRICE_FIELDS
from app.gui.figures import full_name
from app.gui.look import UNKNOWN, Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, label, row
from app.gui.widgets.dialogs import Dialog
from app.gui.widgets.table import Cell, Column, Table

AREA = "page_plans.imported"
MOST_SHOWN, MOST_COLUMNS, MOST_NAMES, NEAR = 3000, 60, 60, 12
CHOICES = {
    "currency": ("CNY", "USD", "EUR", "HKD"),
    "tax_included": ("yes", "no"),
    "tax_rate": ("0.13", "0.09", "0.06"),
    "billing": ("card-hour", "node-hour", "month", "year", "purchase"),
    "basis": ("card", "node"),
}
ORDER = {"doubt": 0, "assumed": 1, "sure": 2}


class PriceDialog(Dialog):
    """The import view of one price sheet; `mapping()` is what the controls say."""

    def __init__(self, sheet: PriceSheet, look: Look, parent: QWidget) -> None:
        say = look.say
        told = {name: sum(one.certainty == name for one in sheet.readings) for name in ORDER}
        super().__init__(say(f"{AREA}.title", file=sheet.file), look, parent, hint=say(f"{AREA}.hint", **told))
        self.resize(1180, 720)
        self._sheet, self._was = sheet, sheet.mapping or PriceMapping(sheet.heads)
        self.assume = {name: self._combo(name, values) for name, values in CHOICES.items()}
        self.hidden = QCheckBox(say(f"{AREA}.hidden"))
        self.hidden.setFont(font(BODY_PX))
        self.hidden.setChecked(self._was.hidden)
        line = row(label(say(f"{AREA}.open"), SMALL_PX, tone="2"), *self.assume.values(), self.hidden, None)
        self.body.addLayout(line)
        self.columns: dict[str, QComboBox] = {}
        self.names: dict[str, QComboBox] = {}
        self.body.addWidget(self._choices(), 2)
        self.table = readings_table(sheet, look)
        self.body.addWidget(self.table, 5)
        self.finish(say(f"{AREA}.take"), say("gui.cancel"))

    def mapping(self) -> PriceMapping:
        """Return what was said, on top of what was said before."""
        columns = dict(self._was.columns)
        for head, box in self.columns.items():
            if box.currentIndex() != box.property("guess"):
                columns[head] = box.currentData()
        names = {**self._was.names, **{text: box.currentData() for text, box in self.names.items() if box.currentData()}}
        assume = {name: box.currentData() for name, box in self.assume.items() if box.currentData()}
        return PriceMapping(self._was.heads, columns, names, assume, self.hidden.isChecked())

    def _combo(self, name: str, values: tuple[str, ...]) -> QComboBox:
        made = _box(self.look.say(f"{AREA}.{name}"))
        made.addItem(f"{self.look.say(f'{AREA}.{name}')}: {UNKNOWN}", "")
        for value in values:
            word = self.look.say(f"{AREA}.{name}_{value}") if name in ("tax_included", "basis", "billing") else value
            made.addItem(f"{float(value) * 100:g} %" if name == "tax_rate" else word, value)
        made.setCurrentIndex(max(0, made.findData(self._was.assume.get(name, ""))))
        return made

    def _choices(self) -> QScrollArea:
        """Return the names that no platform was found for, and the heads with their meaning."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        say, zh = self.look.say, self.look.lang == "zh"
        unknown = [text for text, found, _ in self._sheet.matches if not found or text in self._was.names][:MOST_NAMES]
        for place, text in enumerate(unknown):
            box = _box(f"{say(f'{AREA}.platform')}: {text}")
            box.addItem(say(f"{AREA}.no_platform"), "")
            match = catalogue().match(text).platforms or catalogue().near(text, NEAR)
            said = [self._was.names[text]] if text in self._was.names else []
            for platform in dict.fromkeys([*match, *said]):
                box.addItem(full_name(platform, self.look), platform)
            box.setCurrentIndex(max(0, box.findData(self._was.names.get(text, ""))))
            self.names[text] = box
            _put(grid, place, text, box)
        heads = list(dict.fromkeys((one.head, one.field) for one in self._sheet.columns))[:MOST_COLUMNS]
        for place, (head, field) in enumerate(heads, len(unknown) + len(unknown) % 2):
            box = _box(f"{say(f'{AREA}.column')}: {head}")
            box.addItem(say(f"{AREA}.ignore"), "ignore")
            for name, word in PRICE_FIELDS.items():
                box.addItem(word if zh else name.replace("_", " "), name)
            box.setCurrentIndex(max(0, box.findData(field or "ignore")))
            box.setProperty("guess", box.currentIndex())
            self.columns[head] = box
            _put(grid, place, head, box)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        content = boxed(grid, "mapping")
        content.setStyleSheet(f"QWidget#mapping {{ background:{self.look.theme.surface}; }}")
        scroll.setWidget(content)
        return scroll


def readings_table(sheet: PriceSheet, look: Look) -> Table:
    """Return what each cell was taken for, what is in doubt first."""
    say = look.say
    columns = (
        Column(say(f"{AREA}.cell"), width=130), Column(say(f"{AREA}.field"), width=110), Column(say(f"{AREA}.written"), width=200),
        Column(say(f"{AREA}.value"), width=200), Column(say(f"{AREA}.certainty"), width=100), Column(say(f"{AREA}.reason")),
    )  # fmt: skip
    once: dict[tuple[str, str, str, str], PriceReading] = {}
    for one in sheet.readings:  # what a head says is of all its prices
        once.setdefault((one.cell, one.field, one.text, one.value), one)
    shown = sorted(once.values(), key=lambda one: ORDER[one.certainty])[:MOST_SHOWN]
    return Table(columns, [_row(one, look) for one in shown], look.theme, row_px=28, name=say(f"{AREA}.readings"))


def _row(one: PriceReading, look: Look) -> tuple[Cell, ...]:
    field = PRICE_FIELDS.get(one.field, one.field) if look.lang == "zh" else one.field.replace("_", " ")
    field = look.say(f"{AREA}.condition") if one.field == "condition" else field
    reason = look.tell(one.reason) if one.reason else ""
    word = look.say(f"{AREA}.{one.certainty}")
    symbol, tone = {"doubt": ("triangle-alert", "warn"), "sure": ("circle-check", "ok")}.get(one.certainty, ("", ""))
    sure = Cell(word, symbol=symbol, tone=tone)
    value = _value(one, look)
    return (
        Cell(one.cell or UNKNOWN),
        Cell(field),
        Cell(one.text or UNKNOWN, tip=one.text),
        Cell(value, tip=value),
        sure,
        Cell(reason, tip=reason),
    )


def _value(one: PriceReading, look: Look) -> str:
    """Return what was understood in the user's words."""
    if one.field == "platform":
        return full_name(one.value, look)
    if one.field in ("basis", "billing"):
        return look.say(f"{AREA}.{one.field}_{one.value}")
    if one.field == "tax_rate":
        word, _, rate = one.value.partition(" ")
        return look.say(f"{AREA}.tax_{word}") + (f" {float(rate) * 100:g} %" if rate else "")
    if one.field == "unit_price":
        return f"{float(one.value):,.10g}"
    return one.value or UNKNOWN


def _put(grid: QGridLayout, place: int, text: str, box: QComboBox) -> None:
    name = label("", BODY_PX)
    name.setText(name.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 230))
    name.setToolTip(text)
    grid.addWidget(name, place // 2, 2 * (place % 2))
    grid.addWidget(box, place // 2, 2 * (place % 2) + 1)


def _box(name: str) -> QComboBox:
    made = QComboBox()
    made.setFont(font(BODY_PX))
    made.setAccessibleName(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return made

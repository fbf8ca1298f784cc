"""What the columns of a table mean: the first rows, one line per column with role, metric and unit, and what would be read."""

from typing import cast

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QGridLayout, QLabel, QScrollArea, QWidget

from app.engine.model.mappings import ColumnMapping, ColumnPreview, Role, TableMapping, TablePreview, TimeUnit
from app.engine.reading import check_column, known_metrics, units_of
from app.gui.look import Look
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, label, rule
from app.gui.widgets.dialogs import Dialog

ROLES: tuple[Role, ...] = ("metric", "time", "device", "ignore")
TIME_UNITS: tuple[TimeUnit, ...] = ("auto", "ns", "us", "ms", "s", "min")
SAMPLES, SAMPLE_PX, HEAD_PX, MOST_LINES = 3, 180, 190, 120


def metric_words(look: Look) -> dict[str, str]:
    """Return each metric with its name in the user's language."""
    return {name: look.say(f"proposing.metric.{name}") for name in known_metrics()}


class ColumnLine:
    """The controls of one column. It tells `changed` of every change; `mapping` is what they say."""

    def __init__(self, column: ColumnPreview, look: Look, grid: QGridLayout, line: int) -> None:
        self.column, self._look = column, look
        self._words = metric_words(look)
        head = label(column.guess.column, BODY_PX, bold=True)
        head.setText(head.fontMetrics().elidedText(column.guess.column, Qt.TextElideMode.ElideMiddle, HEAD_PX))
        head.setToolTip(column.guess.column)
        cells = " · ".join(text for text in column.texts[:SAMPLES] if text)
        sample = label("", SMALL_PX, tone="2")
        sample.setText(sample.fontMetrics().elidedText(cells, Qt.TextElideMode.ElideRight, SAMPLE_PX))
        sample.setToolTip("\n".join(column.texts))
        self.role = _box([(look.say(f"intake.role.{role}"), role) for role in ROLES], look.say("intake.map.role"), column)
        self.metric = _box([(word, name) for name, word in self._words.items()], look.say("intake.map.metric"), column)
        self._make_searchable(self.metric)
        self.unit = _box([], look.say("intake.map.unit"), column)
        self.verdict = QLabel()
        self.verdict.setFont(font(SMALL_PX))
        for place, part in enumerate((head, sample, self.role, self.metric, self.unit, self.verdict)):
            grid.addWidget(part, line, place)
        self._start(column.guess)

    def _make_searchable(self, box: QComboBox) -> None:
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = box.completer()
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        line = box.lineEdit()
        assert line is not None
        line.setFont(font(BODY_PX))

    def _start(self, guess: ColumnMapping) -> None:
        self.role.setCurrentIndex(ROLES.index(guess.role))
        known = guess.metric in self._words
        if known:
            self.metric.setCurrentIndex(self.metric.findData(guess.metric))
        else:
            self.metric.setCurrentIndex(-1)
            self.metric.setEditText(guess.metric or guess.column)
        self.fill_units(guess.read_as)

    def fill_units(self, wanted: str = "") -> None:
        """Offer the units of the role and metric of the moment."""
        time = self.role.currentData() == "time"
        choices = [(self._look.say(f"intake.time.{unit}"), unit) for unit in TIME_UNITS] if time else list(units_of(self.named_metric())[1])
        self.unit.blockSignals(True)
        self.unit.clear()
        for word, value in choices:
            self.unit.addItem(word if word != "?" else self._look.say("intake.map.as_is"), value)
        self.unit.setCurrentIndex(max(0, self.unit.findText(wanted)))
        self.unit.blockSignals(False)
        role = self.role.currentData()
        self.metric.setEnabled(role == "metric")
        self.unit.setEnabled(role in ("metric", "time"))

    def named_metric(self) -> str:
        """Return the metric by our name; a free one as it was typed."""
        typed = self.metric.currentText().strip()
        return next((name for name, word in self._words.items() if typed in (word, name)), typed)

    @property
    def mapping(self) -> ColumnMapping:
        """What the controls say."""
        role = cast("Role", self.role.currentData())
        if role != "metric":
            return ColumnMapping(self.column.guess.column, role)
        metric = self.named_metric()
        factor = self.unit.currentData()
        said = {"unit": units_of(metric)[0], "read_as": self.unit.currentText(), "factor": float(factor or 1.0)}
        return replace(self.column.guess, role=role, metric=metric, **said)

    def judge(self) -> None:
        """Say what would be read."""
        mapping, say, number = self.mapping, self._look.say, self._look.figure
        found = check_column(self.column, mapping)
        tone, text = "2", ""
        if mapping.role == "metric" and not found.samples:
            tone, text = "warn", say("intake.map.no_numbers")
        elif mapping.role == "metric":
            share = mapping.unit == ""
            scale, unit = (100.0, "%") if share else (1.0, mapping.unit.replace("?", ""))
            low, high = (number(value * scale) if value is not None else "—" for value in (found.low, found.high))
            word = {True: "plausible", False: "implausible", None: "unchecked"}[found.plausible]
            tone = {True: "ok", False: "bad", None: "2"}[found.plausible]
            text = say(f"intake.map.{word}", low=low, high=high, unit=unit, count=found.samples)
        self.verdict.setText(text)
        self.verdict.setProperty("tone", tone)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)


class MappingDialog(Dialog):
    """The columns of one table."""

    def __init__(self, preview: TablePreview, look: Look, parent: QWidget) -> None:
        say = look.say
        super().__init__(say("intake.map.title", file=preview.file), look, parent, hint=say("intake.map.hint", rows=preview.rows))
        self.resize(1080, 560)
        self._preview = preview
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for place, word in enumerate(("column", "sample", "role", "metric", "unit", "check")):
            grid.addWidget(label(say(f"intake.map.{word}"), SMALL_PX, tone="2"), 0, place)
        grid.addWidget(rule(look.theme), 1, 0, 1, 6)
        self.lines = [ColumnLine(column, look, grid, place + 2) for place, column in enumerate(preview.columns[:MOST_LINES])]
        grid.setColumnStretch(5, 1)
        grid.setRowStretch(len(self.lines) + 2, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        content = boxed(grid, "mapping")
        content.setStyleSheet(f"QWidget#mapping {{ background:{look.theme.surface}; }}")
        scroll.setWidget(content)
        self.body.addWidget(scroll)
        self._state = label("", SMALL_PX, tone="2", wrap=True)
        self.body.addWidget(self._state)
        self.finish(say("intake.map.take"), say("gui.cancel"))
        for line in self.lines:
            line.role.currentIndexChanged.connect(lambda _index, line=line: self._changed(line, refill=True))
            line.metric.currentTextChanged.connect(lambda _text, line=line: self._changed(line, refill=True))
            line.unit.currentIndexChanged.connect(lambda _index, line=line: self._changed(line, refill=False))
            line.judge()
        self._sum_up()

    def mapping(self) -> TableMapping:
        """Return what was said."""
        columns = tuple(line.mapping for line in self.lines) + self._preview.mapping.columns[MOST_LINES:]
        unit = next((line.unit.currentData() for line in self.lines if line.role.currentData() == "time"), "auto")
        return TableMapping(self._preview.heads, columns, cast("TimeUnit", unit))

    def _changed(self, line: ColumnLine, *, refill: bool) -> None:
        if refill:
            line.fill_units(line.unit.currentText())
        if line.role.currentData() in ("time", "device"):  # there is one of each
            for other in self.lines:
                if other is not line and other.role.currentData() == line.role.currentData():
                    other.role.setCurrentIndex(ROLES.index("ignore"))
        line.judge()
        self._sum_up()

    def _sum_up(self) -> None:
        said = self.mapping()
        metrics = [one for one in said.columns if one.role == "metric"]
        time = said.column_of("time") or self.look.say("intake.map.no_time")
        self._state.setText(self.look.say("intake.map.sum", metrics=len(metrics), time=time))
        self.go_on.setEnabled(bool(metrics))


def _box(items: list[tuple[str, object]], name: str, column: ColumnPreview) -> QComboBox:
    made = QComboBox()
    made.setFont(font(BODY_PX))
    made.setAccessibleName(f"{name}: {column.guess.column}")
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    for word, value in items:
        made.addItem(word, value)
    return made

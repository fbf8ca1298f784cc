"""需求: what the customer needs (业务需求确认) and how the application is run, typed or from a dropped file; checked at the field."""

import datetime
import tomllib
from collections.abc import Callable
from typing import get_args

import msgspec
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QScrollArea, QWidget

from app.engine import pipeline
from app.engine.model.workloads import Model, Precision, RunParameters, Task, Workload
from app.engine.paths import resources_folder
from app.gui.page import DONE, EMPTY, Page
from app.gui.theme import font
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, column, label, row

FIELD_PX = 210
NEEDS = (
    "customer",
    "industry",
    "scale_cards",
    "storage_tb",
    "deliver_by",
    "duration_days",
    "work",
    "budget",
    "domestic_only",
    "concurrency",
    "tokens_per_s",
)
RUN = (
    "platform",
    "gpus",
    "nodes",
    "seq_len",
    "micro_batch",
    "global_batch",
    "tensor_parallel",
    "pipeline_parallel",
    "zero_stage",
    "optimizer",
    "recompute",
)
MODEL = ("family", "parameters", "layers", "hidden", "heads", "kv_heads", "intermediate", "vocab", "max_positions")


class RequirementPage(Page):
    """Page 1: the task."""

    key, icon = "requirement", "clipboard-list"
    shows = ("requirement", "workload", "name")

    def about(self) -> str:
        return self.look.say("gui.about.requirement")

    def state(self) -> str:
        return DONE if self.project.workload else EMPTY

    def actions(self) -> tuple:
        return (self.next_button("profile"),)

    def content(self) -> QWidget:
        say, workload = self.look.say, self.project.workload or Workload("", "pretrain")
        needs = Card(say("gui.card.requirement"))
        self._form(needs, self.project.requirement, NEEDS, lambda changes: self._edit("requirement", changes))
        application = Card(say("gui.card.application"))
        self._form(application, workload, ("name", "task", "precision", "framework", "engine", "os"), self._edit_workload)
        self._form(application, workload.run, RUN, lambda changes: self._edit_part("run", changes))
        model = Card(say("gui.card.model"))
        model.tools.addWidget(self._presets())
        self._form(model, workload.model or Model(), MODEL, lambda changes: self._edit_part("model", changes))
        for card in (needs, application, model):
            card.body.addStretch(1)
        line = row(needs, application, model, spacing=12)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(boxed(line, "pageBody"))
        return boxed(column(scroll))

    def _form(self, card: Card, thing: msgspec.Struct, names: tuple[str, ...], edit: Callable[[dict], object]) -> None:
        kinds = {field.name: field.type for field in msgspec.structs.fields(type(thing))}
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setVerticalSpacing(6)
        for place, name in enumerate(names):
            words = label(self.look.say(f"gui.field.{name}"), SMALL_PX, tone="2")
            field = self._field(name, kinds[name], getattr(thing, name), edit)
            words.setBuddy(field)
            field.setAccessibleName(words.text())
            grid.addWidget(words, place, 0)
            grid.addWidget(field, place, 1)
        card.body.addLayout(grid)

    def _field(self, name: str, kind: object, value: object, edit: Callable[[dict], object]) -> QWidget:
        words = {"task": get_args(Task), "precision": get_args(Precision), "recompute": ("none", "selective", "full")}.get(name)
        if name == "platform":
            words = tuple(platform.id for platform in pipeline.catalogue().platforms)
        if kind is bool:
            box = QCheckBox()
            box.setChecked(bool(value))
            box.clicked.connect(lambda checked: edit({name: checked}))
            return box
        if words:
            choice = QComboBox()
            choice.setFont(font(BODY_PX))
            choice.setFixedWidth(FIELD_PX)
            choice.addItems(["", *words])
            choice.setCurrentText(str(value or ""))
            choice.textActivated.connect(lambda text: edit({name: text or None}))
            return choice
        field = QLineEdit(
            "" if value is None else f"{value:g}" if isinstance(value, float) and value == float(f"{value:g}") else str(value)
        )
        field.setFont(font(BODY_PX))
        field.setFixedWidth(FIELD_PX)
        field.editingFinished.connect(lambda: self._typed(field, name, kind, value, edit))
        return field

    def _typed(self, field: QLineEdit, name: str, kind: object, old: object, edit: Callable[[dict], object]) -> None:
        try:
            new = parse(field.text(), kind)
        except (ValueError, msgspec.ValidationError):
            field.setProperty("problem", True)
            field.setToolTip(self.look.say("gui.field_problem", text=field.text()))
            field.style().polish(field)
            return
        if new != old:
            edit({name: new})

    def _edit(self, part: str, changes: dict) -> None:
        self.session.edit("gui.did.requirement", **{part: msgspec.structs.replace(getattr(self.project, part), **changes)})

    def _edit_workload(self, changes: dict) -> None:
        workload = self.project.workload or Workload("", "pretrain")
        if not changes.get("task", workload.task):
            return
        stated = tuple(dict.fromkeys((*workload.stated, *(f"workload.{name}" for name in changes))))
        self.session.edit("gui.did.workload", workload=msgspec.structs.replace(workload, **changes, stated=stated))

    def _edit_part(self, part: str, changes: dict) -> None:
        workload = self.project.workload or Workload("", "pretrain")
        present = getattr(workload, part) or {"model": Model(), "run": RunParameters()}[part]
        changes = {name: "" if value is None and isinstance(getattr(present, name), str) else value for name, value in changes.items()}
        stated = tuple(dict.fromkeys((*workload.stated, *(f"{part}.{name}" for name in changes))))
        made = msgspec.structs.replace(workload, **{part: msgspec.structs.replace(present, **changes)}, stated=stated)
        self.session.edit("gui.did.workload", workload=made)

    def _presets(self) -> QComboBox:
        presets = tomllib.loads((resources_folder() / "presets.toml").read_text(encoding="utf-8"))["model"]
        choice = QComboBox()
        choice.setFont(font(SMALL_PX))
        choice.addItems([self.look.say("gui.preset"), *(preset["name"] for preset in presets)])

        def take(place: int) -> None:
            if place:
                chosen = dict(presets[place - 1])
                name = chosen.pop("name")
                self._edit_part("model", chosen)
                if not (self.project.workload or Workload("", "pretrain")).name:
                    self._edit_workload({"name": name})

        choice.activated.connect(take)
        return choice


def parse(text: str, kind: object) -> object:
    """Return what was typed as the kind of a Struct's field; None for nothing where the field may be blank. Raises ValueError."""
    text = text.strip()
    choices = get_args(kind) or (kind,)
    if not text:
        return None if type(None) in choices else "" if str in choices else _must_be_given(kind)
    if datetime.date in choices:
        return datetime.date.fromisoformat(text)
    if int in choices or float in choices:
        number = float(text.replace(",", ""))
        if not 0 <= number < 1e20:
            raise ValueError(text)
        if float in choices:
            return number
        if number != int(number):
            raise ValueError(text)
        return int(number)
    return text


def _must_be_given(kind: object) -> object:
    raise ValueError(f"a value is needed: {kind}")

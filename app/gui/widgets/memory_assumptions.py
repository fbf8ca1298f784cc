"""What an estimate assumes because the run does not say: each assumption with a field that states it in place."""

from collections.abc import Iterator, Mapping

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.messages import Message
from app.engine.model.estimates import MemoryEstimate
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Workload
from app.engine.workload import KEYS, Fault, Value, blank_of, value_of, with_value
from app.gui.look import Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import column, label
from app.gui.widgets.field import Field, written
from app.gui.widgets.form import Fold

AREA = "page_requirement.assumption"
ALWAYS = ("run.context_gib", "run.slack_share", "run.expert_imbalance", "run.prefill_tokens", "run.kv_block")
COUNTED_WITH = {"run.concurrency": "1", "run.units": "1", "run.optimizer": "adamw"}
OF_PART = {
    "run.context_gib": ("context", ""),
    "run.slack_share": ("slack", "share"),
    "run.prefill_tokens": ("chunk", "tokens"),
    "run.kv_block": ("pages", "block"),
}
"""Key -> (code of the part that it makes, the parameter that tells it; "" for the GiB)."""


class _Assumed(QWidget):
    """What was assumed in words, and below it the field of its key."""

    def __init__(self, key: str, look: Look) -> None:
        super().__init__()
        self.said, self.field = label("", SMALL_PX, tone="2", wrap=True), Field(key, look)
        self.setLayout(column(self.said, self.field, spacing=2))


class MemoryAssumptions(QWidget):
    """A row per assumption, and a fold with what can always be set. committed: a key and its value, None to assume again."""

    typed = Signal(str)
    committed = Signal(str, object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.title = label(look.say(f"{AREA}.title"), SMALL_PX, bold=True)
        self.rows: dict[str, _Assumed] = {}
        self.always: dict[str, Field] = {}
        self._now: tuple[Workload, MemoryEstimate] | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self.fold = Fold(look.say(f"{AREA}.fold"), look.theme, self._unfold)
        outer = column(self.title, spacing=6)
        outer.addLayout(self._rows)
        outer.addWidget(self.fold)
        self.setLayout(outer)

    def _field_signals(self, field: Field) -> None:
        field.typed.connect(self.typed)
        field.committed.connect(lambda key, value: self.committed.emit(key, None if field.is_blank else value))

    def _unfold(self) -> list[Field]:
        for key in ALWAYS:
            self.always[key] = Field(key, self._look)
            self._field_signals(self.always[key])
        self._show_always()
        return list(self.always.values())

    def fields(self) -> Iterator[Field]:
        """Yield every field that exists."""
        yield from (one.field for one in self.rows.values() if not one.isHidden())
        yield from (field for field in self.always.values() if not field.isHidden())

    # Showing ------------------------------------------------------------------------------------------------------------------------

    def show_assumptions(self, estimate: MemoryEstimate, document: Workload, met: dict[str, None]) -> None:
        """Show what an estimate assumed. document: what is stated so far. met: keys assumed since it was opened; they stay in sight."""
        self._now = (document, estimate)
        said = {str(one.params["key"]): one for one in estimate.assumptions if one.params.get("key") in KEYS}
        met.update(dict.fromkeys(said))
        shown = [key for key in met if key in said or key in document.stated]
        for key in shown:
            if key not in self.rows:
                self.rows[key] = made = _Assumed(key, self._look)
                self._field_signals(made.field)
                self._rows.addWidget(made)
            self._show_one(self.rows[key], said.get(key), document)
        for key, one in self.rows.items():
            one.setVisible(key in shown)
        self.title.setVisible(bool(shown))
        self._show_always()

    def _show_one(self, one: _Assumed, said: Message | None, document: Workload) -> None:
        key = one.field.key
        stated = self._look.say(f"{AREA}.stated", name=one.field.name)
        one.said.setText(self._look.tell(said) if said is not None else stated)
        _show_value(one.field, document, _counted_with(key, said), is_assumed=said is not None)

    def _show_always(self) -> None:
        if self._now is None:
            return
        document, estimate = self._now
        wanted = always_of(document)
        for key, field in self.always.items():
            field.setVisible(key in wanted)
            _show_value(field, document, default_of(self._look, estimate, key))
        count = sum(value_of(document, Requirement(), key) != blank_of(key) for key in wanted)
        self.fold.say(self._look.say("page_requirement.set_count", count=count) if count else "")

    def show_faults(self, faults: Mapping[str, Fault]) -> None:
        """Mark the fields that are wrong."""
        for field in self.fields():
            field.show_fault(faults.get(field.key))

    def pending(self) -> Iterator[tuple[str, Value | Fault]]:
        """Yield the fields in which something else stands than the document says; None where one was emptied."""
        for field in self.fields():
            if found := field.pending():
                yield field.key, None if field.is_blank else found[0]


def with_assumption(workload: Workload, key: str, value: Value) -> Workload:
    """Return the run with an assumption stated, with None left to the estimate again."""
    made, _ = with_value(workload, Requirement(), key, blank_of(key) if value is None else value)
    if value is None:
        return msgspec.structs.replace(made, stated=tuple(name for name in made.stated if name != key))
    return made


def always_of(workload: Workload) -> tuple[str, ...]:
    """Return which of the assumptions that can always be set concern this run."""
    experts = ("run.expert_imbalance",) if workload.model is not None and workload.model.experts else ()
    if workload.task == "inference":
        return ("run.context_gib", *experts, "run.prefill_tokens", "run.kv_block")
    return ("run.context_gib", "run.slack_share", *experts)


def default_of(look: Look, estimate: MemoryEstimate, key: str) -> str:
    """Return what is counted with where a key is not stated, as the parts of the estimate tell it."""
    code, name = OF_PART.get(key, ("", ""))
    parts = (part for stage in estimate.by_stage for part in stage.parts if part.said.code.endswith(f".{code}"))
    part = next(parts, None) if code else None
    value = None if part is None else part.said.params.get(name) if name else part.gib
    return written(key, value) if isinstance(value, int | float) else look.say(f"{AREA}.by_engine")


def _counted_with(key: str, said: Message | None) -> str:
    told = next((value for name, value in said.params.items() if name != "key"), "") if said is not None else ""
    return COUNTED_WITH.get(key) or str(told)


def _show_value(field: Field, document: Workload, default: str, *, is_assumed: bool = False) -> None:
    value = value_of(document, Requirement(), field.key)
    if value == blank_of(field.key) and (is_assumed or field.key not in document.stated):
        field.show_assumed(default)
    else:
        field.show_value(value)

"""The form of the run description: every key of run.toml in a card, the rare ones folded; nothing is built anew while one types."""

from collections.abc import Iterator, Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.engine import pipeline
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Workload
from app.engine.workload import KEYS, Fault, Value, blank_of, value_of
from app.gui.look import Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, label
from app.gui.widgets.field import Field
from app.gui.widgets.form import Fold

MODEL_MORE = (
    "tied_embeddings sliding_window global_layers_every experts experts_per_token moe_intermediate shared_experts first_dense_layers "
    "kv_lora_rank q_lora_rank qk_rope_head_dim qk_nope_head_dim v_head_dim gated attention_bias mlp_bias "
    "qk_norm shared_intermediate moe_every"
)
SUMS = "flops_per_sample kept_per_sample fp64_flop_per_unit fp32_flop_per_unit bytes_per_unit resident_bytes_per_unit"
CARDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "customer": (
        ("", "requirement", "customer industry scale_cards storage_tb deliver_by duration_days work budget currency domestic_only"),
    ),
    "application": (
        ("", "workload", "name task precision os cpu_arch framework engine driver toolkit python optimised"),
        ("run", "run", "platform gpus nodes seq_len micro_batch global_batch"),
        ("parallel", "run", "tensor_parallel pipeline_parallel context_parallel sequence_parallel zero_stage"),
        ("serving+", "run", "concurrency input_len output_len kv_dtype memory_fraction"),
        ("training+", "run", "virtual_pipeline expert_parallel offload optimizer master_dtype grad_dtype recompute attention dropout"),
        ("lora+", "run", "lora_rank lora_targets weight_bits quant_group"),
        ("assumed+", "run", "recompute_modules moment_dtype expert_tensor_parallel expert_imbalance first_stage_layers last_stage_layers "
                            "prefill_tokens kv_block context_gib slack_share units"),
    ),
    "model": (("", "model", "family parameters layers hidden heads kv_heads head_dim intermediate vocab max_positions"),
              ("model_more+", "model", MODEL_MORE),
              ("linear+", "model", "linear_key_heads linear_value_heads linear_key_dim linear_value_dim linear_conv"),
              ("picture+", "model", "image_size patch_size channels classes frames text_len text_hidden"),
              ("sums+", "model", SUMS)),
    "measured": (("", "measured", "speed unit"),),
    "node": (("", "node", "disk_gbs nics nic_gbps cpu memory_gib"),),
    "criteria": (
        ("performance", "requirement", "tokens_per_s ttft_ms tpot_ms"),
        ("efficiency", "requirement", "utilisation concurrency"),
        ("scaling", "requirement", "linearity"),
        ("stability", "requirement", "fault_tolerance recovery_min"),
    ),
}  # fmt: skip
"""Card -> (group, table, keys); a group whose name ends in + is folded, one without a name has no title."""

REQUIRED = frozenset(
    f"{table}.{key}"
    for table, keys in (
        ("workload", "name task precision"),
        ("run", "platform gpus seq_len micro_batch"),
        ("model", "family layers hidden heads vocab"),
    )
    for key in keys.split()
)
"""What a VRAM estimate of a training run, and all that follows, cannot do without."""


class RunForm(QObject):
    """The fields by key, and the cards they stand in. committed: a key and its new value."""

    typed = Signal(str)
    committed = Signal(str, object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.fields: dict[str, Field] = {}
        self._folds: dict[Fold, list[str]] = {}
        self._values: tuple[Workload, Requirement] = (Workload("", "pretrain"), Requirement())
        self.cards: dict[str, Card] = {name: self._card(name) for name in CARDS}

    def _card(self, name: str) -> Card:
        say = self._look.say
        card = Card(say(f"page_requirement.card.{name}"))
        card.body.setSpacing(6)
        for group, table, keys in CARDS[name]:
            names = [f"{table}.{key}" for key in keys.split()]
            title = say(f"page_requirement.group.{group.rstrip('+')}") if group else ""
            if group.endswith("+"):
                fold = Fold(title, self._look.theme, partial(self._unfold, names))
                self._folds[fold] = names
                card.body.addWidget(fold)
                continue
            if title:
                card.body.addSpacing(4 if card.body.count() else 0)
                card.body.addWidget(label(title, SMALL_PX, bold=True))
            for key in names:
                card.body.addWidget(self._field(key))
        return card

    def _unfold(self, keys: list[str]) -> list[Field]:
        made = [self._field(key) for key in keys]
        for field in made:
            field.show_value(value_of(*self._values, field.key))
        return made

    def _field(self, key: str) -> Field:
        words = platform_words(self._look) if key == "run.platform" else ()
        field = Field(key, self._look, words, required=key in REQUIRED)
        field.typed.connect(self.typed)
        field.committed.connect(self.committed)
        self.fields[key] = field
        return field

    def show(self, workload: Workload, requirement: Requirement) -> None:
        """Show what the document holds; a line in which the user types keeps its text."""
        self._values = (workload, requirement)
        for key, field in self.fields.items():
            field.show_value(value_of(workload, requirement, key))
        for fold, keys in self._folds.items():
            changed = sum(value_of(workload, requirement, key) != blank_of(key) for key in keys)
            fold.say(self._look.say("page_requirement.set_count", count=changed) if changed else "")
        self.fields["measured.unit"].setEnabled(workload.measured is not None)

    def show_faults(self, faults: Mapping[str, Fault]) -> None:
        """Mark the fields that are wrong, and open the folds that hold one."""
        for fold, keys in self._folds.items():
            if not fold.is_open and faults.keys() & set(keys):
                fold.open()
        for key, field in self.fields.items():
            field.show_fault(faults.get(key))

    def pending(self) -> Iterator[tuple[str, Value | Fault]]:
        """Yield the fields in which something else stands than the document says."""
        for key, field in self.fields.items():
            if found := field.pending():
                yield key, found[0]

    def go_to(self, key: str) -> Field:
        """Put the cursor into a field, opening what hides it, and return it."""
        for fold, keys in self._folds.items():
            if key in keys:
                fold.open()
        self.fields[key].focus()
        return self.fields[key]


def keys_of(card: str) -> list[str]:
    """Return the keys of a card in reading order."""
    return [f"{table}.{key}" for _group, table, keys in CARDS[card] for key in keys.split()]


def platform_words(look: Look) -> tuple[tuple[str, str], ...]:
    """Return (id, name a customer reads) of every platform; where two share a name the id stands behind it."""
    platforms = pipeline.catalogue().platforms
    names = [platform.label(look.lang) for platform in platforms]
    told = zip((platform.id for platform in platforms), names, strict=True)
    return tuple((known, name if names.count(name) == 1 else f"{name} ({known})") for known, name in told)


assert sorted(key for name in CARDS for key in keys_of(name)) == sorted(KEYS), "a key of run.toml is not in the form"

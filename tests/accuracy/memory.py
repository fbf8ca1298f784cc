"""VRAM of training against published peaks, bounds and activation tables, and of small models against autograd. No constant was fitted
to any of these rows, so every model is held out."""

import csv
from pathlib import Path

from msgspec.structs import replace

from app.engine.model.estimates import StageMemory
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload import count_parameters, estimate_memory, load_presets
from tests.accuracy.truth import table, value_of, workload_of

Row = tuple[str, str, float, float]
AUTOGRAD = Path(__file__).resolve().parents[1] / "data" / "autograd.csv"
SHAPE = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab", "max_positions", "experts", "experts_per_token",
    "moe_intermediate", "shared_intermediate", "sliding_window", "image_size", "patch_size", "channels", "classes",
)  # fmt: skip
OTHER_CHOICES = frozenset({"norm_fused", "norm_low", "repeat_kv", "loss_fp32", "no_cache"})


def _stage(row: dict[str, str]) -> StageMemory | None:
    """Return the estimate of the stage that a row read: the first, the last, a numbered one, else the fullest."""
    found = estimate_memory(workload_of(row))
    note = row["stage_note"]
    if not found.by_stage:
        return None
    if note.startswith("stage "):
        return found.by_stage[int(note.split()[1])]
    return found.by_stage[0 if "first" in note else -1 if "last" in note else found.peak_stage]


def _allocated(stage: StageMemory) -> float:
    return stage.total_gib - stage.group_gib("overhead")


def peak_rows() -> list[Row]:
    """Return (case, model, GiB measured, GiB predicted) of peak allocated VRAM: one row per run, SimuMax and two of Megatron-Bridge's."""
    found = []
    for row in table("vram_truth"):
        scored = row["measure"].startswith("allocated_max") and "SAME RUN" not in row["note"] and "counter not named" not in row["note"]
        if scored and (stage := _stage(row)):
            found.append((f"{row['case']} {row['stage_note']}", row["model"], value_of(row), _allocated(stage)))
    return found


def bound_rows() -> list[Row]:
    """Return monitor readings and reserved peaks with the prediction that must stay below: the total, and what is allocated."""
    found = []
    for row in table("vram_truth"):
        if row["measure"] in ("device_used", "reserved_max") and (stage := _stage(row)):
            predicted = stage.total_gib if row["measure"] == "device_used" else _allocated(stage)
            found.append((row["case"], row["model"], value_of(row), predicted))
    return found


def paper_rows() -> list[Row]:
    """Return the activations of the first stage, GiB, of the recomputation paper's models (dropout 0.1, as its formula counts)."""
    found = []
    for row in table("vram_truth"):
        if row["measure"] == "activations_stage0":
            run = workload_of(row)
            stage = estimate_memory(replace(run, run=replace(run.run, dropout=0.1))).by_stage[0]
            found.append((row["case"], row["model"], value_of(row), stage.group_gib("activations")))
    return found


def autograd_rows(recompute: str) -> list[Row]:
    """Return bytes kept after the forward pass, counted and predicted, of small models of every family."""
    found = []
    with AUTOGRAD.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["variant"] in OTHER_CHOICES or row["autocast"] == "1" or row["kernels"] == "cpu" or row["recompute"] != recompute:
                continue
            model = Model(family=row["family"], tied_embeddings=row["tied_embeddings"] == "True", **{key: int(row[key]) for key in SHAPE})
            run = RunParameters(gpus=1, seq_len=int(row["seq_len"]), micro_batch=int(row["micro_batch"]), dropout=float(row["dropout"]))
            run = replace(run, attention=row["attention"], recompute=recompute)
            estimate = estimate_memory(Workload("t", "pretrain", row["precision"], engine=row["engine"], model=model, run=run))  # type: ignore[arg-type]
            name = f"{row['engine']} {row['precision']} {row['attention']} {row['seq_len']} x {row['micro_batch']}"
            found.append((name, row["family"], float(row["kept_bytes"]), (estimate.activations_gib or 0.0) * 2**30))
    return found


def parameter_rows() -> list[Row]:
    """Return the published and the counted parameters of every shipped model."""
    models = [(one.name, one.model) for one in load_presets() if one.model.parameters]
    return [(name, model.family, float(model.parameters or 0), float(count_parameters(model) or 0)) for name, model in models]

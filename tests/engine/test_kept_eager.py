"""What autograd keeps, by formula, against small models that were really built and counted (tests/accuracy/record_autograd.py)."""

import csv
import statistics
from pathlib import Path

import pytest

from app.engine.model.workloads import Model, RunParameters
from app.engine.workload.kept_eager import kept_in_all

TABLE = Path(__file__).resolve().parents[1] / "data" / "autograd.csv"
NOT_OURS = frozenset({"norm_fused", "norm_low", "repeat_kv", "loss_fp32", "no_cache"})  # recorded to show what a choice costs
SHAPE = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab", "max_positions", "experts", "experts_per_token",
    "moe_intermediate", "shared_intermediate", "sliding_window", "image_size", "patch_size", "channels", "classes",
)  # fmt: skip


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["variant"] not in NOT_OURS]


def errors_of(row: dict[str, str]) -> tuple[float, float]:
    """Relative errors of the bytes after forward and of the peak."""
    model = Model(family=row["family"], tied_embeddings=row["tied_embeddings"] == "True", **{key: int(row[key]) for key in SHAPE})
    run = RunParameters(
        seq_len=int(row["seq_len"]),
        micro_batch=int(row["micro_batch"]),
        attention=row["attention"],  # type: ignore[arg-type]
        recompute=row["recompute"],  # type: ignore[arg-type]
        dropout=float(row["dropout"]),
    )
    word = 2 if row["precision"] == "bf16" else 4
    found = kept_in_all(model, run, word, row["engine"], autocast=row["autocast"] == "1", on_cpu=row["kernels"] == "cpu")
    return found[0] / float(row["kept_bytes"]) - 1, found[1] / float(row["peak_bytes"]) - 1


@pytest.mark.parametrize("engine", ["transformers", "pytorch"])
@pytest.mark.parametrize("recompute", ["none", "full"])
def test_formulas_meet_what_was_counted(engine, recompute):
    errors = [max(abs(error) for error in errors_of(row)) for row in rows() if row["engine"] == engine and row["recompute"] == recompute]
    assert len(errors) > 4
    assert statistics.mean(errors) <= 0.02
    assert max(errors) <= 0.06


def test_parts_left_open_take_the_habit_of_the_family():
    run = RunParameters(seq_len=128, micro_batch=2)
    short = Model(family="gpt2", layers=2, hidden=64, heads=4, vocab=1000)
    full = Model(family="gpt2", layers=2, hidden=64, heads=4, kv_heads=4, head_dim=16, intermediate=256, vocab=1000, gated=False)
    assert kept_in_all(short, run, 2, "transformers") == kept_in_all(full, run, 2, "transformers")

"""Largest batches of TensorRT-LLM (AIConfigurator's measurements) and KV caches (Unsloth's table), predicted."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from app.engine import pipeline
from app.engine.model.workloads import Model, RunParameters, Workload, normalise_precision
from app.engine.workload import estimate_memory, fit_memory

SHARED = Path(os.environ.get("SUANXUAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
MODEL_KEYS = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "moe_intermediate", "vocab", "experts", "experts_per_token",
    "sliding_window", "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim",
)  # fmt: skip
RUN_KEYS = ("gpus", "nodes", "seq_len", "tensor_parallel", "pipeline_parallel", "input_len", "output_len")


def rows(folder: Path | None = None) -> list[tuple[str, str, float, float]]:
    """Return (case, model, measured largest batch, predicted one) of every row."""
    return [(row["case"], row["model"], float(row["value"]), predicted_batch(row)) for row in truth("concurrent_sequences", folder)]


def kv_rows(folder: Path | None = None) -> list[tuple[str, str, float, float]]:
    """Return (case, model, GiB of one sequence at full context, predicted GiB)."""
    return [(row["case"], row["model"], float(row["value"]), predicted_cache(row)) for row in truth("kv_cache_bytes", folder)]


def truth(measure: str, folder: Path | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of one measure."""
    with ((folder or SHARED) / "vram" / "vram_truth.csv").open(encoding="utf-8") as file:
        yield from (row for row in csv.DictReader(file) if row["measure"] == measure)


def workload_of(row: dict[str, str]) -> Workload:
    """Return the run of a row as its run.toml would tell it."""
    family = {"qwen": "qwen3", "gemma": "gemma3", "kimi": "deepseek-v3"}.get(row["family"], row["family"])
    shape = {key: int(float(row[key])) for key in MODEL_KEYS if row[key]}
    model = replace(Model(family=family, tied_embeddings={"true": True, "false": False}.get(row["tied_embeddings"])), **shape)
    sizes = {key: int(float(row[key])) for key in RUN_KEYS if row[key]}
    run = replace(RunParameters(memory_fraction=float(row["memory_fraction"] or 0.9), kv_dtype=row["kv_dtype"]), **sizes)
    precision = normalise_precision(row["precision"].split(" ")[0]) or "bf16"
    engine = "tensorrt-llm" if "TensorRT-LLM" in row["note"] else ""
    return Workload("t", "inference", precision, engine=engine, model=model, run=run)


def predicted_batch(row: dict[str, str]) -> float:
    """Return the largest batch on the platform of the row."""
    workload = workload_of(row)
    platform = pipeline.catalogue().platform(row["platform"])
    return float(fit_memory(workload, estimate_memory(workload), [platform])[0].max_concurrency or 0)


def predicted_cache(row: dict[str, str]) -> float:
    """Return the KV cache of the row; what its table leaves out (widths that a cache does not need) is filled with ones."""
    workload = workload_of(row)
    model = workload.model or Model()
    fillers = {key: getattr(model, key) or 128 for key in ("vocab", "intermediate")}
    filled = replace(workload, model=replace(model, experts=0, **fillers))
    return estimate_memory(filled).kv_cache_gib or 0.0

"""The published rows of ../shared/data/vram as runs: what a run.toml of each would say."""

import csv
import os
from pathlib import Path

from msgspec.structs import replace

from app.engine.model.workloads import Model, RunParameters, Workload, normalise_precision

SHARED = Path(os.environ.get("SUANXUAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SHAPE = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "moe_intermediate", "vocab", "experts", "experts_per_token",
    "shared_experts", "first_dense_layers", "sliding_window", "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim",
    "v_head_dim",
)  # fmt: skip
SIZES = (
    "gpus", "nodes", "seq_len", "micro_batch", "global_batch", "tensor_parallel", "pipeline_parallel", "virtual_pipeline",
    "context_parallel", "expert_parallel", "zero_stage", "input_len", "output_len",
)  # fmt: skip
MODULES = ("core_attn", "mlp", "moe", "moe_act", "layernorm", "mla_up_proj")


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of vram_truth or step_time_truth. Raises FileNotFoundError without the shared data."""
    with (SHARED / "vram" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def value_of(row: dict[str, str]) -> float:
    """Return the value of a row, GB as GiB."""
    return float(row["value"]) * (1e9 / 2**30 if row["unit"] == "GB" else 1.0)


def engine_of(row: dict[str, str]) -> str:
    """Return the engine that a row was run with."""
    place = row["source_locator"].lower()
    if row["case"].startswith("tt_"):
        return "torchtitan"
    if "paddle" in place or "gpt3_" in row["case"] or "llama_7b_" in row["case"]:
        return "paddlenlp"
    if "megatron-deepspeed" in place or "deepspeed" not in place:
        return "pytorch" if "bert" in row["case"] or "gpt2_345m" in row["case"] else "megatron-lm"
    return "deepspeed"


def workload_of(row: dict[str, str]) -> Workload:
    """Return the run of a row."""
    shape = {key: int(float(row[key])) for key in SHAPE if row[key]}
    model = replace(Model(family=row["family"], tied_embeddings=row["tied_embeddings"] == "true"), **shape)
    given: dict[str, object] = {key: int(float(row[key])) for key in SIZES if row[key]}
    modules = tuple(word for word in row["recompute_note"].split("+") if word in MODULES)
    given |= {
        "recompute": row["recompute"] or "none",
        "recompute_modules": modules,
        "sequence_parallel": row["sequence_parallel"] == "true",
    }
    given |= {"attention": "eager" if row["attention"] == "eager" else "flash"}
    if row["grad_dtype"][:4] in ("bf16", "fp16"):
        given["grad_dtype"] = row["grad_dtype"][:4]
    if "bf16 m+v" in row["optimizer_dtype"]:
        given["moment_dtype"] = "bf16"
    run = replace(RunParameters(platform=row["platform"]), **given)
    word = row["precision"].replace("+", " ").replace(",", " ").split(" ")[0]
    task = "inference" if row["task"] == "inference" else "pretrain"
    return Workload(
        row["case"],
        task,
        normalise_precision(word) or "bf16",
        engine=engine_of(row),
        model=model,
        run=run,
        stated=tuple(f"run.{key}" for key in given),
    )

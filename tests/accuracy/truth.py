"""Rows of the truth tables as run descriptions: what a run.toml of each would say."""

import csv
import os
from pathlib import Path

from msgspec.structs import replace

from app.engine import pipeline
from app.engine.model.platforms import Fact, Platform
from app.engine.model.workloads import Model, RunParameters, Workload, normalise_precision

SHARED = Path(os.environ.get("SUANXUAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
MODEL_KEYS = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "moe_intermediate", "vocab", "experts", "experts_per_token",
    "shared_experts", "first_dense_layers", "sliding_window", "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim",
    "v_head_dim",
)  # fmt: skip
RUN_KEYS = (
    "gpus", "nodes", "seq_len", "micro_batch", "global_batch", "tensor_parallel", "pipeline_parallel", "virtual_pipeline",
    "context_parallel", "expert_parallel", "zero_stage", "input_len", "output_len",
)  # fmt: skip
FAMILIES = {"qwen": "qwen3", "gemma": "gemma3", "kimi": "deepseek-v3", "gpt": "gpt2"}
ENGINES = {
    "SimuMax": "megatron-lm",
    "calculon": "megatron-lm",
    "Megatron-Bridge": "megatron-bridge",
    "torchtitan": "torchtitan",
    "pytorch/ao": "torchtitan",
}
MODULES = frozenset({"core_attn", "mlp", "moe", "moe_act", "layernorm", "mla_up_proj", "shared_experts"})


def rows_of(table: str, folder: Path | None = None) -> list[dict[str, str]]:
    """Return the rows of vram_truth or step_time_truth."""
    with ((folder or SHARED) / "vram" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def workload_of(row: dict[str, str]) -> Workload:
    """Return the run of a row."""
    family = FAMILIES.get(row["family"], row["family"])
    shape = {key: int(float(row[key])) for key in MODEL_KEYS if row[key]}
    model = replace(Model(family=family, tied_embeddings={"true": True, "false": False}.get(row["tied_embeddings"])), **shape)
    precision = normalise_precision(row["precision"].split(" ")[0].split("+")[0].strip(",")) or "bf16"
    if "fp8" in row["precision"]:
        precision = "fp8"
    if "nvfp4" in row["precision"]:
        precision = "fp4"
    run, stated = _run(row)
    engine = next((engine for word, engine in ENGINES.items() if word in row["source"]), "")
    task = row["task"] if row["task"] in ("inference", "finetune", "lora") else "pretrain"
    return Workload(row["case"], task, precision, engine=engine, model=model, run=run, stated=stated)  # type: ignore[arg-type]


def platform_of(row: dict[str, str]) -> Platform | None:
    """Return the platform of a row; of those that the catalogue lacks, the nearest one with what the source tells otherwise.

    torchtitan's H100 has 96 GB of HBM2e at 2.4 TB/s and 500 W: no measured rate is known of it. Its Blackwell card of 184.3 GiB, four to a
    node, is taken for a GB200.
    """
    known = pipeline.platforms_by_id()
    if row["platform"]:
        return known.get(row["platform"])
    if "HBM2e" in row["note"]:
        card = known["nvidia-h100-sxm-80gb"]
        facts = {**card.facts, "memory_bw_gbs": Fact(2400.0, "GB/s"), "achieved_bf16_tflops": Fact(None)}
        return replace(card, id="nvidia-h100-96gb-hbm2e", facts=facts)
    return known["nvidia-gb200"] if "184.3 GiB" in row["note"] else None


def _run(row: dict[str, str]) -> tuple[RunParameters, tuple[str, ...]]:
    known: dict[str, object] = {key: int(float(row[key])) for key in RUN_KEYS if row[key]}
    if row["memory_fraction"]:
        known["memory_fraction"] = float(row["memory_fraction"])
    if row["grad_dtype"][:4] in ("bf16", "fp16"):
        known["grad_dtype"] = "bf16"
    if "bf16 m+v" in row["optimizer_dtype"]:
        known["moment_dtype"] = "bf16"
    if "micro_batch" not in known and "4 sequences each" in row["note"]:
        known["micro_batch"] = 4
    known["recompute"] = row["recompute"] or "none"
    modules = tuple(word for word in row["recompute_note"].split("+") if word in MODULES)
    if modules:
        known["recompute_modules"] = modules
    known["attention"] = "eager" if row["attention"] == "eager" else "flash"
    known["sequence_parallel"] = row["sequence_parallel"] == "true"
    return replace(RunParameters(platform=row["platform"]), **known), tuple(f"run.{key}" for key in known)

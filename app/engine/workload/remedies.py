"""What would make a run fit: the changes that are tried, smallest first."""

from collections.abc import Iterator
from typing import TypeAlias

from app.engine.messages import Message, message
from app.engine.model.workloads import Model, Workload
from app.engine.workload.stages import layout_of

Change: TypeAlias = tuple[Message, dict[str, object]]


def changes_of(workload: Workload) -> Iterator[Change]:
    """Yield each change that may make a run fit, with the keys of [run] that it sets."""
    if workload.task == "inference":
        yield from _serving_changes(workload)
    else:
        yield from _training_changes(workload)
        yield from _other_layouts(workload)


def _serving_changes(workload: Workload) -> Iterator[Change]:
    run = workload.run
    if not run.weight_bits and workload.precision in ("bf16", "fp16", "fp32"):
        yield message("workload.remedy.int8"), {"weight_bits": 8}
        yield message("workload.remedy.int4"), {"weight_bits": 4}
    if not run.kv_dtype:
        yield message("workload.remedy.kv_fp8"), {"kv_dtype": "fp8"}
    if run.concurrency > 1:
        yield message("workload.remedy.concurrency", number=run.concurrency // 2), {"concurrency": run.concurrency // 2}
    if run.input_len > 1:
        shorter = {"input_len": run.input_len // 2, "output_len": run.output_len // 2, "seq_len": run.seq_len and run.seq_len // 2}
        yield message("workload.remedy.shorter"), shorter
    for tensor in (2, 4, 8):
        cards = run.tensor_parallel * tensor
        if workload.model and workload.model.heads and workload.model.heads % cards:
            break
        wider: dict[str, object] = {
            "tensor_parallel": cards,
            "gpus": max(run.gpus or 1, cards * run.pipeline_parallel * run.context_parallel),
        }
        yield message("workload.remedy.tensor", number=cards), wider


def _training_changes(workload: Workload) -> Iterator[Change]:
    """Yield what training can change, nothing of which changes the result but the optimizer's 8 bits."""
    run = workload.run
    copies = layout_of(run).shards
    if run.attention == "eager":
        yield message("workload.remedy.flash"), {"attention": "flash"}
        yield message("workload.remedy.selective"), {"recompute": "selective"}
    batch = run.micro_batch or 1
    for smaller in {one for one in (batch // 2, 1) if 0 < one < batch}:
        yield message("workload.remedy.micro_batch", number=smaller), {"micro_batch": smaller}
    for level in range(run.zero_stage + 1, 4 if copies > 1 else 0):
        yield message("workload.remedy.zero", number=level), {"zero_stage": level}
    if run.optimizer.lower() in ("adam", "adamw") and workload.task not in ("lora", "qlora"):
        yield message("workload.remedy.adam8"), {"optimizer": "adamw8bit"}
    if run.recompute != "full":
        yield message("workload.remedy.full"), {"recompute": "full"}
        if copies > 1:
            yield message("workload.remedy.full_zero"), {"recompute": "full", "zero_stage": 3}
    if run.offload == "none":
        yield message("workload.remedy.offload"), {"offload": "optimizer"}


def _other_layouts(workload: Workload) -> Iterator[Change]:
    """Yield twice the tensor or pipeline parallelism on the same cards, and on twice as many."""
    run, model = workload.run, workload.model or Model()
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    tensor, stages = 2 * run.tensor_parallel, 2 * run.pipeline_parallel
    splits = not model.heads or model.heads % tensor == 0
    if run.gpus and run.gpus % (each * 2) == 0:
        if splits:
            yield message("workload.remedy.tensor", number=tensor), {"tensor_parallel": tensor, "sequence_parallel": True}
        if model.layers and model.layers % stages == 0:
            yield message("workload.remedy.pipeline", number=stages), {"pipeline_parallel": stages}
    if run.gpus and splits:
        more = {"gpus": run.gpus * 2, "tensor_parallel": tensor, "sequence_parallel": True}
        yield message("workload.remedy.more_cards", number=run.gpus * 2), more

"""Without a trace: the operators that a model family, its optimizer and its kind of parallelism imply."""

import re

from app.engine.assessing._operator_usage import Used
from app.engine.model.platforms import Knowledge
from app.engine.model.workloads import Workload

TRAINING = ("pretrain", "finetune", "lora", "qlora")
OTHER = "other-decoder"
"""Stands for a family that is not known where the model has a vocabulary: it is counted as a decoder everywhere else as well."""


def implied_operators(workload: Workload, knowledge: Knowledge) -> tuple[Used, ...]:
    """Return what a workload implies, without shares; () for a family that nothing is known of, such as an HPC code."""
    model = workload.model
    family = model.family.lower() if model is not None else ""
    if model is not None and family in ("", "other") and model.vocab:
        family = OTHER
    rows = [row for row in knowledge.porting.implied if _matches(row.families, family)]
    if not rows or workload.task == "hpc":
        return ()
    rows += [row for row in knowledge.porting.implied if row.families == ("*",)]
    states = _states(workload)
    names = dict.fromkeys(row.operator for row in rows if set(row.when.split(":")) <= states)
    return tuple(Used(name, 0, 0.0, 0.0, name in knowledge.canonical) for name in names)


def _matches(families: tuple[str, ...], family: str) -> bool:
    return bool(family) and any(re.fullmatch(pattern, family) for pattern in families if pattern != "*")


def _states(workload: Workload) -> set[str]:
    """Return every word that may stand in `when`."""
    run = workload.run
    trains = workload.task in TRAINING
    told = {
        "any": True,
        "train": trains,
        "infer": workload.task == "inference",
        "parallel": (run.gpus or 1) > run.tensor_parallel * run.pipeline_parallel,
        "sharded": run.zero_stage > 0,
        "tensor": run.tensor_parallel > 1,
        "pipeline": run.pipeline_parallel > 1,
        "expert": run.expert_parallel > 1,
    }
    return {word for word, holds in told.items() if holds} | {run.optimizer or "adamw"}

"""A row of a table of runs that names a model of the library: the workload as far as the row tells it, where no run description does."""

import re
from functools import cache

from msgspec.structs import replace

from app.engine.model.measurements import MeasuredRun
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload.engines import TRAINING_ENGINES
from app.engine.workload.presets import load_presets

TASKS = ("pretrain", "finetune", "lora", "qlora", "inference")
_DEGREES = {
    "TP": "tensor_parallel",
    "PP": "pipeline_parallel",
    "CP": "context_parallel",
    "EP": "expert_parallel",
    "VPP": "virtual_pipeline",
    "VP": "virtual_pipeline",
}
_DEGREE = re.compile(r"\b(VPP|VP|TP|PP|CP|EP)\s*[-=]?\s*(\d{1,4})\b", re.IGNORECASE)
_ZERO = re.compile(r"\bzero\s*[-_=]?\s*([0-3])\b", re.IGNORECASE)
_LENGTHS = re.compile(r"-isl(\d{1,7})-osl(\d{1,7})$")
_OWNER = re.compile(r"^[\w.-]+/(?=\w)|^(meta|nvidia)[ _-]+(?=llama)")
_KIND = re.compile(r"[ _-]+(instruct|chat|base|it|hf|v\d(\.\d)?)$")


def model_named(name: str) -> tuple[str, Model] | None:
    """Return name and shape of the model that a name means: "meta-llama/Llama-3-8B-Instruct" -> Llama-3.1-8B; None = not in the library."""
    words = _LENGTHS.sub("", name.strip().lower())
    names = _names()
    found = names.get(_bare(words))
    words = _OWNER.sub("", _OWNER.sub("", words))
    while found is None:
        found, shorter = names.get(_bare(words)), _KIND.sub("", words)
        if shorter == words:
            break
        words = shorter
    return found


def workload_of_row(run: MeasuredRun) -> Workload | None:
    """Return the workload that a row tells: model, task, degrees of parallelism. None where its model is not in the library."""
    found = model_named(run.workload)
    if found is None or run.task not in TASKS:
        return None
    degrees = {_DEGREES[word.upper()]: max(1, int(number)) for word, number in _DEGREE.findall(run.parallelism)}
    zero = _ZERO.search(run.parallelism)
    lengths = _LENGTHS.search(run.workload.strip().lower())
    numbers = {"input_len": int(lengths[1]), "output_len": int(lengths[2])} if lengths and run.task == "inference" else {}
    engine = run.extra.get("engine", "") or run.framework
    parameters = RunParameters(platform=run.platform, gpus=run.gpus, zero_stage=int(zero[1]) if zero else 0)
    parameters = replace(parameters, **degrees, **numbers)
    return Workload(found[0], run.task, framework=run.framework, engine=_engine(engine), model=found[1], run=parameters)


def _engine(words: str) -> str:
    """Return the engine that a cell names: "Megatron-Bridge 26.06 SFT" is megatron-bridge; what is not known stays as it is."""
    name = words.strip().lower()
    first = name.partition(" ")[0]
    return first if first in TRAINING_ENGINES else name


@cache
def _names() -> dict[str, tuple[str, Model]]:
    return {_bare(name): (one.name, one.model) for one in load_presets() for name in (one.name, *one.also)}


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())

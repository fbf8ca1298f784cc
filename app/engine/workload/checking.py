"""Whether the values of a run description agree with each other: one small rule per function, each names the key to mend and what would do.

Single values (a number, a date, in range) are checked as they are typed: keys.py.
"""

import datetime
from collections.abc import Iterator

from app.engine.messages import message
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload.keys import Fault

MOST_NEAR = 4


def check_run(workload: Workload, requirement: Requirement, today: datetime.date) -> tuple[Fault, ...]:
    """Return what does not fit together, errors before warnings."""
    model = workload.model or Model()
    found = [fault for rule in _MODEL_RULES for fault in rule(model)]
    found += [fault for rule in _RUN_RULES for fault in rule(workload, model, workload.run)]
    found += _dates(requirement, today)
    return tuple(sorted(found, key=lambda fault: fault.level != "error"))


def divisors_near(number: int, wanted: int, *also: int | None) -> list[int]:
    """Return the divisors of a number (and of the others that are known) next to a wanted one by ratio, at most four, ascending."""
    wholes = [number, *(other for other in also if other)]
    common = [one for one in _divisors(min(wholes)) if all(whole % one == 0 for whole in wholes)]
    return sorted(sorted(common, key=lambda one: max(one / wanted, wanted / one))[:MOST_NEAR])


def _divisors(number: int) -> list[int]:
    small = [one for one in range(1, int(number**0.5) + 1) if number % one == 0]
    return [*small, *(number // one for one in reversed(small) if one * one != number)]


def data_parallel(run: RunParameters) -> int | None:
    """Return how many copies of the model run side by side, None where the cards are unknown or do not divide."""
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    return run.gpus // each if run.gpus and run.gpus % each == 0 else None


def _heads(model: Model) -> Iterator[Fault]:
    if not (model.hidden and model.heads) or model.kv_lora_rank or model.hidden % model.heads == 0:
        return
    near = divisors_near(model.hidden, model.heads)
    if model.head_dim is None:
        yield Fault("model.heads", message("checking.heads", hidden=model.hidden, near=near))
    else:
        yield Fault("model.heads", message("checking.heads_odd", hidden=model.hidden, near=near), "warning")


def _kv_heads(model: Model) -> Iterator[Fault]:
    if model.heads and model.kv_heads and model.heads % model.kv_heads:
        yield Fault("model.kv_heads", message("checking.kv_heads", heads=model.heads, near=divisors_near(model.heads, model.kv_heads)))


def _experts(model: Model) -> Iterator[Fault]:
    if model.experts_per_token > model.experts:
        yield Fault("model.experts_per_token", message("checking.per_token", experts=model.experts))
    if model.layers and model.first_dense_layers > model.layers:
        yield Fault("model.first_dense_layers", message("checking.dense_layers", layers=model.layers))


def _tensor(_workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    if model.heads and model.heads % run.tensor_parallel:
        near = divisors_near(model.heads, run.tensor_parallel, run.gpus)
        yield Fault("run.tensor_parallel", message("checking.tensor_heads", heads=model.heads, near=near))
    elif run.gpus and run.gpus % run.tensor_parallel:
        near = divisors_near(run.gpus, run.tensor_parallel, model.heads)
        yield Fault("run.tensor_parallel", message("checking.tensor_gpus", gpus=run.gpus, near=near))


def _layout(_workload: Workload, _model: Model, run: RunParameters) -> Iterator[Fault]:
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    if not run.gpus or run.gpus % each == 0 or run.gpus % run.tensor_parallel:
        return
    key, degree = ("pipeline_parallel", run.pipeline_parallel) if run.pipeline_parallel > 1 else ("context_parallel", run.context_parallel)
    rest = run.gpus // run.tensor_parallel
    others = each // run.tensor_parallel // degree
    near = divisors_near(rest // others, degree) if rest % others == 0 else []
    code = "checking.layout" if near else "checking.layout_plain"
    yield Fault(f"run.{key}", message(code, gpus=run.gpus, cards=each, near=near))


def _stages(_workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    if not model.layers:
        return
    if run.pipeline_parallel > model.layers:
        yield Fault("run.pipeline_parallel", message("checking.stages", layers=model.layers))
    elif run.pipeline_parallel * run.virtual_pipeline > model.layers:
        most = model.layers // run.pipeline_parallel
        yield Fault("run.virtual_pipeline", message("checking.virtual", layers=model.layers, most=most))


def _expert_parallel(_workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    if run.expert_parallel == 1 or (model.experts and model.experts % run.expert_parallel == 0):
        return
    if not model.experts:
        yield Fault("run.expert_parallel", message("checking.no_experts"))
    else:
        near = divisors_near(model.experts, run.expert_parallel)
        yield Fault("run.expert_parallel", message("checking.experts", experts=model.experts, near=near))


def _batch(workload: Workload, _model: Model, run: RunParameters) -> Iterator[Fault]:
    copies = data_parallel(run)
    if workload.task in ("inference", "hpc") or not (copies and run.micro_batch and run.global_batch):
        return
    each = copies * run.micro_batch
    if run.global_batch % each:
        below = run.global_batch // each * each
        near = [number for number in (below, below + each) if number]
        yield Fault("run.global_batch", message("checking.batch", each=each, micro=run.micro_batch, copies=copies, near=near))


def _nodes(_workload: Workload, _model: Model, run: RunParameters) -> Iterator[Fault]:
    if run.gpus and run.nodes and run.gpus % run.nodes:
        yield Fault("run.nodes", message("checking.nodes", gpus=run.gpus, near=divisors_near(run.gpus, run.nodes)))


def _length(workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    if not model.max_positions:
        return
    serving = workload.task == "inference"
    length = run.input_len + run.output_len if serving else run.seq_len or 0
    if length > model.max_positions:
        key = "run.output_len" if serving else "run.seq_len"
        yield Fault(key, message("checking.positions", length=length, positions=model.max_positions), "warning")


def _dates(requirement: Requirement, today: datetime.date) -> list[Fault]:
    if requirement.deliver_by is None or requirement.deliver_by >= today:
        return []
    return [Fault("requirement.deliver_by", message("checking.past", today=today.isoformat()))]


_MODEL_RULES = (_heads, _kv_heads, _experts)
_RUN_RULES = (_tensor, _layout, _stages, _expert_parallel, _batch, _nodes, _length)

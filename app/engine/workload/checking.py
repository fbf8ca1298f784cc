"""Whether the values of a run description agree with each other: one small rule per function, each names the key to mend and what would do.

Single values (a number, a date, in range) are checked as they are typed: keys.py.
"""

import datetime
import difflib
from collections.abc import Iterator

from app.engine.messages import message
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload.families import DECLARED, count_parameters, network_of
from app.engine.workload.families.habits import HABITS, habits_of
from app.engine.workload.keys import Fault
from app.engine.workload.kv_cache import FORMATS, kv_word
from app.engine.workload.network import Network
from app.engine.workload.presets import load_presets
from app.engine.workload.states import adapted_matrices

MOST_NEAR = 4
FAR_OFF = 1.15
MOST_TRIED = 10_000
WEIGHT_BITS = (0, 2, 3, 4, 5, 6, 8, 16, 32)
ZERO_PARAMETERS = 3
"""The stage of ZeRO that cuts the parameters."""


def check_run(workload: Workload, requirement: Requirement, today: datetime.date) -> tuple[Fault, ...]:
    """Return what does not fit together, errors before warnings."""
    model = workload.model or Model()
    found = [fault for rule in _MODEL_RULES for fault in rule(model)]
    found += [fault for rule in _RUN_RULES for fault in rule(workload, model, workload.run)]
    found += _dates(requirement, today)
    return tuple(sorted(found, key=lambda fault: fault.level != "error"))


def divisors_near(number: int, wanted: int, *also: int | None) -> list[int]:
    """Return the divisors of a number (and of the others that are known) next to a wanted one by ratio, at most four, ascending."""
    return sorted(_common(wanted, number, *also)[:MOST_NEAR])


def _divisors(number: int) -> list[int]:
    small = [one for one in range(1, int(number**0.5) + 1) if number % one == 0]
    return [*small, *(number // one for one in reversed(small) if one * one != number)]


def data_parallel(run: RunParameters) -> int | None:
    """Return how many copies of the model run side by side, None where the cards are unknown or do not divide."""
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    return run.gpus // each if run.gpus and run.gpus % each == 0 else None


def _family(model: Model) -> Iterator[Fault]:
    if known_family(model.family):
        return
    words = [*HABITS, *DECLARED]
    near = difflib.get_close_matches(model.family.lower(), words, n=MOST_NEAR, cutoff=0.5) or ["llama", "mixtral", "gpt2", "other"]
    yield Fault("model.family", message("checking.family", family=model.family[:40], near=near), "warning")


def known_family(family: str) -> bool:
    """Tell whether it is known how a family's networks are built."""
    return habits_of(family) is not None or family.lower() in DECLARED or family in {one.model.family for one in load_presets()}


def _parameters(model: Model) -> Iterator[Fault]:
    """The shape decides, so what is stated beside it must be near."""
    counted = count_parameters(model)
    if counted and model.parameters and not 1 / FAR_OFF < model.parameters / counted < FAR_OFF:
        yield Fault("model.parameters", message("checking.parameters", counted=counted / 1e9), "warning")


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
    if model.linear_key_heads and model.linear_value_heads % model.linear_key_heads:
        near = divisors_near(model.linear_value_heads, model.linear_key_heads) if model.linear_value_heads else [0]
        yield Fault("model.linear_key_heads", message("checking.linear_heads", heads=model.linear_value_heads, near=near))


def _experts(model: Model) -> Iterator[Fault]:
    if model.experts_per_token > model.experts:
        yield Fault("model.experts_per_token", message("checking.per_token", experts=model.experts))
    elif model.experts and not model.experts_per_token:
        yield Fault("model.experts_per_token", message("checking.no_per_token", experts=model.experts))
    if model.layers and model.first_dense_layers > model.layers:
        yield Fault("model.first_dense_layers", message("checking.dense_layers", layers=model.layers))
    for key in ("moe_every", "global_layers_every"):
        if model.layers and getattr(model, key) > model.layers:
            yield Fault(f"model.{key}", message("checking.dense_layers", layers=model.layers))


def _picture(model: Model) -> Iterator[Fault]:
    if model.patch_size and model.image_size % model.patch_size:
        near = divisors_near(model.image_size, model.patch_size)
        yield Fault("model.patch_size", message("checking.patch", image=model.image_size, near=near))


def _tensor(_workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    degree, groups = run.tensor_parallel, None if model.kv_lora_rank else model.kv_heads
    near = [one for one in _common(degree, run.gpus, model.heads, model.intermediate) if _splits(groups, one)][:MOST_NEAR]
    near.sort()
    if model.heads and model.heads % degree:
        yield Fault("run.tensor_parallel", message("checking.tensor_heads", heads=model.heads, near=near))
    elif run.gpus and run.gpus % degree:
        yield Fault("run.tensor_parallel", message("checking.tensor_gpus", gpus=run.gpus, near=near))
    elif not _splits(groups, degree):
        yield Fault("run.tensor_parallel", message("checking.tensor_groups", groups=groups, near=near))
    elif model.intermediate and model.intermediate % degree:
        yield Fault("run.tensor_parallel", message("checking.tensor_width", width=model.intermediate, near=near))


def _splits(groups: int | None, degree: int) -> bool:
    """Groups of keys and values are spread over the cards, or repeated on them."""
    return not groups or groups % degree == 0 or degree % groups == 0


def _common(wanted: int, *numbers: int | None) -> list[int]:
    """Return what divides all the numbers that are known, the nearest to a wanted one by ratio first."""
    wholes = [number for number in numbers if number]
    common = [one for one in _divisors(min(wholes)) if all(whole % one == 0 for whole in wholes)] if wholes else []
    return sorted(common, key=lambda one: max(one / wanted, wanted / one))


def _sequence(workload: Workload, _model: Model, run: RunParameters) -> Iterator[Fault]:
    """Context parallelism gives each card two slices of a sequence, sequence parallelism cuts them again by TP."""
    length, cut = run.seq_len, run.context_parallel
    if workload.task in ("inference", "hpc") or not length:
        return
    if cut > 1 and length % (2 * cut):
        room = run.gpus // (run.tensor_parallel * run.pipeline_parallel) if run.gpus else None
        near = sorted(_common(cut, length // 2, room)[:MOST_NEAR]) if length % 2 == 0 else [1]
        yield Fault("run.context_parallel", message("checking.context", length=length, near=near))
    elif run.sequence_parallel and (length // cut) % run.tensor_parallel:
        step = run.tensor_parallel * (2 * cut if cut > 1 else 1)
        near = [number for number in (length // step * step, (length // step + 1) * step) if number]
        yield Fault("run.seq_len", message("checking.sequence", tensor=run.tensor_parallel, near=near))


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


def _stages(workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    layers, stages, chunks = model.layers, run.pipeline_parallel, run.virtual_pipeline
    if chunks > 1 and stages == 1:
        yield Fault("run.virtual_pipeline", message("checking.virtual_alone"))
    if not layers:
        return
    ends = run.first_stage_layers or run.last_stage_layers
    if stages > layers:
        yield Fault("run.pipeline_parallel", message("checking.stages", layers=layers))
    elif stages * chunks > layers:
        yield Fault("run.virtual_pipeline", message("checking.virtual", layers=layers, most=layers // stages))
    elif ends:
        yield from _ends(layers, run)
    elif chunks > 1 and stages > 1 and layers % (stages * chunks):
        near = divisors_near(layers // stages, chunks) if layers % stages == 0 else [1]
        yield Fault("run.virtual_pipeline", message("checking.virtual_divides", layers=layers, stages=stages, near=near))
    elif layers % stages and workload.task not in ("inference", "hpc"):
        near = sorted(_common(stages, layers, run.gpus)[:MOST_NEAR])
        yield Fault("run.pipeline_parallel", message("checking.uneven", layers=layers, near=near), "warning")


def _ends(layers: int, run: RunParameters) -> Iterator[Fault]:
    """First and last stage of an uneven pipeline: what is left divides over the others."""
    first, last = run.first_stage_layers, run.last_stage_layers
    key, other = ("first_stage_layers", last) if first else ("last_stage_layers", first)
    rest = run.pipeline_parallel - bool(first) - bool(last)
    if run.pipeline_parallel == 1:
        yield Fault(f"run.{key}", message("checking.ends_alone"))
        return
    fitting = [one for one in range(1, min(layers, MOST_TRIED)) if _fits(layers - other - one, rest)]
    if not _fits(layers - first - last, rest):
        near = sorted(sorted(fitting, key=lambda one: abs(one - (first or last)))[:MOST_NEAR])
        yield Fault(f"run.{key}", message("checking.ends", layers=layers, rest=rest, near=near or [0]))


def _fits(left: int, stages: int) -> bool:
    return left == 0 if stages == 0 else left > 0 and left % stages == 0


def _expert_parallel(_workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    if run.expert_parallel == 1 or (model.experts and model.experts % run.expert_parallel == 0):
        return
    if not model.experts:
        yield Fault("run.expert_parallel", message("checking.no_experts"))
    else:
        near = divisors_near(model.experts, run.expert_parallel)
        yield Fault("run.expert_parallel", message("checking.experts", experts=model.experts, near=near))


def _expert_layout(_workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    """Experts lie on EP x ETP x PP cards, beside how the rest of the network lies."""
    cut, stages, spread = run.expert_tensor_parallel or 1, run.pipeline_parallel, run.expert_parallel
    width = model.moe_intermediate or model.intermediate
    if cut > 1 and width and width % cut:
        yield Fault("run.expert_tensor_parallel", message("checking.expert_width", width=width, near=divisors_near(width, cut)))
    if not run.gpus or spread * cut == 1 or run.gpus % stages or run.gpus % (spread * cut * stages) == 0:
        return
    key, degree, other = ("expert_parallel", spread, cut) if spread > 1 else ("expert_tensor_parallel", cut, 1)
    room = run.gpus // stages
    near = (
        sorted(_common(degree, room // other, model.experts if key == "expert_parallel" else width)[:MOST_NEAR])
        if room % other == 0
        else [1]
    )
    yield Fault(f"run.{key}", message("checking.expert_cards", gpus=run.gpus, cards=spread * cut * stages, near=near))


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


def _states(workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    """ZeRO, offloading and quantised weights."""
    if workload.task in ("pretrain", "finetune", "lora", "qlora"):
        if run.zero_stage > 1 and run.pipeline_parallel > 1:
            yield Fault("run.zero_stage", message("checking.zero_pipeline"), "warning")
        if run.offload == "optimizer+params" and run.zero_stage < ZERO_PARAMETERS:
            yield Fault("run.offload", message("checking.offload"), "warning")
    if run.weight_bits not in WEIGHT_BITS:
        near = sorted(sorted(WEIGHT_BITS[1:], key=lambda bits: abs(bits - run.weight_bits))[:MOST_NEAR])
        yield Fault("run.weight_bits", message("checking.bits", near=near))
    if run.kv_dtype and kv_word(run.kv_dtype) not in (*FORMATS, "auto"):
        yield Fault("run.kv_dtype", message("checking.not_a_choice", text=run.kv_dtype[:40], near=list(FORMATS)))
    group = run.quant_group
    if run.weight_bits and group and model.hidden and group <= model.hidden and model.hidden % group:
        near = divisors_near(model.hidden, group)
        yield Fault("run.quant_group", message("checking.group", hidden=model.hidden, near=near), "warning")


def _adapters(workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    """Targets that are no matrix of the model would train nothing."""
    network = network_of(model) if workload.task in ("lora", "qlora") and run.lora_targets else None
    if isinstance(network, Network) and not any(adapted_matrices(layer, run) for layer in network.layers):
        near = [one.name for one in network.layers[-1].matrices if one.module == "attention"]
        yield Fault("run.lora_targets", message("checking.not_a_choice", text=" ".join(run.lora_targets)[:40], near=[*near, "all-linear"]))


def _length(workload: Workload, model: Model, run: RunParameters) -> Iterator[Fault]:
    serving = workload.task == "inference"
    length = run.input_len + run.output_len if serving else run.seq_len or 0
    if serving and run.seq_len and length > run.seq_len:
        yield Fault("run.output_len", message("checking.served", length=length, most=run.seq_len), "warning")
    elif model.max_positions and length > model.max_positions:
        key = "run.output_len" if serving else "run.seq_len"
        yield Fault(key, message("checking.positions", length=length, positions=model.max_positions), "warning")


def _dates(requirement: Requirement, today: datetime.date) -> list[Fault]:
    if requirement.deliver_by is None or requirement.deliver_by >= today:
        return []
    return [Fault("requirement.deliver_by", message("checking.past", today=today.isoformat()))]


_MODEL_RULES = (_family, _parameters, _heads, _kv_heads, _experts, _picture)
_RUN_RULES = (_tensor, _layout, _sequence, _stages, _expert_parallel, _expert_layout, _batch, _nodes, _states, _adapters, _length)

"""VRAM of networks and codes that are told by their sums: CNNs, UNets, HPC codes."""

from app.engine.messages import Message, message
from app.engine.model.estimates import MemoryPart, StageMemory
from app.engine.model.workloads import Workload
from app.engine.units import GIB
from app.engine.workload.engines import CHANNEL_GIB, CONTEXT_GIB, SLACK_SHARE, training_engine
from app.engine.workload.network import Declared
from app.engine.workload.stages import CardParameters, layout_of
from app.engine.workload.states import WORD_BYTES, spread_states, word_of


def declared_stages(network: Declared, workload: Workload, said: list[Message]) -> tuple[StageMemory, ...]:
    """Return the one stage of it: the states of its parameters and what its samples, or units of work, keep."""
    run = workload.run
    context = CONTEXT_GIB if run.context_gib is None else run.context_gib
    many = CHANNEL_GIB if (run.gpus or 1) > 1 else 0.0
    if workload.task == "hpc" or network.resident_bytes:
        parts = [MemoryPart("activations", message("workload.part.resident"), network.resident_bytes * (run.units or 1) / GIB)]
        if run.units is None:
            said.append(message("workload.units_assumed", key="run.units"))
    else:
        parts = _parts(network, workload, said)
    slack = (SLACK_SHARE if run.slack_share is None else run.slack_share) * sum(part.gib for part in parts)
    parts += [
        MemoryPart("overhead", message("workload.part.context"), context),
        MemoryPart("overhead", message("workload.part.channels"), many),
        MemoryPart("overhead", message("workload.part.slack"), slack),
    ]
    return (StageMemory(0, 0, tuple(part for part in parts if part.gib > 0)),)


def _parts(network: Declared, workload: Workload, said: list[Message]) -> list[MemoryPart]:
    run, word = workload.run, word_of(workload)
    samples = run.micro_batch or 1
    if workload.task == "inference":
        weights = network.parameters * (run.weight_bits / 8 if run.weight_bits else WORD_BYTES[workload.precision or "bf16"])
        live = network.kept_elements * word * max(1, run.concurrency or samples) / 8  # only a few of its maps live at a time
        return [
            MemoryPart("weights", message("workload.part.weights"), weights / GIB),
            MemoryPart("activations", message("workload.part.live_maps"), live / GIB),
        ]
    states = spread_states(CardParameters(dense=float(network.parameters)), workload, layout_of(run), training_engine(workload)[1], said)
    return [
        MemoryPart("weights", message("workload.part.weights"), states.weights / GIB),
        MemoryPart("gradients", message("workload.part.gradients"), states.gradients / GIB),
        MemoryPart("optimizer", message("workload.part.master"), states.master / GIB),
        MemoryPart("optimizer", message("workload.part.moments"), states.moments / GIB),
        MemoryPart("activations", message("workload.part.kept_samples", samples=samples), network.kept_elements * word * samples / GIB),
    ]

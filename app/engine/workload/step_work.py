"""A whole training step put together: every stage's layers and ends, what is handed on, the optimizer, and the model's own FLOP."""

from msgspec.structs import replace

from app.engine.model.workloads import Workload
from app.engine.workload.accounting import Here, Passes, StageWork, StepWork, Work, here_of, micro_batches, optimizer_work
from app.engine.workload.collectives import closing_exchanges, end_exchanges, handed_on, layer_exchanges
from app.engine.workload.engines import training_engine
from app.engine.workload.layer_work import end_operators, operators_of, recomputed_work
from app.engine.workload.network import Attention, Layer, Network
from app.engine.workload.stages import kinds_of_stage, stage_on_card
from app.engine.workload.states import adapter_parameters


def step_work(network: Network, workload: Workload) -> StepWork:
    """Return the work of one training step, stages that are alike told once."""
    here = here_of(network, _with_least_zero(network, workload))
    made: dict[Layer, Passes] = {}
    stages: dict[tuple, list] = {}
    for stage, alike in _different(network, here):
        kinds = kinds_of_stage(network, stage, here.run)
        first, last = stage == 0, stage == here.layout.pipeline - 1
        key = (tuple((id(layer), count) for layer, count in kinds), first, last)
        if key in stages:
            stages[key][1] += alike
            continue
        for layer, _ in kinds:
            if layer not in made:
                made[layer] = layer_passes(layer, here)
        stages[key] = [_stage(network, here, stage, tuple((layer, made[layer], count) for layer, count in kinds)), alike]
    rounds = micro_batches(here.run, here.layout)
    tokens = rounds * (here.run.micro_batch or 1) * here.length * here.layout.data
    return StepWork(tuple((one, count) for one, count in stages.values()), rounds, here.layout, tokens, tokens * token_flops(network, here))


def _different(network: Network, here: Here) -> list[tuple[int, int]]:
    """(stage, how many are like it): the middle of an even pipeline of equal layers is looked at once."""
    run, stages = here.run, here.layout.pipeline
    even = len(network.layers) % stages == 0 and not run.first_stage_layers and not run.last_stage_layers
    if even and stages > 2 and len(network.kinds()) == 1:  # noqa: PLR2004 - first and last are always looked at
        return [(0, 1), (1, stages - 2), (stages - 1, 1)]
    return [(stage, 1) for stage in range(stages)]


def _with_least_zero(network: Network, workload: Workload) -> Workload:
    least = training_engine(workload)[1].least_zero
    return replace(workload, run=replace(workload.run, zero_stage=max(least, workload.run.zero_stage)))


def layer_passes(layer: Layer, here: Here) -> Passes:
    """Return the work and messages of one layer of one micro-batch on one card."""
    operators, sent = operators_of(layer, here), layer_exchanges(layer, here)
    return Passes(
        forward=tuple(one.forward for one in operators),
        backward=tuple(work for one in operators for work in one.backward),
        recomputed=recomputed_work(operators, here),
        sent_forward=sent["forward"],
        sent_backward=sent["backward"],
        sent_recomputed=sent["recomputed"],
    )


def _stage(network: Network, here: Here, stage: int, layers: tuple[tuple[Layer, Passes, int], ...]) -> StageWork:
    card = stage_on_card(network, stage, here.run, here.layout, here.vocab)
    adapters = adapter_parameters(network, here.run, stage) / here.layout.tensor if here.adapters else 0.0
    first, last = stage == 0, stage == here.layout.pipeline - 1
    ends = end_operators(network, here, first=first, last=last)
    ahead, back = end_exchanges(network, here, first=first, last=last)
    backward: tuple[Work, ...] = tuple(work for one in ends for work in one.backward)
    return StageWork(
        stage=stage,
        layers=layers,
        ends=Passes(tuple(one.forward for one in ends), backward, sent_forward=ahead, sent_backward=back),
        handed=handed_on(network, here, stage),
        optimizer=optimizer_work(card, here, adapters),
        closing=closing_exchanges(network, card, here, stage, adapters),
    )


def token_flops(network: Network, here: Here) -> float:
    """Return the FLOP that the mathematics of one trained token needs: forward, and backward twice that (once where weights are frozen).

    Attention counts what its mask leaves. Source: Chowdhery et al. 2022, arXiv:2204.02311, appendix B, with the causal half.
    """
    products = sum(one.flops for layer in network.layers for one in layer.matrices)
    if not network.no_output:
        products += 2.0 * network.embedding
    attended = sum(_core_flops(layer, here.length) for layer in network.layers)
    adapters = 6.0 * adapter_parameters(network, replace(here.run, pipeline_parallel=1), 0) if here.adapters else 0.0
    return products * (2 if here.adapters else 3) + attended * 3 + adapters


def _core_flops(layer: Layer, length: float) -> float:
    total = 0.0
    for one in (layer.attention, layer.cross):
        if isinstance(one, Attention):
            total += one.flops(one.context(length))
        elif one is not None:
            total += one.flops()
    return total

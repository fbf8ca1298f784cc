"""Model FLOP utilisation: what the model's mathematics needs per second against the cards' dense peak.

Training counts 6 operations per parameter and token (2 forward, 4 backward) and 12 L h s for attention (two products forward, twice
that backward), recomputation not counted. Source: Chowdhery et al., PaLM, arXiv:2204.02311, appendix B. LoRA leaves out the gradients of
the frozen weights: 4 per parameter. Inference counts 2 per parameter and 4 L h s.
"""

import re
from typing import Literal

from app.engine.messages import message
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Efficiency
from app.engine.model.workloads import Model, Workload
from app.engine.profiling.achieved import peak_tflops

_PASSES: dict[str, tuple[int, int]] = {"pretrain": (6, 12), "finetune": (6, 12), "lora": (4, 12), "qlora": (4, 12), "inference": (2, 4)}
"""Operations per parameter and token, and the factor of L h s for attention."""
_TOKENS = frozenset({"token", "tokens", "tok"})
_SAMPLES = frozenset({"sample", "samples", "sequence", "sequences"})
_SECOND = frozenset({"s", "sec", "second"})
_CARD = frozenset({"gpu", "card", "device", "npu"})


def model_efficiency(workload: Workload | None, platform: Platform | None, *, step_s: float | None = None) -> Efficiency | None:
    """Return the utilisation of a run, None where model, batch, cards, speed, precision or peak is not known.

    step_s  time of a recorded step, taken for one optimizer step over the global batch where [measured] tells no speed: a profiler slows
            the run down, and some count micro-batches as steps
    Above 1 the recording and the run description cannot belong together: `characterise` says so instead.
    """
    if workload is None or workload.model is None or platform is None or workload.task not in _PASSES:
        return None
    run, parameters = workload.run, active_parameters(workload.model)
    peak = peak_tflops(platform, workload.precision or "", True)
    rate, by = _tokens_per_s(workload, step_s)
    if not parameters or not peak or not rate or not run.gpus:
        return None
    context = run.seq_len if workload.task != "inference" else run.input_len + run.output_len // 2
    per_parameter, factor = _PASSES[workload.task]
    attention = factor * _layers_by_width(workload.model) * (context or 0)
    per_token = per_parameter * parameters + attention
    reached = per_token * rate / run.gpus / 1e12
    how = message(
        "profiling.efficiency.how",
        by=message(f"profiling.efficiency.by_{by}", seconds=step_s),
        factor=per_parameter,
        parameters=parameters / 1e9,
        attention=attention / per_token,
        tokens_per_s=rate,
        gpus=run.gpus,
        reached=reached,
        peak=peak,
    )
    return Efficiency(reached / peak, reached, how)


def active_parameters(model: Model) -> float | None:
    """Return the parameters that a token passes: all of a dense model, of a mixture of experts those of the chosen experts.

    An expert is a gated MLP of three matrices. None where a size is missing.
    """
    if not model.parameters or not model.experts:
        return model.parameters
    if not (model.layers and model.hidden and model.moe_intermediate and model.experts_per_token):
        return None
    idle = model.experts - model.experts_per_token
    return model.parameters - (model.layers - model.first_dense_layers) * idle * 3.0 * model.hidden * model.moe_intermediate


def _layers_by_width(model: Model) -> float:
    """Return layers × width of all heads; 0 where not stated, which understates the model's work."""
    width = (model.heads or 0) * model.head_dim if model.head_dim and model.heads else model.hidden
    return float((model.layers or 0) * (width or 0))


def _tokens_per_s(workload: Workload, step_s: float | None) -> tuple[float | None, Literal["step", "measured"]]:
    run, measured = workload.run, workload.measured
    if measured is None or measured.speed <= 0:
        has_batch = step_s and workload.task != "inference" and run.global_batch and run.seq_len
        return (run.global_batch * run.seq_len / step_s if has_batch else None), "step"  # type: ignore[operator]
    words = [word for word in re.findall("[a-z]+", measured.unit.lower()) if word != "per"]
    if not words or set(words[1:]) - _SECOND - _CARD or not set(words[1:]) & _SECOND:
        return None, "measured"
    whole = measured.speed * ((run.gpus or 0) if set(words) & _CARD else 1)
    if words[0] in _TOKENS:
        return whole, "measured"
    if words[0] in _SAMPLES and run.seq_len and workload.task != "inference":
        return whole * run.seq_len, "measured"
    return None, "measured"

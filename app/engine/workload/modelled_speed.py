"""A row of a table of runs that nobody measured, told by the workload model in the row's own unit."""

import math
import re

from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.estimates import ModelledSpeed, StepTime
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload, normalise_precision
from app.engine.workload.accounting import StepWork
from app.engine.workload.fitting import most_at_once
from app.engine.workload.library import workload_of_row
from app.engine.workload.rates import rate_table
from app.engine.workload.serving_time import serving_time
from app.engine.workload.step_time import estimate_step

_TOKENS = frozenset({"tokens", "token", "tok", "tps"})
_SAMPLES = frozenset({"samples", "sample", "sequences", "sequence", "seq", "images", "image", "img", "fps"})
_STEP = frozenset({"", "step", "iteration", "iter", "it"})
_SECONDS = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "day": 86400.0,
}
_SERVING = ("input_len", "output_len", "concurrency", "tensor_parallel", "pipeline_parallel", "expert_parallel")
CARD = re.compile(r"(/|per[ _-]?)(card|gpu|npu|device)\b", re.IGNORECASE)
_PARENTHESES = re.compile(r"\(.*?\)")


def modelled_speed(workload: Workload | None, run: MeasuredRun, platform: Platform) -> ModelledSpeed | Message | None:
    """Return the speed of a wanted row as the run description tells the workload, or why it cannot be told.

    Without a run description a row that names a model of the library tells it itself; None where it does not.
    """
    if workload is not None:
        return _speed(workload, run, platform)
    told = workload_of_row(run)
    if told is None:
        return None
    found = _speed(told, run, platform, layout_guessed=not run.parallelism and (run.gpus or 1) > 1)
    if isinstance(found, Message):
        return found
    return replace(found, notes=(message("step_time.from_library", model=told.name), *found.notes))


def _speed(workload: Workload, run: MeasuredRun, platform: Platform, *, layout_guessed: bool = False) -> ModelledSpeed | Message:
    if (run.task == "inference") != (workload.task == "inference") and run.task:
        return message("step_time.other_task")
    asked = as_asked(workload, run)
    if asked.task == "inference":
        return _served(asked, run, platform)
    step = estimate_step(asked, platform)
    if isinstance(step, Message):
        return step
    if layout_guessed:  # the close interval is of runs whose layout was known
        ends = rate_table().intervals
        low, high = step.seconds * math.exp(ends["other_low"]), step.seconds * math.exp(ends["other_high"])
        step = replace(step, low=min(step.low, low), high=max(step.high, high))
    unit = run.unit or "tokens/s"
    value, one, other = (in_unit(seconds, step, asked, unit) for seconds in (step.seconds, step.low, step.high))
    if value is None or one is None or other is None:
        return message("step_time.unit", unit=unit)
    told = message("step_time.modelled", share=step.utilisation, tokens=step.tokens)
    return ModelledSpeed(value, min(one, other), max(one, other), unit, (told, *step.assumptions))


def _served(workload: Workload, run: MeasuredRun, platform: Platform) -> ModelledSpeed | Message:
    """Return throughput in tokens, or the time of each further token; the first token waits in a queue that is not modelled.

    No end of the interval is above what the full rate of the VRAM allows.
    """
    quantity = run.extra.get("quantity", "") or "throughput"
    unit = run.unit or ("ms" if quantity == "tpot" else "tokens/s")
    workload, crowded = _room(workload, platform)
    time = serving_time(workload, platform)
    if isinstance(time, Message):
        return time
    words = CARD.sub("", _PARENTHESES.sub("", unit)).strip().lower()
    ends = rate_table().intervals
    if quantity == "tpot" and words in _SECONDS:
        value, kind = time.each_s / _SECONDS[words], f"each_{time.kind}"
        least, most = time.floor_s / _SECONDS[words], math.inf
    elif quantity in ("throughput", "speed") and words.partition("/")[0] in _TOKENS:
        cards = (workload.run.gpus or 1) if CARD.search(unit) else 1
        value, kind = time.tokens_per_s / cards, f"served_{time.kind}"
        least, most = 0.0, time.sequences / time.floor_s / cards
    else:
        return message("step_time.unit", unit=f"{quantity} {unit}")
    told = message("step_time.served", batch=time.sequences, bound=message(f"step_time.bound.{time.bound}"))
    low, high = max(least, value * math.exp(ends[f"{kind}_low"])), min(most, value * math.exp(ends[f"{kind}_high"]))
    return ModelledSpeed(value, low, high, unit, (told, *crowded))


def _room(workload: Workload, platform: Platform) -> tuple[Workload, tuple[Message, ...]]:
    """Return the load that fits into VRAM at once, and a word on it where that is less than was asked for: the rest waits its turn."""
    run = workload.run
    each = run.tensor_parallel * run.pipeline_parallel * run.context_parallel
    copies = max(1, (run.gpus or each) // each)
    most = most_at_once(workload, platform)
    if most is None or most * copies >= (run.concurrency or 1):
        return workload, ()
    if most == 0:
        return workload, (message("step_time.no_room", platform=platform.id),)
    said = message("step_time.waiting", most=most * copies, asked=run.concurrency)
    return replace(workload, run=replace(run, concurrency=most * copies)), (said,)


def as_asked(workload: Workload, run: MeasuredRun) -> Workload:
    """Return the run with what the row says of itself. Without a global batch the batch grows with the cards (weak scaling)."""
    old = workload.run
    gpus = run.gpus or old.gpus
    batch: int | None = int(run.global_batch) if run.global_batch else None
    if batch is None and old.global_batch:
        batch = max(1, round(old.global_batch * (gpus or 1) / (old.gpus or gpus or 1)))
    nodes = int(run.nodes) if run.nodes else old.nodes if gpus == old.gpus else None
    changed = replace(
        old,
        gpus=gpus,
        nodes=nodes,
        global_batch=batch,
        seq_len=int(run.seq_len) if run.seq_len else old.seq_len,
        micro_batch=int(run.micro_batch) if run.micro_batch else old.micro_batch,
    )
    if workload.task == "inference":
        numbers = {key: int(float(run.extra[key])) for key in _SERVING if run.extra.get(key, "").replace(".", "", 1).isdigit()}
        changed = replace(changed, **numbers)
    precision = normalise_precision(run.precision) if run.precision else None
    return replace(workload, run=changed, precision=precision or workload.precision)


def in_unit(seconds: float, step: StepTime | StepWork, workload: Workload, unit: str) -> float | None:
    """Return a step of so many seconds in a unit: work per time, of the system or of a card, or the time of a step; None = no such unit."""
    cards = (workload.run.gpus or 1) if CARD.search(unit) else 1
    words = CARD.sub("", _PARENTHESES.sub("", unit)).strip().lower()
    work, _, time = (part.strip() for part in words.partition("/"))
    if work in _SECONDS and time in _STEP:
        return seconds / _SECONDS[work]
    per = _SECONDS.get(time, 1.0 if work in ("tps", "fps") and not time else 0.0)
    if not per:
        return None
    if work in _TOKENS:
        return step.tokens / seconds * per / cards
    length = workload.run.seq_len or 0
    if work in _SAMPLES and length:
        return step.tokens / length / seconds * per / cards
    return None

"""What a wanted row of a table cannot go beyond: the batch that VRAM holds, the speed that counted work at the dense peak allows."""

from collections.abc import Mapping

from msgspec import Struct

from app.engine.messages import Message
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.workload.fitting import largest_batch
from app.engine.workload.library import workload_of_row
from app.engine.workload.modelled_speed import CARD, as_asked, in_unit
from app.engine.workload.rates import PEAKS
from app.engine.workload.serving_time import serving_time
from app.engine.workload.step_time import work_of

_OUT_TOKENS = ("tokens/s", "token/s", "tok/s", "tps")


class Limits(Struct, frozen=True, eq=False):
    """Limits of the rows of a table. workload: of the run description, None where the rows tell theirs by naming a model of the library."""

    workload: Workload | None
    platforms: Mapping[str, Platform]

    def room(self, run: MeasuredRun) -> int | None:
        """Return the largest batch that a row's platform holds; None without a run description, or where VRAM cannot be told."""
        asked = self._asked(run) if self.workload is not None else None
        return largest_batch(asked, self.platforms[run.platform]) if asked is not None else None

    def ceiling(self, run: MeasuredRun) -> float | None:
        """Return the highest speed (the least time) of a row in its own unit, that of the roofline; None where it cannot be told."""
        asked = self._asked(run)
        if asked is None:
            return None
        platform = self.platforms[run.platform]
        return _served(asked, run, platform) if asked.task == "inference" else _trained(asked, run, platform)

    def _asked(self, run: MeasuredRun) -> Workload | None:
        workload = self.workload or workload_of_row(run)
        if workload is None or run.platform not in self.platforms or not run.gpus:
            return None
        if run.task and (run.task == "inference") != (workload.task == "inference"):
            return None
        return as_asked(workload, run)


def _trained(workload: Workload, run: MeasuredRun, platform: Platform) -> float | None:
    """FLOP of the mathematics over what all cards could do at the dense peak: work that is done twice, traffic and messages come on top."""
    step, peak = work_of(workload), _peak(platform, workload.precision or "")
    if isinstance(step, Message) or not peak:
        return None
    return in_unit(step.model_flops / ((workload.run.gpus or 1) * peak * 1e12), step, workload, run.unit)


def _served(workload: Workload, run: MeasuredRun, platform: Platform) -> float | None:
    """Bytes that every decoding pass reads at the full rate of the VRAM. Only tokens given out are counted so."""
    if not (run.extra.get("concurrency") or (workload.run.concurrency and not run.micro_batch)):
        return None
    time = serving_time(workload, platform)
    if isinstance(time, Message) or time.floor_s <= 0:
        return None
    quantity, unit = run.extra.get("quantity", "") or "throughput", CARD.sub("", run.unit).strip().lower()
    if quantity == "tpot":
        return time.floor_s * 1e3 if unit in ("ms", "") else None
    if quantity not in ("throughput", "speed") or unit not in _OUT_TOKENS:
        return None
    return time.sequences / time.floor_s / ((workload.run.gpus or 1) if CARD.search(run.unit) else 1)


def _peak(platform: Platform, precision: str) -> float | None:
    """Return the dense peak; products of FP32 may run in TF32, so that the higher of both is the roof."""
    keys = {PEAKS.get(precision, ""), *([PEAKS["tf32"]] if precision == "fp32" else [])}
    return max((rate for key in keys if key and (rate := platform.number(key))), default=None)

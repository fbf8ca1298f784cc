"""Amounts of work and speeds in one unit: tokens or samples."""

import re

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.plans import PlanPoint
from app.engine.model.workloads import Workload

_WORK = re.compile(r"^\s*([\d.,]+(?:[eE][+-]?\d+)?)\s*(万亿|[万亿]|[KMBTkmbt](?=\s))?\s*([A-Za-z\u4e00-\u9fff]+)\s*$")
_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12}
_UNITS = {
    "tokens": ("tokens", "token", "tok", "toks"),
    "samples": ("samples", "sample", "sequences", "sequence", "seq", "seqs", "样本", "条"),
    "images": ("images", "image", "img", "imgs", "fps", "frames", "frame", "张", "图片"),
    "steps": ("steps", "step", "iterations", "iteration", "it", "iter", "步"),
}
_PER_CARD = re.compile(r"(/|per[ _-]?)(card|gpu|npu|device)\b", re.IGNORECASE)
MONTH_SECONDS = 30 * 86_400
_TIMES = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0, "min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0}


class Work(Struct, frozen=True):
    """An amount of work, unit "tokens", "samples", "images" or "steps"."""

    amount: float
    unit: str


def parse_work(text: str) -> Work | None:
    """Return the amount of "300e9 tokens", "1.5T tokens", "100万 样本"; None for no text. Raises EngineError for what is no amount."""
    if not text.strip():
        return None
    found = _WORK.match(text)
    unit = _unit(found[3]) if found else ""
    if found is None or not unit:
        raise EngineError("selecting.bad_work", work=text)
    try:
        amount = float(found[1].replace(",", "")) * _FACTORS[(found[2] or "").lower()]
    except (ValueError, KeyError) as error:
        raise EngineError("selecting.bad_work", work=text) from error
    if not 0 < amount < float("inf"):
        raise EngineError("selecting.bad_work", work=text)
    return Work(amount, unit)


def speeds_per_second(point: PlanPoint, workload: Workload, unit: str) -> tuple[float, float, float] | None:
    """Return (speed, low, high) of the whole system in `unit` per second, None where the units do not convert.

    Tokens and samples convert by seq_len; the time of a step by the global batch.
    """
    speed = point.speed
    if speed.value is None or speed.low is None or speed.high is None:
        return None
    values = (speed.value, speed.low, speed.high)
    if point.better == "lower":
        seconds = _TIMES.get(re.split(r"[/ ]", speed.unit.strip().lower())[0])
        own, scale = "steps", 1.0
        if seconds is None:
            return None
        middle, high, low = (1 / (value * seconds) for value in values)
        values = (middle, low, high)
    else:
        own, seconds = _rate_unit(speed.unit)
        scale = 1 / seconds * (point.gpus if _PER_CARD.search(speed.unit) else 1)
    factor = _factor(own, unit, workload)
    return None if factor is None else (values[0] * scale * factor, values[1] * scale * factor, values[2] * scale * factor)


def unit_of_speed(point: PlanPoint) -> str:
    """Return the unit of work in which a speed counts, "" where it is none of ours."""
    return "steps" if point.better == "lower" else _rate_unit(point.speed.unit)[0]


def _rate_unit(text: str) -> tuple[str, float]:
    words = re.split(r"[/ ()]+", text.strip().lower())
    if words[0] in ("fps",):
        return "images", 1.0
    if words[0] in ("tps",):
        return "tokens", 1.0
    seconds = next((_TIMES[word] for word in words[1:] if word in _TIMES), 86400.0 if "day" in words else 1.0)
    return _unit(words[0]), seconds


def _unit(word: str) -> str:
    return next((unit for unit, words in _UNITS.items() if word.lower() in words), "")


def _factor(own: str, wanted: str, workload: Workload) -> float | None:
    run = workload.run
    if own == wanted:
        return 1.0
    to_samples = {"samples": 1.0, "tokens": 1 / run.seq_len if run.seq_len else None, "steps": run.global_batch, "images": None}
    one, other = to_samples.get(own), to_samples.get(wanted)
    return one / other if one and other else None

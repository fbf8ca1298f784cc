"""A served model on one platform over concurrency: times from the workload model, corrected by measured servers; room from serving_fit."""

import math
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.curves import ServingEstimate, ServingPoint
from app.engine.model.platforms import Platform
from app.engine.model.quantities import Kind
from app.engine.model.workloads import RunParameters, Workload
from app.engine.workload.fitting import fit_memory
from app.engine.workload.memory import estimate_memory
from app.engine.workload.serving_evidence import (
    ServingRates,
    Times,
    copies_of,
    corrected,
    evidence_for,
    modelled_times,
    pulled,
    serving_rates,
    split_of,
)
from app.engine.workload.serving_time import serving_time

ENOUGH = 1.0
"""Weight of the model's own runs from which the estimate counts as transferred."""


class _Room(Struct, frozen=True):
    """Sequences that have room at once, on all copies: None = memory does not bound them; known: whether that can be told."""

    most: int | None
    known: bool

    def fits(self, concurrency: int) -> bool | None:
        """Tell whether so many have room."""
        return None if not self.known else self.most is None or concurrency <= self.most


class _Server(Struct, frozen=True, eq=False):
    """What is the same for every concurrency. token, first: factors of the modelled times; ends: of their intervals, in logs."""

    workload: Workload
    platform: Platform
    copies: int
    room: _Room
    token: float
    first: float
    ends: dict[str, float]
    kind: Kind

    def times(self, sequences: int) -> Times | Message:
        """Return the corrected times of a copy that serves so many sequences."""
        run = replace(self.workload.run, concurrency=sequences * self.copies)
        time = serving_time(replace(self.workload, run=run), self.platform)
        if isinstance(time, Message):
            return time
        found = modelled_times(time, run)
        return Times(found.token * self.token, found.first * self.first)


def serving_estimate(workload: Workload, platform: Platform, concurrencies: Sequence[int]) -> ServingEstimate:
    """Return first token, further tokens and throughput of a served model at each concurrency, with what fits."""
    if workload.task != "inference":
        return _untold(workload, platform, concurrencies, message("serving.not_inference", task=workload.task))
    workload = replace(workload, run=replace(workload.run, gpus=workload.run.gpus or split_of(workload.run)))
    room = _room(workload, platform)
    server = _server(workload, platform, room)
    if isinstance(server, Message):
        return _untold(workload, platform, concurrencies, server, room)
    points = tuple(_point(server, one) for one in sorted(set(concurrencies)))
    return ServingEstimate(platform.id, workload.run.gpus or 1, points, room.most, tuple(_notes(server)))


def _untold(
    workload: Workload, platform: Platform, concurrencies: Sequence[int], why: Message, room: _Room | None = None
) -> ServingEstimate:
    room = room or _Room(None, known=False)
    points = tuple(ServingPoint(one, fits=room.fits(one), notes=(why,)) for one in sorted(set(concurrencies)))
    return ServingEstimate(platform.id, workload.run.gpus or split_of(workload.run), points, room.most, (why,))


def _room(workload: Workload, platform: Platform) -> _Room:
    one_copy = replace(workload, run=replace(workload.run, concurrency=1))
    fit = fit_memory(one_copy, estimate_memory(one_copy), [platform])[0]
    if fit.fits is not True:
        return _Room(0 if fit.fits is False else None, known=fit.fits is False)
    return _Room(None if fit.max_concurrency is None else fit.max_concurrency * copies_of(workload.run), known=True)


def _server(workload: Workload, platform: Platform, room: _Room) -> _Server | Message:
    time = serving_time(workload, platform)
    if isinstance(time, Message):
        return time
    rates = serving_rates()
    off = corrected(rates.token, workload, platform)
    pull, weight = pulled(evidence_for(workload, platform), workload, off)
    kind: Kind = "transferred" if weight >= ENOUGH else "modelled"
    first = math.exp(corrected(rates.first, workload, platform))
    ends = _ends(rates, time.kind, kind, platform)
    return _Server(workload, platform, copies_of(workload.run), room, math.exp(off + pull), first, ends, kind)


def _ends(rates: ServingRates, sort: str, kind: Kind, platform: Platform) -> dict[str, float]:
    """Return low and high of a token and of the first one, in logs."""
    measured = platform.family == "nvidia-cuda" or platform.family in rates.token.families
    which = {"token": "transferred" if kind == "transferred" else sort if measured else "other", "first": "first"}
    return {f"{name}_{end}": rates.intervals[f"{source}_{end}"] for name, source in which.items() for end in ("low", "high")}


def _point(server: _Server, concurrency: int) -> ServingPoint:
    """Return one load: copies take sequences evenly; those that have no room wait, and the server gives what it can at the most."""
    room, fits = server.room.most, server.room.fits(concurrency)
    if room == 0:
        return ServingPoint(concurrency, fits=False, notes=(message("serving.no_room"),))
    running = concurrency if room is None else min(concurrency, room)
    each, more = divmod(running, server.copies)
    fuller = server.times(each + 1 if more else each)
    less = server.times(each) if more and each else fuller
    if isinstance(fuller, Message) or isinstance(less, Message):
        return ServingPoint(concurrency, fits=fits, notes=(fuller if isinstance(fuller, Message) else message("serving.no_room"),))
    speed = more * (each + 1) / fuller.token + (server.copies - more) * each / less.token
    gpus = server.workload.run.gpus or 1
    waits = running < concurrency
    return ServingPoint(
        concurrency,
        None if waits else fuller.first * 1e3,
        fuller.token * 1e3,
        speed,
        speed / gpus,
        fuller.token * math.exp(server.ends["token_low"]) * 1e3,
        fuller.token * math.exp(server.ends["token_high"]) * 1e3,
        fits,
        server.kind,
        (message("serving.waits", running=running),) if waits else (),
        None if waits else fuller.first * math.exp(server.ends["first_low"]) * 1e3,
        None if waits else fuller.first * math.exp(server.ends["first_high"]) * 1e3,
    )


def _notes(server: _Server) -> list[Message]:
    run: RunParameters = server.workload.run
    notes = [message(f"serving.{server.kind}", platform=server.platform.id), message("serving.first")]
    if not server.room.known:
        notes.append(message("serving.memory_unknown", platform=server.platform.id, key="memory_gb"))
    if (run.gpus or 1) % split_of(run):
        notes.append(message("serving.cards_left", gpus=run.gpus, cards=split_of(run)))
    return notes

"""HBM or GDDR: how many times as fast the run computes on the base's GDDR cards when only their bandwidth becomes that of an HBM card.

A measured intensity goes first (FLOP from the pipes' activity, bytes from the VRAM's), then the counted work, then the class alone.
"""

from msgspec.structs import replace

from app.engine.messages import Message, message
from app.engine.model.kinds import CardTime, Recommendation
from app.engine.model.platforms import Platform
from app.engine.recommending._base import Context, Gains, gains, memory_kind, middle, missing_of
from app.engine.recommending._rules import kind_rules
from app.engine.recommending._vram import cheapest, needed

PIPES = (("tensor_core", "fp16_tensor_tflops"), ("fp64", "fp64_tflops"), ("fp32", "fp32_tflops"))


def middling_gbs(platforms: tuple[Platform, ...], kind: str) -> float | None:
    """Return the VRAM bandwidth of the middling card with this type of memory."""
    rates = [one.number("memory_bw_gbs") for one in platforms if memory_kind(one) == kind]
    return middle([rate for rate in rates if rate is not None])


def memory(context: Context) -> Recommendation:
    """Return hbm where bandwidth speeds the run up, or where no GDDR card holds it."""
    hbm, gddr = (middling_gbs(context.platforms, kind) for kind in ("hbm", "gddr"))
    if hbm is None or gddr is None:
        return Recommendation("memory", reasons=(message("kinds.memory.no_base"),))
    found = _measured(context, hbm, gddr) or _counted(context, hbm, gddr) or _by_class(context, hbm, gddr)
    most = max((size for one in context.platforms if memory_kind(one) == "gddr" and (size := one.number("free_gib"))), default=None)
    need = needed(context)
    if need is None or most is None or need.gib <= most:
        return found
    told = message("kinds.memory.capacity", need=need.gib, most=most)
    strength = "prefer" if cheapest(context, most) and found.strength != "must" else "must"
    return replace(found, verdict="hbm", strength=strength, reasons=(told, *found.reasons))


def _verdict(found: Gains, hbm: float, gddr: float, reasons: tuple[Message, ...], measured: bool, need: float | None) -> Recommendation:
    strength = kind_rules().gain.strength(found.middle)
    said = message(f"kinds.memory.{strength}", gain=found.middle, low=found.low, high=found.high, count=found.count, hbm=hbm, gddr=gddr)
    return Recommendation(
        "memory", "gddr" if strength == "any" else "hbm", strength, (*reasons, said), need, gddr, "GB/s",
        gain=found.middle, gain_low=found.low, gain_high=found.high, kind="measured" if measured else "modelled",
    )  # fmt: skip


def _gddr_times(context: Context) -> list[CardTime]:
    types = {one.id: memory_kind(one) for one in context.platforms}
    return [one for one in context.demand.times if types[one.platform] == "gddr"]


def _counted(context: Context, hbm: float, gddr: float) -> Recommendation | None:
    """The work of the run description, operator by operator, on every GDDR card of the base."""
    demand = context.demand
    found = gains(_gddr_times(context), lambda card: card.busy_s / card.at_hbm_s)
    if found is None or demand.flops is None or not demand.moved_bytes:
        return None
    card = found.card
    balance = demand.flops / card.arithmetic_s / (demand.moved_bytes / card.traffic_s) if card.arithmetic_s else None
    flops, moved = demand.flops, demand.moved_bytes
    work = message(
        f"kinds.memory.work_{demand.per}", tflop=flops / 1e12, gb=moved / 1e9, intensity=flops / moved, balance=balance,
        share=min(1.0, card.traffic_s / card.busy_s),
    )  # fmt: skip
    return _verdict(
        found, hbm, gddr, (work, *_of_profile(context)), False, demand.moved_bytes / card.arithmetic_s / 1e9 if card.arithmetic_s else None
    )


def _measured(context: Context, hbm: float, gddr: float) -> Recommendation | None:
    """What the profile saw: bytes by the VRAM's share of its rate, FLOP by each pipe's share of its peak."""
    used, share = context.used, context.axis("vram_bandwidth")
    rate = used.number("memory_bw_gbs") if used else None
    if used is None or share is None or not rate:
        return None
    pipes = [(key, value * peak) for name, key in PIPES if (value := context.axis(name)) is not None and (peak := used.number(key))]
    if not pipes:
        return None
    moved, flops = share * rate * 1e9, sum(tflops for _, tflops in pipes) * 1e12

    def time(platform: Platform, gbs: float) -> float | None:
        rates = [(tflops, platform.number(key)) for key, tflops in pipes if tflops]
        if any(not own for _, own in rates):
            return None
        return max(sum(tflops / own for tflops, own in rates if own), moved / 1e9 / gbs)

    speed_up: dict[str, float] = {}
    for one in context.platforms:
        own = one.number("memory_bw_gbs")
        if memory_kind(one) == "gddr" and own:
            before, after = time(one, own), time(one, max(own, hbm))
            if before and after:
                speed_up[one.id] = before / after
    found = gains([CardTime(name, 0, 0, 0, 0) for name in speed_up], lambda card: speed_up[card.platform])
    if found is None:
        return None
    told = message("kinds.memory.measured", share=share, gbs=moved / 1e9, tflops=flops / 1e12, intensity=flops / moved)
    counted = gains(_gddr_times(context), lambda card: card.busy_s / card.at_hbm_s)
    beside = (message("kinds.memory.counted_too", gain=counted.middle),) if counted else ()
    return _verdict(found, hbm, gddr, (told, *beside, *_of_profile(context)), True, moved / 1e9)


def _by_class(context: Context, hbm: float, gddr: float) -> Recommendation:
    load = context.profile.load_class if context.profile else "unknown"
    known = ({"memory": ("hbm", "prefer"), "compute": ("gddr", "any")}).get(load)
    if known is None:
        why = context.demand.unknown or message("kinds.nothing_counted")
        return Recommendation(
            "memory", reasons=(message("kinds.memory.unknown", why=why),), supply=gddr, unit="GB/s", missing=missing_of(why)
        )
    told = (message(f"kinds.memory.class_{load}", hbm=hbm, gddr=gddr), *_of_profile(context))
    return Recommendation("memory", known[0], known[1], told, None, gddr, "GB/s", kind="measured")  # type: ignore[arg-type]


def _of_profile(context: Context) -> tuple[Message, ...]:
    """Return the class of the run; that it waits, so that what was measured is less than it will ask for when nothing starves it."""
    if context.profile is None or context.profile.load_class == "unknown":
        return ()
    said = message("kinds.class", load=message(f"profiling.class.{context.profile.load_class}"))
    return (said, message("kinds.starved")) if context.profile.load_class in ("io", "host") else (said,)

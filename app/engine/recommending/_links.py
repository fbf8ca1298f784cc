"""PCIe or a fabric between cards, RoCE, InfiniBand or neither between nodes: a step with its messages over the one and over the other.

Time of a step = computing + messages that stand alone + what outlasts the computing of those that run beside it. All links of a card
are taken to work at once. More messages never make the slower link better: its share of the step only grows.
"""

import math

from app.engine.messages import Message, message
from app.engine.model.kinds import CardTime, Recommendation, Sent
from app.engine.recommending._base import Context, Gains, gains, missing_of
from app.engine.recommending._rules import Net, kind_rules

HIDDEN_SHARE = 0.9
"""Of messages beside computation, as in workload.timing: their first and last piece are waited for."""
RATES_GBPS = (25, 50, 100, 200, 400, 800)
"""Line rates of network cards that are sold."""


def step_seconds(sent: tuple[Sent, ...], card: CardTime, near_gbs: float, far_gbs: float, latency_s: float = 0.0) -> float:
    """Return a step on a card with these rates between cards of a node and out of it."""
    alone, beside = 0.0, 0.0
    for one in sent:
        near = one.near_bytes / near_gbs / 1e9 if one.near_bytes else 0.0
        far = one.far_bytes / far_gbs / 1e9 + one.rounds * latency_s if one.far_bytes else 0.0
        if one.overlaps:
            beside += max(near, far)
        else:
            alone += max(near, far)
    hidden = min(HIDDEN_SHARE * beside, card.busy_s)
    return card.busy_s + alone + beside - hidden


# Between cards ----------------------------------------------------------------------------------------------------------------------


def link(context: Context) -> Recommendation:
    """Return fabric where the base's cards with one would lose by going over PCIe."""
    demand, sent = context.demand, context.demand.sent
    if demand.cards == 1 or (sent is not None and not sent):
        return Recommendation("link", "none", "any", (message("kinds.link.one_card" if demand.cards == 1 else "kinds.link.silent"),), 0.0)
    if sent is None or not demand.times:
        return _measured_link(context) or _unknown("link", context)
    own = [one for one in sent if one.near_bytes]
    if not own:
        return Recommendation("link", "none", "any", (message("kinds.link.silent"),), 0.0)
    least = min(max(one.cards for one in own), demand.cards or 8, 8)
    cards = [one for one in demand.times if one.link_gbs and one.host_gbs and one.domain >= least]
    found = gains(cards, lambda card: _over(sent, card, card.host_gbs or 1.0) / _over(sent, card, card.link_gbs or 1.0))
    if found is None:
        return _unknown("link", context)
    strength = kind_rules().gain.strength(found.middle)
    size = sum(one.near_bytes for one in own)
    host, fabric = found.card.host_gbs or 1.0, found.card.link_gbs or 1.0
    said = message(
        f"kinds.link.{strength}", gain=found.middle, low=found.low, high=found.high, count=found.count, host=host, fabric=fabric,
        over_host=size / host / 1e6, over_fabric=size / fabric / 1e6, busy=found.card.busy_s * 1e3,
    )  # fmt: skip
    told = (*(_message_told("near", one, one.near_bytes, demand.per) for one in _heaviest(own, "near_bytes")), said)
    return _with_gain("link", "pcie" if strength == "any" else "fabric", strength, told, found, size / found.card.busy_s / 1e9)


def _over(sent: tuple[Sent, ...], card: CardTime, near_gbs: float) -> float:
    return step_seconds(sent, card, near_gbs, card.network_gbs or math.inf)


def _measured_link(context: Context) -> Recommendation | None:
    """What the profile saw between cards, put on the host link of the card in use."""
    share, used, profile = context.axis("nvlink"), context.used, context.profile
    fabric, host = (used.fabric.one_direction_gbs, used.host.one_direction_gbs) if used else (None, None)
    if share is None or profile is None or not fabric or not host:
        return None
    talk = profile.communication
    exposed = talk.exposed_share / talk.share if talk.share and talk.exposed_share is not None else 1.0
    rate = share * fabric
    gain = 1 + max(0.0, rate / host - share) * exposed
    strength = kind_rules().gain.strength(gain)
    said = message("kinds.link.measured", share=share, rate=rate, host=host, gain=gain, exposed=exposed)
    verdict = "pcie" if strength == "any" else "fabric"
    return Recommendation("link", verdict, strength, (said,), rate, host, "GB/s", gain=gain, kind="measured")


# Between nodes ----------------------------------------------------------------------------------------------------------------------


def network(context: Context) -> Recommendation:
    """Return none within a node; else what a step over plain Ethernet, RoCE and InfiniBand on each card of the base tells."""
    demand, sent, rules = context.demand, context.demand.sent, kind_rules()
    if demand.nodes == 1:
        return Recommendation("network", "none", "any", (message("kinds.network.one_node"),), 0.0)
    if sent is None or demand.nodes is None or not demand.times:
        return _measured_network(context) or _unknown("network", context)
    far = [one for one in sent if one.far_bytes]
    if not far:
        return Recommendation("network", "none", "any", (message("kinds.network.silent"),), 0.0)
    per_node = max(1.0, (demand.cards or demand.nodes) / demand.nodes)
    cards = [one for one in demand.times if one.network_gbs and (one.link_gbs or one.host_gbs)]

    def over(card: CardTime, name: str, gbps: float | None = None) -> float:
        net = rules.network[name]
        near, far_gbs = card.link_gbs or card.host_gbs or 1.0, _gbs(net, card, gbps, per_node)
        return step_seconds(sent, card, near, far_gbs, net.latency_us * 1e-6)

    remote = gains(cards, lambda card: over(card, "ethernet") / over(card, "roce"))
    infiniband = gains(cards, lambda card: over(card, "roce") / over(card, "infiniband"))
    if remote is None or infiniband is None:
        return _unknown("network", context)
    card, strength = remote.card, rules.gain.strength(remote.middle)
    enough = [gbps for gbps in RATES_GBPS if over(card, "roce", gbps) <= rules.gain.prefer * over(card, "roce", RATES_GBPS[-1])]
    least = enough[0] if enough else RATES_GBPS[-1]
    better = rules.gain.strength(infiniband.middle) != "any"
    told = [_message_told("far", one, one.far_bytes, demand.per) for one in _heaviest(far, "far_bytes")]
    told.append(message(f"kinds.network.{strength}", gain=remote.middle, low=remote.low, high=remote.high, count=remote.count))
    if strength == "any":
        return _with_gain("network", "ethernet", strength, tuple(told), remote, float(least), "Gb/s")
    told.append(message("kinds.network.rate", gbps=least))
    told.append(message(f"kinds.network.{'infiniband' if better else 'roce'}", gain=infiniband.middle))
    return _with_gain("network", "infiniband" if better else "roce", strength, tuple(told), remote, float(least), "Gb/s")


def _gbs(net: Net, card: CardTime, gbps: float | None, per_node: float) -> float:
    """Rate out of a card; network_gbs is already what InfiniBand reaches of the line rate."""
    told = gbps or (net.server_gbps / per_node if net.server_gbps else None)
    line = told / 8 if told else (card.network_gbs or 0.0) / kind_rules().network["infiniband"].share
    return line * net.share


def _measured_network(context: Context) -> Recommendation | None:
    """What the profile saw out of the node, beside what plain Ethernet carries."""
    axes = context.profile.axes if context.profile else ()
    rate = next((one.rate_gbs for one in axes if one.name == "infiniband" and one.rate_gbs is not None), None)
    plain = kind_rules().network["ethernet"]
    if rate is None or plain.server_gbps is None:
        return None
    supply = plain.server_gbps / 8 * plain.share
    strength = kind_rules().gain.strength(rate / supply)
    said = message(f"kinds.network.measured_{'any' if strength == 'any' else 'more'}", rate=rate, supply=supply)
    return Recommendation("network", "ethernet" if strength == "any" else "roce", strength, (said,), rate, supply, "GB/s", kind="measured")


# Telling ----------------------------------------------------------------------------------------------------------------------------


def _heaviest(sent: list[Sent], field: str) -> list[Sent]:
    return sorted(sent, key=lambda one: -getattr(one, field))[:2]


def _message_told(where: str, one: Sent, size: float, per: str) -> Message:
    words = {"purpose": f"kinds.purpose.{one.purpose}", "where": f"kinds.where.{where}", "per": f"kinds.per.{per}"}
    return message(
        "kinds.sent_beside" if one.overlaps else "kinds.sent", **{name: message(code) for name, code in words.items()},
        each=one.each_bytes / 2**20, count=one.count, gib=size / 2**30, cards=one.cards,
    )  # fmt: skip


def _with_gain(
    aspect: str, verdict: str, strength: str, told: tuple[Message, ...], found: Gains, need: float, unit: str = "GB/s"
) -> Recommendation:
    supply = found.card.host_gbs if aspect == "link" else None
    return Recommendation(
        aspect, verdict, strength, told, need, supply, unit, gain=found.middle, gain_low=found.low, gain_high=found.high,  # type: ignore[arg-type]
    )  # fmt: skip


def _unknown(aspect: str, context: Context) -> Recommendation:
    why = context.demand.unknown or message("kinds.nothing_sent")
    missing = list(missing_of(why))
    missing += ["[run] gpus"] if context.demand.cards is None and "[run] gpus" not in missing else []
    return Recommendation(aspect, reasons=(message(f"kinds.{aspect}.unknown", why=why),), missing=tuple(missing))  # type: ignore[arg-type]

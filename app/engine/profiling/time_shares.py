"""How each card spent the window: computing, communicating, copying, idle; and what of it each stream did."""

import numpy as np
from msgspec import Struct

from app.engine.model.profiles import Communication, TimeShares
from app.engine.model.traces import Events
from app.engine.profiling import intervals
from app.engine.profiling.intervals import Spans
from app.engine.profiling.kernel_names import kernel_kind
from app.engine.profiling.window import device_events


class CardTime(Struct, frozen=True, eq=False):
    """When one card worked inside the window: disjoint ascending spans, ns.

    busy           anything that occupies the card, mere waits not
    computing      kernels that are no collectives; communicating, copying (memset too) likewise, whatever else runs meanwhile
    streams        stream -> ns in which it works
    """

    device: str
    busy: Spans
    computing: Spans
    communicating: Spans
    copying: Spans
    streams: dict[int, int]


def card_times(events: Events | None, window: tuple[int, int]) -> tuple[CardTime, ...]:
    """Return the cards that have device events, in the order of their names; () where there are none.

    Also () where none of them has a duration, or where collectives were recorded and no kernels: what they hide, and whether the card was
    idle meanwhile, is then not known. Tasks that only wait for another stream or card occupy nothing.
    """
    if events is None or window[1] <= window[0]:
        return ()
    chosen = _working(events, device_events(events))
    device = events.device[chosen]
    order = np.argsort(device, kind="stable")
    found = [_card_time(events, at, window) for at in np.split(chosen[order], np.flatnonzero(np.diff(device[order])) + 1) if at.size]
    alone = any(intervals.total(card.communicating) for card in found) and not any(intervals.total(card.computing) for card in found)
    if alone or not any(intervals.total(card.busy) for card in found):
        return ()
    return tuple(sorted(found, key=lambda card: card.device))


def _working(events: Events, at: np.ndarray) -> np.ndarray:
    """Return the events that are no mere waits."""
    used = np.flatnonzero(np.bincount(events.name[at], minlength=len(events.names)))
    waits = np.zeros(len(events.names), bool)
    waits[[number for number in used.tolist() if kernel_kind(events.names[number]).kind == "wait"]] = True
    return at[~waits[events.name[at]]] if waits.any() else at


def _card_time(events: Events, at: np.ndarray, window: tuple[int, int]) -> CardTime:
    device = events.devices[events.device[at[0]]]
    start = events.start_ns[at]
    end = start + events.duration_ns[at]
    keep = (end > window[0]) & (start < window[1])
    if not keep.all():
        at, start, end = at[keep], start[keep], end[keep]
    start, end = np.maximum(start, window[0]), np.minimum(end, window[1])
    kind = events.category[at]

    def spans(*names: str) -> Spans:
        codes = [events.categories.index(name) for name in names if name in events.categories]
        of_kind = np.isin(kind, codes)
        return intervals.union(start[of_kind], end[of_kind])

    return CardTime(
        device,
        busy=intervals.union(start, end),
        computing=spans("kernel"),
        communicating=spans("collective"),
        copying=spans("memcpy", "memset"),
        streams=_by_stream(events.stream[at], start, end),
    )


def _by_stream(stream: np.ndarray, start: np.ndarray, end: np.ndarray) -> dict[int, int]:
    order = np.argsort(stream, kind="stable")
    first = np.flatnonzero(np.diff(stream[order], prepend=stream[order[:1]] - 1)) if order.size else order
    return {
        int(stream[rows[0]]): intervals.total(intervals.union(start[rows], end[rows])) for rows in np.split(order, first[1:]) if rows.size
    }


def time_shares(cards: tuple[CardTime, ...], window: tuple[int, int]) -> tuple[TimeShares, ...]:
    """Return the mean over cards, then card by card; () without cards. The four shares of a row sum to 1."""
    span = window[1] - window[0]
    rows = [_shares(card, span) for card in cards]
    if not rows:
        return ()

    def mean(name: str) -> float:
        return float(np.mean([getattr(row, name) for row in rows]))

    whole = TimeShares("", mean("computing"), mean("communicating"), mean("copying"), mean("idle"), mean("communication"), mean("copies"))
    return (whole, *rows)


def _shares(card: CardTime, span: int) -> TimeShares:
    computing = intervals.total(card.computing)
    exposed = exposed_ns(card)
    busy = intervals.total(card.busy)
    return TimeShares(
        card.device,
        computing=computing / span,
        communicating=exposed / span,
        copying=(busy - computing - exposed) / span,
        idle=(span - busy) / span,
        communication=intervals.total(card.communicating) / span,
        copies=intervals.total(card.copying) / span,
        streams={stream: time / span for stream, time in card.streams.items()},
    )


def exposed_ns(card: CardTime) -> int:
    """Return the time in collectives while no computing kernel runs; a copy beside them hides nothing."""
    return intervals.total(card.communicating) - intervals.overlap(card.communicating, card.computing)


def communication(cards: tuple[CardTime, ...]) -> Communication:
    """Return collectives against the time in which the cards are busy, all cards together.

    Both shares divide by busy time: an exposed_share of 0.1 means that a tenth of the busy time is communication that nothing hides, not
    that a tenth of the communication is exposed, nor a tenth of the window (that is TimeShares.communicating).
    None where no card did anything; 0 where cards worked and no collective was recorded.
    """
    busy = sum(intervals.total(card.busy) for card in cards)
    if not busy:
        return Communication(None, None)
    talking = sum(intervals.total(card.communicating) for card in cards)
    return Communication(talking / busy, sum(map(exposed_ns, cards)) / busy)

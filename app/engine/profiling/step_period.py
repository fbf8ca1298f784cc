"""Steps found in what a card runs: a step runs the same kernels the same number of times as the one before.

A kernel that runs once a step (an optimizer's, a loss, an embedding) is an anchor: from one of its runs to the next is one step. Which
kernel is one is not known beforehand, so each count that occurs among the names is tried: the parts between the anchor's runs are compared
by how often each name runs in them. Names count alike, not calls: a layer repeats within a step too and makes most of its calls, but not
the names before and after the layers. So the count wins for which most names repeat; and where names run after the last anchor that never
run between two, or many such before the first, the parts are the layers of one single step. What does not repeat clearly is refused.
"""

import numpy as np

from app.engine.model.traces import Events

REGULAR = 0.8
"""A name is regular where it runs equally often in this share of the parts."""
REGULAR_NAMES = 0.9
"""This share of the names has to be regular."""
WITHIN = 0.8
"""This share of the names has to run between the anchors; others may come before them only, as a program's setting up does."""
REGULAR_TIME = 0.9
"""The regular names have to make this share of the device time of all parts."""
EVEN = 0.8
"""This share of the parts has to take 0.5 to 1.5 times as long as the middle one."""
_WHOLE = 0.95
_LEAST_NAMES = 4
_LEAST_PARTS = 2
_MOST_TRIED = 8
_MOST_CELLS = 20_000_000

Marks = tuple[np.ndarray, np.ndarray]


def periods(events: Events, window: tuple[int, int], least: int) -> Marks | None:
    """Return (start, end) of the steps in ns, None where no period is clear. The busiest card tells; least: how many there have to be."""
    at = _kernels(events, window)
    if at.size < least * _LEAST_NAMES:
        return None
    codes, name = np.unique(events.name[at], return_inverse=True)
    counts = np.bincount(name)
    if codes.size < _LEAST_NAMES:
        return None
    start, duration = events.start_ns[at], events.duration_ns[at]
    best, share = None, REGULAR_NAMES
    for count in _candidates(counts, least):
        anchor = _anchor(name, start, counts, count)
        regular = _regular_names(name, duration, counts, anchor)
        if regular >= share and (best is None or regular > share):
            found = _marks(name, start, duration, anchor)
            if found[0].size >= least and _even(found):
                best, share = found, regular
    return best


def _kernels(events: Events, window: tuple[int, int]) -> np.ndarray:
    """Return the kernels of the card with the most of them; collectives too: they come as regularly."""
    wanted = np.array([kind in ("kernel", "collective") for kind in events.categories], bool)
    at = np.flatnonzero(wanted[events.category])
    at = at[(events.start_ns[at] >= window[0]) & (events.start_ns[at] < window[1])]
    if not at.size:
        return at
    return at[events.device[at] == np.bincount(events.device[at]).argmax()]


def _candidates(counts: np.ndarray, least: int) -> list[int]:
    """Return how many steps there may be, the most first: counts of which most other names run a whole multiple.

    The trace may begin and end within a step, so that a name that runs m times a step may lack or have up to m.
    """
    often = counts[counts >= least]
    tried = []
    for count in np.unique(often)[::-1].tolist():
        times = np.round(often / count)
        fits = (times >= 1) & (np.abs(often - times * count) <= times)
        if fits.mean() >= REGULAR:
            tried.append(count)
    return tried[:_MOST_TRIED]


def _anchor(name: np.ndarray, start: np.ndarray, counts: np.ndarray, count: int) -> np.ndarray:
    """Return the places of the anchor: of the names that run this often, the one whose runs lie most evenly apart."""
    names = np.flatnonzero(counts == count)[:_MOST_TRIED]
    places = [np.flatnonzero(name == one) for one in names.tolist()]
    spread = [float(np.diff(start[place]).std()) for place in places]
    close = [place for place, one in zip(places, spread, strict=True) if one <= 1.05 * min(spread)]
    return min(close, key=lambda place: place[0])  # the earliest of them: nearest to the beginning of a step


def _regular_names(name: np.ndarray, duration: np.ndarray, counts: np.ndarray, anchor: np.ndarray) -> float:
    """Return the share of names that run equally often in the parts between the anchors; 0 where their time does not suffice."""
    parts, names = anchor.size - 1, counts.size
    if parts < _LEAST_PARTS or parts * names > _MOST_CELLS:
        return 0.0
    inside = slice(anchor[0], anchor[-1])
    part = np.repeat(np.arange(parts), np.diff(anchor))
    table = np.bincount(part * names + name[inside], minlength=parts * names).reshape(parts, names)
    usual = np.median(table, axis=0)
    regular = (usual >= 1) & ((table == usual).mean(axis=0) >= REGULAR)
    time = np.bincount(name[inside], weights=duration[inside], minlength=names)
    within = table.sum(axis=0) > 0
    if time[regular].sum() < REGULAR_TIME * time.sum() or within.mean() < WITHIN or not within[name[anchor[-1] :]].all():
        return 0.0
    return float(regular[counts >= min(3, parts)].mean())


def _marks(name: np.ndarray, start: np.ndarray, duration: np.ndarray, anchor: np.ndarray) -> Marks:
    """Return from anchor to anchor, and what follows the last one where it is a whole step: no next one tells where its pause ends."""
    begin, end = start[anchor[:-1]], start[anchor[1:]]
    last, before = slice(anchor[-1], None), slice(anchor[-2], anchor[-1])
    done = (start + duration)[last].max()
    if np.array_equal(np.sort(name[last]), np.sort(name[before])) and done - start[anchor[-1]] >= _WHOLE * np.median(end - begin):
        begin, end = np.append(begin, start[anchor[-1]]), np.append(end, done)
    return begin, end


def _even(marks: Marks) -> bool:
    length = marks[1] - marks[0]
    middle = np.median(length)
    return bool(((length >= 0.5 * middle) & (length <= 1.5 * middle)).mean() >= EVEN)

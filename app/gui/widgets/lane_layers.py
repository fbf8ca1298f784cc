"""Layers of a lane: boxes laid under each other as they nest, each layer sorted by time, with sums that tell any column's busy part."""

import numpy as np
from numpy.typing import NDArray

MOST_LAYERS = 12
Ints = NDArray[np.int64]


class Layer:
    """Boxes that do not overlap, in order of time.

    start_ns, end_ns  (n,) int64; place (n,) int32 into Events; kind (n,) uint8, see lane_kinds
    kinds             the kinds that occur, ascending
    """

    def __init__(self, start_ns: Ints, end_ns: Ints, place: NDArray[np.int32], kind: NDArray[np.uint8]) -> None:
        self.start_ns, self.end_ns, self.place, self.kind = start_ns, end_ns, place, kind
        self.kinds = np.flatnonzero(np.bincount(kind)).tolist()
        single = len(self.kinds) == 1
        chosen = [np.ones(len(kind), bool) if single else kind == one for one in self.kinds]
        self._parts = [(start_ns, end_ns) if single else (start_ns[which], end_ns[which]) for which in chosen]
        self._sums = [np.concatenate(((0,), np.cumsum(end - start))) for start, end in self._parts]

    def __len__(self) -> int:
        return len(self.start_ns)

    def window(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """Return (first, after last) of the boxes that touch a stretch."""
        return int(np.searchsorted(self.end_ns, start_ns, side="right")), int(np.searchsorted(self.start_ns, end_ns))

    def at(self, moment_ns: float, slack_ns: float = 0.0) -> int | None:
        """Return the box at a moment, or the nearest within the slack."""
        after = int(np.searchsorted(self.start_ns, moment_ns, side="right"))
        best, least = None, slack_ns
        for place in (after - 1, after):
            if 0 <= place < len(self):
                away = max(0.0, float(self.start_ns[place]) - moment_ns, moment_ns - float(self.end_ns[place]))
                if away <= least:
                    best, least = place, away
                    if not away:
                        break
        return best

    def occupied(self, edges_ns: Ints) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Return of each column between two edges the busy share, 0..1, and the kind that takes most of it."""
        spans = np.stack([np.diff(_until(part, sums, edges_ns)) for part, sums in zip(self._parts, self._sums, strict=True)])
        most = np.array(self.kinds, np.uint8)[spans.argmax(axis=0)]
        return spans.sum(axis=0) / np.maximum(np.diff(edges_ns), 1), most


def _until(part: tuple[Ints, Ints], sums: Ints, edges_ns: Ints) -> Ints:
    """Return the busy time before each edge."""
    place = np.searchsorted(part[0], edges_ns)
    cut = np.maximum(0, part[1][np.maximum(place - 1, 0)] - edges_ns)
    return sums[place] - np.where(place > 0, cut, 0)


def layers_of(
    start_ns: Ints, end_ns: Ints, places: NDArray[np.int32], kinds: NDArray[np.uint8], most: int = MOST_LAYERS
) -> tuple[tuple[Layer, ...], int]:
    """Return the layers of boxes that are ordered by start, and how many boxes lie deeper than `most` layers.

    Where boxes nest, a box lies as deep as boxes are open when it begins; where some overlap without nesting, each takes the first
    layer with room.
    """
    count = len(start_ns)
    depth = np.arange(count) - np.searchsorted(np.sort(end_ns), start_ns, side="right")
    order = np.argsort(np.minimum(depth, 255).astype(np.uint8), kind="stable")
    if not _is_apart(start_ns[order], end_ns[order], depth[order]):
        depth = _first_room(start_ns, end_ns, most)
        order = np.argsort(np.minimum(depth, 255).astype(np.uint8), kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(np.minimum(depth, most), minlength=most + 1)))
    pieces = [order[first:last] for first, last in zip(bounds[:most], bounds[1:], strict=False) if last > first]
    return tuple(Layer(start_ns[one], end_ns[one], places[one], kinds[one]) for one in pieces), int(count - bounds[most])


def _is_apart(start_ns: Ints, end_ns: Ints, depth: Ints) -> bool:
    return not ((depth[1:] == depth[:-1]) & (start_ns[1:] < end_ns[:-1])).any()


def _first_room(start_ns: Ints, end_ns: Ints, most: int) -> Ints:
    """Give each box the first layer with room: layer by layer, the boxes met when going from each box to the first that begins after it.

    The way is followed by doubling (where 1, 2, 4 … steps lead), so that no loop goes over the boxes.
    """
    depth = np.full(len(start_ns), most)
    left = np.arange(len(start_ns))
    for layer in range(most):
        if not len(left):
            break
        count = len(left)
        leads = np.append(np.searchsorted(start_ns[left], end_ns[left]), count)
        met = np.zeros(count + 1, bool)
        met[0] = True
        for _ in range(count.bit_length()):
            met[leads[met]] = True
            leads = leads[leads]
        depth[left[met[:count]]] = layer
        left = left[~met[:count]]
    return depth

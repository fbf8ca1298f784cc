"""From a place in a text to its line; asked for every find, so the line ends are looked for once."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate


def line_finder(text: str) -> Callable[[int], int]:
    """Return what tells the number, from 1, of the line that holds a place of the text."""
    ends = [end - 1 for end in accumulate(len(line) + 1 for line in text.split("\n"))]
    return lambda place: bisect_left(ends, place) + 1

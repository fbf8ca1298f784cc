"""Finding texts by a few letters: whole words first, then beginnings of words, then letters in order anywhere."""

import re
from collections.abc import Callable, Sequence
from functools import cache

WHOLE, WORD_START, INSIDE, SCATTERED = 0, 1, 2, 3
LONG_TEXT = 1000  # the length of a text decides among equals; beyond this it no longer does


@cache
def _finder(word: str) -> Callable[[str], int | None]:
    """Return a function that tells how well a text holds a word (less is better), None where not at all. Linear in the text."""
    scattered = re.compile("".join(f"[^{re.escape(letter)}\\n]*{re.escape(letter)}" for letter in word)).match  # in the first line only

    def find(text: str) -> int | None:
        place = text.find(word)
        if place < 0:
            return SCATTERED if scattered(text) else None
        if place == 0:
            return WHOLE if len(text) == len(word) else WORD_START
        return WORD_START if not text[place - 1].isalnum() else INSIDE

    return find


def best(typed: str, texts: Sequence[str], most: int) -> list[int]:
    """Return the places of the texts (in lower case) that hold every word of what was typed, the best first.

    Texts that hold a word only scattered over their letters count where no other text fits.
    """
    words = typed.lower().split()
    if not words:
        return list(range(min(most, len(texts))))
    finders = [_finder(word) for word in words]
    found = []
    for place, text in enumerate(texts):
        total = 0
        for find in finders:
            score = find(text)
            if score is None:
                break
            total = max(total, score)
        else:
            found.append((total, min(len(text), LONG_TEXT), place))
    found.sort()
    whole = [place for total, _, place in found if total < SCATTERED]
    return (whole or [place for _, _, place in found])[:most]


def letters(typed: str, text: str) -> set[int]:
    """Return the places of the letters of a text that what was typed meets, for showing them."""
    lower, met = text.lower(), set()
    for word in typed.lower().split():
        place = lower.find(word)
        if place >= 0:
            met |= set(range(place, place + len(word)))
            continue
        at = -1
        for letter in word:
            at = lower.find(letter, at + 1)
            if at < 0:
                break
            met.add(at)
    return met

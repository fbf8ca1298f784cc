"""Decimal numbers out of bytes by numpy, many at a time: eight bytes as one integer, and byte by byte for what is longer."""

import numpy as np

_UNIT = np.zeros(256, bool)
_UNIT[list(b' \t"%],\n\r/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\xc2\xb0')] = True
_UNIT[list(b"eExX")] = False
_POINT = 46
_MINUS = 45
_MOST_DIGITS = 15
_U = np.uint64
_ZEROS, _LOW7, _TO_HIGH, _HIGH = _U(0x3030303030303030), _U(0x7F7F7F7F7F7F7F7F), _U(0x7676767676767676), _U(0x8080808080808080)
_TENS = 10.0 ** np.arange(16)


def parse_short(words: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) the unsigned number that begins at each place and whether it is sure; the rest has to go through `parse_long`.

    words  (m,) uint64: the eight bytes from each place of the text on, the first in the lowest byte
    """
    whole, count, stop = _digits(words[start])
    values = whole.astype(np.float64)
    sure = (count > 0) & (count < 8) & _UNIT[stop]
    pointed = (stop == _POINT) & (count > 0) & (count < 8)
    if pointed.any():
        at = np.flatnonzero(pointed)
        part, places, after = _digits(words[start[at] + count[at] + 1])
        scale = _TENS[places]
        values[at] = (values[at] * scale + part) / scale  # one rounding: both sides are whole numbers below 2^53
        sure[at] = (places < 8) & (count[at] + places <= _MOST_DIGITS) & _UNIT[after]
    full = np.flatnonzero(count == 8)
    if full.size:
        part, places, after = _digits(words[start[full] + 8])
        values[full] = values[full] * _TENS[places] + part
        sure[full] = (places < 8) & _UNIT[after]
    return values, sure


def _digits(word: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the number that the leading digits of each word make, how many they are, and the byte after them (0 where all are)."""
    digits = word ^ _ZEROS
    other = (((digits & _LOW7) + _TO_HIGH) | digits) & _HIGH
    with np.errstate(over="ignore"):
        count = np.bitwise_count((other & (~other + _U(1))) - _U(1)) >> np.uint8(3)
        shift = (_U(8) - count.astype(_U)) << _U(3)
        full = count == 0
        shift[full] = 0
        digits <<= shift
        digits[full] = 0
        digits = (digits * _U(10) + (digits >> _U(8))) & _U(0x00FF00FF00FF00FF)
        digits = (digits * _U(100) + (digits >> _U(16))) & _U(0x0000FFFF0000FFFF)
        digits = (digits * _U(10000) + (digits >> _U(32))) & _U(0xFFFFFFFF)
    places = count.astype(np.int64)
    stop = (word >> _U(8) * np.minimum(count, 7).astype(_U)) & _U(255)
    stop[places == 8] = 0
    return digits, places, stop.astype(np.uint8)


def parse_long(grid: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) the number at the beginning of each row of bytes, nan for none, and whether it has more digits or an exponent."""
    rows, width = grid.shape
    columns = np.ascontiguousarray(grid.T)
    mantissa, decimals, count = (np.zeros(rows, np.int64) for _ in range(3))
    going, dotted, odd = np.ones(rows, bool), np.zeros(rows, bool), np.zeros(rows, bool)
    bad = length == 0
    for place in range(width):
        letter = columns[place]
        inside = going & (length > place)
        is_digit = inside & (letter - np.uint8(48) < 10)
        mantissa = np.where(is_digit & (count < _MOST_DIGITS), mantissa * 10 + (letter - np.uint8(48)), mantissa)
        count += is_digit
        decimals += is_digit & dotted
        rest = inside & ~is_digit
        point = rest & (letter == _POINT) & ~dotted
        dotted |= point
        stop = rest & ~point & ~((letter == _MINUS) & (place == 0))
        exponent = stop & ((letter | 32) == ord("e")) & (count > 0)
        odd |= exponent
        bad |= stop & ~_UNIT[letter] & ~exponent
        going &= ~stop
    values = mantissa / np.power(10.0, decimals)
    if width:
        values[columns[0] == _MINUS] *= -1
    values[bad | (count == 0)] = np.nan
    return values, odd | (count > _MOST_DIGITS)

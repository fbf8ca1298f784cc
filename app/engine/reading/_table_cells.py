"""The cells of a table as numbers: with units behind them, blanks or commas between thousands, or a comma as decimal mark."""

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_CELL = r"^\s*(?P<number>[-+]?\d[\d.,'\s]*(?:[eE][+-]?\d+)?)\s*(?P<unit>[%A-Za-z/°℃µ]*)\s*$"
_THOUSANDS = r"^[-+]?[1-9]\d{0,2}(?:,\d{3})+$"
_SHORT = {"K": 1e3, "Mil": 1e6, "Bil": 1e9}
"""What a dashboard puts behind numbers without a unit."""
_LEAST_SHARE = 0.1
"""Of the cells that are no plain numbers: so many at least have to be numbers with a unit, else the column is a text."""
_ONE_COMMA = r"\s*[-+]?\d+,\d+\s*[%A-Za-z/°℃]*\s*"
_SIZE_UNIT = re.compile(r"^([kKmMgGtTP]?)(i?)(B|b|bit|bits|Byte|Bytes|bytes)(/s|ps|/sec)?$")
_POWERS = {"": 0, "k": 1, "K": 1, "m": 2, "M": 2, "g": 3, "G": 3, "t": 4, "T": 4, "P": 5}
_SCALED = {"W": ("w", 1.0), "kW": ("w", 1e3), "mW": ("w", 1e-3), "Hz": ("mhz", 1e-6), "kHz": ("mhz", 1e-3), "MHz": ("mhz", 1.0)}
_SCALED |= {"GHz": ("mhz", 1e3), "%": ("%", 1.0)}


def numbers_of(column: "pd.Series") -> np.ndarray:
    """Return (n,) float64 of the cells, all in one unit; nan where there is no number."""
    return measured(column)[0]


def measured(column: "pd.Series") -> tuple[np.ndarray, str]:
    """Return (n,) float64 and the unit that stands in the cells, "" for none. Cells of several units are brought to one."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(np.float64), ""
    numbers = parsed(column)
    parts = column.where(numbers.isna()).dropna().astype(str).str.extract(_CELL)
    if parts["number"].notna().sum() == 0 or parts["number"].notna().mean() < _LEAST_SHARE:
        return numbers.to_numpy(np.float64), ""
    parts = column.astype(str).str.extract(_CELL)
    values = parsed(_with_point(parts["number"].str.replace(r"['\s]", "", regex=True))).to_numpy(np.float64)
    return _in_one_unit(values, parts["unit"].fillna("").where(parts["number"].notna(), ""))


def with_decimal_point(column: "pd.Series") -> "pd.Series":
    """Return a column of a table whose cells no comma separates: "45,125" is a decimal there, or it would have commas."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column
    texts = column.astype(str)
    commas = texts.str.contains(",", regex=False)
    if not commas.any() or not texts[commas].str.fullmatch(_ONE_COMMA).all():
        return column
    return column.where(~commas, texts.str.replace(",", ".", regex=False))


def parsed(column: "pd.Series") -> "pd.Series":
    """Return the column as numbers, nan for what is none or has more digits than any number of ours."""
    import pandas as pd

    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:
        return pd.to_numeric(column.astype(str).str.slice(0, 300), errors="coerce").astype(np.float64)


def _with_point(texts: "pd.Series") -> "pd.Series":
    """Return the numbers with a point as the only mark: of two marks the last is the decimal one, a comma before three digits none."""
    commas = texts[texts.str.contains(",", regex=False, na=False)]
    if commas.empty:
        return texts
    both = commas[commas.str.contains(".", regex=False)]
    if both.empty:
        is_decimal = not bool(commas.str.match(_THOUSANDS).all())
    else:
        is_decimal = bool((both.str.rfind(",") > both.str.rfind(".")).mean() > 0.5)
    if not is_decimal:
        return texts.str.replace(",", "", regex=False)
    dotted = texts.str.contains(",", regex=False, na=False)
    return texts.where(~dotted, texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False))


def _in_one_unit(values: np.ndarray, units: "pd.Series") -> tuple[np.ndarray, str]:
    words = [str(word) for word in units[np.isfinite(values)].unique() if word]
    if not words:
        return values, ""
    if set(words) <= _SHORT.keys():
        return values * units.map(lambda word: _SHORT.get(word, 1.0)).to_numpy(np.float64), ""
    told = {word: _base(word) for word in words}
    if len(words) == 1 and not told[words[0]][2]:
        return values, words[0].lower()
    bases = {base for base, _, _ in told.values()}
    if len(bases) > 1:  # of two kinds of units the first is the column's
        bases = {told[words[0]][0]}
    factors = units.map(lambda word: told[word][1] if word in told and told[word][0] in bases else np.nan if word else 1.0)
    base = bases.pop()
    binary = base in ("b", "b/s") and all("i" in word for word in words)
    unit, scale = {"b": ("gib", 2.0**-30) if binary else ("gb", 1e-9), "b/s": ("gb/s", 1e-9)}.get(base, (base, 1.0))
    bare = (units == "").to_numpy() & np.isfinite(values)
    found = values * factors.to_numpy(np.float64) * scale
    return np.where(bare & (values != 0), np.nan, found), unit


def _base(word: str) -> tuple[str, float, bool]:
    """Return the base unit of a unit, what it holds of that, and whether it counts bits."""
    size = _SIZE_UNIT.match(word)
    if size is None:
        return *_SCALED.get(word, (word.lower(), 1.0)), False
    bits = size[3] in ("b", "bit", "bits") and bool(size[4]) and size[1] not in ("m", "g", "t")  # "mb/s" is written for bytes
    step = 1024.0 if size[2] else 1000.0
    return "b/s" if size[4] else "b", step ** _POWERS[size[1]] / (8 if bits else 1), bits

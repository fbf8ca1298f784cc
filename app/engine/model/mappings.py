"""TableMapping: what the columns of one kind of table mean, as a person said; the kind is told by its heads."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np
from msgspec import Struct

Role: TypeAlias = Literal["time", "device", "metric", "ignore"]
TimeUnit: TypeAlias = Literal["auto", "ns", "us", "ms", "s", "min"]


class ColumnMapping(Struct, frozen=True):
    """What one column means.

    metric   our name (interface.md) or a free one; unit "" for a share
    factor   from the cells to `unit`; read_as: the unit of the cells, as it was chosen
    device   the card or host that the column belongs to, "" where the rows tell it
    """

    column: str
    role: Role = "ignore"
    metric: str = ""
    unit: str = ""
    factor: float = 1.0
    read_as: str = ""
    device: str = ""


class TableMapping(Struct, frozen=True):
    """The meaning of all columns of the tables with these heads. Without a time column rows count as one second each."""

    heads: tuple[str, ...]
    columns: tuple[ColumnMapping, ...] = ()
    time_unit: TimeUnit = "auto"

    def of(self, column: str) -> ColumnMapping:
        """Return what a column means; one that is not named is left out."""
        return next((one for one in self.columns if one.column == column), ColumnMapping(column))

    def column_of(self, role: Role) -> str:
        """Return the first column of a role, "" for none."""
        return next((one.column for one in self.columns if one.role == role), "")


class ColumnPreview(Struct, frozen=True, eq=False):
    """One column of a table before it is read: what it is taken for and whether that is certain.

    numbers  (n,) float64 of the first rows, nan where a cell is no number; texts: the cells of the first few rows as they stand
    """

    guess: ColumnMapping
    certain: bool
    numbers: np.ndarray
    texts: tuple[str, ...] = ()


class TablePreview(Struct, frozen=True, eq=False):
    """The beginning of a table and what its columns are taken for."""

    file: str
    rows: int
    columns: tuple[ColumnPreview, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(one.guess.column for one in self.columns)

    @property
    def mapping(self) -> TableMapping:
        """What is guessed."""
        return TableMapping(self.heads, tuple(one.guess for one in self.columns))


class ColumnCheck(Struct, frozen=True):
    """What would be read of a column with a mapping: samples, their range in our unit, and whether a machine of today can do that."""

    samples: int
    low: float | None = None
    high: float | None = None
    plausible: bool | None = None


def mapping_of(heads: Iterable[object], mappings: Iterable[TableMapping]) -> TableMapping | None:
    """Return the mapping of a table with these heads, None for none."""
    found = tuple(str(head) for head in heads)
    return next((one for one in mappings if one.heads == found), None)

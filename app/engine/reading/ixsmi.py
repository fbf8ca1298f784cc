"""Iluvatar's `ixsmi`: the table of nvidia-smi with clocks in place of ECC, and rows of `--query-gpu`, where only the card's name differs.

The first die of a two-die card shows no power.
"""

from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._smi_tables import SmiTables
from app.engine.reading._sources import Source
from app.engine.reading.nvidia_smi_csv import NvidiaSmiCsv


class Ixsmi(SmiTables):
    """The reader."""

    def __init__(self) -> None:
        super().__init__("ixsmi", "ixsmi", rb"IX-ML:", "ixsmi", priority=15)
        self._rows = NvidiaSmiCsv(self.slug, self.label)

    def recognises(self, head: bytes) -> bool:
        """The heading of the table, or rows of Iluvatar's cards."""
        return super().recognises(head) or (b"Iluvatar" in head and self._rows.recognises(head))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all tables, else all rows."""
        return super().read(source, progress) if super().recognises(source.head) else self._rows.read(source, progress)


READER = Ixsmi()

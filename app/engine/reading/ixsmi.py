"""Iluvatar's `ixsmi`: the table of nvidia-smi with clocks in place of ECC. The first die of a two-die card shows no power."""

from app.engine.reading._smi_tables import SmiTables

READER = SmiTables("ixsmi", "ixsmi", rb"IX-ML:", "ixsmi", priority=15)

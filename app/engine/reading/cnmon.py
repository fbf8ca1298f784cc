"""Cambricon's `cnmon` table: load beside the bus address, a blank after the slash of the memory."""

from app.engine.reading._smi_tables import SmiTables

READER = SmiTables("cnmon", "cnmon", rb"\|[ \t]*CNMON[ \t]+v?\d", "cnmon", priority=15)

"""Kunlunxin's `xpu-smi`: the table of nvidia-smi with a third line for L3. Intel's tool of the same name prints no such table."""

from app.engine.reading._smi_tables import SmiTables

READER = SmiTables(
    "kunlun-xpu-smi", "xpu-smi (昆仑芯)", rb"XPU-SMI[ \t].{0,80}(?:Driver Version|XPU-RT)|XPU-RT Version", "xpu-smi", priority=15
)

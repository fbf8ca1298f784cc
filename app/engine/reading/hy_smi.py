"""Hygon's `hy-smi` (and `rocm-smi` of its DTK): the short table of an old rocm-smi with DCU or HCU for GPU; --json and --csv, too."""

from app.engine.reading.rocm_smi import RocmSmi

READER = RocmSmi("hy-smi", "hy-smi", priority=14, own=(b"DCU%", b"HCU%", b"DCU use (%)", b"HCU use (%)"))

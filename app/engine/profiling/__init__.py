"""Trace in, Profile out: busy part, statistics, the ten axes, operators, communication, class, advice; two Profiles compared."""

from app.engine.profiling.characterise import characterise
from app.engine.profiling.comparing import compare
from app.engine.profiling.kernel_names import kernel_kind

__all__ = ["characterise", "compare", "kernel_kind"]

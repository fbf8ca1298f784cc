"""Trace in, Profile out: busy part, statistics, the ten axes, operators, communication, class, bottleneck, advice."""

from app.engine.profiling.characterise import characterise

__all__ = ["characterise"]

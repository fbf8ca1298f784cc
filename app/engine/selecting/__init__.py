"""Speeds and prices in, plans out: cost, duration, price-performance, the Pareto front, the two recommended plans, what was left out."""

from app.engine.selecting.amounts import cards_for, pflops_of
from app.engine.selecting.ranking import is_open, needed_speed
from app.engine.selecting.selection import make_selection
from app.engine.selecting.work import parse_work

__all__ = ["cards_for", "is_open", "make_selection", "needed_speed", "parse_work", "pflops_of"]

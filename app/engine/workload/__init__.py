"""run.toml or a file of another program (sources/) in, Workload out; its parameters, its VRAM per card, its time per step.

One model of what an application computes, moves and keeps: network.py says what a network is made of, everything else counts on it.
"""

from app.engine.workload.checking import check_run, data_parallel
from app.engine.workload.demand import measure_demand, on_cards
from app.engine.workload.families import count_parameters, network_of
from app.engine.workload.fitting import fit_memory
from app.engine.workload.keys import (
    KEYS,
    PERCENT,
    SUGGESTIONS,
    Fault,
    Value,
    blank_of,
    choices_of,
    kind_of,
    typed_value,
    value_of,
    with_value,
)
from app.engine.workload.memory import estimate_memory
from app.engine.workload.modelled_speed import modelled_speed
from app.engine.workload.presets import Preset, load_presets
from app.engine.workload.run_file import load_run, part_format, write_run
from app.engine.workload.serving_points import serving_estimate
from app.engine.workload.sources import format_of
from app.engine.workload.step_time import estimate_step, estimate_steps, speed_cost

__all__ = [
    "KEYS",
    "PERCENT",
    "SUGGESTIONS",
    "Fault",
    "Preset",
    "Value",
    "blank_of",
    "check_run",
    "choices_of",
    "count_parameters",
    "data_parallel",
    "estimate_memory",
    "estimate_step",
    "estimate_steps",
    "fit_memory",
    "format_of",
    "kind_of",
    "load_presets",
    "load_run",
    "measure_demand",
    "modelled_speed",
    "network_of",
    "on_cards",
    "part_format",
    "serving_estimate",
    "speed_cost",
    "typed_value",
    "value_of",
    "with_value",
    "write_run",
]

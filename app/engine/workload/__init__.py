"""run.toml or config.json in, Workload out; its parameters and its VRAM per card.

VRAM is modelled for dense Llama and GPT-2 shapes; for other families every figure is unknown, with the reason.
"""

from app.engine.workload.fitting import fit_memory
from app.engine.workload.memory import estimate_memory
from app.engine.workload.run_file import load_run
from app.engine.workload.shapes import count_parameters

__all__ = ["count_parameters", "estimate_memory", "fit_memory", "load_run"]

"""Learn the constants of platform_db/step_rates.toml from the Megatron rows of the truth table: `python -m tests.accuracy.fit_rates`.

Every constant starts at what operators measured one by one say (SimuMax's published efficiencies of A100-PCIe and B200) and moves from
there as far as whole steps ask for. Runs of one configuration share one weight. Errors are told with whole models left out, as are the
intervals.
"""

import datetime
import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict, replace
from scipy.optimize import least_squares

from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.paths import platform_db_folder
from app.engine.workload.accounting import StepWork
from app.engine.workload.families import network_of
from app.engine.workload.network import Network
from app.engine.workload.rates import Constants, RateTable, rate_table, rates_of
from app.engine.workload.step_time import interval_kind
from app.engine.workload.step_work import step_work
from app.engine.workload.timing import step_seconds
from tests.accuracy import truth
from tests.accuracy.step_time import LEFT_OUT, is_megatron, platform_of, run_of

PRIOR = Constants(
    matmul_share=1.0, attention_share=0.8, wave=1e6, bandwidth_share=0.7, unhidden=0.5, gap_us=5.0, link_share=0.7, link_latency_us=20.0
)
SPREAD = Constants(
    matmul_share=0.05, attention_share=0.15, wave=0.5, bandwidth_share=0.15, unhidden=0.5, gap_us=0.5, link_share=0.2, link_latency_us=0.6
)
"""Log spread of each that is taken for likely; WEIGHT: how much that counts beside the rows."""
WEIGHT = 0.02
MARGIN = 1.15
"""Of an interval over the widest held-out residual of its models: they are few."""


class Sample(Struct, frozen=True, eq=False):
    """A row ready to be timed."""

    model: str
    case: str
    run: Workload
    step: StepWork
    platform: Platform
    seconds: float
    teaches: bool


def samples() -> list[Sample]:
    """Return every row whose platform is known."""
    found = []
    for row in truth.table("step_time_truth"):
        run, platform = run_of(row), platform_of(row)
        network = network_of(run.model)
        if platform is not None and isinstance(network, Network):
            found.append(Sample(row["model"], row["case"], run, step_work(network, run), platform, float(row["value"]), is_megatron(row)))
    return found


def residuals(rows: Sequence[Sample], table: RateTable) -> np.ndarray:
    """Return log(measured / predicted)."""
    predicted = [step_seconds(row.step, rates_of([row.platform], row.run, table)).total[0] for row in rows]
    return np.log([row.seconds for row in rows]) - np.log(predicted)


def fitted(rows: Sequence[Sample], table: RateTable) -> Constants:
    """Return the constants that these rows teach."""
    alike = [row.case.rpartition("_mbc")[0] or row.case for row in rows]
    weight = np.array([alike.count(name) ** -0.5 for name in alike])
    middle, spread = (np.array(list(asdict(one).values())) for one in (PRIOR, SPREAD))

    def constants(moved: np.ndarray) -> Constants:
        return Constants(*(middle * np.exp(moved * spread)).tolist())

    def cost(moved: np.ndarray) -> np.ndarray:
        return np.concatenate([weight * residuals(rows, replace(table, constants=constants(moved))), WEIGHT * moved])

    return constants(least_squares(cost, np.zeros(len(middle))).x)


def held_out(rows: Sequence[Sample], table: RateTable) -> tuple[np.ndarray, dict[str, Constants]]:
    """Return the residual of each row with its model left out, and the constants by the model that was left out."""
    found, constants = np.zeros(len(rows)), {}
    for model in dict.fromkeys(row.model for row in rows):
        taught = [row for row in rows if row.teaches and row.model != model]
        constants[model] = fitted(taught, table)
        chosen = [number for number, row in enumerate(rows) if row.model == model]
        found[chosen] = residuals([rows[number] for number in chosen], replace(table, constants=constants[model]))
    return found, constants


def intervals(rows: Sequence[Sample], errors: np.ndarray, table: RateTable) -> dict[str, float]:
    """Return log(low / predicted) and log(high / predicted) by kind: the outermost held-out residuals and a margin, the same both ways
    where only a few models tell."""
    found: dict[str, float] = {}
    kinds = np.array([interval_kind(row.run, row.platform, table) for row in rows])
    for kind in ("measured", "other", "experts"):
        mine = errors[kinds == kind]
        widest = float(np.abs(mine).max())
        low, high = (float(mine.min()), float(mine.max())) if kind == "other" else (-widest, widest)
        found[f"{kind}_low"], found[f"{kind}_high"] = round(low * MARGIN, 3), round(high * MARGIN, 3)
    return found


def main() -> None:
    """Write the constants, print what they are worth on models they have not seen."""
    table, rows = rate_table(), samples()
    errors, left_out = held_out(rows, table)
    constants = fitted([row for row in rows if row.teaches], table)
    whole = intervals(rows, errors, table)
    _write_left_out(rows, errors, left_out, table)
    _write_constants(constants, whole, sum(row.teaches for row in rows))
    for row, error in zip(rows, errors.tolist(), strict=True):
        print(f"{row.case:52} {math.expm1(-error):+7.1%}{'' if row.teaches else '  (taught nothing)'}")
    taught = np.expm1(-errors[[row.teaches for row in rows]])
    print(f"held out: mean {np.abs(taught).mean():.2%}, worst {np.abs(taught).max():.2%}", constants, whole, sep="\n")


def _write_left_out(rows: Sequence[Sample], errors: np.ndarray, left_out: dict[str, Constants], table: RateTable) -> None:
    lines = [
        "# Written by tests/accuracy/fit_rates.py: constants and intervals learned without the model that the table is named after.",
        "",
    ]
    for model, constants in left_out.items():
        others = np.array([row.model != model for row in rows])
        told = intervals([row for row, other in zip(rows, others, strict=True) if other], errors[others], table)
        lines += [f'["{model}".constants]', *_pairs(asdict(constants)), f'["{model}".intervals]', *_pairs(told), ""]
    LEFT_OUT.write_text("\n".join(lines), encoding="utf-8")


def _write_constants(constants: Constants, ends: dict[str, float], count: int) -> None:
    """Put new figures into the file; its comments and what is not learned stay as they are."""
    path = platform_db_folder() / "step_rates.toml"
    fresh = {key: f"{float(f'{value:.4g}')}" for key, value in {**asdict(constants), **ends}.items()}
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        key = line.partition(" = ")[0]
        stamp = line.startswith("# Learned on ")
        lines.append(
            f"# Learned on {datetime.date.today()} from {count} rows." if stamp else f"{key} = {fresh[key]}" if key in fresh else line
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pairs(figures: dict[str, float]) -> list[str]:
    return [f"{key} = {float(f'{value:.4g}')}" for key, value in figures.items()]


if __name__ == "__main__":
    main()

"""Effective rates of platforms: what long runs reach of a data sheet. The few constants stand in platform_db/step_rates.toml, with source.

matmul      the best matrix product that was measured (achieved_bf16_tflops) x the share that long runs keep of it (power and clocks: by
            architecture, where a source tells it); without a measurement the dense peak x what such measurements reach of it
attention   a share of that; bandwidth, links: shares of the data sheet
"""

import math
import tomllib
from collections.abc import Sequence
from functools import cache

import numpy as np
from msgspec import Struct, convert

from app.engine.messages import Message, message
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.paths import platform_db_folder
from app.engine.workload.engines import training_engine

PEAKS = {
    "bf16": "bf16_tensor_tflops", "fp16": "fp16_tensor_tflops", "fp8": "fp8_tflops", "tf32": "tf32_tflops", "fp32": "fp32_tflops",
    "fp64": "fp64_tflops", "int8": "int8_tops", "int4": "fp16_tensor_tflops", "fp4": "fp4_tflops",
}  # fmt: skip
NIC_SHARE = 0.9
"""Of a network card's line rate that large messages reach (Calculon's model of a DGX A100 cluster, arXiv:2306.05783)."""
_NIC_GBPS = ((60.0, 400.0), (30.0, 200.0), (0.0, 100.0))
"""Network card per accelerator by the host link it sits on: 400 Gb/s at PCIe 5, 200 at PCIe 4, 100 below."""
CARDS_PER_NODE = 8


class Constants(Struct, frozen=True):
    """What is the same on every platform.

    matmul_share      of the rate of sustained products that products of a network reach (shapes, strides)
    attention_share   rate of fused attention over that of products
    bandwidth_share   of the VRAM bandwidth that streaming kernels reach
    unhidden          of the shorter of arithmetic and traffic that is not hidden behind the longer: roofline with a soft knee
    wave              elements of a result that the card works on while its last round of tiles is not full: small products reach less
    link_share        of the fabric's rate that collectives reach; link_latency_us: of one of them, per doubling of the group
    """

    matmul_share: float
    attention_share: float
    bandwidth_share: float
    unhidden: float
    wave: float
    gap_us: float
    link_share: float
    link_latency_us: float


class RateTable(Struct, frozen=True):
    """platform_db/step_rates.toml.

    sustained     share of the best measured product that long runs keep, by architecture
    best_of_peak  of the dense peak, that the best product reaches where none was measured, by family of platforms
    plain_flash   rate of PyTorch's own fused attention over that of the vendor's library, by architecture where they differ
    intervals     log half widths (90 %) by how well a run is covered by measured ones
    """

    constants: Constants
    sustained: dict[str, float]
    best_of_peak: dict[str, float]
    plain_flash: dict[str, float] = {}
    intervals: dict[str, float] = {}


@cache
def rate_table() -> RateTable:
    """Return the constants, read once."""
    return convert(tomllib.loads((platform_db_folder() / "step_rates.toml").read_text(encoding="utf-8")), RateTable)


class Rates(Struct, frozen=True, eq=False):
    """Effective rates of several platforms, one element each; NaN = unknown. FLOP/s, bytes/s, cards.

    products      of matrices in the run's precision; attention: its core
    link          between cards of a fabric, domain: how many it joins; host: host link; network: of one card out of its node
    node          cards of a node
    """

    products: np.ndarray
    attention: np.ndarray
    bandwidth: np.ndarray
    link: np.ndarray
    host: np.ndarray
    network: np.ndarray
    domain: np.ndarray
    node: np.ndarray
    constants: Constants


def rates_of(platforms: Sequence[Platform], workload: Workload, table: RateTable | None = None) -> Rates:
    """Return the rates of these platforms for a run."""
    table = table or rate_table()
    constants = table.constants
    rows = [
        (
            *_arithmetic(platform, workload, table),
            _number(platform, "memory_bw_gbs") * 1e9 * constants.bandwidth_share,
            _giga(platform.fabric.one_direction_gbs if platform.fabric.kind != "none" else 0.0) * constants.link_share,
            _giga(platform.host.one_direction_gbs) * constants.link_share,
            nic_gbs(platform, workload)[0] * 1e9 * NIC_SHARE,
            _domain(platform),
            cards_per_node(platform, workload),
        )
        for platform in platforms
    ]
    columns = np.array(rows, float).reshape(-1, 8).T
    return Rates(*columns, constants=constants)


def _giga(value: float | None) -> float:
    return np.nan if value is None else value * 1e9


def _number(platform: Platform, key: str) -> float:
    value = platform.number(key)
    return np.nan if value is None else value


def _domain(platform: Platform) -> float:
    """Cards that the fabric joins: pairs, a node, a rack; where it is not told, a node."""
    if platform.fabric.kind == "none":
        return 1.0
    return float(2 if platform.fabric.pairs_only else platform.fabric.domain_cards or CARDS_PER_NODE)


def cards_per_node(platform: Platform, workload: Workload) -> float:
    """Return the cards of a node: as the run says, else eight; a fabric that joins more counts as one node."""
    run = workload.run
    told = run.gpus / run.nodes if run.gpus and run.nodes else CARDS_PER_NODE
    return max(told, _domain(platform))


def nodes_of(platform: Platform, workload: Workload) -> int:
    """Return how many nodes a run takes."""
    return math.ceil((workload.run.gpus or 1) / cards_per_node(platform, workload))


def nic_gbs(platform: Platform, workload: Workload) -> tuple[float, bool]:
    """Return (GB/s out of a node per card, whether that is assumed): [node] of the measured platform, else a card's own adapter."""
    node, run = workload.node, workload.run
    if node.nics and node.nic_gbps and platform.id == run.platform:
        return node.nics * node.nic_gbps / 8 / cards_per_node(platform, workload), False
    host = platform.host.one_direction_gbs or 0.0
    return next(rate for least, rate in _NIC_GBPS if host >= least) / 8, True


def _arithmetic(platform: Platform, workload: Workload, table: RateTable) -> tuple[float, float]:
    """Return (rate of products, rate of attention); attention stays in 16 bits where products have fewer."""
    constants, precision = table.constants, workload.precision or "bf16"
    sixteen = _sustained(platform, precision if precision in ("bf16", "fp16") else "bf16", table)
    rate = sixteen
    if precision not in ("bf16", "fp16"):
        rate = _number(platform, PEAKS[precision]) * 1e12 * _best_of_peak(platform, table) * _kept(platform, table)
    core = (rate if precision in ("fp32", "tf32", "fp64") else sixteen) * constants.attention_share
    if uses_plain_flash(workload):
        core *= table.plain_flash.get(platform.text("architecture"), 1.0)
    return rate * constants.matmul_share, core


def uses_plain_flash(workload: Workload) -> bool:
    """Tell whether the engine attends with PyTorch's own fused kernel, not the vendor's (Transformer Engine)."""
    _, engine = training_engine(workload)
    return workload.task != "inference" and (engine.keeps != "megatron" or engine.matmul_policy)


def _sustained(platform: Platform, precision: str, table: RateTable) -> float:
    peak = platform.number(PEAKS[precision])
    measured = platform.number("achieved_bf16_tflops")
    best = measured if measured is not None else _nan(peak) * _best_of_peak(platform, table)
    rate = best * _kept(platform, table)
    return min(rate, peak) * 1e12 if peak is not None else rate * 1e12


def _nan(value: float | None) -> float:
    return np.nan if value is None else value


def _best_of_peak(platform: Platform, table: RateTable) -> float:
    measured, peak = platform.number("achieved_bf16_tflops"), platform.number("bf16_tensor_tflops")
    if measured is not None and peak:
        return min(1.0, measured / peak)
    return table.best_of_peak.get(platform.family, table.best_of_peak["other"])


def _kept(platform: Platform, table: RateTable) -> float:
    return table.sustained.get(platform.text("architecture"), table.sustained["other"])


def measured_architecture(platform: Platform, table: RateTable | None = None) -> bool:
    """Tell whether a source tells what long runs keep on this architecture."""
    return platform.text("architecture") in (table or rate_table()).sustained


def missing_fact(platform: Platform, workload: Workload) -> Message | None:
    """Return which fact keeps a step on this platform from being predicted, None where all are known."""
    precision = workload.precision or "bf16"
    key = PEAKS[precision]
    wanted = [key] if platform.number("achieved_bf16_tflops") is None or precision not in ("bf16", "fp16") else []
    missing = [one for one in (*wanted, "memory_bw_gbs") if platform.number(one) is None]
    if (workload.run.gpus or 1) > 1 and not missing:
        if platform.fabric.kind == "none":
            missing = [] if platform.host.one_direction_gbs is not None else ["host_bw_gbs"]
        elif platform.fabric.one_direction_gbs is None:
            missing = ["fabric_bw_one_direction_gbs"]
    return message("step_time.missing_fact", platform=platform.id, key=missing[0]) if missing else None

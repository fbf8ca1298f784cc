"""DCGM's field names and what they are with us. Names changed in the headers of 2026; both are known."""

from app.engine.reading._prometheus import Metric

_PROF, _DEV = "DCGM_FI_PROF_", "DCGM_FI_DEV_"
_RATIOS = {
    ("GR_ENGINE_ACTIVE", "GR_ENGINE_UTIL_RATIO"): "graphics_engine_active",
    ("SM_ACTIVE", "SM_UTIL_RATIO"): "sm_active",
    ("SM_OCCUPANCY", "SM_OCCUPANCY_RATIO"): "sm_occupancy",
    ("PIPE_TENSOR_ACTIVE", "TENSOR_UTIL_RATIO"): "tensor_core",
    ("DRAM_ACTIVE", "DRAM_UTIL_RATIO"): "vram_bandwidth",
    ("PIPE_FP64_ACTIVE", "FP64_UTIL_RATIO"): "fp64",
    ("PIPE_FP32_ACTIVE", "FP32_UTIL_RATIO"): "fp32",
    ("PIPE_FP16_ACTIVE", "FP16_UTIL_RATIO"): "fp16",
}
DCGM: dict[str, Metric] = {_PROF + name: Metric(metric, "", 1.0) for names, metric in _RATIOS.items() for name in names}
DCGM |= {
    _PROF + "PCIE_TX_BYTES": Metric("pcie_tx_gbs", "GB/s", 1e-9),
    _PROF + "PCIE_RX_BYTES": Metric("pcie_rx_gbs", "GB/s", 1e-9),
    _PROF + "NVLINK_TX_BYTES": Metric("nvlink_tx_gbs", "GB/s", 1e-9),
    _PROF + "NVLINK_RX_BYTES": Metric("nvlink_rx_gbs", "GB/s", 1e-9),
    _DEV + "GPU_UTIL": Metric("gpu_utilisation", "", 0.01),
    _DEV + "MEM_COPY_UTIL": Metric("memory_controller_busy", "", 0.01),
    _DEV + "FB_USED": Metric("vram_used_gib", "GiB", 1 / 1024),
    _DEV + "FB_FREE": Metric("vram_free_gib", "GiB", 1 / 1024),
    _DEV + "FB_RESERVED": Metric("vram_reserved_gib", "GiB", 1 / 1024),
    _DEV + "POWER_USAGE": Metric("power_w", "W", 1.0),
    _DEV + "GPU_TEMP": Metric("temperature_c", "°C", 1.0),
    _DEV + "SM_CLOCK": Metric("sm_clock_mhz", "MHz", 1.0),
    _DEV + "MEM_CLOCK": Metric("memory_clock_mhz", "MHz", 1.0),
}

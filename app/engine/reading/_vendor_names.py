"""The names that other vendors' exporters give their metrics, and what they are with us: Ascend, AMD, Hygon and Cambricon."""

from app.engine.reading._prometheus import Metric

_SHARE, _MIB, _BYTES = ("", 0.01), ("GiB", 1 / 1024), ("GiB", 2.0**-30)
_NPU = "npu_chip_info_"
VENDORS: dict[str, Metric] = {
    _NPU + "utilization": Metric("gpu_utilisation", *_SHARE),
    _NPU + "hbm_used_memory": Metric("vram_used_gib", *_MIB),
    _NPU + "hbm_total_memory": Metric("vram_total_gib", *_MIB),
    _NPU + "power": Metric("power_w", "W", 1.0),
    _NPU + "temperature": Metric("temperature_c", "°C", 1.0),
    _NPU + "aicore_current_freq": Metric("sm_clock_mhz", "MHz", 1.0),
    "dcu_utilizationrate": Metric("gpu_utilisation", *_SHARE),
    "dcu_usedmemory_bytes": Metric("vram_used_gib", *_BYTES),
    "dcu_memorycap_bytes": Metric("vram_total_gib", *_BYTES),
    "dcu_power_usage": Metric("power_w", "W", 1.0),
    "dcu_temp": Metric("temperature_c", "°C", 1.0),
    "mlu_utilization": Metric("gpu_utilisation", *_SHARE),
    "mlu_power_usage": Metric("power_w", "W", 1.0),
    "mlu_temperature": Metric("temperature_c", "°C", 1.0),
}
for _prefix in ("", "amd_"):
    VENDORS |= {
        f"{_prefix}gpu_gfx_activity": Metric("gpu_utilisation", *_SHARE),
        f"{_prefix}gpu_umc_activity": Metric("memory_controller_busy", *_SHARE),
        f"{_prefix}gpu_used_vram": Metric("vram_used_gib", *_MIB),
        f"{_prefix}gpu_total_vram": Metric("vram_total_gib", *_MIB),
        f"{_prefix}gpu_package_power": Metric("power_w", "W", 1.0),
        f"{_prefix}gpu_junction_temperature": Metric("temperature_c", "°C", 1.0),
    }

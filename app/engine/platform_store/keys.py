"""The facts of a platform: their keys, units and what a sensible value is. Whoever enters a fact is held to this."""

import datetime
import math
import re

from app.engine.errors import EngineError

TFLOPS, TOPS, RATE = "TFLOPS", "TOPS", "GB/s"
LIMITS: dict[str, tuple[str, float, float]] = {
    "release_year": ("", 1990, 2100),
    "process_nm": ("nm", 0.5, 500),
    "fp64_tflops": (TFLOPS, 1e-3, 1e4),
    "fp64_tensor_tflops": (TFLOPS, 1e-3, 1e4),
    "fp32_tflops": (TFLOPS, 1e-3, 1e4),
    "tf32_tflops": (TFLOPS, 1e-3, 5e4),
    "fp16_tensor_tflops": (TFLOPS, 1e-3, 5e4),
    "bf16_tensor_tflops": (TFLOPS, 1e-3, 5e4),
    "fp8_tflops": (TFLOPS, 1e-3, 1e5),
    "fp4_tflops": (TFLOPS, 1e-3, 2e5),
    "int8_tops": (TOPS, 1e-3, 1e5),
    "memory_gb": ("GB", 0.1, 1e4),
    "memory_bw_gbs": (RATE, 1, 1e5),
    "l2_mb": ("MB", 0.01, 1e4),
    "host_bw_gbs": (RATE, 0.1, 1e4),
    "fabric_bw_gbs": (RATE, 0.1, 1e5),
    "fabric_bw_one_direction_gbs": (RATE, 0.1, 1e5),
    "max_fabric_domain": ("", 1, 1e6),
    "tdp_w": ("W", 1, 2e4),
}
"""Number -> unit, least and most that is believed: what lies outside is a slip of the unit or of the hand."""
RATES: dict[str, tuple[str, float, float]] = {
    "achieved_bf16_tflops": (TFLOPS, 1e-3, 5e4),
    "matmul_bf16_tflops": (TFLOPS, 1e-3, 5e4),
    "matmul_fp16_tflops": (TFLOPS, 1e-3, 5e4),
    "matmul_fp8_tflops": (TFLOPS, 1e-3, 1e5),
    "matmul_fp32_tflops": (TFLOPS, 1e-3, 1e4),
    "matmul_int8_tops": (TOPS, 1e-3, 1e5),
    "copy_gbs": (RATE, 1, 1e5),
}
"""What was measured, each a fact of its own; achieved_bf16_tflops is the one that predictions take."""
TEXTS = ("form_factor", "architecture", "memory_type", "host_link", "fabric_name", "fabric_bw_definition", "precision_support")
STATUSES = ("available", "restricted", "discontinued", "unknown")
SUPPLY = ("supply", "supply_since")
NUMBERS = {**LIMITS, **RATES}
KEYS = (*NUMBERS, *TEXTS, *SUPPLY)
CONFIDENCES = ("high", "medium", "low")
LONGEST_TEXT = 400
PEAK_OF = {
    "matmul_bf16_tflops": "bf16_tensor_tflops",
    "matmul_fp16_tflops": "fp16_tensor_tflops",
    "matmul_fp8_tflops": "fp8_tflops",
    "matmul_int8_tops": "int8_tops",
    "copy_gbs": "memory_bw_gbs",
}
_DAY = re.compile(r"\d{4}(-\d{2}){0,2}")


def unit_of(key: str) -> str:
    """Return the unit of a fact, "" where it has none."""
    return NUMBERS[key][0] if key in NUMBERS else ""


def checked_number(key: str, cell: str, *, file: str = "", place: str = "") -> float | None:
    """Return the number that a cell says, None for a blank. Raises EngineError where it is none or beyond belief."""
    if not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    unit, least, most = NUMBERS[key]
    if not least <= value <= most:
        raise EngineError(
            "platforms.bad_number", file=file, place=place, key=key, value=cell[:40], least=f"{least:g}", most=f"{most:g}", unit=unit
        )
    return value


def checked_value(key: str, value: float | str | None, *, file: str = "", place: str = "") -> float | str | None:
    """Return a fact as it is kept, from what a person or a pack gave. Raises EngineError naming key, value and what would do."""
    if key not in KEYS:
        raise EngineError("platforms.no_such_key", file=file, place=place, key=key[:40])
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if key in NUMBERS:
        return checked_number(key, f"{value:.10g}" if isinstance(value, float) else str(value), file=file, place=place)
    text = str(value).strip()
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise EngineError("platforms.bad_text", file=file, place=place, key=key, most=LONGEST_TEXT)
    if key == "supply" and text not in STATUSES:
        raise EngineError("platforms.bad_status", file=file, place=place, value=text[:40])
    if key == "supply_since" and not is_day(text):
        raise EngineError("platforms.bad_date", file=file, place=place, key=key, value=text[:40])
    return text


def is_day(text: str) -> bool:
    """Tell whether a text is a year, a month or a day of the calendar: 2026, 2026-11, 2026-11-25."""
    if not _DAY.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True

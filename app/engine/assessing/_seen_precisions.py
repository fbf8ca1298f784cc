"""Which precisions a trace shows: by what the names of its kernels say, weighted by their time."""

import re

from app.engine.model.profiles import Profile

NAMED = (
    ("fp8", re.compile(r"e4m3|e5m2|float8|(?<![a-z])fp8|_f8_", re.IGNORECASE)),
    ("tf32", re.compile(r"tf32", re.IGNORECASE)),
    ("bf16", re.compile(r"bf16|bfloat16", re.IGNORECASE)),
    ("fp64", re.compile(r"dgemm|f64|d884|double(?![a-z])|(?<![a-z])fp64", re.IGNORECASE)),
    ("int8", re.compile(r"i8816|i16832|imma|(?<![a-z])int8|(?<![a-z])s8(?![0-9])", re.IGNORECASE)),
    ("fp16", re.compile(r"hgemm|h884|h1688|s884|_f16f16|fp16|::half|__half(?!2float)|float16", re.IGNORECASE)),
    ("fp32", re.compile(r"sgemm|f32f32_f32f32|(?<![a-z])fp32(?![a-z])", re.IGNORECASE)),
)
"""The first that fits wins: a name of a TF32 kernel tells FP32 too, one of FP8 the format of its sums."""
LEAST_SHARE = 0.05


def seen_precisions(profile: Profile | None) -> dict[str, float]:
    """Return precision -> share of the device time of those kernels whose names tell one, the largest first; {} where none does.

    What takes less than a twentieth is left out.
    """
    if profile is None:
        return {}
    times: dict[str, float] = {}
    for row in profile.operators:
        word = next((precision for precision, pattern in NAMED if pattern.search(row.name)), "")
        if word and row.device_time_s > 0:
            times[word] = times.get(word, 0.0) + row.device_time_s
    total = sum(times.values())
    shares = {word: time / total for word, time in sorted(times.items(), key=lambda one: -one[1])}
    return {word: share for word, share in shares.items() if share >= LEAST_SHARE}

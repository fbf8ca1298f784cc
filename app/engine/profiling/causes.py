"""The sentence that names what explains most of the change between two runs."""

import re
from collections.abc import Mapping, Sequence

from app.engine.messages import Message, Value, message
from app.engine.model.profiles import Change, Profile
from app.engine.profiling.figures import rate_text
from app.engine.profiling.kernel_names import kernel_kind
from app.engine.profiling.thresholds import thresholds
from app.engine.units import format_duration, format_significant

IDLE = "(idle)"
"""Name of the row among the operators that holds the time in which nothing ran."""
LEADING = 0.4
"""Share of the whole change from which a kind of operator is named as its cause."""
HOST = ("cpu_system", "cpu_iowait")
LINKS = {"nvlink": ("nvlink_rx_gbs", "nvlink_tx_gbs"), "infiniband": ("ib_rx_gbs", "ib_tx_gbs")}
SHARES = ("tensor_core", "vram_bandwidth", "fp16", "fp32", "vram", "pcie", "nvlink", "infiniband", "disk")
NUMBERS = ("sm_clock_mhz", "power_w", "pcie_rx_gbs", "disk_read_gbs", "disk_write_gbs")
PRECISIONS = {
    "FP8": r"e4m3|e5m2|fp8",
    "BF16": r"bf16|bfloat16",
    "FP16": r"fp16|half|hgemm|h\d{3,}gemm|hmma|_h\d+_",
    "TF32": r"tf32",
    "FP32": r"sgemm|fp32|float32|_s\d+gemm|ffma",
}  # by words in kernels' names, the first that fits


def find_cause(before: Profile, after: Profile, operators: Sequence[Change], tensor: Mapping[str, bool | None]) -> Message:
    """Return the cause, from the strongest sort of proof to the weakest: times of operators, a host that starved the cards, other figures.

    tensor  operator -> whether it runs on matrix units, None = cannot be told
    """
    gpu = _gpu_cause(before, after)
    by_time = _operator_cause(operators, tensor)
    if by_time is not None:
        return by_time if by_time.code != "profiling.cause.idle" or gpu is None else _both(by_time, gpu)
    if gpu is not None:
        links = _link_changes(before, after)
        return _both(gpu, links[0]) if links else gpu
    other = _other_cause(before, after)
    unaligned = bool(operators) and all(row.share is None for row in operators) and other.code == "profiling.cause.same"
    changed = any(_differs(row.before or 0.0, row.after or 0.0) for row in operators)
    return message("profiling.cause.unaligned") if unaligned and changed else other


def _both(first: Message, second: Message) -> Message:
    return message("profiling.cause.and", first=first, second=second)


def _moved(before: float, after: float) -> Message:
    return message("profiling.cause.rose" if after > before else "profiling.cause.fell")


# Operators --------------------------------------------------------------------------------------------------------------------------


def _operator_cause(operators: Sequence[Change], tensor: Mapping[str, bool | None]) -> Message | None:
    """Return the kind of operator (or idle time) that explains most, None where times were not compared or hardly differ."""
    rows = [row for row in operators if row.share is not None]
    total_before, total_after = (sum(getattr(row, when) or 0.0 for row in rows) for when in ("before", "after"))
    if not total_before or abs(total_after / total_before - 1) < thresholds().comparison.moved:
        return None
    kinds: dict[str, list[Change]] = {}
    for row in rows:
        kinds.setdefault(IDLE if row.name == IDLE else kernel_kind(row.name).kind, []).append(row)
    if "other" in kinds:  # kinds that say nothing: each operator speaks for itself
        kinds |= {row.name: [row] for row in kinds.pop("other")}
    kind = max(kinds, key=lambda one: sum(row.share or 0.0 for row in kinds[one]))
    share = sum(row.share or 0.0 for row in kinds[kind])
    if share < LEADING:
        return message("profiling.cause.unclear")
    before, after = (sum(getattr(row, when) or 0.0 for row in kinds[kind]) for when in ("before", "after"))
    times: dict[str, Value] = {"before": format_duration(before), "after": format_duration(after), "share": share}
    if kind == IDLE:
        return Message.of("profiling.cause.idle", times)
    words = {**times, "kind": _words_for(kind, kinds[kind][0]), "factor": after / before if before else None}
    return Message.of(*_replacement(kinds[kind], words, tensor))


def _words_for(kind: str, row: Change) -> Value:
    return kind[:80] if kind == row.name else message(f"profiling.kind.{kind}")


def _replacement(rows: Sequence[Change], words: dict[str, Value], tensor: Mapping[str, bool | None]) -> tuple[str, dict[str, Value]]:
    """Return the code and words: with the old and the new kernel, or their precisions, where one took the place of the other."""
    gone = [row for row in rows if row.before and not row.after]
    come = [row for row in rows if row.after and not row.before]
    if not gone or not come:
        return "profiling.cause.kernels", words
    old, new = max(gone, key=lambda row: row.before or 0.0).name, max(come, key=lambda row: row.after or 0.0).name
    was, now = _precision_of(old), _precision_of(new)
    if was and now and was != now:
        return "profiling.cause.precision", {**words, "old": was, "new": now}
    if tensor.get(old) is False and tensor.get(new):
        fast: dict[str, Value] = {"old": message("profiling.cause.plain"), "new": message("profiling.cause.fast")}
        return "profiling.cause.precision", {**words, **fast}
    return "profiling.cause.replaced", {**words, "old": old[:80], "new": new[:80]}


def _precision_of(kernel: str) -> str:
    return next((name for name, pattern in PRECISIONS.items() if re.search(pattern, kernel, re.IGNORECASE)), "")


# Figures ----------------------------------------------------------------------------------------------------------------------------


def _shares(profile: Profile) -> dict[str, float]:
    return {axis.name: axis.value for axis in profile.axes if axis.value is not None}


def _means(profile: Profile) -> dict[str, float]:
    return {row.metric: row.mean for row in profile.statistics if row.device == "" and row.mean is not None}


def _gpu_cause(before: Profile, after: Profile) -> Message | None:
    """Return how GPU utilisation moved and what moved against it, None where it did not."""
    first, second = _shares(before).get("gpu"), _shares(after).get("gpu")
    limit = thresholds().comparison.moved
    if first is None or second is None or abs(second - first) < limit:
        return None
    words: dict[str, Value] = {"before": first, "after": second, "moved": _moved(first, second)}
    against = _waiting(before, after)
    found = {name: pair for name, pair in against.items() if (pair[1] - pair[0]) * (second - first) < 0 and abs(pair[1] - pair[0]) >= limit}
    if not found:
        return Message.of("profiling.cause.gpu_alone", words)
    name = max(found, key=lambda one: abs(found[one][1] - found[one][0]))
    return Message.of("profiling.cause.gpu_with", {**words, "with": _share_change(_name_of(name), *found[name])})


def _waiting(before: Profile, after: Profile) -> dict[str, tuple[float, float]]:
    """Return the figures that can keep a card waiting, where both runs have them: host metrics, and gaps by cause."""
    first, second = _means(before), _means(after)
    found = {name: (first[name], second[name]) for name in HOST if name in first and name in second}
    if before.gaps and after.gaps:
        for cause in {gap.cause for gap in (*before.gaps, *after.gaps)}:
            shares = [sum(gap.share for gap in profile.gaps if gap.cause == cause) for profile in (before, after)]
            found[f"gap.{cause}"] = shares[0], shares[1]
    return found


def _name_of(figure: str) -> Message:
    if figure.startswith("gap."):
        return message(f"profiling.gap.{figure.removeprefix('gap.')}")
    return message(f"proposing.metric.{figure}")


def _share_change(name: Message, before: float, after: float) -> Message:
    return message("profiling.cause.share", name=name, before=before, after=after, moved=_moved(before, after))


def _link_changes(before: Profile, after: Profile) -> list[Message]:
    """Return the links whose rate moved, as rates."""
    first, second = _means(before), _means(after)
    found = []
    for link, metrics in LINKS.items():
        metric = next((one for one in metrics if one in first and one in second), None)
        if metric is not None and _differs(first[metric], second[metric]):
            found.append(_number_change(message(f"profiling.axis.{link}"), "GB/s", first[metric], second[metric]))
    return [_joined(found)] if found else []


def _joined(said: Sequence[Message]) -> Message:
    joined = said[0]
    for one in said[1:]:
        joined = _both(joined, one)
    return joined


def _number_change(name: Message, unit: str, before: float, after: float) -> Message:
    told = [rate_text(value) if unit == "GB/s" else f"{format_significant(value)} {unit}".strip() for value in (before, after)]
    return message("profiling.cause.number", name=name, before=told[0], after=told[1], moved=_moved(before, after))


def _differs(before: float, after: float) -> bool:
    return abs(after - before) > thresholds().comparison.moved_relative * max(abs(before), abs(after))


def _other_cause(before: Profile, after: Profile) -> Message:
    """Return the share that moved most, else the number that did; that nothing moved; or that nothing can be compared."""
    shares = _shares(before), _shares(after)
    if not (shares[0].keys() & shares[1].keys() or _means(before).keys() & _means(after).keys()):
        return message("profiling.cause.none")
    moved = {name: (shares[0][name], shares[1][name]) for name in SHARES if name in shares[0] and name in shares[1]}
    moved = {name: pair for name, pair in moved.items() if abs(pair[1] - pair[0]) >= thresholds().comparison.moved}
    if moved:
        name = max(moved, key=lambda one: abs(moved[one][1] - moved[one][0]))
        return _share_change(message(f"profiling.axis.{name}"), *moved[name])
    first, second = _means(before), _means(after)
    links = _link_changes(before, after)
    units = {row.metric: row.unit for row in before.statistics}
    numbers = [name for name in NUMBERS if name in first and name in second and _differs(first[name], second[name])]
    if numbers and not links:
        name = numbers[0]
        return _number_change(message(f"proposing.metric.{name}"), units.get(name, ""), first[name], second[name])
    return links[0] if links else message("profiling.cause.same")

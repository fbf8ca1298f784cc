"""`nvidia-smi -q` text: words indented by four blanks per level, one block per card, with -l one log after another."""

import re

import numpy as np

from app.engine.messages import Message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import step_of
from app.engine.reading._smi_cards import TOTAL, Card, Fields, trace_of_cards
from app.engine.reading._sources import Source
from app.engine.reading._stamps import Stamped
from app.engine.reading._times import MISSING

LOG = re.compile(rb"^[ \t]*={3,40}[ \t]*NVSMI LOG[ \t]*={3,40}[ \t]*$", re.MULTILINE)
_CARD = re.compile(rb"^[ \t]{0,8}GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])[ \t]*$", re.MULTILINE)
_WORDS = re.compile(rb"^([ \t]*)([^\s:][^:\n]{0,80}?)[ \t]*(?::[ \t]?([^\n]{0,200}))?$", re.MULTILINE)
_INSTANCE = re.compile(r"mig device(?:#\d+)?")
_MOST_DEPTH = 12
_POWER = ("gpu power readings", "power readings")
FIELDS = Fields(
    metrics={
        "gpu_utilisation": ("utilization/gpu",),
        "memory_controller_busy": ("utilization/memory",),
        "vram_used_gib": ("fb memory usage/used", "memory usage/used"),
        TOTAL: ("fb memory usage/total", "memory usage/total"),
        "power_w": tuple(
            f"{place}/{word}" for word in ("average power draw", "power draw", "instantaneous power draw") for place in _POWER
        ),
        "temperature_c": ("temperature/gpu current temp", "temperature/gpu"),
        "sm_clock_mhz": ("clocks/sm",),
        "memory_clock_mhz": ("clocks/memory",),
        "pcie_rx_gbs": ("pci/rx throughput",),
        "pcie_tx_gbs": ("pci/tx throughput",),
    },
    name="product name",
    minor="minor number",
    uuid="gpu uuid",
    link=("pci/gpu link info/pcie generation/max", "pci/gpu link info/link width/max"),
    limits=tuple(f"{place}/{word}" for word in ("current power limit", "enforced power limit", "power limit") for place in _POWER),
    mig="mig mode/current",
)


def read_query_text(source: Source, stamps: Stamped, progress: Progress, slug: str, environment: dict[str, str]) -> Trace | None:
    """Return the trace of all blocks of cards, None where there is none."""
    text = stamps.text
    ends = np.array(sorted(one.start() for pattern in (LOG, _CARD) for one in pattern.finditer(text)) + [len(text)])
    found = list(_CARD.finditer(text))
    if not found:
        return None
    times = stamps.at([one.start() for one in found])
    skipped: dict[str, int] = {}
    cards = []
    for number, one in enumerate(found):
        if number % 64 == 0:
            progress(0.2 + 0.6 * one.start() / len(text), "reading.doing.parsing")
        end = int(ends[np.searchsorted(ends, one.start(), "right")])
        words = words_of(text[one.end() : end])
        instances = sum(_INSTANCE.fullmatch(path) is not None for path in words)
        if instances:
            skipped["skipped.mig_instance"] = skipped.get("skipped.mig_instance", 0) + instances
        cards.append(Card(one[1].decode().lower(), MISSING if times is None else int(times[number]), words))
    attached = re.search(rb"Attached GPUs[ \t]{0,60}:[ \t]{0,4}(\d{1,4})", text)
    warnings: tuple[Message, ...] = stamps.warnings
    return trace_of_cards(
        source,
        slug,
        cards,
        FIELDS,
        stamps.clock,
        skipped=skipped,
        warnings=warnings,
        environment=environment,
        attached=int(attached[1]) if attached else 0,
        step_s=step_of(text, "nvidia-smi", ("-l", "--loop")),
    )


def words_of(block: bytes) -> dict[str, str]:
    """Return the block's values by their paths in lower case, the first where a path comes twice; the n-th heading of a name gets "#n"."""
    words: dict[str, str] = {}
    stack: list[tuple[int, str]] = []
    headings: dict[str, int] = {}
    for indent, key, value in _WORDS.findall(block):
        depth = len(indent.expandtabs(4))
        while stack and stack[-1][0] >= depth:
            stack.pop()
        path = "/".join([*(name for _, name in stack), key.decode("utf-8", "replace").lower()])
        if value or len(stack) >= _MOST_DEPTH:
            words.setdefault(path, value.decode("utf-8", "replace").strip())
            continue
        headings[path] = headings.get(path, 0) + 1
        path += "" if headings[path] == 1 else f"#{headings[path]}"
        words.setdefault(path, "")
        stack.append((depth, path.rpartition("/")[2]))
    return words

"""`nvidia-smi -q -x`: XML documents one after another (-l), of any version; MIG instances have memory of their own and are not the card.

Each card is parsed on its own, without the document type, so that a cut or damaged document costs only its damaged cards.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Clock, Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain
from app.engine.reading._smi_cards import TOTAL, Card, Fields, trace_of_cards
from app.engine.reading._sources import Source
from app.engine.reading._stamps import calendar_ns
from app.engine.reading._times import MISSING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SLUG = "nvidia-smi-xml"
_HEAD = re.compile(rb"<nvidia_smi_log\b|<!DOCTYPE nvidia_smi_log")
_END = re.compile(rb"</nvidia_smi_log>[^\n]*\n")
_MARKS = re.compile(rb"<timestamp>([^<]{1,80})</timestamp>|<gpu id=\"([^\"<]{1,64})\"[^<>]{0,80}>")
_MOST_CARD_BYTES = 4 * 2**20
_POWER = ("gpu_power_readings", "power_readings")
FIELDS = Fields(
    metrics={
        "gpu_utilisation": ("utilization/gpu_util",),
        "memory_controller_busy": ("utilization/memory_util",),
        "vram_used_gib": ("fb_memory_usage/used", "memory_usage/used"),
        TOTAL: ("fb_memory_usage/total", "memory_usage/total"),
        "power_w": tuple(f"{place}/{word}" for word in ("average_power_draw", "power_draw", "instant_power_draw") for place in _POWER),
        "temperature_c": ("temperature/gpu_temp",),
        "sm_clock_mhz": ("clocks/sm_clock",),
        "memory_clock_mhz": ("clocks/mem_clock",),
        "pcie_rx_gbs": ("pci/rx_util",),
        "pcie_tx_gbs": ("pci/tx_util",),
    },
    name="product_name",
    minor="minor_number",
    uuid="uuid",
    link=("pci/pci_gpu_link_info/pcie_gen/max_link_gen", "pci/pci_gpu_link_info/link_widths/max_link_width"),
    limits=tuple(f"{place}/{word}" for word in ("current_power_limit", "enforced_power_limit", "power_limit") for place in _POWER),
    mig="mig_mode/current_mig",
)


class NvidiaSmiXml:
    """The reader."""

    slug = SLUG
    label = "nvidia-smi -q -x"
    priority = 12

    def recognises(self, head: bytes) -> bool:
        """The root element or the document type."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all cards of all documents. Raises UnreadableFile where none is whole."""
        progress(0.0, "reading.doing.reading")
        text = plain(source.text_bytes())
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        cards = list(_cards(text, source, progress, skipped, warnings))
        if not cards:
            raise UnreadableFile("reading.no_cards", file=source.path)
        clock: Clock = "local" if any(card.time != MISSING for card in cards) else "synthetic"
        attached = re.search(rb"<attached_gpus>(\d{1,4})<", text)
        return trace_of_cards(
            source,
            SLUG,
            cards,
            FIELDS,
            clock,
            skipped=skipped,
            warnings=warnings,
            environment=_versions(text),
            attached=int(attached[1]) if attached else 0,
        )

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A document stands for itself."""
        return _END


READER = NvidiaSmiXml()


def _cards(text: bytes, source: Source, progress: Progress, skipped: dict[str, int], warnings: list[Message]) -> Iterator[Card]:
    from xml.etree import ElementTree

    before = source.before
    time, lines, told = before.get("time", MISSING), before.get("lines", 0), before.get("damage_told", False)
    before["lines"] = lines + text.count(b"\n")
    marks = list(_MARKS.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    for number, (mark, stop) in enumerate(zip(marks, ends, strict=True)):
        if number % 64 == 0:
            progress(0.2 + 0.7 * mark.start() / len(text), "reading.doing.parsing")
        if mark[1] is not None:
            found = calendar_ns(mark[1].decode("utf-8", "replace"))
            time = before["time"] = MISSING if found is None else found
            continue
        end = text.find(b"</gpu>", mark.end(), min(stop, mark.end() + _MOST_CARD_BYTES))
        try:
            if end < 0:
                raise ElementTree.ParseError
            element = ElementTree.fromstring(text[mark.start() : end + 6].decode("utf-8", "replace"))
        except (ElementTree.ParseError, LookupError, ValueError):
            skipped["skipped.damaged_card"] = skipped.get("skipped.damaged_card", 0) + 1
            if not told:
                told = before["damage_told"] = True
                warnings.append(message("reading.card_damaged", line=lines + text.count(b"\n", 0, mark.start()) + 1))
            continue
        instances = len(element.findall("mig_devices/mig_device"))
        if instances:
            skipped["skipped.mig_instance"] = skipped.get("skipped.mig_instance", 0) + instances
        yield Card(mark[2].decode("utf-8", "replace").lower(), time, _words(element))


def _words(card: "Element") -> dict[str, str]:
    """Return the leaves down to four levels by their paths; lists of clocks, processes and instances are left out."""
    words: dict[str, str] = {}
    level = [("", card)]
    for _ in range(4):
        below = []
        for path, parent in level:
            for one in parent:
                if one.tag in ("mig_devices", "supported_clocks", "processes"):
                    continue
                words.setdefault(path + one.tag, (one.text or "").strip()[:200])
                if len(one):
                    below.append((f"{path}{one.tag}/", one))
        level = below
    return words


def _versions(text: bytes) -> dict[str, str]:
    found = {name: re.search(rb"<" + name.encode() + rb"_version>([\w.]{1,40})<", text) for name in ("driver", "cuda")}
    return {name: one[1].decode() for name, one in found.items() if one is not None}

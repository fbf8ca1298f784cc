"""dcgm-exporter's text, saved with curl once or in a loop: DCGM fields per card, MIG instances apart; and other vendors' exporters.

The help lines of old versions say "in %" where the value is a share: names and values decide, not the help.
"""

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import Channel, trace_of_channels
from app.engine.reading._dcgm_names import DCGM
from app.engine.reading._prometheus import channels_of, gpu_device, host_of, labels_of, read_samples
from app.engine.reading._sources import Source
from app.engine.reading._vendor_names import VENDORS

SLUG = "dcgm-exporter"
_KNOWN = re.compile(
    rb"^(?:\S{8,40}[ T]\S{0,30}[ \t])?"  # stamps that a wrapper wrote
    rb"(?:DCGM_FI_(?:DEV|PROF)_\w+|npu_chip_info_\w+|(?:amd_)?gpu_gfx_activity|dcu_utilizationrate|mlu_utilization)\{",
    re.M,
)
KNOWN = DCGM | VENDORS
_PARTS = ("vram_used_gib", "vram_free_gib", "vram_reserved_gib")


class DcgmExporter:
    """The reader."""

    slug = SLUG
    label = "dcgm-exporter / npu-exporter /metrics"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """A sample of a DCGM field."""
        return _KNOWN.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all scrapes. Raises UnreadableFile where no field is known."""
        progress(0.0, "reading.doing.reading")
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        samples = read_samples(source, KNOWN, skipped)
        if not samples.key.size:
            raise UnreadableFile("reading.no_samples", file=source.path)
        progress(0.7, "reading.doing.parsing")
        labels = [labels_of(text) for _, text in samples.keys]
        hosts = len({host_of(one) for one in labels})
        devices: list[Device | None] = [gpu_device(one, hosts) for one in labels]
        channels, clock = channels_of(samples, KNOWN, devices, warnings, source)
        driver = next((one["DCGM_FI_DRIVER_VERSION"] for one in labels if "DCGM_FI_DRIVER_VERSION" in one), "")
        environment = {"driver": driver} if driver else {}
        return trace_of_channels(
            source, SLUG, with_capacity(channels), clock, samples.rows, skipped=skipped, warnings=warnings, environment=environment
        )


READER = DcgmExporter()


def with_capacity(channels: Sequence[Channel]) -> list[Channel]:
    """Return the channels with each card's memory where used, free and reserved are told, and its occupancy."""
    by_device: dict[str, dict[str, Channel]] = {}
    for channel in channels:
        by_device.setdefault(channel.device.id, {})[channel.metric] = channel
    made = []
    for found in by_device.values():
        stated = found.pop("vram_total_gib", None)
        parts = [found[name] for name in _PARTS if name in found] if stated is None else []
        sizes = {part.values.size for part in parts}
        total = np.sum([part.values for part in parts], axis=0) if len(parts) > 1 and len(sizes) == 1 else None
        if stated is not None and (used := found.get("vram_used_gib")) is not None and used.values.size == stated.values.size:
            total = stated.values
        elif stated is not None and np.isfinite(stated.values).any():
            total = np.full(found["vram_used_gib"].values.size, np.nanmax(stated.values)) if "vram_used_gib" in found else stated.values
        capacity = float(np.nanmax(total)) if total is not None and np.isfinite(total).any() else None
        for channel in found.values():
            if channel.metric in _PARTS[1:]:
                continue
            device = msgspec.structs.replace(channel.device, memory_gib=capacity or channel.device.memory_gib)
            made.append(msgspec.structs.replace(channel, device=device))
        if total is not None and "vram_used_gib" in found:
            used = found["vram_used_gib"]
            share = np.divide(used.values, total, out=np.full(total.shape, np.nan), where=total > 0)
            made.append(Channel("vram_utilisation", "", made[-1].device, used.times, share))
    return made

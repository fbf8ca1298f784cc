"""nvidia_gpu_exporter's text: nvidia-smi's query fields as Prometheus metrics, one card per uuid; nvidia_smi_gpu_info names the card."""

import re

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._channels import trace_of_channels
from app.engine.reading._prometheus import Metric, channels_of, labels_of, read_samples
from app.engine.reading._sources import Source

SLUG = "nvidia-gpu-exporter"
_P = "nvidia_smi_"
METRICS = {
    _P + "utilization_gpu_ratio": Metric("gpu_utilisation", "", 1.0),
    _P + "utilization_memory_ratio": Metric("memory_controller_busy", "", 1.0),
    _P + "memory_used_bytes": Metric("vram_used_gib", "GiB", 2.0**-30),
    _P + "memory_total_bytes": Metric("vram_total_gib", "GiB", 2.0**-30),
    _P + "power_draw_watts": Metric("power_w", "W", 1.0),
    _P + "temperature_gpu": Metric("temperature_c", "°C", 1.0),
    _P + "clocks_current_sm_clock_hz": Metric("sm_clock_mhz", "MHz", 1e-6),
    _P + "clocks_current_memory_clock_hz": Metric("memory_clock_mhz", "MHz", 1e-6),
}
_INFO = re.compile(rb"^nvidia_smi_gpu_info\{([^\n]*)\}[ \t]", re.M)
_KNOWN = re.compile(rb"^nvidia_smi_(?:utilization_gpu_ratio|memory_used_bytes|gpu_info|command_exit_code)\b", re.M)


class NvidiaGpuExporter:
    """The reader."""

    slug = SLUG
    label = "nvidia_gpu_exporter /metrics"
    priority = 30

    def recognises(self, head: bytes) -> bool:
        """A sample of one of its metrics."""
        return _KNOWN.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all scrapes. Raises UnreadableFile where no metric is known."""
        progress(0.0, "reading.doing.reading")
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        samples = read_samples(source, METRICS, skipped)
        if not samples.key.size:
            raise UnreadableFile("reading.no_samples", file=source.path)
        progress(0.7, "reading.doing.parsing")
        cards = {one.get("uuid", ""): one for one in map(labels_of, _INFO.findall(source.raw_head))}
        totals = {
            labels_of(text).get("uuid", ""): float(samples.values[samples.key == number][-1]) * 2.0**-30
            for number, (name, text) in enumerate(samples.keys)
            if name == _P + "memory_total_bytes"
        }
        devices: list[Device | None] = []
        for name, text in samples.keys:
            uuid = labels_of(text).get("uuid", "")
            card = cards.get(uuid, {})
            known = Device(card.get("index") or uuid or "0", "gpu", card.get("name", ""), totals.get(uuid))
            devices.append(None if name == _P + "memory_total_bytes" else known)
        channels, clock = channels_of(samples, METRICS, devices, warnings, source)
        told = next(iter(cards.values()), {})
        environment = {ours: told[theirs] for ours, theirs in (("driver", "driver_version"), ("cuda", "cuda_version")) if told.get(theirs)}
        return trace_of_channels(source, SLUG, channels, clock, samples.rows, skipped=skipped, warnings=warnings, environment=environment)


READER = NvidiaGpuExporter()

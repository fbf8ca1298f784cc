"""The table of formats: complete, the same in ARCHITECTURE.md, and true: no real file feeds an axis that its format does not claim."""

import csv
from pathlib import Path

from app.engine.pipeline import read_traces
from app.engine.reading import format_facts, formats

ROOT = Path(__file__).resolve().parents[3]
FEEDS = {
    "gpu_utilisation": "gpu", "vram_used_gib": "vram", "vram_utilisation": "vram", "memory_controller_busy": "vram_bandwidth",
    "vram_bandwidth": "vram_bandwidth", "tensor_core": "tensor_core", "fp32": "fp32", "fp16": "fp16", "pcie_rx_gbs": "pcie",
    "pcie_tx_gbs": "pcie", "nvlink_rx_gbs": "nvlink", "nvlink_tx_gbs": "nvlink", "disk_read_gbs": "disk", "disk_write_gbs": "disk",
    "ib_rx_gbs": "infiniband", "ib_tx_gbs": "infiniband", "cpu_utilisation": "cpu", "power_w": "power",
}  # fmt: skip


def test_every_format_has_its_row_in_both_languages():
    facts = format_facts()
    assert sorted(fact.slug for fact in facts) == sorted(formats())
    for fact in facts:
        assert fact.command and fact.feeds and fact.cannot["zh"] and fact.cannot["en"], fact.slug


def test_architecture_shows_the_same_table():
    shown = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for fact in format_facts():
        command = fact.command.replace("|", "\\|")
        assert f"| `{fact.slug}` | {command} | {' '.join(fact.feeds)} | {fact.cannot['en']} |" in shown, fact.slug


def test_no_real_file_feeds_more_than_its_format_claims(shared_data):
    claims = {fact.slug: {word.rstrip("*+") for word in fact.feeds} for fact in format_facts()}
    with (shared_data / "traces" / "MANIFEST.csv").open(newline="") as file:
        names = [next(iter(row.values())) for row in csv.DictReader(file)]
    paths = [path for name in names if (path := shared_data / "traces" / name).is_file() and path.stat().st_size < 2**21]
    assert len(paths) > 100
    for trace in read_traces(paths).traces:
        slug = trace.files[0].format
        fed = {FEEDS[one.metric] for one in trace.series if one.metric in FEEDS}
        fed |= {"operators"} if trace.events is not None and len(trace.events) else set()
        assert fed <= claims[slug], (trace.files[0].name, fed - claims[slug])

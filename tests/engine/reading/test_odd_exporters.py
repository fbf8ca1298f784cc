"""Exporters' text and answers of Prometheus as loops of curl leave them, and other vendors' names; perfquery in a loop. All synthetic."""

import json
from pathlib import Path

import pytest

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Trace
from app.engine.reading import read_trace

SCRAPE = 'DCGM_FI_DEV_GPU_UTIL{gpu="0",Hostname="n1"} %d\nDCGM_FI_DEV_GPU_UTIL{gpu="1",Hostname="n1"} 55\n'


def read(folder: Path, text: str) -> Trace:
    path = folder / "unknown"
    path.write_text(text)
    return read_trace(path)


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


@pytest.mark.parametrize("form", ["Sun Jul 27 00:22:{} CST 2025\n", "2025年 07月 27日 星期日 00:22:{} CST\n", "# 2025-07-27 00:22:{}\n"])
def test_a_line_of_date_before_each_scrape_is_its_time(tmp_path, form):
    trace = read(tmp_path, form.format(27) + SCRAPE % 10 + form.format(42) + SCRAPE % 20)
    assert trace.files[0].format == "dcgm-exporter" and trace.start_ns == 1753575747 * 10**9 and trace.duration_ns == 15 * 10**9
    assert trace.clock == "local" and values(trace, "gpu_utilisation") == [0.1, 0.2]


def test_stamps_before_each_sample(tmp_path):
    lines = [f"2025-07-27 00:22:{27 + 15 * n} {line}" for n in (0, 1) for line in (SCRAPE % (10 * n)).splitlines()]
    trace = read(tmp_path, "\n".join(lines) + "\n")
    assert trace.files[0].format == "dcgm-exporter" and trace.duration_ns == 15 * 10**9 and values(trace, "gpu_utilisation") == [0, 0.1]


@pytest.mark.parametrize(
    ("text", "gib"),
    [
        (
            'npu_chip_info_utilization{id="0"} 45\n'
            + 'npu_chip_info_hbm_used_memory{id="0"} 3072\nnpu_chip_info_hbm_total_memory{id="0"} 65536\n',
            64,
        ),
        ('gpu_gfx_activity{gpu_id="0"} 45\ngpu_used_vram{gpu_id="0"} 3072\ngpu_total_vram{gpu_id="0"} 196608\n', 192),
        (
            'dcu_utilizationrate{minor_number="0"} 45\ndcu_usedmemory_bytes{minor_number="0"} 3221225472\n'
            'dcu_memorycap_bytes{minor_number="0"} 68719476736\n',
            64,
        ),
    ],
)
def test_exporters_of_other_vendors(tmp_path, text, gib):
    trace = read(tmp_path, text)
    assert values(trace, "gpu_utilisation") == pytest.approx([0.45]) and values(trace, "vram_used_gib") == [3]
    assert [(device.id, device.memory_gib) for device in trace.devices] == [("0", gib)] and values(trace, "vram_utilisation") == [3 / gib]


def test_answers_of_prometheus_one_after_another_or_in_a_list(tmp_path):
    answers = [
        {"data": {"resultType": "matrix", "result": [{"metric": {"__name__": "DCGM_FI_DEV_GPU_UTIL", "gpu": "0"}, "values": [[at, "50"]]}]}}
        for at in (1782864300, 1782864400)
    ]
    for text in ("\n".join(map(json.dumps, answers)), json.dumps(answers), "".join(json.dumps(one, indent=2) for one in answers)):
        trace = read(tmp_path, text)
        assert trace.files[0].format == "prometheus-json" and trace.files[0].rows == 2 and trace.duration_ns == 100 * 10**9


@pytest.mark.parametrize("lost", [3, 30, 60])
def test_of_answers_one_after_another_the_last_may_be_cut(tmp_path, lost):
    metric = {"__name__": "DCGM_FI_DEV_GPU_UTIL", "gpu": "0"}
    texts = [json.dumps({"data": {"resultType": "matrix", "result": [{"metric": metric, "values": [[at, "50"]]}]}}) for at in range(3)]
    trace = read(tmp_path, "\n".join(texts)[:-lost])
    assert values(trace, "gpu_utilisation") == [0.5, 0.5] and trace.skipped == {"skipped.bad_row": 1}
    for text in (texts[0][:-3], texts[0][:-30], texts[0] + "\nnothing"):
        with pytest.raises(UnreadableFile) as error:
            read(tmp_path, text)
        assert error.value.message.code == "reading.json_broken"


def test_perfquery_under_the_lines_of_date_in_a_loop(tmp_path):
    block = "Mon May  6 11:22:{:02d} CST 2024\n" + "".join(
        f"# Port extended counters: Lid {lid} port 1 (CapMask: 0x5300)\n"
        f"PortXmitData:....................{{0}}\nPortRcvData:.....................0\n"
        for lid in (5, 6)
    )
    trace = read(tmp_path, "".join(block.replace("{0}", str(250_000_000 * n)).format(30 + n) for n in range(3)))
    assert trace.clock == "local" and trace.duration_ns == 2 * 10**9 and values(trace, "ib_tx_gbs", "lid6:1") == [1, 1]

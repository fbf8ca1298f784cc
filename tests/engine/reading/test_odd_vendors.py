"""The smi tools of other versions, separators and locales. All texts are synthetic, in the form that the tools print."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Trace
from app.engine.reading import read_trace


def read(folder: Path, text: str) -> Trace:
    path = folder / "unknown"
    path.write_text(text)
    return read_trace(path)


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


def start_of(trace: Trace) -> str:
    assert trace.start_ns is not None
    return datetime.fromtimestamp(trace.start_ns / 1e9, UTC).isoformat()[:19]


ROCM6 = """
============================================ ROCm System Management Interface ============================================
====================================================== Concise Info ======================================================
Device  Node  IDs              Temp        Power     Partitions          SCLK     MCLK     Fan  Perf  PwrCap  VRAM%  GPU%
              (DID,     GUID)  (Junction)  (Socket)  (Mem, Compute, ID)
==========================================================================================================================
0       2     0x74a1,   55354  42.0°C      140.0W    NPS1, SPX, 0        132Mhz   900Mhz   0%   auto  750.0W  1%     50%
1       3     0x74a1,   41632  37.0°C      N/A       NPS1, SPX, 0        131Mhz   900Mhz   0%   auto  750.0W  2%     60%
==========================================================================================================================
================================================== End of ROCm SMI Log ===================================================
"""


def test_the_table_of_rocm_6(tmp_path):
    trace = read(tmp_path, f"2024-05-06 11:22:33\n{ROCM6}\n2024-05-06 11:22:38\n{ROCM6.replace(' 50%', ' 55%')}")
    assert trace.files[0].format == "rocm-smi" and trace.files[0].rows == 4 and trace.duration_ns == 5 * 10**9
    assert values(trace, "gpu_utilisation") == [0.5, 0.55] and values(trace, "power_w") == [140, 140]
    assert values(trace, "temperature_c", "1") == [37, 37] and values(trace, "vram_utilisation", "1") == [0.02, 0.02]


@pytest.mark.parametrize(("word", "slug"), [("GPU", "rocm-smi"), ("DCU", "hy-smi"), ("HCU", "hy-smi")])
def test_lines_of_one_card_each(tmp_path, word, slug):
    lines = [f"{word}[{card}]\t\t: {word} use (%): {tick}{card}" for tick in (1, 2) for card in (0, 1)]
    lines.insert(2, f"{word}[0]\t\t: VRAM Total Used Memory (B): 1073741824")
    trace = read(tmp_path, "=== % time GPU is busy ===\n" + "\n".join(lines) + "\n=== End of ROCm SMI Log ===\n")
    assert trace.files[0].format == slug and values(trace, "gpu_utilisation") == [0.1, 0.2]
    assert values(trace, "gpu_utilisation", "1") == [0.11, 0.21] and values(trace, "vram_used_gib")[0] == 1


def test_rows_of_iluvatars_cards_are_ixsmis(tmp_path):
    head = "timestamp, index, name, utilization.gpu [%], memory.used [MiB]\n"
    rows = "".join(f"2024/12/20 11:14:2{tick}.123, 0, Iluvatar BI-V150, 4{tick} %, 116 MiB\n" for tick in range(3))
    assert read(tmp_path, head + rows).files[0].format == "ixsmi"
    assert read(tmp_path, head + rows.replace("Iluvatar BI-V150", "NVIDIA A100")).files[0].format == "nvidia-smi-csv"


KUNLUN = """Runtime Version: 4.0
  DEVICES
---------------------------------------------------------------------------------------------------------------------------
| DevID |   PCI Addr   | Model |        SN        |   INODE   | State | UseRate |    L3     |     Memory     | Power(W) | Temp | Freq(MHz) |
---------------------------------------------------------------------------------------------------------------------------
|     0 | 0000:53:00.0 | R300  | 02K08Y6217V0003G | /dev/xpu0 |     N |    45 % | 0 / 63 MB | 512 / 32768 MB |       60 |   41 |      1000 |
|     1 | 0000:56:00.0 | R300  | 02K08Y6217V0004G | /dev/xpu1 |     N |    46 % | 0 / 63 MB | 512 / 32768 MB |       61 |   42 |      1000 |
---------------------------------------------------------------------------------------------------------------------------
"""


def test_kunluns_older_table(tmp_path):
    trace = read(tmp_path, KUNLUN)
    assert trace.files[0].format == "kunlun-xpu-smi" and [(one.id, one.name, one.memory_gib) for one in trace.devices][1] == (
        "1",
        "R300",
        32,
    )
    assert values(trace, "gpu_utilisation") == [0.45] and values(trace, "vram_used_gib") == [0.5] and values(trace, "power_w", "1") == [61]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_rows_that_a_spreadsheet_has_saved_anew(tmp_path, separator):
    lines = [
        "timestamp, index, utilization.gpu [%], memory.total [MiB], power.draw [W]",
        "2025/07/27 00:22:27.858, 0, 45 %, 81920 MiB, 70,25 W",
    ]
    text = "\n".join(line.replace(", ", separator) for line in [*lines, lines[1].replace("27.858", "28.858")])
    trace = read(tmp_path, text + "\n")
    assert trace.files[0].format == "nvidia-smi-csv" and values(trace, "power_w") == [70.25, 70.25]
    assert trace.devices[0].memory_gib == 80


def test_bare_numbers_without_a_head_are_not_guessed(tmp_path):
    rows = "".join(f"2025/07/27 00:22:2{tick}.858, 0, {40 + tick}, 10{tick}, 81559\n" for tick in range(4))
    with pytest.raises(UnreadableFile):
        read(tmp_path, rows)


@pytest.mark.parametrize(
    ("date", "start", "clock"),
    [
        ("2025年 07月 27日 星期日 下午 01:22:{} CST", "2025-07-27T13:22:27", "local"),
        ("2025年 07月 27日 星期日 上午 12:22:{} CST", "2025-07-27T00:22:27", "local"),
        ("Sun Jul 27 01:22:{} PM CST 2025", "2025-07-27T13:22:27", "local"),
        ("Sun 27 Jul 2025 01:22:{} PM UTC", "2025-07-27T13:22:27", "absolute"),
        ("Sun Jul 27 13:22:{} UTC 2025", "2025-07-27T13:22:27", "absolute"),
    ],
)
def test_lines_of_date_of_several_locales(tmp_path, date, start, clock):
    trace = read(tmp_path, "".join(f"{date.format(27 + n)}\nutilization.gpu [%], memory.used [MiB]\n{n} %, 5 MiB\n" for n in range(3)))
    assert start_of(trace) == start and trace.clock == clock and trace.duration_ns == 2 * 10**9


def test_a_zone_of_utc_in_hl_smis_rows_is_kept(tmp_path):
    rows = "".join(f"Mon Jul 22 07:50:1{n} UTC 2024, 0, 4{n} %, 768 MiB\n" for n in range(3))
    trace = read(tmp_path, "timestamp, index, utilization.aip [%], memory.used [MiB]\n" + rows)
    assert trace.files[0].format == "hl-smi" and trace.clock == "absolute" and start_of(trace) == "2024-07-22T07:50:10"


HEAD = "timestamp, index, utilization.gpu [%]\n"


def test_the_end_of_summer_time_is_no_step_back(tmp_path):
    stamps = ["2025/10/26 02:59:58.000", "2025/10/26 02:59:59.000", "2025/10/26 02:00:00.000", "2025/10/26 02:00:01.000"]
    rows = "".join(f"{stamp}, {card}, {n}0 %\n" for n, stamp in enumerate(stamps) for card in (0, 1))
    trace = read(tmp_path, HEAD + rows)
    assert trace.duration_ns == 3 * 10**9 and values(trace, "gpu_utilisation") == pytest.approx([0, 0.1, 0.2, 0.3])
    assert "reading.clock_set_back" in {warning.code for warning in trace.warnings}
    blocks = "".join(
        f"2025/10/26 {hour:02d}:{minute:02d}:00.000, {card}, 5 %\n" for card in (0, 1) for hour, minute in ((1, 0), (1, 1), (2, 0))
    )
    assert read(tmp_path, HEAD + blocks).duration_ns == 3600 * 10**9


def test_the_line_above_a_screen_of_watch_is_no_row_but_its_date_counts(tmp_path):
    above = "\x1b[H\x1b[2JEvery 1.0s: nvidia-smi --query-gpu={} --format=csv          node01: Sun Jul 27 00:22:{} 2025\n\n"
    screens = (
        f"{above.format('timestamp,index,utilization.gpu', 27 + n)}{HEAD}2025/07/27 00:22:{27 + n}.858, 0, {n} %\n" for n in range(3)
    )
    trace = read(tmp_path, "".join(screens))
    assert trace.files[0].rows == 3 and "skipped.no_time" not in trace.skipped and start_of(trace) == "2025-07-27T00:22:27"
    screens = (f"{above.format('index,utilization.gpu', 27 + n)}index, utilization.gpu [%]\n0, {n} %\n" for n in range(3))
    trace = read(tmp_path, "".join(screens))
    assert start_of(trace) == "2025-07-27T00:22:27" and trace.duration_ns == 2 * 10**9


def test_of_two_columns_for_one_field_the_one_of_that_name_counts(tmp_path):
    head = "timestamp, index, clocks.gr [MHz], clocks.sm [MHz], power.draw.instant [W], power.draw [W]\n"
    trace = read(tmp_path, head + "".join(f"2025/07/27 00:22:2{n}.858, 0, 1000 MHz, 1100 MHz, 150 W, 100 W\n" for n in range(2)))
    assert values(trace, "sm_clock_mhz") == [1100, 1100] and values(trace, "power_w") == [100, 100]


def test_zeros_of_a_power_loss_and_downloads_that_are_none(tmp_path):
    text = f"{HEAD}2025/07/27 00:22:27.858, 0, 25 %\n" + "\0" * 400 + "2025/07/27 00:22:29.858, 0, 50 %\n"
    assert values(read(tmp_path, text), "gpu_utilisation") == [0.25, 0.5]
    for text, code in (
        ("version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n", "reading.lfs_pointer"),
        ("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "reading.web_page"),
    ):
        with pytest.raises(UnreadableFile) as error:
            read(tmp_path, text)
        assert error.value.message.code == code


@pytest.mark.parametrize("wrapped", [False, True])
def test_amd_smi_as_json(tmp_path, wrapped):
    def told(value: float, unit: str) -> dict:
        return {"value": value, "unit": unit}

    documents = []
    for tick in (0, 1):
        cards: list[dict] = [
            {
                "gpu": card,
                "usage": {"gfx_activity": told(95 + tick, "%"), "umc_activity": told(10, "%")},
                "power": {"socket_power": told(248, "W")},
                "clock": {"gfx_0": {"clk": told(2100, "MHz")}, "mem_0": {"clk": told(1300, "MHz")}},
                "mem_usage": {"total_vram": told(196608, "MB"), "used_vram": told(98304, "MB")},
            }
            for card in (0, 1)
        ]
        documents.append(json.dumps({"gpu_data": cards} if wrapped else cards, indent=4))
    trace = read(tmp_path, "\n".join(documents))
    assert trace.files[0].format == "amd-smi-csv" and trace.files[0].rows == 4 and trace.devices[1].memory_gib == 192
    assert values(trace, "gpu_utilisation", "1") == pytest.approx([0.95, 0.96]) and values(trace, "vram_utilisation") == [0.5, 0.5]
    assert values(trace, "sm_clock_mhz") == [2100, 2100] and values(trace, "memory_clock_mhz") == [1300, 1300]


def test_amd_smi_monitor_as_json_has_its_times(tmp_path):
    ticks = [[{"timestamp": 1714990950 + n, "gpu": 0, "gfx": {"value": 90 + n, "unit": "%"}, "hotspot_temperature": "N/A"}] for n in (0, 1)]
    trace = read(tmp_path, "\n".join(map(json.dumps, ticks)))
    assert trace.clock == "absolute" and trace.duration_ns == 10**9 and values(trace, "gpu_utilisation") == pytest.approx([0.9, 0.91])


def test_after_a_damaged_document_of_amd_smi_the_next_ones_count(tmp_path):
    ticks = [json.dumps([{"timestamp": 1714990950 + n, "gpu": 0, "gfx": {"value": 90 + n, "unit": "%"}}], indent=4) for n in range(4)]
    trace = read(tmp_path, "\n".join([ticks[0], ticks[1][:60], *ticks[2:]]))
    assert values(trace, "gpu_utilisation") == pytest.approx([0.9, 0.92, 0.93]) and trace.skipped == {"skipped.damaged_card": 1}

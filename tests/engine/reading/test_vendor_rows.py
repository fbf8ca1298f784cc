"""npu-smi, amd-smi, rocm-smi, hy-smi and Intel's xpu-smi. The texts are synthetic, in the form that the tools print or document."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError
from app.engine.model.traces import Trace
from app.engine.reading import read_trace


def read(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Trace:
    path = folder / "unknown"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_trace(path)


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


def metrics(trace: Trace, device: str = "0") -> set[str]:
    return {one.metric for one in trace.series if one.device == device}


def codes(trace: Trace) -> set[str]:
    return {warning.code for warning in trace.warnings}


def test_real_npu_smi(shared_data, tmp_path):
    folder = shared_data / "traces" / "npu-smi-watch"
    board = read(tmp_path, (folder / "atlas200dk_watch_9col.txt").read_bytes())
    assert board.files[0].format == "npu-smi" and board.files[0].rows == 9
    assert board.skipped == {"skipped.preamble": 1, "skipped.bad_row": 1}
    assert values(board, "power_w")[:3] == [8.7, 8.7, 8.8] and values(board, "gpu_utilisation")[1] == 0.25
    assert values(board, "vram_utilisation")[-1] == 0.71 and values(board, "vram_bandwidth")[2] == 0.13
    card = read(tmp_path, (folder / "atlas_a2_watch_9col.txt").read_bytes())
    assert [device.id for device in card.devices] == ["2"] and values(card, "power_w", "2")[2] == 90.3 and not card.skipped


WATCH = (
    "NpuID(Idx)  ChipId(Idx) Pwr(W)      Temp(C)     AI Core(%)  AI Cpu(%)   Ctrl Cpu(%) Memory(%)   Memory BW(%)"
    "  NPU Util(%)   AI Cube(%)\n"
)


def test_npu_watch_with_eleven_columns_and_a_stated_interval(tmp_path):
    rows = "0 0 290.4 51 10 0 16 3 20 55 44\n1 0 NA 49 10 0 4 3 21 - 45\n0 0 291.4 51 10 0 16 3 20 57 46\n1 0 280 49 10 0 4 3 21 - 47\n"
    trace = read(tmp_path, "root@host:~# npu-smi info watch -d 2\n" + WATCH + rows)
    assert values(trace, "gpu_utilisation") == pytest.approx([0.55, 0.57]) and values(trace, "tensor_core") == pytest.approx([0.44, 0.46])
    assert np.isnan(values(trace, "power_w", "1")[0]) and "gpu_utilisation" not in metrics(trace, "1") and trace.duration_ns == 2 * 10**9


def test_npu_watch_of_the_second_generation_and_the_short_form(tmp_path):
    second = "NpuID(Idx)  Pwr(W)      Temp(C)     AI Core(%)  Memory(%)   NPU Util(%)    AI Cube(%)\n"
    second += "0 290.4 51 30 5 60 40\n1 291 50 31 6 61 41\n"
    trace = read(tmp_path, second + second.replace(" 60 ", " 70 "))
    assert values(trace, "gpu_utilisation") == pytest.approx([0.6, 0.7]) and trace.skipped == {"skipped.repeated_head": 1}
    short = read(tmp_path, "NpuID(Idx)  AI Core(%)\n0           12\n0           13\n")
    assert metrics(short) == {"gpu_utilisation"}


def test_npu_watch_tells_several_chips_apart_and_takes_the_stamps(tmp_path):
    lines = [WATCH.rsplit("NPU", 1)[0].rstrip(), "0 0 90 40 1 0 0 5 1", "0 1 91 41 2 0 0 6 2", "0 0 92 42 3 0 0 7 3", "0 1 93 43 4 0 0 8 4"]
    stamped = "\n".join(f"2026-05-01 12:00:{3 * n:02d} {line}" for n, line in enumerate(lines))
    trace = read(tmp_path, stamped + "\n")
    assert [device.id for device in trace.devices] == ["0.0", "0.1"] and values(trace, "power_w", "0.1") == [91, 93]
    assert trace.clock == "local" and trace.duration_ns == 9 * 10**9


NPU_TABLE = """Fri Jun 26 11:59:44 CST 2026
+------------------------------------------------------------------------------------------------+
| npu-smi 24.1.0                   Version: 24.1.0                                               |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     910B2               | OK            | 135.9       39                0    / 0             |
| 0                         | 0000:C1:00.0  | 40          0    / 0          32768/ 65536         |
+===========================+===============+====================================================+
| 5     910B2               | OK            | NA          37                0    / 0             |
| 0                         | 0000:01:00.0  | 7           0    / 0          4096 / 65536         |
+===========================+===============+====================================================+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
| 0       0                 | 1712733       | python                   | 48954                   |
"""


def test_npu_table_is_a_snapshot_and_with_dates_a_series(tmp_path):
    trace = read(tmp_path, NPU_TABLE)
    assert (
        trace.is_snapshot
        and trace.files[0].rows == 2
        and [(one.id, one.name, one.memory_gib) for one in trace.devices]
        == [
            ("0", "910B2", 64),
            ("5", "910B2", 64),
        ]
    )
    assert (
        values(trace, "vram_utilisation") == [0.5]
        and values(trace, "gpu_utilisation", "5") == [0.07]
        and trace.environment == {"tool": "24.1.0"}
    )
    assert "power_w" not in metrics(trace, "5") and not trace.skipped
    both = read(tmp_path, NPU_TABLE + NPU_TABLE.replace("11:59:44", "11:59:49"))
    assert both.duration_ns == 5 * 10**9 and values(both, "power_w") == [135.9, 135.9]


def test_npu_table_of_the_newer_layout(tmp_path):
    text = """| npu-smi 25.7.rc1                                 Version: 25.7.rc1                              |
| NPU ID | Name             | Health        | Power(W)    Temp(C)           Hugepages-Usage(page) |
|        |                  | Bus-Id        | NPU Util(%) Memory-Usage(MB)  HBM-Usage(MB)         |
+========+==================+===============+=====================================================+
| 0      | Ascend950PR      | OK            | 187.1       46                0     / 0             |
|        |                  | 0000:01:00.0  | 99          0    / 0          65536 / 131072        |
| 1      | Ascend950PR      | Alarm         | 197.9       47                0     / 0             |
|        |                  | NA            | 0           0    / 0          6632  / 131072        |
"""
    trace = read(tmp_path, text)
    assert (
        values(trace, "vram_used_gib") == [64.0]
        and values(trace, "gpu_utilisation", "1") == [0.0]
        and trace.devices[1].name == "Ascend950PR"
    )


def test_npu_usages_by_card_with_the_chip_at_the_end(tmp_path):
    block = """        NPU ID                         : 4
        Chip Count                     : 1

        HBM Capacity(MB)               : 65536
        HBM Usage Rate(%)              : {hbm}
        Aicore Usage Rate(%)           : 71
        Aivector Usage Rate(%)         : 9
        HBM Bandwidth Usage Rate(%)    : 33
        NPU Utilization(%)             : 70
        Aicube Usage Rate(%)           : 46
        Chip ID                        : 0
"""
    text = "2026-05-01 12:00:00\n" + block.format(hbm=5) + "2026-05-01 12:00:10\n" + block.format(hbm=8)
    trace = read(tmp_path, text)
    assert trace.files[0].format == "npu-smi" and values(trace, "vram_utilisation", "4") == pytest.approx([0.05, 0.08])
    assert values(trace, "gpu_utilisation", "4")[0] == pytest.approx(0.7) and values(trace, "tensor_core", "4")[0] == pytest.approx(0.46)
    assert trace.duration_ns == 10**10 and trace.devices[0].memory_gib == 64
    two = read(
        tmp_path, block.format(hbm=5) + block.format(hbm=6).split("\n\n")[1].replace("Chip ID                        : 0", "Chip ID : 1")
    )
    assert [device.id for device in two.devices] == ["4.0", "4.1"]


def test_real_amd_files(shared_data, tmp_path):
    folder = shared_data / "traces"
    csv = read(tmp_path, next((folder / "amd-smi-metric-csv").iterdir()).read_bytes())
    assert csv.files[0].format == "amd-smi-csv" and csv.files[0].rows == 10 and not csv.skipped and len(csv.devices) == 8
    assert values(csv, "power_w") == [238, 239] and values(csv, "temperature_c") == [37, 37] and values(csv, "sm_clock_mhz") == [95, 95]
    assert csv.clock == "absolute" and csv.start_ns == 1786553852 * 10**9 and csv.duration_ns == 10**9
    mi100 = read(tmp_path, next((folder / "rocm-smi-json").glob("*mi100*")).read_bytes())
    assert (
        len(mi100.devices) == 6 and mi100.devices[0].name == "Arcturus GL-XL [Instinct MI100]" and mi100.environment == {"driver": "6.2.4"}
    )
    assert mi100.devices[0].memory_gib == pytest.approx(34342961152 / 2**30) and values(mi100, "vram_used_gib") == pytest.approx(
        [6782976 / 2**30]
    )
    radeon = read(tmp_path, next((folder / "rocm-smi-json").glob("*rx6700*")).read_bytes())
    assert (
        values(radeon, "power_w") == [6] and values(radeon, "memory_clock_mhz") == [96] and values(radeon, "memory_controller_busy") == [0]
    )
    load = read(tmp_path, (folder / "hy-smi-text" / "hysmi_8dcu_load.txt").read_bytes())
    assert load.files[0].format == "hy-smi" and load.files[0].rows == 8 and load.environment == {"power_limit_w": "600"}
    assert [values(load, "gpu_utilisation", str(card))[0] for card in range(8)] == pytest.approx(
        [0.74, 0.29, 0.31, 0.28, 0.35, 0.17, 0.37, 0.46]
    )
    assert values(load, "vram_utilisation") == [0.87] and values(load, "temperature_c", "7") == [68]


def test_amd_monitor_csv(tmp_path):
    head = "timestamp,gpu,xcp,power_usage,hotspot_temperature,memory_temperature,gfx_clk,gfx,mem,mem_clock,vram_used,vram_total,pcie_bw\n"
    rows = "1786553852,0,0,300,60,50,2100,95,40,1300,1024,4096,N/A\n1786553852,0,1,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\n"
    trace = read(tmp_path, head + rows + "\n" + rows.replace("52,0", "53,0") + "\n178655")
    assert values(trace, "gpu_utilisation") == pytest.approx([0.95, 0.95]) and values(trace, "memory_controller_busy")[0] == pytest.approx(
        0.4
    )
    assert values(trace, "vram_utilisation") == [0.25, 0.25] and trace.devices[0].memory_gib == 4
    assert trace.skipped == {"skipped.mig_instance": 2, "skipped.bad_row": 1}


def test_amd_monitor_csv_with_units_and_no_time(tmp_path):
    trace = read(
        tmp_path, "$ amd-smi monitor --csv -w 3\nGPU,GFX%,VRAM_USED\n0,5 %,1024 MB\n1,87 %,2048 MB\n\n0,6 %,1024 MB\n1,N/A,2048 MB\n"
    )
    assert trace.files[0].format == "amd-smi-csv" and values(trace, "vram_used_gib", "1") == [2.0, 2.0] and trace.duration_ns == 3 * 10**9
    assert values(trace, "gpu_utilisation") == pytest.approx([0.05, 0.06])


def test_amd_monitor_table(tmp_path):
    text = """AMDSMI Tool: 24.6.2 | AMDSMI Library version: 24.6.2.0 | ROCm version: 6.2.2
GPU  POWER  GPU_TEMP  MEM_TEMP  GFX_UTIL  GFX_CLOCK  MEM_UTIL  MEM_CLOCK      THROTTLE  VRAM_USED  VRAM_TOTAL   PCIE_BW
  0  126 W     40 °C     32 °C      83 %    182 MHz      12 %    900 MHz  UNTHROTTLED     512 MB    65536 MB  N/A Mb/s
  1  127 W     41 °C       N/A       N/A    183 MHz      13 %    900 MHz  UNTHROTTLED     512 MB    65536 MB  N/A Mb/s
"""
    trace = read(tmp_path, text)
    assert (
        trace.files[0].format == "amd-smi-csv"
        and values(trace, "gpu_utilisation") == pytest.approx([0.83])
        and values(trace, "power_w", "1") == [127]
    )
    assert values(trace, "vram_used_gib") == [0.5] and trace.devices[0].memory_gib == 64 and trace.skipped == {"skipped.preamble": 1}
    stamped = "\n".join(f"2026-05-01 12:00:0{n} {line}" for n, line in enumerate(text.splitlines()[1:] + text.splitlines()[2:]))
    assert read(tmp_path, stamped + "\n").duration_ns == 3 * 10**9


def test_amd_table_with_a_time_column_and_a_shared_cell(tmp_path):
    head = "TIMESTAMP   GPU  XCP  POWER   GPU_T   GFX_CLK   GFX%   MEM%  VRAM_USAGE\n"
    text = head + "1786553852  0  0  120 W  40 °C  132 MHz  50 %  3 %  2.0/192.0 GB\n"
    trace = read(tmp_path, text)
    assert trace.clock == "absolute" and values(trace, "vram_used_gib") == [2.0] and values(trace, "gpu_utilisation") == [0.5]
    assert trace.devices[0].memory_gib == 192


def test_rocm_json_in_a_loop_with_dates(tmp_path):
    card = {
        "GPU use (%)": "95",
        "GPU memory use (%)": "N/A",
        "VRAM Total Memory (B)": str(2**36),
        "VRAM Total Used Memory (B)": str(2**35),
        "Temperature (Sensor junction) (C)": "61.0",
        "Current Socket Graphics Package Power (W)": "512.0",
        "Max Graphics Package Power (W)": "750.0",
    }
    one = json.dumps({"card0": card, "card1": {**card, "GPU use (%)": "94"}, "system": {"Driver version": "6.10"}})
    text = (
        "\n".join(f"Fri Jun 26 11:59:{second} CST 2026\nWARNING: a card is in a low-power state\n{one}" for second in (44, 46))
        + '\n{"card0": {"GPU use'
    )
    trace = read(tmp_path, text)
    assert trace.files[0].format == "rocm-smi" and values(trace, "gpu_utilisation", "1") == pytest.approx([0.94, 0.94])
    assert (
        values(trace, "power_w") == [512, 512]
        and values(trace, "vram_utilisation") == [0.5, 0.5]
        and values(trace, "temperature_c") == [61, 61]
    )
    assert (
        trace.duration_ns == 2 * 10**9 and trace.skipped == {"skipped.damaged_card": 1} and "memory_controller_busy" not in metrics(trace)
    )


def test_rocm_csv_blocks_belong_to_one_tick(tmp_path):
    tick = (
        "WARNING: AMD GPU device(s) is/are in a low-power state\n\n"
        "device,Temperature (Sensor edge) (C),GPU use (%)\ncard0,45.0,12\ncard1,46.0,13\n\n"
        "device,VRAM Total Memory (B),VRAM Total Used Memory (B)\ncard0,17179869184,1073741824\ncard1,17179869184,2147483648\n"
    )
    trace = read(tmp_path, tick + tick.replace(",12", ",22"))
    assert (
        trace.files[0].format == "rocm-smi" and trace.files[0].rows == 4 and values(trace, "gpu_utilisation") == pytest.approx([0.12, 0.22])
    )
    assert (
        values(trace, "vram_used_gib", "1") == [2.0, 2.0] and trace.devices[1].memory_gib == 16 and "reading.synthetic_time" in codes(trace)
    )
    assert trace.skipped["skipped.not_a_row"] == 1


SHORT_ROCM = """===== ROCm System Management Interface =====
GPU  Temp (DieEdge)  AvgPwr  SCLK    MCLK     Fan  Perf  PwrCap  VRAM%  GPU%
0    35.0c           17.0W   852Mhz  1000Mhz  0%   auto  225.0W    3%   40%
==== End of ROCm SMI Log ====
"""
SHORT_HYGON = """==== System Management Interface ====
HCU     Temp     AvgPwr     Perf     PwrCap     VRAM%      HCU%      Dec%     Enc%     Mode
0       50.0C    300.0W     auto     400.0W     50%        {load}%       0%       0%       Normal
==== End of SMI Log ====
"""


def test_short_tables_of_rocm_and_of_hygon_in_a_loop(tmp_path):
    trace = read(tmp_path, SHORT_ROCM)
    assert trace.files[0].format == "rocm-smi" and values(trace, "sm_clock_mhz") == [852] and values(trace, "gpu_utilisation") == [0.4]
    text = "while true; do date; hy-smi; sleep 1; done\n" + "".join(
        f"Fri Jun 26 11:59:4{n} CST 2026\n" + SHORT_HYGON.format(load=90 + n) for n in range(3)
    )
    found = read(tmp_path, text)
    assert found.files[0].format == "hy-smi" and values(found, "gpu_utilisation") == pytest.approx([0.90, 0.91, 0.92])
    assert (
        found.duration_ns == 2 * 10**9
        and found.clock == "local"
        and found.skipped["skipped.repeated_head"] == 2
        and "skipped.bad_row" not in found.skipped
    )


def test_hygon_json(tmp_path):
    text = json.dumps({"card0": {"DCU use (%)": "88", "DCU memory use (%)": "40", "Average Graphics Package Power (W)": "250.0"}})
    trace = read(tmp_path, text)
    assert trace.files[0].format == "hy-smi" and values(trace, "gpu_utilisation") == [0.88] and values(trace, "power_w") == [250]


def test_real_intel_dumps(shared_data, tmp_path):
    folder = shared_data / "traces" / "xpu-smi-dump-csv"
    aurora = read(tmp_path, (folder / "aurora_6gpu_dump.csv").read_bytes())
    assert aurora.files[0].format == "intel-xpu-smi" and aurora.files[0].rows == 11 and aurora.clock == "relative"
    assert values(aurora, "power_w") == [280.50, 279.97] and "gpu_utilisation" not in metrics(aurora)
    found = values(aurora, "vram_utilisation")
    assert np.isnan(found[0]) and found[1] == pytest.approx(0.1115) and aurora.duration_ns == 10**9
    manual = read(tmp_path, (folder / "xpu-smi_manual_dump.csv").read_bytes())
    assert values(manual, "power_w") == [14.61, 14.59, 14.61, 14.61, 14.61] and values(manual, "gpu_utilisation") == [0] * 5


def test_intel_passes_midnight_and_keeps_tiles_apart(tmp_path):
    text = "Timestamp, DeviceId, TileId, GPU Utilization (%), PCIe Read (kB/s), GPU Memory Bandwidth Utilization (%)\n"
    rows = [("23:59:59.500", 0), ("23:59:59.500", 1), ("00:00:00.500", 0), ("00:00:00.500", 1)]
    trace = read(
        tmp_path, text + "".join(f"{time},    0,    {tile}, 50.00, 2000000, 40.00\n" for time, tile in rows) + "00:00:01.500,   0, 1"
    )
    assert (
        [device.id for device in trace.devices] == ["0.0", "0.1"] and trace.duration_ns == 10**9 and trace.skipped == {"skipped.bad_row": 1}
    )
    assert values(trace, "pcie_rx_gbs", "0.1") == [2.0, 2.0] and values(trace, "vram_bandwidth", "0.0") == [0.4, 0.4]


SAMPLES = [NPU_TABLE, WATCH + "0 0 90 40 1 0 0 5 1 2 3\n" * 3, "NPU ID : 1\nHBM Usage Rate(%) : 5\nChip ID : 0\n",
           "timestamp,gpu,gfx_activity,socket_power\n1786553852,0,5,\"[1, 2]\"\n1786553853,0,5,6\n",
           "GPU  POWER  GFX_UTIL\n  0  126 W  83 %\n", '{"card0": {"GPU use (%)": "5"}, "system": {"Driver version": "1"}}',
           "device,GPU use (%)\ncard0,12\n", "DCU Temp AvgPwr Perf PwrCap VRAM% DCU% Mode\n0 53.0C 96.0W auto 300.0W 0% 0% Normal\n",
           "Timestamp, DeviceId, GPU Power (W)\n06:14:46.000,    0, 14.61\n06:14:47.000,    0, N/A\n"]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sample=st.sampled_from(SAMPLES), edits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), st.text(max_size=8)), max_size=4))
def test_no_mutation_makes_a_reader_fall_over(tmp_path, sample, edits):
    for place, length, text in edits:
        sample = sample[:place] + text + sample[place + length :]
    try:
        trace = read(tmp_path, sample + sample[: len(sample) // 2])
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series or trace.warnings

"""Tables as dashboards, spreadsheets and other countries write them. All texts are synthetic."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.model.traces import Trace
from app.engine.reading import read_trace


def read(folder: Path, text: str, encoding: str = "utf-8") -> Trace:
    path = folder / "unknown"
    path.write_bytes(text.encode(encoding))
    trace = read_trace(path)
    assert trace.files[0].format == "table"
    return trace


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


def start_of(trace: Trace) -> str:
    assert trace.start_ns is not None
    return datetime.fromtimestamp(trace.start_ns / 1e9, UTC).isoformat()[:19]


def test_cells_of_one_column_in_several_units_are_brought_to_one(tmp_path):
    trace = read(
        tmp_path,
        '"Time","GPU 0 memory used","GPU 0 NVLink TX","GPU 0 power"\n'
        '"2026-07-01 12:00:00","512 MiB","900 MB/s","300 W"\n"2026-07-01 12:00:15","1.5 GiB","1.20 GB/s","1.1 kW"\n',
    )
    assert values(trace, "vram_used_gib") == [0.5, 1.5]
    assert values(trace, "nvlink_tx_gbs") == pytest.approx([0.9, 1.2]) and values(trace, "power_w") == [300, 1100]


def test_bits_and_a_single_unit_in_the_cells(tmp_path):
    trace = read(tmp_path, "time,ib rx,gpu_memory used\n0,8.0 Gb/s,300 MiB\n1,4.0 Gb/s,300 MiB\n")
    assert values(trace, "ib_rx_gbs", "host") == [1.0, 0.5] and values(trace, "vram_used_gib") == pytest.approx([300 / 1024] * 2)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_comma_as_decimal_mark(tmp_path, separator):
    rows = ["time;gpu_util (%);power (W);memory used (MiB)", "0;45,5;1.300,25;12.345,5", "1;46,5;301,25;12.346,5", "2;0,125;300;900"]
    trace = read(tmp_path, "\n".join(rows).replace(";", separator) + "\n")
    assert values(trace, "gpu_utilisation") == pytest.approx([0.455, 0.465, 0.00125])
    assert values(trace, "power_w") == [1300.25, 301.25, 300] and values(trace, "vram_used_gib")[0] == pytest.approx(12345.5 / 1024)


def test_commas_between_thousands_in_quoted_cells(tmp_path):
    trace = read(tmp_path, 'time,memory used (MiB),power (W)\n0,"12,345","1,300.5"\n1,"12,346","1,301.5"\n')
    assert values(trace, "vram_used_gib")[0] == pytest.approx(12345 / 1024) and values(trace, "power_w") == [1300.5, 1301.5]


@pytest.mark.parametrize(
    ("first", "second", "start"),
    [
        ("2026年7月1日 13:00:00", "2026年7月1日 13:00:15", "2026-07-01T13:00:00"),
        ("2026/7/1 下午 1:00:00", "2026/7/1 下午 1:00:15", "2026-07-01T13:00:00"),
        ("2026年07月01日 星期三 上午12:00:00", "2026年07月01日 星期三 上午12:00:15", "2026-07-01T00:00:00"),
        ("20260701130000", "20260701130015", "2026-07-01T13:00:00"),
        ("2026-07-01-13-00-00", "2026-07-01-13-00-15", "2026-07-01T13:00:00"),
        ("01.07.2026 13:00:00", "01.07.2026 13:00:15", "2026-07-01T13:00:00"),
        ('"01/07/2026, 13:00:00"', '"01/07/2026, 13:00:15"', "2026-07-01T13:00:00"),
        ("7/1/2026 1:00:00 PM", "7/1/2026 1:00:15 PM", "2026-07-01T13:00:00"),
        ("13/07/2026 13:00:00", "13/07/2026 13:00:15", "2026-07-13T13:00:00"),
        ("07/13/2026 13:00:00", "07/13/2026 13:00:15", "2026-07-13T13:00:00"),
        ("Wed Jul  1 13:00:00 2026", "Wed Jul  1 13:00:15 2026", "2026-07-01T13:00:00"),
        ("1 Jul 2026 13:00:00", "1 Jul 2026 13:00:15", "2026-07-01T13:00:00"),
    ],
)
def test_dates_that_are_not_iso(tmp_path, first, second, start):
    trace = read(tmp_path, f"时间,GPU利用率(%)\n{first},45\n{second},46\n", "gb18030")
    assert trace.clock == "local" and trace.duration_ns == 15 * 10**9 and start_of(trace) == start


def test_a_date_that_could_be_two_has_no_start(tmp_path):
    trace = read(tmp_path, "time,gpu_util\n01/07/2026 13:00:00,45\n01/07/2026 13:00:15,46\n")
    assert trace.start_ns is None and trace.duration_ns == 15 * 10**9


def test_date_and_time_in_two_columns(tmp_path):
    trace = read(tmp_path, "date,time,gpu_util\n2026-07-01,23:59:59,45\n2026-07-02,00:00:01,46\n")
    assert start_of(trace) == "2026-07-01T23:59:59" and trace.duration_ns == 2 * 10**9


def test_a_dashboards_long_export_has_a_series_for_each_name(tmp_path):
    rows = "".join(
        f'"GPU {card} utilization";"2026-07-01T12:00:{15 * tick:02d}+08:00";{10 * tick + card}\n' for tick in (0, 1) for card in (0, 1)
    )
    trace = read(tmp_path, 'sep=;\n"Series";"Time";"Value"\n' + rows)
    assert values(trace, "gpu_utilisation") == [0.0, 0.1] and values(trace, "gpu_utilisation", "1") == pytest.approx([0.01, 0.11])
    assert trace.clock == "absolute"


def test_heads_with_commas_in_quotes_do_not_hide_the_table(tmp_path):
    trace = read(tmp_path, '"Time","util{gpu=""0"", instance=""n1""} GPU util"\n2026-07-01 12:00:00,45\n2026-07-01 12:00:15,46\n')
    assert trace.files[0].rows == 2


def test_the_unit_of_a_time_column_in_brackets(tmp_path):
    assert read(tmp_path, "Time (ms),gpu_util\n0,45\n1500,46\n").duration_ns == 1_500_000_000


def test_names_of_wandb_and_nvitop(tmp_path):
    heads = "_timestamp,system.gpu.0.gpu,system.gpu.0.memory,system.gpu.0.memoryAllocated,system.gpu.0.memoryAllocatedBytes"
    trace = read(tmp_path, f"{heads},system.gpu.0.powerPercent\n1782864300.1,45,10,50,1073741824,75\n1782864301.1,46,11,51,1073741824,76\n")
    assert values(trace, "gpu_utilisation") == [0.45, 0.46] and values(trace, "memory_controller_busy") == [0.1, 0.11]
    assert values(trace, "vram_utilisation") == [0.5, 0.51] and values(trace, "vram_used_gib") == [1, 1]
    assert {"host_memory_used_gib", "power_w"}.isdisjoint(one.metric for one in trace.series)
    heads = (
        "run/cuda:0 (gpu:3)/memory_used (MiB)/mean,run/cuda:0 (gpu:3)/memory_used (MiB)/max,run/host/memory_percent (%)/mean,run/timestamp"
    )
    trace = read(tmp_path, f"{heads}\n1024,2048,30,1782864300.1\n1024,2048,30,1782864301.1\n")
    assert values(trace, "vram_used_gib") == [1, 1] and "host_memory_used_gib" not in {one.metric for one in trace.series}


def test_limits_are_no_samples_and_do_not_replace_them(tmp_path):
    trace = read(tmp_path, "time,average power [W],power limit [W],gpu temperature,temperature limit\n0,300,700,50,90\n1,301,700,51,90\n")
    assert values(trace, "power_w") == [300, 301] and values(trace, "temperature_c") == [50, 51]


def test_a_row_of_units_below_the_heads(tmp_path):
    trace = read(tmp_path, "time,gpu_util,memory used,power\n,%,GB,W\n2026-07-01 12:00:00,45,700,300\n2026-07-01 12:00:01,46,701,301\n")
    assert trace.files[0].rows == 2 and not trace.skipped and values(trace, "vram_used_gib")[0] == pytest.approx(700e9 / 2**30)
    assert not [warning for warning in trace.warnings if warning.code == "reading.doubtful_column"]


def test_a_spreadsheets_days_are_dates(tmp_path):
    trace = read(tmp_path, "time,gpu_util\n46204.5,45\n46204.50001157,46\n46204.50002315,47\n")
    assert start_of(trace) == "2026-07-01T12:00:00" and trace.clock == "local" and trace.duration_ns == 2 * 10**9
    assert read(tmp_path, "time_s,gpu_util\n46204.5,45\n46204.75,46\n").duration_ns == 250_000_000


def test_three_digits_behind_a_comma_where_no_comma_separates(tmp_path):
    trace = read(tmp_path, "time;power (W);temperature\n0;45,125;50\n1;46,250;51\n")
    assert values(trace, "power_w") == [45.125, 46.25]


def test_chinese_heads_of_links(tmp_path):
    trace = read(
        tmp_path, "采样时间,PCIe接收(MB/s),NVLink发送(GB/s)\n2026-07-01 12:00:00,1200,25\n2026-07-01 12:00:01,1300,26\n", "gb18030"
    )
    assert values(trace, "pcie_rx_gbs") == pytest.approx([1.2, 1.3]) and values(trace, "nvlink_tx_gbs") == [25, 26]


def test_bare_numbers_among_cells_with_units(tmp_path):
    trace = read(tmp_path, "time,power,ib rx,memory used\n0,300 W,0,1024 kb\n1,0,0,2 mb\n2,310 W,0,1 mb\n3,305,1.5 GB/s,\n")
    assert values(trace, "power_w") == [300, 0, 310, 305] and values(trace, "ib_rx_gbs", "host") == [0, 0, 0, 1.5]
    assert values(trace, "vram_used_gib")[1] == pytest.approx(2e6 / 2**30)


def test_thousands_as_a_dashboard_shortens_them(tmp_path):
    assert values(read(tmp_path, "time,tokens\n0,1.2 K\n1,900\n2,1.5 Mil\n"), "tokens") == [1200, 900, 1_500_000]

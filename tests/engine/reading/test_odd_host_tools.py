"""sysstat, vmstat and dstat of other locales, versions and wrappers. All texts are synthetic, in the form that the tools print."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.model.traces import Trace
from app.engine.reading import read_trace

BANNER = "Linux 5.15.0-91-generic (node01) \t2024年05月06日 \t_x86_64_\t(8 CPU)\n\n"
CPU = "%user     %nice   %system   %iowait    %steal     %idle"
CPUS = "     all      {:.2f}      0.00      1.50      3.25      0.00     90.25"


def read(folder: Path, text: str) -> Trace:
    path = folder / "unknown"
    path.write_text(text)
    return read_trace(path)


def values(trace: Trace, metric: str) -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, "host"))


def start_of(trace: Trace) -> str:
    assert trace.start_ns is not None
    return datetime.fromtimestamp(trace.start_ns / 1e9, UTC).isoformat()[:19]


@pytest.mark.parametrize("clock", ["13时22分3{}秒", "下午 01时22分3{}秒", "01:22:3{} 下午", "13:22:3{}"])
def test_sar_and_mpstat_of_a_chinese_locale(tmp_path, clock):
    rows = [clock.format(0) + "     CPU     " + CPU, clock.format(1) + CPUS.format(5), clock.format(2) + CPUS.format(6)]
    sar = read(tmp_path, BANNER + "\n".join([*rows, "平均时间:" + CPUS.format(5.5)]) + "\n")
    assert sar.files[0].format == "sar" and sar.skipped == {"skipped.summary_row": 1}
    assert start_of(sar) == "2024-05-06T13:22:31" and values(sar, "cpu_utilisation") == pytest.approx([0.065, 0.065])
    head = "  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle"
    row = "  all    5.00    0.00    1.00    2.00    0.00    0.00    0.00    0.00    0.00   92.00"
    mpstat = read(tmp_path, BANNER + "\n".join([clock.format(0) + head, clock.format(1) + row, clock.format(2) + row]) + "\n")
    assert mpstat.files[0].format == "mpstat" and start_of(mpstat) == "2024-05-06T13:22:31" and mpstat.duration_ns == 10**9


def test_stamps_before_a_sar_report_are_taken_off(tmp_path):
    rows = ["13:22:30     CPU     " + CPU, "13:22:31" + CPUS.format(5), "13:22:32" + CPUS.format(6)]
    text = "\n".join(f"2024-05-06T05:22:40.123456789Z {line}" for line in [*BANNER.split("\n"), *rows])
    assert start_of(read(tmp_path, text + "\n")) == "2024-05-06T13:22:31"


IOSTAT = (
    "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n           1.00    0.00    1.50    3.25    0.00   85.25\n\n"
    "Device             tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn\n"
    "sda              10.00      1000.00       500.00        100        100\n\n"
)


@pytest.mark.parametrize("stamp", ["2024年05月06日 13时22分3{}秒", "2024年05月06日 13:22:3{}", "2024年05月06日 下午 01时22分3{}秒"])
def test_iostat_with_the_time_of_a_chinese_locale(tmp_path, stamp):
    trace = read(tmp_path, BANNER + "".join(f"{stamp.format(tick)}\n{IOSTAT}" for tick in range(3)))
    assert trace.files[0].format == "iostat" and start_of(trace) == "2024-05-06T13:22:31" and trace.duration_ns == 10**9
    assert values(trace, "disk_read_gbs") == pytest.approx([1024e-6] * 2) and "skipped.bad_row" not in trace.skipped


def test_iostat_for_people_has_a_unit_in_each_cell(tmp_path):
    block = "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n           1.0%    0.0%    1.5%    3.2%    0.0%   85.2%\n\n"
    block += (
        "      tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn Device\n    10.00        {}       200.0k     100.0M     100.0k sda\n\n"
    )
    trace = read(tmp_path, BANNER + block.format("1.0k") + block.format("1.5M") + block.format("2.0G"))
    assert values(trace, "disk_read_gbs") == pytest.approx([1.5 * 2**20 / 1e9, 2 * 2**30 / 1e9])
    assert values(trace, "disk_write_gbs") == pytest.approx([200 * 1024 / 1e9] * 2) and values(trace, "cpu_iowait") == pytest.approx(
        [0.032] * 2
    )


def test_sar_and_iostat_with_human_scale_each_cell_by_its_letter(tmp_path):
    cells = ["512.0B", "2.0k", "1.5M", "1.0G", "0.5T", "7.0X", "7.0KB", "3.0"]
    nan = float("nan")
    expected = [0.5, 2, 1.5 * 2**10, 2**20, 2**29, nan, nan, 3]

    def check(trace: Trace) -> None:
        series = next(one for one in trace.series if one.metric == "disk_read_gbs")
        assert series.values.tolist() == pytest.approx([kilobytes * 1024 / 1e9 for kilobytes in expected], nan_ok=True)
        busy = next(one for one in trace.series if one.metric == "disk_busy")
        assert busy.values.tolist() == pytest.approx([0.125] * len(cells))

    head = "DEV       tps     rkB/s     wkB/s   areq-sz    aqu-sz     await     %util\n"
    rows = "".join(f"13:22:{31 + tick}  sda  1.00  {cell}  2.0M  1.5k  0.00  0.00  12.5%\n" for tick, cell in enumerate(cells))
    memory = "\n13:22:30    kbmemfree kbmemused  %memused\n13:22:31  1.0G  2.0G  50.0%\n"
    sar = read(tmp_path, BANNER + f"13:22:30  {head}{rows}{memory}")
    check(sar)
    assert values(sar, "host_memory_used_gib") == [2]
    blocks = "".join(
        f"2024-05-06 13:22:{30 + tick}\nDevice  r/s  rkB/s  w/s  wkB/s  %util\nsda  1.00  {cell}  1.00  2.0M  12.5%\n\n"
        for tick, cell in enumerate(["9.0T", *cells])
    )
    check(read(tmp_path, BANNER + blocks))


def test_iostat_in_mb_with_human_scales_each_cell_too(tmp_path):
    block = "Device  r/s  rMB/s  w/s  wMB/s  %util\nsda  1.00  {}  1.00  2.0M  12.5%\n\n"
    trace = read(tmp_path, BANNER + "".join(block.format(cell) for cell in ("1.0", "512.0k", "1.0G", "1.5")))
    assert values(trace, "disk_read_gbs") == pytest.approx([2**19 / 1e9, 2**30 / 1e9, 1.5 * 2**20 / 1e9])


def test_a_chinese_banner_behind_stamps_keeps_the_stamps_times(tmp_path):
    lines = (BANNER + IOSTAT * 3).rstrip("\n").split("\n")
    trace = read(tmp_path, "\n".join(f"2024-05-06 13:22:{30 + n // 6:02d} {line}" for n, line in enumerate(lines)) + "\n")
    assert trace.clock == "local" and start_of(trace) == "2024-05-06T13:22:31" and trace.environment["host"] == "node01"


@pytest.mark.parametrize("word", ["Average", "Durchschn.", "Moyenne", "Media", "Média", "平均时间"])
def test_what_closes_an_activity_is_no_row(tmp_path, word):
    rows = ["13:22:30     CPU     " + CPU, "13:22:31" + CPUS.format(5), "13:22:32" + CPUS.format(6), f"{word}:" + CPUS.format(5.5)]
    assert read(tmp_path, BANNER + "\n".join(rows) + "\n").skipped == {"skipped.summary_row": 1}


def test_iostat_of_the_cpus_alone_and_with_a_wrappers_stamps(tmp_path):
    cpus = IOSTAT.partition("Device")[0]
    assert values(read(tmp_path, BANNER + cpus * 3), "cpu_iowait") == pytest.approx([0.0325] * 2)
    lines = (IOSTAT * 3).rstrip("\n").split("\n")
    trace = read(tmp_path, "\n".join(f"2024-05-06 13:22:{30 + n // 6:02d} {line}" for n, line in enumerate(lines)) + "\n")
    assert trace.files[0].format == "iostat" and start_of(trace) == "2024-05-06T13:22:31" and len(values(trace, "disk_read_gbs")) == 2


def test_partitions_by_number_are_not_counted_with_their_disk(tmp_path):
    head = "13:22:30          DEV       tps     rkB/s     wkB/s   areq-sz    aqu-sz     await     %util\n"
    rows = "".join(
        f"13:22:31       {name}      1.00   1000.00   0.00      0.00      0.00      0.00     10.00\n"
        for name in ("dev8-0", "dev8-1", "dev8-16")
    )
    assert values(read(tmp_path, BANNER + head + rows), "disk_read_gbs") == pytest.approx([2048e-6])


VMSTAT = "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----{}\n"
VMSTAT += " r  b   {} buff  cache   si   so    bi    bo   in   cs us sy id wa st{}\n"
ROW = " 1  0      0 1000 200 3000    0    0  1024  2048  100  200  3 2 90 5  0"


def test_vmstat_in_chinese_in_utc_and_behind_stamps(tmp_path):
    assert values(read(tmp_path, VMSTAT.format("", "交换 空闲", "") + f"{ROW}\n" * 3), "cpu_iowait") == [0.05, 0.05]
    rows = "".join(f"{ROW} 2024-05-06 11:22:3{tick}\n" for tick in range(3))
    utc = read(tmp_path, VMSTAT.format(" -----timestamp-----", "swpd free", "                 UTC") + rows)
    assert utc.clock == "absolute" and start_of(utc) == "2024-05-06T11:22:31"
    lines = [*VMSTAT.format("", "swpd free", "").rstrip("\n").split("\n"), ROW, ROW, ROW]
    wrapped = read(tmp_path, "\n".join(f"2024-05-06 11:22:{30 + 5 * n:02d} {line}" for n, line in enumerate(lines)) + "\n")
    assert wrapped.clock == "local" and start_of(wrapped) == "2024-05-06T11:22:45" and wrapped.duration_ns == 5 * 10**9


def test_dstats_successors(tmp_path):
    preamble = '"{} CSV output"\n"Author:","x",,,,"URL:","x"\n"Host:","n1",,,,"User:","root"\n'
    preamble += '"Cmdline:","dool -tcd",,,,"Date:","06 May 2024 11:22:30 CST"\n'
    heads = '"system","total usage",,,,,"dsk/total",\n"time","usr","sys","idl","wai","stl","read","writ"\n'
    for name, stamp in (("pcp-dstat 5.3.7", "06-05 11:22:3{}"), ("Dool 1.3.0", "May-06 11:22:3{}")):
        rows = "".join(f"{stamp.format(tick)},5,1,90,4,0,1000000,2000000\n" for tick in range(3))
        trace = read(tmp_path, preamble.format(name) + heads + rows)
        assert trace.files[0].format == "dstat-csv" and start_of(trace) == "2024-05-06T11:22:31" and trace.duration_ns == 10**9
        assert values(trace, "cpu_utilisation") == pytest.approx([0.06, 0.06]) and values(trace, "disk_write_gbs") == [0.002, 0.002]


def test_iostat_as_json(tmp_path):
    ticks = [
        {
            "timestamp": f"05/06/24 11:22:3{n}",
            "avg-cpu": {"user": 1.0, "nice": 0.0, "system": 1.0, "iowait": 0.5, "steal": 0.0, "idle": 97.5},
            "disk": [{"disk_device": name, "r/s": 1.0, "rkB/s": 1000.0 * n, "wkB/s": 0.0, "util": 50.0} for name in ("sda", "sda1")],
        }
        for n in range(3)
    ]
    host = {"nodename": "n1", "sysname": "Linux", "release": "5.15", "machine": "x86_64", "number-of-cpus": 8, "date": "05/06/24"}
    trace = read(tmp_path, json.dumps({"sysstat": {"hosts": [{**host, "statistics": ticks}]}}))
    assert trace.files[0].format == "iostat" and start_of(trace) == "2024-05-06T11:22:31" and trace.environment["host"] == "n1"
    assert values(trace, "disk_read_gbs") == pytest.approx([1024e-6, 2048e-6]) and values(trace, "cpu_iowait") == [0.005, 0.005]

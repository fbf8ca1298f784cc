"""Readers of host tools and exporters: the real files with figures checked by hand, and small texts for every quirk."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.reading import read_trace

BANNER = "Linux 5.15.0 (node01) \t11/24/2026 \t_x86_64_\t(4 CPU)\n\n"
IOSTAT = BANNER + "".join(
    f"11/24/2026 11:59:{50 + 5 * tick:02d} PM\n" * (tick < 2) + f"11/25/2026 12:00:{5 * (tick - 2):02d} AM\n" * (tick >= 2) + "\n"
    "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n"
    f"          10.00    0.00    {tick}.00    5.00    0.00   80.00\n\n"
    "Device            r/s     rMB/s     w/s     wMB/s  %util\n"
    f"nvme0n1         100.0     {100 * tick}.00   50.0     10.00  50.00\n"
    "nvme0n1p1        50.0     50.00   50.0     10.00  50.00\n"
    "loop0             1.0      1.00    0.0      0.00   1.00\n\n"
    for tick in range(4)
)
SAR = BANNER + (
    "11:59:58 PM     CPU     %user     %nice   %system   %iowait    %steal     %idle\n"
    "11:59:59 PM     all     20.00      0.00     10.00      5.00      0.00     65.00\n"
    "12:00:00 AM     all     30.00      0.00     20.00      0.00      0.00     50.00\n"
    "Average:        all     25.00      0.00     15.00      2.50      0.00     57.50\n\n"
    "12:00:00 AM       LINUX RESTART\t(4 CPU)\n\n"
    "11:59:58 PM       DEV       tps     rkB/s     wkB/s   %util\n"
    "11:59:59 PM       sda     10.00   1024.00   2048.00   12.00\n"
    "11:59:59 PM      sda1     10.00   1024.00   2048.00   12.00\n"
    "12:00:00 AM       sda     10.00   2048.00      0.00   10.00\n"
)
VMSTAT = (
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu----- -----timestamp-----\n"
    " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 CST\n"
    " 2  0      0 279471 295968 312724    0    0     1     3   29   57 50 50  0  0  0 2026-11-24 20:33:13\n"
    " 0  0      0 279471 295968 312744    0    0  1000  2000   41   84 10  5 80  5  0 2026-11-24 20:33:14\n"
)
DSTAT = (
    '"Dstat 0.7.3 CSV output"\n"Author:","somebody",,,,"URL:","http://example.org"\n"Host:","node01",,,,"User:","u"\n'
    '"Cmdline:","dstat -t -c -d --output o.csv 1",,,,"Date:","31 Dec 2026 23:59:58 CST"\n'
    '"system","total cpu usage",,,,,"dsk/total",\n"time","usr","sys","idl","wai","stl","read","writ"\n'
    "31-12 23:59:58,1.0,1.0,98.0,0.0,0.0,9.9e+05,0.0\n31-12 23:59:59,10.0,5.0,80.0,5.0,0.0,2.05e+09,1000000.0\n"
    "01-01 00:00:00,20.0,5.0,75.0,0.0,0.0,0.0,0.0\n"
)
PERFQUERY = "".join(
    f"2026-11-24 10:00:0{second}\n# Port counters: Lid 7 port 1 (CapMask: 0x1400)\nPortXmitData:....................{sent}\n"
    f"PortRcvData:.....................{250_000_000 * second}\n"
    for second, sent in enumerate((0, 500_000_000, 100, 4_294_967_295))
)
PROM = "".join(
    f"# HELP DCGM_FI_PROF_PIPE_TENSOR_ACTIVE ratio (in %).\n"
    f'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{{gpu="0",UUID="GPU-a",modelName="NVIDIA A800, \\"SXM\\"",Hostname="n1"}} 0.{tick}5\n'
    f'DCGM_FI_DEV_FB_USED{{gpu="0",UUID="GPU-a",Hostname="n1"}} 1024\nDCGM_FI_DEV_FB_FREE{{gpu="0",UUID="GPU-a",Hostname="n1"}} 3072\n'
    f'DCGM_FI_DEV_GPU_TEMP{{gpu="0",UUID="GPU-a",Hostname="n1"}} 9223372036854775794\n'
    f'DCGM_FI_DEV_GPU_UTIL{{gpu="0",UUID="GPU-a",Hostname="n1",GPU_I_ID="3",GPU_I_PROFILE="2g.20gb"}} 50\n'
    for tick in range(3)
)
RANGE = json.dumps(
    {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [
                {
                    "metric": {"__name__": "DCGM_FI_DEV_GPU_UTIL", "gpu": "1"},
                    "values": [[1782864300, "50"], [1782864301.5, "NaN"], [1782864303, "70"]],
                },
                {"metric": {"__name__": "up"}, "values": [[1782864300, "1"]]},
            ],
        },
    }
)
SUPERBENCH = "".join(
    json.dumps(
        {"time": f"2026-11-24 10:00:0{n}", "cpu_usage": 350.0, "gpu_usage:0": 50 + n, "gpu_mem_used:0": 2**30, "gpu_mem_total:0": 2**34}
    )
    + "\n"
    for n in range(3)
)
NCCL = (
    "# nThread 1 nGpus 2 minBytes 8 maxBytes 16\n#   Rank  0 Group  0 Pid 1 on h device  0 [0x10] NVIDIA H800\n"
    "# all_reduce_perf\n#   size    count  type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong\n"
    "     1048576        262144     float     sum      -1    74.78   14.02   24.54      0    76.17   13.77   24.09      0\n"
    "     2097152        524288     float     sum      -1    93.48   22.43   39.26      0    96.10   21.82   38.19    N/A\n"
)
FIO = json.dumps(
    {"fio version": "fio-3.16", "jobs": [{"jobname": "r", "read": {"bw_bytes": 2_000_000_000, "runtime": 30000}, "write": {}}]}
)
MPSTAT = BANNER + (
    "03:16:15 PM  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle\n"
    "03:16:17 PM  all   40.00    0.00   10.00    5.00    0.00    0.00    0.00    0.00    0.00   45.00\n"
    "03:16:17 PM    0   40.00    0.00   10.00    5.00    0.00    0.00    0.00    0.00    0.00   45.00\n"
)
PIDSTAT = BANNER + (
    "#      Time   UID       PID    %usr %system  %guest    %CPU   CPU   kB_rd/s   kB_wr/s kB_ccwr/s  Command\n"
    " 1782864300     0         6  100.00   20.00    0.00  120.00     0   1000.00     -1.00     -1.00  python train.py --x\n"
    " 1782864300     0         9   80.00    0.00    0.00   80.00     0     24.00     -1.00     -1.00  other\n"
)
SADF = (
    "# hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle\n"
    "n1;1;2026-11-24 10:00:00 UTC;-1;10.00;0.00;5.00;5.00;0.00;80.00\n"
    "# hostname;interval;timestamp;tps;rtps\nn1;1;2026-11-24 10:00:00 UTC;1;2\n"
)
GPU_EXPORTER = (
    'nvidia_smi_gpu_info{index="2",name="NVIDIA H200",uuid="u",driver_version="590"} 1\n'
    'nvidia_smi_memory_total_bytes{uuid="u"} 1.50754820096e+11\n'
    'nvidia_smi_memory_used_bytes{uuid="u"} 3.3934016512e+10\nnvidia_smi_utilization_gpu_ratio{uuid="u"} 1\n'
)
SAMPLES = {
    "iostat": IOSTAT, "sar": SAR, "mpstat": MPSTAT, "vmstat": VMSTAT, "pidstat": PIDSTAT, "dstat-csv": DSTAT, "perfquery": PERFQUERY,
    "sadf": SADF, "dcgm-exporter": PROM, "prometheus-json": RANGE, "nvidia-gpu-exporter": GPU_EXPORTER, "superbench": SUPERBENCH,
    "nccl-tests": NCCL, "fio": FIO,
}  # fmt: skip


def read(folder: Path, text: str | bytes):
    path = folder / "unknown"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_trace(path)


def series(trace, metric: str, device: str | None = None):
    found = [one for one in trace.series if one.metric == metric and device in (None, one.device)]
    assert len(found) == 1, [one.device for one in found]
    return found[0]


def codes_of(trace) -> list[str]:
    return [warning.code for warning in trace.warnings]


REAL = {
    "iostat-text": 5, "mpstat-text": 1, "pidstat-text": 1, "vmstat-text": 2, "perfquery-text": 1, "sadf-csv": 1, "sadf-json": 1,
    "sadf-xml": 1, "sar-text": 1, "dstat-csv": 2, "superbench-monitor-jsonl": 1, "nccl-tests-log": 1, "fio-json": 1,
    "prometheus-text-dcgm-exporter": 2, "prometheus-text-nvidia_gpu_exporter": 2,
}  # fmt: skip


@pytest.mark.parametrize("folder", REAL)
def test_real_files_are_read_by_their_own_reader(shared_data, folder, tmp_path):
    manifest = (shared_data / "traces" / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()
    slugs = dict(line.split(",")[:2] for line in manifest)
    files = sorted((shared_data / "traces" / folder).iterdir())
    assert len(files) == REAL[folder]
    for path in files:
        trace = read(tmp_path, path.read_bytes())
        assert trace.files[0].format == slugs[f"{folder}/{path.name}"], path.name
        for one in trace.series:
            assert one.time_ns.dtype == np.int64 and (np.diff(one.time_ns) >= 0).all() and np.isfinite(one.values).any()
            assert one.unit or np.nanmax(one.values) <= 1.5


def test_the_three_forms_of_sadf_and_sar_tell_the_same(shared_data):
    folder = shared_data / "traces"
    traces = [read_trace(next((folder / name).iterdir())) for name in ("sadf-csv", "sadf-json", "sadf-xml", "sar-text")]
    for metric, value in (("cpu_utilisation", 0.17), ("cpu_system", 0.0184), ("host_memory_used_gib", 3755444 / 2**20)):
        assert [series(trace, metric).values[0] for trace in traces] == pytest.approx([value] * 4)
    assert len({series(trace, "disk_read_gbs").values[2] for trace in traces}) == 1
    assert [trace.start_ns for trace in traces] == [1555593619 * 10**9] * 4


def test_iostat_drops_the_block_since_boot_and_counts_whole_disks_over_midnight(tmp_path):
    trace = read(tmp_path, IOSTAT)
    assert trace.skipped == {"skipped.since_boot": 4, "skipped.part_of_a_disk": 6} and trace.files[0].rows == 16
    rates = series(trace, "disk_read_gbs")
    assert rates.values == pytest.approx(np.array([100, 200, 300]) * 2**20 / 1e9)
    assert rates.time_ns.tolist() == [0, 5 * 10**9, 10 * 10**9] and trace.clock == "local"
    assert series(trace, "cpu_utilisation").values == pytest.approx([0.15] * 3)
    assert series(trace, "disk_busy").values == pytest.approx([0.5] * 3)


def test_a_single_iostat_report_is_a_snapshot_and_says_so(tmp_path):
    trace = read(tmp_path, IOSTAT[: IOSTAT.index("11/24/2026 11:59:55")])
    assert trace.is_snapshot and "reading.since_boot" in codes_of(trace)


def test_sar_goes_over_midnight_on_a_12_hour_clock(tmp_path):
    trace = read(tmp_path, SAR)
    cpu = series(trace, "cpu_utilisation")
    assert cpu.values == pytest.approx([0.30, 0.50]) and cpu.time_ns.tolist() == [0, 10**9]
    assert series(trace, "disk_read_gbs").values == pytest.approx([1024 * 1024 / 1e9, 2048 * 1024 / 1e9])
    assert trace.skipped == {"skipped.summary_row": 1, "skipped.restart": 1}
    assert trace.environment["host"] == "node01"


def test_a_chinese_sar_is_read(tmp_path):
    text = (
        SAR.replace("11:59:5", "下午 11:59:5").replace("12:00:00 AM", "上午 12:00:00").replace(" PM", "").replace("Average:", "平均时间:")
    )
    assert series(read(tmp_path, text), "cpu_utilisation").time_ns.tolist() == [0, 10**9]


def test_mpstat_takes_the_line_of_all_cpus(tmp_path):
    trace = read(tmp_path, MPSTAT)
    assert trace.files[0].format == "mpstat" and series(trace, "cpu_utilisation").values == pytest.approx([0.5])


def test_vmstat_blocks_are_1024_bytes_and_its_first_row_no_sample(tmp_path):
    trace = read(tmp_path, VMSTAT)
    assert series(trace, "disk_write_gbs").values == pytest.approx([2000 * 1024 / 1e9]) and trace.skipped == {"skipped.since_boot": 1}
    assert series(trace, "cpu_utilisation").values == pytest.approx([0.15]) and trace.clock == "local"


def test_pidstat_sums_processes_and_minus_one_is_unknown(tmp_path):
    trace = read(tmp_path, PIDSTAT)
    cpu = series(trace, "cpu_utilisation")
    assert cpu.values == pytest.approx([2.0 / 4]) and cpu.state == "estimated" and trace.clock == "absolute"
    assert series(trace, "disk_read_gbs").values == pytest.approx([1024 * 1024 / 1e9])
    assert not [one for one in trace.series if one.metric == "disk_write_gbs"]


def test_dstat_turns_the_year(tmp_path):
    trace = read(tmp_path, DSTAT)
    assert series(trace, "disk_read_gbs").values == pytest.approx([2.05, 0.0])
    assert series(trace, "cpu_utilisation").time_ns.tolist() == [0, 10**9] and trace.skipped == {"skipped.since_boot": 1}


def test_perfquery_makes_rates_of_four_octets_and_no_rate_of_a_reset_or_a_stuck_counter(tmp_path):
    trace = read(tmp_path, PERFQUERY)
    sent = series(trace, "ib_tx_gbs")
    assert sent.values[0] == pytest.approx(2.0) and np.isnan(sent.values[1:]).all()
    assert series(trace, "ib_rx_gbs").values == pytest.approx([1.0, 1.0, 1.0])
    assert trace.skipped["skipped.saturated"] == 1 and trace.skipped["skipped.counter_reset"] == 1
    without = read(tmp_path, "\n".join(line for line in PERFQUERY.splitlines() if not line.startswith("2026")))
    assert "reading.no_rate_without_time" in codes_of(without) and not [one for one in without.series if one.metric == "ib_tx_gbs"]


def test_scrapes_one_after_the_other_are_ticks_and_blanks_are_missing(tmp_path):
    trace = read(tmp_path, PROM)
    assert series(trace, "tensor_core").values == pytest.approx([0.05, 0.15, 0.25]) and trace.clock == "synthetic"
    assert series(trace, "vram_utilisation").values == pytest.approx([0.25] * 3)
    assert series(trace, "gpu_utilisation").device == "0:mig3"
    assert trace.skipped["skipped.blank_reading"] == 3
    card = next(device for device in trace.devices if device.id == "0")
    assert card.memory_gib == pytest.approx(4.0) and 'A800, "SXM"' in card.name
    dated = "".join(f"2026-11-24 10:00:0{n}\n{part}" for n, part in enumerate(PROM.split("# HELP")[1:]))
    assert read(tmp_path, dated.replace(" DCGM_FI_PROF_PIPE_TENSOR_ACTIVE ratio (in %).\n", "")).clock == "local"
    stamped = (
        PROM.replace("} 0.05", "} 0.05 1782864300000").replace("} 0.15", "} 0.15 1782864301000").replace("} 0.25", "} 0.25 1782864302000")
    )
    kept = "\n".join(line for line in stamped.splitlines() if "TENSOR" in line)
    assert read(tmp_path, kept).clock == "absolute" and read(tmp_path, kept).duration_ns == 2 * 10**9


def test_a_range_of_prometheus_has_true_times(tmp_path):
    trace = read(tmp_path, RANGE)
    one = series(trace, "gpu_utilisation", "1")
    assert one.time_ns.tolist() == [0, 1_500_000_000, 3_000_000_000] and one.values[[0, 2]] == pytest.approx([0.5, 0.7])
    assert np.isnan(one.values[1]) and trace.clock == "absolute" and trace.skipped == {"skipped.not_a_metric": 1, "skipped.no_value": 1}
    line = json.dumps(
        {"metric": {"__name__": "DCGM_FI_DEV_GPU_UTIL", "gpu": "1"}, "values": [50, 60], "timestamps": [1782864300000, 1782864301000]}
    )
    assert series(read(tmp_path, line + "\n"), "gpu_utilisation").values == pytest.approx([0.5, 0.6])


def test_benchmarks_are_told_without_a_time_line(tmp_path):
    trace = read(tmp_path, NCCL)
    assert trace.events is not None and len(trace.events) == 4 and trace.events.names == ("all_reduce",)
    assert trace.events.bytes.tolist() == [1048576, 1048576, 2097152, 2097152] and trace.events.duration_ns[0] == 74780
    assert series(trace, "collective_bus_gbs").values.max() == 39.26 and trace.devices[0].name == "NVIDIA H800"
    disk = read(tmp_path, FIO)
    assert series(disk, "disk_read_gbs").values == pytest.approx([2.0]) and not [s for s in disk.series if s.metric == "disk_write_gbs"]


def test_an_xml_with_entities_is_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE sysstat [<!ENTITY a "aaaa">]><sysstat><host>&a;</host></sysstat>'
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, bomb)
    assert caught.value.message.code == "reading.xml_broken"


@pytest.mark.parametrize("slug", SAMPLES)
def test_windows_line_ends_utf16_and_a_cut_end_are_survived(slug, tmp_path):
    whole = read(tmp_path, SAMPLES[slug])
    assert whole.files[0].format == slug
    for text in (SAMPLES[slug].replace("\n", "\r\n").encode(), SAMPLES[slug].encode("utf-16")):
        other = read(tmp_path, text)
        assert other.files[0].format == slug and [len(one.values) for one in other.series] == [len(one.values) for one in whole.series]


@pytest.mark.parametrize("slug", SAMPLES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_but_our_errors_leaves_a_reader(slug, tmp_path, data):
    text = bytearray(SAMPLES[slug].encode())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(text) - 1))
        change = data.draw(st.sampled_from(["flip", "cut", "digits", "lines"]))
        if change == "flip":
            text[at] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del text[at : at + data.draw(st.integers(1, 40))]
        elif change == "digits":
            text[at:at] = data.draw(st.sampled_from([b"99999999999999999999999", b"-1", b"1e308", b"nan", b"\0", b'"', b",,,"]))
        else:
            lines = bytes(text).split(b"\n")
            text = bytearray(b"\n".join(data.draw(st.permutations(lines[:40])) + lines[40:]))
        if not text:
            return
    with contextlib.suppress(EngineError):
        read(tmp_path, bytes(text))

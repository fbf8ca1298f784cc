"""dmon, pmon, and what wrappers put around them. The texts are synthetic, in the form that the tools document or print."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError
from app.engine.messages import LANGUAGES, render
from app.engine.model.traces import Trace
from app.engine.reading import read_trace
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._stamps import calendar_ns, day_times, stamped

DMON = """# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk
# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz
    0    300     50     40     90     30      0      0      0      0   2600   1900
    1    310     51      -     80     20      0      0      0      0   2600   1800
    0    302     50     40     92     31      0      0      0      0   2600   1900
    1      -     51      -      -      -      -      -      -      -   2600   1800
"""
PMON = """# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command
# Idx           #    C/G      %      %      %      %      %      %    name
    0       1001     C     70     10      -      -      -      -    python train.py --a b
    0       1002     C     60      5      -      -      -      -    python
    1          -     -      -      -      -      -      -      -    -
    0       1001     C     20      1      -      -      -      -    python train.py --a b
    0       1002     C      -      -      -      -      -      -    python
    1          -     -      -      -      -      -      -      -    -
"""


def read(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Trace:
    path = folder / "unknown"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_trace(path)


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


def seconds(trace: Trace, device: str = "0") -> list[float]:
    return (next(one for one in trace.series if one.device == device).time_ns / 1e9).tolist()


def codes(trace: Trace) -> set[str]:
    for warning in trace.warnings:
        for lang in LANGUAGES:
            assert "{" not in render(warning, lang)
    return {warning.code for warning in trace.warnings}


def test_real_dmon_and_pmon_files(shared_data, tmp_path):
    folder = shared_data / "traces"
    load = next((folder / "nvidia-smi-dmon").glob("*h200__*load*")).read_bytes()
    trace = read(tmp_path, load)
    assert trace.files[0].format == "nvidia-smi-dmon" and trace.files[0].rows == 5 and not trace.skipped
    assert values(trace, "power_w") == [630, 628, 629, 632, 630] and values(trace, "gpu_utilisation") == [1.0] * 5
    assert values(trace, "sm_clock_mhz")[0] == 1980 and values(trace, "memory_clock_mhz")[-1] == 3201
    mig = read(tmp_path, next((folder / "nvidia-smi-dmon").glob("*mig*load*")).read_bytes())
    assert {one.metric for one in mig.series} == {"power_w", "temperature_c", "sm_clock_mhz", "memory_clock_mhz"}
    busy = read(tmp_path, next((folder / "nvidia-smi-pmon").glob("*h200__*load*")).read_bytes())
    assert busy.files[0].format == "nvidia-smi-pmon" and busy.files[0].rows == 15
    assert values(busy, "gpu_utilisation")[:3] == pytest.approx([0.99, 0.99, 0.99]) and values(busy, "gpu_processes") == [3] * 5
    windows = read(tmp_path, next((folder / "nvidia-smi-pmon").glob("windows*idle*")).read_bytes())
    assert windows.files[0].rows == 50 and values(windows, "gpu_processes") == [10] * 5
    for path in sorted([*(folder / "nvidia-smi-dmon").iterdir(), *(folder / "nvidia-smi-pmon").iterdir()]):
        found = read(tmp_path, path.read_bytes())
        assert found.files[0].format == path.parent.name and found.clock == "synthetic", path.name


def test_dmon_values_and_missing_ones(tmp_path):
    trace = read(tmp_path, DMON)
    assert values(trace, "gpu_utilisation") == pytest.approx([0.9, 0.92]) and values(trace, "memory_controller_busy")[0] == 0.3
    assert values(trace, "power_w", "1")[0] == 310 and np.isnan(values(trace, "power_w", "1")[1])
    assert "reading.synthetic_time" in codes(trace) and trace.duration_ns == 10**9


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gbk"])
def test_dmon_as_windows_writes_it(tmp_path, encoding):
    assert read(tmp_path, DMON.replace("\n", "\r\n"), encoding).files[0].rows == 4


def test_dmon_gpm_columns_change_in_mid_file_and_repeat(tmp_path):
    gpm = (
        "# gpu   pwr  smutil  smocc  mmaact   dram   fp32   fp16  pcitx  pcirx  nvlrx  nvltx\n"
        "# Idx     W   GPM:%  GPM:%   GPM:%  GPM:%  GPM:%  GPM:% GPM:MB GPM:MB GPM:MB GPM:MB\n"
        "    0   500       -      -       -      -      -      -      -      -      -      -\n"
        "    0   600      95     30      61     44      5      1   1000   2000  30000  31000\n"
    )
    trace = read(tmp_path, DMON + DMON + gpm)
    assert trace.skipped["skipped.repeated_head"] == 1 and trace.files[0].rows == 10
    assert values(trace, "tensor_core")[-1] == pytest.approx(0.61) and values(trace, "vram_bandwidth")[-1] == pytest.approx(0.44)
    assert values(trace, "nvlink_rx_gbs")[-1] == pytest.approx(30000 * 2**20 / 1e9) and np.isnan(values(trace, "sm_active")[0])
    assert all(np.isnan(values(trace, "tensor_core")[:-1]))


def test_dmon_a_part_of_the_tensor_pipe_is_an_estimate(tmp_path):
    trace = read(tmp_path, "# gpu  pwr  hmmaact\n# Idx    W   GPM:%\n    0  400  50\n    0  401  51\n")
    assert next(one.state for one in trace.series if one.metric == "tensor_core") == "estimated" and "reading.stand_in" in codes(trace)


def test_dmon_pcie_spike_is_missing_and_counted(tmp_path):
    rows = "".join(f"    0  {rx}     10\n" for rx in (1968, 838, 4587, 2016001, 775))
    trace = read(tmp_path, "# gpu  rxpci  txpci\n# Idx   MB/s   MB/s\n" + rows)
    found = values(trace, "pcie_rx_gbs")
    assert found[2] == pytest.approx(4.587) and np.isnan(found[3]) and trace.skipped == {"skipped.impossible": 1}


def test_dmon_with_date_and_time(tmp_path):
    head = "#Date       Time        gpu    pwr     sm\n#YYYYMMDD   HH:MM:SS    Idx      W      %\n"
    text = head + " 20260131   23:59:59      0    100     10\n 20260201   00:00:01      0    101     11\n"
    trace = read(tmp_path, text)
    assert trace.clock == "local" and np.datetime64(trace.start_ns, "ns") == np.datetime64("2026-01-31T23:59:59")
    assert seconds(trace) == [0, 2]


def test_dmon_with_time_only_passes_midnight(tmp_path):
    rows = "".join(f" {time}    0    {n}\n" for n, time in enumerate(["23:59:58", "23:59:59", "00:00:00", "00:00:01"]))
    trace = read(tmp_path, "#Time        gpu    sm\n#HH:MM:SS    Idx     %\n" + rows)
    assert trace.clock == "relative" and trace.start_ns is None and seconds(trace) == [0, 1, 2, 3] and "reading.no_date" in codes(trace)


def test_dmon_csv_flavour(tmp_path):
    text = "#gpu, pwr, gtemp, mtemp, sm, mem\n#Idx, W, C, C, %, %\n0, 300, 50, -, 90, 30\n0, 301, 50, -, 91, 30\n"
    trace = read(tmp_path, text)
    assert trace.files[0].format == "nvidia-smi-dmon" and values(trace, "gpu_utilisation") == pytest.approx([0.9, 0.91])
    bare = read(tmp_path, "\n".join(line for line in text.splitlines() if "Idx" not in line) + "\n")
    assert values(bare, "power_w") == [300, 301]


WRAPPERS = {
    "2026-03-01 10:00:{:02d} ": "local",
    "[2026-03-01T10:00:{:02d}+08:00] ": "absolute",
    "Mar 01 10:00:{:02d} ": "relative",
    "10:00:{:02d} ": "relative",
    "17723304{:02d}.5 ": "absolute",
}


@pytest.mark.parametrize("prefix", WRAPPERS)
@pytest.mark.parametrize("text", [DMON, PMON])
def test_stamps_of_a_wrapper_are_the_times(tmp_path, prefix, text):
    lines = text.splitlines()
    trace = read(tmp_path, "\n".join(prefix.format(number) + line for number, line in enumerate(lines)) + "\n")
    assert trace.clock == WRAPPERS[prefix] and seconds(trace)[0] == 0 and seconds(trace)[1] == (2 if text is DMON else 3)


def test_prompt_colours_and_a_cut_line(tmp_path):
    text = "user@host:~$ nvidia-smi dmon -s pucm -d 5\n\x1b[32m" + DMON.replace("# gpu", "\x1b[0m# gpu") + "    0    303     5"
    trace = read(tmp_path, text)
    assert trace.skipped == {"skipped.preamble": 1, "skipped.bad_row": 1, "skipped.no_value": 3}
    assert seconds(trace) == [0, 5] and trace.files[0].rows == 4


def test_pmon_sums_processes_per_card_and_tick(tmp_path):
    trace = read(tmp_path, PMON)
    assert values(trace, "gpu_utilisation") == pytest.approx([1.0, 0.2]) and values(trace, "memory_controller_busy") == pytest.approx(
        [0.15, 0.01]
    )
    assert values(trace, "gpu_processes") == [2, 2] and values(trace, "gpu_processes", "1") == [0, 0] and trace.files[0].rows == 6
    assert {one.metric for one in trace.series if one.device == "1"} == {"gpu_processes"} and "reading.sums_of_processes" in codes(trace)
    assert {one.state for one in trace.series if one.metric == "gpu_utilisation"} == {"estimated"}


def test_pmon_with_memory_and_an_older_head(tmp_path):
    text = "# gpu        pid  type    sm   mem   enc   dec    fb   command\n# Idx          #   C/G     %     %     %     %    MB   name\n"
    trace = read(
        tmp_path,
        text + "    0       7     C     5     1     0     0  2048   a b c\n    0       9     C     6     1     0     0  1024   d\n",
    )
    assert values(trace, "vram_used_gib") == [3.0] and trace.is_snapshot


def test_plain_text_and_the_interval_of_the_command():
    assert plain(b"\x1b[1;31mred\x1b[0m\r\r\na\xc2\xa0b\x1b]0;title\x07c") == b"red\na bc"
    assert step_of(b"$ dcgmi dmon -e 1001 -d 2000\nx", "dcgmi dmon", ("-d",), 0.001) == 2.0
    assert step_of(b"while true; do hy-smi; sleep 3; done\n", "hy-smi", ()) == 3.0
    assert step_of(b"nothing here\n", "hy-smi", ("-d",)) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Fri Jun 26 11:59:44 2026", "2026-06-26T11:59:44"),
        ("Fri Jun 26 11:59:44 PM CST 2026", "2026-06-26T23:59:44"),
        ("Fri 26 Jun 2026 12:00:01 AM CST", "2026-06-26T00:00:01"),
        ("2026年 06月 26日 星期五 11:59:44 CST", "2026-06-26T11:59:44"),
        ("2026/06/26 11:59:44.5", "2026-06-26T11:59:44.5"),
    ],
)
def test_dates_as_systems_write_them(text, wanted):
    assert np.datetime64(calendar_ns(text), "ns") == np.datetime64(wanted)


def test_dates_that_are_none():
    assert calendar_ns("Fri Foo 26 11:59:44 2026") is None and calendar_ns("2026-02-30 00:00:00") is None and calendar_ns("") is None


def test_lines_of_a_date_hold_for_what_follows():
    found = stamped(b"Fri Jun 26 11:59:44 CST 2026\nrow\n===== 2026-06-26 11:59:49 =====\nrow\n")
    times = found.at([29, 65])
    assert times is not None and times[1] - times[0] == 5 * 10**9 and found.clock == "local"


@given(st.lists(st.integers(0, 3600), min_size=2, max_size=50), st.integers(0, 86399))
def test_midnight_is_passed_whatever_the_steps(steps, start):
    clock = (start + np.cumsum(steps)) % 86400
    texts = [f"{one // 3600:02d}:{one // 60 % 60:02d}:{one % 60:02d}".encode() for one in clock.tolist()]
    whole = day_times(texts)
    assert np.diff(whole).tolist() == [step * 10**9 for step in steps[1:]]


PIECES = st.sampled_from(
    [*DMON.splitlines(), *PMON.splitlines(), "#Date Time gpu sm", " 20260101 00:00:00 0 1", "\x1b[3", ", ,", "\x00", "# gpu", "é"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(PIECES, max_size=14), junk=st.text(max_size=40), place=st.integers(0, 600))
def test_no_text_makes_a_reader_fall_over(tmp_path, lines, junk, place):
    text = "\n".join(lines)
    try:
        trace = read(tmp_path, text[:place] + junk + text[place:])
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series and all(one.time_ns.shape == one.values.shape for one in trace.series)

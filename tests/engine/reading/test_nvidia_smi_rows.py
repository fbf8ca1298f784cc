"""nvidia-smi --query-gpu and --query-compute-apps with all that the field does to them. The texts are synthetic."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.messages import LANGUAGES, render
from app.engine.model.traces import Trace
from app.engine.reading import read_trace

HEAD = "timestamp, index, name, memory.used [MiB], memory.total [MiB], utilization.gpu [%]\n"
BARE = "index, utilization.gpu [%], power.draw [W]\n"
APPS = "timestamp, gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n"


def rows(count: int, start: int = 0) -> str:
    return "".join(
        f"2026/03/01 09:37:{start + n:02d}.903, {card}, TEST T4, 1024 MiB, 16384 MiB, {n + card} %\n"
        for n in range(count)
        for card in (0, 1)
    )


def bare(count: int) -> str:
    return "".join(f"{card}, {10 + n} %, {100 + n} W\n" for n in range(count) for card in (0, 1))


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


def prefixed(text: str, prefix: str) -> str:
    return "".join(prefix.format(number) + line + "\n" for number, line in enumerate(text.splitlines()))


def test_real_files(shared_data, tmp_path):
    folder = shared_data / "traces" / "nvidia-smi-query-csv"
    h200 = read(tmp_path, next(folder.glob("*h200__590*load*")).read_bytes())
    assert h200.environment == {"driver": "590.48.01", "pcie": "gen5 x16", "power_limit_w": "700"} and h200.devices[0].name == "NVIDIA H200"
    assert values(h200, "vram_used_gib") == [pytest.approx(32362 / 1024)] and values(h200, "gpu_utilisation") == [1.0]
    mig = read(tmp_path, next(folder.glob("*mig*load*")).read_bytes())
    assert mig.environment["mig"] == "enabled" and "gpu_utilisation" not in {one.metric for one in mig.series}
    loop = read(tmp_path, next(folder.glob("gpu-usage*")).read_bytes())
    assert loop.files[0].rows + sum(loop.skipped.values()) == 232 and values(loop, "gpu_utilisation")[:2] == pytest.approx([0.16, 0.21])
    wrapper = read(tmp_path, next(folder.glob("gpu_glasses*")).read_bytes())
    assert wrapper.clock == "absolute" and wrapper.files[0].rows == 43 and values(wrapper, "power_w")[0] == 74.01


def test_real_lists_of_processes(shared_data, tmp_path):
    folder = shared_data / "traces" / "nvidia-smi-query-compute-apps"
    load = read(tmp_path, next(folder.glob("*h200__590*load*")).read_bytes())
    assert values(load, "vram_used_gib") == [pytest.approx((2566 + 1542 + 28234) / 1024)] and values(load, "gpu_processes") == [3]
    assert load.files[0].rows == 3 and "reading.processes_only" in codes(load)
    windows = read(tmp_path, next(folder.glob("windows*load*")).read_bytes())
    assert values(windows, "gpu_processes") == [12] and {one.metric for one in windows.series} == {"gpu_processes"}
    idle = read(tmp_path, next(folder.glob("*h200__590*idle*")).read_bytes())
    assert idle.files[0].format == "nvidia-smi-csv" and not idle.series and codes(idle) == {"reading.no_processes"}


def test_two_lines_in_one_quoted_cell(tmp_path):
    text = HEAD + "".join(
        f'2026/03/01 09:37:0{n}.903, 0, TEST T4, 1024 MiB, 16384 MiB, "5 %\n'
        f'2026/03/01 09:37:0{n}.903", 1, TEST T4, 2048 MiB, 16384 MiB, 6 %\n'
        for n in range(3)
    )
    trace = read(tmp_path, text)
    assert trace.files[0].rows == 6 and not trace.skipped and values(trace, "vram_used_gib", "1") == [2.0] * 3


def test_columns_change_in_mid_file_whatever_comes_first(tmp_path):
    text = (
        HEAD
        + rows(2)
        + "index, power.draw [W], timestamp\n0, 10 W, 2026/03/01 09:38:00.903\n1, 11 W, 2026/03/01 09:38:00.903\n"
        + HEAD
        + rows(1, 30)
    )
    trace = read(tmp_path, text)
    assert trace.files[0].rows == 8 and "skipped.bad_row" not in trace.skipped
    assert values(trace, "power_w", "1")[-1] == 11 and seconds(trace) == [0, 1, 30, 60]


@pytest.mark.parametrize("prefix", ["Nov 25 04:23:{:02d} ", "2026-03-01T10:00:{:02d}+08:00 ", "[10:00:{:02d}] ", "17723304{:02d}.25 "])
def test_a_wrappers_stamp_gives_way_to_the_rows_own(tmp_path, prefix):
    trace = read(tmp_path, prefixed(HEAD + rows(3), prefix))
    assert trace.clock == "local" and trace.files[0].rows == 6 and seconds(trace, "1") == [0, 1, 2] and not trace.skipped


CLOCKS = {
    "Nov 25 04:23:{:02d} ": "relative",
    "10:00:{:02d} ": "relative",
    "2026-03-01 10:00:{:02d} ": "local",
    "2026-03-01T10:00:{:02d}+08:00 ": "absolute",
    "17723304{:02d}.25 ": "absolute",
}


@pytest.mark.parametrize(("prefix", "clock"), CLOCKS.items())
def test_a_wrappers_stamp_is_the_time_of_rows_without_one(tmp_path, prefix, clock):
    trace = read(tmp_path, prefixed(BARE + bare(3), prefix))
    assert trace.clock == clock and seconds(trace) == [0, 2, 4] and values(trace, "power_w") == [100, 101, 102]
    assert (trace.start_ns is None) == (clock == "relative")
    assert trace.utc_offset_s == (28800 if "+08:00" in prefix else None)


def test_dates_between_calls(tmp_path):
    trace = read(tmp_path, "".join(f"Fri Jun 26 11:59:4{n} CST 2026\n" + BARE + f"0, {n} %, 100 W\n1, 5 %, 100 W\n" for n in range(3)))
    assert trace.clock == "local" and seconds(trace, "1") == [0, 1, 2] and trace.skipped == {"skipped.repeated_head": 2}


def test_times_of_day_pass_midnight(tmp_path):
    text = "timestamp, index, power.draw [W]\n" + "".join(
        f"{time}, 0, 100 W\n" for time in ("23:59:58", "23:59:59", "00:00:00", "00:00:01")
    )
    trace = read(tmp_path, text)
    assert trace.clock == "relative" and seconds(trace) == [0, 1, 2, 3] and "reading.no_date" in codes(trace)


def test_prompt_and_colours_and_a_lost_gpu(tmp_path):
    text = (
        "\x1b[32muser@h\x1b[0m:~$ nvidia-smi -l 1\n"
        + HEAD
        + rows(2)
        + "Unable to determine the device handle for GPU 0000:01:00.0\n"
        + rows(2, 5)
    )
    trace = read(tmp_path, text)
    assert trace.files[0].rows == 8 and trace.skipped == {"skipped.preamble": 1, "skipped.bad_row": 1}


def test_noheader_is_named_by_the_command_or_the_units_or_refused(tmp_path):
    plain = rows(3).replace(" MiB", "").replace(" %", "")
    command = "$ nvidia-smi --query-gpu=timestamp,index,name,memory.used,memory.total,utilization.gpu --format=csv,noheader,nounits -l 1\n"
    assert values(read(tmp_path, command + plain), "vram_used_gib") == [1.0] * 3
    assert "reading.columns_guessed" in codes(read(tmp_path, rows(3)))
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, plain)
    assert caught.value.message.code == "reading.no_head"


def test_processes_beside_whole_cards_do_not_replace_them(tmp_path):
    apps = APPS + "2026/03/01 09:37:00.000, GPU-1, 21, python, 25 MiB\n"
    trace = read(tmp_path, (HEAD + rows(1) + apps) * 2)
    assert values(trace, "vram_used_gib") == [1.0, 1.0] and trace.skipped["skipped.process_row"] == 2 and trace.files[0].rows == 4


def test_power_by_its_newer_names(tmp_path):
    text = "timestamp, power.draw.instant [W], clocks_event_reasons.active\n2026/03/01 09:37:00.000, 25.00 W, 0x0\n"
    text += "2026/03/01 09:37:01.000, 26.50 W, 0x0\n"
    assert values(read(tmp_path, text), "power_w") == [25.0, 26.5]


SAMPLES = [HEAD + rows(3), BARE + bare(3), prefixed(BARE + bare(2), "2026-03-01 10:00:{:02d} "),
           APPS + "2026/03/01 09:37:00.000, GPU-1, 21, python, 25 MiB\n",
           "Fri Jun 26 11:59:44 CST 2026\n" + BARE + bare(1), "timestamp, index, power.draw [W]\n23:59:58, 0, 100 W\n"]  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sample=st.sampled_from(SAMPLES), edits=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 30), st.text(max_size=8)), max_size=4))
def test_no_mutation_makes_the_reader_fall_over(tmp_path, sample, edits):
    for place, length, text in edits:
        sample = sample[:place] + text + sample[place + length :]
    try:
        trace = read(tmp_path, sample + sample[: len(sample) // 2])
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series or trace.warnings
        assert all(np.isfinite(one.values).any() for one in trace.series)


def test_a_scripts_own_seconds_are_relative_times(tmp_path):
    path = tmp_path / "unknown"
    path.write_text("time,utilization.gpu [%],power.draw [W]\n0.5,45,300\n1.0,46,301\n2.5,47,302\n")
    trace = read_trace(path)
    assert trace.files[0].format == "nvidia-smi-csv" and trace.clock == "relative" and trace.duration_ns == 2 * 10**9
    assert "reading.no_date" not in {warning.code for warning in trace.warnings}

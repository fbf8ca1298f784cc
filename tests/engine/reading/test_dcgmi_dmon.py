"""dcgmi dmon with all that the field does to it. The texts are synthetic, in the form that the tool prints."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.messages import LANGUAGES, render, render_remedy
from app.engine.model.traces import Trace
from app.engine.reading import read_trace

HEAD = "#Entity   SMACT        TENSO        PCITX        FBUSD        FBFRE        \nID                                               \n"


def read(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Trace:
    path = folder / "unknown"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_trace(path)


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(folder, text)
    assert all(render(caught.value.message, lang) and render_remedy(caught.value.message, lang) for lang in LANGUAGES)
    return caught.value.message.code


def test_real_files(shared_data, tmp_path):
    folder = shared_data / "traces" / "dcgmi-dmon"
    many = read(tmp_path, (folder / "llm-action_dcgmi_dmon_2.txt").read_bytes())
    assert many.files[0].rows == 56 and len(many.devices) == 8 and "skipped.bad_row" not in many.skipped
    assert values(many, "nvlink_tx_gbs")[:2] == pytest.approx([20.779220484, 11.576689215]) and len(values(many, "nvlink_tx_gbs")) == 10
    assert values(many, "pcie_tx_gbs", "7")[-1] == pytest.approx(3.843250109)
    first = read(tmp_path, (folder / "dcgmi_dmon_first_sample_NA.txt").read_bytes())
    assert first.files[0].rows == 2 and np.isnan(values(first, "sm_active")[0]) and values(first, "sm_active")[1] == 0
    (diagnosis,) = (shared_data / "traces" / "dcgmi-diag-text").iterdir()
    assert refused(tmp_path, diagnosis.read_text()) == "reading.dcgmi_diagnosis"


def test_blanks_of_dcgm_are_missing_and_large_rates_are_not(tmp_path):
    rows = "GPU 0     0.5  9223372036854775794  19694075554  1024  1024\nGPU 0     140737488355328.0  0.25  2147483632  1024  1024\n"
    trace = read(tmp_path, HEAD + rows)
    assert (
        np.isnan(values(trace, "sm_active")[1]) and np.isnan(values(trace, "tensor_core")[0]) and np.isnan(values(trace, "pcie_tx_gbs")[1])
    )
    assert values(trace, "pcie_tx_gbs")[0] == pytest.approx(19.694075554) and trace.skipped["skipped.blank_reading"] == 3
    assert values(trace, "vram_utilisation") == [0.5, 0.5] and trace.devices[0].memory_gib == 2


def test_instances_and_switches_beside_cards_are_told_and_not_added(tmp_path):
    rows = "GPU 0    0.5 0.4 1000 1 1\nGPU-I 0  0.9 0.8 N/A N/A N/A\nGPU-CI 0 0.9 0.8 N/A N/A N/A\n"
    rows += "Switch 8 N/A N/A 5 N/A N/A\nCPU 0 N/A N/A 5 N/A N/A\n"
    trace = read(tmp_path, HEAD + rows * 2)
    assert [device.id for device in trace.devices] == ["0"] and trace.files[0].rows == 2
    assert (
        trace.skipped["skipped.mig_instance"] == 4 and trace.skipped["skipped.not_a_card"] == 4 and values(trace, "sm_active") == [0.5, 0.5]
    )
    only = read(tmp_path, HEAD + "GPU 0 N/A N/A N/A N/A N/A\nGPU-I 3 0.9 0.8 N/A N/A N/A\nGPU-I 4 0.7 0.6 N/A N/A N/A\n" * 2)
    assert [device.id for device in only.devices] == ["GPU-I 3", "GPU-I 4"] and values(only, "tensor_core", "GPU-I 4") == [0.6, 0.6]
    assert refused(tmp_path, HEAD + "Switch 8 N/A N/A 5 N/A N/A\n") == "reading.no_cards"


@pytest.mark.parametrize(
    ("prefix", "clock", "step"),
    [("2026-03-01 10:00:{:02d} ", "local", 2), ("Mar 01 10:00:{:02d} ", "relative", 2), ("[10:00:{:02d}] ", "relative", 2)],
)
def test_stamps_before_every_line(tmp_path, prefix, clock, step):
    lines = HEAD.splitlines() + ["GPU 1 0.5 0.1 1 1 1", "GPU 0 0.6 0.1 1 1 1", "GPU 1 0.7 0.1 1 1 1", "GPU 0 0.8 0.1 1 1 1"]
    trace = read(tmp_path, "\n".join(prefix.format(number) + line for number, line in enumerate(lines)) + "\n")
    assert trace.clock == clock and values(trace, "sm_active", "1") == [0.5, 0.7]
    assert next(one.time_ns for one in trace.series if one.device == "1").tolist() == [0, step * 10**9]


def test_a_head_in_the_old_form_colours_and_a_stated_interval(tmp_path):
    text = "$ dcgmi dmon -e 1002 -d 250\r\n\x1b[1m# Entity                 SMACT\x1b[0m\r\n      Id\r\n"
    text += "    GPU 0                 0.100\r\n    GPU  0               0.200\r\n"
    trace = read(tmp_path, text, "utf-16")
    assert values(trace, "sm_active") == [0.1, 0.2] and trace.duration_ns == 250_000_000 and trace.skipped == {"skipped.preamble": 1}


def test_without_a_head_the_command_tells_the_columns(tmp_path):
    rows = "GPU 0 0.5 1000000000\nGPU 1 0.6 2000000000\nGPU 0 0.7 3000000000\n"
    trace = read(tmp_path, "dcgmi dmon -i 0,1 -e 1002,1011\n" + rows)
    assert values(trace, "sm_active") == [0.5, 0.7] and values(trace, "nvlink_tx_gbs", "1") == [2.0]
    assert refused(tmp_path, rows) == "reading.no_head"


def test_a_part_of_the_tensor_pipe_and_links_one_by_one(tmp_path):
    trace = read(tmp_path, "#Entity THMMA NVL0T NVL1T\nID\nGPU 0 0.5 1000000000 2000000000\nGPU 0 0.6 N/A N/A\n")
    assert next(one.state for one in trace.series if one.metric == "tensor_core") == "estimated"
    found = values(trace, "nvlink_tx_gbs")
    assert found[0] == 3.0 and np.isnan(found[1])


def test_errors_of_dcgm_are_explained(tmp_path):
    busy = "Error setting watches. Result: The third-party Profiling module returned an unrecoverable error\n"
    assert refused(tmp_path, busy) == "reading.dcgm_busy" and refused(tmp_path, HEAD + busy) == "reading.dcgm_busy"
    assert refused(tmp_path, HEAD) == "reading.no_rows"
    cut = read(tmp_path, HEAD + "GPU 0 0.5 0.1 1 1 1\n" + busy + "GPU 0 0.6 0.1 1 1 1\nGPU 0 0.7 0")
    assert cut.skipped == {"skipped.not_a_row": 1, "skipped.bad_row": 1} and cut.files[0].rows == 2


LINES = st.sampled_from(
    [
        *HEAD.splitlines(),
        "GPU 0 0.5 0.1 1 1 1",
        "GPU-I 0 0.1",
        "Switch 8 1 2 3 4 5",
        "dcgmi dmon -e 1002",
        "\x1b[0m",
        "GPU 0 0.5",
        "#Entity",
    ]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=12), junk=st.text(max_size=30), place=st.integers(0, 300))
def test_no_text_makes_the_reader_fall_over(tmp_path, lines, junk, place):
    text = "\n".join(lines)
    try:
        trace = read(tmp_path, text[:place] + junk + text[place:])
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series

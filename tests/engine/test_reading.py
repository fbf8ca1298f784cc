"""Readers: real files in full, small files of ours for every quirk, and hostile bytes."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.reading import formats, merge_traces, read_files, read_trace

SLUGS = ("nvidia-smi-csv", "dcgmi-dmon", "kineto", "table")
REFUSED = {
    "zeus__examples__research_reproducibility__zeus_nsdi23__trace__summary_power_v100.csv": "reading.no_time_column",
}
"""Real files without anything to read, and the true reason."""


def write(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def codes_of(trace) -> list[str]:
    return [warning.code for warning in trace.warnings]


def test_all_real_files_are_read_or_refused_with_the_true_reason(shared_data):
    assert set(SLUGS) <= set(formats())
    with (shared_data / "traces" / "MANIFEST.csv").open(encoding="utf-8") as file:
        rows = [(row[0], row[1]) for row in csv.reader(file) if len(row) > 1 and row[1] in SLUGS]
    assert len(rows) > 40
    for name, slug in rows:
        path = shared_data / "traces" / name
        refused = REFUSED.get(path.name)
        if refused:
            with pytest.raises(UnreadableFile) as caught:
                read_trace(path)
            assert caught.value.message.code == refused, name
            continue
        trace = read_trace(path)
        assert trace.files[0].format == slug, name
        for series in trace.series:
            assert series.time_ns.dtype == np.int64 and (np.diff(series.time_ns) >= 0).all() and series.time_ns.shape == series.values.shape
            assert np.isfinite(series.values).any(), name
        if slug == "kineto":
            with (gzip.open if path.read_bytes()[:2] == b"\x1f\x8b" else open)(path, "rb") as raw:
                total = len(json.load(raw)["traceEvents"])
            assert trace.files[0].events + sum(trace.skipped.values()) == total, name


def test_eight_cards_without_an_index_are_split_by_order(shared_data):
    folder = shared_data / "traces" / "nvidia-smi-query-csv"
    trace = read_trace(next(folder.glob("*h100-traces*")))
    assert len(trace.devices) == 8 and "reading.split_by_order" in codes_of(trace)
    power = {one.device: one for one in trace.series if one.metric == "power_w"}
    assert {one.time_ns.size for one in power.values()} == {54456 // 8}
    memory = {one.device: float(np.median(one.values)) for one in trace.series if one.metric == "vram_used_gib"}
    assert max(memory.values()) < 80


def test_a_snapshot_has_a_warning_and_no_chart(shared_data):
    trace = read_trace(next((shared_data / "traces" / "nvidia-smi-query-csv").glob("*h200__590*load*")))
    assert trace.is_snapshot and "reading.snapshot" in codes_of(trace)


SMI = "timestamp, index, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W]\n"


def smi_rows(count: int, start: int = 0) -> str:
    return "".join(
        f"2026/01/01 00:00:{start + second:02d}.000, {card}, {50 + card} %, 1024 MiB, 2048 MiB, 100.5 W\n"
        for second in range(count)
        for card in (0, 1)
    )


def test_units_and_shares(tmp_path):
    trace = read_trace(write(tmp_path, SMI + smi_rows(5)))
    found = {(one.metric, one.device): one.values for one in trace.series}
    assert found["gpu_utilisation", "1"] == pytest.approx(0.51)
    assert found["vram_used_gib", "0"] == pytest.approx(1.0)
    assert found["vram_utilisation", "0"] == pytest.approx(0.5)
    assert trace.duration_ns == 4 * 10**9 and trace.clock == "local" and trace.devices[0].memory_gib == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gbk"])
def test_encodings_of_the_field(tmp_path, encoding):
    text = (SMI + smi_rows(30)).replace("\n", "\r\n").replace("2048 MiB", "2048 MiB")
    trace = read_trace(write(tmp_path, text.encode(encoding)))
    assert trace.files[0].rows == 60


def test_repeated_and_changed_heads(tmp_path):
    text = "".join(SMI + smi_rows(1, second) for second in range(5)) + "timestamp, index, temperature.gpu\n2026/01/01 00:00:09.000, 0, 55\n"
    trace = read_trace(write(tmp_path, text))
    assert trace.skipped["skipped.repeated_head"] == 4
    assert {one.metric for one in trace.series} >= {"power_w", "temperature_c"}


def test_na_in_all_spellings_is_missing_never_zero(tmp_path):
    cells = ["[N/A]", "[Not Supported]", "[Unknown Error]", "N/A", "[Requested functionality has been deprecated]"]
    text = "timestamp, utilization.gpu [%], power.draw [W]\n" + "".join(
        f"2026/01/01 00:00:0{n}.000, {cell}, 70.00 W\n" for n, cell in enumerate(cells)
    )
    trace = read_trace(write(tmp_path, text))
    assert {one.metric for one in trace.series} == {"power_w"}


def test_no_head_is_guessed_with_a_warning(tmp_path):
    trace = read_trace(write(tmp_path, (SMI + smi_rows(6)).partition("\n")[2]))
    assert "reading.columns_guessed" in codes_of(trace)
    assert {one.metric for one in trace.series} >= {"gpu_utilisation", "power_w", "vram_used_gib"}


def test_a_cut_last_line_is_left_out(tmp_path):
    trace = read_trace(write(tmp_path, SMI + smi_rows(4) + "2026/01/01 00:00:05.000, 0, 5"))
    assert "reading.cut_line" in codes_of(trace) and trace.files[0].rows == 8


def test_dcgmi_columns_are_not_shifted_by_the_entity(tmp_path):
    text = "#Entity   SMACT   NVLTX\nID\nGPU 0   0.500   1000000000\nGPU 1   N/A   N/A\nGPU 0   0.700   3000000000\nGPU 1   0.9   0\n"
    trace = read_trace(write(tmp_path, text, "dmon.txt"))
    found = {(one.metric, one.device): one.values for one in trace.series}
    assert found["nvlink_tx_gbs", "0"] == pytest.approx([1.0, 3.0]) and found["sm_active", "1"][-1] == pytest.approx(0.9)
    assert trace.clock == "synthetic" and "reading.synthetic_time" in codes_of(trace)


def test_table_maps_by_name_and_unit_and_tells_doubt(tmp_path):
    rows = "\n".join(f"2026-01-01T00:00:{second:02d}Z,{40 + second},30000,200" for second in range(10))
    trace = read_trace(write(tmp_path, "time,GPU0 util (%),GPU0 memory used (MiB),power\n" + rows + "\n"))
    found = {one.metric: one for one in trace.series}
    assert found["gpu_utilisation"].values[0] == pytest.approx(0.4) and found["gpu_utilisation"].device == "0"
    assert found["vram_used_gib"].values[0] == pytest.approx(30000 / 1024) and trace.clock == "absolute"
    doubtful = read_trace(write(tmp_path, "time,gpu_util,mem_used\n" + "\n".join(f"{n},{50 + n},3000" for n in range(9)), "d.csv"))
    assert "reading.doubtful_column" in codes_of(doubtful)


def test_xlsx_table(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["some title"])
    book.active.append(["时间", "GPU利用率(%)", "功耗(W)"])
    for second in range(5):
        book.active.append([f"2026-01-01 00:00:0{second}", 10 * second, 300])
    book.save(tmp_path / "t.xlsx")
    trace = read_trace(tmp_path / "t.xlsx")
    assert {one.metric for one in trace.series} == {"gpu_utilisation", "power_w"}


def event(name: str, cat: str, ts: float, dur: float, **args: object) -> dict:
    return {"ph": "X", "cat": cat, "name": name, "pid": 0, "tid": 1, "ts": ts, "dur": dur, "args": args}


def kineto(events: list[dict], **more: object) -> str:
    return json.dumps(
        {"schemaVersion": 1, "deviceProperties": [{"id": 0, "name": "X", "totalGlobalMem": 2**30}], "traceEvents": events, **more}
    )


def test_kineto_events_and_collectives(tmp_path):
    events = [
        event("aten::mm", "cpu_op", 0, 10, **{"Input Dims": [[2, 3], [3, 4]]}),
        event("ncclKernel_AllReduce", "kernel", 5, 20, device=0, stream=7, correlation=1),
        event("gemm", "Kernel", 4, 2, device=0, stream=7, correlation=2),
        {"ph": "M", "name": "process_name", "args": {"name": "python"}},
    ]
    trace = read_trace(write(tmp_path, kineto(events, baseTimeNanoseconds=1_700_000_000_000_000_000), "k.json"))
    assert trace.clock == "absolute" and len(trace.events) == 3 and trace.skipped == {"skipped.metadata": 1}
    assert "collective" in trace.events.categories and trace.events.start_ns.tolist() == [0, 4000, 5000]
    assert trace.events.shapes == ("[[2,3],[3,4]]",) and trace.devices[0].memory_gib == 1


def test_kineto_that_is_not_quite_json(tmp_path):
    text = (
        kineto([event("a", "cpu_op", 1, 1), event("b", "cpu_op", 2, 1)]).replace('"dur": 1', '"dur": NaN', 1).replace('"a"', '"C:\\q\\x"')
    )
    trace = read_trace(write(tmp_path, text.encode() + b"\n", "k.json"))
    assert len(trace.events) + sum(trace.skipped.values()) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "reading.empty"),
        (bytes(range(256)) * 40, "reading.binary"),
        (SMI.encode(), "reading.no_rows"),
        (kineto([event("a", "cpu_op", 1, 1)])[:130].encode(), "reading.json_broken"),
        (gzip.compress((SMI + smi_rows(20)).encode(), mtime=0)[:60], "reading.packing_damaged"),
        (b"hello world, this is\nno log\n", "reading.unknown_format"),
    ],
)
def test_bad_files_are_refused_with_a_code(tmp_path, content, code):
    with pytest.raises(EngineError) as caught:
        read_trace(write(tmp_path, content))
    assert caught.value.message.code == code and caught.value.file


def test_one_bad_file_does_not_stop_the_rest(tmp_path):
    result = read_files([write(tmp_path, SMI + smi_rows(3)), tmp_path / "missing.csv"])
    assert len(result.traces) == 1 and len(result.unreadable) == 1


def test_merging_keeps_absolute_time_and_tells_what_it_cannot_place(tmp_path):
    first = read_trace(write(tmp_path, SMI + smi_rows(5), "a.csv"))
    later = read_trace(
        write(tmp_path, SMI.replace("power.draw [W]", "temperature.gpu") + smi_rows(5, 20).replace("100.5 W", "60"), "b.csv")
    )
    blind = read_trace(write(tmp_path, "#Entity SMACT\nID\nGPU 0 0.5\nGPU 0 0.6\n", "c.txt"))
    run = merge_traces([first, later, blind])
    temperature = next(one for one in run.series if one.metric == "temperature_c")
    assert temperature.time_ns[0] == 20 * 10**9 and {device.id for device in run.devices} == {"0", "1"}
    assert "reading.mixed_clocks" in codes_of(run)
    same = merge_traces([first, read_trace(write(tmp_path, SMI + smi_rows(5) + "\n", "d.csv"))])
    assert {device.id for device in same.devices} == {"node0:0", "node0:1", "node1:0", "node1:1"}


LINES = [
    "timestamp, index, power.draw [W]", "2026/01/01 00:00:00.000, 0, 10 W", "#Entity SMACT", "GPU 0 0.5", "{", "]", "time,gpu",
    '{"ph": "X", "cat": "cpu_op"}', "1,2", "\x00", "[N/A]", ",,,,", '"traceEvents": [',
]  # fmt: skip
ANYTHING = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=300).map(str.encode),
    st.lists(st.sampled_from(LINES), max_size=8).map(lambda lines: "\n".join(lines).encode()),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING)
def test_no_bytes_make_a_reader_fall_over(tmp_path, content):
    try:
        trace = read_trace(write(tmp_path, content))
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series or trace.events is not None or trace.warnings


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cards=st.integers(1, 8), ticks=st.integers(3, 20), spread_ms=st.integers(0, 4))
def test_cards_are_found_by_order(tmp_path, cards, ticks, spread_ms):
    rows = "".join(
        f"2026/01/01 00:00:{tick:02d}.{card * spread_ms:03d}, {100 + card}.00 W\n" for tick in range(ticks) for card in range(cards)
    )
    trace = read_trace(write(tmp_path, "timestamp, power.draw [W]\n" + rows))
    assert len(trace.devices) == cards
    assert all(float(one.values.min()) == float(one.values.max()) for one in trace.series)


def test_parquet_is_a_table(tmp_path):
    fastparquet = pytest.importorskip("fastparquet")
    pandas = pytest.importorskip("pandas")
    when = pandas.date_range("2026-01-01", periods=6, freq="s")
    frame = pandas.DataFrame({"time": when, "gpu": ["0", "1"] * 3, "gpu_util(%)": [10.0, 90.0] * 3, "power(W)": [300.5] * 6})
    fastparquet.write(str(tmp_path / "log.any"), frame)
    trace = read_trace(tmp_path / "log.any")
    assert trace.files[0].format == "table" and trace.files[0].rows == 6 and trace.duration_ns == 5 * 10**9
    found = {(one.metric, one.device): one.values.tolist() for one in trace.series}
    assert found["gpu_utilisation", "1"] == [0.9] * 3 and found["power_w", "0"] == [300.5] * 3
    whole = (tmp_path / "log.any").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile):
        read_trace(tmp_path / "cut")


def test_parquet_without_the_extra_says_what_to_do(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fastparquet", None)
    (tmp_path / "log.parquet").write_bytes(b"PAR1" + bytes(range(256)) + b"PAR1")
    with pytest.raises(UnreadableFile) as caught:
        read_trace(tmp_path / "log.parquet")
    assert caught.value.message.code == "reading.needs_parquet"

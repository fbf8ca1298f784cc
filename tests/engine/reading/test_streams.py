"""Reading in pieces: the same as at once, damage told with its place, cancel heard, numbers exact."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.engine.errors import Cancelled, EngineError
from app.engine.reading import nvidia_smi_csv, preview_table, read_files, read_trace
from app.engine.reading._csv_cells import Cells
from app.engine.reading._sources import Source

SMI = "timestamp, index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W]\n"


def smi(ticks: int, cards: int = 3) -> str:
    return "".join(
        f"2026/01/01 00:{n // 60:02d}:{n % 60:02d}.000, {card}, A, {(n * 7 + card) % 101} %, {n} MiB, 81920 MiB, {n / 7:.2f} W\n"
        for n in range(ticks)
        for card in range(cards)
    )


def write(folder, content: str | bytes, name: str = "unknown"):
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / name


def values(trace) -> dict:
    return {(one.metric, one.device): (one.time_ns.tolist(), one.values.tolist()) for one in trace.series}


def codes(trace) -> list[str]:
    return [warning.code.removeprefix("reading.") for warning in trace.warnings]


@pytest.mark.parametrize("size", [200, 1000, 4096])
def test_nvidia_smi_in_small_pieces_is_the_same(tmp_path, monkeypatch, size):
    text = (
        "root@gpu:~# nvidia-smi --query-gpu=… -l 1\n" + SMI + smi(200) + SMI + smi(50) + "bad line\n\n" + smi(10) + "2026/01/01 00:00:09.0"
    )
    path = write(tmp_path, text)
    whole = read_trace(path)
    monkeypatch.setattr(nvidia_smi_csv, "_PIECE_BYTES", size)
    pieces = read_trace(path)
    assert values(whole) == values(pieces) and whole.skipped == pieces.skipped and set(codes(whole)) == set(codes(pieces))
    assert whole.files[0].rows == 780
    assert whole.skipped == {"skipped.preamble": 1, "skipped.repeated_head": 1, "skipped.bad_row": 1, "skipped.cut_line": 1}
    assert [(one.name, one.memory_gib) for one in whole.devices] == [("A", 80.0)] * 3


def test_a_new_head_changes_the_columns(tmp_path):
    text = SMI + smi(3) + "timestamp, index, temperature.gpu\n" + "".join(f"2026/01/01 00:01:0{n}.000, 1, 5{n}\n" for n in range(3))
    trace = read_trace(write(tmp_path, text))
    found = values(trace)
    assert found["temperature_c", "1"][1][-3:] == [50.0, 51.0, 52.0] and np.isnan(found["power_w", "1"][1][-3:]).all()
    assert trace.files[0].rows == 12


def test_quoted_line_ends_are_put_right(tmp_path):
    good = SMI + smi(6, 2)
    broken = good.replace("81920 MiB, 0.29 W\n", '81920 MiB,"0.29 W\n', 1).replace("00:00:02.000, 1", '00:00:02.000", 1', 1)
    assert read_trace(write(tmp_path, broken)).files[0].rows == 12


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_text_pieces_of_wide_encodings(tmp_path, encoding):
    text = "时间,x\r\n" * 5000
    source = Source(write(tmp_path, text.encode(encoding)))
    whole = b"".join(source.text_pieces(1000))
    assert whole.decode() == text.replace("\r\n", "\n") and source.text_bytes() == whole


CELLS = st.one_of(
    st.decimals(-(10**9), 10**9, places=3).map(str),
    st.integers(-(10**17), 10**17).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["[N/A]", "N/A", "-", "", " ", "12:30", "1.2.3", "0x10", "7 %", " 81920 MiB", '"5 W"', ".5", "5.", "nan", "1e400"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=30))
def test_numbers_are_those_of_python(cells):
    cells = [cell.replace(",", "") for cell in cells]
    found = Cells(("\n".join(f"a,{cell},b" for cell in cells) + "\n").encode(), 3).numbers(1)
    for cell, value in zip(cells, found.tolist(), strict=True):
        try:
            wanted = float(cell.strip(' "').removesuffix("%").removesuffix("MiB").removesuffix("W"))
        except ValueError:
            wanted = float("nan")
        assert value == pytest.approx(wanted, rel=1e-15, abs=0, nan_ok=True), cell


def event(number: int, **more) -> dict:
    usual = {"ph": "X", "cat": "cpu_op", "name": f"op{number % 7}", "pid": 1, "tid": 1, "ts": number * 10.5, "dur": 5.25}
    return {**usual, "args": {"External id": number}, **more}


def kineto(events: list[dict], **more) -> str:
    return json.dumps({"schemaVersion": 1, "traceEvents": events, "baseTimeNanoseconds": 1_700_000_000_000_000_000, **more}, indent=1)


@pytest.fixture
def small_pieces(monkeypatch):
    pieces = Source.pieces
    monkeypatch.setattr(Source, "pieces", lambda self, size=3000: pieces(self, size))


def test_kineto_in_small_pieces_is_the_same(tmp_path, small_pieces):
    events = [event(number) for number in range(500)] + [{"name": "process_name", "ph": "M", "pid": 1, "args": {"name": "x"}}]
    trace = read_trace(write(tmp_path, kineto(events)))
    assert len(trace.events) == 500 and trace.skipped == {"skipped.metadata": 1} and trace.clock == "absolute"
    assert trace.events.start_ns.tolist() == [round(number * 10500) for number in range(500)]


def test_kineto_cut_in_mid_event_tells_where_and_how_many_are_good(tmp_path, small_pieces):
    text = kineto([event(number) for number in range(300)])
    cut = text.index('"op', text.index(f'"ts": {200 * 10.5}'))
    trace = read_trace(write(tmp_path, text[:cut]))
    assert len(trace.events) == 201
    warning = next(one for one in trace.warnings if one.code == "reading.json_cut")
    assert warning.params["good"] == 201 and trace.skipped["skipped.damaged_event"] == 1
    start = text.rindex('{\n   "ph"', 0, cut)
    assert warning.params["byte"] == start and warning.params["line"] == text.count("\n", 0, start) + 1


@pytest.mark.parametrize("end", ["", ",", "]", "]}", ",\n]"])
def test_kineto_without_its_end(tmp_path, end):
    text = kineto([event(number) for number in range(20)])
    trace = read_trace(write(tmp_path, text[: text.rindex("]")].rstrip() + end))
    assert len(trace.events) == 20


def test_kineto_damaged_inside_loses_only_that_event(tmp_path, small_pieces):
    text = kineto([event(number) for number in range(300)])
    at = text.index(f'"ts": {150 * 10.5}')
    trace = read_trace(write(tmp_path, text[:at] + "\x01\x02}}{{" + text[at + 6 :]))
    assert len(trace.events) == 299 and trace.skipped["skipped.damaged_event"] == 1 and "json_damaged" in codes(trace)
    assert trace.clock == "absolute"  # what follows the events was read


def test_kineto_in_a_cut_gzip(tmp_path):
    packed = gzip.compress(kineto([event(number, name=f"n{number * 7919 % 1000}") for number in range(3000)]).encode())
    trace = read_trace(write(tmp_path, packed[: len(packed) // 2]))
    assert len(trace.events) > 500 and {"packing_cut", "json_cut"} <= set(codes(trace))


def test_kineto_with_events_first_and_metadata_last(tmp_path, small_pieces):
    after = {"schemaVersion": 1, "deviceProperties": [{"id": 0, "name": "X"}] * 200, "distributedInfo": {"rank": 5}}
    text = json.dumps({"traceEvents": [event(n) for n in range(200)], **after})
    trace = read_trace(write(tmp_path, text))
    assert len(trace.events) == 200 and trace.environment["rank"] == "5"


def test_kineto_with_types_nobody_foresaw(tmp_path):
    odd: list = [event(1, name=5), event(2, args=[1, 2]), event(3, ts="31.5"), event(4, dur=None), event(5, pid=True), event(6, ts=1e400)]
    odd += [event(7, cat={"a": 1}), 17, None]
    trace = read_trace(write(tmp_path, kineto([event(n) for n in range(8, 20)] + odd)))
    assert len(trace.events) + sum(trace.skipped.values()) == 21 and len(trace.events) >= 15


DEEP = (
    '{"traceEvents": [' + '{"ph": "X", "args": {"a": ' * 50_000,
    "[" * 200_000 + '"ph"',
    '{"traceEvents": [{"ph":"X","cat":"kernel","args":' + "[" * 100_000,
)


@pytest.mark.parametrize("text", DEEP)
def test_deep_nesting_is_refused(tmp_path, text):
    with pytest.raises(EngineError):
        read_trace(write(tmp_path, text))


@pytest.mark.parametrize("content", [SMI + smi(3000), kineto([event(n) for n in range(4000)])])
def test_a_cancel_is_heard_inside(tmp_path, content):
    calls = 0

    def stop(share: float, doing: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_trace(write(tmp_path, content), stop)
    assert calls == 2


@pytest.mark.parametrize(
    "text",
    [
        "time,device,GPU util (%),power (W)\n"
        + "".join(f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}+08:00,{n % 2},{n % 100},{n}.5\n" for n in range(900)),
        "ts,gpu0_util(%),gpu1_util(%),note\n" + "".join(f"{1767225600 + n}.25,{n % 90},{n % 70},ok\n" for n in range(900)) + "1,2,3,4,5\n",
        "elapsed_ms\tgpu_util(%)\n" + "".join(f"{n * 100}\t{n % 97} %\n" for n in range(900)),
        "时间;GPU利用率(%)\n" + "".join(f"2026-01-01 00:{n // 60:02d}:{n % 60:02d};{n % 50}\n" for n in range(900)),
    ],
)
def test_a_table_in_pieces_is_the_same_as_at_once(tmp_path, monkeypatch, text):
    path = write(tmp_path, text)
    whole = read_trace(path)
    monkeypatch.setattr("app.engine.reading.table.STREAM_FROM_BYTES", 0)
    monkeypatch.setattr("app.engine.reading._table_stream.PIECE_BYTES", 3000)
    monkeypatch.setattr("app.engine.reading.table.load_frame", None)  # not read at once
    pieces = read_trace(path)
    assert values(whole) == values(pieces) and whole.skipped == pieces.skipped and codes(whole) == codes(pieces)
    assert (whole.start_ns, whole.clock, whole.devices) == (pieces.start_ns, pieces.clock, pieces.devices)


LETTERS = st.sampled_from(list('{}[],:"\\ \n0123456789.eE-+abcXphcat') + ['"traceEvents"', '"ph"', "NaN", "\x00", "é"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.floats(0, 1), st.lists(LETTERS, max_size=5).map("".join), st.integers(0, 40)), max_size=5),
    which=st.integers(0, 1),
    cut=st.floats(0.02, 1),
)
def test_mutants_only_raise_our_errors(tmp_path, edits, which, cut):
    text = [SMI + smi(20), kineto([event(n) for n in range(30)])][which]
    for place, new, drop in edits:
        at = int(place * len(text))
        text = text[:at] + new + text[at + drop :]
    try:
        trace = read_trace(write(tmp_path, text[: int(cut * len(text))] or " "))
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series or trace.events is not None or trace.warnings
        for one in trace.series:
            assert (np.diff(one.time_ns) >= 0).all() and np.isfinite(one.values).any()


def test_times_of_day_in_pieces_pass_each_midnight_once(tmp_path, monkeypatch):
    text = "time,gpu_util(%)\n" + "".join(f"{n * 3 % 24:02d}:00:00,{n % 90}\n" for n in range(600))
    path = write(tmp_path, text)
    whole = read_trace(path)
    monkeypatch.setattr("app.engine.reading.table.STREAM_FROM_BYTES", 0)
    monkeypatch.setattr("app.engine.reading._table_stream.PIECE_BYTES", 1000)
    pieces = read_trace(path)
    assert whole.duration_ns == pieces.duration_ns == 599 * 3 * 3600 * 10**9
    assert (whole.series[0].time_ns == pieces.series[0].time_ns).all()


def test_the_cache_heeds_what_a_person_said_of_a_table(tmp_path, monkeypatch):
    monkeypatch.setattr("app.engine.reading._cache.WORTH_S", 0.0)
    path = write(tmp_path, "time,load\n" + "".join(f"{n},{n % 90}\n" for n in range(50)))
    mapping = preview_table(path).mapping
    columns = tuple(replace(one, role="metric", metric="power_w", unit="W") if one.column == "load" else one for one in mapping.columns)
    metrics = [
        {one.metric for one in read_files([path], mappings=mappings).traces[0].series}
        for mappings in ((), (replace(mapping, columns=columns),), (), (replace(mapping, columns=columns),))
    ]
    assert metrics[0] == metrics[2] != {"power_w"} and metrics[1] == metrics[3] == {"power_w"}

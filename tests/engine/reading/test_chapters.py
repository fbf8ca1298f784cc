"""A big log read by chapters is the same as read at once: every format, every real file, chapters of a few lines."""

import csv
import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.engine.errors import Cancelled, EngineError
from app.engine.reading import _chapters, _prometheus, _rows, nvidia_smi_csv, read_trace
from app.engine.reading._chapters import ChapterReader
from app.engine.reading._registry import readers, recognise
from tests.engine.reading import _logs
from tests.engine.reading._logs import TICKS, clock, ctime, stamp
from tests.engine.reading._odd_logs import ODD_LOGS
from tests.engine.reading.test_host_tools import SAMPLES

LOGS = _logs.LOGS | ODD_LOGS
SLUGS = sorted(reader.slug for reader in readers() if isinstance(reader, ChapterReader))
TIMES = 5
AT_ONCE = {"sadf", "mx-smi"}
"""Some of their files are: JSON, XML, a matrix of links."""
SUMMED = {"sadf", "sar", "pidstat"}
"""Rows of one time are added: a file after itself would be added to itself."""


def at_once(path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_chapters, "LEAST_BYTES", 2**62)
        return outcome(path)


def by_chapters(path, monkeypatch, size: int):
    """Return the outcome and how many chapters there were."""
    count = 0
    read = _chapters._Reading.read

    def counted(self, text):
        nonlocal count
        count += 1
        read(self, text)

    with monkeypatch.context() as patch:
        patch.setattr(_chapters, "LEAST_BYTES", 0)
        patch.setattr(_chapters, "CHAPTER_BYTES", size)
        patch.setattr(_chapters, "next_size", lambda *_: size)
        patch.setattr(_chapters._Reading, "read", counted)
        return outcome(path), count


def outcome(path):
    try:
        return read_trace(path)
    except EngineError as error:
        return error.message.code


def told(trace) -> dict:
    """Return everything that a trace says, arrays as lists."""
    if isinstance(trace, str):
        return {"refused": trace}
    return {
        "series": {
            (one.metric, one.device, one.unit, one.state): (one.time_ns.tolist(), [round(v, 12) for v in np.nan_to_num(one.values, nan=-1)])
            for one in trace.series
        },
        "files": trace.files,
        "span": (trace.start_ns, trace.duration_ns, trace.clock, trace.utc_offset_s, trace.is_snapshot),
        "devices": {one.id: one for one in trace.devices},
        "skipped": trace.skipped,
        "warnings": {repr(one) for one in trace.warnings},
        "environment": trace.environment,
    }


def check(path, monkeypatch, sizes, least: int = 2) -> None:
    whole = told(at_once(path, monkeypatch))
    for size in sizes:
        pieces, count = by_chapters(path, monkeypatch, size)
        found = told(pieces)
        for key in whole | found:
            assert found.get(key) == whole.get(key), (key, size)
        assert count >= least


def real_files(shared) -> list:
    with (shared / "traces" / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return [(row["slug"], shared / "traces" / row["file"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("slug", SLUGS)
def test_real_files_one_after_another(shared_data, tmp_path, monkeypatch, slug):
    paths = [path for name, path in real_files(shared_data) if name == slug]
    for path in paths:
        log = tmp_path / "log"
        content = path.read_bytes()
        times = 1 if slug in SUMMED else TIMES
        log.write_bytes((content + b"\n" * (not content.endswith(b"\n"))) * times)
        check(log, monkeypatch, (len(content) * times // 5, len(content) * times // 3), least=0 if slug in AT_ONCE else 2)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug in SAMPLES.keys() - {"sadf"}])
def test_small_samples(tmp_path, monkeypatch, slug):
    log = tmp_path / "log"
    log.write_text(SAMPLES[slug] * (1 if slug in SUMMED | {"iostat"} else 2))
    check(log, monkeypatch, (len(SAMPLES[slug]), len(SAMPLES[slug]) * 3 // 5))


@pytest.mark.parametrize("name", LOGS)
def test_long_logs(tmp_path, monkeypatch, name):
    slug, text = LOGS[name]
    log = tmp_path / "log"
    log.write_text(text)
    whole = at_once(log, monkeypatch)
    assert whole.files[0].format == slug and whole.duration_ns > 10**9
    check(log, monkeypatch, (len(text) // 9, len(text) // 5))


ROWS = {"nvidia-smi-dmon", "dcgmi-dmon", "nvidia-smi-pmon", "amd-smi-csv", "intel-xpu-smi", "vmstat", "superbench"}
"""Their records are single lines: a line in the midst of a longer one leaves of it what the end of a chapter leaves."""
JUNK = st.sampled_from(
    [
        "",
        "Segmentation fault (core dumped)",
        "#",
        "# note: hello",
        "7",
        "| 12 |",
        "\x1b[0m",
        "   ",
        "+------------+",
        "{",
        "]}",
        "…",
        "0 1 2",
        "GPU 0 7",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([name for name in LOGS if LOGS[name][0] in ROWS and "JSON" not in name]),
    junk=st.lists(st.tuples(st.floats(0, 1), JUNK), max_size=6),
    parts=st.integers(6, 12),
)
def test_logs_with_junk_between(tmp_path, monkeypatch, name, junk, parts):
    lines = LOGS[name][1].splitlines()
    for place, line in junk:
        at = 10 + int(place * (len(lines) - 10))
        lines.insert(at, line)
    log = tmp_path / "log"
    log.write_text("\n".join(lines) + "\n")
    assume(recognise(log) == LOGS[name][0])  # three rows of dcgmi make it one of that tool
    check(log, monkeypatch, (log.stat().st_size // parts,))


@pytest.mark.parametrize("lines", [30, 300])
def test_a_part_that_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path, monkeypatch, lines):
    text = LOGS["dmon without times"][1]
    half = text.index("\n", len(text) // 2) + 1
    log = tmp_path / "log"
    log.write_text(text[:half] + "no row of anything\n" * lines + text[half:])
    whole = at_once(log, monkeypatch)
    monkeypatch.setattr(_chapters, "MOST_CHAPTERS_BYTES", 2000)
    pieces, _ = by_chapters(log, monkeypatch, 500)
    assert told(pieces)["series"] == told(whole)["series"] and pieces.files == whole.files
    if lines == 30:
        assert pieces.skipped == whole.skipped and pieces.warnings == whole.warnings
    else:
        assert 0 < pieces.skipped["skipped.unreadable_part"] <= lines
        assert sum(pieces.skipped.values()) == sum(whole.skipped.values())
        assert "reading.part_unreadable" in {one.code for one in pieces.warnings}


@pytest.mark.parametrize("end", ["", "no row of anything\n" * 100])
def test_junk_at_the_end_belongs_to_the_last_chapter(tmp_path, monkeypatch, end):
    log = tmp_path / "log"
    log.write_text(LOGS["dcgmi"][1] + end)
    check(log, monkeypatch, (400, 900))


@pytest.mark.parametrize("text", ["# gpu   pwr    sm\n" + "nothing at all\n" * 200, LOGS["dcgmi"][1].replace("GPU", "Switch")])
def test_nothing_usable_is_refused_as_at_once(tmp_path, monkeypatch, text):
    log = tmp_path / "log"
    log.write_text(text)
    for limit in (10**6, 700):
        monkeypatch.setattr(_chapters, "MOST_CHAPTERS_BYTES", limit)
        assert isinstance(at_once(log, monkeypatch), str)
        assert by_chapters(log, monkeypatch, 300)[0] == at_once(log, monkeypatch)


@pytest.mark.parametrize("name", ["dcgmi", "iostat", "xml"])
def test_a_packed_log_and_its_damage(tmp_path, monkeypatch, name):
    text = LOGS[name][1]
    (tmp_path / "plain").write_text(text)
    (tmp_path / "log.gz").write_bytes(gzip.compress(text.encode()))
    packed, count = by_chapters(tmp_path / "log.gz", monkeypatch, len(text) // 6)
    assert told(packed)["series"] == told(at_once(tmp_path / "plain", monkeypatch))["series"] and count > 3
    content = gzip.compress("".join(f"{number} {text}" for number in range(1)).encode())
    (tmp_path / "cut.gz").write_bytes(content[: len(content) * 3 // 4])
    cut, _ = by_chapters(tmp_path / "cut.gz", monkeypatch, 400)
    assert "reading.packing_cut" in {one.code for one in cut.warnings}


def test_progress_goes_on_and_a_cancel_is_heard_in_every_chapter(tmp_path, monkeypatch):
    log = tmp_path / "log"
    log.write_text(LOGS["dmon -o T"][1])
    monkeypatch.setattr(_chapters, "LEAST_BYTES", 0)
    monkeypatch.setattr(_chapters, "CHAPTER_BYTES", 300)
    monkeypatch.setattr(_chapters, "next_size", lambda *_: 300)
    shares = []
    read_trace(log, lambda share, _: shares.append(share))
    assert len(shares) > 20 and shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
    for number in range(2, len(shares)):
        calls = 0

        def stop(share, doing, number=number):
            nonlocal calls
            calls += 1
            if calls == number:
                raise Cancelled

        with pytest.raises(Cancelled):
            read_trace(log, stop)
        assert calls == number


def scrapes(form: str) -> str:
    before = {"iso": lambda tick: f"# {stamp(tick).replace(' ', 'T')}Z\n", "ctime": lambda tick: f"{ctime(tick)}\n"}.get(form, lambda _: "")
    return "".join(
        before(tick)
        + "".join(
            (f"{stamp(tick)} " if form == "each line" else "") + f'{metric}{{gpu="{card}",Hostname="n{card // 2}"}} {tick + card}.5\n'
            for metric in ("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "other")
            for card in range(2 + (tick > 30))
        )
        for tick in range(TICKS)
    )


@pytest.mark.parametrize("form", ["iso", "ctime", "each line", ""])
@pytest.mark.parametrize("size", [300, 1000])
def test_scrapes_in_small_pieces(tmp_path, monkeypatch, form, size):
    log = tmp_path / "log"
    log.write_text(scrapes(form))
    whole = told(read_trace(log))
    monkeypatch.setattr(_prometheus, "_PIECE_BYTES", size)
    assert told(read_trace(log)) == whole and len(whole["devices"]) == 3
    assert whole["span"][1:3] == ((TICKS - 1) * 10**9, {"iso": "absolute", "": "synthetic"}.get(form, "local"))


@pytest.mark.parametrize("stretch", [1, 7, 10**6])
def test_the_end_of_summer_time_in_a_long_log(tmp_path, monkeypatch, stretch):
    log = tmp_path / "log"
    log.write_text(LOGS["dmon over the end of summer time"][1])
    monkeypatch.setattr(_rows, "_STRIDE", stretch)
    trace, _ = by_chapters(log, monkeypatch, 500)
    assert trace.duration_ns == (TICKS - 1) * 10**9 and "reading.clock_set_back" in {one.code for one in trace.warnings}


@pytest.mark.parametrize("prefix", ["clock", "lines"])
def test_wrapped_rows_of_nvidia_smi_in_small_pieces(tmp_path, monkeypatch, prefix):
    head = "index, utilization.gpu [%], memory.used [MiB]\n"
    rows = [[f"{card}, {tick} %, {tick} MiB\n" for card in range(2)] for tick in range(TICKS)]
    if prefix == "lines":
        text = "".join(f"{stamp(tick)}\n{head}{''.join(found)}" for tick, found in enumerate(rows))
    else:
        text = f"[{clock(0)}] {head}" + "".join(f"[{clock(tick)}] {row}" for tick, found in enumerate(rows) for row in found)
    log = tmp_path / "log"
    log.write_text(text)
    whole = told(read_trace(log))
    monkeypatch.setattr(nvidia_smi_csv, "_PIECE_BYTES", 300)
    assert told(read_trace(log)) == whole and whole["span"][1] == (TICKS - 1) * 10**9


@pytest.mark.parametrize("filling", [b"-", b"=", b"1", b"9 ", b"| ", b"x", b"1,"])
def test_a_line_of_megabytes_is_no_trap_for_what_a_chapter_ends_with(filling):
    """Patterns that try every start or every length take hours on such a line; the time limit of a test ends them."""
    text = filling * (3_000_000 // len(filling)) + b"\n" + b"=" * 40 + b"\n"
    heads = [text.encode()[:4096] for _slug, text in LOGS.values()]
    found = [reader.chapters(head) for reader in readers() if isinstance(reader, ChapterReader) for head in heads]
    patterns = {one.pattern: one for one in found if one is not None}
    assert len(patterns) > 8
    for pattern in patterns.values():
        assert all(found.end() <= len(text) for found in pattern.finditer(text))

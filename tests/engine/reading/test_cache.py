"""The cache of read traces: the same trace again, never a stale one, bounded, and silent about its own troubles."""

import copy
import os
import shutil
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import Cancelled
from app.engine.model.traces import Trace
from app.engine.paths import user_folder
from app.engine.reading import _cache as cache
from app.engine.reading import _columns, file_of, read_files, release_pages

HEAD = "timestamp, index, utilization.gpu [%], power.draw [W]\n"


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cache, "WORTH_S", 0.0)
    monkeypatch.setattr(cache, "FINE_TICK_NS", 0)
    monkeypatch.setattr(cache, "COARSE_TICK_NS", 0)


def write(path: Path, watts: int = 100, rows: int = 40) -> Path:
    times = (f"2026/01/01 00:00:{n:02d}.000, {card}, 5 %, {watts + n}.00 W\n" for n in range(rows) for card in (0, 1))
    path.write_text(HEAD + "".join(times))
    return path


def entries() -> list[Path]:
    return sorted((user_folder("cache") / "traces").glob("*.trace"))


def one(path: Path) -> Trace:
    result = read_files([path])
    assert not result.unreadable
    return result.traces[0]


def equal(a: Trace, b: Trace) -> bool:
    pairs = zip(a.series, b.series, strict=True)
    same = all(np.array_equal(x.values, y.values, equal_nan=True) and np.array_equal(x.time_ns, y.time_ns) for x, y in pairs)
    return same and (a.files, a.devices, a.skipped, a.warnings, a.start_ns) == (b.files, b.devices, b.skipped, b.warnings, b.start_ns)


def no_reading(monkeypatch):
    def fail(*_args, **_more):
        raise AssertionError("it was read again")

    monkeypatch.setattr("app.engine.reading._outcomes._read", fail)


def test_the_same_trace_again_without_reading(tmp_path, monkeypatch):
    path = write(tmp_path / "log.csv")
    first = one(path)
    assert len(entries()) == 1
    no_reading(monkeypatch)
    again = one(path)
    assert equal(first, again) and again.series[0].values.flags.writeable
    release_pages(again.series[0])
    assert equal(first, again)


def test_a_file_that_moved_is_known_by_its_content_and_has_its_new_name(tmp_path, monkeypatch):
    first = one(write(tmp_path / "log.csv"))
    shutil.copy(tmp_path / "log.csv", tmp_path / "moved.txt")
    no_reading(monkeypatch)
    assert one(tmp_path / "moved.txt").files[0].name == "moved.txt" and first.files[0].name == "log.csv"


def test_changed_content_of_equal_size_and_time_is_read_anew(tmp_path):
    path = write(tmp_path / "log.csv", 100)
    assert one(path).series[-1].values[0] == 100
    told = path.stat()
    write(path, 500)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))  # what a malicious or careless tool can set back
    assert path.stat().st_size == told.st_size and one(path).series[-1].values[0] == 500


def test_a_file_that_changed_just_now_gets_no_note(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "FINE_TICK_NS", 10**15)
    monkeypatch.setattr(cache, "COARSE_TICK_NS", 10**15)
    one(write(tmp_path / "log.csv"))
    assert len(entries()) == 1 and not list((user_folder("cache") / "traces" / "notes").iterdir())


def test_a_changed_reader_reads_again(tmp_path, monkeypatch):
    path = write(tmp_path / "log.csv")
    one(path)
    monkeypatch.setattr(cache, "_code_stamp", lambda: "0" * 16)
    one(path)
    assert len(entries()) == 2


@pytest.mark.parametrize("place", [0, 10, 30, 200, 700, -9, -100])
def test_a_damaged_entry_is_read_anew(tmp_path, place):
    path = write(tmp_path / "log.csv")
    first = copy.deepcopy(one(path))  # what is mapped changes with the file under it
    entry = entries()[0]
    raw = bytearray(entry.read_bytes())
    raw[place] ^= 0x55
    entry.write_bytes(raw)
    assert equal(first, one(path))
    entry.write_bytes(raw[: len(raw) // 2])
    assert equal(first, one(path))
    entry.write_bytes(b"")
    assert equal(first, one(path))


def test_the_least_recently_used_go_first(tmp_path, monkeypatch):
    paths = [write(tmp_path / f"{number}.csv", 100 + number) for number in range(4)]
    one(paths[0])
    size = entries()[0].stat().st_size
    monkeypatch.setattr(cache, "MOST_BYTES", int(2.5 * size))
    for number, path in enumerate(paths):
        one(path)
        os.utime(max(entries(), key=lambda entry: entry.stat().st_mtime), (time.time(), time.time() - 100 + number))
    assert len(entries()) == 2
    monkeypatch.setattr(cache, "MOST_BYTES", size)
    one(write(tmp_path / "x.csv", 900))
    assert len(entries()) <= 2  # larger than half of the limit: not kept


def test_nothing_appears_beside_the_file_and_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    logs = tmp_path / "logs"
    logs.mkdir()
    path = write(logs / "log.csv")
    (tmp_path / "home").write_text("a file where the folder should be")
    assert one(path).files[0].rows == 80
    assert [found.name for found in logs.iterdir()] == ["log.csv"]


def test_an_archive_is_kept_as_a_whole_with_its_faults(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.write(write(tmp_path / "log.csv"), "node0/log.csv")
        archive.writestr("readme", "some words and no log in here\n")
    first = read_files([tmp_path / "logs.zip"])
    no_reading(monkeypatch)
    again = read_files([tmp_path / "logs.zip"])
    assert equal(first.traces[0], again.traces[0]) and again.traces[0].files[0].name == "node0/log.csv"
    assert [str(error) for error in again.unreadable] == [str(error) for error in first.unreadable] and len(again.unreadable) == 1


def test_a_cancel_leaves_no_entry_and_no_litter(tmp_path):
    path = write(tmp_path / "log.csv")

    def stop(share: float, doing: str) -> None:
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_files([path], stop)
    assert not entries() and not [found for found in user_folder("cache").rglob("*") if found.is_file()]


def test_big_columns_lie_in_a_mapped_file(monkeypatch, tmp_path):
    monkeypatch.setattr(_columns, "SPILL_BYTES", 1000)
    spool = _columns.Spool()
    rng = np.random.default_rng(0)
    arrays = [rng.random(number) for number in (10, 0, 333, 7)] + [np.arange(50, dtype=np.int32)]
    for array in arrays:
        spool.put(array)
    for found, array in zip(spool.arrays(), arrays, strict=True):
        assert np.array_equal(found, array) and found.dtype == array.dtype
    columns = _columns.Columns()
    columns.add({"a": arrays[2]}, 333)
    columns.add({"b": arrays[0]}, 10)
    assert np.array_equal(columns.take("a"), np.concatenate([arrays[2], np.full(10, np.nan)]), equal_nan=True)
    assert np.array_equal(columns.take("b"), np.concatenate([np.full(333, np.nan), arrays[0]]), equal_nan=True)
    assert not [found for found in user_folder("cache").rglob("*") if found.is_file()]


def test_leftovers_of_killed_processes_go_after_a_day(tmp_path):
    folder = user_folder("cache") / "unpacked-old"
    folder.mkdir()
    (folder / "member").write_text("x")
    cache.forget_leftovers()
    assert folder.exists()
    os.utime(folder, (time.time() - 2 * 86400,) * 2)
    cache.forget_leftovers()
    assert not folder.exists()


def test_what_was_kept_is_mapped_from_the_cache_at_once_and_again(tmp_path):
    path = write(tmp_path / "log.csv")
    for _ in range(2):
        trace = one(path)
        found = file_of(trace.series[0].values)
        assert found is not None and found[0] == str(entries()[0])
        again = np.fromfile(found[0], trace.series[0].values.dtype, trace.series[0].values.size, offset=found[1])
        assert np.array_equal(again, trace.series[0].values, equal_nan=True)
    assert file_of(np.zeros(3)) is None

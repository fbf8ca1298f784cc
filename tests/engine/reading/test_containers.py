"""Folders and archives: members become one run, hostile ones are refused one by one, damaged ones give what is sound."""

import bz2
import gzip
import io
import json
import lzma
import os
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.paths import user_folder
from app.engine.pipeline import read_traces
from app.engine.reading import _members as members
from app.engine.reading import open_sqlite, read_files, read_trace
from app.engine.reading._sources import Source

HEAD = "timestamp, index, utilization.gpu [%], power.draw [W]\n"


def smi(count: int = 30, minute: int = 0, cards: int = 2) -> bytes:
    rows = (
        f"2026/01/01 00:{minute:02d}:{second:02d}.000, {card}, {second + card} %, {100 + second}.50 W\n"
        for second in range(count)
        for card in range(cards)
    )
    return (HEAD + "".join(rows)).encode()


def kineto(rank: int, device: int) -> bytes:
    event = {
        "ph": "X",
        "cat": "kernel",
        "name": "k",
        "pid": device,
        "tid": 7,
        "ts": 1,
        "dur": 5,
        "args": {"device": device, "correlation": 3},
    }
    host = {"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 9, "tid": 9, "ts": 0, "dur": 9}
    return json.dumps({"schemaVersion": 1, "distributedInfo": {"rank": rank}, "traceEvents": [event, host]}).encode()


def codes(faults) -> dict[str, str]:
    return {fault.file.rpartition("/")[2]: fault.message.code.removeprefix("reading.") for fault in faults}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_folder_with_one_log_per_host_becomes_one_run(tmp_path):
    for host in ("node0", "node1"):
        (tmp_path / host).mkdir()
        (tmp_path / host / "smi.csv").write_bytes(smi())
    (tmp_path / "node1" / "notes.md").write_text("# nothing to see here, but longer than a line\n")
    (tmp_path / "node1" / "last").symlink_to("smi.csv")
    reading = read_traces([tmp_path])
    assert [trace.files[0].name for trace in reading.traces] == ["node0/smi.csv", "node1/smi.csv"]
    assert {device.id for device in reading.run.devices} == {"node0:0", "node0:1", "node1:0", "node1:1"}
    assert codes(reading.unreadable) == {"notes.md": "unknown_format", "last": "member_link"}


def test_one_trace_per_rank_names_devices_by_rank_and_keeps_their_launches_apart(tmp_path):
    archive = zipped(tmp_path / "ranks.zip", {f"rank{rank}.json": kineto(rank, rank % 2) for rank in range(4)})
    run = read_traces([archive]).run
    assert {"rank0:0", "rank3:1", "rank3:host"} <= {device.id for device in run.devices} and len(run.events) == 8
    kernels = run.events.correlation[run.events.correlation >= 0]
    assert len(set(kernels.tolist())) == 4


@pytest.mark.parametrize("packing", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_archives(tmp_path, packing):
    with tarfile.open(tmp_path / "logs", packing) as archive:
        for name, content in (("./a/smi.csv", smi()), ("../out.csv", smi()), ("/etc/passwd", smi())):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE), ("tty", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    result = read_files([tmp_path / "logs"])
    assert [trace.files[0].name for trace in result.traces] == ["a/smi.csv"]
    assert codes(result.unreadable) == {
        "out.csv": "member_traversal",
        "passwd": "member_traversal",
        "link": "member_link",
        "hard": "member_link",
        "pipe": "member_special",
        "tty": "member_special",
    }


def test_hostile_zip_members_are_refused_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr("app.engine.reading._containers.RATIO_FREE_BYTES", 2**20)
    path = zipped(
        tmp_path / "logs.zip",
        {
            "good.csv": smi(),
            "../up.csv": smi(),
            "/abs.csv": smi(),
            "C:\\win.csv": smi(),
            "a/..\\b.csv": smi(),
            "bomb.csv": bytes(8 * 2**20),
        },
    )
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    result = read_files([path])
    assert [trace.files[0].name for trace in result.traces] == ["good.csv"]
    assert sorted(codes(result.unreadable).values()) == ["member_bomb", "member_link", *["member_traversal"] * 4]


def test_encrypted_members_are_refused(tmp_path):
    path = zipped(tmp_path / "logs.zip", {"good.csv": smi(), "secret.csv": smi()})
    raw = bytearray(path.read_bytes())
    entry = raw.find(b"PK\x01\x02", raw.find(b"PK\x01\x02") + 4)
    raw[entry + 8] |= 1  # the flag in the directory
    path.write_bytes(raw)
    assert codes(read_files([path]).unreadable) == {"secret.csv": "member_encrypted"}


def test_limits_of_number_size_and_depth(tmp_path, monkeypatch):
    path = zipped(tmp_path / "logs.zip", {f"{number}.csv": smi(5) for number in range(6)})
    monkeypatch.setattr(members, "MOST_MEMBERS", 4)
    result = read_files([path], use_cache=False)
    assert len(result.traces) == 4 and codes(result.unreadable) == {"logs.zip": "container_too_many"}
    monkeypatch.setattr(members, "MOST_MEMBERS", 100)
    monkeypatch.setattr(members, "MOST_TOTAL_BYTES", 2 * len(smi(5)) + 10)
    result = read_files([path], use_cache=False)
    assert len(result.traces) == 2 and "container_too_large" in codes(result.unreadable).values()
    monkeypatch.setattr(members, "MOST_TOTAL_BYTES", 2**30)
    inner = smi(5)
    for depth in range(5):
        inner = zipped(tmp_path / f"{depth}.zip", {f"in{depth}": inner}).read_bytes()
    result = read_files([tmp_path / "4.zip"])
    assert not result.traces and list(codes(result.unreadable).values()) == ["container_too_deep"]


def test_a_packed_bomb_stops(tmp_path, monkeypatch):
    monkeypatch.setattr("app.engine.reading._packing.RATIO_FREE_BYTES", 2**20)
    monkeypatch.setattr("app.engine.reading._packing.MOST_RATIO", 100)
    (tmp_path / "b.gz").write_bytes(gzip.compress(smi() + b"2026/01/01 00:00:00.000, 0, 0 %, 1.00 W\n" * 400_000))
    with pytest.raises(UnreadableFile) as caught:
        read_trace(tmp_path / "b.gz")
    assert caught.value.message.code == "reading.bomb"


def test_damaged_archives_give_what_is_sound(tmp_path):
    path = zipped(tmp_path / "logs.zip", {"a.csv": smi(50), "b.csv": smi(40, 5)})
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.find(b"PK\x01\x02") - 20])  # no directory, b.csv cut
    result = read_files([path])
    assert [trace.files[0].rows for trace in result.traces][0] == 100 and len(result.traces) == 2
    assert "container_damaged" in codes(result.unreadable).values()
    assert any(warning.code == "reading.member_cut" for warning in result.traces[1].warnings)
    raw = bytearray(whole)
    raw[60:62] = b"\xff\xff"
    path.write_bytes(raw)
    result = read_files([path])
    assert "b.csv" in [trace.files[0].name for trace in result.traces]
    assert any(w.code == "reading.member_cut" for t in result.traces for w in t.warnings) or "a.csv" in codes(result.unreadable)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda text: lzma.compress(text, lzma.FORMAT_XZ)])
def test_single_packed_files_and_cut_ones(tmp_path, pack):
    path = tmp_path / "log"
    packed = pack(smi(60))
    path.write_bytes(packed + (packed if pack is gzip.compress else b""))
    assert read_trace(path).files[0].rows >= 120
    path.write_bytes(pack(bytes(smi(60, cards=8) * 40))[:-300])
    trace = read_trace(path) if pack is gzip.compress else None
    if trace is not None:
        assert any(warning.code == "reading.packing_cut" for warning in trace.warnings) and trace.files[0].rows > 100


def test_a_log_packed_twice(tmp_path):
    (tmp_path / "log.gz.gz").write_bytes(gzip.compress(gzip.compress(smi())))
    (tmp_path / "logs.zip.gz").write_bytes(gzip.compress(zipped(tmp_path / "z.zip", {"x.csv": smi()}).read_bytes()))
    assert len(read_files([tmp_path / "log.gz.gz"]).traces) == 1
    assert read_files([tmp_path / "logs.zip.gz"]).traces[0].files[0].name == "x.csv"


def test_chinese_names_of_a_windows_zip(tmp_path):
    path = zipped(tmp_path / "logs.zip", {"xxxx.csv": smi()})
    path.write_bytes(path.read_bytes().replace(b"xxxx.csv", "日志".encode("gbk") + b".csv"))
    assert read_files([path]).traces[0].files[0].name == "日志.csv"


def test_pipes_are_refused_and_other_packers_are_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "x.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(200))
    result = read_files([tmp_path / "pipe", tmp_path / "x.7z"])
    assert codes(result.unreadable) == {"pipe": "not_a_file", "x.7z": "foreign_packing"}


def test_nothing_is_left_in_the_cache_but_traces(tmp_path):
    read_files([zipped(tmp_path / "logs.zip", {"a.csv": smi(), "b.csv": b"no log at all, just words\n"})])
    assert not [path for path in user_folder("cache").iterdir() if path.name != "traces"]


def test_sqlite_leaves_nothing_beside_the_file(tmp_path):
    path = tmp_path / "report.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE t(x)")
        made.executemany("INSERT INTO t VALUES(?)", [(n,) for n in range(100)])
        made.commit()
        before = {one.name for one in tmp_path.iterdir()}
        with open_sqlite(Source(path)) as database:  # the log of changes beside it counts
            assert database.execute("SELECT count(*) FROM t").fetchone() == (100,)
        assert {one.name for one in tmp_path.iterdir()} == before
    made.close()
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with open_sqlite(Source(packed)) as database:
        assert database.execute("SELECT count(*) FROM t").fetchone() == (100,)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UnreadableFile), open_sqlite(Source(path)) as database:
        database.execute("SELECT count(*) FROM t").fetchone()


def test_a_query_hears_a_cancel(tmp_path):
    from app.engine.errors import Cancelled

    path = tmp_path / "report.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE t(x)")
    made.close()

    def stop(share: float, doing: str) -> None:
        raise Cancelled

    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(Cancelled), open_sqlite(Source(path, progress=stop)) as database:
        database.execute(endless).fetchone()


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("archives")
    whole = zipped(folder / "m.zip", {"a.csv": smi(20), "b/c.csv": smi(10)})
    with tarfile.open(folder / "m.tar.gz", "w:gz") as archive:
        archive.add(whole, "m.zip")
    return [whole.read_bytes(), (folder / "m.tar.gz").read_bytes(), gzip.compress(smi())]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 2), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6), cut=st.floats(0.01, 1))
def test_mutated_archives_only_raise_our_errors(tmp_path, archives, which, flips, cut):
    raw = bytearray(archives[which])
    for place, value in flips:
        raw[int(place * (len(raw) - 1))] = value
    (tmp_path / "mutant").write_bytes(raw[: max(int(cut * len(raw)), 1)])
    result = read_files([tmp_path / "mutant"], use_cache=False)
    assert result.traces or result.unreadable
    assert all(isinstance(error, EngineError) for error in result.unreadable)

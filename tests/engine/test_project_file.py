"""The project file: nothing is lost, a newer one is refused, a save that fails leaves the old file whole; stale marks."""

import errno
import sqlite3
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest

from app.engine import pipeline
from app.engine.errors import EngineError, NewerVersion
from app.engine.migrations import VERSION
from app.engine.model.projects import changed, stale_stages
from app.engine.project_file import file_state, load_project, save_project


@pytest.fixture(scope="module")
def project():
    return pipeline.new_project(pipeline.sample_inputs())


def test_everything_comes_back(tmp_path, project):
    path = tmp_path / "p.sxp"
    save_project(project, path)
    again = load_project(path)
    for name in ("requirement", "workload", "profile", "assessments", "predictions", "selection", "prices", "measured", "hashes"):
        assert getattr(again, name) == getattr(project, name), name
    for one, other in zip(again.trace.series, project.trace.series, strict=True):
        assert (
            one.metric == other.metric
            and np.array_equal(one.values, other.values, equal_nan=True)
            and np.array_equal(one.time_ns, other.time_ns)
        )
    assert np.array_equal(again.trace.events.start_ns, project.trace.events.start_ns)
    assert stale_stages(again) == ()


def test_a_change_marks_what_depends_on_it_and_deletes_nothing(project):
    other = changed(project, prices=None)
    assert set(stale_stages(other)) >= {"selection"} and other.selection is project.selection
    assert "memory" not in stale_stages(other)
    assert stale_stages(pipeline.recompute(other)) == ()


def test_a_newer_version_is_refused(tmp_path, project):
    path = tmp_path / "p.sxp"
    save_project(project, path)
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(NewerVersion):
        load_project(path)


@pytest.mark.parametrize("content", [b"", b"not a project", b"SQLite format 3\0" + b"\0" * 200])
def test_foreign_files_are_refused(tmp_path, content):
    path = tmp_path / "p.sxp"
    path.write_bytes(content)
    with pytest.raises(EngineError):
        load_project(path)


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "project.disk_full"), (errno.EACCES, "project.read_only")])
def test_a_full_disk_and_a_read_only_folder(tmp_path, project, monkeypatch, number, code):
    path = tmp_path / "p.sxp"

    def fail(*_: object) -> None:
        raise OSError(number, "injected")

    monkeypatch.setattr("app.engine.paths.os.replace", fail)
    with pytest.raises(EngineError) as caught:
        save_project(project, path)
    assert caught.value.message.code == code and list(tmp_path.iterdir()) == []


SAVER = """
import sys
from pathlib import Path
from app.engine.project_file import file_state, load_project, save_project
from app.engine.model.projects import changed
path = Path(sys.argv[1])
project = load_project(path)
print("ready", flush=True)
number = 0
while True:
    number += 1
    save_project(changed(project, name=f"save {number}"), path)
"""


def test_a_kill_in_the_middle_of_saving_leaves_a_whole_file(tmp_path, project):
    path = tmp_path / "p.sxp"
    save_project(project, path)
    for delay in (0.01, 0.03, 0.06):
        saver = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE)
        assert saver.stdout is not None and saver.stdout.readline()
        time.sleep(delay)
        saver.kill()
        saver.wait()
        assert load_project(path).selection == project.selection


# A save writes what changed ---------------------------------------------------------------------------------------------------------


def with_long_trace(project, samples=2_000_000):
    from app.engine.model.traces import Series, SourceFile, Trace

    time_ns, values = np.arange(samples, dtype=np.int64), np.random.default_rng(1).normal(size=samples)
    trace = Trace((SourceFile("long.csv", "x", samples, "0" * 64),), samples, series=(Series("gpu_util", "0", "ratio", time_ns, values),))
    return changed(project, trace=trace)


def pages(path):
    content = path.read_bytes()
    return [content[start : start + 4096] for start in range(0, len(content), 4096)]


def test_a_save_after_one_edit_writes_little_of_a_large_file(tmp_path, project):
    path = tmp_path / "p.sxp"
    long = with_long_trace(project)
    save_project(long, path)
    before = pages(path)
    save_project(changed(long, name="改名", requirement=project.requirement), path)
    after = pages(path)
    assert len(before) > 3000 and len(after) == len(before)
    written = sum(one != other for one, other in zip(before, after, strict=True))
    assert 0 < written < 8
    assert load_project(path).name == "改名"


def test_saving_again_writes_no_row(tmp_path, project):
    path = tmp_path / "p.sxp"
    save_project(project, path)
    rows = path.read_bytes()[4096:]
    save_project(changed(project, name=project.name), path)
    assert path.read_bytes()[4096:] == rows


def test_an_array_is_hashed_once(tmp_path, project, monkeypatch):
    import hashlib

    long = with_long_trace(project)
    save_project(long, tmp_path / "p.sxp")
    hashed = []
    real = hashlib.sha256
    monkeypatch.setattr("app.engine.project_file.hashlib.sha256", lambda data=b"": hashed.append(len(data)) or real(data))
    save_project(changed(long, name="二"), tmp_path / "p.sxp")
    save_project(load_project(tmp_path / "p.sxp"), tmp_path / "q.sxp")
    assert hashed.count(16_000_000) == 2  # once each for times and values, when they were read


def test_deleting_a_trace_gives_its_space_back_and_leaves_nothing_of_it(tmp_path, project):
    path = tmp_path / "p.sxp"
    long = with_long_trace(project)
    save_project(long, path)
    large = path.stat().st_size
    sample = zlib.compress(np.arange(2_000_000, dtype=np.int64).tobytes(), 1)[5000:5064]
    assert sample in path.read_bytes()
    save_project(project, path)
    assert path.stat().st_size < large / 4 and sample not in path.read_bytes()
    assert load_project(path).selection == project.selection


def test_the_state_of_a_file_tells_one_save_from_another(tmp_path, project):
    path = tmp_path / "p.sxp"
    assert file_state(path) is None
    save_project(project, path)
    first = file_state(path)
    assert file_state(path) == first
    load_project(path)
    assert file_state(path) == first
    save_project(changed(project, name="二"), path)
    assert file_state(path) != first


def test_a_file_that_another_program_left_in_wal_mode_is_saved_with_a_plain_journal(tmp_path, project):
    path = tmp_path / "p.sxp"
    save_project(project, path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
    database.close()
    save_project(changed(project, name="二"), path)
    assert load_project(path).name == "二" and [entry.name for entry in tmp_path.iterdir()] == ["p.sxp"]

"""The project file: nothing is lost, a newer one is refused, a save that fails leaves the old file whole; stale marks."""

import errno
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from app.engine import pipeline
from app.engine.errors import EngineError, NewerVersion
from app.engine.migrations import VERSION
from app.engine.model.projects import changed, stale_stages
from app.engine.project_file import load_project, save_project


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
from app.engine.project_file import load_project, save_project
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

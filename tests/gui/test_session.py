"""The document of a window: importing, undo, saving, cancelling; with the real worker process."""

from pathlib import Path

import numpy as np
import pytest

from app.engine import pipeline
from app.engine.errors import Cancelled
from app.engine.intake import sort_files
from app.engine.paths import sample_folder
from app.gui.importing import Importing
from app.gui.reading_worker import ReadingWorker
from app.gui.session import Session


@pytest.fixture
def session(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = Session()
    yield made
    made.close()


def wait_idle(qtbot, session):
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=60000)


def test_a_folder_is_sorted_by_purpose():
    found = sort_files([sample_folder()])
    assert {path.name for path in found.of("run")} == {"run.toml"}
    assert {path.name for path in found.of("prices")} == {"prices.xlsx"}
    assert {path.name for path in found.of("measured")} == {"measured.csv"}
    assert set(found.of("trace")) >= set(pipeline.sample_inputs().traces)


def test_dropping_the_sample_files_fills_every_stage(qtbot, session):
    inputs = pipeline.sample_inputs()
    Importing(session, None).take_in([inputs.run, *inputs.traces, inputs.measured, inputs.prices])
    wait_idle(qtbot, session)
    project = session.project
    assert project.profile and project.assessments and project.predictions and project.selection
    assert project.selection == pipeline.new_project(inputs).selection

    assert session.undo_label == "gui.did.import"
    session.undo()
    assert session.project.trace is None
    session.redo()
    assert session.project is project


def test_save_open_is_the_same_document(qtbot, session, tmp_path):
    session.open_sample()
    wait_idle(qtbot, session)
    assert not session.is_modified
    session.edit("gui.did.requirement", name="甲")
    wait_idle(qtbot, session)
    assert session.is_modified
    session.save(tmp_path / "p.sxp")
    wait_idle(qtbot, session)
    assert not session.is_modified
    selection = session.project.selection
    session.start_new()
    session.open(tmp_path / "p.sxp")
    wait_idle(qtbot, session)
    assert session.project.name == "甲" and session.project.selection == selection


def test_the_worker_returns_what_the_pipeline_reads(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path))
    traces = pipeline.sample_inputs().traces
    worker = ReadingWorker()
    try:
        theirs, ours = worker.read(traces, lambda _share, _doing: None).run, pipeline.read_traces(traces).run
    finally:
        worker.stop()
    assert theirs is not None and ours is not None and len(theirs.series) == len(ours.series)
    for one, other in zip(theirs.series, ours.series, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert not list(Path(tmp_path).rglob("*.columns"))


def test_cancel_kills_the_reading_and_the_next_one_works(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path))
    worker = ReadingWorker()

    def cancel(_share, _doing):
        raise Cancelled

    try:
        with pytest.raises(Cancelled):
            worker.read(pipeline.sample_inputs().traces, cancel)
        assert worker.read(pipeline.sample_inputs().traces[:1], lambda _share, _doing: None).run is not None
    finally:
        worker.stop()

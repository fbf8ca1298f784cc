"""Every version of the project file that was ever saved opens for ever: one saved project per version in tests/data/projects."""

import shutil
from pathlib import Path

import pytest
from msgspec import structs

from app.engine.migrations import VERSION
from app.engine.model.projects import changed, due_stages, stale_stages
from app.engine.model.traces import Alignment
from app.engine.pipeline import profile_trace, recompute
from app.engine.project_file import load_project, save_project

FOLDER = Path(__file__).parents[1] / "data" / "projects"
SAVED = sorted(FOLDER.glob("version-*.sxp"))


def test_there_is_a_saved_project_of_every_older_version():
    assert [path.stem for path in SAVED] == [f"version-{number}" for number in range(1, VERSION)]


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_an_old_project_opens_computes_and_is_saved_as_the_present_version(path, tmp_path):
    copy = Path(shutil.copy(path, tmp_path / "old.sxp"))
    project = load_project(copy)
    assert project.name and project.workload and project.trace and project.profile and project.prices and project.selection
    assert project.comparison is None
    current = recompute(project)
    assert not stale_stages(current)
    save_project(current, copy)
    assert load_project(copy).selection == current.selection


def test_a_stage_that_an_old_project_did_not_know_is_computed_once_its_input_comes():
    project = load_project(SAVED[0])
    assert "comparison_profile" not in due_stages(project)
    compared = changed(project, comparison=project.trace)
    assert "comparison_profile" in due_stages(compared)
    assert compared.trace is not None
    found = recompute(compared).comparison_profile
    assert found is not None and found.efficiency is None  # the measured speed is that of the first run
    fresh = profile_trace(compared.trace, compared.workload)  # the stored profile is what the program of its time found
    assert structs.replace(fresh, efficiency=None) == found


def test_a_verdict_by_older_rules_is_told_as_stale():
    assert "profile" in stale_stages(load_project(SAVED[0]))


def test_a_file_that_was_moved_by_hand_makes_the_profile_stale():
    project = recompute(load_project(SAVED[0]))
    moved = structs.replace(project.trace, alignments=(Alignment(project.trace.files[0].name, 10**9, "manual"),))
    assert "profile" in stale_stages(changed(project, trace=moved))

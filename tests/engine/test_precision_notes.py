"""platform_db/precision_notes.csv and effort.toml: loaded whole, refused where a value is impossible."""

import shutil

import pytest

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.assessments import STAGES
from app.engine.paths import platform_db_folder
from app.engine.platform_store import check_database, load_effort_priors, load_precision_notes
from app.engine.platform_store.precision_notes import FILE


@pytest.fixture
def folder(tmp_path):
    for file in platform_db_folder().glob("*.*"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_every_item_names_a_stage_and_its_source():
    priors = pipeline.knowledge().effort
    assert all(item.stage in STAGES and item.source for item in priors.items.values())
    assert all(note.source and note.scope for note in load_precision_notes())


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [(",emulated,", ",sometimes,", "support"), (",bf16,", ",bf17,", "precision"), (",high\n", ",sure\n", "confidence")],
)
def test_an_impossible_note_is_refused_at_its_cell(folder, before, after, place):
    path = folder / FILE
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(EngineError) as error:
        load_precision_notes(folder)
    assert error.value.place.endswith(place)


def test_a_note_that_means_nothing_is_a_problem(folder):
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "nvidia-z999,bf16,absent,,no_such_words,,nowhere,low\n", encoding="utf-8")
    assert {(one.key, one.file) for one in check_database(folder)} == {("scope", FILE), ("effect", FILE)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("small = [0.5, 1.0, 3.0]", "small = [2.0, 1.0, 3.0]"),
        ('stage = "fast"', 'stage = "quick"'),
        ("unnamed_share = 0.25", "unnamed_share = 3"),
    ],
)
def test_effort_that_cannot_be_is_refused(folder, before, after):
    path = folder / "effort.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(EngineError):
        load_effort_priors(folder)

"""The places opened last: newest first, at most twelve, the missing ones marked, a broken settings file harmless."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from app.gui.recent import MOST, Recent


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


def test_the_newest_stands_first_and_the_missing_are_marked(settings, tmp_path):
    recent = Recent(settings)
    project, gone, folder = tmp_path / "甲, 乙.sxp", tmp_path / "gone.csv", tmp_path
    project.touch()
    for path in (project, gone, folder, project):
        recent.add(path)
    settings.sync()
    again = Recent(QSettings(settings.fileName(), QSettings.Format.IniFormat)).items()
    assert [(item.path, item.exists, item.kind) for item in again] == [
        (project, True, "project"),
        (folder, True, "folder"),
        (gone, False, "data"),
    ]
    assert again[0].opened_at >= again[1].opened_at
    recent.remove(gone)
    assert gone not in [item.path for item in recent.items()]


def test_at_most_twelve(settings):
    recent = Recent(settings)
    for number in range(MOST + 5):
        recent.add(Path(f"/data/{number}.sxp"))
    assert len(recent.items()) == MOST and recent.items()[0].path.name == f"{MOST + 4}.sxp"


@pytest.mark.parametrize("stored", ["{", "[1, 2]", '[["a", "no time", "data"]]', '{"a": 1}', "", '[["\\u0000", "2026-01-01", "data"]]'])
def test_broken_settings_hold_nothing(settings, stored):
    settings.setValue("recent", stored)
    assert [item for item in Recent(settings).items() if item.exists] == []

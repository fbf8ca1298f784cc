"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):  # what lands must not depend on luck; runs at the desk and `make fuzz` go on looking
    settings.load_profile("ci")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED = Path(os.environ.get("SUANXUAN_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real traces and tables; tests that need it skip where it is missing, so that a plain clone passes."""
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not here")
    return SHARED


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Keep the user's cache and settings out of the tests."""
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path_factory.getbasetemp() / "home"))

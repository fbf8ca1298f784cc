"""Every real file that is at hand is read by the reader of its format, or refused where it cannot be read."""

import csv

from app.engine.errors import EngineError
from app.engine.reading import preview_table, read_trace

UNTIMED = {"derived-csv/zeus__examples__research_reproducibility__zeus_nsdi23__trace__summary_power_v100.csv"}
"""Tables without a time column: refused until a person has said what their columns mean."""


def test_each_real_file_is_read_as_what_it_is_or_refused(shared_data):
    folder = shared_data / "traces"
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["file"]: row["slug"] for row in csv.DictReader(file)}
    assert expected
    found = {name: _slug(folder / name) for name in expected}
    assert {found[name] for name in UNTIMED & found.keys()} <= {"refused"}
    found |= {name: _slug(folder / name, (preview_table(folder / name).mapping,)) for name in UNTIMED & found.keys()}
    assert {(name, slug, found[name]) for name, slug in expected.items() if found[name] != slug} == set()


def _slug(path, mappings=()) -> str:
    try:
        return read_trace(path, mappings=mappings).files[0].format
    except EngineError:
        return "refused"

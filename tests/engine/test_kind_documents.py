"""The kind of platform in the documents: before any product, with its reasons; a sheet with every platform."""

import openpyxl
import pytest

from app.engine import pipeline
from app.engine.model.kinds import ASPECTS
from app.engine.model.projects import Project, changed
from app.engine.model.proposals import Table, Text
from app.engine.model.workloads import Workload
from app.engine.proposing import build_proposal


@pytest.fixture(scope="module")
def project():
    return pipeline.new_project(pipeline.sample_inputs())


def chapter(project, lang):
    made = build_proposal(project, pipeline.platforms_by_id(), lang)
    keys = [section.key for section in made.sections]
    return keys, next((section for section in made.sections if section.key == "kind"), None)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_chapter_stands_before_any_product_and_names_none(project, lang):
    keys, section = chapter(project, lang)
    assert keys.index("kind") < min(keys.index(name) for name in ("adaptation", "predictions", "plans"))
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert len(table.rows) == len(ASPECTS) and all(all(row) for row in table.rows)
    told = " ".join(str(cell) for row in table.rows for cell in row) + " ".join(one.text for one in section.blocks if isinstance(one, Text))
    names = [platform.label(lang) for platform in pipeline.catalogue().platforms]
    assert not any(name in told for name in names)
    assert "{" not in told and "kinds." not in told


def test_what_is_open_is_said_to_be_open():
    bare = pipeline.recompute(Project(name="x", workload=Workload("x", "inference")))
    _, section = chapter(bare, "en")
    assert "too little is known" in section.blocks[0].text
    assert any("Cannot be told yet" in block.text for block in section.blocks if isinstance(block, Text))
    assert chapter(Project(name="x"), "en")[1] is None


def test_the_kind_follows_what_it_is_made_from(project):
    single = changed(project, requirement=type(project.requirement)(scale_cards=8))
    assert pipeline.recompute(single).kind.of("network").verdict == "none" != project.kind.of("network").verdict


@pytest.mark.parametrize(("lang", "name"), [("zh", "平台类型"), ("en", "Kind of platform")])
def test_the_workbook_lists_the_questions_and_every_platform(project, lang, name, tmp_path):
    pipeline.write_proposal(project, lang, xlsx=tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[name]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    vram = next(row for row in cells if row[0] == ("显存容量" if lang == "zh" else "VRAM"))
    assert vram[3] == pytest.approx(project.kind.of("vram").need) and vram[4] == pytest.approx(project.kind.of("vram").supply)
    listed = {row[0] for row in cells}
    assert {one.label(lang) for one in pipeline.catalogue().platforms} <= listed

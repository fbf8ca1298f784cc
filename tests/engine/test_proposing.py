"""The documents: one model for both languages, nothing unsaid, formulas with stored values, both or none."""

import errno
import zipfile

import msgspec
import openpyxl
import pytest

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.messages import render
from app.engine.model.evaluations import basis_words, standing_of
from app.engine.model.projects import Project, changed
from app.engine.model.proposals import Table, Text
from app.engine.paraselect import stored_scores
from app.engine.proposing import build_proposal


@pytest.fixture(scope="module")
def project():
    return pipeline.new_project(pipeline.sample_inputs())


def texts_of(pdf) -> list[str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    return [document[number].get_textpage().get_text_range() for number in range(len(document))]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_documents_in_both_languages(tmp_path, project, lang):
    written = pipeline.write_documents(project, tmp_path / "out", lang)
    pages = texts_of(written.pdf)
    assert written.pages == len(pages) > 8 and written.plans == len(project.selection.plans)
    assert all(len(page.split()) > 15 for page in pages)  # more than the lines above and below: no blank page behind a full one
    whole = "".join("".join(pages).split())
    assert f"{len(pages)}/{len(pages)}" in whole
    best = project.selection.plans[project.selection.recommended["best_price_performance"]]
    proposal = build_proposal(project, pipeline.platforms_by_id(), lang)
    for section in proposal.sections:
        assert "".join(section.title.split()) in whole, section.key
    assert "".join(pipeline.platforms_by_id()[best.platform].label(lang).split())[:8] in whole
    assert not any(code in whole for code in ("proposing.", "assessing.", "profiling.axis", "selecting.", "paraselect.term"))


def test_every_text_of_the_model_is_in_words(project):
    for lang in ("zh", "en"):
        proposal = build_proposal(project, pipeline.platforms_by_id(), lang)
        told = [block.text for section in proposal.sections for block in section.blocks if isinstance(block, Text)]
        told += [
            str(cell)
            for section in proposal.sections
            for block in section.blocks
            if isinstance(block, Table)
            for row in block.rows
            for cell in row
            if cell is not None
        ]
        wrong = [text for text in told if "Message(" in text or "None" in text.split() or "{" in text]
        assert not wrong


def test_the_same_figures_in_both_languages(project):
    zh, en = (build_proposal(project, pipeline.platforms_by_id(), lang) for lang in ("zh", "en"))
    for one, other in zip(zh.sections, en.sections, strict=True):
        for block, same in zip(one.blocks, other.blocks, strict=True):
            if isinstance(block, Table) and isinstance(same, Table):
                numbers = [[cell for cell in row if isinstance(cell, int | float)] for row in block.rows]
                assert numbers == [[cell for cell in row if isinstance(cell, int | float)] for row in same.rows]


def test_both_documents_quote_the_held_out_figure_of_each_kind_of_prediction(tmp_path, project):
    written = pipeline.write_documents(project, tmp_path, "en")
    bases = {one.basis for one in project.predictions if one.value is not None and one.basis}
    scores = {basis: standing_of(basis, stored_scores()) for basis in bases}
    whole = "".join("".join(texts_of(written.pdf)).split())
    assert "Whatsuchpredictionswereworth" in whole and any(f"{score.rows:,}" in whole for score in scores.values() if score)
    rows = list(openpyxl.load_workbook(written.xlsx, data_only=True)["Predictions"].iter_rows(values_only=True))
    heads = next(row for row in rows if "Rests on" in row)
    places = [heads.index(head) for head in ("Rests on", "Held out", "Mean error", "In 90% interval")]
    told = {tuple(row[place] for place in places) for row in rows[rows.index(heads) + 1 :] if row[places[0]] not in (None, "—")}
    wanted = {(render(basis_words(basis), "en"), score.rows, score.macro_mean, score.coverage) for basis, score in scores.items() if score}
    assert told == wanted
    hidden = changed(project, settings=msgspec.structs.replace(project.settings, show_intervals=False))
    proposal = build_proposal(hidden, pipeline.platforms_by_id(), "en", stored_scores())
    names = [block.name for section in proposal.sections for block in section.blocks if isinstance(block, Table)]
    assert "predictions" in names and "standing" not in names


def test_workbook_formulas_have_the_engine_s_values(tmp_path, project):
    written = pipeline.write_documents(project, tmp_path, "zh")
    values, formulas = openpyxl.load_workbook(written.xlsx, data_only=True)["方案"], openpyxl.load_workbook(written.xlsx)["方案"]
    heads = [cell.value for cell in values[6]]
    total, days = heads.index("总价") + 1, heads.index("时长（天）") + 1
    for row, plan in enumerate(project.selection.plans, 7):
        assert values.cell(row, total).value == pytest.approx(plan.total_price) and str(formulas.cell(row, total).value).startswith("=")
        assert values.cell(row, days).value == pytest.approx(plan.duration_days)
    charts = [name for name in zipfile.ZipFile(written.xlsx).namelist() if "/charts/chart" in name]
    assert len(charts) >= 2


def test_workbook_formulas_recompute_to_what_they_store(tmp_path, project):
    """The formula of the total, computed here from its own inputs, is the stored total."""
    written = pipeline.write_documents(project, tmp_path, "en")
    sheet = openpyxl.load_workbook(written.xlsx, data_only=True)["Plans"]
    heads = {cell.value: number for number, cell in enumerate(sheet[6], 1)}
    for row in range(7, 7 + len(project.selection.plans)):
        cell = {name: sheet.cell(row, number).value for name, number in heads.items()}
        expected = cell["Unit price"] * cell["Discount"] * (1 + cell["Tax"]) * cell["Units billed"] * cell["Periods billed"]
        expected += cell["Porting, once"]
        assert cell["Total"] == pytest.approx(expected)


def test_hostile_words_do_not_break_the_documents(tmp_path, project):
    evil = "a<b> & \x00 =cmd|' /C calc'!A0 " + "很长" * 200
    requirement = msgspec.structs.replace(project.requirement, customer=evil)
    workload = msgspec.structs.replace(project.workload, name=evil)
    written = pipeline.write_documents(changed(project, requirement=requirement, workload=workload), tmp_path, "zh")
    assert written.pages > 8
    book = openpyxl.load_workbook(written.xlsx)
    assert not [
        cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str) and cell.value.startswith("=cmd")
    ]


def test_a_bare_project_still_makes_honest_documents(tmp_path, project):
    bare = pipeline.recompute(Project(name="x", workload=project.workload))
    written = pipeline.write_documents(bare, tmp_path, "zh")
    assert written.plans == 0 and "没有可推荐的方案" in "".join("".join(texts_of(written.pdf)).split())


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "pipeline.disk_full"), (errno.EROFS, "pipeline.read_only")])
def test_both_documents_or_none(tmp_path, project, monkeypatch, number, code):
    folder = tmp_path / "out"

    def fail(*_: object) -> None:
        raise OSError(number, "injected")

    monkeypatch.setattr("app.engine.proposing.xlsx.write", fail)
    with pytest.raises(EngineError) as caught:
        pipeline.write_documents(project, folder, "zh")
    assert caught.value.message.code == code and list(folder.iterdir()) == []

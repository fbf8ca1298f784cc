"""Editing the documents: order, texts in other words, contents that can be left out, checks before the export, changes since."""

import datetime

import msgspec
import pytest

from app.engine import pipeline
from app.engine.model.projects import Project, changed
from app.engine.model.proposals import IntervalChart, Table, Text
from app.engine.proposing import build_proposal, changes_since_export, next_number, section_keys, with_edit, with_export

TODAY = datetime.date(2026, 11, 25)


@pytest.fixture(scope="module")
def project():
    return pipeline.new_project(pipeline.sample_inputs())


def with_settings(project: Project, **fields) -> Project:
    return changed(project, settings=msgspec.structs.replace(project.settings, **fields))


def proposal(project: Project, lang: str = "zh"):
    return build_proposal(project, pipeline.platforms_by_id(), lang)


def words(project: Project, lang: str = "zh") -> list[str]:
    return [block.text for section in proposal(project, lang).sections for block in section.blocks if isinstance(block, Text)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_run_without_a_name_leaves_no_gap_on_the_cover(project, lang):
    cover = proposal(changed(project, workload=None, name=""), lang).cover
    assert cover.subtitle[0].isalpha() and not cover.project


def test_chapters_come_in_the_chosen_order_and_others_keep_their_place(project, tmp_path):
    chosen = with_settings(project, sections=("plans", "summary", "predictions"))
    assert [section.key for section in proposal(chosen).sections] == ["plans", "summary", "predictions"]
    assert section_keys(chosen) == (
        "plans",
        "assumptions",
        "summary",
        "requirement",
        "characteristics",
        "kind",
        "adaptation",
        "predictions",
    )
    assert section_keys(project)[0] == "summary" and len(section_keys(project)) == 8

    import pypdfium2

    pipeline.write_proposal(chosen, "zh", pdf=tmp_path / "a.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    marks = [(mark.get_title(), mark.get_dest().get_index()) for mark in document.get_toc()]
    texts = [document[page].get_textpage().get_text_range() for _title, page in marks]
    document.close()
    titles = [title for title, _page in marks]
    assert all(title.split()[-1] in text for title, text in zip(titles, texts, strict=True))
    assert titles == ["1 选型方案", "摘要", "2 性能预测"] and list(tmp_path.iterdir()) == [tmp_path / "a.pdf"]


def test_an_edited_text_is_written_and_the_original_comes_back(project):
    text = pipeline.proposal_texts(project, "zh")[0]
    assert text.key == "zh.summary.answer" and not text.is_edited
    edited = changed(project, settings=with_edit(project.settings, text, "我方的话。"))
    assert "我方的话。" in words(edited) and text.original not in words(edited)
    assert "我方的话。" not in words(edited, "en")
    again = pipeline.proposal_texts(edited, "zh")[0]
    assert again.is_edited and not again.is_stale and again.original == text.original
    assert with_edit(edited.settings, again, None) == project.settings
    assert with_edit(edited.settings, again, text.original + "\n") == project.settings


def test_a_list_is_edited_line_by_line(project):
    text = next(text for text in pipeline.proposal_texts(project, "zh") if text.key == "zh.summary.points")
    assert text.heading and text.original.count("\n") >= 1
    edited = changed(project, settings=with_edit(project.settings, text, "一\n\n二\n三"))
    blocks = [block for block in proposal(edited).sections[0].blocks if isinstance(block, Text) and block.style == "bullet"]
    assert [block.text for block in blocks[:3]] == ["一", "二", "三"]


def test_an_edit_whose_ground_has_changed_is_told(project):
    text = next(text for text in pipeline.proposal_texts(project, "zh") if text.key == "zh.requirement.answer")
    edited = changed(project, settings=with_edit(project.settings, text, "都确认了。"))
    moved = changed(edited, requirement=msgspec.structs.replace(project.requirement, storage_tb=None))
    stale = {text.key for text in pipeline.proposal_texts(moved, "zh") if text.is_stale}
    assert stale == {"zh.requirement.answer"} and "都确认了。" in words(moved)
    found = [check for check in pipeline.export_checks(moved, "zh", TODAY) if check.said.code == "export_checks.texts"]
    assert [check.section for check in found] == ["requirement"]


def test_contents_can_be_left_out(project):
    def names(settings: dict) -> set[str]:
        made = proposal(with_settings(project, **settings))
        return {block.name for section in made.sections for block in section.blocks if isinstance(block, Table)}

    assert {"terms", "files", "sources"} <= names({})
    assert "terms" not in names({"show_formula": False})
    assert "files" not in names({"show_sources": False}) and "sources" in names({"show_sources": False})
    with_excluded = [block.name for section in proposal(project).sections for block in section.blocks if isinstance(block, Table)]
    assert ("excluded" in with_excluded) == bool(project.selection.excluded)
    assert "excluded" not in names({"show_excluded": False})


def test_without_sources_no_column_cites(project):
    made = proposal(with_settings(project, show_sources=False))
    tables = [block for section in made.sections for block in section.blocks if isinstance(block, Table)]
    assert not [column for table in tables for column in table.columns if column.cites]
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)


def test_without_intervals_points_remain_and_what_is_out_of_range_keeps_its_band(project):
    made = proposal(with_settings(project, show_intervals=False))
    bars = [bar for section in made.sections for block in section.blocks if isinstance(block, IntervalChart) for bar in block.bars]
    assert bars and all((bar.low is not None) == bar.out_of_range for bar in bars if bar.value is not None)
    table = next(block for section in made.sections for block in section.blocks if isinstance(block, Table) and block.name == "plans")
    banded = [row[0] for row in table.rows if any(isinstance(cell, str) and "(" in cell and "–" in cell for cell in row)]
    assert banded == [plan.name for plan in project.selection.plans if "out_of_range" in plan.tags]


def test_checks_tell_what_is_open(project):
    def codes(project: Project, today: datetime.date = TODAY) -> set[str]:
        return {check.said.code.removeprefix("export_checks.") for check in pipeline.export_checks(project, "zh", today)}

    assert "channels" in codes(project) and "glyphs_whole" in codes(project)
    assert "prices" in codes(project, datetime.date(2100, 1, 1)) and "prices" not in codes(project, datetime.date(2000, 1, 1))
    assert "stale" in codes(changed(project, prices=None))
    assert {"glyphs", "customer"} <= codes(changed(with_settings(project, author="\U0001f600"), requirement=type(project.requirement)()))
    assert "until" in codes(with_settings(project, valid_until=TODAY - datetime.timedelta(days=1)))
    levels = [check.level for check in pipeline.export_checks(with_settings(project, author="\U0001f600"), "zh", TODAY)]
    assert levels == sorted(levels, key=("bad", "stale", "warning", "ok").index)


def test_changes_since_the_export(project):
    assert changes_since_export(project) == ()
    exported = with_export(project, TODAY)
    assert exported.settings.exported_on == TODAY and changes_since_export(exported) == ()
    plan = exported.selection.plans[0]
    dearer = msgspec.structs.replace(plan, total_price=plan.total_price + 1)
    moved = changed(exported, selection=msgspec.structs.replace(exported.selection, plans=(dearer, *exported.selection.plans[1:])))
    (change,) = changes_since_export(moved)
    assert (change.platform, change.gpus, change.what, change.before) == (plan.platform, plan.gpus, "price", plan.total_price)
    gone = changed(exported, selection=None)
    assert {change.after for change in changes_since_export(gone)} == {None}


def test_quotation_numbers_count_up_within_a_day():
    assert next_number("", TODAY) == "SX-2026-1125-01"
    assert next_number("SX-2026-1125-09", TODAY) == "SX-2026-1125-10"
    assert next_number("SX-2026-1124-03", TODAY) == "SX-2026-1125-01"
    assert next_number("SX-2026-1125-x", TODAY) == "SX-2026-1125-01"

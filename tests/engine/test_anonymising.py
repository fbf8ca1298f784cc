"""Documents without names: customer, hosts, users and paths are in none of them, nor in their names and properties."""

import datetime
import re
import zipfile

import msgspec
import pytest

from app.engine import pipeline
from app.engine.anonymising import Hider, anonymised
from app.engine.model.layers import FactChange
from app.engine.model.projects import changed
from app.engine.proposing import build_proposal

CUSTOMER, SHORT, HOST, USER = "江南某某大学", "江大", "gpu-node17", "zhangsan"
FOLDER = f"/data/{USER}/runs/{CUSTOMER}/2026"
SECRETS = (CUSTOMER, SHORT, HOST, USER, "/data/", "10.1.2.3", "lisi", "nas01", "PROJECT-X9")


@pytest.fixture(scope="module")
def project():
    found = pipeline.new_project(pipeline.sample_inputs())
    assert found.trace is not None and found.workload is not None and found.prices is not None
    workload = msgspec.structs.replace(
        found.workload, name=f"{SHORT} LLaMA 预训练 {HOST}", source=f"/home/{USER}/run.toml", os="Ubuntu at 10.1.2.3"
    )
    files = tuple(msgspec.structs.replace(one, name=f"{HOST}_{CUSTOMER}_{one.name}") for one in found.trace.files)
    trace = msgspec.structs.replace(found.trace, files=files, environment={**found.trace.environment, "host": HOST})
    measured = tuple(msgspec.structs.replace(one, source=rf"\\nas01\{USER}\t.csv {FOLDER}/t.csv") for one in found.measured)
    change = FactChange(found.selection.plans[0].platform, "memory_gb", 64.0, f"lisi@{HOST}", "2026-11-01", who="lisi")
    texts = {
        "zh.summary.answer": f"{CUSTOMER}（{SHORT}）应买 A，见 {FOLDER}/a.log",
        "en.summary.answer": f"{CUSTOMER} buys, see {FOLDER}/a.log",
    }
    settings = msgspec.structs.replace(found.settings, anonymous=True, hidden_words=SHORT, texts=texts, number="N-1")
    requirement = msgspec.structs.replace(found.requirement, customer=CUSTOMER)
    return changed(
        found, name="PROJECT-X9", requirement=requirement, workload=workload, trace=trace, measured=measured, platform_changes=(change,),
        settings=settings, prices=msgspec.structs.replace(found.prices, file=f"{CUSTOMER}报价.xlsx"),
    )  # fmt: skip


def inner_texts(path):
    """Return all that a document holds as text: parts of packages, properties, pages."""
    if path.suffix == ".pdf":
        import pypdfium2

        document = pypdfium2.PdfDocument(path)
        pages = "".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
        return pages.replace("\r", "").replace("\n", "") + " ".join(document.get_metadata_dict().values())
    archive = zipfile.ZipFile(path)
    parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist() if name.endswith((".xml", ".rels"))]
    return "".join(parts) + re.sub(r"<[^>]+>", "", "".join(parts)) + " ".join(archive.namelist())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_name_is_left_in_any_document(project, tmp_path, lang):
    name = pipeline.document_name(project, lang, datetime.date(2026, 11, 25))
    written = pipeline.write_documents(project, tmp_path, lang, name=name, docx=True, png=True)
    for path in (written.pdf, written.xlsx, written.docx):
        whole = inner_texts(path)
        assert not [secret for secret in SECRETS if secret in whole], path.name
        assert ("客户甲" if lang == "zh" else "Customer A") in whole
    assert not [secret for secret in SECRETS if secret in written.png.read_bytes().decode("latin-1") or secret in name]
    without = changed(project, settings=msgspec.structs.replace(project.settings, anonymous=False))
    plain = pipeline.write_documents(without, tmp_path / "plain", lang)
    assert CUSTOMER in inner_texts(plain.xlsx) and HOST in inner_texts(plain.xlsx)  # what is searched for would be found


def test_one_name_has_one_word_and_numbers_stay(project):
    hider = Hider(project, "zh")
    told = hider.text(f"{CUSTOMER} {HOST} {FOLDER} {CUSTOMER} {HOST} {FOLDER}").split()
    assert told[:3] == told[3:] and len(set(told)) == 3
    made = anonymised(project, "zh")
    assert [plan.total_price for plan in made.selection.plans] == [plan.total_price for plan in project.selection.plans]
    assert [plan.platform for plan in made.selection.plans] == [plan.platform for plan in project.selection.plans]
    proposal = build_proposal(made, pipeline.platforms_by_id(), "zh")
    assert len(proposal.sections) == len(build_proposal(project, pipeline.platforms_by_id(), "zh").sections)


@pytest.mark.parametrize(
    "text", ["tokens/s", "TP 8 · PP 2", "https://example.com/a/b/c", "pytorch 2.3.1", "1/2/4/8", "INT8/FP8/FP4", "2026-11-25"]
)
def test_what_is_no_name_stays(project, text):
    assert Hider(project, "zh").text(text) == text


def test_only_names_of_this_case_are_hidden(project):
    hider = Hider(project, "zh")
    hider.project()
    found = set(hider._names)
    assert {CUSTOMER, SHORT, HOST, USER, "lisi", "PROJECT-X9", "10.1.2.3"} <= found
    assert {name for name in found if "/" not in name and "\\" not in name} == {
        CUSTOMER,
        SHORT,
        HOST,
        USER,
        "lisi",
        "PROJECT-X9",
        "10.1.2.3",
    }

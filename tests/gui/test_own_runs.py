"""Own measured runs in the window: the switch and what it tells, keeping a project's runs, corrected rates on two pages."""

import pytest
from PySide6.QtWidgets import QLabel

from app.engine import own_runs, pipeline
from app.gui.look import Look
from app.gui.pages.platforms import PlatformsPage
from app.gui.pages.prediction import PredictionPage
from app.gui.session import Session

A100, ASCEND = "nvidia-a100-sxm-80gb", "ascend-910b2"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def session(qtbot, sample):
    made = Session()
    made.start_new(sample)
    qtbot.waitUntil(lambda: not made.jobs.running, timeout=60000)
    yield made
    made.close()


def page_of(session, qtbot, kind=PredictionPage, lang="zh"):
    page = kind(session, Look(lang, "light"))
    page.resize(1256, 800)
    qtbot.addWidget(page)
    page.refresh()
    page.show()
    return page


def add_own(tmp_path):
    rows = [
        f"c{n},w{n},pretrain,bf16,{card},8,{speed},samples/s"
        for n in range(4)
        for card, speed in ((A100, 10), ("nvidia-h20-96gb", 30), (ASCEND, 4))
    ]
    path = tmp_path / "own.csv"
    path.write_text("case,workload,task,precision,platform,gpus,speed,unit\n" + "\n".join(rows), encoding="utf-8")
    own_runs.add_table(path)


def test_without_own_runs_the_switch_says_how_to_get_some(session, qtbot):
    own = page_of(session, qtbot).own
    assert not own.switch.isEnabled() and "suanxuan measured add" in own.switch.toolTip() and own.count == 0


def test_the_switch_learns_in_the_background_and_tells_what_changed(session, qtbot, tmp_path):
    add_own(tmp_path)
    page, told = page_of(session, qtbot), []
    session.told.connect(lambda said, can_undo: told.append((said, can_undo)))
    plain = {one.platform: one.value for one in session.project.predictions if one.gpus == 8}
    page.own.switch.click()
    assert [job.label for job in session.jobs.shown] == ["gui.job.refit"] and not page.own.switch.isEnabled()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=120000)
    assert session.project.uses_own and session.project.own_digest
    found = {one.platform: one.value for one in session.project.predictions if one.gpus == 8}
    assert found["nvidia-h20-96gb"] > plain["nvidia-h20-96gb"]
    assert told[0][0].code == "own_runs.changed" and told[0][0].params["count"] == 12 and told[0][1]
    session.undo()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=120000)
    assert not session.project.uses_own
    assert {one.platform: one.value for one in session.project.predictions if one.gpus == 8} == plain


def test_a_cancelled_refit_puts_the_switch_back(session, qtbot, tmp_path):
    add_own(tmp_path)
    page = page_of(session, qtbot)
    page.own.switch.click()
    session.jobs.running[-1].cancel()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=120000)
    assert not session.project.uses_own and page.own.switch.isEnabled() and not page.own.switch.isChecked()


def test_the_runs_of_a_project_are_kept_for_later_ones(session, qtbot):
    page, told = page_of(session, qtbot), []
    session.told.connect(lambda said, _undo: told.append(said))
    page.own.keep.click()
    (kept,) = own_runs.tables()
    assert kept.measured == len([run for run in session.project.measured if run.speed is not None])
    assert told[0].params == {"count": kept.measured, "name": kept.name}
    assert own_runs.evidence_of(session.project) == ()  # the project's own case would count twice


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terms_card_shows_the_rates_and_the_software_of_the_chosen_platform(session, qtbot, lang):
    page = page_of(session, qtbot, lang=lang)
    page.choose("ascend-910b3")
    found = next(one for one in session.project.predictions if one.platform == "ascend-910b3" and one.gpus == page.gpus())
    text = page.findChildren(QLabel)
    shown = page._terms.rates.text()
    assert "TFLOPS'" in shown and f"{found.corrected.compute_sheet_tflops:.0f}" in shown and text
    page.choose(ASCEND)
    assert ("软件成熟度" if lang == "zh" else "software maturity") in page._terms.rates.text()
    page.choose("")
    assert not page._terms.rates.isVisible()


@pytest.mark.parametrize(("platform", "word"), [(ASCEND, "实测"), ("hygon-bw1000", "未实测")])
def test_the_platform_page_lists_corrected_rates_beside_the_data_sheet(session, qtbot, platform, word):
    page = page_of(session, qtbot, PlatformsPage)
    page._choose((platform,))
    text = page.panel.table.as_text()
    assert "TFLOPS'" in text and "数据表" in text and word in text

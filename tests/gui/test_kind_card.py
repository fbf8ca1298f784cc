"""先看平台类型 on the prediction page: scenario and answers, reasons and platforms, copying, what stands there before any run is known."""

from functools import partial

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from app.engine import pipeline
from app.engine.model.projects import Project
from app.engine.model.workloads import Workload
from app.gui.look import Look
from app.gui.pages.prediction import PredictionPage
from app.gui.widgets.kind_card import KindCard, KindDialog


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def show(shown):
    return partial(shown, PredictionPage)


def words(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_the_strip_answers_before_any_product(show, sample):
    card = show(sample).findChild(KindCard)
    told = words(card)
    assert "训练 · 大模型" in told and "优化前" in told
    assert {"小显存即可", "RoCE", "BF16", "高速互联（NVLink 类）"} <= set(told)
    assert f"符合类型 {len(sample.kind.fitting)} / {len(sample.kind.matches)}" in told
    assert not any(platform.product_en in " ".join(told) for platform in pipeline.catalogue().platforms)


def test_all_of_it_is_copied(show, sample):
    card = show(sample, "en").findChild(KindCard)
    tool = next(one for one in card.findChildren(object) if getattr(one, "accessibleName", lambda: "")() == "Copy")
    tool.click()
    text = QGuiApplication.clipboard().text()
    assert text == card.as_text() and "RDMA makes it" in text and "Training · large model · before optimisation" in text


def test_reasons_and_platforms_open_beside_each_other(show, sample, qtbot):
    card = show(sample, "en").findChild(KindCard)
    card.show_reasons()
    dialog = card.findChild(KindDialog)
    assert dialog.table.model().rowCount() == len(pipeline.catalogue().platforms)
    first = [dialog.table.model().index(0, column).data() for column in range(5)]
    assert first[1:] == ["yes"] * 4  # those of the kind stand first
    assert any(text.startswith("Tensor parallelism: ") for text in words(dialog))
    dialog.close()


def test_a_run_that_tells_little_is_answered_unknown_and_says_what_would_decide(show):
    page = show(pipeline.recompute(Project(name="x", workload=Workload("x", "inference"))), "en")
    told = words(page.findChild(KindCard))
    assert told.count("Unknown") == 5 and any("[model]" in text for text in told)


def test_without_a_run_description_there_is_no_strip_but_the_way_to_one(show):
    page = show(Project(), "en")
    assert page.findChild(KindCard) is None and page.empty() is not None


def test_a_platform_tells_whether_it_is_of_the_kind(sample):
    said = {one.platform: Look("en", "light").tell(one.said) for one in sample.kind.matches}
    assert said["nvidia-a100-sxm-80gb"] == "Of the kind of platform that the run asks for"
    assert said["nvidia-rtx-4090"].startswith("Not of the kind of platform: ") and "Between cards" in said["nvidia-rtx-4090"]
    unknown = [one.platform for one in sample.kind.matches if one.fits is None]
    assert unknown and all(said[name].startswith("Kind of platform not known: ") and len(said[name]) > 30 for name in unknown)

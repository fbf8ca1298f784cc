"""The tour: a picture of every page, and no word that is cut in either language."""

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget

from app.engine import pipeline
from app.gui.clipping import clipped_words
from app.gui.pages import FURTHER, PAGES
from app.gui.theme.tokens import LIGHT
from app.gui.tour import render_pages
from app.gui.widgets.table import Cell, Column, Table


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.mark.parametrize(("lang", "theme", "size"), [("zh", "light", (1280, 720)), ("en", "dark", (1440, 900))])
def test_every_page_is_rendered_and_no_word_is_cut(qtbot, tmp_path, sample, lang, theme, size):
    pictures = render_pages(sample, tmp_path, size, theme, lang)
    assert [picture.page for picture in pictures] == [page.key for page in (*PAGES, *FURTHER)]
    for picture in pictures:
        image = QImage(str(picture.path))
        assert (image.width(), image.height()) == size
    assert not {picture.page: picture.clipped for picture in pictures if picture.clipped}


def test_words_that_are_cut_are_found(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    label = QLabel("a rather long line of words", window)
    label.setFixedWidth(20)
    table = Table((Column("a rather long head", number=True, width=60),), [(Cell("123 456 789 012"),)], LIGHT)
    table.setParent(window)
    table.move(0, 50)
    window.resize(400, 300)
    window.show()
    assert {cut.text for cut in clipped_words(window)} == {label.text(), "a rather long head", "123 456 789 012"}
    label.setFixedWidth(300)
    table.setColumnWidth(0, 200)
    assert not clipped_words(window)

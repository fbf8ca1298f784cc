"""Every page with the real sample project, in both languages and themes, through the real window."""

import re
import tomllib
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel

from app.engine import pipeline
from app.engine.paths import sample_folder, translations_folder
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.page import DONE, EMPTY
from app.gui.pages import PAGES
from app.gui.tour import settle


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    yield made
    made.session.close()
    shiboken6.delete(made)  # now: a style sheet for the next window would dress this one again


def texts(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("en", "dark")])
def test_every_page_shows_the_sample(window, sample, lang, theme):
    window.set_look(Look(lang, theme))
    window.session.start_new(sample)
    for page in PAGES:
        window.show_page(page.key)
        settle(make_application(), window)
        shown = window.pages[page.key]
        assert shown.state() == DONE
        assert window.stack.currentWidget() is shown
        assert not re.search(r"\b(gui|profiling|proposing|selecting|assessing)\.\w+", texts(shown)), texts(shown)


def test_the_empty_pages_say_what_to_give(window):
    for page in PAGES[:-1]:
        window.show_page(page.key)
        assert window.pages[page.key].state() == EMPTY
    assert window.look.say("intake.empty.plans.run") in texts(window.pages["plans"])


def test_files_dropped_on_the_window_are_taken_in(window):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(sample_folder()))])
    actions, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window.windowHandle(), QDragEnterEvent(QPoint(300, 300), actions, data, button, keys))
    assert window.veil.isVisible()
    QApplication.sendEvent(window.windowHandle(), QDropEvent(QPointF(300, 300), actions, data, button, keys))
    assert not window.veil.isVisible()
    settle(make_application(), window)
    assert window.session.project.profile is not None
    assert window.toast.isVisible()


def test_an_unreadable_file_is_a_card_and_the_rest_goes_on(window, tmp_path):
    bad = tmp_path / "坏.bin"
    bad.write_bytes(bytes(range(256)) * 40)
    window.take_in([bad, *pipeline.sample_inputs().traces])
    settle(make_application(), window)
    assert "坏.bin" in window.errors.cards()[0].what and window.errors.cards()[0].remedy
    assert window.session.project.trace is not None


def test_both_catalogues_of_the_window_hold_the_same_texts_and_every_text_that_is_used():
    def keys(table, prefix="gui"):
        for name, entry in table.items():
            yield from keys(entry, f"{prefix}.{name}") if isinstance(entry, dict) and "text" not in entry else [f"{prefix}.{name}"]

    zh, en = (set(keys(tomllib.loads((translations_folder() / lang / "gui.toml").read_text("utf-8")))) for lang in ("zh", "en"))
    assert zh == en
    source = "".join(path.read_text("utf-8") for path in Path("app").rglob("*.py"))
    used = set(re.findall(r'"(gui\.[a-z0-9_.]*[a-z0-9_])"', source))
    assert used <= zh, used - zh

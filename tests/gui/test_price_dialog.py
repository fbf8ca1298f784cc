"""The import view of a price sheet: every cell is shown, another choice is remembered, read and undone."""

import openpyxl
import pytest

from app.engine import pipeline
from app.engine.mapping_store import known_price_mappings
from app.engine.model.projects import changed
from app.gui.look import Look
from app.gui.price_dialog import PriceDialog
from app.gui.price_review import read_again, review
from app.gui.session import Session


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr("app.engine.mapping_store.user_folder", lambda _what: tmp_path)
    book = openpyxl.Workbook()
    book.active.append(["卡型", "口径", "价格"])
    book.active.append(["H20-96GB", 64, 5.0])
    book.active.append(["沐曦 C500", 32, 3.0])
    book.save(tmp_path / "价格.xlsx")
    return tmp_path / "价格.xlsx"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_chosen_otherwise_is_remembered_read_and_undone(path, qtbot, lang):
    session = Session()
    before = pipeline.read_prices(path)
    session.start_new(changed(session.project, prices=before))
    session.price_file = path
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=30000)
    done = []
    dialog = review(session, Look(lang, "light"), None, lambda: done.append(True))
    qtbot.addWidget(dialog)
    assert not before.prices and set(dialog.names) == {"沐曦 C500"} and set(dialog.columns) == {"卡型", "口径", "价格"}
    for box, value in (
        (dialog.assume["billing"], "card-hour"),
        (dialog.assume["basis"], "card"),
        (dialog.columns["口径"], "available_cards"),
    ):
        box.setCurrentIndex(box.findData(value))
    dialog.names["沐曦 C500"].setCurrentIndex(1)
    dialog.accept()
    qtbot.waitUntil(lambda: bool(done) and not session.jobs.running, timeout=30000)
    after = session.project.prices
    assert [one.available_cards for one in after.prices] == [64, 32] and {one.certainty for one in after.readings} >= {"sure", "assumed"}
    assert known_price_mappings()[0].assume == {"billing": "card-hour", "basis": "card"}
    session.undo()
    assert session.project.prices == before
    read_again(session, path, lambda: done.append(True))
    qtbot.waitUntil(lambda: len(done) > 1, timeout=30000)
    assert len(session.project.prices.prices) == 2, "the layout is remembered"
    session.close()


def test_the_doubtful_cells_stand_first(path, qtbot):
    book = openpyxl.load_workbook(path)
    book.active["C1"], book.active["C2"], book.active["C3"] = "价格（元/卡时）", 5, "4-6"
    book.active["A3"] = "910B2"
    book.save(path)
    dialog = PriceDialog(pipeline.read_prices(path), Look("zh", "light"), None)
    qtbot.addWidget(dialog)
    first = [dialog.table.source.cell(0, column).text for column in range(6)]
    assert first[0] == "Sheet!C3" and first[2] == "4-6" and first[4] == "存疑" and "区间" in first[5]

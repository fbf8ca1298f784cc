"""The tools of the plan table that tell money and what flips a choice, through the real widgets."""

from decimal import Decimal

import msgspec
import pytest

from app.engine import pipeline
from app.engine.model.projects import changed
from app.gui.look import Look
from app.gui.pages.plans import PlansPage
from app.gui.session import Session
from app.gui.widgets.table_dialog import TableDialog


@pytest.fixture(scope="module")
def sample():
    """The sample with a purchase beside its rents; what cannot be supplied takes part."""
    made = pipeline.new_project(pipeline.sample_inputs())
    row = msgspec.structs.replace(made.prices.prices[0], billing="purchase", unit_price=90_000.0, basis="card", minimum="", cell="价格!A99")
    sheet = msgspec.structs.replace(made.prices, prices=(*made.prices.prices, row))
    return pipeline.recompute(changed(made, prices=sheet, include_restricted=True))


@pytest.fixture
def page(qtbot, sample, request):
    session = Session()
    session.start_new(sample)
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=30000)
    made = PlansPage(session, Look(request.param, "light"))
    made.resize(1256, 800)
    qtbot.addWidget(made)
    made.refresh()
    made.show()
    yield made
    session.close()


@pytest.mark.parametrize("page", ["zh", "en"], indirect=True)
def test_lines_that_are_shown_sum_to_the_total(page):
    for number, plan in enumerate(page.project.selection.plans):
        page.choose(number)
        page.show_money()
        dialog = page.findChildren(TableDialog)[-1]
        rows = dialog.tables[0].as_rows()
        counted = [row for row, line in zip(rows[1:], plan.costs.lines, strict=True) if line.is_counted]
        shown = sum(Decimal(row[6].replace("\u2009", "").replace(",", "")) for row in counted)
        assert shown == plan.costs.total and len(dialog.tables) == 2 + bool(plan.costs.ownership) + bool(plan.phases)
        dialog.close()


@pytest.mark.parametrize("page", ["zh"], indirect=True)
def test_every_recommendation_with_a_rival_has_its_levers(page):
    page.show_sensitivity()
    dialog = page.findChildren(TableDialog)[-1]
    found = page.project.selection.sensitivities
    assert len(dialog.tables) == len(found)
    assert [len(table.as_rows()) - 1 for table in dialog.tables] == [len(one.levers) for one in found]
    dialog.close()

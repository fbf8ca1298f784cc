"""The cluster card: who falls behind, and the nodes."""

import pytest
from PySide6.QtWidgets import QLabel

from app.engine.messages import message
from app.engine.model.profiles import NodeSummary, Profile, Straggler
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.pages.profile_cluster import cluster_card
from app.gui.widgets.table import Table


@pytest.fixture(params=["zh", "en"])
def look(request, qtbot):
    make_application()
    return Look(request.param, "light")


def profile(**fields):
    return Profile("", 1.0, (0, 1), (), "unknown", {}, message("profiling.class.unknown"), **fields)  # type: ignore[arg-type]


def test_a_single_node_whose_cards_keep_pace_has_no_card(look):
    assert cluster_card(profile(), look) is None


def test_stragglers_are_named_and_the_node_with_the_worst_card_comes_first(look, qtbot):
    nodes = (
        NodeSummary("node1", 8, "gpu_utilisation", 0.93, 0.01, "node1:2", 0.91),
        NodeSummary("node37", 8, "gpu_utilisation", 0.9, 0.08, "node37:5", 0.7),
    )
    card = cluster_card(profile(stragglers=(Straggler("node37:5", "gpu_utilisation", 0.697, 0.93, 2399.0),), nodes=nodes), look)
    qtbot.addWidget(card)
    said = "\n".join(one.text() for one in card.findChildren(QLabel))
    assert "node37:5" in said and "0.697" in said and "0.930" in said
    rows = card.findChild(Table).as_text().splitlines()
    assert rows[1].startswith("node37\t") and rows[1].endswith("0.70")

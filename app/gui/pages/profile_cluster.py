"""The cluster view: cards that fall behind, and the nodes with their mean, spread and worst card."""

from PySide6.QtWidgets import QSizePolicy

from app.engine.model.profiles import NodeSummary, Profile, Straggler
from app.gui.look import Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, label, row, rule
from app.gui.widgets.elided import Elided
from app.gui.widgets.table import Cell, Column, Table

MOST_STRAGGLERS, ROW_PX, HEAD_PX, MOST_ROWS = 6, 26, 26, 8


def cluster_card(profile: Profile, look: Look) -> Card | None:
    """Return the card, None for a run on one node whose cards keep pace."""
    if not profile.stragglers and not profile.nodes:
        return None
    say = look.say
    nodes = {one.node for one in profile.nodes}
    hint = say("page_profile.cluster.nodes", count=look.number(len(nodes), 0)) if nodes else ""
    card = Card(say("page_profile.cluster.title"), hint)
    if profile.stragglers:
        card.body.addWidget(label(say("page_profile.cluster.stragglers", count=len(profile.stragglers)), SMALL_PX, tone="2"))
    for one in profile.stragglers[:MOST_STRAGGLERS]:
        figure = label(_straggler(one, look), SMALL_PX)
        figure.setToolTip(_behind(one, look))
        card.body.addLayout(row(Elided(f"{one.device} · {_metric(one.metric, look)}", SMALL_PX, tone="warn", fills=True), figure))
    if profile.nodes:
        if profile.stragglers:
            card.body.addWidget(rule(look.theme))
        card.body.addWidget(nodes_table(profile.nodes, look))
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return card


def nodes_table(nodes: tuple[NodeSummary, ...], look: Look) -> Table:
    """Return the nodes, the one with the worst card first; further ones by scrolling."""
    say = look.say
    columns = (
        Column(say("page_profile.cluster.node"), least=60), Column(say("page_profile.cluster.metric"), width=88),
        Column(say("gui.stat.mean"), number=True, width=52), Column(say("page_profile.cluster.spread"), number=True, width=52),
        Column(say("page_profile.cluster.worst"), number=True, width=72),
    )  # fmt: skip
    ordered = sorted(nodes, key=lambda one: one.worst)
    rows = [
        (
            Cell(one.node, tip=one.node), Cell(_metric(one.metric, look)),
            Cell(look.number(one.mean, 2), one.mean), Cell(look.number(one.spread, 2), one.spread),
            Cell(look.number(one.worst, 2), one.worst, say("page_profile.cluster.worst_tip", device=one.worst_device, cards=one.cards)),
        )
        for one in ordered
    ]  # fmt: skip
    table = Table(columns, rows, look.theme, row_px=ROW_PX, name=say("page_profile.cluster.title"))
    table.setFixedHeight(HEAD_PX + ROW_PX * min(len(rows), MOST_ROWS) + 2)
    return table


def _metric(metric: str, look: Look) -> str:
    return look.say(f"proposing.metric.{metric}")


def _straggler(one: Straggler, look: Look) -> str:
    return look.say("page_profile.cluster.against", value=look.figure(one.value, 3), median=look.figure(one.median, 3))


def _behind(one: Straggler, look: Look) -> str:
    return look.say("page_profile.cluster.behind", seconds=look.figure(one.seconds, 3)) if one.seconds is not None else ""

"""The effort of a port piece by piece, for the documents."""

from app.engine.model.assessments import Assessment
from app.engine.model.proposals import Column, Table
from app.engine.proposing._facts import Facts, shortened

MOST_SOURCE = 64


def effort_breakdown(facts: Facts, one: Assessment) -> Table:
    """Return the effort on one platform: each named item of a stage, then its rest, and the sum."""
    assert one.effort is not None
    columns = (
        Column(facts.say("adaptation.stage"), weight=1.3),
        Column(facts.say("adaptation.piece"), weight=2.6),
        *(Column(facts.say(f"adaptation.{end}"), facts.say("unit.days"), "number1", 0.8) for end in ("low", "likely", "high")),
        Column(facts.say("adaptation.source"), weight=3.4, cites=True),
    )
    rows = tuple((*row[:-1], shortened(row[-1], MOST_SOURCE) or None) for row in breakdown_rows(facts, one))
    total = (facts.say("adaptation.sum"), "", *one.effort.person_days, "")
    caption = facts.say("adaptation.breakdown", platform=facts.label(one.platform))
    return Table(caption, columns, (*rows, total), note=facts.say("adaptation.effort_rule"), name=f"effort_{one.platform}")


def breakdown_rows(facts: Facts, one: Assessment) -> list[tuple]:
    """Return (stage, piece, low, likely, high, source); a stage is named once, and a rest of nothing is left out."""
    assert one.effort is not None
    rows: list[tuple] = []
    for stage in one.effort.stages:
        name = f"{facts.word(f'assessing.stage.{stage.stage}')} ({facts.word(f'assessing.size.{stage.size}')})"
        for item in one.effort.items:
            if item.stage == stage.stage:
                own = facts.say("adaptation.own") if item.default is not None else item.source
                rows.append((name, facts.render(item.text), *item.person_days, own))
                name = ""
        rest = stage.rest or stage.person_days
        if any(rest):
            rows.append((name, facts.say("adaptation.rest"), *rest, stage.source))
    return rows

"""What the recommended predictions lean on and what to measure first, as tables; nothing here can be put in other words."""

from app.engine.model.evaluations import standing_of, standing_words
from app.engine.model.explanations import NextMeasurement
from app.engine.model.explanations_said import distance_said, measurement_said, next_said, pair_said
from app.engine.model.proposals import Block, Column, Table, Text
from app.engine.proposing._facts import Facts

MOST_GROUNDS, MOST_NEXT = 3, 2


def explained_blocks(facts: Facts) -> list[Block]:
    """Return evidence and what to measure first for the recommended platforms; () where intervals are not shown."""
    if not facts.intervals or not (facts.explained.by_platform or facts.explained.of_all):
        return []
    tables = [table for table in (_grounds(facts), _next(facts)) if table.rows]
    return [Text(facts.say("explained.title"), "section"), *tables] if tables else []


def next_of(facts: Facts, platform: str, gpus: int | None) -> tuple[str | None, float | None]:
    """Return the best next measurement for one prediction as a sentence, and the half interval after it."""
    options = facts.explained.rows.get((platform, gpus or 1), ())
    return (facts.render(next_said(options[0], facts.label)), options[0].after) if options else (None, None)


def _grounds(facts: Facts) -> Table:
    columns = (
        Column(facts.say("explained.platform"), weight=1.8),
        Column(facts.say("explained.workload"), weight=1.9),
        Column(facts.say("explained.pair"), weight=3.6),
        Column(facts.say("explained.weight"), "%", "share", 0.7),
        Column(facts.say("explained.left_out"), "%", "share", 0.9),
        Column(facts.say("explained.source"), weight=2.2, cites=True),
    )
    rows = tuple(
        (
            f"{facts.label(name)} × {told.gpus}",
            f"{one.workload or '—'} ({facts.render(distance_said(one))})",
            facts.render(pair_said(one, facts.label)),
            one.weight,
            abs(one.error),
            one.source or "—",
        )
        for name, told in facts.explained.by_platform.items()
        for one in told.grounds[:MOST_GROUNDS]
    )
    return Table(facts.say("explained.grounds"), columns, rows, note=_note(facts), name="grounds")


def _note(facts: Facts) -> str:
    """Return what the columns mean, and what held-out predictions of the same kind as each recommended one were worth."""
    said = [facts.say("explained.note")]
    for found in facts.project.predictions:
        told = facts.explained.by_platform.get(found.platform)
        score = standing_of(found.basis, facts.scores) if told is not None and told.gpus == found.gpus else None
        if score is not None:
            said.append(facts.say("explained.standing", platform=facts.label(found.platform), said=facts.render(standing_words(score))))
    return " ".join(said)


def _next(facts: Facts) -> Table:
    columns = (
        Column(facts.say("explained.narrows"), weight=2.2),
        Column(facts.say("explained.measurement"), weight=5.2),
        Column(facts.say("explained.before"), "± %", "share", 0.8),
        Column(facts.say("explained.after"), "± %", "share", 0.8),
    )
    options = [
        (f"{facts.label(name)} × {told.gpus}", one)
        for name, told in facts.explained.by_platform.items()
        for one in told.measure_next[:MOST_NEXT]
    ]
    options += [(facts.say("explained.all"), one) for one in facts.explained.of_all[:MOST_NEXT]]
    rows = tuple((what, _measurement(facts, one), one.before, one.after) for what, one in options)
    return Table(facts.say("explained.next"), columns, rows, name="measure_next")


def _measurement(facts: Facts, one: NextMeasurement) -> str:
    return facts.render(measurement_said(one, facts.label))

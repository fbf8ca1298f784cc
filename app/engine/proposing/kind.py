"""平台类型: what kind of platform the run asks for, before any product is named: the scenario, an answer to each question, why."""

from collections.abc import Sequence

from app.engine.model.kinds import PlatformKind
from app.engine.model.proposals import Block, Column, Table, Text
from app.engine.proposing._facts import Facts, SectionMaker


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the chapter; () where no run is described."""
    kind = facts.project.kind
    if kind is None:
        return ()
    wanted = [facts.render(one.answer) for one in kind.recommendations if one.strength in ("must", "prefer")]
    open_ones = [facts.word(f"kinds.aspect.{one.aspect}") for one in kind.recommendations if one.strength == "unknown"]
    scenario = [facts.render(word) for word in kind.scenario.words]
    code = "kind.answer" if wanted else "kind.answer_any" if not open_ones else "kind.answer_unknown"
    found: list[Block] = [Text(facts.say(code, scenario=scenario, wanted=wanted), "answer")]
    found += [Text(facts.render(said), "bullet") for said in kind.scenario.reasons]
    if open_ones:
        found.append(Text(facts.say("kind.open", names=open_ones), "bullet"))
    return [*found, _table(facts, kind)]


def _table(facts: Facts, kind: PlatformKind) -> Table:
    columns = tuple(
        Column(facts.say(f"kind.{name}"), weight=weight)
        for name, weight in (("question", 1.2), ("verdict", 1.5), ("strength", 1.1), ("why", 6.0))
    )
    rows = tuple(
        (
            facts.word(f"kinds.aspect.{one.aspect}"),
            facts.render(one.answer),
            facts.word(f"kinds.strength.{one.strength}"),
            facts.say("kind.joint").join(facts.render(said) for said in one.said),
        )
        for one in kind.recommendations
    )
    return Table(
        facts.say("kind.table"),
        columns,
        rows,
        note=facts.say("kind.note_counted", counted=kind.counted, note=facts.say("kind.note")),
        name="kind",
    )


SECTION = SectionMaker(3, "kind", blocks)

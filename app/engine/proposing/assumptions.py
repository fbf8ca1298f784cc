"""假设与来源: what was assumed, and where every figure comes from."""

from collections.abc import Sequence

from app.engine.model.proposals import Block, Column, Table, Text
from app.engine.proposing._facts import Facts, SectionMaker, shortened
from app.engine.proposing.adaptation import chosen_assessments

SHOWN_FACTS = ("memory_gb", "memory_bw_gbs", "bf16_tensor_tflops", "fp16_tensor_tflops", "host_bw_gbs", "fabric_bw_one_direction_gbs")


def blocks(facts: Facts) -> Sequence[Block]:
    """Return assumptions, files and platform figures."""
    project = facts.project
    said = [
        facts.say("assumptions.interval"),
        facts.say("assumptions.links"),
        facts.say("assumptions.verdict"),
        facts.say("assumptions.thresholds"),
    ]
    if project.selection is not None:
        said += [facts.render(one) for one in project.selection.assumptions]
    if project.memory is not None:
        said += [facts.render(one) for one in project.memory.assumptions]
        said += [facts.render(project.memory.unknown)] if project.memory.unknown else []
    found: list[Block] = [Text(facts.say("assumptions.answer"), "answer")]
    found += [Text(text, "bullet") for text in said]
    if project.settings.show_sources:
        found.append(_files(facts))
    found.append(_platforms(facts))
    return found


def _files(facts: Facts) -> Table:
    project = facts.project
    rows: list[tuple] = []
    if project.trace is not None:
        rows += [(file.name, file.format, file.rows or file.events, file.sha256[:12]) for file in project.trace.files]
    if project.workload is not None and project.workload.source:
        rows.append((project.workload.source, "run", None, None))
    if project.prices is not None:
        rows.append((project.prices.file, "xlsx", project.prices.rows, None))
    rows += [
        (source, facts.say("assumptions.measured"), None, None)
        for source in dict.fromkeys(run.source for run in project.measured if run.source)
    ][:12]
    columns = (
        Column(facts.say("assumptions.file"), weight=4.0),
        Column(facts.say("assumptions.format"), weight=1.4),
        Column(facts.say("assumptions.rows"), format="integer", weight=1.0),
        Column("SHA-256", weight=1.4),
    )
    return Table(facts.say("assumptions.files"), columns, tuple(rows), name="files")


def _platforms(facts: Facts) -> Table:
    columns = (
        Column(facts.say("assumptions.platform"), weight=2.2),
        *(Column(facts.say(f"assumptions.fact.{key}"), facts.say(f"assumptions.unit.{key}"), "significant", 0.95) for key in SHOWN_FACTS),
        Column(facts.say("assumptions.source"), weight=4.0, cites=True),
    )
    rows = []
    for one in chosen_assessments(facts):
        platform = facts.platforms.get(one.platform)
        if platform is None:
            continue
        fact = platform.facts["memory_bw_gbs"]
        rows.append(
            (
                facts.label(platform.id),
                *(platform.number(key) for key in SHOWN_FACTS),
                f"{shortened(fact.source)} ({fact.as_of}, {fact.confidence})",
            )
        )
    return Table(facts.say("assumptions.platforms"), columns, tuple(rows), note=facts.say("assumptions.platforms_note"), name="sources")


SECTION = SectionMaker(9, "assumptions", blocks)

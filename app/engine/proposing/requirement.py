"""业务需求确认: what the customer needs, how "good" is judged, and whether it was confirmed."""

import datetime
from collections.abc import Sequence

from app.engine.model.proposals import Block, Column, Table, Text
from app.engine.proposing._facts import Facts, SectionMaker

GROUPS = {
    "scale": ("scale_cards", "storage_tb"),
    "timing": ("deliver_by", "duration_days", "work"),
    "money": ("budget", "currency", "domestic_only"),
    "good": ("tokens_per_s", "ttft_ms", "tpot_ms", "utilisation", "concurrency", "linearity", "fault_tolerance", "recovery_min"),
}


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the needs as a table, the run as another."""
    requirement, workload = facts.project.requirement, facts.project.workload
    rows = []
    for group, keys in GROUPS.items():
        for key in keys:
            value = getattr(requirement, key)
            stated = value not in (None, "", 0, False)
            state = facts.say("requirement.confirmed") if stated else facts.say("requirement.open")
            rows.append(
                (
                    facts.say(f"requirement.group.{group}"),
                    facts.say(f"requirement.key.{key}"),
                    _text(facts, value) if stated else None,
                    state,
                )
            )
    stated_count = sum(row[2] is not None for row in rows)
    columns = tuple(
        Column(facts.say(f"requirement.column.{name}"), weight=weight)
        for name, weight in (("group", 1.2), ("need", 2.2), ("value", 2.6), ("state", 1.4))
    )
    found: list[Block] = [
        Text(facts.say("requirement.answer", stated=stated_count, open=len(rows) - stated_count), "answer"),
        Table(facts.say("requirement.caption"), columns, tuple(rows), name="requirement"),
    ]
    if workload is not None:
        found.append(_run_table(facts))
    return found


def _text(facts: Facts, value: object) -> str:
    if value is True:
        return facts.say("yes")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def _run_table(facts: Facts) -> Table:
    workload = facts.project.workload
    assert workload is not None
    run = workload.run
    model = workload.model.family if workload.model else None
    layout = f"TP {run.tensor_parallel} · PP {run.pipeline_parallel} · CP {run.context_parallel} · ZeRO {run.zero_stage}"
    memory = facts.project.memory
    parameters = memory.parameters if memory else None
    pairs = {
        "name": workload.name,
        "task": workload.task,
        "model": f"{model} · {parameters / 1e9:.2f} B" if model and parameters else model,
        "precision": workload.precision,
        "framework": " · ".join(part for part in (workload.framework, workload.engine) if part),
        "platform": facts.label(run.platform) if run.platform else None,
        "cards": run.gpus,
        "layout": layout,
        "batch": f"{run.micro_batch or '—'} / {run.global_batch or '—'}",
        "seq_len": run.seq_len,
        "measured": f"{workload.measured.speed:g} {workload.measured.unit}" if workload.measured else None,
    }
    rows = tuple((facts.say(f"requirement.run.{key}"), None if value in (None, "") else str(value)) for key, value in pairs.items())
    columns = (Column(facts.say("requirement.column.parameter"), weight=1.4), Column(facts.say("requirement.column.value"), weight=4.0))
    return Table(
        facts.say("requirement.run_caption"), columns, rows, note=facts.say("requirement.run_note", file=workload.source or "—"), name="run"
    )


SECTION = SectionMaker(1, "requirement", blocks)

"""适配评估: platforms by checks, evidence and remedy of what is not plainly usable, person-days."""

from collections.abc import Sequence

from app.engine.model.assessments import CHECKS, STAGES, Assessment, Finding
from app.engine.model.proposals import Badge, Block, Column, Table, Text
from app.engine.proposing._effort_tables import effort_breakdown
from app.engine.proposing._facts import Facts, SectionMaker, shortened

MOST_ROWS = 24
LEVELS = ("ok", "warning", "blocked", "unknown")
MOST_DETAILED = 3
ORDER = ("ready", "adapt", "unknown", "blocked")


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the matrix and its evidence; () where nothing was assessed."""
    every = facts.project.assessments
    if not every:
        return ()
    shown = chosen_assessments(facts)
    counts = {verdict: sum(one.verdict == verdict for one in every) for verdict in ORDER}
    found: list[Block] = [Text(facts.say("adaptation.answer", **counts, all=len(every)), "answer"), _matrix(facts, shown, len(every))]
    found.append(Text(facts.say("adaptation.evidence"), "section"))
    found.append(_evidence(facts, shown))
    found.append(_effort(facts, shown))
    found += [effort_breakdown(facts, one) for one in _detailed(facts, shown)]
    found.append(_all_platforms(facts))
    return found


def chosen_assessments(facts: Facts) -> list[Assessment]:
    """Return the platforms of plans first, then priced and measured ones, then others by verdict, up to a page."""
    selection = facts.project.selection
    planned = [plan.platform for plan in selection.plans] if selection else []
    measured = [run.platform for run in facts.project.measured]
    priced = [price.platform for price in facts.project.prices.prices] if facts.project.prices else []
    wanted = list(dict.fromkeys([*planned, *priced, *measured]))
    rank = {name: number for number, name in enumerate(wanted)}
    return sorted(facts.project.assessments, key=lambda one: (rank.get(one.platform, 999), ORDER.index(one.verdict), one.platform))[
        : max(MOST_ROWS // 2, len(wanted))
    ][:MOST_ROWS]


def _matrix(facts: Facts, shown: list[Assessment], total: int) -> Table:
    columns = (
        Column(facts.say("adaptation.platform"), weight=2.0),
        Column(facts.say("adaptation.verdict"), weight=1.55),
        *(Column(word, weight=_weight(check, word)) for check in CHECKS if (word := facts.word(f"assessing.check.{check}"))),
    )
    rows = tuple(
        (
            facts.label(one.platform),
            Badge(one.verdict, facts.word(f"assessing.verdict.{one.verdict}")),
            *(_badge(facts, finding) for finding in one.checks),
        )
        for one in shown
    )
    note = facts.say("adaptation.more", count=total - len(shown)) if total > len(shown) else ""
    return Table(facts.say("adaptation.matrix"), columns, rows, note=note, name="adaptation")


def _weight(check: str, head: str) -> float:
    """Return the share of the width of a check: room for its longest cell and for its head in one line."""
    return max(1.6 if check == "performance" else 1.35, 0.165 * len(head) + 0.1)


def _all_platforms(facts: Facts) -> Table:
    """Return every platform by every check, as symbols."""
    columns = (
        Column(facts.say("adaptation.platform")),
        Column(facts.say("adaptation.verdict")),
        *(Column(facts.word(f"assessing.check.{check}")) for check in CHECKS),
    )
    every = facts.project.assessments
    rows = tuple(
        (facts.label(one.platform), Badge(one.verdict), *(Badge(finding.level) for finding in one.checks))
        for one in _by_vendor(facts, every)
    )
    words = [f"{level}={facts.word(f'assessing.level.{level}')}" for level in LEVELS]
    return Table(facts.say("adaptation.all", count=len(every)), columns, rows, note="; ".join(words), name="matrix", compact=True)


def _by_vendor(facts: Facts, every: Sequence[Assessment]) -> list[Assessment]:
    """Return the platforms with those of a vendor together, in the order of the catalogue."""
    vendors: dict[str, list[Assessment]] = {}
    for one in every:
        known = facts.platforms.get(one.platform)
        vendors.setdefault(known.vendor_en if known is not None else "", []).append(one)
    return [one for members in vendors.values() for one in members]


def _badge(facts: Facts, finding: Finding) -> Badge:
    text = facts.render(finding.short) if finding.level != "unknown" else ""
    return Badge(finding.level, text)


def _evidence(facts: Facts, shown: list[Assessment]) -> Table:
    columns = tuple(
        Column(facts.say(f"adaptation.{name}"), weight=weight, cites=name == "source")
        for name, weight in (("platform", 1.7), ("check", 0.8), ("finding", 2.6), ("remedy", 2.2), ("source", 2.2))
    )
    rows, before = [], ""
    for one in shown:
        for finding in one.checks:
            if finding.level not in ("warning", "blocked"):
                continue
            said = "; ".join(dict.fromkeys([facts.render(finding.summary), *(facts.render(each.text) for each in finding.evidence)]))
            sources = "; ".join(dict.fromkeys(each.source for each in finding.evidence if each.source))
            name = facts.label(one.platform)
            rows.append(
                (
                    name if name != before else "",
                    facts.word(f"assessing.check.{finding.check}"),
                    said,
                    facts.render(finding.remedy) or None,
                    shortened(sources) or None,
                )
            )
            before = name
    if not rows:
        rows = [(facts.say("adaptation.nothing"), None, None, None, None)]
    return Table(facts.say("adaptation.evidence_caption"), columns, tuple(rows), note=facts.say("adaptation.unknown_note"), name="evidence")


def _effort(facts: Facts, shown: list[Assessment]) -> Table:
    money_unit = next((facts.money(1.0, one.effort.currency)[1] for one in shown if one.effort), "")
    columns = (
        Column(facts.say("adaptation.platform"), weight=2.5),
        *(Column(facts.word(f"assessing.stage.{stage}"), facts.say("unit.days"), weight=1.4) for stage in STAGES),
        Column(facts.say("adaptation.days"), facts.say("unit.days"), weight=1.5),
        Column(facts.say("adaptation.cost"), money_unit, weight=2.5),
    )
    rows, source = [], ""
    for one in shown:
        if one.effort is None or one.verdict == "blocked":
            continue
        effort = one.effort
        sizes = [f"{stage.person_days[1]:.0f} ({facts.word(f'assessing.size.{stage.size}')})" for stage in effort.stages]
        low, likely, high = (facts.money(value, effort.currency)[0] for value in effort.cost)
        days = f"{effort.person_days[1]:.0f} ({effort.person_days[0]:.0f}–{effort.person_days[2]:.0f})"
        rows.append((facts.label(one.platform), *sizes, days, f"{likely} ({low}–{high})"))
        source = facts.say(
            "adaptation.effort_note", rate=effort.rate, currency=effort.currency, source=effort.source or facts.say("adaptation.own_rate")
        )
    return Table(facts.say("adaptation.effort"), columns, tuple(rows), note=source, name="effort")


def _detailed(facts: Facts, shown: list[Assessment]) -> list[Assessment]:
    """Return the platforms whose effort is told piece by piece: those of the recommended plans, and at least one to adapt."""
    plans = [plan for role in ("best_price_performance", "highest_performance") if (plan := facts.plan(role)) is not None]
    wanted = list(dict.fromkeys(plan.platform for plan in plans))
    found = [one for name in wanted for one in shown if one.platform == name and one.effort is not None]
    if not any(one.verdict == "adapt" for one in found):
        found += [one for one in shown if one.verdict == "adapt" and one.effort is not None and one not in found][:1]
    return found[:MOST_DETAILED]


SECTION = SectionMaker(4, "adaptation", blocks)

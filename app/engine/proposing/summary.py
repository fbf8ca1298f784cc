"""摘要: what to buy, why, for how much, how long, at which risk; one page."""

from collections.abc import Sequence

from app.engine.model.plans import Exclusion, Plan
from app.engine.model.proposals import Block, Figures, PlanChart, Text
from app.engine.proposing._facts import Facts, SectionMaker
from app.engine.proposing.plans import plan_chart
from app.engine.units import format_number, format_share, format_significant


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the answer, the key figures, the reasons, the risks."""
    best, fastest = facts.plan("best_price_performance"), facts.plan("highest_performance")
    if best is None or fastest is None:
        return _without_plans(facts)
    found: list[Block] = [Text(_answer(facts, best, fastest), "answer"), Figures(_figures(facts, best))]
    found.append(Text(facts.say("summary.reasons"), "section"))
    found += [Text(text, "bullet") for text in _reasons(facts, best, fastest)]
    found.append(Text(facts.say("summary.risks"), "section"))
    found += [Text(text, "bullet") for text in _risks(facts, best)]
    chart: PlanChart | None = plan_chart(facts)
    return [*found, chart] if chart is not None else found


def _without_plans(facts: Facts) -> Sequence[Block]:
    profile = facts.project.profile
    found: list[Block] = [Text(facts.say("summary.no_plan"), "answer")]
    if profile is not None:
        found.append(Text(facts.say("summary.class", name=facts.word(f"profiling.class.{profile.load_class}")), "bullet"))
    ready = [found.platform for found in facts.project.assessments if found.verdict in ("ready", "adapt")]
    found.append(Text(facts.say("summary.fits", count=len(ready), all=len(facts.project.assessments)), "bullet"))
    found += [Text(f"{facts.label(gone.platform)}: {facts.render(gone.reason)}", "bullet") for gone in _excluded(facts)[:8]]
    return found


def _excluded(facts: Facts) -> Sequence[Exclusion]:
    selection = facts.project.selection
    return selection.excluded if selection is not None and facts.project.settings.show_excluded else ()


def _answer(facts: Facts, best: Plan, fastest: Plan) -> str:
    code = "summary.answer_same" if best.name == fastest.name else "summary.answer"
    value, unit = facts.money(best.total_price if best.total_price is not None else best.price_per_month, best.currency)
    return facts.say(
        code,
        best=best.name,
        best_platform=facts.label(best.platform),
        cards=best.gpus,
        money=f"{value} {unit}",
        fastest=fastest.name,
        fastest_platform=facts.label(fastest.platform),
        fastest_cards=fastest.gpus,
        days=format_number(best.duration_days, 0) if best.duration_days is not None else "—",
        per=facts.say("summary.per_month") if best.total_price is None else "",
    )


def _figures(facts: Facts, plan: Plan) -> tuple[tuple[str, str, str], ...]:
    money, unit = facts.money(plan.total_price if plan.total_price is not None else plan.price_per_month, plan.currency)
    low, high = facts.money(plan.total_low, plan.currency)[0], facts.money(plan.total_high, plan.currency)[0]
    speed = facts.interval(plan.speed, plan.low, plan.high).partition(" ")
    figures = [
        (
            money,
            unit,
            _price_caption(facts, plan, low, high),
        )
    ]
    if plan.duration_days is not None:
        ends = {"low": format_number(plan.duration_low_days, 0), "high": format_number(plan.duration_high_days, 0)}
        figures.append(
            (
                format_number(plan.duration_days, 0),
                facts.say("unit.days"),
                facts.say("summary.figure.days", **ends) if facts.intervals else facts.say("plans.days"),
            )
        )
    kind = facts.word(f"paraselect.kind.{plan.kind}")
    code = "summary.figure.speed" if facts.intervals else "summary.figure.speed_plain"
    figures.append((speed[0], plan.speed_unit, facts.say(code, band=speed[2].strip("()"), kind=kind)))
    cards = facts.say("summary.figure.cards", available=plan.available_cards, delivery=plan.delivery or "—")
    return (*figures, (str(plan.gpus), facts.say("unit.cards"), cards))


def _price_caption(facts: Facts, plan: Plan, low: str, high: str) -> str:
    if plan.total_low is None:
        return facts.say("summary.figure.month")
    return facts.say("summary.figure.price", low=low, high=high) if facts.intervals else facts.say("plans.price")


def _reasons(facts: Facts, best: Plan, fastest: Plan) -> list[str]:
    found = [facts.render(reason) for reason in best.reasons]
    if fastest.name != best.name:
        found += [
            facts.say("summary.fastest", name=fastest.name, platform=facts.label(fastest.platform), why=facts.render(why))
            for why in fastest.reasons
        ]
    assessment = next((one for one in facts.project.assessments if one.platform == best.platform), None)
    if assessment is not None:
        verdict = facts.word(f"assessing.verdict.{assessment.verdict}")
        found.append(facts.say("summary.verdict", verdict=verdict, why=facts.render(assessment.reason)))
    profile = facts.project.profile
    if profile is not None and profile.load_class != "unknown":
        found.append(facts.say("summary.class", name=facts.word(f"profiling.class.{profile.load_class}")))
    return list(dict.fromkeys(found))  # a plan that is both best and fastest would tell its reasons twice


def _risks(facts: Facts, best: Plan) -> list[str]:
    found = []
    if best.kind != "measured":
        kind = facts.word(f"paraselect.kind.{best.kind}")
        mine = (one for one in facts.project.predictions if (one.platform, one.gpus) == (best.platform, best.gpus))
        error = next((one.error_mape for one in mine if one.error_mape is not None), None)
        if error is None:
            found.append(facts.say("summary.risk.prediction_plain", kind=kind))
        else:
            found.append(facts.say("summary.risk.prediction", error=format_share(error), kind=kind))
    if best.porting_days is not None and best.verdict == "adapt":
        found.append(facts.say("summary.risk.porting", days=format_significant(best.porting_days)))
    unknown = [
        facts.word(f"assessing.check.{finding.check}")
        for one in facts.project.assessments
        if one.platform == best.platform
        for finding in one.checks
        if finding.level == "unknown"
    ]
    if unknown:
        found.append(facts.say("summary.risk.unknown", checks=unknown))
    if best.valid_until is not None:
        found.append(facts.say("summary.risk.validity", date=best.valid_until.isoformat()))
    return found


SECTION = SectionMaker(0, "summary", blocks)

"""性能预测: dots and bands, the table, the formula with the numbers put in."""

from collections import Counter
from collections.abc import Sequence

from app.engine.model.corrections_said import rate_said_short, software_said
from app.engine.model.estimates import Prediction
from app.engine.model.evaluations import BASIS, basis_words, standing_of
from app.engine.model.projects import project_runs
from app.engine.model.proposals import Block, Column, IntervalBar, IntervalChart, Table, Text
from app.engine.model.shares_said import shares_said
from app.engine.proposing._explained import explained_blocks
from app.engine.proposing._facts import Facts, SectionMaker, decimals_of
from app.engine.units import format_number, format_share, format_significant

MOST_BARS = 16
TERMS = ("compute", "memory", "host", "fabric")


def blocks(facts: Facts) -> Sequence[Block]:
    """Return the chapter; () where nothing was measured."""
    project = facts.project
    known = [run for run in project_runs(project) if run.speed is not None]
    if not known and not project.predictions:
        return ()
    shown = chosen_predictions(facts)
    done = [one for one in project.predictions if one.value is not None]
    errors = [one.error_mape for one in done if one.error_mape is not None]
    answer = facts.say(
        "predictions.answer",
        known=len(known),
        predicted=len(done),
        all=len(project.predictions),
        error=format_share(min(errors)) if errors else "—",
    )
    found: list[Block] = [
        Text(answer, "answer"),
        _chart(facts, shown),
        _table(facts, shown),
        *_standing(facts, shown),
    ]
    if project.own_digest:
        found.append(Text(facts.say("predictions.own"), "body"))
    if project.settings.show_formula:
        found += [Text(facts.say("predictions.formula_title"), "section"), *_formula(facts), *_corrected(facts, shown)]
    return [*found, *explained_blocks(facts)]


def _corrected(facts: Facts, shown: list[Prediction]) -> list[Block]:
    """Return one line per recommended platform, of the first one shown without a plan: TFLOPS', bandwidth, what software decides."""
    plans = (facts.plan(role) for role in ("best_price_performance", "highest_performance"))
    wanted = list(dict.fromkeys(plan.platform for plan in plans if plan is not None)) or [one.platform for one in shown[:1]]
    found: list[Block] = []
    for name in wanted:
        one = next((one for one in facts.project.predictions if one.platform == name and one.gpus == shown_count(facts)), None)
        if one is None or one.corrected is None:
            continue
        said = [facts.render(rate_said_short(one.corrected)), *([facts.render(software_said(one.software))] if one.software else [])]
        found.append(
            Text(facts.say("predictions.corrected", platform=facts.label(name), said=facts.say("predictions.and").join(said)), "body")
        )
    return found


def chosen_predictions(facts: Facts) -> list[Prediction]:
    """Return priced platforms first, then the others, one per platform, fastest first within each."""
    priced = {price.platform for price in facts.project.prices.prices} if facts.project.prices else set()
    found = {one.platform: one for one in facts.project.predictions if one.gpus == shown_count(facts)}
    lower = any(one.better == "lower" for one in found.values())
    ranked = sorted(
        found.values(), key=lambda one: (one.platform not in priced, one.value is None, (one.value or 0.0) * (1 if lower else -1))
    )
    return ranked[:MOST_BARS]


def shown_count(facts: Facts) -> int | None:
    """Return the card count of chart and table: what is asked for, else what was measured."""
    counts = {one.gpus for one in facts.project.predictions}
    wanted = facts.project.requirement.scale_cards
    return wanted if wanted in counts else next((one.gpus for one in facts.project.predictions), None)


def _chart(facts: Facts, shown: list[Prediction]) -> IntervalChart:
    bars = []
    for run in project_runs(facts.project):
        if run.speed is not None and run.gpus == shown_count(facts):
            label = f"{facts.label(run.platform)} × {run.gpus}"
            bars.append(IntervalBar(label, run.speed, None, None, "measured", facts.word("paraselect.kind.measured")))
    for one in shown:
        banded = facts.intervals or one.out_of_range
        reason = facts.render(one.notes[0]) if one.notes and (one.value is None or one.out_of_range) else ""
        kind = one.kind or "modelled"
        label = f"{facts.label(one.platform)} × {one.gpus}"
        bars.append(
            IntervalBar(
                label,
                one.value,
                one.low if banded else None,
                one.high if banded else None,
                kind,
                facts.word(f"paraselect.kind.{kind}") if one.kind else "",
                one.out_of_range,
                reason,
            )
        )
    lower = any(one.better == "lower" for one in shown)
    bars.sort(key=lambda bar: (bar.value is None, (bar.value or 0.0) * (1 if lower else -1)))
    unit = next((run.unit for run in project_runs(facts.project) if run.unit), next((one.unit for one in shown if one.unit), ""))
    return IntervalChart(
        facts.say("predictions.chart" if facts.intervals else "predictions.chart_plain"),
        unit,
        tuple(bars),
        note=facts.say("predictions.chart_note"),
    )


def _table(facts: Facts, shown: list[Prediction]) -> Table:
    unit = next((one.unit for one in shown if one.unit), "")
    columns = (
        Column(facts.say("predictions.platform"), weight=2.6),
        Column(facts.say("predictions.cards"), format="integer", weight=0.6),
        Column(facts.say("predictions.predicted" if facts.intervals else "predictions.value"), unit, weight=2.0),
        Column(facts.say("predictions.kind"), weight=0.8),
        Column(facts.say("predictions.error"), "%", "share", 0.8),
        Column(facts.say("predictions.note"), weight=3.6),
    )
    rows = tuple(
        (
            facts.label(one.platform),
            one.gpus,
            _value(facts, one),
            facts.word(f"paraselect.kind.{one.kind}") if one.kind else None,
            one.error_mape if one.value is not None else None,
            "; ".join(facts.render(note) for note in one.notes[:2]) or None,
        )
        for one in shown
    )
    rest = len({one.platform for one in facts.project.predictions}) - len(shown)
    note = facts.say("predictions.more", count=rest) if rest > 0 else ""
    return Table(facts.say("predictions.table"), columns, rows, note=note, name="predictions")


def _standing(facts: Facts, shown: list[Prediction]) -> list[Block]:
    """Return how good predictions of the kinds in the table were where their workload was held out."""
    if not facts.intervals:
        return []
    counts = Counter(one.basis for one in shown if one.value is not None)
    found = [(score, count) for basis, count in counts.most_common() if (score := standing_of(basis, facts.scores)) is not None]
    if not found:
        return []
    columns = (
        Column(facts.say("predictions.basis"), weight=3.6),
        Column(facts.say("predictions.platforms"), format="integer", weight=0.8),
        Column(facts.say("predictions.trials"), format="integer", weight=1.0),
        Column(facts.say("predictions.mean_error"), "%", "share", 1.0),
        Column(facts.say("predictions.covered"), "%", "share", 1.2),
        Column(facts.say("predictions.half_width"), "%", "share", 1.0),
    )
    rows = tuple(
        (
            facts.render(basis_words(score.subset.removeprefix(BASIS))),
            count,
            score.rows,
            score.macro_mean,
            score.coverage,
            score.half_width,
        )
        for score, count in found
    )
    return [Table(facts.say("predictions.standing"), columns, rows, note=facts.say("predictions.standing_note"), name="standing")]


def _value(facts: Facts, one: Prediction) -> str | None:
    if one.value is None:
        return None
    if one.out_of_range:  # its point is not to be leaned on: the band is all there is to say
        places = decimals_of(one.value)
        return f"({format_number(one.low, places)}–{format_number(one.high, places)})"
    return facts.interval(one.value, one.low, one.high)


def _formula(facts: Facts) -> list[Block]:
    found: list[Block] = [Text(facts.say("predictions.formula"), "body")]
    fit = facts.project.fit
    if fit is not None:
        error = format_share(fit.leave_one_out_mape, 1) if fit.leave_one_out_mape is not None else "—"
        found.append(
            Text(
                facts.say(
                    "predictions.fit",
                    count=len(fit.platforms),
                    inside=format_share(fit.in_sample_mape, 1),
                    outside=error,
                    reference=facts.label(fit.reference),
                ),
                "body",
            )
        )
    chosen = next((one for one in chosen_predictions(facts) if one.terms and not one.out_of_range), None)
    if chosen is not None and chosen.k is not None and chosen.value is not None:
        columns = (
            Column(facts.say("predictions.term"), weight=2.0),
            Column("k", format="number3", weight=1.0),
            Column(facts.say("predictions.ratio"), format="number3", weight=1.2),
            Column(facts.say("predictions.product"), format="number3", weight=1.2),
        )
        rows = [
            (facts.word(f"paraselect.term.{name}"), k, product / k if k else None, product)
            for name, k, product in zip(TERMS, chosen.k, chosen.terms, strict=True)
        ]
        rows.append((facts.say("predictions.sum"), sum(chosen.k), None, sum(chosen.terms)))
        caption = facts.say("predictions.terms", platform=facts.label(chosen.platform), value=format_significant(1 / sum(chosen.terms)))
        found.append(Table(caption, columns, tuple(rows), name="terms"))
        if chosen.shares is not None:
            found.append(Text(facts.render(shares_said(chosen.shares)), "body"))
    return found


SECTION = SectionMaker(5, "predictions", blocks)

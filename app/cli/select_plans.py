"""`suanxuan select RUN --measured TABLE.csv --prices X.xlsx`: plans, ranked."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._costs import describe_costs, describe_options, describe_sensitivity, describe_strategy
from app.cli._frame import Command, Result, Words, print_fault, text_table
from app.cli._kind import describe_kind, kind_lines
from app.cli._tables import describe_problems, read_told
from app.engine.errors import EngineError
from app.engine.messages import Message, render, term

if TYPE_CHECKING:
    from app.engine.model.plans import Plan, Selection


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the inputs and the wishes that go before the files."""
    parser.add_argument("run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--measured", type=Path, required=True, metavar="TABLE.csv", help=words("table"))
    parser.add_argument("--case", default="", metavar="C", help=words("case"))
    parser.add_argument("--prices", type=Path, required=True, metavar="X.xlsx", help=words("prices_file"))
    parser.add_argument("--work", default="", metavar='"300e9 tokens"', help=words("select.work"))
    parser.add_argument("--deadline-days", type=float, metavar="D", help=words("select.deadline"))
    parser.add_argument("--budget", type=float, metavar="B", help=words("select.budget"))
    parser.add_argument("--domestic", action="store_true", help=words("select.domestic"))
    parser.add_argument("--include-restricted", action="store_true", help=words("select.restricted"))


def run(options: argparse.Namespace) -> Result:
    """Make plans from the measured table and the prices."""
    from app.engine import pipeline
    from app.engine.model.projects import changed

    table = read_told(options.measured, options.lang)
    project = pipeline.new_project(pipeline.Inputs(options.run, measured=table, case=options.case, prices=options.prices), compute=False)
    wishes: dict[str, object] = {
        "work": options.work,
        "duration_days": options.deadline_days,
        "budget": options.budget,
        "domestic_only": options.domestic,
    }
    import msgspec

    stated = {name: value for name, value in wishes.items() if value not in (None, "", False)}
    requirement = msgspec.structs.replace(project.requirement, **stated)
    project = changed(project, requirement=requirement, include_restricted=options.include_restricted)
    project = pipeline.recompute(project)
    selection, prices = project.selection, project.prices
    if selection is None or prices is None:
        raise EngineError("cli.select.nothing")
    for problem in prices.problems:
        sheet_cell = EngineError("cli.select.price_problem", file=options.prices.name, place=problem.cell, what=problem.what)
        print_fault(sheet_cell, options.lang)
    kind = project.kind
    document = {"kind": describe_kind(kind, options.lang) if kind else None, **describe_selection(selection, options.lang)}
    document["problems"] = describe_problems(table, options.lang)
    first = kind_lines(kind, options.lang) if kind else []
    return Result(document, lambda: "\n".join((*first, _text(selection, options.lang))))


def describe_selection(selection: "Selection", lang: str) -> dict:
    """Return the `select` document of interface.md."""
    return {
        "plans": [_describe_plan(plan, lang) for plan in selection.plans],
        "recommended": {name: selection.recommended.get(name) for name in ("highest_performance", "best_price_performance")},
        "excluded": [{"platform": gone.platform, "reason": render(gone.reason, lang)} for gone in selection.excluded],
        "work": {"amount": selection.work_amount, "unit": selection.work_unit},
        "options": describe_options(selection.options) if selection.options else None,
        "sensitivity": [describe_sensitivity(one, lang) for one in selection.sensitivities],
        "strategy": describe_strategy(selection.strategy, lang) if selection.strategy else None,
        "assumptions": [render(said, lang) for said in selection.assumptions],
    }


def _describe_plan(plan: "Plan", lang: str) -> dict:
    same = ("name", "platform", "gpus", "nodes", "configuration", "total_price", "currency", "duration_days", "price_performance")
    more = ("price_performance_relative", "price_per_month", "speed", "low", "high", "speed_unit", "kind", "available_cards", "delivery")
    costs = (
        "rental_cost",
        "porting_cost",
        "porting_low",
        "porting_high",
        "total_low",
        "total_high",
        "duration_low_days",
        "duration_high_days",
    )
    return {
        **{key: getattr(plan, key) for key in (*same, *more, *costs)},
        "valid_until": plan.valid_until.isoformat() if plan.valid_until else None,
        "verdict": plan.verdict,
        "tags": list(plan.tags),
        "reference_only": "reference_only" in plan.tags,
        "reasons": [render(said, lang) for said in plan.reasons],
        "notes": [render(said, lang) for said in plan.notes],
        "price_cell": plan.price.cell,
        "pflops": plan.pflops,
        "project_days": plan.project_days,
        "phases": [
            {"phase": one.what, "days": one.days, "low": one.low, "high": one.high, "basis": render(one.basis, lang)} for one in plan.phases
        ],
        "costs": describe_costs(plan.costs, lang) if plan.costs else None,
    }


def _text(selection: "Selection", lang: str) -> str:
    from app.engine.units import format_number, format_significant

    def words(code: str) -> str:
        return render(Message(f"cli.select.{code}"), lang)

    heads = [
        words(head) for head in ("plan", "platform", "cards", "price", "days", "value", "speed", "available", "delivery", "valid", "tags")
    ]
    rows = [
        [
            plan.name,
            plan.platform,
            plan.gpus,
            f"{format_number(plan.total_price if plan.total_price is not None else plan.price_per_month, 0)} {plan.currency}",
            format_number(plan.duration_days),
            format_number(plan.price_performance_relative, 2),
            f"{format_significant(plan.speed)} {plan.speed_unit}",
            "—" if plan.available_cards is None else plan.available_cards,
            plan.delivery or "—",
            plan.valid_until or "—",
            " ".join(term(f"selecting.tag.{tag}", lang) for tag in plan.tags),
        ]
        for plan in selection.plans
    ]
    lines = [text_table(heads, rows)] if rows else [words("no_plans")]
    for name, index in selection.recommended.items():
        plan = selection.plans[index]
        reasons = " ".join(dict.fromkeys(render(why, lang) for why in plan.reasons))
        lines.append(f"{term(f'selecting.tag.{name}', lang)}: {plan.name} {plan.platform}  {reasons}")
    lines += [render(one.compared, lang) for one in selection.sensitivities]
    lines += [f"- {gone.platform}: {render(gone.reason, lang)}" for gone in selection.excluded]
    return "\n".join(lines)


COMMAND = Command("select", arguments, run)

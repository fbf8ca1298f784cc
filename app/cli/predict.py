"""`suanxuan predict TABLE.csv`: fill in the blank speeds of a table of runs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._corrected import corrected_document, software_document
from app.cli._explained import explained_text, explanation_document, next_document
from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, print_fault, stderr_progress, text_table
from app.cli._shares import shares_document
from app.cli._tables import describe_problems, read_told
from app.engine.errors import EngineError
from app.engine.messages import Message, message, render, term

if TYPE_CHECKING:
    from app.engine.explaining import TableExplained
    from app.engine.model.estimates import Prediction
    from app.engine.model.measurements import MeasuredRun

COLUMNS = ("predicted", "low", "high", "kind", "reference_row", "note")


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the table and what helps to predict it."""
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help=words("table"))
    parser.add_argument("--run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--trace", nargs="+", type=Path, default=[], metavar="FILE", help=words("inspect.files"))
    parser.add_argument("--own", action="store_true", help=words("predict.own"))
    parser.add_argument("--evidence", nargs="+", type=Path, default=[], metavar="TABLE", help=words("predict.evidence"))
    parser.add_argument("--explain", action="store_true", help=words("predict.explain"))
    parser.add_argument("--out", type=Path, metavar="OUT.csv", help=words("predict.out"))


def run(options: argparse.Namespace) -> Result:
    """Predict every wanted row; exit 2 when none could be predicted."""
    from app.engine import pipeline
    from app.engine.explaining import explain_table
    from app.engine.paraselect import faults_of

    if options.out and options.out.resolve() == options.table.resolve():
        raise EngineError("cli.predict.out_is_table", file=options.out)
    workload = pipeline.read_run_description(options.run)[0] if options.run else None
    reading = pipeline.read_traces(options.trace, stderr_progress(options)) if options.trace else None
    if reading is not None and reading.run is None:
        raise reading.unreadable[0]
    profile = pipeline.profile_trace(reading.run, workload) if reading and reading.run else None
    table, own = pipeline.read_measured(options.table), _own(options)
    predictions = pipeline.predict_table(table, workload, profile, own)
    faults = faults_of(table, predictions)
    if not predictions:
        for fault in faults:
            print_fault(fault, options.lang)
        raise EngineError("cli.predict.nothing_wanted", file=options.table)
    if options.out:
        pipeline.write_predicted_table(options.table, predictions, options.out, lambda said: render(said, options.lang))
    told = explain_table(table.runs, workload, own, whole=options.explain)
    uses = _uses(options, own, predictions)
    document = {
        "rows": [{**describe_prediction(found, options.lang), **_explained(found, told, options.lang)} for found in predictions],
        "measure_next": next_document(told.of_all, options.lang),
        "uses": render(uses, options.lang),
        "own_runs": len(own),
        "problems": describe_problems(table, options.lang),
    }
    done = any(found.value is not None for found in predictions)
    return Result(document, lambda: _text(predictions, uses, told, options.lang), faults, EXIT_DONE if done else EXIT_INPUT)


def _uses(options: argparse.Namespace, own: "tuple[MeasuredRun, ...]", predictions: "tuple[Prediction, ...]") -> Message:
    """Return what the predictions rest on; a trace that told k nothing is said to have told nothing."""
    more = []
    if own:
        more.append(message("cli.predict.from_own", count=len(own)))
    if options.run:
        more.append(Message("cli.predict.from_run"))
    if options.trace:
        heard = any(found.shares is not None and found.shares.by_profile > 0 for found in predictions)
        more.append(Message("cli.predict.from_trace" if heard else "cli.predict.trace_unused"))
    return message("cli.predict.uses_more", more=more) if more else Message("cli.predict.uses")


def _own(options: argparse.Namespace) -> "tuple[MeasuredRun, ...]":
    """Return the own runs to learn from: the library where it is asked for, and the tables that are named."""
    from app.engine import own_runs

    found = list(own_runs.library_runs()) if options.own else []
    for path in options.evidence:
        found += own_runs.own_cases(read_told(path, options.lang).runs, path.stem)
    return tuple(found)


def describe_prediction(found: "Prediction", lang: str) -> dict:
    """Return one row of the `predict` document of interface.md."""
    return {
        "row": found.row,
        "case": found.case,
        "platform": found.platform,
        "gpus": found.gpus,
        "predicted": found.value,
        "low": found.low,
        "high": found.high,
        "unit": found.unit,
        "kind": found.kind,
        "reference_row": found.reference_row,
        "k": list(found.k) if found.k else None,
        "terms": list(found.terms),
        "shrunk": shares_document(found.shares),
        "out_of_range": found.out_of_range,
        "expected_error": found.error_mape,
        "batch": found.batch,
        "batch_most": found.batch_most,
        "batch_gain": found.batch_gain,
        "notes": [render(note, lang) for note in found.notes],
        "corrected": corrected_document(found.corrected),
        "software": software_document(found.software),
    }


def _explained(found: "Prediction", told: "TableExplained", lang: str) -> dict:
    """Return what to measure next for a row, None where that was not worked out, and its explanation where it was asked for."""
    options = told.by_row.get(found.row, ()) if told.of_all is not None and found.value is not None else None
    return {"measure_next": next_document(options, lang), "explanation": explanation_document(told.explanations.get(found.row))}


def _text(predictions: "tuple[Prediction, ...]", uses: Message, told: "TableExplained", lang: str) -> str:
    from app.engine.units import format_significant

    def words(code: str) -> str:
        return render(Message(f"cli.predict.{code}"), lang)

    heads = [words(head) for head in ("row", "platform", "gpus", "predicted", "interval", "unit", "kind", "note")]
    rows = [
        [
            found.row,
            found.platform,
            found.gpus or "—",
            "—" if found.out_of_range else format_significant(found.value),
            f"{format_significant(found.low)}–{format_significant(found.high)}" if found.low is not None else "—",
            found.unit,
            term(f"paraselect.kind.{found.kind}", lang) if found.kind else "—",
            render(found.notes[0], lang) if found.notes else "",
        ]
        for found in predictions
    ]
    return "\n".join([text_table(heads, rows), render(uses, lang), *explained_text(told, lang)])


COMMAND = Command("predict", arguments, run)

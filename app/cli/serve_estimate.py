"""`suanxuan serve-estimate RUN --platform ID… --concurrency N…`: first token, further tokens and throughput of a served model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.engine.messages import message, render, term

if TYPE_CHECKING:
    from app.engine.model.curves import ServingEstimate, ServingPoint


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the run description, the platforms and the loads."""
    parser.add_argument("run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--platform", nargs="+", required=True, metavar="ID", help=words("platforms_wanted"))
    parser.add_argument("--concurrency", nargs="+", type=int, required=True, metavar="N", help=words("serve-estimate.concurrency"))


def run(options: argparse.Namespace) -> Result:
    """Estimate every platform at every load."""
    from app.engine import pipeline

    workload, _ = pipeline.read_run_description(options.run)
    catalogue = pipeline.catalogue()
    chosen = [catalogue.platform(name) for name in dict.fromkeys(options.platform)]
    found = pipeline.estimate_serving(workload, chosen, options.concurrency)
    notes = [render(said, options.lang) for said in workload.notes]
    document = {"platforms": [describe_serving(one, options.lang) for one in found], "notes": notes}
    return Result(document, lambda: "\n\n".join([*notes, *(_text(one, options.lang) for one in found)]))


def describe_serving(found: "ServingEstimate", lang: str) -> dict:
    """Return one platform of the `serve-estimate` document of interface.md."""
    return {
        "platform": found.platform,
        "gpus": found.gpus,
        "points": [_describe_point(point, lang) for point in found.points],
        "max_concurrency": found.most,
        "notes": [render(note, lang) for note in found.notes],
    }


def _describe_point(point: "ServingPoint", lang: str) -> dict:
    return {
        "concurrency": point.concurrency,
        "ttft_ms": point.ttft_ms,
        "tpot_ms": point.tpot_ms,
        "tokens_per_s": point.tokens_per_s,
        "tokens_per_s_per_card": point.tokens_per_s_per_card,
        "low": point.low,
        "high": point.high,
        "ttft_low": point.first_low,
        "ttft_high": point.first_high,
        "fits": point.fits,
        "kind": point.kind,
        "notes": [render(note, lang) for note in point.notes],
    }


def _text(found: "ServingEstimate", lang: str) -> str:
    from app.engine.units import format_significant

    def words(code: str) -> str:
        return term(f"cli.serve-estimate.{code}", lang)

    heads = [words(head) for head in ("concurrency_short", "ttft", "tpot", "interval", "speed", "card", "fits")]
    rows = [
        [
            point.concurrency,
            format_significant(point.ttft_ms),
            format_significant(point.tpot_ms),
            "—" if point.low is None else f"{format_significant(point.low)}–{format_significant(point.high)}",
            format_significant(point.tokens_per_s),
            format_significant(point.tokens_per_s_per_card),
            words("yes" if point.fits else "unknown" if point.fits is None else "no"),
        ]
        for point in found.points
    ]
    head = render(message("cli.serve-estimate.head", platform=found.platform, gpus=found.gpus), lang)
    if found.most is not None:
        head += ", " + render(message("cli.serve-estimate.most", most=found.most), lang)
    notes = [*found.notes, *(note for point in found.points for note in point.notes)]
    return "\n".join([head, text_table(heads, rows), *dict.fromkeys(render(note, lang) for note in notes)])


COMMAND = Command("serve-estimate", arguments, run)

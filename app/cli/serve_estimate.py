"""`suanxuan serve-estimate RUN --platform ID… --concurrency N…`: first token, further tokens and throughput of a served model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, text_table
from app.engine.errors import EngineError
from app.engine.messages import message, render, term

if TYPE_CHECKING:
    from app.engine.model.curves import ServingEstimate, ServingPoint


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the run description, the platforms and the loads."""
    parser.add_argument("run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--platform", nargs="+", required=True, metavar="ID", help=words("platforms_wanted"))
    parser.add_argument("--concurrency", nargs="+", type=int, required=True, metavar="N", help=words("serve-estimate.concurrency"))
    parser.add_argument("--input-len", type=int, default=0, metavar="N", help=words("serve-estimate.input_len"))
    parser.add_argument("--output-len", type=int, default=0, metavar="N", help=words("serve-estimate.output_len"))


def run(options: argparse.Namespace) -> Result:
    """Estimate every platform at every load; exit 2 when nothing could be said of any."""
    from app.engine import pipeline

    workload, _ = pipeline.read_run_description(options.run)
    catalogue = pipeline.catalogue()
    chosen = [catalogue.platform(name) for name in dict.fromkeys(options.platform)]
    lengths = {"input_len": options.input_len, "output_len": options.output_len}
    found = pipeline.estimate_serving(workload, chosen, options.concurrency, **lengths)
    notes = [render(said, options.lang) for said in workload.notes]
    document = {"platforms": [describe_serving(one, options.lang) for one in found], "notes": notes}
    done = any(point.tpot_ms is not None or point.fits is False for one in found for point in one.points)
    faults = () if done else tuple(_fault(one, options.run) for one in found)
    status = EXIT_DONE if done else EXIT_INPUT
    return Result(document, lambda: "\n\n".join([*notes, *(_text(one, options.lang) for one in found)]), faults, status)


def _fault(found: "ServingEstimate", file: Path) -> EngineError:
    return EngineError("serving.untold", file=file, platform=found.platform, reason=found.notes[0])


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

"""`suanxuan platforms list|show ID|check`: the platform database."""

import argparse
from typing import TYPE_CHECKING

from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, text_table
from app.engine.errors import EngineError
from app.engine.messages import Message, render, render_remedy

if TYPE_CHECKING:
    from app.engine.model.platforms import Platform


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare what to do."""
    parser.add_argument("action", choices=("list", "show", "check"), help=words("platforms.action"))
    parser.add_argument("id", nargs="?", default="", metavar="ID", help=words("platforms.id"))


def run(options: argparse.Namespace) -> Result:
    """List all platforms, show one, or check the data files."""
    return {"list": _list, "show": _show, "check": _check}[options.action](options)


def _list(options: argparse.Namespace) -> Result:
    from app.engine import pipeline
    from app.engine.units import format_significant

    platforms = pipeline.catalogue().platforms
    keys = ("memory_gb", "memory_bw_gbs", "bf16_tensor_tflops", "fp16_tensor_tflops", "fp64_tflops")
    rows = [
        {
            "id": platform.id,
            "vendor": platform.vendor_zh if options.lang == "zh" else platform.vendor_en,
            "product": platform.label(options.lang),
            "family": platform.family,
            "domestic": platform.domestic,
            **{key: platform.number(key) for key in keys},
            "host_link_gbs": platform.host.one_direction_gbs,
            "fabric": platform.fabric.kind or None,
            "fabric_gbs": platform.fabric.one_direction_gbs,
            "confidence": platform.confidence,
        }
        for platform in platforms
    ]

    def text() -> str:
        heads = ["ID", render(Message("cli.platforms.product"), options.lang), "GB", "GB/s", "BF16", "FP16", "FP64"]
        return text_table(heads, [[row["id"], row["product"], *(format_significant(row[key], 4) for key in keys)] for row in rows])

    return Result({"platforms": rows}, text)


def _show(options: argparse.Namespace) -> Result:
    from app.engine import pipeline

    if not options.id:
        raise EngineError("cli.platforms.which")
    platform = pipeline.catalogue().platform(options.id)
    document = _describe(platform, options.lang)

    def text() -> str:
        heads = [render(Message(f"cli.platforms.{head}"), options.lang) for head in ("key", "value", "source")]
        rows = [
            [key, "—" if fact["value"] is None else f"{fact['value']} {fact['unit']}".strip(), fact["source"][:90]]
            for key, fact in document["facts"].items()
        ]
        return f"{platform.label(options.lang)}  ({platform.id})\n" + text_table(heads, rows)

    return Result(document, text)


def _describe(platform: "Platform", lang: str) -> dict:
    return {
        "id": platform.id,
        "product": platform.label(lang),
        "vendor_en": platform.vendor_en,
        "vendor_zh": platform.vendor_zh,
        "family": platform.family,
        "domestic": platform.domestic,
        "confidence": platform.confidence,
        "note": platform.note,
        "facts": {
            key: {"value": fact.value, "unit": fact.unit, "source": fact.source, "as_of": fact.as_of, "confidence": fact.confidence}
            for key, fact in platform.facts.items()
        },
    }


def _check(options: argparse.Namespace) -> Result:
    from app.engine import pipeline

    problems = pipeline.check_platforms()
    document = {
        "problems": [
            {
                "file": problem.file,
                "row": problem.row,
                "key": problem.key,
                "what": render(problem.what, options.lang),
                "remedy": render_remedy(problem.what, options.lang),
            }
            for problem in problems
        ]
    }

    def text() -> str:
        if not problems:
            return render(Message("cli.platforms.sound"), options.lang)
        return "\n".join(f"{row['file']}:{row['row']}:{row['key']}: {row['what']} {row['remedy']}" for row in document["problems"])

    return Result(document, text, (), EXIT_INPUT if problems else EXIT_DONE)


COMMAND = Command("platforms", arguments, run)

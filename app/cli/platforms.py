"""`suanxuan platforms list|show ID|check|export PACK|import PACK`: the platform database."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._corrected import corrected_document, corrected_text, software_document
from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, text_table
from app.engine.errors import EngineError
from app.engine.messages import Message, message, render, render_remedy, term

if TYPE_CHECKING:
    from app.engine.model.layers import Cluster, Server
    from app.engine.model.platforms import Fact, Platform

ACTIONS = ("list", "show", "check", "export", "import")


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare what to do."""
    parser.add_argument("action", choices=ACTIONS, help=words("platforms.action"))
    parser.add_argument("id", nargs="?", default="", metavar="ID|PACK", help=words("platforms.id"))
    parser.add_argument("--site", type=Path, metavar="DIR", help=words("platforms.site"))
    parser.add_argument("--supply", choices=("available", "restricted", "discontinued", "unknown"), help=words("platforms.supply"))
    parser.add_argument("--domestic", action="store_true", help=words("platforms.domestic"))
    parser.add_argument("--dry-run", action="store_true", help=words("platforms.dry_run"))


def run(options: argparse.Namespace) -> Result:
    """List platforms, show one, check the data files, or hand the site's data on."""
    before = os.environ.get("SUANXUAN_SITE")
    if options.site is not None:
        os.environ["SUANXUAN_SITE"] = str(options.site)
    try:
        return {"list": _list, "show": _show, "check": _check, "export": _export, "import": _import}[options.action](options)
    finally:
        if options.site is not None:
            os.environ.pop("SUANXUAN_SITE")
            if before is not None:
                os.environ["SUANXUAN_SITE"] = before


def _list(options: argparse.Namespace) -> Result:
    from app.engine import known, pipeline
    from app.engine.units import format_significant

    rows = [
        _row(one, options.lang)
        for one in pipeline.catalogue().platforms
        if options.supply in (None, one.supply) and (one.domestic or not options.domestic)
    ]
    fault = known.site_fault()

    def text() -> str:
        heads = ["ID", render(Message("cli.platforms.product"), options.lang), "GB", "GB/s", "BF16", "FP16", "FP64"]
        heads.append(render(Message("cli.platforms.supply_head"), options.lang))
        keys = ("memory_gb", "memory_bw_gbs", "bf16_tensor_tflops", "fp16_tensor_tflops", "fp64_tflops")
        lines = [
            [
                row["id"],
                row["product"],
                *(format_significant(row[key], 4) for key in keys),
                term(f"platforms.status.{row['supply']}", options.lang),
            ]
            for row in rows
        ]
        return text_table(heads, lines)

    return Result({"platforms": rows}, text, (fault,) if fault else ())


def _row(platform: "Platform", lang: str) -> dict:
    keys = ("memory_gb", "memory_bw_gbs", "bf16_tensor_tflops", "fp16_tensor_tflops", "fp64_tflops", "achieved_bf16_tflops", "copy_gbs")
    return {
        "id": platform.id,
        "vendor": platform.vendor_zh if lang == "zh" else platform.vendor_en,
        "product": platform.label(lang),
        "family": platform.family,
        "domestic": platform.domestic,
        **{key: platform.number(key) for key in keys},
        "host_link_gbs": platform.host.one_direction_gbs,
        "fabric": platform.fabric.kind or None,
        "fabric_gbs": platform.fabric.one_direction_gbs,
        "confidence": platform.confidence,
        "supply": platform.supply,
        "supply_since": platform.text("supply_since") or None,
        "layers": sorted({fact.layer for fact in platform.facts.values()}),
    }


def _show(options: argparse.Namespace) -> Result:
    from app.engine import known, pipeline

    if not options.id:
        raise EngineError("cli.platforms.which")
    catalogue = pipeline.catalogue()
    platform = catalogue.platform(options.id)
    document = _describe(platform, options.lang)
    servers = catalogue.servers_of(platform.id)
    document["servers"] = [_plain(one) for one in servers]
    document["clusters"] = [_plain(one) for one in catalogue.clusters if one.node in {server.id for server in servers}]
    rates, software = known.of_platform(known.shipped_rates(), platform.id), known.of_platform(known.shipped_software(), platform.id)
    document["corrected"] = [corrected_document(one) for one in rates]
    document["software"] = [software_document(one) for one in software]
    fault = known.site_fault()

    def text() -> str:
        heads = [render(Message(f"cli.platforms.{head}"), options.lang) for head in ("key", "value", "layer", "source")]
        rows = [
            [key, "—" if fact["value"] is None else f"{fact['value']} {fact['unit']}".strip(), fact["layer"], fact["source"][:90]]
            for key, fact in document["facts"].items()
        ]
        machines = [f"{one.id}: {one.cards} × {platform.label(options.lang)}  {one.cpu}  {one.source}" for one in servers]
        return "\n".join(
            [
                f"{platform.label(options.lang)}  ({platform.id})",
                text_table(heads, rows),
                *machines,
                "",
                *corrected_text(rates, software, options.lang),
            ]
        )

    return Result(document, text, (fault,) if fault else ())


def _describe(platform: "Platform", lang: str) -> dict:
    supply = platform.facts["supply"]
    return {
        "id": platform.id,
        "product": platform.label(lang),
        "vendor_en": platform.vendor_en,
        "vendor_zh": platform.vendor_zh,
        "family": platform.family,
        "domestic": platform.domestic,
        "based_on": platform.based_on or None,
        "confidence": platform.confidence,
        "note": platform.note,
        "supply": {
            "status": platform.supply,
            "since": platform.text("supply_since") or None,
            "source": supply.source,
            "as_of": supply.as_of,
            "confidence": supply.confidence,
            "note": supply.note,
        },
        "facts": {key: _fact(fact) for key, fact in platform.facts.items()},
    }


def _fact(fact: "Fact") -> dict:
    said = {
        "value": fact.value,
        "unit": fact.unit,
        "source": fact.source,
        "as_of": fact.as_of,
        "confidence": fact.confidence,
        "definition": fact.definition,
        "note": fact.note,
        "layer": fact.layer,
    }
    return {**said, "who": fact.who, "history": [_fact(one) for one in fact.replaced]} if fact.replaced else said


def _plain(machine: "Server | Cluster") -> dict:
    import msgspec

    return {key: None if value == "" else value for key, value in msgspec.structs.asdict(machine).items()}


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


def _export(options: argparse.Namespace) -> Result:
    from app.engine import platform_base

    path = _pack_path(options)
    site = platform_base.export_site(path)
    counts = {
        "pack": str(path),
        "changes": len(site.changes),
        "platforms": len(site.platforms),
        "servers": len(site.servers),
        "clusters": len(site.clusters),
    }
    return Result(counts, lambda: render(message("cli.platforms.exported", **counts), options.lang))


def _import(options: argparse.Namespace) -> Result:
    import msgspec

    from app.engine import platform_base

    path = _pack_path(options)
    summary = platform_base.import_site(path, dry_run=options.dry_run)
    document = {**msgspec.structs.asdict(summary), "pack": str(path), "dry_run": options.dry_run}
    document["covered"] = list(summary.covered)

    def text() -> str:
        code = "cli.platforms.would_import" if options.dry_run else "cli.platforms.imported"
        lines = [
            render(
                message(code, **{key: document[key] for key in ("pack", "changes", "platforms", "servers", "clusters", "same")}),
                options.lang,
            )
        ]
        return "\n".join([*lines, *(render(message("cli.platforms.covers", what=what), options.lang) for what in summary.covered)])

    return Result(document, text)


def _pack_path(options: argparse.Namespace) -> Path:
    if not options.id:
        raise EngineError("cli.platforms.which_pack")
    return Path(options.id)


COMMAND = Command("platforms", arguments, run)

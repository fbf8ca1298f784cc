"""`suanxuan vram RUN`: estimate VRAM, say where it fits and what would make it fit."""

import argparse
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, text_table
from app.engine.messages import Message, message, render

if TYPE_CHECKING:
    from app.engine.model.estimates import MemoryEstimate, MemoryFit, StageMemory, StepTime

BAR_CELLS = 24
PARTS = ("weights", "gradients", "optimizer", "activations", "working", "kv_cache", "overhead", "total")


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the run description and the platforms."""
    parser.add_argument("run", type=Path, metavar="RUN", help=words("run"))
    parser.add_argument("--platform", nargs="+", default=[], metavar="ID", help=words("platforms_wanted"))


def run(options: argparse.Namespace) -> Result:
    """Estimate and compare."""
    from app.engine import pipeline

    workload, requirement = pipeline.read_run_description(options.run)
    faults = pipeline.input_faults(workload, requirement, datetime.date.today())
    catalogue = pipeline.catalogue()
    chosen = [catalogue.platform(name) for name in options.platform] or catalogue.platforms
    estimate, fits = pipeline.estimate_vram(workload, chosen)
    document = describe_memory(estimate, fits, options.lang)
    document["notes"] = [render(said, options.lang) for said in workload.notes]
    document["faults"] = [{"key": one.key, "level": one.level, "text": render(one.said, options.lang)} for one in faults]
    told = [*document["notes"], *(f"{one['key']}: {one['text']}" for one in document["faults"])]
    return Result(document, lambda: "\n".join([*told, _text(estimate, fits, options.lang)]))


def describe_memory(estimate: "MemoryEstimate", fits: "tuple[MemoryFit, ...]", lang: str) -> dict:
    """Return the `vram` document of interface.md."""
    numbers = {f"{part}_gib": getattr(estimate, f"{part}_gib") for part in PARTS}
    return {
        "estimate": {
            **numbers,
            "low": estimate.low,
            "high": estimate.high,
            "kind": "modelled",
            "parameters": estimate.parameters,
            "unknown": render(estimate.unknown, lang) if estimate.unknown else None,
            "assumptions": [render(said, lang) for said in estimate.assumptions],
        },
        "parts": _parts_of(estimate, lang),
        "peak_stage": estimate.peak_stage,
        "platforms": [
            {
                "platform": fit.platform,
                "capacity_gib": fit.capacity_gib,
                "usable_gib": fit.usable_gib,
                "fits": fit.fits,
                "headroom_gib": fit.headroom_gib,
                "remedies": [
                    {"change": render(remedy.change, lang), "total_gib": remedy.total_gib, "speed_cost": remedy.speed_cost}
                    for remedy in fit.remedies
                ],
                "step": _step(fit.step, lang),
            }
            for fit in fits
        ],
        "max_micro_batch": {fit.platform: fit.max_micro_batch for fit in fits},
        "max_concurrency": {fit.platform: fit.max_concurrency for fit in fits},
        "stages": [_describe_stage(stage) for stage in estimate.by_stage],
    }


def _describe_stage(stage: "StageMemory") -> dict:
    parts = {part.group: stage.group_gib(part.group) for part in stage.parts}
    return {"stage": stage.stage, "total_gib": stage.total_gib, "layers": stage.layers, "parts": parts}


def _peak(estimate: "MemoryEstimate") -> "StageMemory | None":
    return next((stage for stage in estimate.by_stage if stage.stage == estimate.peak_stage), None)


def _parts_of(estimate: "MemoryEstimate", lang: str) -> list[dict]:
    """Return the parts of the fullest stage."""
    peak = _peak(estimate)
    return [{"group": part.group, "name": render(part.said, lang), "gib": part.gib} for part in peak.parts] if peak else []


def _step(step: "StepTime | None", lang: str) -> dict | None:
    """Return the time of a training step as JSON, with its parts in seconds."""
    if step is None:
        return None
    return {
        "seconds": step.seconds,
        "low": step.low,
        "high": step.high,
        "kind": "modelled",
        "tokens_per_s": step.tokens_per_s,
        "utilisation": step.utilisation,
        "parts": {part.code: part.seconds for part in step.parts},
        "assumptions": [render(said, lang) for said in step.assumptions],
    }


def _text(estimate: "MemoryEstimate", fits: "tuple[MemoryFit, ...]", lang: str) -> str:
    from app.engine.units import format_number

    def words(code: str) -> str:
        return render(Message(f"cli.vram.{code}"), lang)

    lines = [render(estimate.unknown, lang)] if estimate.unknown else []
    rows = [[words(part), format_number(getattr(estimate, f"{part}_gib"), 2)] for part in PARTS]
    rows.append([words("interval"), f"{format_number(estimate.low, 1)}–{format_number(estimate.high, 1)}"])
    lines += [text_table([words("part"), "GiB"], rows), "", *_picture(estimate, lang)]
    lines += [*(render(said, lang) for said in estimate.assumptions), ""]
    heads = [words(head) for head in ("platform", "usable", "headroom", "fits", "remedy")]
    cells = [
        [
            fit.platform,
            format_number(fit.usable_gib),
            format_number(fit.headroom_gib),
            words("yes" if fit.fits else "unknown" if fit.fits is None else "no"),
            render(fit.remedies[0].change, lang) if fit.remedies else "",
        ]
        for fit in fits
    ]
    return "\n".join([*lines, text_table(heads, cells)])


def _picture(estimate: "MemoryEstimate", lang: str) -> list[str]:
    """Return the parts of the fullest stage with bars, and every stage where there is more than one."""
    from app.engine.units import format_number

    def words(code: str, **params: int) -> str:
        return render(message(f"cli.vram.{code}", **params), lang)

    peak = _peak(estimate)
    if peak is None:
        return []
    most = max((part.gib for part in peak.parts), default=0.0)
    rows = [
        [render(part.said, lang), format_number(part.gib, 2), f"{100 * part.gib / peak.total_gib:.1f} %", _bar(part.gib, most)]
        for part in peak.parts
    ]
    head = words("peak_stage", stage=peak.stage, layers=peak.layers) if len(estimate.by_stage) > 1 else words("by_part")
    lines = [head, text_table([words("part"), "GiB", words("share"), ""], rows), ""]
    if len(estimate.by_stage) > 1:
        stages = [
            [str(one.stage), str(one.layers), format_number(one.total_gib, 2), _bar(one.total_gib, peak.total_gib) + " ◄" * (one is peak)]
            for one in estimate.by_stage
        ]
        lines += [text_table([words("stage"), words("layers"), "GiB", ""], stages), ""]
    return lines


def _bar(gib: float, most: float) -> str:
    cells = round(BAR_CELLS * gib / most) if most else 0
    return "█" * cells or "▏"


COMMAND = Command("vram", arguments, run)

"""`suanxuan inspect FILE…`: recognise and read traces, say what is in them."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import EXIT_DONE, EXIT_INPUT, Command, Result, Words, stderr_progress, text_table
from app.engine.errors import EngineError
from app.engine.messages import Message, render, render_remedy
from app.engine.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.model.traces import Series, Trace


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the files."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words("inspect.files"))
    parser.add_argument("--offset", action="append", default=[], metavar="FILE=SECONDS", help=words("inspect.offset"))


def run(options: argparse.Namespace) -> Result:
    """Read each file and describe it."""
    from app.engine import pipeline

    reading = pipeline.read_traces(options.files, stderr_progress(options), offsets_ns=offsets_ns(options.offset))
    document = {
        "files": [describe_trace(trace, options.lang) for trace in reading.traces],
        "unreadable": [
            {"file": fault.file, "reason": render(fault.message, options.lang), "hint": render_remedy(fault.message, options.lang)}
            for fault in reading.unreadable
        ],
    }
    if reading.run is not None and len(reading.traces) > 1:
        document["run"] = _describe_run(reading.run, reading.traces, options.lang)
    status = EXIT_DONE if reading.traces else EXIT_INPUT
    return Result(document, lambda: _text(document, options.lang), reading.unreadable, status)


def offsets_ns(texts: "Sequence[str]") -> dict[str, int]:
    """Return file -> ns of "FILE=SECONDS" each. Raises EngineError where one is not understood."""
    found = {}
    for text in texts:
        name, _, seconds = text.rpartition("=")
        try:
            found[name] = round(float(seconds) * NS_PER_S)
        except (ValueError, OverflowError) as error:
            raise EngineError("align.bad_offset", text=text) from error
        if not name:
            raise EngineError("align.bad_offset", text=text)
    return found


def describe_trace(trace: "Trace", lang: str) -> dict:
    """Return what interface.md tells of one read file."""
    absolute = trace.start_ns is not None and trace.clock in ("absolute", "local")
    start = datetime.fromtimestamp(trace.start_ns / 1e9, UTC) if absolute and trace.start_ns is not None else None
    if start is not None and trace.clock == "local":
        start = start.replace(tzinfo=None)
    return {
        "file": trace.files[0].name,
        "format": trace.files[0].format,
        "rows": sum(file.rows for file in trace.files),
        "events": sum(file.events for file in trace.files),
        "skipped": trace.skipped,
        "duration_s": trace.duration_ns / 1e9,
        "start": start.isoformat() if start else None,
        "time_is_synthetic": trace.clock == "synthetic",
        "is_snapshot": trace.is_snapshot,
        "devices": [
            {"id": device.id, "kind": device.kind, "name": device.name, "memory_gib": device.memory_gib} for device in trace.devices
        ],
        "channels": [_describe_series(series) for series in trace.series],
        "operators": len(trace.events.names) if trace.events is not None else 0,
        "environment": trace.environment,
        "warnings": [render(warning, lang) for warning in trace.warnings],
    }


def _describe_run(run: "Trace", traces: "Sequence[Trace]", lang: str) -> dict:
    """Return how several files were put together: devices, where each file lies on the time axis, and what is to be told about it."""
    known = [warning for trace in traces for warning in trace.warnings]
    return {
        "duration_s": run.duration_ns / 1e9,
        "devices": [device.id for device in run.devices],
        "alignments": [
            {"file": one.file, "offset_s": one.offset_ns / 1e9, "how": one.how, "confidence": one.confidence} for one in run.alignments
        ],
        "warnings": [render(warning, lang) for warning in run.warnings if warning not in known],
    }


def _describe_series(series: "Series") -> dict:
    import numpy as np

    from app.engine.reading import release_pages

    good = series.values[np.isfinite(series.values)]
    release_pages(series)
    low, mean, high = (float(good.min()), float(good.mean()), float(good.max())) if good.size else (None, None, None)
    return {
        "metric": series.metric,
        "device": series.device,
        "unit": series.unit,
        "samples": int(good.size),
        "min": low,
        "mean": mean,
        "max": high,
        "state": series.state,
    }


def _text(document: dict, lang: str) -> str:
    from app.engine.units import format_duration, format_significant

    def words(code: str, **params: object) -> str:
        return render(Message(f"cli.inspect.{code}", params), lang)  # type: ignore[arg-type]

    lines: list[str] = []
    for file in document["files"]:
        lines.append(
            words("file", file=file["file"], format=file["format"], rows=file["rows"], events=file["events"])
            + "  "
            + format_duration(file["duration_s"])
        )
        if file["channels"]:
            heads = [words(head) for head in ("metric", "device", "samples", "min", "mean", "max")]
            rows = [
                [row["metric"], row["device"], row["samples"], *(format_significant(row[key], 4) for key in ("min", "mean", "max"))]
                for row in file["channels"]
            ]
            lines.append(text_table(heads, rows))
        lines += [f"  {words('skipped', reason=render(Message(reason), lang), count=count)}" for reason, count in file["skipped"].items()]
        lines += [f"  ! {warning}" for warning in file["warnings"]]
        lines.append("")
    if "run" in document:
        run = document["run"]
        lines.append(words("run", files=len(document["files"]), devices=len(run["devices"])) + "  " + format_duration(run["duration_s"]))
        lines += [f"  ! {warning}" for warning in run["warnings"]]
    return "\n".join(lines).rstrip()


COMMAND = Command("inspect", arguments, run)

"""Files in, Traces out; one file per format.

To add a format, add a file with `READER`, an object of class `Reader`: slug, label, priority (lower is asked first), `recognises(head)` on
the first 64 KiB of decoded bytes, `read(source, progress)`. Files are recognised by content, never by name. Modules whose name begins with
an underscore are helpers.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import Trace
from app.engine.progress import Progress, no_progress, part_of
from app.engine.reading._merging import merge_traces
from app.engine.reading._registry import Reader, formats, labels, read_trace, recognise
from app.engine.reading._table_columns import known_metrics, names_time, units_of
from app.engine.reading._table_preview import check_column, preview_table


class ReadResult(Struct, frozen=True):
    """The traces that were read, in the order of the files, and the faults of the files that were not."""

    traces: tuple[Trace, ...]
    unreadable: tuple[EngineError, ...] = ()


def read_files(paths: Sequence[Path], progress: Progress = no_progress, mappings: Sequence[TableMapping] = ()) -> ReadResult:
    """Read each file, tables of known heads by their mapping; one that cannot be read does not stop the rest."""
    traces, unreadable = [], []
    for number, path in enumerate(paths):
        try:
            traces.append(read_trace(Path(path), part_of(progress, number / len(paths), (number + 1) / len(paths)), mappings))
        except EngineError as error:
            unreadable.append(error)
    return ReadResult(tuple(traces), tuple(unreadable))


__all__ = [
    "ReadResult",
    "Reader",
    "check_column",
    "formats",
    "known_metrics",
    "labels",
    "merge_traces",
    "names_time",
    "preview_table",
    "read_files",
    "read_trace",
    "recognise",
    "units_of",
]

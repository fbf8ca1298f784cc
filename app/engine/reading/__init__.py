"""Files in, Traces out; one file per format.

To add a format, add a file with `READER`, an object of class `Reader`: slug, label, priority (lower is asked first), `recognises(head)` on
the first 64 KiB of decoded bytes, `read(source, progress)`. Files are recognised by content, never by name. Modules whose name begins with
an underscore are helpers.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.model.mappings import TableMapping
from app.engine.model.traces import Series, Trace
from app.engine.progress import Progress, no_progress, part_of
from app.engine.reading._cache import forget_leftovers
from app.engine.reading._columns import file_of, release
from app.engine.reading._containers import kind_of as container_kind
from app.engine.reading._format_facts import FormatFact, format_facts
from app.engine.reading._merging import merge_traces
from app.engine.reading._outcomes import read_path
from app.engine.reading._registry import Reader, formats, labels, read_trace, recognise
from app.engine.reading._sqlite import open_sqlite
from app.engine.reading._table_columns import known_metrics, names_time, units_of
from app.engine.reading._table_preview import check_column, preview_table


class ReadResult(Struct, frozen=True):
    """The traces that were read, in the order of the files, and the faults of the files that were not."""

    traces: tuple[Trace, ...]
    unreadable: tuple[EngineError, ...] = ()


def read_files(
    paths: Sequence[Path], progress: Progress = no_progress, mappings: Sequence[TableMapping] = (), *, use_cache: bool = True
) -> ReadResult:
    """Read files, archives and folders, tables of known heads by their mapping; one that cannot be read does not stop the rest."""
    traces, unreadable = [], []
    paths = [Path(path) for path in paths]
    names = Counter(path.name for path in paths)
    forget_leftovers()
    for number, path in enumerate(paths):
        part = part_of(progress, number / len(paths), (number + 1) / len(paths))
        prefix = _prefix(path, several=len(paths) > 1, doubled=names[path.name] > 1)
        found = read_path(path, part, prefix=prefix, mappings=mappings, use_cache=use_cache)
        traces += found.traces
        unreadable += found.faults
    return ReadResult(tuple(traces), tuple(unreadable))


def release_pages(series: Series) -> None:
    """Give the memory of a series whose columns are mapped back to the system; they come again from the cache when they are needed."""
    release(series.time_ns)
    release(series.values)


def _prefix(path: Path, *, several: bool, doubled: bool) -> str:
    """Return what stands before the names of a path's files: enough to tell them apart."""
    if several and _holds_files(path):
        return f"{path.name}/"
    return f"{path.parent.name}/" if doubled and path.parent.name else ""


def _holds_files(path: Path) -> bool:
    try:
        return container_kind(path) in ("folder", "zip", "tar")
    except EngineError:
        return False  # told when it is read


__all__ = [
    "FormatFact",
    "ReadResult",
    "Reader",
    "check_column",
    "container_kind",
    "file_of",
    "format_facts",
    "formats",
    "known_metrics",
    "labels",
    "merge_traces",
    "names_time",
    "open_sqlite",
    "preview_table",
    "read_files",
    "read_trace",
    "recognise",
    "release_pages",
    "units_of",
]

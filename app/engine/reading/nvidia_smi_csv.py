"""`nvidia-smi --query-gpu=… --format=csv` and `--query-compute-apps`, as they come from the field.

Met in real logs: units in the head but not in the cells, the head repeated or changed in mid-file, no head, no card column, N/A in many
spellings, a last line cut off, blanks after commas, wrapper-made ISO times. The text passes in pieces: its size does not matter.
"""

import re
from collections.abc import Iterator

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain
from app.engine.reading._columns import release
from app.engine.reading._nvidia_fields import FIELDS, METRICS, field_of, guess_fields
from app.engine.reading._nvidia_rows import PROCESSES, SmiRows
from app.engine.reading._nvidia_wrapped import unwrapped
from app.engine.reading._order import cards_by_order
from app.engine.reading._rewritten import Rewritten
from app.engine.reading._rows import Column, Rows, trace_of_rows
from app.engine.reading._sources import Source

SLUG = "nvidia-smi-csv"
_STAMP = re.compile(rb"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d")
_OWN_STAMP = re.compile(rb"^[^\n,]{0,40}\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3}[ \t]*,", re.MULTILINE)
_ASKED = re.compile(rb"--query-(?:gpu|compute-apps)[= ]([a-z][\w.]{0,60}(?:,[a-z][\w.]{0,60}){0,200})")
_HEAD_WORDS = (b"timestamp", b"index", b"utilization.", b"memory.", b"power.", b"temperature.", b"clocks.", b"used_")
_ANY_HEAD = re.compile(rb"(?:^|(?<=\n))[ \t]*[a-z][a-z_.]{2,60}(?:[ \t]*\[[^\]\n]{1,12}\])?[ \t]*,[^\n]*")
_DECIMAL_COMMA = re.compile(rb"(?<=\d),(?=\d)")
_NO_HEAD_ROWS = 2
_PIECE_BYTES = 2**21
_PREAMBLE_LINES = 60


class NvidiaSmiCsv:
    """The reader. Clones that write the same rows give their own slug."""

    priority = 20

    def __init__(self, slug: str = SLUG, label: str = "nvidia-smi --query-gpu CSV") -> None:
        self.slug = slug
        self.label = label

    def recognises(self, head: bytes) -> bool:
        """Known fields in one of the first lines, or rows of stamps and units without a head."""
        head = plain(head)
        if _other_separator(head):
            return True
        rows = [line for line in head.splitlines()[:_PREAMBLE_LINES] if line.strip()]
        if not rows:
            return False
        if any(map(is_head, rows)):
            return True
        stamped = [line for line in rows[:8] if _STAMP.match(line.strip()) and b"," in line]
        united = re.search(rb"\d (W|MiB|%|MHz)\s*(,|$)", rows[0])
        if len(stamped) >= min(len(rows), _NO_HEAD_ROWS) > 0 and united is not None:
            return True
        return _ASKED.search(head) is not None and b"--format=csv" in head or len(_OWN_STAMP.findall(head)) > _NO_HEAD_ROWS

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all sections of the file as one table; lists of processes count only where nothing tells of whole cards."""
        progress(0.0, "reading.doing.reading")
        separator = _other_separator(plain(source.head))
        if separator:
            source = Rewritten(source, lambda text: _DECIMAL_COMMA.sub(b".", plain(text)).replace(separator, b","))
        wrapped = unwrapped(source)
        source = wrapped.source
        rows, processes = SmiRows(), SmiRows()
        lists_processes = fields_known = False
        for fields, body in _sections(source, rows, progress):
            lists_processes |= PROCESSES in fields
            fields_known |= bool(fields)
            (processes if PROCESSES in fields else rows).add(fields, body)
        if lists_processes and not rows.length and not processes.length and "skipped.bad_row" not in rows.skipped:
            return _idle(source, self.slug)
        rows = _chosen(rows, processes)
        if not rows.length:
            raise UnreadableFile("reading.no_rows" if fields_known else "reading.no_head", file=source.path)
        progress(0.9, "reading.doing.ordering")
        whole = _finished(rows, source)
        trace = trace_of_rows(source, self.slug, whole, skipped=rows.skipped, warnings=rows.warnings, environment=rows.environment())
        return wrapped.told(trace)


READER = NvidiaSmiCsv()


def _chosen(rows: SmiRows, processes: SmiRows) -> SmiRows:
    """Return the rows of cards, else those of processes; the others are told."""
    taken, left = (rows, processes) if rows.length else (processes, rows)
    for reason, count in left.skipped.items():
        taken.skip(reason.partition(".")[2], count)
    for warning in left.warnings:
        taken.warn(warning)
    taken.skip("process_row", left.lines)
    return taken


def _idle(source: Source, slug: str) -> Trace:
    """Return what a list of processes without a process says: at that moment none held a card."""
    warnings = (message("reading.no_processes"),)
    return Trace(files=(source.described(slug),), duration_ns=0, warnings=warnings, is_snapshot=True)


def is_head(line: bytes) -> bool:
    """Tell whether a line names fields of nvidia-smi: a metric, and a time or a card or a second metric beside it."""
    if line.count(b",") == 0 or len(line) > 8192:
        return False
    words = line.decode("utf-8", "replace").split(",")
    if any(word.count('"') % 2 for word in words):  # a text in a program that makes such logs
        return False
    fields = [field_of(word) for word in words]
    metrics = sum(field in METRICS for field in fields)
    return metrics > 0 and sum(field in FIELDS for field in fields) > 1


def _other_separator(head: bytes) -> bytes:
    """Return the semicolon or tab that a spreadsheet has put between the fields, b"" for none."""
    rows = [line for line in head.split(b"\n")[:_PREAMBLE_LINES] if line.strip() and b"," not in line]
    return next((mark for mark in (b";", b"\t") if any(is_head(row.replace(mark, b",")) and b"." in row for row in rows)), b"")


def _sections(source: Source, rows: SmiRows, progress: Progress) -> Iterator[tuple[list[str], bytes]]:
    """Yield (fields, rows) piece by piece; an equal head repeated (a script that appends) does not start a new section."""
    head, fields, done = b"", [], 0
    pending: tuple[list[str], bytes] = ([], b"")
    for piece in source.text_pieces(_PIECE_BYTES):
        done += len(piece)
        progress(min(0.9 * done / max(source.size_bytes, done), 0.89), "reading.doing.parsing")
        piece = plain(piece)
        piece = piece.replace(b'"', b"") if b'"' in piece else piece  # a cell with a line end in quotes is two lines put together
        if not fields:
            head, fields, piece = _opening(piece, rows)
        for section in _split(piece, head, fields, rows):
            yield pending
            pending = section
        fields = pending[0]
    yield pending[0], _without_cut_line(pending[1], rows)


def _opening(piece: bytes, rows: SmiRows) -> tuple[bytes, list[str], bytes]:
    """Return the first head (b"" where there is none), its fields, and what follows it."""
    piece = piece.lstrip(b"\n ")
    before = 0
    for line in piece[:65536].split(b"\n")[:_PREAMBLE_LINES]:
        if is_head(line):
            if before:
                rows.skip("preamble", piece[:before].count(b"\n") - piece[:before].count(b"\n\n"))
            return line.strip(), _fields(line), piece[before + len(line) + 1 :]
        before += len(line) + 1
    asked = _ASKED.search(piece[:65536])
    if asked is not None:  # the prompt tells the fields that `noheader` left out
        return b"", [field_of(word) for word in asked[1].decode().split(",")], piece[piece.find(b"\n", asked.end()) + 1 :]
    fields = guess_fields(piece)
    if not any(field in METRICS for field in fields):
        return b"", [], b""
    rows.warn(message("reading.columns_guessed", columns=[field for field in fields if field in FIELDS]))
    return b"", fields, piece


def _fields(head: bytes) -> list[str]:
    """Return the fields of a head; of two words for one field the one that is its own name is it."""
    words = head.decode("utf-8", "replace").split(",")
    fields = [field_of(word) for word in words]
    own = [word.partition("[")[0].strip().strip('"').lower() for word in words]
    return [word if fields.count(field) > 1 and field in own and word != field else field for field, word in zip(fields, own, strict=True)]


def _split(piece: bytes, head: bytes, fields: list[str], rows: SmiRows) -> list[tuple[list[str], bytes]]:
    """Return the rows of a piece by their heads, those that go on in the next piece last; equal heads are told as repeated."""
    text, count = _without_head(piece, head)
    if (fields == _fields(head) or not count) and not any(map(is_head, _other_heads(text))):
        rows.skip("repeated_head", count)
        return [(fields, text)]
    parts: dict[tuple[str, ...], list[bytes]] = {}
    current, start = tuple(fields), 0
    for found in _ANY_HEAD.finditer(piece):
        if is_head(found.group()):
            parts.setdefault(current, []).append(piece[start : found.start()])
            current, start = tuple(_fields(found.group())), found.end() + 1
            rows.skip("repeated_head", current in parts)
    parts[current] = [*parts.pop(current, []), piece[start:]]
    return [(list(names), b"".join(bodies)) for names, bodies in parts.items()]


def _other_heads(text: bytes) -> list[bytes]:
    if not (b"[" in text or b"t" in text):  # one byte is sought ten times as fast as a word
        return []
    return [found.group() for found in _ANY_HEAD.finditer(text)] if any(word in text for word in _HEAD_WORDS) else []


def _without_head(piece: bytes, head: bytes) -> tuple[bytes, int]:
    """Return the piece without lines that are the head again, and how many they were."""
    if not head or head not in piece:
        return piece, 0
    return re.compile(rb"^[ \t]*" + re.escape(head) + rb"[ \t]*(?:\n|\Z)", re.MULTILINE).subn(b"", piece)


def _without_cut_line(text: bytes, rows: SmiRows) -> bytes:
    if text.endswith(b"\n") or not text:
        return text
    body, _, last = text.rpartition(b"\n")
    before = body.rpartition(b"\n")[2].rstrip()
    unit = re.search(rb"[A-Za-z%\]]+$", before)
    same = last.count(b",") == before.count(b",")
    if not body or (same and (unit is None or last.rstrip()[-1:].isalpha() or last.rstrip().endswith((b"%", b"]")))):
        return text
    rows.warn(message("reading.cut_line"))
    rows.skip("cut_line", 1)
    return body + b"\n"


def _finished(rows: SmiRows, source: Source) -> Rows:
    """Return the rows as columns, those whose card cannot be told left out."""
    times = rows.times()
    devices, ids = rows.devices()
    if devices is None:
        count, devices = cards_by_order(times) if times is not None and times.size > 1 else (1, np.zeros(rows.length, np.int32))
        ids = [str(number) for number in range(count)]
        if count > 1:
            rows.warn(message("reading.split_by_order", count=count))
    keep = devices >= 0
    lost = int((~keep).sum())
    if lost:
        rows.skip("broken_tick", lost)
        devices, times = devices[keep], times[keep] if times is not None else None
    columns = []
    for name, metric, unit, state in rows.metrics():
        source.beat()
        values = rows.column(name)
        columns.append(Column(metric, unit, values[keep] if lost else values, state))
        release(values)
    infos = tuple(Device(name, "gpu", *rows.described(number if rows.has_cards else -1)) for number, name in enumerate(ids))
    return Rows(times, rows.clock, devices, infos, tuple(columns), rows.lines - lost, rows.utc_offset_s)

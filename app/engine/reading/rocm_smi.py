"""AMD's `rocm-smi --json`, `--csv` and its short table; key names change between versions of ROCm."""

import re

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain
from app.engine.reading._rocm_records import CSV_HEAD, JSON_HEAD, LINE, csv_records, json_records, line_records, trace_of_records
from app.engine.reading._rocm_table import HEAD, WIDE_HEAD, read_short_tables, short_form
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

_ROW_END = re.compile(rb"\n(?![ \t]*\()")  # a head may go on in brackets
_DOCUMENT_END = re.compile(rb"(?:^|\})\}[ \t]*\n", re.MULTILINE)


class RocmSmi:
    """A reader of rocm-smi or of a clone. own: words that tell the clone, b"" for rocm-smi itself."""

    def __init__(self, slug: str, command: str, priority: int, own: tuple[bytes, ...] = ()) -> None:
        self.slug = slug
        self.label = f"{command} (--json / --csv)"
        self.priority = priority
        self.command = command
        self._own = own

    def recognises(self, head: bytes) -> bool:
        """Cards as JSON keys, rows of devices, the short table, or lines of one card each."""
        head = plain(head)
        if self._own and not any(word in head for word in self._own):
            return False
        return any(pattern.search(head) is not None for pattern in (JSON_HEAD, CSV_HEAD, HEAD, WIDE_HEAD, LINE))

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all documents, blocks or tables of the file."""
        progress(0.0, "reading.doing.reading")
        text = short_form(plain(source.text_bytes()), source.before)
        progress(0.3, "reading.doing.parsing")
        skipped: dict[str, int] = {}
        stamps = stamped(text, source.before)
        form = source.before["form"] = source.before.get("form") or _form(stamps.text)
        if form == "json":
            records, system, damaged = json_records(stamps.text.decode("latin-1"))  # one letter per byte: places are those of the bytes
            if damaged:
                skipped["skipped.damaged_card"] = damaged
            return trace_of_records(source, self.slug, self.command, stamps, records, system, skipped)
        if form == "csv":
            return trace_of_records(source, self.slug, self.command, stamps, csv_records(stamps.text, skipped), {}, skipped)
        if form == "lines":
            return trace_of_records(source, self.slug, self.command, stamps, line_records(stamps.text), {}, skipped)
        if form == "":
            raise UnreadableFile("reading.no_rows", file=source.path)
        return read_short_tables(source, self.slug, self.command, stamps)

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A document stands for itself, and a row of the short table; of blocks or lines, a tick begins with the first."""
        head = stamped(short_form(plain(head), {})).text
        form = _form(head)
        if form == "json":
            return _DOCUMENT_END
        if form == "lines" and (found := LINE.search(head)) is not None:
            return re.compile(rb"\n(?=[^\n]{0,60}?" + re.escape(head[found.start() : found.start(3)].strip()) + rb")")
        found = CSV_HEAD.search(head) if form == "csv" else None
        return _ROW_END if found is None else re.compile(rb"\n(?=[^\n]{0,60}?" + re.escape(found.group().strip()) + rb"[ \t]*\n)")


READER = RocmSmi("rocm-smi", "rocm-smi", priority=16)


def _form(text: bytes) -> str:
    forms = (("json", JSON_HEAD), ("csv", CSV_HEAD), ("table", HEAD), ("lines", LINE))
    return next((form for form, pattern in forms if pattern.search(text)), "")

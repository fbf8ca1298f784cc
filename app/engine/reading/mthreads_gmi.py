"""Moore Threads' `mthreads-gmi`: three lines per card with pipes as column rules; widths and the Perf column differ by version."""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._cleaning import plain, step_of
from app.engine.reading._rows import Column, trace_of_rows, with_occupancy
from app.engine.reading._smi_tables import RULING, card_name, environment_of, first_number, memory_gib, timed_rows
from app.engine.reading._sources import Source
from app.engine.reading._stamps import stamped

SLUG = "mthreads-gmi"
_HEAD = re.compile(rb"mthreads-gmi:[ \t]*\d")
_ENTRY = re.compile(
    rb"^[ \t]*(\d{1,3})[ \t]+([^|\n]{1,80})\|[ \t]*([0-9A-Fa-f:.]{7,20})[ \t]*\|([^|\n]{1,100})\n"
    rb"[^|\n]{0,100}\|([^|\n]{0,60})\|([^|\n]{0,60})$",
    re.MULTILINE,
)
_FIRST_LINE = re.compile(rb"^[ \t]*\d{1,3}[ \t]+[^|\n]{1,80}\|[ \t]*[0-9A-Fa-f:.]{7,20}[ \t]*\|", re.MULTILINE)


class MthreadsGmi:
    """The reader."""

    slug = SLUG
    label = "mthreads-gmi"
    priority = 15

    def recognises(self, head: bytes) -> bool:
        """The heading with the tool's version."""
        return _HEAD.search(plain(head)) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all tables. Raises UnreadableFile where none has a card."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        stamps = stamped(plain(source.text_bytes()), source.before)
        progress(0.3, "reading.doing.parsing")
        found = list(_ENTRY.finditer(stamps.text))
        if not found:
            raise UnreadableFile("reading.no_cards", file=source.path)
        lost = len(_FIRST_LINE.findall(stamps.text)) - len(found)
        skipped = {"skipped.bad_row": lost} if lost > 0 else {}
        cells = pd.DataFrame([one.groups() for one in found], columns=["index", "name", "bus", "load", "link", "heat"])
        cells = cells.map(lambda cell: cell.decode("utf-8", "replace").strip())
        used, total = memory_gib(cells["load"])
        columns = [
            Column("gpu_utilisation", "", first_number(cells["load"], r"^(\d+)\s*%") * 0.01),
            Column("vram_used_gib", "GiB", used),
            Column("temperature_c", "°C", first_number(cells["heat"], r"^(\d+)\s*C\b")),
        ]
        codes, cards = pd.factorize(cells["index"].astype(np.int64), sort=True)
        names = cells["name"].map(card_name)
        infos = []
        for number, card in enumerate(cards):
            own = total[(codes == number) & np.isfinite(total)]
            infos.append(Device(str(card), "gpu", str(names[codes == number].iloc[0]), float(own.max()) if own.size else None))
        warnings: list[Message] = []
        places = np.array([one.start() for one in found])
        step_s = step_of(stamps.text, "mthreads-gmi", ("-l", "--loop"))
        rows = timed_rows(stamps, places, codes, tuple(infos), with_occupancy(columns, total), step_s, warnings)
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings, environment=environment_of(stamps.text))

    def chapters(self, head: bytes) -> re.Pattern[bytes]:
        """A card's lines belong together."""
        return RULING


READER = MthreadsGmi()

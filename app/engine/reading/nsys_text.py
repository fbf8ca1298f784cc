"""`nsys stats` as a text table: sums by kernel, by copy or by call; long names are wrapped, blank lines stand between the tables."""

import re

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import message
from app.engine.model.traces import Trace
from app.engine.progress import Progress
from app.engine.reading._event_table import kernel_category, laid_out
from app.engine.reading._profiler_trace import trace_of_events
from app.engine.reading._sources import Source
from app.engine.reading.nsys_csv import POWERS

SLUG = "nsys-text"
_HEAD = re.compile(rb"^[ \t]*Time ?\(%\)[ \t]+Total Time \((\w+)\)[ \t]+(Instances|Num Calls|Count|Operations)[ \t][^\n]*$", re.M)
_ROW = re.compile(rb"^[ \t]*(\d+\.\d+)[ \t]+([\d,.]+)[ \t]+([\d,]+)((?:[ \t]+[\d,.]+){2,8})[ \t]{1,}(\S[^\n]*?)[ \t]*$", re.M)
_REST = re.compile(rb"\n {20,}(\S[^\n]*?)[ \t]*(?=\n)")


class NsysText:
    """The reader."""

    slug = SLUG
    label = "nsys stats"
    priority = 31

    def recognises(self, head: bytes) -> bool:
        """The head of a table of sums."""
        return _HEAD.search(head) is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read the tables of GPU sums; where there are none, that of calls. Raises UnreadableFile where no row is left."""
        progress(0.0, "reading.doing.reading")
        text = source.text_bytes() + b"\n"
        heads = list(_HEAD.finditer(text))
        names, calls, totals, kinds = [], [], [], []
        rows = 0
        on_host = all(map(_is_of_host, heads))
        for head, after in zip(heads, [*heads[1:], None], strict=True):
            body = text[head.end() : after.start() if after else len(text)]
            found = _ROW.findall(_unwrapped(body))
            rows += len(found)
            if _is_of_host(head) != on_host:
                continue
            factor = 10 ** POWERS.get(head[1].decode("utf-8", "replace"), 0)
            told = [row[4].decode("utf-8", "replace") for row in found]
            names += told
            kinds += ["runtime"] * len(told) if on_host else _kinds(told)
            calls += [int(row[2].replace(b",", b"") or b"0") for row in found]
            totals += [_number(row[1]) * factor for row in found]
        counts, time = np.array(calls, np.float64), np.array(totals, np.float64)
        good = (counts >= 1) & (counts < 2**40) & (time < 2**60)
        if not good.any():
            raise UnreadableFile("reading.no_rows", file=source.path)
        kept = np.flatnonzero(good).tolist()
        events = laid_out(
            [names[n] for n in kept],
            counts[good].astype(np.int64),
            time[good].astype(np.int64),
            [kinds[n] for n in kept],
            "host" if on_host else "0",
        )
        skipped = {"skipped.not_a_metric": rows - len(kept)} if rows > len(kept) else {}
        told = [message("reading.summary_laid_out")]
        return trace_of_events(source, SLUG, events, rows, clock="synthetic", skipped=skipped, warnings=told)


READER = NsysText()


def _is_of_host(head: re.Match[bytes]) -> bool:
    """Tell whether a table sums calls of the host or NVTX ranges, which say nothing of the GPU's time."""
    return head[2] == b"Num Calls" or head.group().rstrip().endswith(b"Range")


def _unwrapped(body: bytes) -> bytes:
    """Put the rest of a long name behind its row: it stands alone, far to the right."""
    return _REST.sub(rb" \1", body)


def _number(cell: bytes) -> float:
    try:
        return float(cell.replace(b",", b""))
    except ValueError:
        return float("inf")


def _kinds(names: list[str]) -> list[str]:
    copies = {name: "memset" if "memset" in name.lower() else "memcpy" for name in names if name.startswith("[CUDA ")}
    return [copies.get(name) or kind for name, kind in zip(names, kernel_category(names), strict=True)]

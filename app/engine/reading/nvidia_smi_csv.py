"""`nvidia-smi --query-gpu=… --format=csv` and `--query-compute-apps`, as they come from the field.

Met in real logs: units in the head but not in the cells, the head repeated or changed in mid-file, no head, no card column, N/A in many
spellings, a last line cut off, blanks after commas, wrapper-made ISO times.
"""

import io
import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.messages import Message, message
from app.engine.model.traces import Device, Trace
from app.engine.progress import Progress
from app.engine.reading._nvidia_fields import FIELDS, IDENTITY, METRICS, TIMES, field_of, guess_fields
from app.engine.reading._order import cards_by_order
from app.engine.reading._rows import Column, Rows, trace_of_rows, with_occupancy
from app.engine.reading._sources import Source
from app.engine.reading._times import epoch_times, parse_times

if TYPE_CHECKING:
    import pandas as pd

SLUG = "nvidia-smi-csv"
_STAMP = re.compile(rb"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d")
_LETTERS = bytes(set(range(65, 91)) | set(range(97, 123))) + b'%[]"'
_NO_HEAD_ROWS = 2


class NvidiaSmiCsv:
    """The reader."""

    slug = SLUG
    label = "nvidia-smi --query-gpu CSV"
    priority = 20

    def recognises(self, head: bytes) -> bool:
        """Known fields in the first line, or rows of stamps and units without a head."""
        first = _first_line(head)
        if is_head(first):
            return True
        rows = [line for line in head.splitlines()[:8] if line.strip()]
        stamped = [line for line in rows if _STAMP.match(line.strip()) and b"," in line]
        united = re.search(rb"\d (W|MiB|%|MHz)\s*(,|$)", first)
        return len(stamped) >= min(len(rows), _NO_HEAD_ROWS) > 0 and united is not None

    def read(self, source: Source, progress: Progress) -> Trace:
        """Read all sections of the file as one table."""
        import pandas as pd

        progress(0.0, "reading.doing.reading")
        text = source.text_bytes().lstrip(b"\n ")
        skipped: dict[str, int] = {}
        warnings: list[Message] = []
        text = _without_cut_line(text, warnings)
        progress(0.3, "reading.doing.parsing")
        frames = [_read_section(head, body, skipped, warnings) for head, body in _sections(text, skipped)]
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        if frame.empty:
            raise UnreadableFile("reading.no_rows", file=source.path)
        progress(0.7, "reading.doing.ordering")
        if "used_gpu_memory" in frame:
            frame = _sum_processes(frame, warnings)
        rows = _rows(frame, skipped, warnings)
        environment = {"driver": str(frame["driver_version"].iloc[0])} if "driver_version" in frame else {}
        return trace_of_rows(source, SLUG, rows, skipped=skipped, warnings=warnings, environment=environment)


READER = NvidiaSmiCsv()


def is_head(line: bytes) -> bool:
    """Tell whether a line names fields of nvidia-smi: a metric, and a time or a card or a second metric beside it."""
    fields = [field_of(word) for word in line.decode("utf-8", "replace").split(",")]
    metrics = sum(field in METRICS for field in fields)
    return metrics > 0 and sum(field in FIELDS for field in fields) > 1


def _first_line(text: bytes) -> bytes:
    return text.lstrip().partition(b"\n")[0].strip()


def _without_cut_line(text: bytes, warnings: list[Message]) -> bytes:
    if text.endswith(b"\n"):
        return text
    body, _, last = text.rpartition(b"\n")
    before = body.rpartition(b"\n")[2].rstrip()
    unit = re.search(rb"[A-Za-z%\]]+$", before)
    if (
        not body
        or is_head(last)
        or (
            last.count(b",") == before.count(b",")
            and (unit is None or last.rstrip()[-1:].isalpha() or last.rstrip().endswith((b"%", b"]")))
        )
    ):
        return text
    warnings.append(message("reading.cut_line"))
    return body + b"\n"


def _sections(text: bytes, skipped: dict[str, int]) -> list[tuple[list[str], bytes]]:
    """Return (fields, rows) per head; an equal head repeated (a script that appends) does not start a new one."""
    first = _first_line(text)
    if not is_head(first):
        return [([], text)]
    repeated = text.count(b"\n" + first + b"\n")
    if repeated:
        text = text.replace(b"\n" + first + b"\n", b"\n")
        # two heads one after the other share a line end, so that one pass leaves every second of them
        text = text.replace(b"\n" + first + b"\n", b"\n")
        skipped["skipped.repeated_head"] = repeated
    opening = re.escape(first.split(b",")[0].strip())
    starts = [found.start() for found in re.finditer(rb"^" + opening + rb"\s*,[^\n]*$", text, re.MULTILINE) if is_head(found.group())]
    sections = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        head, _, body = text[start:end].partition(b"\n")
        sections.append(([field_of(word) for word in head.decode("utf-8", "replace").split(",")], body))
    return sections


def _read_section(fields: list[str], body: bytes, skipped: dict[str, int], warnings: list[Message]) -> "pd.DataFrame":
    if not fields:
        fields = guess_fields(body)
        warnings.append(message("reading.columns_guessed", columns=[field for field in fields if field in FIELDS]))
    text_fields = [field for field in (*TIMES, *IDENTITY, "name", "driver_version") if field in fields]
    numbers = [field for field in METRICS if field in fields]
    frame = _read_columns(body.translate(None, _LETTERS), fields, numbers, skipped, numeric=True)
    texts = _read_columns(body, fields, text_fields, {}, numeric=False)
    for field in text_fields:
        frame[field] = texts[field]
    return frame


def _read_columns(body: bytes, fields: list[str], wanted: list[str], skipped: dict[str, int], *, numeric: bool) -> "pd.DataFrame":
    import pandas as pd

    places = sorted(fields.index(field) for field in wanted)
    options = {"header": None, "names": range(len(fields)), "usecols": places, "skipinitialspace": True, "na_values": ["/", "-", ""]}
    options |= {"quoting": 3, "on_bad_lines": "skip", "engine": "c", "encoding_errors": "replace", "keep_default_na": True}
    if not wanted or not body.strip():
        return pd.DataFrame({field: pd.Series(dtype=float if numeric else str) for field in wanted})
    whole = b",".join([b"0"] * len(fields)) + b"\n" + body  # a first row of full width, so that short rows are no error
    try:
        frame = pd.read_csv(io.BytesIO(whole), dtype=np.float64 if numeric else str, **options)
    except ValueError:  # a cell that is no number: the row's other cells still count
        frame = pd.read_csv(io.BytesIO(whole), dtype=str, **options).apply(pd.to_numeric, errors="coerce")
    frame = frame.iloc[1:].reset_index(drop=True)
    lines = body.count(b"\n") + (not body.endswith(b"\n")) - body.count(b"\n\n")
    if lines > len(frame):
        skipped["skipped.bad_row"] = skipped.get("skipped.bad_row", 0) + lines - len(frame)
    frame.columns = [fields[place] for place in frame.columns]
    return frame


def _sum_processes(frame: "pd.DataFrame", warnings: list[Message]) -> "pd.DataFrame":
    warnings.append(message("reading.processes_only"))
    keys = [field for field in (*TIMES, *IDENTITY, "name") if field in frame]
    return frame.groupby(keys, sort=False, dropna=False)["used_gpu_memory"].sum(min_count=1).reset_index()


def _rows(frame: "pd.DataFrame", skipped: dict[str, int], warnings: list[Message]) -> Rows:
    times, clock = None, "relative"
    stamp = next((field for field in TIMES if field in frame), None)
    if stamp is not None:
        numbers = _as_numbers(frame[stamp])
        times = epoch_times(numbers) if numbers is not None else None
        times, clock = (times, "absolute") if times is not None else parse_times(frame[stamp].fillna(""))
    devices, ids = _devices(frame, times, warnings)
    lost = devices < 0
    if lost.any():
        skipped["skipped.broken_tick"] = int(lost.sum())
        frame, devices = frame[~lost].reset_index(drop=True), devices[~lost]
        times = times[~lost] if times is not None else None
    columns = [
        Column(metric, unit, frame[field].to_numpy(np.float64) * factor, "estimated" if field == "used_gpu_memory" else "measured")
        for field, (metric, unit, factor) in METRICS.items()
        if field in frame and metric
    ]
    total = frame["memory.total"].to_numpy(np.float64) / 1024 if "memory.total" in frame else None
    return Rows(times, clock, devices, _infos(frame, devices, ids, total), tuple(with_occupancy(columns, total)))


def _as_numbers(texts: "pd.Series") -> np.ndarray | None:
    import pandas as pd

    if not str(texts.iloc[0]).strip().replace(".", "", 1).isdigit():
        return None
    return pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)


def _devices(frame: "pd.DataFrame", times: np.ndarray | None, warnings: list[Message]) -> tuple[np.ndarray, list[str]]:
    """Return (n,) the device of each row (-1 = cannot be told) and the ids of the devices."""
    import pandas as pd

    best = max(
        (field for field in IDENTITY if field in frame), key=lambda field: (frame[field].nunique(), -IDENTITY.index(field)), default=None
    )
    if best is not None and frame[best].notna().any():
        codes, found = pd.factorize(frame[best].str.strip(), sort=True)
        if best in ("index", "gpu") and all(str(one).isdigit() for one in found):
            return codes, [str(int(one)) for one in found]
        return codes, [str(number) for number in range(len(found))]
    if times is None or len(frame) == 1:
        return np.zeros(len(frame), np.int64), ["0"]
    count, places = cards_by_order(times)
    if count > 1:
        warnings.append(message("reading.split_by_order", count=count))
    return places, [str(number) for number in range(count)]


def _infos(frame: "pd.DataFrame", devices: np.ndarray, ids: list[str], total: np.ndarray | None) -> tuple[Device, ...]:
    infos = []
    for number, name in enumerate(ids):
        at = np.flatnonzero(devices == number)
        known = total[at][np.isfinite(total[at])] if total is not None else np.empty(0)
        label = str(frame["name"].iloc[at[0]]).strip() if "name" in frame and at.size else ""
        infos.append(Device(name, "gpu", "" if label == "nan" else label, float(known.max()) if known.size else None))
    return tuple(infos)

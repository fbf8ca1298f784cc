"""Dispatches, copies and calls of rocprof's CSV, block by block: which column tells what, and rows that have no times."""

import re
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UnreadableFile
from app.engine.model.traces import Events
from app.engine.reading._event_table import kernel_category
from app.engine.reading._profiler_trace import nanoseconds
from app.engine.reading._sources import Source
from app.engine.reading._task_rows import TaskRows, counts, for_each

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 8
_DIGITS = re.compile(r"\d+")
_KEYS = ("Dispatch_Id", "Agent_Id", "Process_Id")


class RocprofRows:
    """Collects frames.

    has_counters  whether there is a row for each counter of a dispatch
    repeats       rows of further counters of a dispatch that was there before
    is_timed      whether a row has a start and an end; where none has, all rows are kept, one ns after the other
    """

    def __init__(self, source: Source) -> None:
        self.is_timed = False
        self.has_counters = False
        self.repeats = 0
        self._source = source
        self._seen = np.empty(0, np.uint64)
        self._tasks = TaskRows(source.beat)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, frame: "pd.DataFrame") -> None:
        """Take the next rows. Raises UnreadableFile where no column tells names."""
        rows = len(frame)
        frame = self._first_of_each(frame)
        self.repeats += rows - len(frame)
        name = next((column for column in frame if column.replace("_", "").lower() in ("kernelname", "direction", "function")), None)
        if name is None:
            raise UnreadableFile("reading.no_metric_column", file=self._source.path, columns=list(frame.columns[:_SHOWN]))
        start, end = _times(frame)
        good = (start >= 0) & (end >= start)
        if good.any() and not self.is_timed:  # what stood above has no times, and is not kept beside rows that have some
            self.is_timed, self._tasks = True, TaskRows(self._source.beat)
        if self.is_timed:
            frame, start, end = frame[good], start[good], end[good]
        else:
            start = end = np.arange(len(self._tasks), len(self._tasks) + len(frame), dtype=np.int64)
        queue = next((column for column in frame if column.lower() in ("queue-id", "queue_id")), None)
        names = frame[name].tolist()
        self._tasks.add(start, end - start, names, _kinds(name, names), _agents(frame), stream=counts(frame, queue))

    def events(self) -> Events:
        """Return all rows in order. The rows end here."""
        return self._tasks.events()

    def _first_of_each(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return the first row of each dispatch: there may be a row for each counter.

        Dispatches are known by 64 bits made of their ids: 8 bytes each instead of hundreds; that two are alike by chance is out of question
        for less than a billion.
        """
        import pandas as pd

        if not {"Counter_Name", "Dispatch_Id"} <= set(frame.columns):
            return frame
        self.has_counters = True
        frame = frame.drop_duplicates([name for name in _KEYS if name in frame], ignore_index=True)
        marks = pd.util.hash_pandas_object(frame[[name for name in _KEYS if name in frame]], index=False).to_numpy(np.uint64)
        is_new = np.ones(marks.size, bool)
        if self._seen.size:
            is_new = self._seen[np.minimum(np.searchsorted(self._seen, marks), self._seen.size - 1)] != marks
        fresh = np.sort(marks[is_new])
        self._seen = np.insert(self._seen, np.searchsorted(self._seen, fresh), fresh)
        return frame[is_new]


def _times(frame: "pd.DataFrame") -> tuple[np.ndarray, np.ndarray]:
    """Return start and end of each row in ns, -1 where there is none."""
    first, last = (
        next((column for column in frame if column in names), None)
        for names in (("Start_Timestamp", "BeginNs"), ("End_Timestamp", "EndNs"))
    )
    if first is None or last is None:
        none = np.full(len(frame), -1, np.int64)
        return none, none
    return nanoseconds(frame[first], 0), nanoseconds(frame[last], 0)


def _agents(frame: "pd.DataFrame") -> list[str]:
    """Return the device of each row: of a copy the card that takes part, of a call the host."""
    card = next((column for column in frame if column.lower() in ("gpu_id", "gpu-id", "agent_id")), None)
    if "Function" in frame:
        return ["host"] * len(frame)
    if card is None and {"Direction", "Source_Agent_Id", "Destination_Agent_Id"} <= set(frame.columns):
        agents = frame["Destination_Agent_Id"].where(~frame["Direction"].str.endswith("TO_HOST"), frame["Source_Agent_Id"])
    elif card is None:
        return ["0"] * len(frame)
    else:
        agents = frame[card]
    return for_each(_number, agents.tolist())


def _number(text: str) -> str:
    found = _DIGITS.search(text)
    return found[0] if found else "0"


def _kinds(column: str, names: list[str]) -> list[str]:
    if column == "Function":
        return ["runtime"] * len(names)
    return ["memcpy"] * len(names) if column == "Direction" else kernel_category(names)

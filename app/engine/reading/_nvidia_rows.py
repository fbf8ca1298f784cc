"""Rows of nvidia-smi collected piece by piece: numbers into columns, texts into codes, names and sizes once per card."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from app.engine.messages import Message, message
from app.engine.model.quantities import State
from app.engine.model.traces import Clock
from app.engine.reading._columns import Columns
from app.engine.reading._csv_cells import Cells
from app.engine.reading._nvidia_fields import IDENTITY, METRICS, TIMES
from app.engine.reading._times import over_midnight, utc_offset_of

TIME, CARD, TOTAL, OCCUPANCY = "time", "card", "memory.total", "occupancy"
PROCESSES, COUNT = "used_gpu_memory", "processes"
FACTS = ("driver_version", "cuda_version", "pcie.link.gen.max", "pcie.link.width.max", "power.limit", "mig.mode.current")


class SmiRows:
    """Add pieces, then ask for times, devices and columns once each."""

    def __init__(self) -> None:
        self.skipped: dict[str, int] = {}
        self.warnings: list[Message] = []
        self.clock: Clock = "relative"
        self.utc_offset_s: int | None = None
        self._facts: dict[str, str] = {}
        self._is_of_day = False
        self.lines = 0
        """Rows of the file, before processes are added up."""
        self.has_cards = False
        self._columns = Columns()
        self._identity: str | None = None
        self._cards: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._totals: dict[int, float] = {}
        self._summed = False

    @property
    def length(self) -> int:
        """Rows so far."""
        return self._columns.length

    def warn(self, warning: Message) -> None:
        """Tell something once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def skip(self, reason: str, count: int) -> None:
        """Count rows that are not used."""
        if count:
            self.skipped[f"skipped.{reason}"] = self.skipped.get(f"skipped.{reason}", 0) + count

    def add(self, fields: list[str], body: bytes) -> None:
        """Take the rows of one piece, whose cells are `fields`."""
        if not body.strip():
            return
        width = _width(body, len(fields))
        cells = Cells(body, width)
        self.skip("bad_row", cells.bad)
        if not cells.rows:
            return
        self.lines += cells.rows
        at = {field: number for number, field in reversed(list(enumerate(fields[:width])))}
        piece: dict[str, np.ndarray] = {}
        stamp = next((at[field] for field in TIMES if field in at), None)
        if stamp is not None:
            piece[TIME], clock = self._times(cells, stamp)
            if not self.length:
                self.clock, self.utc_offset_s = clock, utc_offset_of(cells.text(0, stamp))
        codes = self._codes(cells, at)
        if codes is not None:
            piece[CARD] = codes
        for field, (metric, _, factor) in METRICS.items():
            if field in at and metric:
                piece[field] = cells.numbers(at[field]) * factor
        if PROCESSES in at:
            piece[COUNT] = np.isfinite(cells.numbers(at["pid"])).astype(np.float64) if "pid" in at else np.ones(cells.rows)
        self._describe(cells, at, codes, piece)
        self._columns.add(piece, cells.rows)

    def times(self) -> np.ndarray | None:
        """Return (n,) int64 ns, None where the log has none."""
        if PROCESSES in self._columns.names():
            self._sum_processes()
        if TIME not in self._columns.names():
            return None
        times = self._columns.take(TIME)
        if self._is_of_day:
            self.warn(message("reading.no_date"))
            return over_midnight(times)
        return times

    def devices(self) -> tuple[np.ndarray | None, list[str]]:
        """Return (n,) the number of each row's card and the ids; None where no column tells the card."""
        if CARD not in self._columns.names():
            return None, []
        codes = self._columns.take(CARD)
        self.has_cards = True
        names = list(self._cards)
        if self._identity in ("index", "gpu") and all(name.isdigit() for name in names):
            return codes, [str(int(name)) for name in names]
        order = {name: str(number) for number, name in enumerate(sorted(names))}
        return codes, [order[name] for name in names]

    def metrics(self) -> Iterator[tuple[str, str, str, State]]:
        """Yield column, metric, unit and state of what was measured."""
        present = list(self._columns.names())
        for field, (metric, unit, _) in METRICS.items():
            if field in present:
                yield field, metric, unit, "estimated" if field == PROCESSES else "measured"
        if COUNT in present:
            yield COUNT, "gpu_processes", "count", "measured"
        if OCCUPANCY in present:
            yield OCCUPANCY, "vram_utilisation", "", "measured"

    def environment(self) -> dict[str, str]:
        """Return what the first rows say of the machine."""
        facts, found = self._facts, {}
        for name, fact in (("driver", "driver_version"), ("cuda", "cuda_version")):
            if fact in facts:
                found[name] = facts[fact]
        generation, width = facts.get("pcie.link.gen.max", ""), facts.get("pcie.link.width.max", "")
        if generation.isdigit() and width.isdigit():
            found["pcie"] = f"gen{generation} x{width}"
        if "power.limit" in facts:
            found["power_limit_w"] = facts["power.limit"].removesuffix("W").strip().removesuffix(".00")
        if facts.get("mig.mode.current", "").lower() == "enabled":
            found["mig"] = "enabled"
        return found

    def column(self, name: str) -> np.ndarray:
        """Return (n,) float64 of one column, once."""
        return self._columns.take(name)

    def described(self, card: int) -> tuple[str, float | None]:
        """Return the name and the memory in GiB of a card; -1 = all rows are of one kind."""
        return self._names.get(card, ""), self._totals.get(card)

    def _times(self, cells: Cells, stamp: int) -> tuple[np.ndarray, Clock]:
        """Return the times of a piece; times of day where they have no date."""
        times, clock = cells.times(stamp)
        self._is_of_day |= clock == "relative" and ":" in cells.text(0, stamp)
        return times, clock

    def _codes(self, cells: Cells, at: dict[str, int]) -> np.ndarray | None:
        """Return (rows,) int32 the card of each row by the column that tells most cards apart."""
        if self._identity is None:
            found = {field: cells.codes(at[field]) for field in IDENTITY if field in at}
            best = max(found, key=lambda field: (len(found[field][1]), -IDENTITY.index(field)), default=None)
            if best is None or not any(map(_is_known, found[best][1])):
                return None
            self._identity = best
        if self._identity not in at:
            return None
        codes, texts = cells.codes(at[self._identity])
        numbers = [self._cards.setdefault(text, len(self._cards)) if _is_known(text) else -1 for text in texts]
        return np.array(numbers, np.int32)[codes]

    def _describe(self, cells: Cells, at: dict[str, int], codes: np.ndarray | None, piece: dict[str, np.ndarray]) -> None:
        """Keep the name and memory of cards met for the first time, and the share of the memory that is used."""
        for fact in FACTS:
            if fact in at and fact not in self._facts and _is_known(text := cells.text(0, at[fact])):
                self._facts[fact] = text
        found, first = (np.array([-1]), np.array([0])) if codes is None else _first_rows(codes)
        for card, row in zip(found.tolist(), first.tolist(), strict=True):
            if "name" in at and card not in self._names:
                self._names[card] = cells.text(row, at["name"])
        if TOTAL not in at:
            return
        total = cells.numbers(at[TOTAL]) / 1024
        for card in found.tolist():
            own = total if codes is None else total[codes == card]
            known = own[np.isfinite(own)]
            if known.size:
                self._totals[card] = max(self._totals.get(card, 0.0), float(known.max()))
        used = piece.get("memory.used")
        if used is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                piece[OCCUPANCY] = np.divide(used, total, out=np.full(used.shape, np.nan), where=total > 0)

    def _sum_processes(self) -> None:
        """Add up the processes of one card at one time."""
        self.warn(message("reading.processes_only"))
        keys = [self._columns.take(name) for name in (TIME, CARD) if name in self._columns.names()]
        names = [name for name in (TIME, CARD) if name in self._columns.names()]
        values, processes = self._columns.take(PROCESSES), self._columns.take(COUNT)
        rows = np.zeros(values.size, np.int64) if not keys else np.unique(np.column_stack(keys), axis=0, return_inverse=True)[1].ravel()
        _, first = np.unique(rows, return_index=True)
        good = np.isfinite(values)
        sums = np.bincount(rows, np.where(good, values, 0.0), len(first))
        sums[np.bincount(rows, good, len(first)) == 0] = np.nan
        order = np.argsort(first, kind="stable")
        summed = Columns()
        columns = {name: key[first][order] for name, key in zip(names, keys, strict=True)}
        counted = np.bincount(rows, processes, len(first))
        summed.add({**columns, PROCESSES: sums[order], COUNT: counted[order]}, len(first))
        self._columns = summed


def _first_rows(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes that occur and the first row of each."""
    first = np.full(int(codes.max()) + 2, -1)
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    found = np.flatnonzero(first[:-1] >= 0)
    return found, first[found]


def _is_known(text: str) -> bool:
    return bool(text) and not text.startswith(("[", "N/A"))


def _width(body: bytes, fields: int) -> int:
    """Return the cells of a row: as many as there are fields, or what most of the first rows have where none has so many."""
    counts = Counter(line.count(b",") + 1 for line in body[:65536].split(b"\n")[:200] if line.strip())
    return fields if fields in counts or not counts else counts.most_common(1)[0][0]

"""Reading in a process of its own: a cancel is hard, a crash in a parser is a message, the window never waits for the interpreter.

The columns come back by memory map: the worker pickles a reading with its arrays out of band into one file of the user's cache; the
window maps that file. No Qt here: the worker imports this module.
"""

import contextlib
import mmap
import multiprocessing
import pickle
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import Cancelled, EngineError
from app.engine.model.mappings import TableMapping
from app.engine.paths import user_folder
from app.engine.progress import Progress
from app.gui.crash_report import places_of

if TYPE_CHECKING:
    from app.engine.pipeline import Reading

TELL_EVERY_S = 0.05
ALIGNMENT = 64
HANDOVER = "handover-*.columns"


class ReadingDefect(Exception):
    """A defect of ours in the process that reads: the name of its type and the places it came through."""

    def __init__(self, kind: str, places: tuple[str, ...]) -> None:
        super().__init__(kind)
        self.kind, self.places = kind, places


class ReadingWorker:
    """One warm process that reads. Use it from one thread at a time; `read` waits for its turn."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self.restarts = True  # after a cancel or a crash, so that the next file does not wait; not while the window closes

    def warm_up(self) -> None:
        """Start the process, so that the first file does not wait for it; does nothing where it runs."""
        if self._process is not None and self._process.is_alive():
            return
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True, name="suanxuan-reading")
        self._process.start()
        theirs.close()

    def read(
        self, paths: Sequence[Path], progress: Progress, mappings: Sequence[TableMapping] = (), offsets_ns: Mapping[str, int] | None = None
    ) -> "Reading":
        """Read files as pipeline.read_traces does. Raises Cancelled (the process is killed then) and EngineError where it died."""
        with self._turn:
            self.warm_up()
            assert self._pipe is not None
            try:
                self._pipe.send(([str(path) for path in paths], tuple(mappings), dict(offsets_ns or {})))
                return self._wait(progress)
            except (OSError, EOFError) as error:  # the pipe broke, or what it named is gone
                self._restart()
                raise EngineError("reading.worker_died", file=paths[0]) from error
            except Cancelled:
                self._restart()
                raise

    def stop(self) -> None:
        """Kill the process; the next `read` starts another. Not while one runs: cancel that."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def _restart(self) -> None:
        self.stop()
        if self.restarts:
            self.warm_up()

    def _wait(self, progress: Progress) -> "Reading":
        assert self._pipe is not None
        told: tuple[float, str] = (0.0, "pipeline.doing.reading")
        while True:
            progress(*told)  # raises Cancelled
            if not self._pipe.poll(TELL_EVERY_S):
                continue
            kind, content = self._pipe.recv()
            if kind == "progress":
                told = content
            elif kind == "error":
                raise content
            elif kind == "defect":
                raise ReadingDefect(*content)
            else:
                return _load(Path(content))


def forget_handovers() -> None:
    """Delete what earlier runs left behind; what another window still maps stays where the system forbids it."""
    for path in user_folder("cache").glob(HANDOVER):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > 86400:
                path.unlink()


def _serve(pipe: Connection) -> None:
    from app.engine import pipeline
    from app.engine.reading import formats

    formats()  # imports every reader now rather than at the first file
    last = 0.0

    def progress(share: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last > TELL_EVERY_S:
            last = time.monotonic()
            pipe.send(("progress", (share, doing)))

    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            names, mappings, offsets_ns = pipe.recv()
            paths = [Path(name) for name in names]
            try:
                pipe.send(("done", str(_store(pipeline.read_traces(paths, progress, mappings, offsets_ns=offsets_ns)))))
            except (EngineError, OSError) as error:
                pipe.send(("error", error))
            except MemoryError:
                pipe.send(("error", EngineError("reading.worker_died", file=paths[0])))
            except Exception as error:  # noqa: BLE001 - a defect of ours: the window reports it as its own
                pipe.send(("defect", (type(error).__name__, places_of(error))))


def _store(reading: "Reading") -> Path:
    """Write a reading: the length of the head, the head (places of the arrays, the pickle), then the arrays at multiples of 64 bytes.

    An array that is mapped from the cache of read traces is told by its place there, so that nothing is copied.
    """
    import numpy as np

    from app.engine.reading import file_of

    arrays: list[pickle.PickleBuffer] = []
    body = pickle.dumps(reading, protocol=5, buffer_callback=arrays.append)
    views = [array.raw() for array in arrays]
    found = [file_of(np.frombuffer(view, np.uint8)) if view.nbytes else None for view in views]
    places, place = [], 0
    for view, known in zip(views, found, strict=True):
        places.append((*(known or ("", place)), view.nbytes))
        if known is None:
            place += view.nbytes + -view.nbytes % ALIGNMENT
    head = pickle.dumps((places, body), protocol=5)
    head += bytes(-(len(head) + 8) % ALIGNMENT)
    path = user_folder("cache") / f"handover-{time.time_ns()}.columns"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for view, known in zip(views, found, strict=True):
            if known is None:
                file.write(view)
                file.write(bytes(-view.nbytes % ALIGNMENT))
    return path


def _load(path: Path) -> "Reading":
    whole = _mapped(path)
    (length,) = struct.unpack_from("<Q", whole)
    places, body = pickle.loads(whole[8 : 8 + length])
    files = {name: _mapped(Path(name)) for name in {name for name, _, _ in places if name}} | {"": whole[8 + length :]}
    buffers = [files[name][place : place + size] for name, place, size in places]
    with contextlib.suppress(OSError):  # Windows keeps a mapped file; forget_handovers deletes it later
        path.unlink()
    return pickle.loads(body, buffers=buffers)


def _mapped(path: Path) -> memoryview:
    """Return a whole file; the arrays keep the mapping, what is written to them stays private."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))

"""No command: open the window; where no display can be had, say so and run `demo`."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from app.cli._frame import EXIT_DONE, language_of, run_command
from app.engine.messages import message as message_of
from app.engine.messages import render

PROBE = "from PySide6.QtGui import QGuiApplication as A; A([])"
PROBE_S = 20


def run_window_command(words: list[str]) -> int:
    """Open the window with these files, or with the sample project for `--sample`; return the exit status."""
    lang = language_of(words)
    files = [Path(word) for place, word in enumerate(words) if not word.startswith("--") and (not place or words[place - 1] != "--lang")]
    if not _has_display():
        print(render(message_of("gui.no_display"), lang), file=sys.stderr)
        return run_command(["demo", "--out", "demo-out", "--lang", lang]) if not files else EXIT_DONE
    from app.gui.application import run_window

    return run_window(files, lang, sample="--sample" in words)


def _has_display() -> bool:
    """Tell whether a window can be opened. Qt aborts the process where its platform cannot start, so another process tries first."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    if _x_answers():
        return True
    try:
        return subprocess.run([sys.executable, "-c", PROBE], capture_output=True, timeout=PROBE_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _x_answers() -> bool:
    """Tell whether Qt's own way to the X server works: its plugin loads and the server lets us in. Takes 20 ms; the other process 250."""
    import importlib.util

    spec = importlib.util.find_spec("PySide6")
    if not os.environ.get("DISPLAY") or spec is None or spec.origin is None:
        return False
    try:
        ctypes.CDLL(str(Path(spec.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"))
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:  # a library that Qt needs is missing here
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not refused

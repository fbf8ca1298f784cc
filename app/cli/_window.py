"""No command: open the window; where no display can be had, say so and run `demo`."""

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
    try:
        return subprocess.run([sys.executable, "-c", PROBE], capture_output=True, timeout=PROBE_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False

"""What the clipboard holds for an import: files, paths as text, or the text of a table or a run description itself."""

import re
from pathlib import Path

from PySide6.QtCore import QMimeData

from app.engine.environment_text import environment_of_text
from app.engine.paths import user_folder
from app.gui.dropping import paths_of

MOST_PATH_LENGTH = 4096
MOST_TEXT_BYTES = 64 * 2**20
LOOKS_LIKE_PATH = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\|/|~|\.{1,2}[\\/])")


def pasted(data: QMimeData, name: str) -> list[Path]:
    """Return the files that are meant, [] where there are none. Text is written to the cache folder under `name` first.

    Raises OSError where it cannot be written.
    """
    paths = paths_of(data)
    if paths:
        return paths
    text = data.text().strip()
    if not text:
        return []
    kind = kind_of_text(text)
    if kind and len(text) < MOST_TEXT_BYTES:
        path = user_folder("cache") / f"{name}.{kind}"
        path.write_text(text + "\n", encoding="utf-8")
        return [path]
    return typed_paths(text)


def environment_in(data: QMimeData) -> str:
    """Return the pasted text where it is output of commands that tells of a machine, "" where it is something else."""
    text = data.text() if data.hasText() and not paths_of(data) else ""
    return text if text.strip() and kind_of_text(text.strip()) not in ("toml", "json") and environment_of_text(text) else ""


def typed_paths(text: str) -> list[Path]:
    """Return the paths of a text: one a line, or several with ; between, each with or without quotation marks."""
    words = [one or other for one, other in re.findall(r'"([^"]+)"|([^;\n"]+)', text)]
    named = [word.strip().removeprefix("file://") for word in words if word.strip()]
    return [Path(word).expanduser() for word in named if len(word) < MOST_PATH_LENGTH]


def kind_of_text(text: str) -> str:
    """Return toml, json or csv where a text is the content of such a file, "" where it looks like paths."""
    lines = text.splitlines()
    if re.search(r"^\s*\[\w+\]\s*(?:#.*)?$", text, re.MULTILINE) and "=" in text:
        return "toml"
    if text[0] in "{[" and text[-1] in "}]":
        return "json"
    if len(lines) > 1 and not LOOKS_LIKE_PATH.match(text.lstrip('"')) and any(mark in lines[0] for mark in ",\t;|"):
        return "csv"
    return ""

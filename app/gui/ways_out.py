"""What can be done about an error, the useful thing first: each error card carries one of these beside "copy details"."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import EngineError
from app.gui.notices import Way

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".log")
MAPPED = ("reading.unknown_format", "reading.no_time_column", "reading.no_metric_column", "reading.no_samples")
LISTED = ("reading.unknown_format", "reading.binary")
CHOSEN_AGAIN = (
    "reading.not_found", "reading.not_readable", "reading.empty", "reading.packing_damaged", "reading.json_broken", "reading.no_rows",
    "reading.worker_died", "project.damaged",
)  # fmt: skip


def ways_out(error: EngineError, window: "MainWindow") -> list[Way]:
    """Return what the user can do about an error from here."""
    code, path, say = error.message.code, Path(error.file or "."), window.look.say
    if code == "pipeline.which_case" and path.is_file():
        return [Way(say("intake.way.case"), "list-filter", lambda: window.importing.take_as(path, "measured"), ends=True)]
    ways = []
    if code in MAPPED and path.is_file() and path.suffix.lower() in TABLES:
        ways.append(Way(say("intake.way.map"), "table", lambda: window.importing.map_table(path), ends=True))
    if code in LISTED:
        ways.append(Way(say("intake.way.formats"), "list-filter", lambda: window.do("formats")))
    if code.startswith("workload."):
        ways.append(Way(say("intake.way.type"), "sliders-horizontal", lambda: window.show_page("requirement")))
    if code.startswith("prices."):
        ways.append(Way(say("intake.way.template"), "file-spreadsheet", lambda: window.do("template")))
    if code in CHOSEN_AGAIN:
        ways.append(Way(say("intake.way.choose"), "folder-open", lambda: window.do("import"), ends=True))
    return ways

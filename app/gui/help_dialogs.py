"""What can be looked up: all keys in groups, the formats that are read, faults of the platform base, versions and licences."""

import importlib.metadata
import platform as machine
from collections.abc import Sequence

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QWidget

from app import __version__
from app.engine.messages import message, render_remedy
from app.engine.model.profiles import AXES
from app.engine.platform_store import Problem
from app.engine.reading import format_facts
from app.gui.look import Look
from app.gui.verbs import Verb
from app.gui.widgets.dialogs import TableDialog
from app.gui.widgets.drop_area import GROUPS, group_of
from app.gui.widgets.table import Cell, Column, Heading, Row

PLOT_KEYS = (
    ("zoom", "W  S"), ("pan", "A  D"), ("cursor", "← →"), ("fit", "F"), ("region", "R"), ("marker", "M"), ("unmark", "Delete"),
    ("back", "Backspace"), ("tell", "Space"), ("box", "page_profile.mouse.drag"), ("hand", "page_profile.mouse.shift_drag"),
    ("choose", "page_profile.mouse.ctrl_drag"), ("wheel", "page_profile.mouse.ctrl_wheel"),
    ("shift", "page_profile.mouse.alt_drag"), ("step", "page_profile.mouse.double"), ("pick", "page_profile.mouse.click"),
    ("boxes", "← → ↑ ↓"), ("find", "Ctrl+F"),
)  # fmt: skip
"""What the keys of a plot do, and the mouse, whose words have a language and are therefore codes."""
TABLE_KEYS = (("copy", "Ctrl+C"), ("explain", "Space"), ("several", "Ctrl+click"), ("all", "Ctrl+A"), ("sort", "click"))
FORM_KEYS = (("next", "Tab"), ("before", "Shift+Tab"), ("take", "Enter"), ("complete", "↓"))
LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "pandas", "scipy", "msgspec", "openpyxl", "XlsxWriter", "python-calamine", "python-docx",
    "reportlab", "pypdfium2", "platformdirs",
)  # fmt: skip
SHIPPED = (("Noto Sans SC", "OFL-1.1"), ("Lucide", "ISC"))
LONGEST_LICENCE = 60
WIDE_PX = 1180
DESCRIPTIONS = ("run.toml", "config.json")


def keys_dialog(verbs: Sequence[Verb], look: Look, parent: QWidget) -> TableDialog:
    """Return the list of all keys."""
    say = look.say
    groups: list[tuple[str, list[tuple[str, str]]]] = [("window", [(say(verb.code), verb.keys) for verb in verbs if verb.keys])]
    groups.append(("plot", [(say(f"gui.plot_key.{code}"), say(word) if "." in word else word) for code, word in PLOT_KEYS]))
    for name, keys in (("table", TABLE_KEYS), ("form", FORM_KEYS)):
        groups.append((name, [(say(f"intake.key.{name}.{code}"), word) for code, word in keys]))
    rows: list[Row] = []
    for name, listed in groups:
        rows.append(Heading(say(f"intake.keys.{name}")))
        rows += [(Cell(text), Cell(key)) for text, key in listed]
    columns = (Column(say("gui.action_head")), Column(say("gui.key_head"), width=200))
    return TableDialog(say("gui.action.keys"), columns, rows, look, parent)


def formats_dialog(look: Look, parent: QWidget) -> TableDialog:
    """Return the list of what can be read: what makes it, which axes it feeds, what it does not tell."""
    say = look.say
    rows: list[Row] = []
    for group in GROUPS:
        rows.append(Heading(say(f"intake.group.{group}")))
        for fact in format_facts():
            if group_of(fact.slug) == group:
                feeds = look.tell(message("intake.formats.list", words=[_feed(one, look) for one in fact.feeds]))
                rows.append((Cell(fact.label), Cell(fact.command), Cell(feeds), Cell(fact.cannot[look.lang])))
    for name in DESCRIPTIONS:
        rows.append((Cell(name), Cell(say(f"intake.formats.{name.partition('.')[0]}")), Cell("—"), Cell("—")))
    heads = [Column(say(f"intake.formats.{name}"), width=px) for name, px in (("format", 220), ("command", 300), ("feeds", 300))]
    heads.append(Column(say("intake.formats.cannot")))
    dialog = TableDialog(say("intake.action.formats"), heads, rows, look, parent, hint=say("intake.formats_hint"))
    dialog.resize(WIDE_PX, dialog.height())
    return dialog


def _feed(word: str, look: Look) -> str:
    name = word.rstrip("*+")
    shown = look.say(f"profiling.axis.{name}" if name in AXES else f"intake.formats.{name}")
    return shown + word[len(name) :]


def faults_dialog(faults: Sequence[Problem], look: Look, parent: QWidget) -> TableDialog:
    """Return what is wrong in the platform base."""
    say = look.say
    rows: list[Row] = [
        (Cell(f"{fault.file}:{fault.row}"), Cell(fault.key), Cell(look.tell(fault.what), tip=render_remedy(fault.what, look.lang)))
        for fault in faults
    ]
    columns = (Column(say("intake.fault.where"), width=180), Column(say("intake.fault.key"), width=140), Column(say("intake.fault.what")))
    hint = say("intake.faults_none") if not rows else say("intake.faults_some", count=len(rows))
    return TableDialog(say("intake.action.check_platforms"), columns, rows, look, parent, hint=hint)


def about_dialog(look: Look, parent: QWidget) -> TableDialog:
    """Return the versions and licences of the program and of what it is made of."""
    say = look.say
    rows: list[Row] = [(Cell(say("gui.name"), bold=True), Cell(__version__), Cell("Apache-2.0"))]
    rows += [(Cell("Python"), Cell(machine.python_version()), Cell("PSF-2.0")), (Cell("Qt"), Cell(qVersion()), Cell("LGPL-3.0"))]
    rows += [(Cell(name), Cell(version), Cell(licence, tip=licence)) for name, version, licence in map(_library, LIBRARIES) if version]
    rows += [(Cell(name), Cell("—"), Cell(licence)) for name, licence in SHIPPED]
    columns = (
        Column(say("intake.versions.part")),
        Column(say("intake.versions.version"), width=110),
        Column(say("intake.versions.licence"), width=240),
    )
    return TableDialog(say("intake.action.about"), columns, rows, look, parent, hint=say("intake.versions.hint"))


def _library(name: str) -> tuple[str, str, str]:
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return name, "", ""
    kinds = [line.rpartition(":: ")[2] for line in told.get_all("Classifier", ()) if line.startswith("License ::")]
    written = (told.get("License-Expression") or told.get("License") or "").strip()
    licence = written if written and len(written) < LONGEST_LICENCE and "\n" not in written else " / ".join(kinds) or "—"
    return name, told["Version"], licence

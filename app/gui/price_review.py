"""The way from the import view of a price sheet back into the project: remember what was said, read the file again, one step to undo."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from app.engine import pipeline
from app.engine.mapping_store import remember_price_mapping
from app.engine.model.plans import PriceMapping, PriceSheet
from app.gui.look import Look
from app.gui.price_dialog import AREA, PriceDialog
from app.gui.session import Session
from app.gui.widgets.basics import button


def review_button(session: Session, look: Look, parent: QWidget) -> QPushButton:
    """Return the button that opens the import view."""
    made = button(look.say(f"{AREA}.button"), look.theme, lambda: review(session, look, parent, lambda: None), symbol="list-checks")
    made.setToolTip(look.say(f"{AREA}.tip"))
    return made


def review(session: Session, look: Look, parent: QWidget, then: Callable[[], None]) -> PriceDialog:
    """Open the import view of the project's price sheet; what is chosen otherwise is read anew."""
    sheet = session.project.prices
    assert sheet is not None
    dialog = PriceDialog(sheet, look, parent)
    dialog.accepted.connect(lambda: _take(session, sheet, dialog.mapping(), look, parent, then))
    dialog.open()
    return dialog


def _take(session: Session, sheet: PriceSheet, mapping: PriceMapping, look: Look, parent: QWidget, then: Callable[[], None]) -> None:
    if mapping == (sheet.mapping or PriceMapping(sheet.heads)):
        return
    path = session.price_file
    if path is None or path.name != sheet.file or not path.is_file():  # a project does not keep where its files lay
        name, _ = QFileDialog.getOpenFileName(parent, look.say(f"{AREA}.find", file=sheet.file), "", "Excel (*.xlsx *.xlsm)")
        if not name:
            return
        path = session.price_file = Path(name)
    remember_price_mapping(mapping)
    read_again(session, path, then)


def read_again(session: Session, path: Path, then: Callable[[], None]) -> None:
    """Read a price sheet with what is remembered of its layout, and put it into the project as one step."""

    def done(found: object) -> None:
        assert isinstance(found, PriceSheet)
        session.edit("gui.did.prices", prices=found)
        then()

    session.jobs.start("gui.job.read", lambda _progress: pipeline.read_prices(path), done)

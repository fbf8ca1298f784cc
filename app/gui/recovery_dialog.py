"""What killed windows left behind: one line each with its name, time and original place; recover it, discard it, or decide later."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from app.gui.look import UNKNOWN, Look
from app.gui.recovery import RecoveryFile
from app.gui.theme.tokens import BODY_PX, SMALL_PX
from app.gui.widgets.basics import boxed, button, column, label, row, well
from app.gui.widgets.question import Question


class RecoveryDialog(Question):
    """The offer. It holds the files until each is decided; what is left when it closes is offered again at the next start."""

    def __init__(self, found: Sequence[RecoveryFile], look: Look, recover: Callable[[RecoveryFile], object], parent: QWidget) -> None:
        say = look.say
        super().__init__(
            parent,
            look,
            say("document.recovery.title"),
            say("document.recovery.why"),
            (("later", say("document.recovery.later")),),
            symbol="history",
        )
        self._look, self._recover = look, recover
        self.lines: dict[RecoveryFile, QWidget] = {}
        self.setFixedWidth(640)
        for file in found:
            self.lines[file] = self._line(file)
            self.body.addWidget(self.lines[file])
        self.finished.connect(self._let_go)

    def _line(self, file: RecoveryFile) -> QWidget:
        say, theme = self._look.say, self._look.theme
        when = f"{file.written_at:%Y-%m-%d %H:%M}" if file.written_at else UNKNOWN
        place = str(file.origin) if file.origin else say("document.recovery.never_saved")
        facts = column(
            label(file.name or say("gui.untitled"), BODY_PX, bold=True, wrap=True),
            label(f"{when} · {place}", SMALL_PX, tone="2", wrap=True),
            spacing=2,
        )
        line = row(spacing=8)
        line.addLayout(facts, 1)
        line.addWidget(button(say("document.recovery.recover"), theme, lambda: self.take(file), primary=True))
        line.addWidget(button(say("document.recovery.discard"), theme, lambda: self.drop(file)))
        return well(boxed(line))

    def take(self, file: RecoveryFile) -> None:
        """Recover a file; the others wait for the next start."""
        self._decided(file)
        self.accept()
        self._recover(file)

    def drop(self, file: RecoveryFile) -> None:
        """Delete a file."""
        file.discard()
        self._decided(file)
        if not self.lines:
            self.accept()

    def _decided(self, file: RecoveryFile) -> None:
        line = self.lines.pop(file)
        line.hide()
        line.deleteLater()

    def _let_go(self) -> None:
        for file in self.lines:
            file.let_go()

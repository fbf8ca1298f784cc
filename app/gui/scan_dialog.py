"""What a customer's source holds: judged per platform family, find by find, packages, and what could not be read."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.engine import pipeline
from app.engine.messages import message, render_remedy
from app.engine.model.porting import Scan, TopicVerdict, topic_message
from app.engine.porting import judge_source
from app.gui.look import Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import badge, boxed, button, label, row, segments
from app.gui.widgets.choice import Choice
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.dialogs import Dialog
from app.gui.widgets.table import Cell, Column, Row, Table

WIDE_PX, HIGH_PX = 1160, 700
TABS = ("platform", "findings", "packages", "unread")
LEVELS = {"runs": "ok", "adapt": "warning", "replace": "warning", "write": "blocked", "unknown": "unknown"}


class ScanDialog(Dialog):
    """Four tables behind one switch. again: scan another folder; forget: take the scan out of the project."""

    def __init__(self, scan: Scan, platform: str, look: Look, parent: QWidget, again: Callable[[], object], forget: Callable[[], object]):
        say = look.say
        packages, finds = sum(bool(one.topic) for one in scan.packages), sum(one.count for one in scan.findings)
        told = say("scan.about", folder=scan.folder, files=scan.files, lines=look.number(scan.lines, 0), findings=finds, packages=packages)
        super().__init__(say("scan.title"), look, parent, hint=told)
        self.resize(WIDE_PX, HIGH_PX)
        self.scan = scan
        families = {one.family: one for one in pipeline.platforms_by_id().values() if one.family}
        self._platforms = families
        names = [(name, f"{one.vendor_zh if look.lang == 'zh' else one.vendor_en} · {name}") for name, one in families.items()]
        self.choice = Choice(say("scan.head.platform"), names)
        chosen = pipeline.platforms_by_id().get(platform)
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen.family if chosen else "")))
        self.choice.currentIndexChanged.connect(lambda _at: self._judge())
        self._standing = row()
        self._stack = QStackedWidget()
        self.tables = dict(zip(TABS[1:], (self._findings(), self._packages(), self._unread()), strict=True))
        for table in self.tables.values():
            self._stack.addWidget(table)
        words = [(name, say(f"scan.tab.{name}")) for name in TABS if name != "unread" or scan.unreadable]
        line = row(segments(words, "platform", self.show_tab), None)
        line.addLayout(self._standing)
        line.addWidget(self.choice)
        self.body.addWidget(boxed(line))
        self.body.addWidget(self._stack, 1)
        for said in self._losses():
            self.body.addWidget(label(said, SMALL_PX, tone="2", wrap=True))
        copy = button(say("gui.copy_table"), look.theme, lambda: copy_text(self.table.as_text()), symbol="copy")
        other = button(say("scan.again"), look.theme, lambda: (self.accept(), again()), symbol="folder")
        remove = button(say("scan.forget"), look.theme, lambda: (self.accept(), forget()), symbol="trash-2")
        self.finish(say("gui.close"), "", copy, other, remove)
        self._judge()

    @property
    def table(self) -> Table:
        """The table that is shown."""
        shown = self._stack.currentWidget()
        assert isinstance(shown, Table)
        return shown

    def show_tab(self, name: str) -> None:
        """Show one of the four tables."""
        self._stack.setCurrentWidget(self.tables[name])

    def _judge(self) -> None:
        """Make the table of verdicts anew for the family that is chosen."""
        look, platform = self.look, self._platforms[self.choice.currentData()]
        verdict = judge_source(self.scan, [platform])[platform.id]
        while taken := self._standing.takeAt(0):
            if widget := taken.widget():
                widget.hide()
                widget.deleteLater()
        self._standing.addWidget(badge(verdict.level, look.say(f"assessing.level.{verdict.level}"), look.theme))
        self._standing.addWidget(label(look.tell(verdict.summary), SMALL_PX, tone="2"))
        before = self.tables.get("platform")
        was_shown = before is None or self._stack.currentWidget() is before
        say = look.say
        columns = (
            Column(say("scan.head.topic"), fit=True),
            Column(say("scan.head.verdict"), fit=True),
            Column(say("scan.head.instead"), least=220),
            Column(say("scan.head.count"), number=True, fit=True),
            Column(say("scan.head.place"), least=130),
            Column(say("scan.head.source"), least=140),
        )
        made = Table(columns, [self._topic(one) for one in verdict.topics], look.theme, name=say("scan.tab.platform"))
        self.tables = {"platform": made, **{name: table for name, table in self.tables.items() if name != "platform"}}
        self._stack.insertWidget(0, made)
        if was_shown:
            self._stack.setCurrentWidget(made)
        if before is not None:
            self._stack.removeWidget(before)
            before.deleteLater()

    def _topic(self, one: TopicVerdict) -> Row:
        look, known = self.look, one.verdict
        instead = (known.instead_zh if look.lang == "zh" else known.instead_en) if known else ""
        places = "\n".join(f"{found.file}:{found.line}  {found.what} × {found.count}" for found in one.found[:12])
        return (
            Cell(look.tell(topic_message(one.topic)), tip=places),
            Cell(
                look.say(f"scan.verdict.{one.word}"),
                float(list(LEVELS).index(one.word)),
                level=LEVELS[one.word],
                chip=look.say("scan.inferred") if one.inferred else "",
            ),
            Cell(instead, tip=instead),
            _count(look, sum(found.count for found in one.found)),
            Cell(f"{one.found[0].file}:{one.found[0].line}", tip=places),
            Cell(known.source if known else "", tip=known.source if known else ""),
        )

    def _findings(self) -> Table:
        say = self.look.say
        columns = (
            Column(say("scan.head.file"), least=240),
            Column(say("scan.head.line"), number=True, fit=True),
            Column(say("scan.head.kind"), fit=True),
            Column(say("scan.head.what"), least=220),
            Column(say("scan.head.count"), number=True, fit=True),
        )
        look = self.look
        rows = [
            (
                Cell(one.file, tip=one.file),
                _count(look, one.line),
                Cell(say(f"scan.kind.{one.kind}")),
                Cell(one.what),
                _count(look, one.count),
            )
            for one in self.scan.findings
        ]
        return self._made(columns, rows, "findings")

    def _packages(self) -> Table:
        say, look = self.look.say, self.look
        columns = (
            Column(say("scan.head.package"), least=180),
            Column(say("scan.head.constraint"), fit=True),
            Column(say("scan.head.topic"), fit=True),
            Column(say("scan.head.imported"), number=True, fit=True),
            Column(say("scan.head.place"), least=200),
        )
        rows = [
            (
                Cell(one.name),
                Cell(one.constraint),
                Cell(look.tell(topic_message(one.topic)) if one.topic else ""),
                _count(look, one.imported),
                Cell(f"{one.file}:{one.line}"),
            )
            for one in self.scan.packages
        ]
        return self._made(columns, rows, "packages")

    def _unread(self) -> Table:
        say, look = self.look.say, self.look
        columns = (
            Column(say("scan.head.file"), least=240),
            Column(say("scan.head.line"), number=True, fit=True),
            Column(say("scan.head.reason"), least=240),
            Column(say("scan.head.hint"), least=240),
        )
        rows = []
        for one in self.scan.unreadable:
            why = message(f"scan.unread.{one.why}", detail=one.detail)
            hint = render_remedy(why, look.lang)
            rows.append((Cell(one.file), _count(look, one.line), Cell(look.tell(why), tip=look.tell(why)), Cell(hint, tip=hint)))
        return self._made(columns, rows, "unread")

    def _made(self, columns: Sequence[Column], rows: Sequence[Row], name: str) -> Table:
        return Table(columns, rows, self.look.theme, name=self.look.say(f"scan.tab.{name}"))

    def _losses(self) -> list[str]:
        """Return what was skipped and what is not listed, one line each."""
        say = self.look.say
        reasons = [say(f"scan.skipped.{name}", count=count) for name, count in self.scan.skipped.items()]
        said = [say("scan.skipped_line", reasons=("；" if self.look.lang == "zh" else "; ").join(reasons))] if reasons else []
        return said + ([say("scan.left_out", count=self.scan.left_out)] if self.scan.left_out else [])


def _count(look: Look, number: int) -> Cell:
    return Cell(look.number(number, 0) if number else "", float(number))

"""One platform of the matrix in detail: facts, checks with their evidence and remedy, effort and cost; ways to compare it."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.engine.model.assessments import Assessment, Effort, EffortSettings, Evidence, Finding
from app.engine.model.estimates import MemoryEstimate, MemoryFit
from app.engine.model.kinds import KindMatch
from app.engine.model.platforms import Platform
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, FIGURE_PX, MARGIN, SMALL_PX
from app.gui.widgets.assessment_matrix import days_told
from app.gui.widgets.basics import Card, badge, boxed, button, chip, column, label, picture, row, well
from app.gui.widgets.effort_breakdown import EffortBreakdown
from app.gui.widgets.elided import Elided
from app.gui.widgets.fact_tile import FactTile
from app.gui.widgets.facts import fact_text, fact_tip
from app.gui.widgets.folding import Fold, Line
from app.gui.widgets.form import Fold as FormFold
from app.gui.widgets.memory_parts import MemoryParts
from app.gui.widgets.range_bars import Range, RangeBars

NAME_PX = {"zh": 44, "en": 78}
GAP = 8
SIDE_PX = (360, 480)


class AssessmentDetails(Card):
    """Shows one assessment at a time; checks fold, the chosen one stands open."""

    compare_wanted = Signal(str)
    library_wanted = Signal(str)
    effort_edited = Signal(object)  # EffortSettings
    operators_wanted = Signal(str)
    source_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(padding=0)
        self._look = look
        self.setMinimumWidth(SIDE_PX[0])
        self.setMaximumWidth(SIDE_PX[1])
        self.platform = ""
        self.folds: dict[str, Fold] = {}
        self.parts: MemoryParts | None = None  # made when the VRAM check is unfolded
        self.breakdown: FormFold | None = None
        self._memory: tuple[MemoryEstimate, MemoryFit] | None = None
        self._settings = EffortSettings()
        self._head, self._inner = QWidget(), QWidget()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        self.body.setSpacing(0)
        self.body.addWidget(self._head)
        self.body.addWidget(self._scroll, 1)
        self.body.addWidget(self._ways())

    def _ways(self) -> QWidget:
        say, theme = self._look.say, self._look.theme
        compare = button(say("page_assessment.compare"), theme, lambda: self.compare_wanted.emit(self.platform), symbol="git-compare")
        compare.setToolTip(say("page_assessment.compare_tip"))
        library = button(say("page_assessment.library"), theme, lambda: self.library_wanted.emit(self.platform), symbol="database")
        line = row(compare, library)
        line.setContentsMargins(MARGIN, GAP, MARGIN, 12)
        return boxed(line)

    def show_assessment(
        self,
        one: Assessment,
        platform: Platform,
        speed: Line | None,
        basis: str,
        memory: tuple[MemoryEstimate, MemoryFit] | None = None,
        settings: EffortSettings | None = None,
        match: KindMatch | None = None,
    ) -> None:
        """Show an assessment.

        speed   what the performance line says in place of its summary; basis: what that is made of
        memory  the estimate and how it stands to this platform: shown part by part with the VRAM check
        settings   what the project sets of the effort; match: whether it is of the kind of platform that the run asks for
        """
        self.platform, self._memory, self.parts = one.platform, memory, None
        self._settings, self.breakdown = settings or EffortSettings(), None
        head = column(self._title(one, platform), spacing=GAP)
        if match is not None:
            head.addWidget(Elided(self._look.tell(match.said), SMALL_PX, tone="2"))
        head.addWidget(self._tiles(platform))
        head.setContentsMargins(MARGIN, 12, MARGIN, GAP)
        self._replace_head(boxed(head))
        self.folds = {finding.check: self._fold(finding, speed, basis) for finding in one.checks}
        inner = column(*self.folds.values(), spacing=0)
        if one.effort is not None:
            inner.addSpacing(12)
            inner.addWidget(self._effort(one.effort))
        inner.addStretch(1)
        inner.setContentsMargins(MARGIN, 0, MARGIN, GAP)
        self._inner = boxed(inner)
        self._scroll.setWidget(self._inner)
        self._inner.setAutoFillBackground(False)

    def open_at(self, check: str) -> None:
        """Unfold one check, fold the others, and bring it into view; "" folds all."""
        for name, fold in self.folds.items():
            fold.set_open(name == check)
        if check in self.folds:
            fold = self.folds[check]
            QTimer.singleShot(0, fold, lambda: self._bring_into_view(fold))

    def _bring_into_view(self, fold: Fold) -> None:
        """Show all of it, or where it is higher than there is room its head and what follows."""
        self._scroll.ensureWidgetVisible(fold, 0, GAP)
        self._scroll.ensureWidgetVisible(fold.head, 0, GAP)

    def _replace_head(self, head: QWidget) -> None:
        old, self._head = self._head, head
        self.body.replaceWidget(old, head)
        old.hide()
        old.deleteLater()

    # Head ---------------------------------------------------------------------------------------------------------------------------

    def _title(self, one: Assessment, platform: Platform) -> QWidget:
        look, theme = self._look, self._look.theme
        name = Elided(look.product(platform.id), FIGURE_PX, bold=True, middle=True)
        line = row(name)
        if platform.domestic:
            line.addWidget(chip(look.say("page_assessment.domestic"), theme.text2, theme.unk_soft))
        line.addStretch(1)
        line.addWidget(badge(one.verdict, look.say(f"assessing.verdict.{one.verdict}"), theme))
        vendor = platform.vendor_zh if look.lang == "zh" else platform.vendor_en
        fabric = "" if platform.fabric.kind == "none" else platform.fabric.kind
        power = platform.number("tdp_w")
        parts = (vendor or platform.vendor_en, fabric, f"{power:.0f} W" if power else "", platform.host.kind)
        about = Elided(" · ".join(part for part in parts if part), SMALL_PX, tone="2")
        return boxed(column(boxed(line), about, label(look.tell(one.reason), SMALL_PX, tone="2", wrap=True), spacing=4))

    def _tiles(self, platform: Platform) -> QWidget:
        say = self._look.say
        effective = platform.number("achieved_bf16_tflops") is not None
        rate = ("effective", "achieved_bf16_tflops") if effective else ("dense", "bf16_tensor_tflops")
        fabric = platform.fabric.kind not in ("", "none")
        link = say("page_assessment.tile.fabric", name=platform.fabric.kind) if fabric else say("page_assessment.tile.fabric_unknown")
        return boxed(
            row(
                self._tile(platform, say("page_assessment.tile.memory"), "memory_gb"),
                self._tile(platform, say(f"page_assessment.tile.{rate[0]}"), rate[1]),
                self._tile(platform, link, "fabric_bw_one_direction_gbs"),
            )
        )

    def _tile(self, platform: Platform, caption: str, key: str) -> FactTile:
        text = fact_text(self._look, platform, key)
        unit = platform.facts[key].unit if platform.number(key) is not None else ""
        return FactTile(caption, text, unit, fact_tip(self._look, platform, key), self._look.theme)

    # Checks -------------------------------------------------------------------------------------------------------------------------

    def _fold(self, finding: Finding, speed: Line | None, basis: str) -> Fold:
        look = self._look
        line = Line(finding.level, look.say(f"assessing.check.{finding.check}"), look.tell(finding.summary))
        lead = ""
        if finding.check == "performance" and speed is not None and finding.level != "unknown":
            line, lead = speed, basis
        return Fold(line, NAME_PX[look.lang], look.theme, self._evidence_maker(finding, lead))

    def _evidence_maker(self, finding: Finding, lead: str) -> Callable[[], QWidget]:
        if finding.check == "vram" and self._memory is not None and self._memory[0].by_stage:
            return lambda: boxed(column(self._evidence(finding, lead), self._memory_parts(), spacing=GAP))
        if finding.check == "operators":
            return lambda: boxed(column(self._evidence(finding, lead), self._all_operators(), spacing=GAP))
        return lambda: self._evidence(finding, lead)

    def _all_operators(self) -> QWidget:
        say, theme = self._look.say, self._look.theme
        every = button(say("scan.operators.open"), theme, lambda: self.operators_wanted.emit(self.platform), symbol="list")
        source = button(say("scan.open"), theme, self.source_wanted.emit, symbol="brackets")
        source.setToolTip(say("scan.open_tip"))
        return boxed(row(every, source, None))

    def _memory_parts(self) -> QWidget:
        assert self._memory is not None
        estimate, fit = self._memory
        self.parts = MemoryParts(self._look, compact=True)
        self.parts.show_estimate(estimate, fit.capacity_gib, fit.usable_gib)
        return self.parts

    def _evidence(self, finding: Finding, lead: str) -> QWidget:
        look, theme = self._look, self._look.theme
        parts: list[QWidget] = [label(lead, SMALL_PX, wrap=True, select=True)] if lead else []
        if not finding.evidence:
            parts.append(label(look.tell(finding.summary), SMALL_PX, wrap=True, select=True))
        for evidence in finding.evidence:
            parts += self._cited(evidence)
        if finding.remedy is not None:
            line = row(picture("wrench", theme.accent, 14), label(look.tell(finding.remedy), SMALL_PX, wrap=True, select=True))
            line.setAlignment(line.itemAt(0).widget(), Qt.AlignmentFlag.AlignTop)
            line.setStretch(1, 1)
            line.setContentsMargins(0, 4, 0, 0)
            parts.append(boxed(line))
        return well(*parts)

    def _cited(self, evidence: Evidence) -> list[QWidget]:
        told: list[QWidget] = [label(self._look.tell(evidence.text), SMALL_PX, wrap=True, select=True)]
        if evidence.source:
            source = self._look.say("page_assessment.source", source=evidence.source)
            told.append(Elided(source, CAPTION_PX, tone="3"))
        return told

    # Effort -------------------------------------------------------------------------------------------------------------------------

    def _effort(self, effort: Effort) -> QWidget:
        look, say = self._look, self._look.say
        total = label(say("page_assessment.effort_days", **days_told(look, effort.person_days)), SMALL_PX, tone="2")
        ranges = [
            Range(say(f"assessing.stage.{one.stage}"), say(f"assessing.size.{one.size}"), one.person_days, one.source)
            for one in effort.stages
        ]
        costs = [look.money(value)[0] for value in effort.cost]
        cost = say("page_assessment.cost_range", low=costs[0], likely=costs[1], high=costs[2], unit=look.money(0)[1])
        source = effort.source or say("page_assessment.own_rate")
        rate = say("page_assessment.rate", rate=look.number(effort.rate, 0), currency=effort.currency, source=source)
        self.breakdown = FormFold(
            say("page_assessment.breakdown.title", count=len(effort.items)), look.theme, lambda: [self._pieces(effort)]
        )
        return boxed(
            column(
                boxed(row(label(say("page_assessment.effort"), BODY_PX, bold=True), None, total)),
                RangeBars(ranges, say("page_assessment.unit.effort"), look),
                boxed(row(label(say("page_assessment.cost"), SMALL_PX, tone="2"), None, label(cost, SMALL_PX))),
                Elided(rate, CAPTION_PX, tone="3"),
                self.breakdown,
                spacing=4,
            )
        )

    def _pieces(self, effort: Effort) -> QWidget:
        pieces = EffortBreakdown(effort, self._settings, self._look)
        pieces.edited.connect(self.effort_edited)
        return pieces

    def open_breakdown(self) -> None:
        """Show the effort piece by piece and bring it into view."""
        if self.breakdown is not None:
            self.breakdown.open()
            shown = self.breakdown
            QTimer.singleShot(0, shown, lambda: self._scroll.ensureWidgetVisible(shown, 0, GAP))

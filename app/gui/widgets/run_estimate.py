"""What the run parameters give at once: parameters, VRAM per card with its interval, whether it fits, and what would make it fit."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.engine import pipeline
from app.engine.messages import Message
from app.engine.model.estimates import MemoryEstimate, MemoryFit
from app.engine.model.workloads import Workload
from app.engine.workload import count_parameters, data_parallel
from app.gui.look import UNKNOWN, Look
from app.gui.theme.tokens import FIGURE_PX, SMALL_PX
from app.gui.widgets.basics import Card, badge, kind_chip, label, row, rule, tool

PARTS = ("weights", "gradients", "optimizer", "activations", "working", "kv_cache", "overhead")
MOST_REMEDIES = 3


class RunEstimate(Card):
    """A card that follows the parameters as they are typed."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.say("page_requirement.card.estimate"))
        self._look = look
        self.text = ""
        copy = look.say("page_requirement.copy_estimate")
        self.tools.addWidget(tool("copy", copy, look.theme, lambda: QGuiApplication.clipboard().setText(self.text)))
        self._inner: QWidget | None = None
        self.body.addStretch(1)

    def show_workload(self, workload: Workload) -> None:
        """Show the estimate of these parameters."""
        platform = pipeline.platforms_by_id().get(workload.run.platform)
        estimate, fits = pipeline.estimate_vram(workload, [platform] if platform else [])
        if self._inner is not None:
            self.body.removeWidget(self._inner)
            self._inner.hide()
            self._inner.deleteLater()
        self._inner = QWidget()
        grid = QGridLayout(self._inner)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        self._lines: list[str] = []
        self._fill(grid, workload, estimate, fits[0] if fits else None)
        self.text = "\n".join(self._lines)
        self.body.insertWidget(0, self._inner)

    def _fill(self, grid: QGridLayout, workload: Workload, estimate: MemoryEstimate, fit: MemoryFit | None) -> None:
        say, look = self._look.say, self._look
        if estimate.total_gib is None:
            self._wide(grid, missing_text(look, estimate.unknown), tone="warn")
        else:
            self._total(grid, estimate)
        if fit is not None and estimate.total_gib is not None:
            self._fit(grid, workload, fit)
        elif estimate.total_gib is not None:
            self._wide(grid, say("page_requirement.choose_platform"), tone="2")
        if estimate.total_gib is not None:
            self._separate(grid)
            for part in PARTS:
                size = getattr(estimate, f"{part}_gib")
                if size:
                    self._line(grid, say(f"page_requirement.part.{part}"), look.number(size, 1), "GiB")
        self._separate(grid)
        self._derived(grid, workload, fit)
        for said in estimate.assumptions:
            self._wide(grid, look.tell(said), tone="3")

    def _total(self, grid: QGridLayout, estimate: MemoryEstimate) -> None:
        look, say = self._look, self._look.say
        figure = label(f"{look.number(estimate.total_gib, 1)} GiB", FIGURE_PX, bold=True)
        band = label(f"({look.number(estimate.low, 1)} – {look.number(estimate.high, 1)})", SMALL_PX, tone="2")
        line = row(figure, band, None, kind_chip("modelled", say("page_requirement.modelled"), look.theme))
        grid.addWidget(label(say("page_requirement.vram"), SMALL_PX, tone="2"), grid.rowCount(), 0, 1, 3)
        grid.addLayout(line, grid.rowCount(), 0, 1, 3)
        for part in (figure, band):
            part.setToolTip(say("page_requirement.vram_source"))
        self._lines.append(f"{say('page_requirement.vram')}\t{figure.text()} {band.text()}")

    def _fit(self, grid: QGridLayout, workload: Workload, fit: MemoryFit) -> None:
        look, say = self._look, self._look.say
        level = {True: "ok", False: "blocked", None: "unknown"}[fit.fits]
        code = {True: "fits", False: "too_small", None: "capacity_unknown"}[fit.fits]
        headroom = look.number(abs(fit.headroom_gib), 1) if fit.headroom_gib is not None else UNKNOWN
        said = say(f"page_requirement.{code}", gib=headroom)
        line = row(label(look.product(workload.run.platform), SMALL_PX), None, badge(level, said, look.theme))
        grid.addLayout(line, grid.rowCount(), 0, 1, 3)
        usable = look.number(fit.usable_gib, 1)
        self._lines.append(f"{look.product(workload.run.platform)}\t{said}")
        self._line(grid, say("page_requirement.usable"), usable, "GiB")
        for remedy in fit.remedies[:MOST_REMEDIES]:
            self._line(grid, f"→ {look.tell(remedy.change)}", look.number(remedy.total_gib, 1), "GiB")

    def _derived(self, grid: QGridLayout, workload: Workload, fit: MemoryFit | None) -> None:
        look, say, run = self._look, self._look.say, workload.run
        counted = count_parameters(workload.model) or (workload.model.parameters if workload.model else None)
        self._line(grid, say("page_requirement.parameters"), look.figure(counted / 1e9) if counted else UNKNOWN, "B")
        if workload.task == "inference":
            self._line(grid, say("page_requirement.most_concurrency"), _count(look, fit.max_concurrency if fit else None), "")
            return
        copies = data_parallel(run)
        self._line(grid, say("page_requirement.data_parallel"), _count(look, copies), "")
        step = run.global_batch * run.seq_len if run.global_batch and run.seq_len else None
        self._line(grid, say("page_requirement.step_tokens"), _count(look, step), "tokens")
        self._line(grid, say("page_requirement.most_batch"), _count(look, fit.max_micro_batch if fit else None), "")

    def _line(self, grid: QGridLayout, name: str, value: str, unit: str) -> None:
        place = grid.rowCount()
        grid.addWidget(label(name, SMALL_PX, tone="2", wrap=True), place, 0)
        grid.addWidget(_right(label(value, SMALL_PX)), place, 1)
        grid.addWidget(label(unit, SMALL_PX, tone="3"), place, 2)
        self._lines.append(f"{name}\t{value}\t{unit}".rstrip())

    def _wide(self, grid: QGridLayout, text: str, *, tone: str) -> None:
        grid.addWidget(label(text, SMALL_PX, tone=tone, wrap=True), grid.rowCount(), 0, 1, 3)
        self._lines.append(text)

    def _separate(self, grid: QGridLayout) -> None:
        grid.addWidget(rule(self._look.theme), grid.rowCount(), 0, 1, 3)


def missing_text(look: Look, unknown: Message | None) -> str:
    """Return why VRAM is unknown, with the missing keys under the names that the form gives them."""
    keys = unknown.params.get("keys") if unknown is not None else None
    if not isinstance(keys, list):
        return look.tell(unknown)
    names = [look.say(f"page_requirement.field.{str(key).strip('[').replace('] ', '.')}") for key in keys]
    return look.say("page_requirement.missing_for_vram", names=names)


def _count(look: Look, value: int | None) -> str:
    return look.number(value, 0) if value is not None else UNKNOWN


def _right(made: QLabel) -> QLabel:
    made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return made

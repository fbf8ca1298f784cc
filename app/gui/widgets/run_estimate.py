"""What the run parameters give at once: VRAM per card and its parts, whether it fits, what would make it fit, what is assumed."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.engine import pipeline
from app.engine.messages import Message
from app.engine.model.estimates import MemoryEstimate, MemoryFit
from app.engine.model.platforms import Platform
from app.engine.model.workloads import Workload
from app.engine.workload import count_parameters, data_parallel, estimate_memory, fit_memory
from app.gui.look import UNKNOWN, Look
from app.gui.theme.tokens import FIGURE_PX, SMALL_PX
from app.gui.widgets.basics import Card, badge, boxed, column, kind_chip, label, row, rule, tool
from app.gui.widgets.clipboard import copy_text
from app.gui.widgets.elided import Elided
from app.gui.widgets.memory_assumptions import MemoryAssumptions
from app.gui.widgets.memory_parts import MemoryParts
from app.gui.widgets.memory_remedies import MemoryRemedies

AT_ONCE = 8
"""Up to so many stages the remedies are looked for at once; with more, a dozen estimates take longer than a keystroke may."""
PAINTED_MS = 25
"""They begin when the edit has been painted: a thread that computes holds the interpreter, and painting waits for it."""
DERIVED = (
    "parameters", "data_parallel", "step_tokens", "step_time", "step_speed", "most_batch", "most_concurrency", "most_context",
    "most_inputs",
)  # fmt: skip
UNITS = {"parameters": "B", "step_tokens": "tokens", "step_time": "s", "step_speed": "tokens/s", "most_context": "tokens"}
AREA = "page_requirement"

Later = Callable[[Callable[[], MemoryFit], Callable[[MemoryFit], None]], None]


class RunEstimate(Card):
    """A card that follows the parameters as they are typed. It is built once, its words change. later: does work off the event loop."""

    judged = Signal()

    def __init__(self, look: Look, later: Later) -> None:
        super().__init__(look.say(f"{AREA}.card.estimate"))
        self._look, self._later, self._is_looking = look, later, False
        self._soon = QTimer(self, singleShot=True, interval=PAINTED_MS)
        self._soon.timeout.connect(self._look_for_remedies)
        self.workload: Workload | None = None
        self.estimate = MemoryEstimate()
        self.fit: MemoryFit | None = None
        say, theme = look.say, look.theme
        self.tools.addWidget(tool("copy", say(f"{AREA}.copy_estimate"), theme, lambda: copy_text(self.text)))
        self.parts, self.remedies, self.assumptions = MemoryParts(look), MemoryRemedies(look), MemoryAssumptions(look)
        self.tools.addWidget(tool("image", say("gui.tool.copy_picture"), theme, self.parts.copy_as_picture))
        self.unknown = label("", SMALL_PX, tone="warn", wrap=True)
        self.choose = label(say(f"{AREA}.choose_platform"), SMALL_PX, tone="2", wrap=True)
        self._platform = Elided("", SMALL_PX, fills=True)
        self._badge: QWidget = QWidget()
        self._badge_says = ("", "")
        self._fit_line = row(spacing=8)
        self._fit_line.addWidget(self._platform, 1)
        self._fit_line.addWidget(self._badge)
        self._fit_box = boxed(self._fit_line)
        for part in (self.unknown, self._total(), self._fit_box, self.choose, self.parts, self.remedies, rule(theme), self._facts()):
            self.body.addWidget(part)
        self.body.addWidget(rule(theme))
        self.body.addWidget(self.assumptions)
        self.body.addStretch(1)

    def _total(self) -> QWidget:
        say = self._look.say
        self._figure, self._band = label("", FIGURE_PX, bold=True), label("", SMALL_PX, tone="2")
        for part in (self._figure, self._band):
            part.setToolTip(say(f"{AREA}.vram_source"))
        line = row(self._figure, self._band, None, kind_chip("modelled", say(f"{AREA}.modelled"), self._look.theme))
        self._total_box = boxed(column(label(say(f"{AREA}.vram"), SMALL_PX, tone="2"), boxed(line), spacing=2))
        return self._total_box

    def _facts(self) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        self._facts_shown: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        for place, name in enumerate(DERIVED):
            cells = (
                label(self._look.say(f"{AREA}.{name}"), SMALL_PX, tone="2"),
                label("", SMALL_PX),
                label(UNITS.get(name, ""), SMALL_PX, tone="3"),
            )
            for at, cell in enumerate(cells):
                grid.addWidget(cell, place, at, Qt.AlignmentFlag.AlignRight if at == 1 else Qt.AlignmentFlag.AlignLeft)
            self._facts_shown[name] = cells
        return made

    # Judging ------------------------------------------------------------------------------------------------------------------------

    def show_workload(self, workload: Workload, document: Workload, met: dict[str, None]) -> None:
        """Show the estimate of these parameters. document: the run without what is being typed. met: see MemoryAssumptions."""
        if workload != self.workload:
            self.workload, self.estimate = workload, estimate_memory(workload)
            self._judge_fit(workload)
        self._show_total()
        self._show_fit()
        self.assumptions.show_assumptions(self.estimate, document, met)

    def _judge_fit(self, workload: Workload) -> None:
        platform = pipeline.platforms_by_id().get(workload.run.platform)
        if platform is None:
            self.fit = None
        elif len(self.estimate.by_stage) <= AT_ONCE or workload.task == "inference":
            (self.fit,) = fit_memory(workload, self.estimate, [platform])
        else:
            self.fit = plain_fit(workload, self.estimate, platform)
            self._soon.start()

    def _look_for_remedies(self) -> None:
        """Look for them in the background, for the newest run only."""
        workload, estimate = self.workload, self.estimate
        platform = pipeline.platforms_by_id().get(workload.run.platform) if workload is not None else None
        if self._is_looking or workload is None or platform is None:
            return
        self._is_looking = True

        def found(fit: MemoryFit) -> None:
            self._is_looking = False
            if self.workload is workload:
                self.fit = fit
                self._show_fit()
            elif len(self.estimate.by_stage) > AT_ONCE:
                self._look_for_remedies()

        self._later(lambda: fit_memory(workload, estimate, [platform])[0], found)

    # Showing ------------------------------------------------------------------------------------------------------------------------

    def _show_total(self) -> None:
        look, estimate = self._look, self.estimate
        known = estimate.total_gib is not None
        self.unknown.setText("" if known else missing_text(look, estimate.unknown))
        self.unknown.setVisible(not known)
        self._total_box.setVisible(known)
        self._figure.setText(f"{look.number(estimate.total_gib, 1)} GiB")
        self._band.setText(f"({look.number(estimate.low, 1)} – {look.number(estimate.high, 1)})")

    def _show_fit(self) -> None:
        look, fit, known = self._look, self.fit, self.estimate.total_gib is not None
        self.choose.setVisible(known and fit is None)
        self._fit_box.setVisible(known and fit is not None)
        self.parts.show_estimate(self.estimate, fit.capacity_gib if fit else None, fit.usable_gib if fit else None)
        if known and fit is not None:
            self._platform.setText(look.product(fit.platform))
            level = {True: "ok", False: "blocked", None: "unknown"}[fit.fits]
            self._show_badge(level, self._fit_words(fit))
        remedies, is_short = (fit.remedies, fit.fits is False) if fit is not None else ((), False)
        waits = is_short and not remedies and (self._is_looking or self._soon.isActive())
        self.remedies.show_remedies(remedies, is_short=known and is_short and not waits)
        self._show_facts()

    def _fit_words(self, fit: MemoryFit) -> str:
        code = {True: "fits", False: "too_small", None: "capacity_unknown"}[fit.fits]
        gib = UNKNOWN if fit.headroom_gib is None else self._look.number(abs(fit.headroom_gib), 1)
        return self._look.say(f"{AREA}.{code}", gib=gib)

    def _show_badge(self, level: str, words: str) -> None:
        if (level, words) == self._badge_says:
            return
        self._badge_says = (level, words)
        made = badge(level, words, self._look.theme)
        self._fit_line.replaceWidget(self._badge, made)
        self._badge.hide()
        self._badge.deleteLater()
        self._badge = made

    def _show_facts(self) -> None:
        assert self.workload is not None
        facts = self._derived(self.workload, self.fit)
        for name, cells in self._facts_shown.items():
            for cell in cells:
                cell.setVisible(name in facts)
            cells[1].setText(facts.get(name, ""))

    def _derived(self, workload: Workload, fit: MemoryFit | None) -> dict[str, str]:
        run, look = workload.run, self._look
        counted = self.estimate.parameters or count_parameters(workload.model) or (workload.model.parameters if workload.model else None)
        facts = {"parameters": look.figure(counted / 1e9) if counted else UNKNOWN}
        if workload.task == "inference":
            served = {"most_concurrency": "max_concurrency", "most_context": "max_context", "most_inputs": "max_input_batch"}
            return facts | {name: look.number(getattr(fit, key, None), 0) for name, key in served.items()}
        step = run.global_batch * run.seq_len if run.global_batch and run.seq_len else None
        counts = {"data_parallel": data_parallel(run), "step_tokens": step, "most_batch": fit.max_micro_batch if fit else None}
        facts |= {name: look.number(count, 0) for name, count in counts.items()}
        if fit is not None and fit.step is not None:
            time = fit.step
            facts["step_time"] = f"{look.figure(time.seconds)} ({look.figure(time.low)} – {look.figure(time.high)})"
            facts["step_speed"] = look.number(time.tokens_per_s, 0)
        return facts

    # Copying ------------------------------------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """All of it as text, the parts as a table."""
        say, fit = self._look.say, self.fit
        if self.estimate.total_gib is None:
            lines = [self.unknown.text()]
        else:
            lines = [f"{say(f'{AREA}.vram')}\t{self._figure.text()} {self._band.text()}"]
            if fit is not None:
                usable = f"{say(f'{AREA}.usable')}\t{self._look.number(fit.usable_gib, 1)}\tGiB"
                lines += [f"{self._look.product(fit.platform)}\t{self._fit_words(fit)}", usable]
            lines += [*self.remedies.as_lines(), self.parts.as_text()]
        facts = self._derived(self.workload, fit) if self.workload is not None else {}
        lines += [f"{say(f'{AREA}.{name}')}\t{value}\t{UNITS.get(name, '')}".rstrip() for name, value in facts.items()]
        return "\n".join([*lines, *(self._look.tell(said) for said in self.estimate.assumptions)])


def plain_fit(workload: Workload, estimate: MemoryEstimate, platform: Platform) -> MemoryFit:
    """Return whether it fits, without looking for remedies but for what serves: what an engine may take depends on more than the card."""
    if workload.task == "inference":
        return fit_memory(workload, estimate, [platform])[0]
    (card,) = fit_memory(workload, MemoryEstimate(), [platform])
    if card.usable_gib is None or estimate.total_gib is None:
        return card
    headroom = card.usable_gib - estimate.total_gib
    return MemoryFit(platform.id, card.capacity_gib, card.usable_gib, headroom >= 0, headroom)


def missing_text(look: Look, unknown: Message | None) -> str:
    """Return why VRAM is unknown, with the missing keys under the names that the form gives them."""
    keys = unknown.params.get("keys") if unknown is not None else None
    if not isinstance(keys, list):
        return look.tell(unknown)
    names = [look.say(f"page_requirement.field.{str(key).strip('[').replace('] ', '.')}") for key in keys]
    return look.say("page_requirement.missing_for_vram", names=names)

"""预测对实测: how far predictions of this case are from what was measured; without a fit the runs, and what is needed."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.model.estimates import Fit, FitPoint
from app.engine.model.measurements import MeasuredRun
from app.gui.figures import Scale, full_name, short_name, speed_scale
from app.gui.look import Look
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, SMALL_PX, TITLE_PX
from app.gui.widgets.agreement import AgreementPlot, Pair
from app.gui.widgets.basics import Card, chip, column, kind_chip, label, row, rule, tool
from app.gui.widgets.clipboard import copy_picture
from app.gui.widgets.table import Cell, Column, Table

TILES_PX = 156
AREA = "page_prediction.agreement"


def runs_table(runs: Sequence[MeasuredRun], look: Look, *, wide: bool) -> Table:
    """Return the measured runs with their sources; wide: with what they ran."""
    scale = speed_scale([run.speed for run in runs], runs[0].unit if runs else "", look)
    word = lambda name: look.say(f"page_prediction.runs_table.{name}")  # noqa: E731 - eight heads
    columns = [Column(word("platform"), width=190 if wide else 0, least=130), Column(word("cards"), number=True, width=56)]
    columns.append(Column(word("speed"), scale.unit, True, 110))
    if wide:
        columns += [Column(word("precision"), width=72), Column(word("framework"), width=130)]
        columns += [Column(word(name), number=True, width=84) for name in ("seq_len", "micro_batch", "global_batch")]
    columns.append(Column(word("source"), least=160 if wide else 120))
    return Table(columns, [_run_cells(run, scale, look, wide=wide) for run in runs], look.theme, name=word("title"))


def _run_cells(run: MeasuredRun, scale: Scale, look: Look, *, wide: bool) -> tuple[Cell, ...]:
    figure = f"{scale.text(run.speed, look)} {scale.unit}"
    told = f"{full_name(run.platform, look)}\n● {look.say('paraselect.kind.measured')} · {figure}\n{run.source}"
    middle: list[Cell] = []
    if wide:
        middle = [Cell(run.precision or "—"), Cell(run.framework or "—", tip=run.framework)]
        middle += [Cell(look.number(value, 0), value or -1.0) for value in (run.seq_len, run.micro_batch, run.global_batch)]
    return (
        Cell(short_name(run.platform, look), tip=told),
        Cell(look.number(run.gpus, 0), run.gpus or -1.0),
        Cell(scale.text(run.speed, look), run.speed or -1.0, told),
        *middle,
        Cell(run.source or "—", tip=run.source),
    )


class AgreementCard(Card):
    """The scatter with its figures, or the runs. `choose` marks a platform; act gets the one that is clicked."""

    def __init__(self, fit: Fit | None, runs: Sequence[MeasuredRun], look: Look, act: Callable[[str], object]) -> None:
        super().__init__(look.say(f"{AREA}.title"), " ")
        self._look = look
        self.plot: AgreementPlot | None = None
        if fit is None or not fit.platforms:
            self._runs_only(runs)
            return
        points = [(point, point.left_out) for point in fit.platforms if point.left_out is not None]
        inner = not points
        if inner:
            points = [(point, point.predicted) for point in fit.platforms if point.platform != fit.reference]
        self.hint.setText(look.say(f"{AREA}.{'hint_inner' if inner else 'hint'}", count=len(points)))
        scale = speed_scale([point.measured for point, _value in points], fit.unit, look)
        pairs = [self._pair(point, float(value), scale) for point, value in points]
        words = (look.say(f"{AREA}.measured", unit=scale.unit), look.say(f"{AREA}.predicted", unit=scale.unit))
        self.plot = AgreementPlot(pairs, scale, words, look, look.say(f"{AREA}.title"))
        self.plot.chosen.connect(act)
        self.tools.addWidget(kind_chip("fitted", look.say("paraselect.kind.fitted"), look.theme))
        self.tools.addWidget(chip(look.say(f"{AREA}.band"), look.theme.text2, look.theme.unk_soft))
        self.tools.addWidget(tool("copy", look.say("page_prediction.copy_picture"), look.theme, lambda: copy_picture(self)))
        line = row(self.plot, spacing=16)
        line.setStretch(0, 1)
        line.addLayout(self._tiles(fit, pairs, runs))
        self.body.addLayout(line, 1)

    def choose(self, platform: str) -> None:
        """Mark a platform in the scatter."""
        if self.plot is not None:
            self.plot.choose(platform)

    def _pair(self, point: FitPoint, predicted: float, scale: Scale) -> Pair:
        look = self._look
        error = look.number(100 * (predicted / point.measured - 1), 1)
        told = look.say(
            f"{AREA}.tip", measured=scale.text(point.measured, look), predicted=scale.text(predicted, look), unit=scale.unit, error=error
        )
        name = f"{full_name(point.platform, look)} × {point.gpus}"
        return Pair(point.platform, short_name(point.platform, look), point.measured, predicted, "fitted", f"{name}\n{told}")

    def _tiles(self, fit: Fit, pairs: Sequence[Pair], runs: Sequence[MeasuredRun]) -> QVBoxLayout:
        look = self._look
        mean = fit.leave_one_out_mape if fit.leave_one_out_mape is not None else fit.in_sample_mape
        worst = max(pairs, key=lambda pair: abs(pair.predicted / pair.measured - 1), default=None)
        sources = list(dict.fromkeys(run.source for run in runs if run.source))
        tiles = column(spacing=6)
        tiles.addWidget(self._tile("mean", f"{look.number(100 * mean, 1)} %", ""))
        tiles.addWidget(rule(look.theme))
        if worst is not None:
            error = look.number(100 * abs(worst.predicted / worst.measured - 1), 1)
            tiles.addWidget(self._tile("worst", f"{error} %", worst.name))
            tiles.addWidget(rule(look.theme))
        tiles.addWidget(self._tile("pairs", str(len(pairs)), ""))
        tiles.addStretch(1)
        if sources:
            told = label(
                look.say(f"{AREA}.source", source=sources[0] + (f" +{len(sources) - 1}" if len(sources) > 1 else "")),
                CAPTION_PX,
                tone="3",
                wrap=True,
            )
            told.setToolTip("\n".join(sources))
            told.setFixedWidth(TILES_PX)
            tiles.addWidget(told)
        return tiles

    def _tile(self, name: str, value: str, below: str) -> QWidget:
        lines = column(label(self._look.say(f"{AREA}.{name}"), SMALL_PX, tone="2"), label(value, TITLE_PX, bold=True), spacing=2)
        if below:
            lines.addWidget(label(below, SMALL_PX, tone="2", wrap=True))
        made = QWidget()
        made.setLayout(lines)
        made.setFixedWidth(TILES_PX)
        return made

    def _runs_only(self, runs: Sequence[MeasuredRun]) -> None:
        look, known = self._look, len({run.platform for run in runs if run.speed is not None})
        self.hint.setText("")
        code = "needs" if known < 3 else "unfitted"
        self.body.addWidget(label(look.say(f"{AREA}.{code}", count=known), BODY_PX, tone="2", wrap=True))
        table = runs_table(runs, look, wide=False)
        table.setMinimumHeight(120)
        self.body.addWidget(table, 1)

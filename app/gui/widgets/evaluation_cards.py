"""The two cards beside the scores: predicted against measured of one score, and how often the interval held by subset."""

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea

from app.engine.errors import EngineError
from app.engine.model.evaluations import HeldOut, Score, basis_words, protocol_words, subset_words
from app.gui.figures import full_name, short_name
from app.gui.look import Look
from app.gui.theme.tokens import CAPTION_PX, SMALL_PX
from app.gui.widgets.basics import Card, boxed, clear, column, label, row, segments, tool
from app.gui.widgets.clipboard import copy_picture
from app.gui.widgets.coverage_bars import CoverageBars, Covered
from app.gui.widgets.elided import Elided
from app.gui.widgets.saving import SaveButton
from app.gui.widgets.scatter import Cloud, Scatter
from app.gui.widgets.score_table import score_tip, short_words

AREA = "evaluation"
COLOURED_BY = ("vendor", "class")
MOST_COLOURS = 6


class ScatterCard(Card):
    """The points of one score. failed gets an error of saving."""

    def __init__(self, look: Look, failed: Callable[[EngineError], object]) -> None:
        say = look.say
        super().__init__(say(f"{AREA}.scatter"), " ")
        self._look, self._points, self._coloured = look, (), COLOURED_BY[0]
        self._total = 0
        self.tools.addWidget(segments([(name, say(f"{AREA}.by.{name}")) for name in COLOURED_BY], self._coloured, self.colour_by))
        self.tools.addWidget(tool("copy", say("page_prediction.copy_picture"), look.theme, lambda: copy_picture(self)))
        self.about = Elided("", SMALL_PX, tone="2", fills=True)
        self.body.addWidget(self.about)
        self.plot = Scatter((say(f"{AREA}.measured"), say(f"{AREA}.predicted")), look, say(f"{AREA}.scatter"))
        self.saving = SaveButton(self.plot, "held-out", self.rows, look, failed)
        self.tools.addWidget(self.saving.widget)
        self.body.addWidget(self.plot, 1)
        self._legend = row(spacing=10)
        self.body.addLayout(self._legend)

    def show_points(self, points: Sequence[HeldOut], score: Score) -> None:
        """Show the points that a score was made from, as far as they are kept."""
        look = self._look
        self._points = tuple(point for point in points if point.protocol == score.protocol and point.is_in(score.subset))
        told = f"{look.tell(protocol_words(score.protocol))} · {look.tell(subset_words(score.subset))}"
        shown = look.say(f"{AREA}.points", shown=look.number(len(self._points), 0), all=look.number(score.rows, 0))
        self.about.setText(f"{shown} · {told}")
        self._fill()

    def colour_by(self, name: str) -> None:
        """Colour by vendor or by class."""
        self._coloured = name
        self._fill()

    def rows(self) -> list[list[str]]:
        """Return the points as a table."""
        heads = [self._look.say(f"{AREA}.point.{name}") for name in HeldOut.__struct_fields__]
        return [heads, *([_text(getattr(point, name)) for name in HeldOut.__struct_fields__] for point in self._points)]

    def _fill(self) -> None:
        theme, points = self._look.theme, self._points
        names = [point.vendor if self._coloured == "vendor" else point.kind for point in points]
        kinds, places, counts = np.unique(np.array(names, dtype=str), return_inverse=True, return_counts=True)
        rank = np.argsort(np.argsort(-counts, kind="stable"))
        colour = np.minimum(rank[places], MOST_COLOURS) if len(kinds) else np.zeros(0, np.intp)
        colours = (*theme.data[:MOST_COLOURS], theme.other)
        figures = np.array([(point.measured, point.predicted) for point in points]).reshape(-1, 2)
        self.plot.show_cloud(Cloud(figures[:, 0], figures[:, 1], colour, colours, self._tip))
        clear(self._legend)
        order = np.argsort(rank)
        for place in order[:MOST_COLOURS]:
            word = str(kinds[place]) if self._coloured == "vendor" else self._look.say(f"paraselect.class.{kinds[place]}")
            self._name(f"{word} {counts[place]}", theme.data[int(rank[place])])
        if len(kinds) > MOST_COLOURS:
            self._name(self._look.say(f"{AREA}.others", count=int(counts[order[MOST_COLOURS:]].sum())), theme.other)
        self._legend.addStretch(1)

    def _name(self, word: str, colour: str) -> None:
        dot = QFrame()
        dot.setFixedSize(8, 8)
        dot.setStyleSheet(f"background:{colour}; border-radius:4px;")
        self._legend.addWidget(boxed(row(dot, label(word, CAPTION_PX, tone="2"), spacing=4)))

    def _tip(self, place: int) -> str:
        point, look = self._points[place], self._look
        number = lambda value: look.figure(value, 3)  # noqa: E731 - four figures
        return "\n".join(
            (
                f"{full_name(point.platform, look)} · {point.workload}",
                look.say(
                    f"{AREA}.tip_point",
                    measured=number(point.measured),
                    predicted=number(point.predicted),
                    low=number(point.low),
                    high=number(point.high),
                    reference=short_name(point.reference, look),
                    error=look.number(100 * (point.predicted / point.measured - 1), 1),
                ),
                f"{look.say(f'paraselect.class.{point.kind}')} · {look.tell(basis_words(point.basis))}",
                look.say("page_prediction.source", source=point.source or "—"),
            )
        )


class CoverageCard(Card):
    """A bar per subset of one protocol."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.say(f"{AREA}.coverage"), look.say(f"{AREA}.coverage_hint"))
        self._look = look
        self.tools.addWidget(tool("copy", look.say("page_prediction.copy_picture"), look.theme, lambda: copy_picture(self)))
        self.bars = CoverageBars(look, look.say(f"{AREA}.coverage"))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = column(self.bars, None, spacing=0)
        scroll.setWidget(boxed(inner, "cardBody"))
        self.body.addWidget(scroll)
        self.setMaximumHeight(290)

    def show_scores(self, scores: Sequence[Score], chosen: Score) -> None:
        """Show the subsets beside the one that is chosen."""
        look = self._look
        self.bars.show_bars(
            [Covered(short_words(one.subset, look), one.coverage, one.rows, score_tip(one, look), one == chosen) for one in scores]
        )


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)

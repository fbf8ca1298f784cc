"""The scores of an evaluation as a table: protocol by subset, one row each, broken down by class, vendor or what a prediction rests on."""

from collections.abc import Sequence

from app.engine.messages import Message, message
from app.engine.model.evaluations import BASIS, PROTOCOLS, VENDOR, Score, protocol_words, subset_words
from app.gui.look import Look
from app.gui.widgets.table import Cell, Column, Heading, Row, Table

AREA = "evaluation"
BREAKDOWNS = ("class", "vendor", "basis")


def in_breakdown(score: Score, breakdown: str) -> bool:
    """Tell whether a breakdown shows a score. All of a protocol stands in each; domestic beside the vendors and the classes."""
    kind = {VENDOR: "vendor", BASIS: "basis"}.get(score.subset.partition(":")[0] + ":", "class")
    if score.subset in ("all", "domestic"):
        return score.subset == "all" or breakdown != "basis"
    return kind == breakdown


class ScoreTable(Table):
    """`scores` are those shown; `score_at` gives that of a row."""

    def __init__(self, scores: Sequence[Score], breakdown: str, look: Look) -> None:
        self.rows: list[Score | None] = []
        lines: list[Row] = []
        for protocol in PROTOCOLS:
            of_one = [score for score in scores if score.protocol == protocol and in_breakdown(score, breakdown)]
            if of_one:
                lines.append(Heading(look.tell(protocol_words(protocol))))
                self.rows.append(None)
                lines += [_cells(score, look) for score in of_one]
                self.rows += of_one
        word = lambda name: look.tell(Message(f"{AREA}.column.{name}"))  # noqa: E731 - seven heads
        tip = lambda name: look.tell(Message(f"{AREA}.tip.{name}"))  # noqa: E731
        columns = (
            Column(word("subset"), least=130),
            Column(word("groups"), number=True, fit=True, tip=tip("groups")),
            Column(word("rows"), number=True, fit=True, tip=tip("rows")),
            Column(word("mean"), "%", number=True, fit=True, tip=tip("mean")),
            Column(word("median"), "%", number=True, fit=True, tip=tip("mean")),
            Column(word("coverage"), "%", number=True, fit=True, tip=tip("coverage")),
            Column(word("half_width"), "%", number=True, fit=True, tip=tip("half_width")),
        )
        super().__init__(columns, lines, look.theme, row_px=27, name=look.tell(Message(f"{AREA}.scores")))

    def score_at(self, row: int) -> Score | None:
        """Return the score of a row, None for a heading."""
        return self.rows[row] if 0 <= row < len(self.rows) else None

    def select(self, protocol: str, subset: str) -> None:
        """Select the row of a score, the protocol's first where it is not shown."""
        places = [place for place, score in enumerate(self.rows) if score is not None and score.protocol == protocol]
        wanted = [place for place in places if self.rows[place].subset == subset]  # type: ignore[union-attr]
        if places:
            self.select_row((wanted or places)[0])


def score_rows(scores: Sequence[Score], look: Look) -> list[list[str]]:
    """Return all scores as rows of text, heads first: what is copied and exported, whatever breakdown is shown."""
    heads = ("protocol", "subset", "groups", "rows", "mean", "median", "coverage", "half_width")
    lines = [[look.tell(Message(f"{AREA}.head.{head}")) for head in heads]]
    for score in scores:
        shares = (score.macro_mean, score.macro_median, score.coverage, score.half_width)
        names = [look.tell(protocol_words(score.protocol)), look.tell(subset_words(score.subset))]
        lines.append([*names, str(score.groups), str(score.rows), *(f"{share:.4f}" for share in shares)])
    return lines


def score_tip(score: Score, look: Look) -> str:
    """Return everything that a score says."""
    return "\n".join(
        (
            f"{look.tell(protocol_words(score.protocol))} · {look.tell(subset_words(score.subset))}",
            look.say(
                f"{AREA}.score",
                groups=score.groups,
                rows=score.rows,
                mean=score.macro_mean,
                median=score.macro_median,
                coverage=score.coverage,
                half_width=score.half_width,
            ),
        )
    )


def short_words(subset: str, look: Look) -> str:
    """Return what a subset is called below its protocol, which says how many runs are known."""
    words = subset.removeprefix(BASIS).split() if subset.startswith(BASIS) else []
    known = words[1:] or words
    return look.tell(message(f"{AREA}.basis.words", words=[Message(f"{AREA}.short.{word}") for word in known] or [subset_words(subset)]))


def _cells(score: Score, look: Look) -> tuple[Cell, ...]:
    name, told = short_words(score.subset, look), score_tip(score, look)
    percent = [Cell(look.number(100 * share, 1), share, told) for share in (score.macro_mean, score.macro_median)]
    return (
        Cell(name, tip=told, bold=score.subset == "all"),
        Cell(look.number(score.groups, 0), score.groups),
        Cell(look.number(score.rows, 0), score.rows),
        *percent,
        Cell(look.number(100 * score.coverage, 0), score.coverage, told),
        Cell(look.number(100 * score.half_width, 0), score.half_width, told),
    )

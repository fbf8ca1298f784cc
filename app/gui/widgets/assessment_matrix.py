"""The adaptation matrix: platforms by verdict within their group, one cell per check that says the fact."""

from collections.abc import Callable, Sequence
from functools import partial

from app.engine import pipeline
from app.engine.model.assessments import CHECKS, Assessment, Finding
from app.engine.model.platforms import Platform
from app.engine.model.projects import Project
from app.gui.look import Look
from app.gui.widgets.facts import decimals_for, searched
from app.gui.widgets.standing import Standing, reference_run, standings
from app.gui.widgets.table import Cell, Column, Heading, Row, Table

ROW_PX = 29
VERDICTS = {"ready": "ok", "adapt": "warning", "unknown": "unknown", "blocked": "blocked"}
"""In the order of the rows; what level each is painted as."""
VERDICT_ORDER = {verdict: place for place, verdict in enumerate(VERDICTS)}
LEVEL_ORDER = {"ok": 0, "warning": 1, "blocked": 2, "unknown": 3}
WITH_UNIT = ("vram", "precision", "operators", "performance")
NVIDIA = "NVIDIA"
SHORT_FROM = 1e4


class Matrix(Table):
    """Rows are the platforms of a project in `shown`; headings among them are None."""

    def __init__(self, project: Project, look: Look) -> None:
        self._look, self._project = look, project
        self._platforms = pipeline.platforms_by_id()
        self._words = {level: look.say(f"assessing.level.{level}") for level in LEVEL_ORDER}
        self._verdict_words = {verdict: look.say(f"assessing.verdict.{verdict}") for verdict in VERDICTS}
        self._predicted = {one.platform: one.value for one in reversed(project.predictions) if one.value is not None}
        self._standings, self._reference = standings(project), reference_run(project)
        self.shown: list[Assessment | None] = []
        super().__init__(
            self._columns(), self._rows(), look.theme, row_px=ROW_PX, name=look.say("gui.card.matrix"), marks_cell=True, frozen=True
        )

    # What is shown ------------------------------------------------------------------------------------------------------------------

    def current(self) -> tuple[Assessment | None, str]:
        """Return the assessment of the current row and the check of the current cell, "" for a cell of no check."""
        row, check = self.current_row(), self.current_column() - 2
        return (self.shown[row] if row >= 0 else None), CHECKS[check] if 0 <= check < len(CHECKS) else ""

    def show_platform(self, platform: str) -> None:
        """Select a platform; the first one where it is not shown."""
        rows = [row for row in self.shown_rows() if _is(self.shown[row], platform)] or self.shown_rows()[:1]
        if rows:
            self.select_cell(rows[0], max(0, self.current_column()))

    def matching(self, words: Sequence[str], verdict: str, *, domestic: bool) -> list[int]:
        """Return the rows whose platform matches. verdict "" for all."""
        return [row for row, one in enumerate(self.shown) if one is not None and self._matches(one, words, verdict, domestic)]

    def show_only(self, rows: Sequence[int]) -> None:
        """Show these rows; where the current platform is not among them, the first one is chosen."""
        before = self.current_row()
        self.keep(rows)
        if rows and before not in rows:
            self.show_platform("")

    def _matches(self, one: Assessment, words: Sequence[str], verdict: str, domestic: bool) -> bool:
        platform = self._platforms[one.platform]
        if (verdict and one.verdict != verdict) or (domestic and not platform.domestic):
            return False
        return not words or all(word in searched(platform) for word in words)

    # Rows ---------------------------------------------------------------------------------------------------------------------------

    def _rows(self) -> list[Row]:
        groups: dict[str, list[Assessment]] = {}
        for one in self._project.assessments:
            groups.setdefault(self._group(self._platforms[one.platform]), []).append(one)
        rows: list[Row] = []
        for group in sorted(groups, key=["nvidia", "other", "domestic"].index):
            rows.append(Heading(self._title(group, groups[group])))
            self.shown.append(None)
            for one in sorted(groups[group], key=self._rank):
                rows.append(self._row(one))
                self.shown.append(one)
        return rows

    def _group(self, platform: Platform) -> str:
        return "domestic" if platform.domestic else "nvidia" if platform.vendor_en == NVIDIA else "other"

    def _title(self, group: str, members: Sequence[Assessment]) -> str:
        if group == "domestic":
            return self._look.say("page_assessment.domestic")
        return " · ".join(dict.fromkeys(self._platforms[one.platform].vendor_en for one in members))

    def _rank(self, one: Assessment) -> tuple[int, float]:
        standing = self._standings.get(one.platform)
        return VERDICT_ORDER[one.verdict], -standing.ratio if standing else 0.0

    def _row(self, one: Assessment) -> tuple[Cell, ...]:
        look, platform = self._look, self._platforms[one.platform]
        own = self._project.workload.run.platform if self._project.workload else ""
        word = self._verdict_words[one.verdict]
        checks = {finding.check: finding for finding in one.checks}
        return (
            Cell(
                look.product(one.platform),
                tip=lambda: f"{platform.label(look.lang)}\n{one.platform}",
                chip=look.say("page_assessment.reference") if one.platform == own else "",
                bold=one.platform == own,
            ),
            Cell(word, VERDICT_ORDER[one.verdict], lambda: look.tell(one.reason), VERDICTS[one.verdict], badge=True),
            *(self._check(one.platform, checks[name]) for name in CHECKS),
            self._effort(one),
        )

    # Cells --------------------------------------------------------------------------------------------------------------------------

    def _check(self, platform: str, finding: Finding) -> Cell:
        look, level = self._look, finding.level
        if finding.check == "performance" and level != "unknown":
            return self._speed(platform, finding)
        is_blank = finding.short is None or finding.short.code in ("assessing.short.unknown", "assessing.short.missing")
        text = "—" if level == "unknown" and is_blank else look.tell(finding.short) or self._words[level]
        if finding.check == "precision" and level in ("warning", "blocked"):
            text = look.say("page_assessment.lacks_precision", precision=text)
        return self._cell(text, _sorted_by(finding), finding, lambda: "")

    def _speed(self, platform: str, finding: Finding) -> Cell:
        look, standing = self._look, self._standings.get(platform)
        if standing is not None:
            tip = partial(self._standing_told, platform, standing)
            return self._cell(f"{look.number(standing.ratio, 2)} ×", standing.ratio, finding, tip)
        value = self._predicted.get(platform)
        text = f"{look.figure(value / 1e3)} k" if value is not None and value >= SHORT_FROM else look.figure(value)
        return self._cell(text, value, finding, lambda: "")

    def _cell(self, text: str, sort: float | None, finding: Finding, first: Callable[[], str]) -> Cell:
        """Return the cell of a check; what `first` tells stands above its finding on hover."""
        word = self._words[finding.level]

        def tip() -> str:
            return "\n".join(part for part in (first(), f"{word}: {self._look.tell(finding.summary)}") if part)

        return Cell(text, sort, tip, finding.level, plain=word if text == "—" else f"{word} {text}")

    def _standing_told(self, platform: str, standing: Standing) -> str:
        return f"{relative_text(self._look, standing)}\n{self.basis(platform)}"

    def standing(self, platform: str) -> Standing | None:
        """Return how a platform stands beside the reference, None where that is not known."""
        return self._standings.get(platform)

    def basis(self, platform: str) -> str:
        """Return what the relative speed of a platform is made of, "" where there is none."""
        look, run, standing = self._look, self._reference, self._standings.get(platform)
        if run is None or standing is None:
            return ""
        return look.say(
            "page_assessment.relative_basis",
            gpus=run.gpus,
            speed=look.figure(standing.speed),
            unit=run.unit,
            reference=look.product(run.platform),
            reference_speed=look.figure(run.speed),
        )

    def _effort(self, one: Assessment) -> Cell:
        look = self._look
        if one.effort is None:
            return Cell("—", tip=look.say("gui.unknown"))
        days = one.effort.person_days
        return Cell(look.number(days[1], 0), days[1], lambda: look.say("page_assessment.effort_tip", **days_told(look, days)))

    def _columns(self) -> tuple[Column, ...]:
        say = self._look.say
        heads = [Column(say("page_assessment.head.platform"), least=152, most=300)]
        heads.append(Column(say("page_assessment.head.verdict"), tip=say("page_assessment.tip.verdict"), fit=True))
        for name in CHECKS:
            unit = say(f"page_assessment.unit.{name}") if name in WITH_UNIT else ""
            tip = say(f"page_assessment.tip.{name}") if name in WITH_UNIT else ""
            if name == "performance" and self._reference is None:
                unit, tip = "", say("page_assessment.no_reference_speed")
            word = say("page_assessment.head.performance" if name == "performance" else f"assessing.check.{name}")
            heads.append(Column(word, unit, tip=tip, fit=True))
        effort = say("page_assessment.head.effort"), say("page_assessment.unit.effort")
        return (*heads, Column(*effort, number=True, tip=say("page_assessment.tip.effort"), fit=True))


def days_told(look: Look, days: tuple[float, float, float]) -> dict[str, str]:
    """Return low, likely and high person-days with equal decimals."""
    decimals = min(1, decimals_for(days))
    return {name: look.number(value, decimals) for name, value in zip(("low", "likely", "high"), days, strict=True)}


def relative_text(look: Look, standing: Standing) -> str:
    """Return a standing in words, with its interval or that it was measured."""
    value = look.number(standing.ratio, 2)
    if standing.low is None or standing.high is None:
        return look.say("page_assessment.relative_measured", value=value)
    return look.say("page_assessment.relative", value=value, low=look.number(standing.low, 2), high=look.number(standing.high, 2))


def _sorted_by(finding: Finding) -> float:
    """Return the headroom of a VRAM cell, the level elsewhere."""
    gib = finding.short.params.get("gib") if finding.short is not None else None
    if isinstance(gib, float):
        return -gib if finding.short is not None and finding.short.code == "assessing.short.lacking" else gib
    return LEVEL_ORDER[finding.level]


def _is(one: Assessment | None, platform: str) -> bool:
    return one is not None and one.platform == platform

"""The cards above the plans: the two recommended ones with their figures and ranges, and what the customer needs."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.engine.model.plans import Plan, Selection
from app.engine.model.requirements import Requirement
from app.engine.selecting import needed_speed
from app.gui.look import UNKNOWN, Look
from app.gui.plan_words import AREA, PlanWords
from app.gui.theme import BUTTON_ICON, font, icon
from app.gui.theme.tokens import BODY_PX, CAPTION_PX, PLAN_PX, SMALL_PX, TITLE_PX
from app.gui.widgets.basics import Card, badge, boxed, column, kind_chip, label, picture, row, rule, tool
from app.gui.widgets.elided import Elided

ROLES = {"highest_performance": "zap", "best_price_performance": "coins"}
CARD_PX = 176


class RecommendedCard(Card):
    """One recommended plan: what it is, its three figures with their ranges, one reason. A click chooses it."""

    def __init__(self, role: str, plan: Plan, selection: Selection, words: PlanWords, act: Callable[[], object]) -> None:
        super().__init__()
        look, theme, self._act = words.look, words.look.theme, act
        self.setFixedHeight(CARD_PX)
        self.body.setSpacing(6)
        self.body.setContentsMargins(16, 12, 16, 8)
        head = row(picture(ROLES[role], theme.accent, 18), label(look.say(f"{AREA}.role.{role}"), BODY_PX, bold=True, tone="accent"), None)
        head.addWidget(kind_chip(plan.kind, look.say(f"paraselect.kind.{plan.kind}"), theme))
        self.body.addLayout(head)
        name = Elided(words.name(plan), PLAN_PX, bold=True)
        name.setToolTip(words.tip(plan))
        title = row(name, badge(plan.verdict, look.say(f"{AREA}.verdict.{plan.verdict}"), theme), None, spacing=10)
        self.body.addLayout(title)
        self.body.addLayout(_figures(plan, words))
        self.body.addStretch(1)
        self.body.addWidget(rule(theme))
        why = Elided(words.reason(plan, selection.plans), SMALL_PX, tone="2")
        line = row(picture("check", theme.ok, 14), why)
        line.setStretch(1, 1)
        self.body.addLayout(line)

    def mousePressEvent(self, _event: object) -> None:
        self._act()


class NothingCard(Card):
    """Stands where no plan can be recommended, and says what bars them."""

    def __init__(self, role: str, selection: Selection, look: Look) -> None:
        super().__init__()
        self.setFixedHeight(CARD_PX)
        theme = look.theme
        self.body.addLayout(
            row(picture(ROLES[role], theme.accent, 18), label(look.say(f"{AREA}.role.{role}"), BODY_PX, bold=True, tone="accent"), None)
        )
        self.body.addWidget(label(look.say(f"{AREA}.nothing.title"), PLAN_PX, bold=True))
        bars = ("misses_deadline", "over_budget", "not_enough_cards", "out_of_range", "does_not_fit", "reference_only")
        counts = {tag: sum(tag in plan.tags for plan in selection.plans) for tag in bars}
        told = " · ".join(f"{look.say(f'selecting.tag.{tag}')} {count}" for tag, count in counts.items() if count)
        self.body.addWidget(label(told or look.say(f"{AREA}.nothing.no_plans"), SMALL_PX, tone="2", wrap=True))
        self.body.addStretch(1)


def _figures(plan: Plan, words: PlanWords) -> QHBoxLayout:
    look, say = words.look, words.look.say
    speed = words.speed.band(plan.low, plan.high, look)
    shown = [(say(f"{AREA}.speed"), words.speed.text(plan.speed, look), words.speed.unit, speed, words.speed_tip(plan))]
    if plan.duration_days is not None:
        low, high = plan.duration_low_days, plan.duration_high_days
        days = f"{look.number(low)} – {look.number(high)}" if low is not None and high is not None else ""
        shown.append((say(f"{AREA}.duration"), look.number(plan.duration_days), say(f"{AREA}.days"), days, words.speed_tip(plan)))
    price = words.price(plan)
    band = words.money.band(plan.total_low, plan.total_high, look) if plan.total_low != plan.total_high else ""
    code = f"{AREA}.{'per_month' if words.monthly else 'total'}"
    shown.append((say(code), words.money.text(price, look), words.money.unit, band or words.fixed(plan), words.price_tip(plan)))
    line = row(spacing=12)
    for number, figure in enumerate(shown):
        if number:
            line.addWidget(_upright(words))
        made = _figure(*figure)
        line.addWidget(made, max(1, made.layout().itemAt(1).widget().sizeHint().width()))
    return line


def _figure(caption: str, value: str, unit: str, band: str, tip: str) -> QWidget:
    top = row(label(value, TITLE_PX, bold=True), Elided(unit, SMALL_PX, tone="2"), spacing=5)
    top.setStretch(1, 1)
    made = boxed(column(label(caption, SMALL_PX, tone="2"), boxed(top), Elided(band, CAPTION_PX, tone="3"), spacing=0))
    made.setToolTip(tip)
    return made


def _upright(words: PlanWords) -> QFrame:
    made = QFrame()
    made.setFixedWidth(1)
    made.setStyleSheet(f"background:{words.look.theme.border};")
    return made


class NeedsCard(Card):
    """What the plans are made for; a pencil leads to the requirement, the foot lists what was left out."""

    def __init__(
        self, selection: Selection, wish: Requirement, words: PlanWords, edit: Callable[[], object], show: Callable[[], object]
    ) -> None:
        super().__init__(words.look.say(f"{AREA}.needs.title"))
        look, say, theme = words.look, words.look.say, words.look.theme
        self.setFixedHeight(CARD_PX)
        self.tools.addWidget(tool("pencil", say(f"{AREA}.needs.edit"), theme, edit))
        self.body.setSpacing(5)
        self.body.setContentsMargins(16, 0, 16, 6)
        for code, value in _needs(selection, wish, words):
            name = label(say(f"{AREA}.needs.{code}"), SMALL_PX, tone="2")
            name.setFixedWidth(72)
            line = row(name, Elided(value, SMALL_PX))
            line.setStretch(1, 1)
            self.body.addLayout(line)
        self.body.addStretch(1)
        self.body.addWidget(rule(theme))
        self.foot = _foot(selection, look, show)
        line = row(self.foot, spacing=0)
        if selection.excluded:
            line.addWidget(picture("chevron-right", theme.text2, 16))
        self.body.addLayout(line)


def _needs(selection: Selection, wish: Requirement, words: PlanWords) -> list[tuple[str, str]]:
    look, say = words.look, words.look.say
    needed, deadline = needed_speed(selection), UNKNOWN
    if selection.deadline_days:
        deadline = say(f"{AREA}.needs.days", days=look.number(selection.deadline_days, 0))
        if needed is not None:
            deadline += " · " + say(f"{AREA}.needs.needed", speed=words.speed.text(needed, look), unit=words.speed.unit)
    budget = f"{words.money.text(selection.budget, look)} {words.money.unit}" if selection.budget else UNKNOWN
    return [
        ("work", amount(selection.work_amount, selection.work_unit, look)),
        ("deadline", deadline),
        ("budget", budget),
        ("domestic", say(f"{AREA}.needs.{'only_domestic' if wish.domestic_only else 'any'}")),
    ]


def amount(value: float | None, unit: str, look: Look) -> str:
    """Return an amount of work as people say it: 4 000 亿 tokens, 400 billion tokens."""
    if value is None:
        return UNKNOWN
    for factor, code in ((1e8, "hundred_million"), (1e4, "ten_thousand")) if look.lang == "zh" else ((1e9, "billion"), (1e6, "million")):
        if value >= 10 * factor:
            return f"{look.number(value / factor, 0)} {look.say(f'{AREA}.amount.{code}')} {unit}"
    return f"{look.number(value, 0)} {unit}"


def _foot(selection: Selection, look: Look, show: Callable[[], object]) -> QToolButton:
    """Return the line that counts what was left out, by reason; a click lists it."""
    counts: dict[str, int] = {}
    for gone in selection.excluded:
        code = f"{AREA}.excluded.{gone.reason.code.replace('.', '_')}"
        word = look.say(code)
        word = look.say(f"{AREA}.excluded.other") if word == code else word
        counts[word] = counts.get(word, 0) + 1
    groups = ("，" if look.lang == "zh" else ", ").join(f"{word} {count}" for word, count in counts.items())
    text = look.say(f"{AREA}.excluded.line", count=len(selection.excluded), groups=groups) if counts else look.say(f"{AREA}.excluded.none")
    made = QToolButton()
    made.setText(text)
    made.setFont(font(SMALL_PX))
    made.setToolTip(text)
    made.setAccessibleName(text)
    ink = look.theme.bad if counts else look.theme.ok
    made.setIcon(icon("ban" if counts else "circle-check", ink, ink, gap=4))
    made.setIconSize(BUTTON_ICON)
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    made.setMinimumHeight(26)
    made.setEnabled(bool(counts))
    made.clicked.connect(lambda _checked=False: show())
    return made

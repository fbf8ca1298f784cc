"""How a plan is told: its name, its figures with their units, where its price comes from, why it is recommended."""

from collections.abc import Sequence

from msgspec import Struct

from app.engine.messages import Message, message
from app.engine.model.plans import Plan, PriceSheet, Selection
from app.gui.figures import Scale, full_name, money_scale, short_name, speed_scale
from app.gui.look import UNKNOWN, Look
from app.gui.widgets.basics import KIND_GLYPHS

AREA = "page_plans"
MONEY_NOTES = ("selecting.minimum", "selecting.whole_month", "selecting.whole_year", "selecting.tax_unknown")


class PlanWords(Struct, frozen=True):
    """The plans of a selection in one set of units. monthly: no amount of work is known, so prices are those of a month."""

    look: Look
    speed: Scale
    money: Scale
    monthly: bool
    file: str

    @classmethod
    def of(cls, selection: Selection, prices: PriceSheet | None, look: Look) -> "PlanWords":
        """Return the words for a selection."""
        plans = selection.plans
        speed = speed_scale([plan.speed for plan in plans], plans[0].speed_unit if plans else "", look)
        money = money_scale(plans[0].currency if plans else "", look)
        return cls(look, speed, money, bool(plans) and all(plan.duration_days is None for plan in plans), prices.file if prices else "")

    def name(self, plan: Plan) -> str:
        """Return PLATFORM × N."""
        return f"{short_name(plan.platform, self.look)} × {plan.gpus}"

    def price(self, plan: Plan) -> float | None:
        """Return what is shown and drawn as the price: the total, or that of a month where there is no amount of work."""
        return plan.price_per_month if self.monthly else plan.total_price

    def fixed(self, plan: Plan) -> str:
        """Return why a total has no range: a minimum, whole months, or what the price holds."""
        told = {note.code.removeprefix("selecting."): note for note in plan.notes if note.code in MONEY_NOTES}
        for kind, note in told.items():
            return self.look.tell(message(f"{AREA}.fixed.{kind}", **note.params))
        tax = plan.price.tax_rate
        return self.look.say(f"{AREA}.with_tax", percent=self.look.number(100 * (tax or 0.0), 0))

    def speed_tip(self, plan: Plan) -> str:
        """Return what hovering over a speed tells."""
        kind = f"{KIND_GLYPHS[plan.kind]} {self.look.say(f'paraselect.kind.{plan.kind}')}"
        band = self.look.say(f"{AREA}.interval", band=self.speed.band(plan.low, plan.high, self.look), unit=self.speed.unit)
        return "\n".join((f"{self.speed.text(plan.speed, self.look)} {self.speed.unit}", band, kind, *self._notes(plan)))

    def price_tip(self, plan: Plan) -> str:
        """Return what hovering over a price tells: the row of the price sheet and what was made of it."""
        look, price = self.look, plan.price
        tax = UNKNOWN if price.tax_rate is None else f"{look.number(100 * price.tax_rate, 0)} %"
        told = look.say(
            f"{AREA}.price_row",
            price=look.number(price.unit_price, 2), currency=price.currency, billing=look.say(f"{AREA}.billing.{price.billing}"),
            basis=look.say(f"{AREA}.per.{price.basis}"), discount=look.number(price.discount, 2), tax=tax,
        )  # fmt: skip
        source = look.say(f"{AREA}.price_source", file=self.file, cell=price.cell, date=str(price.price_date or UNKNOWN))
        band = self.money.band(plan.total_low, plan.total_high, look)
        lines = [look.say(f"{AREA}.interval", band=band, unit=self.money.unit)] if band else []
        if plan.porting_cost and not self.monthly:
            lines.append(look.say(f"{AREA}.porting_line", cost=self.money.text(plan.porting_cost, look), unit=self.money.unit))
        return "\n".join([*lines, told, source, *(look.tell(note) for note in plan.notes if note.code in MONEY_NOTES)])

    def tip(self, plan: Plan) -> str:
        """Return all about a plan."""
        tags = " · ".join(self.look.say(f"selecting.tag.{tag}") for tag in plan.tags)
        head = [f"{full_name(plan.platform, self.look)} × {plan.gpus}", plan.configuration, tags]
        return "\n".join(line for line in (*head, self.speed_tip(plan), self.price_tip(plan)) if line)

    def reason(self, plan: Plan, plans: Sequence[Plan]) -> str:
        """Return the one line that says why a plan is recommended, naming the runner-up as this window does."""
        names = {other.name: self.name(other) for other in plans}
        told = [self.look.tell(_renamed(reason, names)) for reason in plan.reasons]
        return ("；" if self.look.lang == "zh" else "; ").join(dict.fromkeys(told))

    def _notes(self, plan: Plan) -> list[str]:
        return [self.look.tell(note) for note in plan.notes if note.code not in MONEY_NOTES]


SHORTER = ("fastest", "best_value", "overlaps", "only_one")


def _renamed(reason: Message, names: dict[str, str]) -> Message:
    """Return the window's shorter sentence for a reason of a recommendation, with the other plan by its name here."""
    kind = reason.code.removeprefix("selecting.")
    if kind not in SHORTER:
        return reason
    params = dict(reason.params)
    if "other" in params:
        params["other"] = names.get(str(params["other"]), str(params["other"]))
    return message(f"{AREA}.reason.{kind}", **params)

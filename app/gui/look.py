"""How one window looks and speaks: theme and language, handed to every part when it is built."""

from msgspec import Struct

from app.engine.messages import Message, Value, message, render
from app.engine.units import format_number, format_significant
from app.gui.theme import THEMES, Theme

UNKNOWN = "—"
MINUS, THIN_SPACE = "\u2212", "\u2009"


class Look(Struct, frozen=True):
    """lang "zh" or "en"; theme_name "light" or "dark"."""

    lang: str = "zh"
    theme_name: str = "light"

    @property
    def theme(self) -> Theme:
        """The colours."""
        return THEMES[self.theme_name]

    def say(self, code: str, **params: Value) -> str:
        """Return a text of the catalogue."""
        return render(message(code, **params), self.lang)

    def tell(self, said: Message | str | None) -> str:
        """Return what the engine said, "" for nothing."""
        return render(said, self.lang) if said is not None else ""

    def product(self, platform_id: str) -> str:
        """Return the name of a platform without its vendor; its id where the catalogue does not know it."""
        from app.engine import pipeline  # the first paint does not wait for it

        platform = pipeline.platforms_by_id().get(platform_id)
        if platform is None:
            return platform_id
        return (platform.product_zh if self.lang == "zh" else "") or platform.product_en

    def number(self, value: float | None, decimals: int = 1) -> str:
        """Return a number with a thin space per thousand and a true minus; unknown is a dash."""
        return format_number(value, decimals, group=THIN_SPACE).replace("-", MINUS) if value is not None else UNKNOWN

    def figure(self, value: float | None, digits: int = 3) -> str:
        """Return a number with so many significant digits."""
        return format_significant(value, digits).replace(",", THIN_SPACE).replace("-", MINUS) if value is not None else UNKNOWN

    def money(self, value: float | None) -> tuple[str, str]:
        """Return an amount and its unit: 万元 in Chinese, k CNY in English."""
        unit, scale = (self.say("gui.unit.money"), 1e4 if self.lang == "zh" else 1e3)
        return (self.number(value / scale, 1) if value is not None else UNKNOWN), unit

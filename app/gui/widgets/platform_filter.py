"""What narrows the list of platforms: words, vendor, VRAM, precision, supply, form, fabric, domestic."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.engine.model.platforms import Platform
from app.engine.platform_store import STATUSES
from app.gui.look import Look
from app.gui.widgets.basics import row
from app.gui.widgets.choice import Choice
from app.gui.widgets.facts import searched
from app.gui.widgets.find import FindField
from app.gui.widgets.level_filter import chip_button
from app.gui.widgets.platform_table import vendor_name

MEMORY_STEPS_GB = (16, 24, 32, 48, 64, 80, 96, 128, 192)
PRECISIONS = ("fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "fp4", "int8", "int4")
FABRICS = ("yes", "no", "unknown")
FORMS = {"card": ("pcie", "mxm"), "module": ("sxm", "oam", "module", "superchip", "socket")}
WIDEST_PX = 118


class PlatformFilter(QWidget):
    """The row of filters. `find` is the field of words, to be placed by the page; `matches` tells whether a platform is shown."""

    changed = Signal()

    def __init__(self, platforms: Sequence[Platform], look: Look) -> None:
        super().__init__()
        self._look = look
        say = look.say
        vendors = dict.fromkeys(vendor_name(look, one) for one in platforms)
        self.find = FindField(say("page_platforms.find"), look.theme, 200)
        self.vendor = self._box("vendor", [(vendor, vendor) for vendor in vendors])
        self.memory = self._box("memory", [(gb, say("page_platforms.filter.memory_from", gb=gb)) for gb in MEMORY_STEPS_GB])
        words = [(one, say("page_platforms.filter.precision_is", precision=one.upper())) for one in PRECISIONS]
        self.precision = self._box("precision", words)
        self.supply = self._box("supply", [(one, say(f"platforms.status.{one}")) for one in STATUSES])
        self.form = self._box("form", [(one, say(f"page_platforms.form.{one}")) for one in (*FORMS, "other")])
        self.fabric = self._box("fabric", [(one, say(f"page_platforms.has.{one}")) for one in FABRICS])
        self.domestic = chip_button(say("page_platforms.domestic_only"))
        self.domestic.setMinimumWidth(self.domestic.sizeHint().width())
        self.domestic.toggled.connect(lambda _on: self.changed.emit())
        self.find.textChanged.connect(lambda _text: self.changed.emit())
        self._boxes = (self.vendor, self.supply, self.memory, self.precision, self.form, self.fabric)
        self.line = row(*self._boxes, self.domestic, None, spacing=6)
        self.line.setContentsMargins(15, 0, 11, 8)
        self.setLayout(self.line)

    def _box(self, name: str, choices: Sequence[tuple[object, str]]) -> Choice:
        say = self._look.say
        any_of_them: tuple[object, str] = (None, say(f"page_platforms.all.{name}"))
        made = Choice(say(f"page_platforms.filter.{name}"), [any_of_them, *choices])
        made.setMaximumWidth(WIDEST_PX)
        made.currentIndexChanged.connect(lambda _place: self.changed.emit())
        return made

    def clear(self) -> None:
        """Take all filters away."""
        self.find.clear()
        self.domestic.setChecked(False)
        for box in self._boxes:
            box.setCurrentIndex(0)

    def state(self) -> tuple[object, ...]:
        """Return what narrows the list now."""
        return (self.find.text(), self.domestic.isChecked(), *(box.currentIndex() for box in self._boxes))

    def restore(self, state: tuple[object, ...]) -> None:
        """Narrow the list as it was."""
        words, domestic, *places = state
        self.find.setText(str(words))
        self.domestic.setChecked(bool(domestic))
        for box, place in zip(self._boxes, places, strict=True):
            box.setCurrentIndex(int(place))  # type: ignore[call-overload]

    def matches(self, platform: Platform) -> bool:
        """Tell whether a platform passes every filter; what is unknown passes none that asks for it."""
        return (
            all(word in searched(platform) for word in self.find.words())
            and (not self.domestic.isChecked() or platform.domestic)
            and self.vendor.currentData() in (None, vendor_name(self._look, platform))
            and (self.memory.currentData() is None or (platform.number("memory_gb") or 0.0) >= self.memory.currentData())
            and self.precision.currentData() in (None, *precisions(platform))
            and self.supply.currentData() in (None, platform.supply)
            and self.form.currentData() in (None, form_of(platform))
            and self.fabric.currentData() in (None, _fabric(platform))
        )


def precisions(platform: Platform) -> list[str]:
    """Return the precisions that the data sheet lists, without remarks such as (dp4a)."""
    listed = (re.sub(r"\(.*\)|\+", "", word).strip().lower() for word in platform.text("precision_support").split(";"))
    return [word for word in listed if word]


def form_of(platform: Platform) -> str:
    """Return the kind of its form: card (goes into a slot), module (sits on a board of its own kind), other."""
    form = platform.text("form_factor").lower()
    return next((kind for kind, words in FORMS.items() if any(form.startswith(word) for word in words)), "other")


def _fabric(platform: Platform) -> str:
    return {"": "unknown", "none": "no"}.get(platform.fabric.kind, "yes")

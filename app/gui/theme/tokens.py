"""The design tokens: colours, sizes and spaces. Nothing else names a colour.

Text reaches 4.5:1 on every ground it stands on and data colours stay apart for colour-blind eyes; tests/gui/test_theme.py keeps both.
"""

from msgspec import Struct

SPACE = 4
MARGIN = 16
RADIUS_CHIP, RADIUS_BUTTON, RADIUS_CARD, RADIUS_DROP = 4, 6, 8, 12
TABS_BELOW_PX = (1280, 760)
HEADER_PX, RAIL_PX, RAIL_FOLDED_PX, STATUS_PX, PAGE_HEAD_PX = 48, 184, 56, 28, 64
CAPTION_PX, SMALL_PX, BODY_PX, FIGURE_PX, PLAN_PX, TITLE_PX = 11, 12, 13, 16, 18, 20


class Theme(Struct, frozen=True):
    """One set of colours, "#rrggbb". kinds and levels are keyed by the engine's own words."""

    name: str
    app: str
    rail: str
    surface: str
    sunken: str
    hover: str
    selected: str
    grid: str
    border: str
    border2: str
    control: str
    text: str
    text2: str
    text3: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    unk: str
    unk_soft: str
    hatch: str
    transferred: str
    data: tuple[str, ...]
    other: str
    heat: tuple[str, ...]

    def kind(self, kind: str) -> str:
        """Return the colour of a kind of number."""
        kinds = {"measured": self.ok, "fitted": self.accent, "transferred": self.transferred, "pooled": self.warn}
        return kinds.get(kind, self.unk)

    def chip(self, kind: str) -> str:
        """Return the ground of a kind's chip: 11 % of its colour over the card, opaque, so that it reads on selected rows too."""
        return mixed(self.kind(kind), self.surface, 0.11)

    def tone(self, tone: str) -> str:
        """Return the colour of a tone of text: ok warn bad accent, 2 and 3 for the greys."""
        return {"2": self.text2, "3": self.text3}.get(tone) or getattr(self, tone or "text")

    def level(self, level: str) -> tuple[str, str]:
        """Return (text, ground) of a level or a verdict."""
        pairs = {"ok": (self.ok, self.ok_soft), "warning": (self.warn, self.warn_soft), "blocked": (self.bad, self.bad_soft)}
        return pairs.get({"ready": "ok", "adapt": "warning"}.get(level, level), (self.unk, self.unk_soft))


def mixed(colour: str, ground: str, share: float) -> str:
    """Return `share` of a colour over a ground, all "#rrggbb"."""
    pairs = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02X}" for a, b in pairs)


LIGHT = Theme(
    name="light",
    app="#F3F5F8", rail="#FAFBFC", surface="#FFFFFF", sunken="#F0F3F6", hover="#EAEEF3", selected="#E2EDFB",
    grid="#E9EDF2", border="#DCE2E9", border2="#BFC8D3", control="#7F8B97",
    text="#16202C", text2="#46535F", text3="#5B6876", disabled="#9AA5B1",
    accent="#1B5FC1", accent_hover="#174F9F", on_accent="#FFFFFF",
    ok="#0B6B4B", ok_soft="#DFF3EA", warn="#8A5200", warn_soft="#FCEFD6", bad="#B3261E", bad_soft="#FBE5E2",
    unk="#566270", unk_soft="#ECEFF3", hatch="#C4CCD6", transferred="#7A3E9D",
    data=("#0F55C9", "#9A2F06", "#1A9C64", "#C243A3", "#B8860B", "#14303F"), other="#7F8B97",
    heat=("#EEF4FA", "#B9D3EB", "#6BA3D6", "#2069AE", "#0A2C57"),
)  # fmt: skip

DARK = Theme(
    name="dark",
    app="#11161C", rail="#151A21", surface="#191F27", sunken="#141A21", hover="#232B36", selected="#1C324F",
    grid="#252D38", border="#2B3440", border2="#465261", control="#7C8895",
    text="#E8EDF2", text2="#B4BFCA", text3="#94A1AF", disabled="#5F6B78",
    accent="#6AA9F4", accent_hover="#8ABDF8", on_accent="#0B1622",
    ok="#5CCB9F", ok_soft="#15342A", warn="#EBB155", warn_soft="#3A2C12", bad="#F28B82", bad_soft="#43201E",
    unk="#A3AFBC", unk_soft="#262E38", hatch="#404B58", transferred="#C79AE3",
    data=("#4E90F5", "#E8794A", "#55E0A6", "#C373B6", "#F2D552", "#C9EEF9"), other="#7F8B97",
    heat=("#1B242F", "#173C63", "#22639C", "#3D8FD0", "#8CC5F2"),
)  # fmt: skip

THEMES = {"light": LIGHT, "dark": DARK}

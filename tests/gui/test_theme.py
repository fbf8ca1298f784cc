"""The colours: words read on every ground they stand on, data colours stay apart for colour-blind eyes, one file names them all."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from app.gui.theme.tokens import THEMES, mixed

GUI = Path(__file__).parents[2] / "app" / "gui"
# Machado, Oliveira, Fernandes, IEEE TVCG 15 (2009) 1291: simulation at full severity, on linear RGB.
SIMULATIONS = {
    "normal": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(TO_XYZ[1] @ linear(colour))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    share = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture(params=THEMES.values(), ids=lambda theme: theme.name)
def theme(request):
    return request.param


def test_words_have_contrast_on_every_ground_they_stand_on(theme):
    grounds = (theme.app, theme.rail, theme.surface, theme.sunken, theme.selected)
    pairs = [(ink, ground) for ink in (theme.text, theme.text2, theme.text3) for ground in grounds]
    pairs += [(theme.text, theme.hover), (theme.text2, theme.hover), (theme.text2, theme.unk_soft), (theme.text2, theme.hatch)]
    pairs += [
        (theme.on_accent, theme.accent),
        (theme.on_accent, theme.accent_hover),
        (theme.accent, theme.surface),
        (theme.accent, theme.selected),
    ]
    pairs += [theme.level(level) for level in ("ok", "warning", "blocked", "unknown")]
    pairs += [(theme.kind(kind), theme.chip(kind)) for kind in ("measured", "fitted", "transferred", "pooled", "modelled")]
    poor = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5}
    assert not poor


def test_controls_and_data_stand_out_from_the_card(theme):
    assert contrast(theme.control, theme.surface) >= 3
    assert min(contrast(colour, theme.surface) for colour in (*theme.data, theme.other)) >= 3


@pytest.mark.parametrize("eyes", SIMULATIONS)
def test_data_colours_stay_apart(theme, eyes):
    seen = {colour: lab(SIMULATIONS[eyes] @ linear(colour)) for colour in theme.data}
    least = min(float(np.linalg.norm(seen[one] - seen[other])) for one, other in itertools.combinations(theme.data, 2))
    assert least >= 26, least


def test_the_heat_scale_is_strictly_monotone_and_leaves_the_card(theme):
    lightness = [lab(linear(colour))[0] for colour in theme.heat]
    steps = np.diff(lightness)
    assert (steps < 0).all() if theme.name == "light" else (steps > 0).all()
    away = [contrast(colour, theme.surface) for colour in theme.heat]
    assert away == sorted(away)


def test_mixing_is_between_its_two_colours():
    assert mixed("#000000", "#FFFFFF", 0.0) == "#FFFFFF" and mixed("#000000", "#FFFFFF", 1.0) == "#000000"
    assert mixed("#FF0000", "#FFFFFF", 0.5) == "#FF8080"


def test_nothing_but_the_tokens_names_a_colour():
    guilty = {
        path.name: found
        for path in GUI.rglob("*.py")
        if path.name != "tokens.py" and (found := re.findall(r'["\']#[0-9A-Fa-f]{3,8}["\']', path.read_text(encoding="utf-8")))
    }
    assert not guilty

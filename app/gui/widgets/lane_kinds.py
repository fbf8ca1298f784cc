"""What a box of a lane is: the class of a kernel, a collective, a copy, an operator of the host; its colour and the mark of its edge."""

import numpy as np
from numpy.typing import NDArray

from app.engine.model.traces import Events
from app.gui.theme import Theme
from app.gui.theme.tokens import mixed

KINDS = ("matrix", "attention", "convolution", "communication", "copy", "elementwise", "other", "host", "runtime", "annotation", "python")
MATRIX, ATTENTION, CONVOLUTION, COMMUNICATION, COPY, ELEMENTWISE, OTHER, HOST, RUNTIME, ANNOTATION, PYTHON = range(len(KINDS))
DATA = {"matrix": 0, "attention": 4, "convolution": 3, "communication": 1, "copy": 2, "elementwise": 5}
AS_KIND = {"index": "copy", **dict.fromkeys(("optimizer", "normalisation", "softmax", "pooling"), "elementwise")}
CATEGORIES = {
    "kernel": OTHER, "memcpy": COPY, "memset": COPY, "collective": COMMUNICATION, "cpu_op": HOST, "runtime": RUNTIME,
    "annotation": ANNOTATION, "python": PYTHON,
}  # fmt: skip
NOTES = ("ProfilerStep", "Optimizer.step#", "Optimizer.zero_grad#", "enumerate(DataLoader)")
LEAST_CONTRAST = 4.5


def kinds_of(events: Events, is_host: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the kind of each event; kernels by their names, each name judged once."""
    from app.engine.profiling import kernel_kind

    if not len(events):
        return np.empty(0, np.uint8)
    by_category = np.array([CATEGORIES.get(category, OTHER) for category in events.categories], np.uint8)
    found = by_category[events.category]
    kernels = np.array([category == "kernel" for category in events.categories], bool)[events.category]
    by_name = np.full(len(events.names), OTHER, np.uint8)
    for number in np.flatnonzero(np.bincount(events.name[kernels], minlength=1)).tolist():
        kind = kernel_kind(events.names[number]).kind
        by_name[number] = KINDS.index(AS_KIND.get(kind, kind)) if AS_KIND.get(kind, kind) in DATA else OTHER
    found[kernels] = by_name[events.name[kernels]]
    found[(found == OTHER) & is_host[events.device]] = RUNTIME
    notes = np.array([name.startswith(NOTES) for name in events.names], bool)  # older profilers write them as operators
    found[notes[events.name] & (found == HOST)] = ANNOTATION
    return found


def colours(theme: Theme) -> tuple[str, ...]:
    """Return the colour of each kind: data colours on cards, greys and the accent on hosts."""
    greys = {
        "other": theme.other,
        "host": mixed(theme.other, theme.surface, 0.45),
        "runtime": mixed(theme.other, theme.surface, 0.65),
        "annotation": mixed(theme.accent, theme.surface, 0.25),
        "python": mixed(theme.other, theme.surface, 0.25),
    }
    return tuple(theme.data[DATA[kind]] if kind in DATA else greys[kind] for kind in KINDS)


def inks(theme: Theme) -> tuple[str, ...]:
    """Return the colour of words on each kind, "" where none can be read."""
    return tuple(_ink(colour, theme) for colour in colours(theme))


def _ink(ground: str, theme: Theme) -> str:
    best = max((theme.text, theme.surface, theme.on_accent), key=lambda ink: contrast(ink, ground))
    return best if contrast(best, ground) >= LEAST_CONTRAST else ""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours "#rrggbb", 1..21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""What `amd-smi monitor --json` and `amd-smi metric --json` write, with the names that the CSV has; -w writes one list after another."""

import json
import re
from typing import TYPE_CHECKING

from app.engine.reading._blank_columns import PLACE

if TYPE_CHECKING:
    import pandas as pd

_OWN = rb'"(?:gfx_activity|socket_power|used_vram|power_usage|hotspot_temperature|vram_used|gfx)"\s*:'
JSON = re.compile(
    rb'[\[{]\s*(?:"gpu_data"\s*:\s*\[\s*)?\{\s*(?:"timestamp"\s*:\s*[\d."]+\s*,\s*)?"gpu"\s*:\s*\d(?=.{0,4000}?' + _OWN + rb")", re.DOTALL
)
JSON_END = re.compile(rb"^[\]}][ \t]*\n|[\]}][ \t]*\n(?=[\[{])", re.MULTILINE)
"""What a chapter may end with: a document, whose last bracket begins a line or stands before a line that begins with one."""
_OPENING, _LINE_OPENING = re.compile(r"[\[{]"), re.compile(r"^[\[{]", re.MULTILINE)
_DEPTH = 4


def json_frame(text: bytes, skipped: dict[str, int]) -> "pd.DataFrame | None":
    """Return a row for each card of each document, its cells as text; None where there is none. After damage it goes on with a line."""
    import pandas as pd

    decode, letters, at, rows = json.JSONDecoder().raw_decode, text.decode("latin-1"), 0, []
    opening = _OPENING
    while (found := opening.search(letters, at)) is not None:
        try:
            whole, at = decode(letters, found.start())
        except (ValueError, RecursionError):
            skipped["skipped.damaged_card"] = skipped.get("skipped.damaged_card", 0) + 1
            at, opening = found.end(), _LINE_OPENING
            continue
        opening = _OPENING
        cards = whole.get("gpu_data", [whole]) if isinstance(whole, dict) else whole
        rows += [{**_flat(card, "", 0), PLACE: found.start()} for card in cards if isinstance(card, dict) and "gpu" in card]
    return pd.DataFrame(rows) if rows else None


def _flat(words: dict, above: str, depth: int) -> dict[str, str]:
    """Return the leaves by their names; those of a clock domain have its name in front ("gfx_0_clk"), as in the CSV."""
    found: dict[str, str] = {}
    for key, value in words.items():
        name = f"{above}_{key}".lower() if key == "clk" else key.lower()
        if isinstance(value, dict) and "value" in value:
            found.setdefault(name, str(value["value"]))
        elif isinstance(value, dict) and depth < _DEPTH:
            for leaf, text in _flat(value, key, depth + 1).items():
                found.setdefault(leaf, text)
        elif isinstance(value, (int, float, str)):
            found.setdefault(name, str(value))
    return found

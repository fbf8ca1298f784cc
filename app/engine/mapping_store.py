"""The mappings of tables and price sheets that the user made, in his configuration folder; the newest first, one for each kind of heads."""

import contextlib
from collections.abc import Sequence

import msgspec

from app.engine.model.mappings import TableMapping
from app.engine.model.plans import PriceMapping
from app.engine.paths import replacing, user_folder

FILE, PRICE_FILE = "table-mappings.json", "price-mappings.json"
MOST_KEPT = 200


def known_mappings() -> tuple[TableMapping, ...]:
    """Return what was remembered; nothing where the file is missing or not ours."""
    try:
        return msgspec.json.decode((user_folder("config") / FILE).read_bytes(), type=tuple[TableMapping, ...])
    except (OSError, msgspec.DecodeError):
        return ()


def remember_mapping(mapping: TableMapping) -> None:
    """Keep a mapping for the next file with the same heads. A folder that cannot be written costs the memory, not the import."""
    kept: Sequence[TableMapping] = [mapping, *(one for one in known_mappings() if one.heads != mapping.heads)][:MOST_KEPT]
    with contextlib.suppress(OSError), replacing(user_folder("config") / FILE) as temporary:
        temporary.write_bytes(msgspec.json.encode(kept))


def known_price_mappings() -> tuple[PriceMapping, ...]:
    """Return what was said of layouts of price sheets; nothing where the file is missing or not ours."""
    try:
        return msgspec.json.decode((user_folder("config") / PRICE_FILE).read_bytes(), type=tuple[PriceMapping, ...])
    except (OSError, msgspec.DecodeError):
        return ()


def remember_price_mapping(mapping: PriceMapping) -> None:
    """Keep a mapping for the next price sheet of the same layout. A folder that cannot be written costs the memory, not the import."""
    kept: Sequence[PriceMapping] = [mapping, *(one for one in known_price_mappings() if one.heads != mapping.heads)][:MOST_KEPT]
    with contextlib.suppress(OSError), replacing(user_folder("config") / PRICE_FILE) as temporary:
        temporary.write_bytes(msgspec.json.encode(kept))

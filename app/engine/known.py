"""What the program knows before any customer's file is read: platforms, software support, measured runs; each read once."""

from functools import cache
from typing import TYPE_CHECKING

from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Knowledge, Platform
from app.engine.paths import platform_db_folder

if TYPE_CHECKING:
    from app.engine.platform_store import Catalogue


@cache
def catalogue() -> "Catalogue":
    """Return the platform catalogue, read once."""
    from app.engine.platform_store import load_catalogue

    return load_catalogue()


def platforms_by_id() -> dict[str, Platform]:
    """Return all platforms under their ids."""
    return {platform.id: platform for platform in catalogue().platforms}


@cache
def knowledge() -> Knowledge:
    """Return what is known of software on the platform families, read once."""
    from app.engine import platform_store

    return Knowledge(
        operators=platform_store.load_operator_support(),
        canonical=platform_store.load_operators(),
        families=platform_store.load_families(),
        effort=platform_store.load_effort_priors(),
        porting=platform_store.load_porting(),
        stacks=platform_store.load_stacks(),
        models=platform_store.load_models(),
    )


@cache
def shipped_runs() -> tuple[MeasuredRun, ...]:
    """Return the measured runs that ship with the program."""
    from app.engine.paraselect import read_runs

    return read_runs(platform_db_folder() / "measured" / "measured.csv")

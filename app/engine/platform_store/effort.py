"""What porting takes by experience: platform_db/effort.toml."""

import tomllib
from pathlib import Path

import msgspec

from app.engine.errors import EngineError
from app.engine.model.assessments import STAGES, EffortPriors
from app.engine.paths import platform_db_folder


def load_effort_priors(folder: Path | None = None) -> EffortPriors:
    """Read the sizes, ranges and rates. Raises EngineError naming the file where it is not what its schema says."""
    path = (folder or platform_db_folder()) / "effort.toml"
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), EffortPriors)
    except FileNotFoundError as error:
        raise EngineError("platforms.file_missing", file=path.name) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise EngineError("platforms.not_a_table", file=path.name, detail=str(error)) from error
    _check(found, path.name)
    return found


def _check(found: EffortPriors, file: str) -> None:
    """Raise EngineError at days that fall from low to high, at a stage or a size that is none, at a share outside of 0..1."""
    days = {f"sizes.{name}": one for name, one in found.sizes.items()}
    days |= {f"operator_days.{name}": one for name, one in found.operator_days.items()}
    days |= {f"items.{name}": one.days for name, one in found.items.items()}
    stages = {f"items.{name}": one.stage for name, one in found.items.items()}
    groups = {**found.groups, "same_family": found.same_family, "same_platform": found.same_platform}
    wrong = [(key, str(one)) for key, one in days.items() if not 0 <= one[0] <= one[1] <= one[2]]
    wrong += [(key, stage) for key, stage in stages.items() if stage not in STAGES]
    wrong += [(key, size) for key, sizes in groups.items() for size in sizes if size not in found.sizes]
    wrong += [("unnamed_share", str(found.unnamed_share))] if not 0 <= found.unnamed_share <= 1 else []
    if wrong:
        key, value = wrong[0]
        raise EngineError("platforms.bad_value", file=file, place=key, key=key, value=value)

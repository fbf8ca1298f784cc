"""What porting takes by experience: platform_db/effort.toml."""

import tomllib
from pathlib import Path

import msgspec

from app.engine.errors import EngineError
from app.engine.model.assessments import EffortPriors
from app.engine.paths import platform_db_folder


def load_effort_priors(folder: Path | None = None) -> EffortPriors:
    """Read the sizes, ranges and rates. Raises EngineError naming the file where it is not what its schema says."""
    path = (folder or platform_db_folder()) / "effort.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), EffortPriors)
    except FileNotFoundError as error:
        raise EngineError("platforms.file_missing", file=path.name) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise EngineError("platforms.not_a_table", file=path.name, detail=str(error)) from error

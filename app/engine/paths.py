"""Where things lie: the folders shipped with the program, and the user's own.

`SUANXUAN_HOME` moves everything of the user's (cache, recovery, settings, the site's platforms, crash reports) below one folder: tests and
portable use.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@cache
def program_folder() -> Path:
    """Return the folder that holds platform_db, reports and resources, in a checkout and in a frozen build alike."""
    return Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parents[2]))


def platform_db_folder() -> Path:
    """Return the folder of the shipped platform facts."""
    return program_folder() / "platform_db"


def reports_folder() -> Path:
    """Return the folder of the house style of documents."""
    return program_folder() / "reports"


def resources_folder() -> Path:
    """Return the folder of icons, fonts, translations and the sample project."""
    return program_folder() / "resources"


def translations_folder() -> Path:
    """Return the folder of the message catalogues, one folder per language below it."""
    return resources_folder() / "translations"


def fonts_folder() -> Path:
    """Return the folder of the shipped fonts."""
    return resources_folder() / "fonts"


def sample_folder() -> Path:
    """Return the folder of the sample project."""
    return resources_folder() / "sample"


def capture_folder() -> Path:
    """Return the folder of the capture kit."""
    return resources_folder() / "capture"


def user_folder(kind: str) -> Path:
    """Return the user's folder of this kind, made if need be.

    kind    "cache" (may vanish), "state" (recovery, crash reports), "config" (settings) or "data" (what the user added)
    Raises OSError when it cannot be made.
    """
    home = os.environ.get("SUANXUAN_HOME")
    if home:
        folder = Path(home) / kind
    else:
        import platformdirs

        locate = {
            "cache": platformdirs.user_cache_path,
            "state": platformdirs.user_state_path,
            "config": platformdirs.user_config_path,
            "data": platformdirs.user_data_path,
        }[kind]
        folder = locate("suanxuan", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def site_folder() -> Path:
    """Return the folder of the platforms and facts that a site adds; `SUANXUAN_SITE` names another one.

    Raises OSError when it cannot be made.
    """
    named = os.environ.get("SUANXUAN_SITE")
    return Path(named) if named else user_folder("data") / "platforms"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path` that takes its place when the block ends well, so that no one ever sees half a file.

    Raises OSError as the file system does; the old file is then untouched and the temporary one gone.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes it private; the user expects an ordinary file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@cache
def _umask() -> int:
    present = os.umask(0)
    os.umask(present)
    return present

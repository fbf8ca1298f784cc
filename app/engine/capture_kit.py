"""The capture kit: scripts for the customer's machine, and the page that explains them to its security officer."""

import shutil
from pathlib import Path

from app.engine.documents import writing
from app.engine.errors import EngineError
from app.engine.paths import capture_folder, replacing

SCRIPTS = ("suanxuan-capture.sh", "suanxuan-capture.ps1")


def write_capture_kit(folder: Path) -> tuple[Path, ...]:
    """Copy the kit into a folder, made if need be, and return its files. Raises EngineError where it cannot be written."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise EngineError("pipeline.not_written", file=folder, detail=folder.name)
    written = []
    for source in sorted(path for path in capture_folder().iterdir() if path.is_file()):
        target = folder / source.name
        with writing(target):
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)
            if target.suffix == ".sh":
                target.chmod(target.stat().st_mode | 0o111)
        written.append(target)
    return tuple(written)

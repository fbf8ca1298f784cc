"""`suanxuan`: a command, or the window."""

import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Run one command of the command line, or open the window when none is named; return the exit status."""
    words = sys.argv[1:] if argv is None else argv
    if _wants_window(words):
        from app.cli._window import run_window_command

        return run_window_command(words)
    from app.cli._frame import run_command

    return run_command(words)


def _wants_window(words: list[str]) -> bool:
    """Tell whether there is no command: nothing but files, `--sample` and `--lang`. A plain word may be a misspelt command."""
    names = [word for place, word in enumerate(words) if not word.startswith("--") and (place == 0 or words[place - 1] != "--lang")]
    flags = {word.partition("=")[0] for word in words if word.startswith("-")}
    return flags <= {"--sample", "--lang"} and all(map(_is_file, names))


def _is_file(name: str) -> bool:
    """Tell whether a word names a file: one that is there, or one that is not, which the window then says."""
    path = Path(name)
    return path.exists() or bool(path.suffix) or len(path.parts) > 1


if __name__ == "__main__":
    sys.exit(main())

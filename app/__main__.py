"""`suanxuan`: a command, or the window."""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command of the command line, or open the window when none is named; return the exit status."""
    from app.cli._frame import run_command

    return run_command(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())

"""The command line of the fuzz."""

import argparse
import os
import sys
from pathlib import Path

from tests.fuzz import samples
from tests.fuzz.runs import fuzz

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SUANXUAN_SHARED_DATA", ROOT.parent / "shared" / "data")) / "traces"


def main() -> int:
    """Fuzz for a while and print the summary; 1 where a defect was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of a sample's name")
    options = parser.parse_args()
    found = samples.built_in() | (samples.shared(SHARED) if SHARED.is_dir() else {})
    chosen = {name: raw for name, raw in found.items() if options.only in name}
    print(f"{len(chosen)} samples" + ("" if SHARED.is_dir() else " (the shared data is not here: built-in ones only)"), flush=True)
    summary = fuzz(chosen, seconds=options.seconds, seed=options.seed, keep=ROOT / "fuzz-out")
    print(summary.text())
    return 1 if summary.defects else 0


if __name__ == "__main__":
    sys.exit(main())

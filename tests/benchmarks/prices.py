"""Reading a price sheet of 5 000 rows, beside openpyxl that only loads it: `python -m tests.benchmarks.prices`."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import xlsxwriter

from app.engine import pipeline
from app.engine.platform_store import read_price_sheet
from app.engine.platform_store.price_columns import COLUMNS

ROWS, REPEATS = 5_000, 5


def main() -> None:
    """Print seconds of processor time (the best of several) and their ratio."""
    catalogue = pipeline.catalogue()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.xlsx"
        _write(path, list(catalogue.by_id))
        ours, sheet = _best(lambda: read_price_sheet(path, catalogue))
        load, _ = _best(lambda: [list(page.values) for page in openpyxl.load_workbook(path, read_only=True, data_only=True)])
    told = {"rows": ROWS, "accepted": len(sheet.prices), "cells_told": len(sheet.readings)}
    print(json.dumps({**told, "ours_s": round(ours, 3), "openpyxl_load_s": round(load, 3), "ratio": round(ours / load, 2)}, indent=2))


def _best(work: Callable[[], object]) -> tuple[float, object]:
    found, result = [], None
    for _ in range(REPEATS):
        begin = time.process_time()
        result = work()
        found.append(time.process_time() - begin)
    return min(found), result


def _write(path: Path, platforms: list[str]) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("prices")
        page.write_row(0, 0, [zh for zh, _ in COLUMNS.values()])
        for number in range(ROWS):
            platform = platforms[number % len(platforms)]
            row = [platform, f"8 × {number}", "单卡", 8, "卡时", 5 + number / 1000, "CNY", "6%", "9折", "1个月", 64, "2周", "2026-11-20"]
            page.write_row(number + 1, 0, [*row, "2026-12-31", "华东", "IB", "10 TB", f"n{number}"])


if __name__ == "__main__":
    main()

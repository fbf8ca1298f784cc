"""Measure what one edit in the form of the requirement page costs: from taking the value over until all is painted again.

`python -m tests.benchmarks.form_edit` prints one JSON document: for the sample, and for 64 pipeline stages, the whole edit, its part before
the event loop is reached, and one VRAM estimate alone, all medians in ms. Offscreen; what the session computes afterwards is left out.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

GOAL_MS, EDITS = 50, 15


def main() -> None:
    """Measure both runs."""
    from msgspec.structs import replace

    from app.engine import pipeline

    app, window = _window()
    window.session.recompute = lambda: None
    project = pipeline.new_project(pipeline.sample_inputs())
    sample = project.workload
    assert sample is not None
    run = replace(sample.run, pipeline_parallel=64, tensor_parallel=1, gpus=512, nodes=64, global_batch=512)
    staged = replace(sample, model=replace(sample.model, layers=64), run=run)
    found = {name: _edits(app, window, replace(project, workload=one)) for name, one in (("sample", sample), ("stages_64", staged))}
    window.session.close()
    print(json.dumps({"goal_ms": GOAL_MS} | found, indent=2))


def _edits(app, window, project) -> dict:
    from app.engine.workload import estimate_memory
    from app.gui.tour import settle

    window.session.start_new(project)
    window.show_page("requirement")
    settle(app, window)
    page = window.pages["requirement"]
    times: dict[str, list[float]] = {"edit_ms": [], "before_painting_ms": [], "estimate_ms": []}
    for number in range(EDITS):
        begin = time.perf_counter()
        page.form.fields["run.micro_batch"].committed.emit("run.micro_batch", 1 + number % 4)
        times["before_painting_ms"].append(1000 * (time.perf_counter() - begin))
        app.processEvents()
        times["edit_ms"].append(1000 * (time.perf_counter() - begin))
        settle(app, window)
        begin = time.perf_counter()
        estimate_memory(page.workload)
        times["estimate_ms"].append(1000 * (time.perf_counter() - begin))
    return {name: round(statistics.median(values[1:]), 1) for name, values in times.items()}


def _window():
    from PySide6.QtCore import QSettings

    from app.gui.application import make_application
    from app.gui.look import Look
    from app.gui.main_window import MainWindow

    app = make_application()
    folder = Path(os.environ["SUANXUAN_HOME"])
    window = MainWindow(Look("zh", "light"), QSettings(str(folder / "look.ini"), QSettings.Format.IniFormat))
    window.resize(1440, 900)
    window.show()
    return app, window


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["SUANXUAN_HOME"] = home
        main()

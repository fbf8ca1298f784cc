"""Learn platform_db/learned/ from the measured runs that ship: `python -m tests.accuracy.train_paraselect`.

The variances were found by likelihood on single rows of all that ships (about 70 of a source, Student's t), those of the load levels on a
smooth neighbourhood of batches instead; rounded, kept from vanishing, and not found again inside the folds. `fit_variances` does the same
with medians: held-out errors are up to a point worse.
What is learned here: the evidence, k of the classes,
how much wider than the model says intervals must be, from workloads held out; then corrected rates and software factors, which follow.
"""

import csv
import datetime
from collections import defaultdict

import numpy as np

from app.engine import evaluation, pipeline
from app.engine.model.corrections import CorrectedRate, Software
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect.corrected_rates import corrected_rates
from app.engine.paraselect.evaluating import folds
from app.engine.paraselect.evidence import STEP, comparable, gather, read_evidence, write_evidence
from app.engine.paraselect.hierarchy import EFFECTS, LEVELS, Hierarchy, Settings, doubted
from app.engine.paraselect.known_runs import Known, known_runs
from app.engine.paraselect.learned import Z90, Learned, Width, class_k, read_settings, read_widths, width_keys
from app.engine.paraselect.rate_tables import write_told
from app.engine.paraselect.software import software_of
from app.engine.paths import platform_db_folder

VARIANCE = (
    (0.0256, 0.0113, 0.0087, 0.0059, 0.0080, 0.0036, 0.0098, 1.5000),
    (0.0221, 0.0055, 0.0070, 0.0063, 0.0080, 0.0012, 0.0034, 0.0081),
    (0.0094, 0.0196, 0.0076, 0.0058, 0.0080, 0.0006, 0.0015, 0.0159),
    (0.0015, 0.0140, 0.0048, 0.0032, 0.0080, 0.0003, 0.0011, 0.0110),
    (0.0075, 0.0160, 0.0081, 0.0062, 0.0080, 0.0005, 0.0008, 0.0059),
    (0.0200, 0.0041, 0.0100, 0.0200, 0.0080, 0.0006, 0.0014, 0.0071),
    (0.0056, 0.0117, 0.0545, 0.0057, 0.0080, 0.0025, 0.0036, 0.1391),
    (0.0038, 0.0022, 0.0057, 0.0041, 0.0080, 0.0034, 0.0019, 0.0028),
    (0.0024, 0.0017, 0.1076, 0.0067, 0.0080, 0.0003, 0.0022, 0.0185),
    (0.0023, 0.0040, 0.0066, 0.0719, 0.0080, 0.0006, 0.0017, 0.0084),
    (0.0400, 0.0100, 0.0010, 0.0010, 0.0010, 0.0002, 0.0010, 0.0050),
    (0.0020, 0.0020, 0.0010, 0.0010, 0.0010, 0.0002, 0.0080, 0.0150),
    (0.0010, 0.0010, 0.0010, 0.0010, 0.0010, 0.0002, 0.0005, 0.0500),
    (0.0010, 0.0060, 0.0100, 0.0010, 0.0050, 0.0001, 0.0004, 0.0100),
)
"""By level and effect (hierarchy.LEVELS, EFFECTS)."""
NOISE = 0.005
FEWEST, MOST_REFERENCES = 60, 6
"""Trials a kind needs for a width of its own; known rows of a case from which, each alone, another is predicted."""


def main() -> None:
    """Write model.toml, evidence.csv and widths.csv; then what predictions with them are worth, evaluation.csv and held_out.csv."""
    folder, platforms, runs = platform_db_folder() / "learned", pipeline.platforms_by_id(), pipeline.shipped_runs()
    folder.mkdir(exist_ok=True)
    settings = settings_of(runs)
    (folder / "model.toml").write_text(_model(settings, len(runs)), encoding="utf-8")
    write_evidence(folder / "evidence.csv", doubted(gather(runs, platforms), platforms, settings))
    with (folder / "widths.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "factor", "trials"))
        writer.writerows((width.kind, f"{width.factor:.3f}", width.trials) for width in widths_of(residuals(runs)))
    write_corrections()
    evaluation.write_shipped()


def write_corrections() -> None:
    """Write rates.csv and software.csv: what the model that now ships says of each platform."""
    folder, platforms, runs = platform_db_folder() / "learned", pipeline.platforms_by_id(), pipeline.shipped_runs()
    evidence, settings = read_evidence(folder / "evidence.csv"), read_settings()
    learned = Learned(Hierarchy(evidence, platforms, settings), read_widths())
    write_told(folder / "rates.csv", corrected_rates(learned, settings.k, runs, platforms), CorrectedRate)
    write_told(folder / "software.csv", software_of(learned, settings.k, runs, platforms), Software)


def settings_of(runs: tuple[MeasuredRun, ...]) -> Settings:
    """Return the variances above with k of the runs' classes."""
    variance: dict[str, dict[str, float]] = {
        level: dict(zip(EFFECTS, values, strict=True)) for level, values in zip(LEVELS, VARIANCE, strict=True)
    }
    return Settings(variance, NOISE, class_k(runs, pipeline.platforms_by_id()))


def residuals(runs: tuple[MeasuredRun, ...]) -> list[tuple[str, float, str]]:
    """Return (kind, log error ÷ deviation, source) of predictions with whole workloads held out."""
    platforms, found = pipeline.platforms_by_id(), []
    for held_out, rest in folds(runs):
        settings = settings_of(rest)
        learned = Learned(Hierarchy(doubted(gather(rest, platforms), platforms, settings), platforms, settings), ())
        cases: dict[str, list[MeasuredRun]] = defaultdict(list)
        for run in held_out:
            if run.speed is not None and run.gpus is not None and run.platform in platforms:
                cases[run.case].append(run)
        for case, of_case in cases.items():
            rows = comparable(known_runs(of_case, case), platforms)
            learned.prepare([one.run for one in rows], rows, platforms)
            for wanted in rows:
                found += _tried(rows, wanted, learned)
    return found


def _tried(rows: list[Known], wanted: Known, learned: Learned) -> list[tuple[str, float, str]]:
    known = [(one, one.throughput * (wanted.gpus / one.gpus) ** STEP) for one in rows if one.platform != wanted.platform]
    found = []
    for some in [*([one] for one in known[:MOST_REFERENCES]), *([known] if len(known) > 1 else [])]:
        told = learned.told(some, wanted.run, pipeline.platforms_by_id())
        if told is not None:
            error = told[0] - float(np.log(wanted.throughput / wanted.gpus))
            found.append((told[2], abs(error) / told[1], wanted.run.source))
    return found


def widths_of(found: list[tuple[str, float, str]]) -> list[Width]:
    """Return the factor by which 90 % of the errors lie inside, of each kind and of what its first words tell."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for kind, ratio, _source in found:
        for key in width_keys(kind):
            by_kind[key].append(ratio)
    return [
        Width(kind, float(np.quantile(ratios, min(1.0, 0.9 * (1 + 1 / len(ratios))))) / Z90, len(ratios))
        for kind, ratios in sorted(by_kind.items())
        if len(ratios) >= FEWEST
    ]


def _model(settings: Settings, rows: int) -> str:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    lines = [
        f"# Written by tests/accuracy/train_paraselect.py on {today} from the {rows} rows of platform_db/measured/measured.csv.",
        "# Variances of log speed by level and effect; k of compute and memory by class (app/engine/paraselect/hierarchy.py).",
        f"noise = {settings.noise}",
        "",
        "[k]",
        *(f"{kind} = [{k[0]:.4f}, {k[1]:.4f}]" for kind, k in sorted(settings.k.items())),
    ]
    for level, values in settings.variance.items():
        lines += ["", f"[variance.{level}]", *(f"{effect} = {value}" for effect, value in values.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

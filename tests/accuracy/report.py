"""The accuracy report: one table per quantity, printed and saved as Markdown and JSON (`make accuracy`)."""

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.accuracy import inference, memory, scaling, serving, step_time

OUT = Path("accuracy-out")


def sections() -> dict[str, Callable[[], Sequence[tuple]]]:
    """Return the tables: title -> rows (case, model, truth, predicted[, low, high])."""
    return {
        "Peak allocated VRAM, training (GiB)": memory.peak_rows,
        "Bounds: readings and reserved peaks the prediction must not exceed (GiB)": memory.bound_rows,
        "Activations of the recomputation paper, all modes (GiB)": memory.paper_rows,
        "Activations against PyTorch autograd, no recomputation (bytes)": lambda: memory.autograd_rows("none"),
        "Activations against PyTorch autograd, full recomputation (bytes)": lambda: memory.autograd_rows("full"),
        "Largest batch, inference (sequences)": inference.rows,
        "KV cache of one sequence (GiB)": inference.kv_rows,
        "Step time, modelled, Megatron-LM on A100 and B200, whole models held out (s)": lambda: step_rows(megatron=True),
        "Step time, modelled, torchtitan and Megatron-Bridge (s)": lambda: step_rows(megatron=False),
        "Speed over card counts, one count known, whole workloads held out": lambda: scaling.rows(1),
        "Speed over card counts, two counts known, whole workloads held out": lambda: scaling.rows(2),
        "Time of a served token, whole models held out (ms)": lambda: serving.rows("modelled"),
        "Time of a served token, other runs of the same model known (ms)": lambda: serving.rows("transferred"),
        "Parameters of the shipped models": memory.parameter_rows,
    }


def step_rows(*, megatron: bool) -> list[tuple]:
    """Return the step times of Megatron-LM, or those of the other engines."""
    return [row for row in step_time.rows() if row[0].startswith(("tt_", "mbridge")) != megatron]


def summary(rows: Sequence[tuple]) -> dict[str, float | int]:
    """Return how far the predictions are off: mean, worst, most optimistic (below the truth) and share within 3 %; coverage where told."""
    errors = [row[3] / row[2] - 1 for row in rows if row[2]]
    found: dict[str, float | int] = {
        "rows": len(errors),
        "models": len({row[1] for row in rows}),
        "mean": statistics.mean(map(abs, errors)),
        "worst": max(errors, key=abs),
        "highest": max(errors),
        "within_3_percent": sum(abs(error) <= 0.03 for error in errors) / len(errors),
    }
    ranged = [row for row in rows if len(row) > 4 and row[4] is not None]
    if ranged:
        found["coverage"] = sum(row[4] <= row[2] <= row[5] for row in ranged) / len(ranged)
    return found


def main() -> None:
    """Print and save every table."""
    OUT.mkdir(exist_ok=True)
    text, kept = ["# Accuracy", ""], {}
    for title, rows_of in sections().items():
        try:
            rows = rows_of()
        except FileNotFoundError as error:
            print(f"{title}: left out, {error.filename} is not there")
            continue
        found = summary(rows)
        kept[title] = {"summary": found, "rows": rows}
        told = ", ".join(f"{key} {value:.2%}" if isinstance(value, float) else f"{key} {value}" for key, value in found.items())
        print(f"{title}\n    {told}")
        text += [f"## {title}", "", told, "", "| case | model | truth | predicted | error |", "|---|---|---|---|---|"]
        text += [f"| {row[0]} | {row[1]} | {row[2]:.6g} | {row[3]:.6g} | {row[3] / row[2] - 1:+.2%} |" for row in rows if row[2]]
        text.append("")
    (OUT / "accuracy.md").write_text("\n".join(text), encoding="utf-8")
    (OUT / "accuracy.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Evaluate what ships anew and store it: `python -m tests.accuracy.held_out`, after a change of the predictor that learns nothing new.

`tests.accuracy.train_paraselect` does the same at its end. Where two changes met in `held_out.csv`, take either and run this.
"""

from app.engine import evaluation


def main() -> None:
    """Write platform_db/learned/evaluation.csv and held_out.csv and print the score of each protocol."""
    evaluation.write_shipped()
    for score in evaluation.evaluate_shipped().scores:
        if score.subset == "all":
            print(f"{score.protocol:<24}{score.rows:6} rows  mean {score.macro_mean:6.1%}  covered {score.coverage:6.1%}")


if __name__ == "__main__":
    main()

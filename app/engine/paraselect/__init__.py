"""ParaSelect: speed on one platform from measured speeds on others.

    speed_target = speed_ref / (k1·TFLOPS'_ref/TFLOPS'_target + k2·gmem_ref/gmem_target
                                + k3·pcie_ref/pcie_target + k4·nvlink_ref/nvlink_target)

k of a case are those of its class in the measured data that ship, moved by the run's profile and by its own measured platforms.
"""

from app.engine.paraselect.evaluating import evaluate, evaluate_held_out
from app.engine.paraselect.explaining import explain
from app.engine.paraselect.fit_shares import fit_told
from app.engine.paraselect.fitting import fit_case
from app.engine.paraselect.held_out import read_stored, stored_scores, write_stored
from app.engine.paraselect.listening import listen
from app.engine.paraselect.measuring_next import measure_next
from app.engine.paraselect.prediction import predict, predict_targets
from app.engine.paraselect.rate_tables import shipped_rates, shipped_software
from app.engine.paraselect.run_table import Near, read_runs, read_table, write_predictions
from app.engine.paraselect.scaling import scale_case
from app.engine.paraselect.scaling_grid import speed_curve
from app.engine.paraselect.table_predictions import faults_of, predict_table
from app.engine.paraselect.telling import ToldSpeed, ToldSpeeds, Way, compute_rate, told_speeds
from app.engine.paraselect.terms import SideBySide, TermsRow, side_by_side

__all__ = [
    "Near",
    "SideBySide",
    "TermsRow",
    "ToldSpeed",
    "ToldSpeeds",
    "Way",
    "compute_rate",
    "evaluate",
    "evaluate_held_out",
    "faults_of",
    "explain",
    "fit_case",
    "fit_told",
    "listen",
    "measure_next",
    "predict",
    "predict_table",
    "predict_targets",
    "read_runs",
    "read_table",
    "read_stored",
    "scale_case",
    "shipped_rates",
    "shipped_software",
    "side_by_side",
    "speed_curve",
    "stored_scores",
    "told_speeds",
    "write_predictions",
    "write_stored",
]

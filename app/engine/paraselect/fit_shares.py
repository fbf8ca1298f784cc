"""A fit of one case with the k that predictions use beside the fitted ones."""

from collections.abc import Sequence

import msgspec

from app.engine.model.estimates import Fit
from app.engine.model.measurements import MeasuredRun
from app.engine.model.platforms import Platform
from app.engine.model.profiles import Profile
from app.engine.paraselect.cases import class_k_of
from app.engine.paraselect.collinear import collinear_note, collinear_terms, separators
from app.engine.paraselect.fitting import design_of, fit_case
from app.engine.paraselect.known_runs import known_runs
from app.engine.paraselect.shares import shares_of


def fit_told(
    runs: Sequence[MeasuredRun],
    platforms: dict[str, Platform],
    case: str,
    shipped: tuple[MeasuredRun, ...],
    *,
    reference: str = "",
    loss: str = "rmse",
    profile: Profile | None = None,
) -> Fit:
    """Return `fit_case` with k shrunk to the class and moved by the profile, and what its platforms cannot tell apart."""
    fit = fit_case(runs, platforms, case, reference=reference, loss=loss)
    known = known_runs(runs, case)
    design = design_of(known, platforms, reference=fit.reference)
    shares = shares_of(design, class_k_of(known[0].run, platforms, shipped), platforms, profile)
    if shares is None:
        return fit
    shares = msgspec.structs.replace(shares, collinear=collinear_terms(design, shares, separators(design, platforms), platforms))
    note = collinear_note(shares.collinear)
    return msgspec.structs.replace(fit, shares=shares, notes=(*fit.notes, note) if note is not None else fit.notes)

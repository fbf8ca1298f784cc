"""The short version of `make fuzz`: a few cases of each built-in sample."""

from tests.fuzz import samples
from tests.fuzz.runs import fuzz


def test_mutants_of_the_built_in_samples_do_no_harm():
    summary = fuzz(samples.built_in(), seconds=25, seed=20261125, most_cases=80)
    assert not summary.defects, summary.text()
    assert summary.cases == 80 and summary.traces > 10 and len(summary.refused) > 2, summary.text()

"""What is usual in other shops makes sense before anything is known of a shop."""

from pipelines.usecases.conversion.learning.elsewhere import PRIORS
from pipelines.usecases.conversion.moments import COLUMNS, KINDS


def test_there_is_a_prior_of_each_kind_about_features_that_there_are() -> None:
    assert PRIORS.keys() == {*KINDS}
    for prior in PRIORS.values():
        assert 0 < prior.share < 1 and prior.amounts.keys() <= {*COLUMNS.amounts}
        assert all(spread > 0 for _, spread, _ in prior.amounts.values())

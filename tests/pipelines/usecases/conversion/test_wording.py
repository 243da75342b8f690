"""Everything that is told or measured has words that a merchant understands."""

from pipelines.usecases import conversion
from pipelines.usecases.conversion.moments import COLUMNS
from pipelines.usecases.conversion.wording import FEATURES, WORDS


def test_every_feature_has_a_name_for_merchants() -> None:
    assert {*FEATURES} == {*COLUMNS.all} == {*conversion.USE_CASE.monitored.features}
    assert WORDS.page.features == FEATURES


def test_what_runs_is_watched_by_figures_that_are_worked_out() -> None:
    assert WORDS.page.watched[0].key == "log_loss"
    assert {"brier", "auc", "calibration_error"} < {each.key for each in WORDS.page.watched}

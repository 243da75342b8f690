"""What a replay says about generated stores beside the truth, which plain brute force finds in many of their pasts."""

import numpy as np
import pytest

from benchmarks.usecases.demand_forecast.evidence import replay as evidence


@pytest.mark.parametrize(
    ("kind", "pair"),
    [
        (evidence.Kind("slow", per_day=0.04), "better"),
        (evidence.Kind("own terms each", mixed_terms=True, weeks=8), "better"),
        (evidence.Kind("plain"), "too low"),
        (evidence.Kind("shared shocks, AR .5", shock=0.25, memory=0.5), "worse"),
        (evidence.Kind("young", history=evidence.YOUNG), "worse"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_gain_is_not_made_by_the_start_and_its_range_holds_the_truth(kind, pair):
    found = evidence.measured(kind, pair, shops=3, stores=20, copies=40)
    assert abs(found.bias) <= 0.15 + 3 * np.sqrt(1 / 60 + 1 / 120)  # what so few stores leave open
    assert found.covered >= 0.87
    assert pair == "better" or found.called_better <= 0.025


def test_brute_force_agrees_with_a_policy_worked_out_by_hand():
    """Three units a day under a level of 63: what is on hand falls from 21 to none within each week."""
    rules = evidence.terms([1000.0], unit_cost=[365.0])
    units = np.full((1, evidence.LONG + 56), 3.0, dtype=np.float32)
    level = lambda past, day, forecast, rules: np.array([63.0])  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "levels", level)
        earned = evidence.brute_force(units, evidence.LAST_WEEK, rules, evidence.LONG, evidence.Rates())
    assert earned[0] == pytest.approx(8 * (635 * 21 - 0.25 * (18 + 15 + 12 + 9 + 6 + 3)))

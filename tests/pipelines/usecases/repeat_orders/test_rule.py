"""The simple rule, by hand."""

import numpy as np
import pandas as pd

from pipelines.usecases.repeat_orders import past, rule


def test_the_simple_rule_says_the_share_of_those_who_were_away_as_long() -> None:
    known = pd.DataFrame({"since": [0, 9, 99], "usual": 10.0})
    before = past.Past(pd.concat([known] * 100), np.tile([1.0, 0.0, 0.0], 100))
    first, second, third = rule.said(known, before)
    assert first > 0.95 and second < 0.05 and third < 0.05

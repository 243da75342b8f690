"""What was said of a day is set beside what was accepted."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.usecases.offers import model
from pipelines.usecases.offers.judging.monitoring import accuracy
from tests.pipelines.usecases.offers import shop


def test_shares_are_of_shown_offers_whose_acceptance_is_known() -> None:
    frames = shop.frames(6_000, days=20)
    day = pd.Timestamp(shop.LAST_DAY) - pd.Timedelta(days=5)
    said = model.predict(model.fit(frames), frames).assign(first_day=day, y_hat=0.08)
    told = accuracy(frames, said, days=3)
    rows = frames["decisions"]
    shown = rows[rows["ds"].between(day, day + pd.Timedelta(days=2)) & (rows["offer"] > 0)]
    assert told["n"] == len(shown) and told["accepted_share"] == pytest.approx(shown["accepted"].mean())
    assert told["said_share"] == pytest.approx(0.08)


def test_a_day_with_few_offers_says_nothing() -> None:
    frames = shop.frames(100, days=20)
    said = model.predict(model.fit(frames), frames).assign(first_day=pd.Timestamp(shop.LAST_DAY))
    assert accuracy(frames, said) == {"accepted_share": None, "said_share": None, "n": 0}

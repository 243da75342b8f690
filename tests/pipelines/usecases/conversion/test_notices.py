"""What a chance lacks is said in sentences."""

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.conversion import model
from tests.pipelines.usecases.conversion import shop


def test_a_shop_with_enough_of_everything_is_told_nothing() -> None:
    assert model.fit(shop.frames(35, 250)).notices == ()


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        ("checkout", "No visit is known yet (that needs the web pixel)"),
        ("session", "No checkout is known yet: chances of checkouts are those that are usual in other shops"),
    ],
)
def test_what_is_missing_altogether_is_said(of: str, sentence: str) -> None:
    told = shop.small()["moments"]
    assert any(said.startswith(sentence) for said in model.fit(shop.of(told[told["of"] == of])).notices)


def test_a_feature_that_stands_still_since_days_is_asked_after() -> None:
    told = shop.frames(28, 40)["moments"]
    late = told["ds"] > told["ds"].max() - pd.Timedelta(days=3)
    notices = model.fit(shop.of(told.assign(minutes=told["minutes"].mask(late, 0.0)))).notices
    assert "“Minutes so far” has been the same for all visits of the last 3 days: is it still measured?" in notices
    missing = model.fit(shop.of(told.assign(pages=told["pages"].astype(float).mask(late, np.nan)))).notices
    assert any(said.startswith("“Pages seen” has been the same for all visits") for said in missing)

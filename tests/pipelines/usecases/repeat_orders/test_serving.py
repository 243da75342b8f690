"""What is written each night, and what of it may be shown."""

import numpy as np
import pytest

from pipelines.usecases.contract import Frames, NotEnoughHistory
from pipelines.usecases.repeat_orders import model, serving
from tests.frames import LAST_DAY
from tests.pipelines.usecases.repeat_orders import shop


def test_a_version_and_the_simple_rule_say_the_same_columns_of_everybody() -> None:
    frames = shop.of_days()
    ours, rule = (serving.answer(fitted, frames)["repeat_chances"] for fitted in (model.fit(frames), None))
    assert list(ours) == list(rule) and len(ours) == len(rule) == 60
    for rows in (ours, rule):
        assert serving.judge(rows, frames).broken == "" and serving.judge(rows, frames).units == 60


def test_a_young_shop_gets_no_simple_rule_and_an_empty_one_no_rows() -> None:
    with pytest.raises(NotEnoughHistory):
        serving.answer(None, shop.of_days(days=20))
    frames = shop.of_days()
    gone = Frames({"customer_orders": frames["customer_orders"].iloc[:0]}, LAST_DAY)
    said = serving.answer(model.fit(frames), gone)["repeat_chances"]
    assert said.empty and serving.judge(said, gone).broken == ""


def test_what_cannot_be_true_is_not_shown() -> None:
    frames = shop.of_days(customers=200)
    rows = serving.answer(model.fit(frames), frames)["repeat_chances"]
    broken = {
        "got no chance": rows.iloc[1:],
        "more than one": rows.iloc[[0, *range(len(rows))]],
        "what is no chance": rows.assign(within_1=np.nan),
        "order in 28 days": rows.assign(within_28=0.001),
    }
    for words, wrong in broken.items():
        judged = serving.judge(wrong, frames)
        assert words in judged.broken and judged.errors > 0

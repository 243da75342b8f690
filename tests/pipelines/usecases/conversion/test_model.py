"""Both chances are learned from what was known, stored whole, and moved by what ripens later."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle import safe_files
from pipelines.usecases.contract import PARAMETERS, Frames, NotEnoughHistory
from pipelines.usecases.conversion import model
from tests.pipelines.usecases.conversion import shop


@pytest.fixture(scope="module")
def grown() -> model.Fitted:
    return model.fit(shop.frames(35, 90), seed=2)


def test_trees_join_from_three_hundred_orders_on(grown: model.Fitted) -> None:
    few = model.fit(shop.small(), seed=2)
    assert grown.heads["session"].grown and not few.heads["session"].grown
    assert "Only" in few.notices[0] and "usual in other shops" in few.notices[0]
    assert not any("Only" in told and "visits" in told for told in grown.notices)


def test_chances_tell_buyers_apart_and_add_up_to_the_orders(grown: model.Fitted) -> None:
    later = shop.frames(14, 90, seed=7)
    said = model.predict(grown, later)["y_hat"]
    told = later["moments"]
    came = (told["waited"] <= 24).astype(float)
    assert np.corrcoef(said, came)[0, 1] > 0.25
    assert said.sum() == pytest.approx(came.sum(), rel=0.2)


def test_it_is_stored_as_json_and_lightgbms_text_that_may_be_read(grown: model.Fitted) -> None:
    files = model.dump(grown)
    assert model.load(files) == grown
    assert {"." + name.rpartition(".")[2] for name in files} <= safe_files.CHECKS.keys()
    assert len(files[PARAMETERS]) < 500_000


def test_what_another_release_wrote_is_refused(grown: model.Fitted) -> None:
    files = model.dump(grown)
    files[model.LEARNED] = json.dumps(json.loads(files[model.LEARNED]) | {"format": 99}).encode()
    with pytest.raises(ValueError, match="does not read"):
        model.load(files)


def test_an_order_after_the_last_day_is_not_known() -> None:
    shop_then = shop.frames(35, 40)
    origin = shop_then.asof - timedelta(days=7)
    told = shop_then["moments"]
    is_known = told["at"] + pd.to_timedelta(told["waited"], unit="h") < pd.Timestamp(origin + timedelta(days=1))
    blind = told[told["ds"] <= pd.Timestamp(origin)]
    blind = blind.assign(waited=blind["waited"].where(is_known))
    seen, unseen = (Frames({"moments": rows}, origin, "GB") for rows in (told, blind))
    assert model.dump(model.fit(seen)) == model.dump(model.fit(unseen))


def test_too_short_a_history_is_refused_in_words() -> None:
    with pytest.raises(NotEnoughHistory, match="13 of the 14 days"):
        model.fit(shop.frames(13, 10))
    with pytest.raises(NotEnoughHistory, match="0 of the 14 days"):
        model.fit(shop.of(shop.frames(14, 10)["moments"].iloc[:0]))

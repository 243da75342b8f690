"""Past orders judge lists, beside best sellers and what runs; nothing of them is read before."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations import model
from pipelines.usecases.recommendations.judging.evaluation import evaluate, origins
from pipelines.usecases.recommendations.learning.recipe import Recipe
from tests.pipelines.usecases.recommendations import shop


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop.frames(1500)


@pytest.fixture(scope="module")
def found(frames: Frames) -> dict:
    live = dataclasses.replace(model.fit(frames), recipe=Recipe())
    return evaluate(frames, champion=live).as_dict()


def test_pairs_beat_best_sellers_and_the_difference_has_an_interval(found: dict) -> None:
    assert found["page"]["candidate"]["hit_rate"] > found["page"]["baseline"]["hit_rate"]
    assert found["against"]["page"]["baseline"]["low"] > 0
    assert found["against"]["cart"]["champion"]["n"] == found["candidate"]["series"]


def test_a_live_version_that_shows_best_sellers_finds_what_they_find(found: dict) -> None:
    assert found["champion"] == found["baseline"]


def test_every_part_of_the_baskets_has_its_figures_for_everybody(found: dict) -> None:
    assert set(found["slices"]) == {"head", "tail", "new_products", "small_carts"}
    assert all(set(by) == {"candidate", "baseline", "champion"} for by in found["slices"].values())
    assert {"ndcg", "ndcg4", "map", "mrr", "recall", "coverage", "popularity"} <= set(found["candidate"])


def test_it_is_kept_as_json_with_its_origins(found: dict) -> None:
    assert json.loads(json.dumps(found)) == found
    assert len(found["origins"]) == len(found["by_origin"]["all"]["candidate"]) == 3 and found["horizon"] == 7


def test_it_repeats_itself(frames: Frames) -> None:
    assert evaluate(frames, seed=2).as_dict() == evaluate(frames, seed=2).as_dict()


def test_what_comes_later_changes_nothing_of_what_was_said_before(frames: Frames) -> None:
    lines = frames["purchases"]
    late = lines["ds"] > lines["ds"].max() - pd.Timedelta(days=6)
    other = lines.assign(unique_id=np.where(late, 301, lines["unique_id"]))
    first, again = (
        evaluate(Frames({**frames.tables, "purchases": each}, frames.asof)).as_dict() for each in (lines, other)
    )
    assert first["by_origin"]["all"]["candidate"][:2] == again["by_origin"]["all"]["candidate"][:2]


def test_three_orders_or_none_give_no_figures_and_no_fault() -> None:
    for count in (0, 3):
        found = evaluate(shop.frames(count)).as_dict()
        assert found["candidate"]["hit_rate"] is None or count == 3


def test_a_few_days_have_no_origin() -> None:
    assert origins(shop.baskets((1, 2))) == ([], 7)

"""Real baskets are cleaned and split as the protocol says, and a set that is absent is said."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.usecases.recommendations import recommendations
from benchmarks.usecases.recommendations.rig import large_shop, real_baskets
from benchmarks.usecases.recommendations.rig.real_baskets import KINDS, shops, smaller, split
from pipelines.usecases.recommendations.baskets import baskets_of
from pipelines.usecases.recommendations.judging import evaluation
from pipelines.usecases.recommendations.learning.blend import Blend
from pipelines.usecases.recommendations.learning.together import learn
from pipelines.usecases.recommendations.ranks import is_found
from tests.pipelines.usecases.recommendations import shop

GIFTS = KINDS[0]


def order_lines(**changes: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {"invoice": ["1", "1", "C2", "3", "4", "5"], "sku": ["84029g", "84029G ", "85048", "POST", "22423", "22424"]}
    )
    table["qty"], table["price"], table["customer"] = [1, 2, -1, 1, 1, 1], [2.0, 2.0, 2.0, 9.0, 0.0, 4.0], 7
    table["ts"] = pd.Timestamp("2010-01-01 08:15")
    return table.assign(**changes)


def test_cancellations_free_lines_and_postage_go_and_codes_differ_not_by_case(tmp_path: Path) -> None:
    order_lines().to_parquet(tmp_path / "B_lines.parquet")
    lines = real_baskets.online_retail(tmp_path / "B_lines.parquet", 0)
    assert lines["unique_id"].tolist() == ["84029G", "84029G", "22424"] and set(lines["ds"]) == {
        pd.Timestamp("2010-01-01")
    }


def test_other_parts_of_a_set_run_and_what_is_absent_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "groceries"
    folder.mkdir()
    frame = pd.DataFrame({"basket": np.repeat(np.arange(3000), 3), "item": np.tile(["milk", "bread", "tea"], 3000)})
    frame.to_parquet(folder / "Z.parquet")
    said: list[str] = []
    found = list(shops(str(tmp_path), 0, said.append))
    assert [each.name for each in found] == ["groceries/Z"] and len(said) == 2
    assert (len(found[0].before), len(found[0].after)) == (2700, 300)


def test_groceries_are_put_in_an_order_by_the_seed(tmp_path: Path) -> None:
    pd.DataFrame({"basket": range(500), "item": "milk"}).to_parquet(tmp_path / "A.parquet")
    first, again, other = (real_baskets.groceries(tmp_path / "A.parquet", seed)["ds"] for seed in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


def test_the_last_tenth_of_the_days_is_the_test_of_products_known_before_it() -> None:
    found = split("gifts", GIFTS, shop.purchases(1200))
    assert found.after.day.min() >= found.cut > found.before.day.max() and found.before.bought().min() >= GIFTS.least


def test_a_shop_cut_down_keeps_its_latest_orders() -> None:
    whole = split("gifts", GIFTS, shop.purchases(1200))
    few = smaller(whole, 200)
    assert len(few.before) <= 200 and few.before.day.min() > whole.before.day.min() and few.before.bought().min() >= 3


def test_a_gap_is_checked_against_what_is_asked() -> None:
    assert recommendations.over("a", 0.75, 0.70, 0.05).ok and not recommendations.over("a", 0.749, 0.70, 0.05).ok


def test_a_large_shop_is_as_large_as_said() -> None:
    found = large_shop.frames(0, lines=20_000, products=300)
    assert len(found["purchases"]) == 20_000 and len(baskets_of(found).ids) == 300


def test_what_a_large_shop_takes_is_told_without_the_memory_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    few = large_shop.frames(0, lines=20_000, products=300)
    monkeypatch.setattr(large_shop, "frames", lambda seed: few)
    found = large_shop.ours(0)
    assert found["seconds"] > found["trained"] > 0 and found["mb"] >= found["mb_before"] > 50
    ballast = np.ones(30_000_000)
    code = "from benchmarks.usecases.recommendations.rig import large_shop; print(large_shop.most_mb())"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(said.stdout) < large_shop.most_mb() - 100 < ballast.nbytes


def test_a_shop_of_few_orders_of_a_grocer_is_asked_about_the_products_that_it_knows() -> None:
    whole = split("food", replace(GIFTS, least=400), shop.purchases(1200))
    assert smaller(whole, 200).before.bought().min() >= 3 and len(smaller(whole, 200).before.ids) == len(
        whole.before.ids
    )


def test_without_later_baskets_a_small_shop_is_left_out_and_that_is_said() -> None:
    whole = split("gifts", GIFTS, shop.purchases(1200))
    said: list[str] = []
    empty = replace(whole, after=whole.after.where(np.zeros(len(whole.after), dtype=bool)))
    assert recommendations.small_shop(empty, 0, said.append) == [] and "left out" in said[0]


def test_carts_are_added_up_from_as_many_places_as_are_stored() -> None:
    whole = split("gifts", GIFTS, shop.purchases(1200))
    asked = recommendations.questions_of(whole, 0)["cart"]
    together, blend = learn(whole.before, today=whole.cut, half_life=180), Blend(0.5, 0.0, 0.15)
    stored = recommendations.stored_lists(together, blend)
    assert {len(places) for places in stored.values()} == {min(recommendations.STORED, len(stored) - 1)}
    full = is_found(evaluation.lists(together, asked, blend), asked.wanted).mean()
    assert recommendations.from_stored_lists(together, asked, blend).mean() == pytest.approx(full, abs=0.02)


def test_how_long_it_has_taken_so_far_is_said_with_each_part() -> None:
    said: list[str] = []
    recommendations.timed(said.append)("groceries")
    assert re.fullmatch(r" +\d+ s  groceries", said[0])


def test_a_folder_must_be_given() -> None:
    with pytest.raises(SystemExit, match="--data"):
        recommendations.run({"data": None, "seed": 0}, print)

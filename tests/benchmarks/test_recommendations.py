"""Real baskets are cleaned and split as the protocol says, and a set that is absent is said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.usecases.recommendations import recommendations
from benchmarks.usecases.recommendations.rig import large_shop, real_baskets
from benchmarks.usecases.recommendations.rig.real_baskets import KINDS, shops, smaller, split
from pipelines.usecases.recommendations.baskets import baskets_of
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


def test_a_folder_must_be_given() -> None:
    with pytest.raises(SystemExit, match="--data"):
        recommendations.run({"data": None, "seed": 0}, print)

"""Tonight's table: for products, shoppers and whoever is new, by a version or by the simple rule."""

import dataclasses
from datetime import timedelta

import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations import model, serving
from pipelines.usecases.recommendations.learning.again import Habits
from pipelines.usecases.recommendations.serving import COLUMNS, PLACES, answer, recommend, stored
from pipelines.usecases.recommendations.wording import REASONS
from tests.pipelines.usecases.recommendations import shop


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop.frames(1500)


@pytest.fixture(scope="module")
def table(frames: Frames) -> pd.DataFrame:
    return recommend(model.fit(frames), frames)


def changed(frames: Frames, **tables: pd.DataFrame) -> Frames:
    return Frames({**frames.tables, **tables}, frames.asof)


def test_every_product_has_lists_of_every_kind(table: pd.DataFrame) -> None:
    assert list(table.columns) == COLUMNS
    for kind in ("page", "cart", "similar"):
        of = table[table["kind"] == kind]
        assert set(of["unique_id"]) == set(shop.products()["unique_id"]) and of["rank"].max() <= PLACES[kind]
    assert not table.duplicated(["unique_id", "kind", "rank"]).any()
    assert not table.duplicated(["unique_id", "kind", "pick"]).any()


def test_what_is_bought_together_is_told_with_its_count(frames: Frames, table: pd.DataFrame) -> None:
    first = table[(table["kind"] == "page") & (table["unique_id"] == 103) & (table["rank"] == 1)].iloc[0]
    lines = frames["purchases"]
    both = lines[lines["unique_id"].isin([103, 203])].groupby("basket").size().eq(2).sum()
    assert (first["pick"], first["reason"], first["detail"]) == (203, "together", both)


def test_a_shopper_is_told_how_often_it_was_bought(frames: Frames, table: pd.DataFrame) -> None:
    row = table[(table["kind"] == "again") & (table["unique_id"] == 1000)].iloc[0]
    lines = frames["purchases"]
    mine = lines[(lines["customer"] == 1000) & (lines["unique_id"] == row["pick"])]
    assert row["detail"] == mine["basket"].nunique() and row["reason"] == "again"


def test_without_a_version_best_sellers_of_the_type_come_first(frames: Frames) -> None:
    table = recommend(None, frames)
    first = table[(table["kind"] == "page") & (table["rank"] == 1)]
    kind = shop.products().set_index("unique_id")["product_type"]
    assert (kind[first["pick"]].to_numpy() == kind[first["unique_id"]].to_numpy()).all()


def test_nothing_is_shown_that_cannot_be_bought(frames: Frames) -> None:
    gone = shop.products(sellable=lambda known: known["unique_id"] != 203)
    fitted = model.fit(frames)
    assert 203 not in set(recommend(fitted, changed(frames, products=gone))["pick"])
    assert recommend(fitted, changed(frames, products=shop.products(sellable=False))).empty


def test_a_shop_without_an_order_answers_with_what_is_alike(frames: Frames) -> None:
    table = recommend(None, changed(frames, purchases=frames["purchases"].iloc[:0]))
    assert set(table["kind"]) == {"page", "cart", "similar"}


def test_no_product_at_all_is_an_empty_table(frames: Frames) -> None:
    empty = changed(frames, purchases=frames["purchases"].iloc[:0], products=shop.products().iloc[:0])
    assert recommend(None, empty).empty


def test_guests_alone_have_no_lists_of_their_own(frames: Frames) -> None:
    table = recommend(None, changed(frames, purchases=frames["purchases"].assign(customer=None)))
    assert "again" not in set(table["kind"])


def test_a_new_product_is_listed_and_seen(frames: Frames) -> None:
    new = shop.products().tail(1).assign(unique_id=999, first_day=pd.Timestamp(shop.LAST_DAY) - timedelta(days=3))
    table = recommend(model.fit(frames), changed(frames, products=pd.concat([shop.products(), new])))
    assert len(table[(table["unique_id"] == 999) & (table["kind"] == "page")]) == PLACES["page"]
    assert (table[table["pick"] == 999]["reason"] == "new").any()


def test_only_so_many_products_are_compared_with_each_other(frames: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_PRODUCTS", 5)
    assert len(set(recommend(None, frames)["pick"])) <= 5


def test_blocks_of_rows_are_one_table(frames: Frames, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BLOCK", 7)
    by = ["kind", "unique_id", "rank"]
    found = recommend(model.fit(frames), frames)
    pd.testing.assert_frame_equal(*(each.sort_values(by, ignore_index=True) for each in (found, table)), rtol=1e-5)


def test_neighbours_may_speak_in_it(frames: Frames) -> None:
    fitted = dataclasses.replace(model.fit(frames), habits=Habits(neighbours=0.4))
    found = recommend(fitted, frames)
    assert (found[found["kind"] == "again"]["detail"] == 0).any()


def test_every_product_has_a_prediction(frames: Frames) -> None:
    said = serving.predict(model.fit(frames), frames)
    assert set(said["unique_id"]) >= set(shop.products()["unique_id"]) and (said["y_hat"] > 0).all()


def test_a_list_is_stored_in_one_row_with_its_best_pick_first(frames: Frames, table: pd.DataFrame) -> None:
    rows = answer(model.fit(frames), frames)["recommendations"]
    told = rows[(rows["kind"] == "page") & (rows["unit_id"] == 103)].iloc[0]
    listed = table[(table["kind"] == "page") & (table["unique_id"] == 103)].sort_values("rank")
    assert told["picks"].tolist() == listed["pick"].tolist()
    assert [REASONS[each] for each in told["reasons"]] == listed["reason"].tolist()
    assert told["details"].tolist() == listed["detail"].tolist()
    assert len(rows) == table.groupby(["kind", table["unique_id"].fillna(0)]).ngroups
    assert (rows.loc[rows["kind"] == "best", "unit_id"] == 0).all()


def test_no_list_is_stored_where_there_is_none(frames: Frames) -> None:
    rows = stored(recommend(None, changed(frames, products=shop.products(sellable=False))))
    assert rows.empty and list(rows) == ["kind", "unit_id", "picks", "scores", "reasons", "details"]

"""A grocer's year, read from what the till and the mailer say."""

import pandas as pd
import pytest

from benchmarks.usecases.demand_forecast import promotions
from benchmarks.usecases.demand_forecast.rig.complete_journey import MONDAY, OPENS, grocer_of

WEEKS = 53


def line(product, week, quantity=2, paid=1.5, off=0.5):
    moment = MONDAY + pd.Timedelta(weeks=week - 1) + OPENS
    return (product, quantity, paid * quantity, off * quantity, week, moment)


@pytest.fixture
def folder(tmp_path):
    kept = [line(7, week, off=0.5 if week % 2 else 0.0) for week in range(1, WEEKS + 1) if week != 46]
    seldom, fuel = [line(8, week) for week in range(1, 20)], [line(9, week, 9_000) for week in range(1, WEEKS)]
    columns = ["product_id", "quantity", "sales_value", "retail_disc", "week", "transaction_timestamp"]
    into = tmp_path / "complete_journey"
    into.mkdir()
    pd.DataFrame([*kept, *seldom, *fuel], columns=columns).to_parquet(into / "A_transactions.parquet")
    mailed = [(7, store, 47, "A" if store < 4 else "0") for store in range(1, 11)]
    names = ["product_id", "store_id", "week", "mailer_location"]
    pd.DataFrame(mailed, columns=names).to_parquet(into / "promotions_top10stores.parquet")
    products = {"product_id": [7, 8, 9], "product_category": ["BREAD", "MILK", "FUEL"]}
    pd.DataFrame(products).to_parquet(into / "products.parquet")
    return tmp_path


def test_a_product_that_sells_in_most_weeks_is_read_with_its_discounts(folder):
    grocer = grocer_of(folder, products=10, seed=0)
    weeks = grocer.weeks.set_index("week")
    assert grocer.series["unique_id"].tolist() == [7] and grocer.series["product_type"].tolist() == ["BREAD"]
    assert grocer.last_week == 52 and weeks.loc[45, "depth"] == pytest.approx(0.25)
    assert (weeks.loc[46, "y"], weeks.loc[46, "depth"]) == (0, pytest.approx(0.25))  # the tag of the week before
    assert weeks.index[weeks["announced"]].tolist() == [47]


def test_the_plan_is_known_ahead_and_what_sold_is_not(folder):
    grocer = grocer_of(folder, products=10, seed=0)
    known, blind = (grocer.frames(40, with_promotions=told) for told in (True, False))
    assert known["daily_sales"]["ds"].max() < MONDAY + pd.Timedelta(weeks=40)
    assert known["planned_sales"]["first_day"].max() == MONDAY + pd.Timedelta(weeks=50)
    assert blind.get("planned_sales") is None


def test_every_week_of_the_quarter_is_forecast_once(folder, monkeypatch):
    asked = []

    def forecast(grocer, week, until, *, with_promotions, seed):
        asked.append((week, until, with_promotions))
        return grocer.held_back(week + 1, until, "y") + 1.0

    monkeypatch.setattr(promotions, "forecast", forecast)
    checks = {check.name: check for check in promotions.run({"data": str(folder), "seed": 0}, lambda text: None)}
    assert asked == [(a, b, told) for a, b in ((39, 43), (43, 47), (47, 52)) for told in (False, True)]
    assert checks["error_promoted"].ratio == 1 and not checks["error_promoted"].ok and checks["error_others"].ok
    assert not any("deep" in name for name in checks), "a slice that no week is in has no error"

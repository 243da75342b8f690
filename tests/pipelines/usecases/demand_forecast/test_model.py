"""Fit, store, load, forecast: parts that add up, quantiles that grow, a shop of any size."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from pipelines.usecases.contract import Frames, NotEnoughHistory
from pipelines.usecases.demand_forecast.model import Forecast, dump, fit, load, predict, predict_panel
from tests.frames import LAST_DAY, daily_sales, sales_frames, series, shop_frames


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop_frames(n_series=12, days=200)


@pytest.fixture(scope="module")
def forecast(frames: Frames) -> Forecast:
    return predict_panel(fit(frames), frames)


def test_a_forecast_starts_the_day_after_the_last_complete_one(frames: Frames) -> None:
    said = predict(fit(frames), frames)
    assert said.columns.tolist() == ["unique_id", "ds", "y_hat"]
    assert said["ds"].min() == pd.Timestamp(LAST_DAY) + pd.Timedelta(days=1)
    assert said.groupby("unique_id").size().unique().tolist() == [28]
    assert (said["y_hat"] >= 0).all()


def test_it_reaches_over_lead_time_and_review(frames: Frames) -> None:
    assert fit(frames, lead_days=60, review_days=14).horizon == 74
    assert fit(frames).horizon == 28
    assert predict_panel(fit(frames), frames, horizon=50).mean.shape == (12, 50)


def test_the_parts_of_an_explanation_add_up(forecast: Forecast) -> None:
    parts = forecast.level_parts(21).set_index("unique_id")
    assert parts.drop(columns="total").sum(axis=1).to_numpy() == pytest.approx(parts["total"].to_numpy())
    assert parts["total"].to_numpy() == pytest.approx(forecast.sum_of(21))


def test_quantiles_grow_with_level_and_days(forecast: Forecast) -> None:
    half, most = forecast.quantile_of_sum(21, 0.5), forecast.quantile_of_sum(21, 0.95)
    assert (half <= most).all()
    assert (forecast.quantile_of_sum(7, 0.95) <= most).all()
    assert (forecast.quantile_of_sum(0, 0.95) == 0).all()


def test_each_series_may_have_its_own_lead_time_and_level(forecast: Forecast) -> None:
    days, level = np.array([7, 28] * 6), np.array([0.9, 0.99] * 6)
    own = forecast.quantile_of_sum(days, level)
    assert np.array_equal(own[::2], forecast.quantile_of_sum(7, 0.9)[::2])
    assert np.array_equal(own[1::2], forecast.quantile_of_sum(28, 0.99)[1::2])


def test_a_sum_beyond_the_horizon_is_refused(forecast: Forecast) -> None:
    with pytest.raises(ValueError, match="reaches 28 days, asked for 29"):
        forecast.sum_of(29)


def test_a_version_is_a_recipe_that_survives_as_plain_files(frames: Frames) -> None:
    fitted = fit(frames)
    files = dump(fitted)
    assert set(files) <= {"parameters.json", "trees.txt"}
    assert load(files) == fitted
    assert b"\x80" not in files["parameters.json"][:2]


def test_a_file_of_another_format_is_refused(frames: Frames) -> None:
    files = dump(fit(frames))
    other = {"parameters.json": files["parameters.json"].replace(b'"format": 3', b'"format": 9')}
    assert other != files
    with pytest.raises(ValueError, match="format"):
        load(other)


def test_a_version_of_an_earlier_release_still_answers(frames: Frames) -> None:
    fitted = fit(frames)
    plain = json.loads(dump(fitted)["parameters.json"]) | {"format": 1}
    del plain["recipe"]["doubt"]
    plain["recipe"]["model_error"] = 0.25
    old = load(dump(fitted) | {"parameters.json": json.dumps(plain).encode()})
    said = predict_panel(old, frames, horizon=56)
    assert np.array_equal(said.mean, predict_panel(fitted, frames, horizon=56).mean)
    errors = [said.spread.error(days)[0] for days in (7, 14, 56)]
    assert errors == sorted(errors) and old.recipe.doubt.floors == ()
    assert load(dump(old)) == old


def test_the_live_version_forecasts_from_fresher_days_without_learning(frames: Frames) -> None:
    fitted = fit(frames)
    later = shop_frames(n_series=12, days=207, last_day=LAST_DAY + pd.Timedelta(days=7).to_pytimedelta())
    said = predict_panel(fitted, later)
    assert said.origin == later.asof
    assert said.spread.doubt == fitted.recipe.doubt


def test_a_large_shop_of_two_years_lets_its_past_decide() -> None:
    told: list[str] = []
    frames = shop_frames(n_series=40, days=420, seed=3)
    fitted = fit(frames, progress=lambda share, words: told.append(words))
    assert told[0] == "Trying the forecast on your own past"
    assert "RMSSE" in fitted.recipe.reasons["trees"]
    assert "naive rule" in fitted.recipe.reasons["total"]
    assert (fitted.trees is not None) == fitted.recipe.uses_trees
    assert load(dump(fitted)) == fitted


@pytest.mark.parametrize("days", [28, 60, 100, 150])
def test_a_shop_of_any_age_from_four_weeks_on_is_forecast(days: int) -> None:
    frames = shop_frames(n_series=5, days=days)
    said = predict_panel(fit(frames), frames)
    sales = frames["daily_sales"]
    recent = sales.loc[sales["ds"] > pd.Timestamp(LAST_DAY) - pd.Timedelta(days=28), "y"].sum()
    assert said.mean.sum() == pytest.approx(recent, rel=0.35)


def test_a_new_product_starts_like_its_type() -> None:
    days = 200
    sales, described = daily_sales(8, days), series(8, days)
    launches = described["unique_id"] >= 3
    described["product_type"] = np.where(launches, "Tents", "Socks")
    described.loc[launches, "first_day"] = pd.Timestamp(LAST_DAY) - pd.Timedelta(days=100)
    sales = sales[(sales["unique_id"] < 3) | (sales["ds"] > pd.Timestamp(LAST_DAY) - pd.Timedelta(days=100))]
    newcomer = described.tail(1).assign(unique_id=99, first_day=pd.Timestamp(LAST_DAY))
    frames = Frames({"daily_sales": sales, "series": pd.concat([described, newcomer])}, LAST_DAY, "GB")
    fitted = fit(frames)
    said = predict_panel(fitted, frames)
    total = float(said.sum_of(7)[said.ids == 99][0])
    assert total == pytest.approx(7 * fitted.profiles["Tents"][0], rel=0.25)
    assert total > 0
    parts = said.level_parts(7).set_index("unique_id")
    assert parts.loc[99, "new_product"] > 0


@settings(max_examples=25, deadline=None)
@given(sales_frames())
def test_any_sales_give_a_finite_forecast_or_a_named_refusal(sales: pd.DataFrame) -> None:
    frames = Frames({"daily_sales": sales}, LAST_DAY, "")
    try:
        said = predict_panel(fit(frames), frames)
    except NotEnoughHistory as refusal:
        assert refusal.sentence.endswith(".")
        return
    assert np.isfinite(said.mean).all()
    assert (said.mean >= 0).all()
    assert np.isfinite(said.quantile_of_sum(21, 0.95)).all()

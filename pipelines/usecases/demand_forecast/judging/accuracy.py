"""How accurate the forecast is on real demand panels, through the very code that training runs.

A panel is a parquet file of shop | country | unique_id | ds | y. Thirteen rolling origins, 28 days apart, at the end of
each file, as many as have a year and 120 days before them, at least three; a series needs 120 days and 8 sale days
before the origin. RMSSE is scaled by the naive one-day error in
sample and averaged over series and origins; WAPE is of 28-day totals; coverage is of sums of 7 to 56 days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from pipelines.stats.frames import Mask, Matrix
from pipelines.stats.metrics import rmsse_by_series
from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.demand_forecast import model
from pipelines.usecases.demand_forecast.backtesting.coverage import Coverage, coverage_of
from pipelines.usecases.demand_forecast.backtesting.spread import HORIZONS
from pipelines.usecases.demand_forecast.learning.baselines import seasonal_naive
from pipelines.usecases.demand_forecast.learning.history import History, Vector, history_of
from pipelines.usecases.demand_forecast.learning.shop_total import quiet_stan

HORIZON, LEAST_ORIGINS, MOST_ORIGINS = 28, 3, 13
DAYS_BEFORE = 365 + 120  # of an origin beyond the least number of them
LEAST_DAYS, LEAST_SALE_DAYS = 120, 8
Seasonality = Literal["additive", "multiplicative"]
SAMPLE = 45
SUM_DAYS = max(HORIZONS)


@dataclass(frozen=True)
class Scores:
    """Hold what was scored at one origin, one entry per series (`prophet` only where it was sampled)."""

    rmsse: Vector
    naive_rmsse: Vector
    prophet_rmsse: Vector
    default_prophet_rmsse: Vector
    sold: Vector
    expected: Vector
    naive: Vector

    @classmethod
    def joined(cls, scores: list[Scores]) -> Scores:
        """Put the scores of several origins together."""
        return cls(**{name: np.concatenate([getattr(score, name) for score in scores]) for name in vars(scores[0])})

    def figures(self) -> dict[str, float | None]:
        """Sum the scores up as the figures that have targets."""
        sampled = np.isfinite(self.prophet_rmsse)
        return {
            "rmsse_vs_seasonal_naive": _over(_mean(self.rmsse), _mean(self.naive_rmsse)),
            "wape28_vs_seasonal_naive": _over(self._wape(self.expected), self._wape(self.naive)),
            "bias": _over((self.expected - self.sold).sum(), self.sold.sum()),
            "rmsse_vs_prophet_per_sku": _over(self.rmsse[sampled].sum(), self.prophet_rmsse[sampled].sum()),
            "rmsse_vs_default_prophet": _over(self.rmsse[sampled].sum(), self.default_prophet_rmsse[sampled].sum()),
            "rmsse": _mean(self.rmsse),
            "wape28": self._wape(self.expected),
            "series_origins": len(self.sold),
            "prophet_series_origins": int(sampled.sum()),
        }

    def _wape(self, y_hat: Vector) -> float:
        return float(np.abs(y_hat - self.sold).sum() / self.sold.sum())


Scored = tuple[Scores, Coverage, str]


def measure(data_dir: str | Path, *, seed: int = 0, progress: Progress | None = None) -> dict[str, dict[str, Any]]:
    """Score every panel in a folder; "overall" holds the figures over all files, the others go by file name."""
    report = progress or silent
    files = sorted(Path(data_dir).glob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"no parquet file in {data_dir}")
    scored: dict[str, list[Scored]] = {}
    for number, path in enumerate(files):
        rows = pd.read_parquet(path)
        count = len(origins_of((rows["ds"].max() - rows["ds"].min()).days + 1))
        for origin, found in enumerate(_score_file(rows, seed), start=1):
            report((number + origin / count) / len(files), f"{path.stem}, origin {origin} of {count}")
            scored.setdefault(path.stem, []).append(found)
    everything = [found for parts in scored.values() for found in parts]
    by_file = {name: {**_figures(parts), "members": [part[2] for part in parts]} for name, parts in scored.items()}
    return {"overall": {**_figures(everything), "seed": seed}, **by_file}


def origins_of(n_days: int) -> list[int]:
    """List the days known at each origin, the latest first.

    >>> origins_of(546), len(origins_of(1058))
    ([518, 490, 462], 13)
    """
    cuts = [n_days - HORIZON * back for back in range(1, MOST_ORIGINS + 1)]
    return [cut for back, cut in enumerate(cuts) if back < LEAST_ORIGINS or cut >= DAYS_BEFORE]


def _figures(parts: list[Scored]) -> dict[str, Any]:
    scores, coverage, _ = zip(*parts, strict=True)
    return Scores.joined(list(scores)).figures() | Coverage.joined(coverage).figures()


def _score_file(rows: pd.DataFrame, seed: int, sample: int = SAMPLE) -> Iterator[Scored]:
    end = rows["ds"].max().date()
    truth = history_of(_frames(rows, end))
    picked = np.random.default_rng(seed).choice(len(truth.panel.ids), min(sample, len(truth.panel.ids)), replace=False)
    sampled = np.isin(np.arange(len(truth.panel.ids)), picked)
    for cut in origins_of(truth.n_days):
        yield _score_origin(rows, truth, cut, sampled, seed)


def _score_origin(rows: pd.DataFrame, truth: History, cut: int, sampled: Mask, seed: int) -> Scored:
    last: date = truth.day(cut - 1).astype(object)
    frames = _frames(rows[rows["ds"] <= pd.Timestamp(last)], last)
    known = history_of(frames).as_sold
    fitted = model.fit(frames, horizon=HORIZON, seed=seed)
    forecast = model.predict_panel(fitted, frames, horizon=SUM_DAYS)
    scored = (known.n_days - known.panel.first >= LEAST_DAYS) & (known.sale_days >= LEAST_SALE_DAYS)
    row = pd.Index(truth.panel.ids).get_indexer(pd.Index(known.panel.ids))
    farther = truth.actual(cut, SUM_DAYS)[row]
    actual = farther[:, :HORIZON]
    rmsse = _scorer(known, actual)
    naive, mean = seasonal_naive(known.panel, HORIZON), forecast.mean[:, :HORIZON]
    chosen = scored & sampled[row]
    prophet = rmsse(prophet_per_series(known, chosen, HORIZON))
    default = rmsse(prophet_per_series(known, chosen, HORIZON, "additive"))
    columns = [
        rmsse(mean),
        rmsse(naive),
        prophet,
        default,
        actual.sum(axis=1),
        mean.sum(axis=1),
        naive.sum(axis=1),
    ]
    members = "+".join(["cheap", *["trees"] * fitted.recipe.uses_trees, *["total"] * fitted.recipe.uses_total])
    scores = Scores(*(np.asarray(column[scored], dtype=np.float64) for column in columns))
    return scores, coverage_of(forecast.mean, forecast.spread, known, farther, scored), members


def _scorer(known: History, actual: Vector) -> Callable[[Matrix], Vector]:
    return lambda y_hat: rmsse_by_series(actual, y_hat, known.daily_scale)


def prophet_per_series(
    known: History, chosen: Mask, horizon: int, seasonality: Seasonality = "multiplicative"
) -> Matrix:
    """Forecast the chosen series by a Prophet of their own; NaN elsewhere.

    Sales scale with their season, hence multiplicative, as for the shop's total; additive is Prophet's default.
    """
    from prophet import Prophet

    y_hat = np.full((len(known.panel.ids), horizon), np.nan, dtype=np.float32)
    ahead = pd.DataFrame({"ds": known.days(known.n_days, horizon).astype("datetime64[ns]")})
    with quiet_stan():
        for row in np.flatnonzero(chosen):
            first = int(known.panel.first[row])
            days = known.days(first, known.n_days - first).astype("datetime64[ns]")
            past = pd.DataFrame({"ds": days, "y": known.panel.y[row, first:].astype(np.float64)})
            said = Prophet(seasonality_mode=seasonality, uncertainty_samples=0).fit(past).predict(ahead)["yhat"]
            y_hat[row] = np.maximum(said.to_numpy(), 0)
    return y_hat


def _frames(rows: pd.DataFrame, last: date) -> Frames:
    return Frames({"daily_sales": rows[["unique_id", "ds", "y"]]}, last, str(rows["country"].iloc[0]))


def _mean(values: Vector) -> float:
    return float(np.nanmean(values))


def _over(value: float, scale: float) -> float | None:
    return float(value / scale) if scale else None

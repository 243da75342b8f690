"""Gradient-boosted trees over all series of a shop, as a correction of the cheap forecast (METHODS 5a).

Direct: one model for every day of the horizon, from features that are known at the origin. It starts from the log of
the cheap forecast in its season, so that it learns ratios that hold for large and small sellers alike, and finds no
season twice. A log link loses a few per cent of the total; one factor from the training rows gives them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.stats.frames import Matrix
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.ensemble import WEEK, Cube
from pipelines.usecases.demand_forecast.learning.features import FLOOR, Ints, OriginFeatures, features_at
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.season import Season

if TYPE_CHECKING:
    from lightgbm import Booster

MOST_SERIES = 2_000
MOST_ROWS = 150_000
LEAST_ROWS = 5_000
LEAST_DAYS = 112
LOOK_BACK = 728
BETWEEN_ORIGINS = 7
ROUNDS = 60
CHUNK = 4_096
SETTINGS: dict[str, Any] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.5,
    "learning_rate": 0.08,
    "num_leaves": 63,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Trees:
    """Hold a trained model as text, and the factor that gives it back its total."""

    text: str
    correction: float
    horizon: int
    power: float | None = None  # of the season that they start from

    def predict(self, history: History, members: Cube, base: Matrix, season: Season) -> Matrix:
        """Forecast every series from the end of its history; beyond its own horizon the trees' ratios repeat a week."""
        index = np.broadcast_to(season.index(self.power), (len(members), season.horizon))
        ahead = np.arange(season.horizon)
        reach = np.minimum(ahead, self.horizon - 7 + ahead % 7)
        days, place = np.unique(reach, return_inverse=True)
        booster, ratio = _booster(self.text), np.empty(index.shape, np.float32)
        for low in range(0, len(members), CHUNK):
            part = np.arange(low, min(low + CHUNK, len(members)))
            known = features_at(history.rows(part), members[part], base[part], index[part], history.n_days)
            ratio[part] = self._ratio(booster, known, days)[:, place]
        return np.asarray((base[:, ahead % 7] * index + np.float32(FLOOR)) * ratio)

    def _ratio(self, booster: Booster, known: OriginFeatures, days: Ints) -> Matrix:
        n = len(known.base)
        which, day = np.repeat(np.arange(n), len(days)), np.tile(days, n)
        rows = known.rows(which, day)[:, : booster.num_feature()]  # those of earlier releases knew no season
        lift = booster.predict(rows, raw_score=True, num_threads=1)
        return self.correction * np.exp(lift).reshape(n, len(days))


def grow(history: History, horizon: int, seed: int, power: float | None = None) -> Trees | None:
    """Train on the shop's own past origins; nothing where that is too little to learn from."""
    if history.n_days < LEAST_DAYS:
        return None
    chosen = history.rows(_sample_series(history, seed))
    x, y, offset = _training_rows(chosen, horizon, seed, power)
    if len(y) < LEAST_ROWS or not y.any():
        return None
    import lightgbm

    data = lightgbm.Dataset(
        x, y, init_score=offset, params={"verbose": -1, "max_bin": SETTINGS["max_bin"]}, free_raw_data=False
    )
    booster = lightgbm.train({**SETTINGS, "seed": seed}, data, ROUNDS)
    some = slice(None, None, 4)  # enough to know the total, at a quarter of the cost
    fitted = np.exp(offset[some] + booster.predict(x[some], raw_score=True, num_threads=1))
    return Trees(booster.model_to_string(), float(y[some].sum() / fitted.sum()), horizon, power)


def _sample_series(history: History, seed: int) -> Ints:
    selling = np.flatnonzero((history.units(history.n_days - LOOK_BACK, history.n_days) > 0).sum(axis=1) >= 2)
    if len(selling) <= MOST_SERIES:
        return selling
    return np.sort(np.random.default_rng(seed).choice(selling, MOST_SERIES, replace=False))


def _training_rows(history: History, horizon: int, seed: int, power: float | None) -> tuple[Matrix, Matrix, Matrix]:
    cuts = _training_cuts(history.n_days, horizon)
    cheap, random = Cheap(history, cuts), np.random.default_rng(seed)
    most = MOST_ROWS // max(len(cuts), 1)
    parts = [_rows_at(cheap, cheap.season(cut, horizon).index(power), cut, most, random) for cut in cuts]
    if not parts:
        empty = np.empty(0, np.float32)
        return empty, empty, empty
    x, y, offset = zip(*parts, strict=True)
    return np.concatenate(x), np.concatenate(y), np.concatenate(offset)


def _training_cuts(n_days: int, horizon: int) -> Sequence[int]:
    last = n_days - horizon
    return range(last, max(55, last - LOOK_BACK), -BETWEEN_ORIGINS)


def _rows_at(
    cheap: Cheap, index: Matrix, cut: int, most: int, random: np.random.Generator
) -> tuple[Matrix, Matrix, Matrix]:
    history, horizon = cheap.history, index.shape[1]
    old_enough = (cut - history.panel.first >= 28)[:, None]
    week = cheap.week(cut)
    is_open = (week > 0) | ~week.any(axis=1, keepdims=True)  # nothing is to be learned on weekdays that never sell
    which, day = np.nonzero(
        history.panel.seen[:, cut : cut + horizon] & old_enough & is_open[:, np.arange(horizon) % WEEK]
    )
    if len(which) > most:
        picked = np.sort(random.choice(len(which), most, replace=False))
        which, day = which[picked], day[picked]
    known = features_at(history, cheap.cube(cut), week, index, cut)
    return known.rows(which, day), history.panel.y[which, cut + day], known.offset(which, day)


def _booster(text: str) -> Booster:
    import lightgbm

    return lightgbm.Booster(model_str=text)

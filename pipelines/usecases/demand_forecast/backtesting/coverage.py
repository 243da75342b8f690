"""How often stock for a wanted probability would have lasted on demand that came, by horizon and kind of demand.

Kinds go by the mean days between sales and the squared variation of what sells (Syntetos & Boylan 2005); slow variants
are those of at most one expected unit in 21 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Mask, Matrix
from pipelines.stats.inference.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.demand_forecast.backtesting.spread import HORIZONS, USUAL_ERROR, Spread
from pipelines.usecases.demand_forecast.learning.history import History, Vector

LEVELS = (0.95, 0.9)
KINDS = ("smooth", "erratic", "intermittent", "lumpy")
LONG_GAP, LARGE_VARIATION = 1.32, 0.49
RECENT_DAYS = 182
SLOW_PACE = 1.0


@dataclass(frozen=True)
class Coverage:
    """Hold one row per series and origin, one column per horizon: what sold, and what was held for each level.

    `plain` is the stock for 95 % by one error for all horizons and variants, and no floor: what the rest costs.
    """

    sold: Vector  # NaN where not all days were seen
    held: Vector  # levels are its third axis
    plain: Vector
    kind: NDArray[np.int64]
    slow: Mask

    @classmethod
    def joined(cls, parts: Sequence[Coverage]) -> Coverage:
        """Put several origins together."""
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})

    def share(self, column: int, level: float, rows: Mask | slice = slice(None)) -> float | None:
        """Give the share of sums at or under what was held; nothing where none was seen."""
        return _share(self.sold[rows, column], self.held[rows, column, LEVELS.index(level)])

    def figures(self) -> dict[str, float | None]:
        """Sum up by horizon: all, the worst kind of demand, slow variants, and the stock that it takes."""
        found: dict[str, float | None] = {}
        for column, days in enumerate(HORIZONS):
            for level in LEVELS:
                found[f"coverage{100 * level:.0f}_{days}d"] = self.share(column, level)
            kinds = [self.share(column, 0.95, self.kind == kind) for kind in range(len(KINDS))]
            known = [share for share in kinds if share is not None]
            found[f"coverage95_worst_kind_{days}d"] = min(known, default=None)
            found[f"coverage95_slow_{days}d"] = self.share(column, 0.95, self.slow)
            found[f"plain95_{days}d"] = _share(self.sold[:, column], self.plain[:, column])
            found[f"extra_stock_{days}d"] = self._extra(column)
        return found

    def _extra(self, column: int) -> float | None:
        held, plain = self.held[:, column, LEVELS.index(0.95)].sum(), self.plain[:, column].sum()
        return float(held / plain - 1) if plain else None


def _share(sold: Vector, held: Vector) -> float | None:
    seen = np.isfinite(sold)
    return float(np.mean(sold[seen] <= held[seen])) if seen.any() else None


def coverage_of(mean: Matrix, spread: Spread, known: History, actual: Vector, rows: Mask) -> Coverage:
    """Set what a forecast of at least 56 days asks to hold beside what sold; `actual` ends where the truth does."""
    n_days = actual.shape[1]
    sums = [mean[:, :days].sum(axis=1, dtype=np.float64) for days in HORIZONS]
    sold = [actual[:, :days].sum(axis=1) if days <= n_days else np.full(len(actual), np.nan) for days in HORIZONS]
    held = [[spread.quantile(days, f, level) for level in LEVELS] for days, f in zip(HORIZONS, sums, strict=True)]
    plain = [negative_binomial_quantile(f, sum_variance(f, spread.dispersion, USUAL_ERROR), 0.95) for f in sums]
    return Coverage(
        sold=np.column_stack(sold)[rows],
        held=np.moveaxis(np.array(held), 2, 0)[rows],
        plain=np.column_stack(plain)[rows],
        kind=kind_of_demand(known)[rows],
        slow=(spread.pace <= SLOW_PACE)[rows],
    )


def kind_of_demand(known: History) -> NDArray[np.int64]:
    """Sort series by the last 182 days, as places in KINDS; a series without sales is intermittent."""
    y: NDArray[Any] = known.units(known.n_days - RECENT_DAYS, known.n_days).astype(np.float64)
    seen = known.panel.seen[:, -RECENT_DAYS:].sum(axis=1)
    count = np.maximum((y > 0).sum(axis=1), 1)
    mean = y.sum(axis=1) / count
    variation = (np.square(y).sum(axis=1) / count - mean**2) / np.where(mean > 0, mean**2, 1)
    return np.asarray(2 * (seen / count > LONG_GAP) + (variation > LARGE_VARIATION), dtype=np.int64)

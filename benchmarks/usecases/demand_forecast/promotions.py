"""What known promotions are worth: a grocer's last quarter, held back, forecast with its plan of discounts and without.

The reference is the same forecast that hears of no discount, trained on the same days from the same origins: four
weeks apart, each week counted once. A week is promoted where its discount is a tenth or more, and deeply so from 45 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.checks import Check, Say, at_most
from benchmarks.usecases.demand_forecast.rig.complete_journey import HELD_BACK, Grocer, grocer_of

PRODUCTS, WEEKS_AHEAD, WEEK = 800, 4, 7
PROMOTED, DEEP = 0.10, 0.45
MOST_OF_PROMOTED, MOST_OF_OTHERS = 0.85, 1.0

Units = NDArray[np.float64]


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Forecast the quarter twice and compare the errors of promoted product-weeks, of deep cuts, and of all others."""
    if not options["data"]:
        raise SystemExit("Give the folder of complete_journey: manage.py benchmark promotions --data DIR")
    grocer = grocer_of(options["data"], products=PRODUCTS, seed=options["seed"])
    say(f"{len(grocer.series)} products over {grocer.last_week} weeks (seed {options['seed']})")
    columns = zip(*(quarter(grocer, options["seed"], say)), strict=True)
    sold, depth, plain, known = (np.concatenate([part.ravel() for part in column]) for column in columns)
    promoted = depth >= PROMOTED
    say(f"{promoted.mean():.0%} of {len(sold)} product-weeks are promoted")
    return [
        *figures("promoted", promoted, sold, plain, known, MOST_OF_PROMOTED),
        *figures("deep", depth >= DEEP, sold, plain, known, MOST_OF_PROMOTED),
        *figures("others", ~promoted, sold, plain, known, MOST_OF_OTHERS),
    ]


def quarter(grocer: Grocer, seed: int, say: Say) -> Iterator[tuple[Units, Units, Units, Units]]:
    """Yield what sold, its discount, and what was forecast without and with promotions, origin by origin."""
    first, last = grocer.last_week - HELD_BACK, grocer.last_week
    for week in range(first, last - WEEKS_AHEAD + 1, WEEKS_AHEAD):
        until = week + WEEKS_AHEAD if last - week >= 2 * WEEKS_AHEAD else last
        sold, depth = (grocer.held_back(week + 1, until, name) for name in ("y", "depth"))
        said = [forecast(grocer, week, until, with_promotions=told, seed=seed) for told in (False, True)]
        say(f"weeks {week + 1} to {until}")
        yield sold, depth, said[0], said[1]


def forecast(grocer: Grocer, week: int, until: int, *, with_promotions: bool, seed: int) -> Units:
    """Learn from the weeks up to one and forecast those after it (series, weeks)."""
    from pipelines.usecases.demand_forecast import model

    frames, days = grocer.frames(week, with_promotions=with_promotions), WEEK * (until - week)
    fitted = model.fit(frames, horizon=days, seed=seed)
    mean = model.predict_panel(fitted, frames, horizon=days).mean
    return np.asarray(mean.reshape(len(mean), -1, WEEK).sum(axis=2, dtype=np.float64))


def figures(name: str, chosen: NDArray[np.bool_], sold: Units, plain: Units, known: Units, most: float) -> list[Check]:
    """Compare the summed absolute error of product-weeks, as a share of what sold, and the bias; nothing of none."""
    units = float(sold[chosen].sum())
    if not units:
        return []
    without, told = (float(np.abs(said[chosen] - sold[chosen]).sum()) / units for said in (plain, known))
    off, bias = (float(said[chosen].sum()) / units - 1 for said in (plain, known))
    return [
        at_most(f"error_{name}", told, "of units sold", most, reference=without),
        Check(f"bias_{name}", bias, "share", reference=off),
    ]

"""A shop that shows offers: decisions whose true chances are known, small enough to be looked through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames

LAST_DAY = date(2026, 6, 30)
OFFERS = {11: (0.04, 600.0), 12: (0.12, 500.0), 13: (0.06, 700.0)}  # id: chance to be accepted, margin
KINDS = ("code", "free_shipping", "product")


@dataclass(frozen=True)
class Market:
    """How shoppers of a made-up shop behave.

    `likes` moves the log odds that a phone accepts, and those of others the other way; `ordering` is the share that
    orders without an offer, which earns `full`, and `anyway` of these is lost where an offer is shown.
    """

    offers: Mapping[int, tuple[float, float]] = field(default_factory=lambda: OFFERS)
    likes: Mapping[int, float] = field(default_factory=dict)
    anyway: Mapping[int, float] = field(default_factory=dict)
    ordering: float = 0.05
    full: float = 2_000.0
    explore: float = 0.4
    held_out: float = 0.1
    gives: float = 0.0  # each time that it is accepted
    again: float = 1.0  # decisions of a visitor


def decisions(
    n: int = 3_000, *, days: int = 40, seed: int = 0, market: Market | None = None, last_day: date = LAST_DAY
) -> pd.DataFrame:
    """Draw decisions by a policy that shows one offer more often than the others; of the last day nothing is known.

    Writes  unique_id | ds | at | visitor | offer | propensity | eligible | margins | is_explored | is_held_out |
            accepted | ordered | profit | given | the context features
    """
    of, rng = market or Market(), np.random.default_rng(seed)
    ids, (rate, margin) = np.array(sorted(of.offers)), np.array([of.offers[each] for each in sorted(of.offers)]).T
    rows = pd.DataFrame({"unique_id": np.arange(1, n + 1)})
    rows["ds"] = (pd.Timestamp(last_day) - pd.to_timedelta(np.sort(rng.integers(days, size=n))[::-1], unit="D")).astype(
        "datetime64[s]"
    )
    rows["at"] = rows["ds"] + pd.to_timedelta(rng.integers(86_400, size=n), unit="s")
    rows["visitor"] = rng.integers(max(int(n / of.again), 1), size=n) if of.again > 1 else np.arange(n)
    rows["hour"], rows["weekday"] = rows["at"].dt.hour.astype("int64"), rows["ds"].dt.day_of_week.astype("int64")
    rows["device"] = rng.choice(["phone", "desktop", "unknown"], size=n, p=[0.5, 0.4, 0.1])
    rows["source"] = rng.choice(["search", "direct", "ads"], size=n)
    rows["value"] = np.where(rng.random(n) < 0.9, rng.integers(1_000, 20_000, size=n), np.nan)
    rows["units"] = rng.integers(1, 6, size=n).astype(float)
    rows["events"], rows["minutes"] = rng.integers(1, 30, size=n).astype(float), rng.exponential(8.0, size=n)
    rows["has_discount"], rows["is_returning"] = rng.integers(0, 2, size=n), rng.integers(0, 2, size=n)
    rows["chance"] = np.where(rng.random(n) < 0.8, rng.beta(2, 8, size=n), np.nan)

    share = np.full(len(ids) + 1, of.explore / (len(ids) + 1))
    share[0] += 1 - of.explore
    chosen = np.minimum((rng.random(n)[:, None] >= share.cumsum()).sum(axis=1), len(ids))  # the last one is no offer
    held_out = rng.random(n) < of.held_out
    chosen = np.where(held_out, len(ids), chosen)
    rows["offer"] = np.append(ids, 0)[chosen]
    rows["propensity"] = np.where(held_out, 1.0, share[chosen])
    rows["eligible"], rows["margins"] = ",".join(map(str, ids)), ",".join(f"{each:g}" for each in margin)
    rows["is_explored"], rows["is_held_out"] = rng.random(n) < of.explore, held_out

    liking = np.array([of.likes.get(each, 0.0) for each in ids])
    is_phone = (rows["device"] == "phone").to_numpy()
    chance = 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + np.where(is_phone[:, None], liking, -liking))))
    at, is_shown = np.minimum(chosen, len(ids) - 1), chosen < len(ids)
    took = is_shown & (rng.random(n) < chance[np.arange(n), at])
    anyway = np.append([of.anyway.get(each, 0.0) for each in ids], 0.0)[chosen]
    others = ~took & (rng.random(n) < of.ordering * (1 - anyway))
    is_known = rows["ds"] < pd.Timestamp(last_day)
    rows["accepted"] = np.where(is_known, took.astype(float), np.nan)
    rows["ordered"] = np.where(is_known, (took | others).astype(float), np.nan)
    rows["profit"] = np.where(is_known, np.where(took, margin[at], 0.0) + np.where(others, of.full, 0.0), np.nan)
    rows["given"] = np.where(is_known, took * of.gives, np.nan)
    return rows


def offers(market: Market | None = None, *, is_live: bool = True) -> pd.DataFrame:
    """Describe the offers."""
    told = (market or Market()).offers
    kinds = [KINDS[place % len(KINDS)] for place in range(len(told))]
    margins = [margin for _, margin in told.values()]
    found = pd.DataFrame({"offer_id": list(told), "kind": kinds, "margin": margins, "is_live": is_live})
    return found.assign(since=pd.Series(pd.NaT, index=found.index, dtype="datetime64[s]"))


def frames(n: int = 3_000, *, days: int = 40, market: Market | None = None, **made: Any) -> Frames:
    """Give the frames of a small shop."""
    rows = decisions(n, days=max(days, 1), market=market, **made)
    return Frames({"decisions": rows, "offers": offers(market)}, LAST_DAY, "GB")


def of_days(days: int = 40, *, seed: int = 0) -> Frames:
    """Give the frames of a small shop that has shown offers for so many days; before the first it has none."""
    if days < 1:
        return Frames({"decisions": decisions(0), "offers": offers(is_live=False)}, LAST_DAY, "GB")
    return frames(60 * days, days=days, seed=seed)

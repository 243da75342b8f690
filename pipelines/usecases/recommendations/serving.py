"""Tonight's lists: for every product, for every shopper who comes back, and for whoever is new.

Writes  unique_id | kind | rank | pick | score | reason | detail, stored as kind | unit_id | picks | scores | reasons |
        details

`page` is bought together, `cart` is what a cart adds up from its products, `similar` is alike, `again` is for a
shopper, `best` (without unique_id) for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import sparse

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations.answering.filters import allowed_of
from pipelines.usecases.recommendations.answering.lists import Known, Lists, alikes_of, as_table, lists_of
from pipelines.usecases.recommendations.baskets import NOBODY, Baskets, Ints, Mask, baskets_of
from pipelines.usecases.recommendations.learning import again, backoff
from pipelines.usecases.recommendations.learning.again import Habits
from pipelines.usecases.recommendations.learning.blend import Parts
from pipelines.usecases.recommendations.learning.recipe import Recipe
from pipelines.usecases.recommendations.learning.similar import catalogue_of
from pipelines.usecases.recommendations.learning.split import LEAST_BASKETS
from pipelines.usecases.recommendations.learning.together import Together, learn, pairs_of, recent_share
from pipelines.usecases.recommendations.model import Fitted, candidates, frames_day
from pipelines.usecases.recommendations.wording import AGAIN, BEST_SELLER, REASONS

PLACES = {"page": 10, "cart": 20, "similar": 10, "again": 10, "best": 20}
NEW_DAYS = 28
BLOCK = 500
COLUMNS = ["unique_id", "kind", "rank", "pick", "score", "reason", "detail"]


def answer(fitted: Fitted | None, frames: Frames) -> dict[str, pd.DataFrame]:
    """Give tonight's lists; without a version they are best sellers, of the same type first."""
    return {"recommendations": stored(recommend(fitted, frames))}


def stored(table: pd.DataFrame) -> pd.DataFrame:
    """Put each list into one row, the best pick first; whoever is nobody in particular is 0.

    Writes  kind | unit_id | picks | scores | reasons | details
    """
    kinds = list(PLACES)
    code = table["kind"].map(kinds.index).to_numpy(dtype=np.int64)
    unit = table["unique_id"].fillna(0).to_numpy(dtype=np.int64)
    order = np.lexsort((table["rank"].to_numpy(dtype=np.int64), unit, code))
    code, unit = code[order], unit[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(code) != 0) | (np.diff(unit) != 0)]) if len(order) else order
    columns = {
        "picks": table["pick"].to_numpy(dtype=np.int64),
        "scores": table["score"].to_numpy(dtype=np.float64).round(6),
        "reasons": pd.Index(REASONS).get_indexer(pd.Index(table["reason"])),
        "details": table["detail"].to_numpy(dtype=np.int64),
    }
    told = pd.DataFrame({"kind": np.array(kinds, dtype=object)[code[starts]], "unit_id": unit[starts]})
    for name, values in columns.items():
        told[name] = pd.Series(np.split(values[order], starts[1:]) if len(starts) else [], dtype=object)
    return told


def recommend(fitted: Fitted | None, frames: Frames) -> pd.DataFrame:
    """Make every list."""
    rule = fitted or Fitted(frames.asof, 0, Recipe(), Habits(), "same_type")
    baskets, today = candidates(baskets_of(frames)), frames_day(frames)
    allowed = allowed_of(frames["products"], frames.get("pick_rules"), baskets.ids)
    catalogue = catalogue_of(frames["products"], baskets.ids)
    bought = baskets.bought()
    is_new = allowed.shown & new_products(frames, baskets) & (bought < LEAST_BASKETS)
    usual = baskets.usual()
    known = Known(allowed, pairs_of(usual.held), catalogue, bought, is_new)
    share = recent_share(baskets, today)[0]
    joins = (rule.recipe.cart.joins or rule.recipe.page.joins) and len(usual) > 0
    together = learn(usual, today=today, half_life=rule.recipe.half_life) if joins else None
    tables = [for_everybody(share, known, baskets)]
    for low in range(0, len(baskets.ids), BLOCK):
        rows = np.arange(low, min(low + BLOCK, len(baskets.ids)))
        tables += of_products(rule, known, together, share.astype(np.float32), rows, baskets)
    tables += of_shoppers(rule.habits, known, baskets, frames, today)
    return pd.concat([table for table in tables if len(table)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)


def predict(fitted: Fitted, frames: Frames) -> pd.DataFrame:
    """Give the score of each product's best pick: unique_id | y_hat (0: there is nothing to show)."""
    table = recommend(fitted, frames)
    first = table[(table["kind"] == "page") & (table["rank"] == 1)].set_index("unique_id")["score"]
    ids = pd.Index(baskets_of(frames).ids)
    return pd.DataFrame({"unique_id": ids, "y_hat": first.reindex(ids).fillna(0.0).to_numpy(dtype=np.float64)})


def new_products(frames: Frames, baskets: Baskets) -> Mask:
    """Mark the products that came within the last four weeks."""
    known = frames["products"].drop_duplicates("unique_id").set_index("unique_id")
    if "first_day" not in known:
        return np.zeros(len(baskets.ids), dtype=bool)
    since = pd.Timestamp(frames.asof) - pd.Timedelta(days=NEW_DAYS)
    return (pd.to_datetime(known["first_day"]).reindex(baskets.ids) > since).to_numpy(dtype=bool)


def for_everybody(share: np.ndarray, known: Known, baskets: Baskets) -> pd.DataFrame:
    """List what sells best of late, for whoever is not known."""
    open_to = np.where(known.allowed.shown & (known.bought > 0), share, -np.inf)
    first = np.argsort(-open_to, kind="stable")[: PLACES["best"]]
    first = first[np.isfinite(open_to[first])]
    reason = np.full((1, len(first)), REASONS.index(BEST_SELLER))
    lists = Lists(first[None, :], share[first][None, :], reason, known.bought[first][None, :])
    return as_table(lists, baskets.ids, np.array([None], dtype=object), "best")


def of_products(
    rule: Fitted, known: Known, together: Together | None, share: np.ndarray, rows: Ints, baskets: Baskets
) -> Iterator[pd.DataFrame]:
    """Yield the lists of some products, kind by kind."""
    instead = backoff.scores(rule.road, rows, share, known.allowed.kind, known.catalogue)
    asked = sparse.csr_matrix((np.ones(len(rows), np.float32), (np.arange(len(rows)), rows)), (len(rows), len(share)))
    parts = Parts(together, asked) if together else None
    for kind, blend in (("page", rule.recipe.page), ("cart", rule.recipe.cart)):
        scores = instead.copy()
        if parts and blend.joins:
            often = known.bought[rows] >= LEAST_BASKETS
            scores[often] = parts.blended(blend)[often]
        lists = lists_of(known, scores, rows, PLACES[kind], seed=rule.seed, explore=kind == "page")
        yield as_table(lists, baskets.ids, baskets.ids[rows], kind)
    lists = alikes_of(known, rows, PLACES["similar"])
    yield as_table(lists, baskets.ids, baskets.ids[rows], "similar")


def of_shoppers(habits: Habits, known: Known, baskets: Baskets, frames: Frames, today: int) -> Iterator[pd.DataFrame]:
    """Yield what some shoppers may buy again, of what may be shown."""
    shoppers = np.unique(baskets.customer[baskets.customer != NOBODY])
    if not len(shoppers) or not known.allowed.shown.any():
        return
    names = customers_of(frames)
    shown = baskets.of(known.allowed.shown)
    for some, lists, score in again.ranked(shown, habits, today, shoppers, PLACES["again"]):
        bought = again.counts(shown, some)
        row, place = np.nonzero((lists >= 0) & (score > 0))
        if not len(row):  # all that they bought is not shown any more
            continue
        pick = lists[row, place]
        rank = np.cumsum((lists >= 0) & (score > 0), axis=1)[row, place]
        yield pd.DataFrame(
            {
                "unique_id": names[some[row]],
                "kind": "again",
                "rank": rank.astype(np.int16),
                "pick": shown.ids[pick],
                "score": score[row, place].astype(np.float32),
                "reason": AGAIN,
                "detail": np.asarray(bought[row, pick]).ravel().astype(np.int32),
            }
        )


def customers_of(frames: Frames) -> np.ndarray:
    """Name the customers by their numbers, as `baskets_of` counts them."""
    lines = frames["purchases"]
    lines = lines[lines["ds"] <= pd.Timestamp(frames.asof)].dropna(subset=["unique_id"])
    if "customer" not in lines:
        return np.empty(0, dtype=object)
    return pd.factorize(lines["customer"], sort=True)[1].to_numpy(dtype=object)

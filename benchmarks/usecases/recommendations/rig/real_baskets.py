"""Real baskets in one form (basket | ds | unique_id | customer), cleaned as the description of the data says.

Each file is split by time within itself: the last tenth of its days is the test. Groceries have no days, so their
baskets are put in an order by the seed first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.usecases.recommendations.baskets import Baskets, basket_matrix
from pipelines.usecases.recommendations.learning.split import LEAST_BASKETS, cut_of, halves

PRODUCT = r"^\d{5}"  # codes of anything else (postage, a manual entry) are no products
A_DAY = 100  # baskets, where there are no days


@dataclass(frozen=True)
class Kind:
    """Say where a set lies, how it is read, and by which protocol."""

    name: str
    pattern: str
    read: Callable[[Path, int], pd.DataFrame]
    least: int = LEAST_BASKETS  # baskets with a product before the test
    days: int = 10_000  # of training
    is_small: bool = False  # asked only whether best sellers are better


@dataclass(frozen=True)
class RealShop:
    """Hold what is known before a day and what was bought from it on."""

    name: str
    kind: Kind
    before: Baskets
    after: Baskets
    cut: int


def online_retail(path: Path, seed: int) -> pd.DataFrame:
    """Read order lines of a gift shop without cancellations, corrections and codes that are no products."""
    lines = pd.read_parquet(path)
    sku = lines["sku"].str.strip().str.upper()
    sold = ~lines["invoice"].str.startswith("C") & (lines["qty"] > 0) & (lines["price"] > 0) & sku.str.match(PRODUCT)
    return in_form(lines[sold], "invoice", sku[sold], lines.loc[sold, "ts"], lines.loc[sold, "customer"])


def complete_journey(path: Path, seed: int) -> pd.DataFrame:
    """Read household baskets of a grocer."""
    lines = pd.read_parquet(path)
    sold = lines[lines["quantity"] > 0]
    return in_form(sold, "basket_id", sold["product_id"], sold["transaction_timestamp"], sold["household_id"])


def groceries(path: Path, seed: int) -> pd.DataFrame:
    """Read baskets without days, in an order that the seed says."""
    lines = pd.read_parquet(path)
    number, names = pd.factorize(lines["basket"])
    place = np.random.default_rng(seed).permutation(len(names))[number]
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(place // A_DAY, unit="D")
    return in_form(lines, "basket", lines["item"], pd.Series(day, index=lines.index), None)


def in_form(
    lines: pd.DataFrame, basket: str, product: pd.Series, when: pd.Series, customer: pd.Series | None
) -> pd.DataFrame:
    """Give lines in the form that recommendations read."""
    who = None if customer is None else customer.astype("float64").to_numpy()
    columns = {"basket": lines[basket].to_numpy(), "ds": when.dt.normalize().to_numpy()}
    return pd.DataFrame(columns | {"unique_id": product.to_numpy(), "customer": who})


KINDS = (
    Kind("online_retail_ii", "online_retail_ii/*_lines.parquet", online_retail),
    Kind("complete_journey", "complete_journey/*_transactions.parquet", complete_journey, least=20, days=150),
    Kind("groceries", "groceries/*.parquet", groceries, is_small=True),
)


def shops(folder: str, seed: int, say: Callable[[str], None]) -> Iterator[RealShop]:
    """Yield every shop that is there; a set that is absent is said."""
    for kind in KINDS:
        paths = sorted(Path(folder).glob(kind.pattern))
        if not paths:
            say(f"{kind.name}: no file {kind.pattern}, left out")
        for path in paths:
            yield split(f"{kind.name}/{path.stem}", kind, kind.read(path, seed))


def split(name: str, kind: Kind, lines: pd.DataFrame) -> RealShop:
    """Cut a shop's usual baskets in two by days."""
    baskets = basket_matrix(lines, pd.Index(lines["unique_id"].unique()).sort_values()).usual()
    cut = cut_of(baskets)
    before, after = halves(baskets.where(baskets.day >= cut - kind.days), cut, kind.least)
    return RealShop(name, kind, before, after, cut)


def smaller(shop: RealShop, orders: int) -> RealShop:
    """Cut a shop down to its latest orders before the test, and to the products that they know well enough."""
    latest = np.zeros(len(shop.before), dtype=bool)
    latest[np.argsort(shop.before.day, kind="stable")[-orders:]] = True
    few = shop.before.where(latest)
    often = few.bought() >= LEAST_BASKETS
    return RealShop(f"{shop.name}/{orders}_orders", shop.kind, few.of(often), shop.after.of(often), shop.cut)

"""Whether a shop's data is fit to learn from, checked before every training: ok, worth a warning, or a stop.

A stop is for what is broken (columns, ranges) or plainly incomplete: a half-empty import must not teach a version that
the shop sells half as much. Unusual is not broken: spikes, holidays and new collections are told and do not stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom, norm, t

from pipelines import words
from pipelines.lifecycle.data import frames
from pipelines.lifecycle.data.dataset import Dataset
from pipelines.lifecycle.errors import BadData
from pipelines.models import DatasetSnapshot, Shop

BROKEN_SHARE = 0.20  # missing or unseen above this is a broken schema (METHODS 4a)
RECENT_DAYS, MONEY_DAYS, WEEKS = 28, 91, 8
LEAST_WEEKS = 4
LONGEST_CLOSURE = 28  # days: a new store may have been closed for a fifth of its short history, over Christmas
SURE = 0.999  # one false stop in a thousand looks
OVERDISPERSION = 3.0  # variance over mean of a shop's daily orders, at the upper end (METHODS 6)
GAP_CHANCE = 0.01  # that any of all days is empty by chance
TAIL = 1e-6  # so rare a day, of all days looked at, is a spike

SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "daily_sales": {"unique_id": "iu", "ds": "M", "y": "f", "price": "f", "discount": "f", "stockout": "u"},
    "series": {"unique_id": "iu", "first_day": "M", "price": "f", "unit_cost": "f"},
}
SHOP_FACTS = "Currency and time zone"


class Grade(StrEnum):
    """How one look at the data ended."""

    OK = "ok"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True)
class Finding:
    """One look at the data, in words that a merchant can read."""

    name: str
    verdict: Grade
    text: str
    value: Any = None
    threshold: Any = None


@dataclass(frozen=True)
class Looked:
    """What is looked at: the frames, every day's order lines, the shop's facts, and the snapshot before this one."""

    tables: Mapping[str, pd.DataFrame]
    asof: date
    lines: pd.DataFrame
    facts: Mapping[str, str]
    facts_before: Mapping[str, str] | None = None
    asof_before: date | None = None
    units_of_unknown_bundles: int = 0

    @property
    def sales(self) -> pd.DataFrame | None:
        """Give the daily sales, where this use case has them."""
        return self.tables.get("daily_sales")


def require_good(data: Dataset) -> None:
    """Look at the data of a training, keep what was found beside it, and stop where it is not fit to learn from."""
    findings = list(look(gather(data)))
    data.snapshot.quality = [asdict(finding) for finding in findings]
    data.snapshot.save(update_fields=["quality"])
    stops = [finding.text for finding in findings if finding.verdict is Grade.STOP]
    if stops:
        raise BadData(stops[0])


def gather(data: Dataset) -> Looked:
    """Read what the looks need and the frames do not hold."""
    shop, snapshot = data.snapshot.shop, data.snapshot
    before = DatasetSnapshot.objects.for_shop(shop).filter(use_case=snapshot.use_case, pk__lt=snapshot.pk)
    previous = before.order_by("-pk").first()
    start = datetime.combine(snapshot.first_day or data.frames.asof, time(), tzinfo=shop.zone)
    return Looked(
        data.frames.tables,
        data.frames.asof,
        frames.daily_lines(shop, start),
        facts_of(shop),
        next((found["value"] for found in previous.quality if found["name"] == SHOP_FACTS), None) if previous else None,
        previous.last_day if previous else None,
        snapshot.shares["units_of_unknown_bundles"],
    )


def facts_of(shop: Shop) -> dict[str, str]:
    """Give what must not change under the data."""
    return {"currency": shop.currency, "time zone": shop.timezone}


def look(looked: Looked) -> Iterator[Finding]:
    """Look at everything; what follows a broken column is not looked at."""
    broken = schema(looked.tables)
    yield broken
    if broken.verdict is Grade.STOP:
        return
    yield ranges(looked.tables, looked.asof)
    yield future(looked.lines, looked.asof)
    yield shop_facts(looked.facts, looked.facts_before)
    yield one_currency(looked.lines, looked.asof, looked.facts["currency"])
    yield without_product(looked.lines, looked.asof)
    daily = daily_counts(looked.lines, looked.asof)
    yield volume(daily)
    yield gaps(daily)
    if looked.sales is not None:
        yield in_parts(looked.units_of_unknown_bundles)
        yield spikes(looked.sales)
        yield unseen(looked.sales, looked.asof_before)


def schema(tables: Mapping[str, pd.DataFrame]) -> Finding:
    """Check that the frames have the columns that models read, in the right kind."""
    wrong = [
        f"{name}.{column}"
        for name, kinds in SCHEMAS.items()
        if name in tables
        for column, kind in kinds.items()
        if column not in tables[name] or (len(tables[name]) and tables[name][column].dtype.kind not in kind)
    ]
    if wrong:
        text = "Your data could not be read as it should be; this is a fault on our side. What is live goes on."
        return Finding("Columns", Grade.STOP, text, wrong)
    return Finding("Columns", Grade.OK, "Every column is there.", [])


def ranges(tables: Mapping[str, pd.DataFrame], asof: date) -> Finding:
    """Check that no quantity or price is negative or no number, no day lies ahead, no day is told twice."""
    wrong = {}
    for name, column in (("daily_sales", "y"), ("daily_sales", "price"), ("series", "price"), ("series", "unit_cost")):
        if name in tables and column in tables[name]:
            values = tables[name][column].to_numpy(dtype=np.float64)
            bad = (values < 0) | np.isinf(values) | (np.isnan(values) & (column == "y"))
            wrong[f"{name}.{column}"] = int(bad.sum())
    if "daily_sales" in tables:
        sales = tables["daily_sales"]
        wrong["days ahead"] = int((sales["ds"] > pd.Timestamp(asof)).sum())
        wrong["days told twice"] = int(sales.duplicated(["unique_id", "ds"]).sum())
    count = sum(wrong.values())
    if count:
        text = f"{words.counted(count, 'value')} in your data cannot be true, such as a negative quantity or price. "
        return Finding(
            "Ranges", Grade.STOP, text + "Nothing was learned from it. See Data, and import again.", wrong, 0
        )
    return Finding("Ranges", Grade.OK, "Quantities, prices and days are in range.", wrong, 0)


def future(lines: pd.DataFrame, asof: date) -> Finding:
    """Tell orders that are dated after tomorrow; they are not read."""
    count = int(lines.loc[lines["ds"] > pd.Timestamp(asof) + pd.Timedelta(days=2), "lines"].sum())
    if count:
        text = f"{words.counted(count, 'order line')} dated in the future were left out."
        return Finding("Dates", Grade.WARN, text, count, 0)
    return Finding("Dates", Grade.OK, "No order is dated in the future.", 0, 0)


def shop_facts(now: Mapping[str, str], before: Mapping[str, str] | None) -> Finding:
    """Tell a changed currency or time zone: days and money then mean something else than they did."""
    changed = [name for name in now if before is not None and before.get(name) not in (None, now[name])]
    if changed:
        text = f"Your store's {' and '.join(changed)} changed since the last training: compare with care."
        return Finding(SHOP_FACTS, Grade.WARN, text, dict(now), dict(before or {}))
    return Finding(SHOP_FACTS, Grade.OK, "Currency and time zone are as they were.", dict(now))


def one_currency(lines: pd.DataFrame, asof: date, currency: str) -> Finding:
    """Check that the weeks which are counted in money are in one currency."""
    recent = lines[in_last(lines, asof, MONEY_DAYS)]
    share = share_of(recent["foreign_currency"].sum(), recent["lines"].sum())
    name = "One currency"
    if share == 0:
        return Finding(name, Grade.OK, f"All recent orders are in {currency}.", 0.0, BROKEN_SHARE)
    text = f"{words.percent(share)} of your orders of the last {MONEY_DAYS} days are not in {currency}."
    if share > BROKEN_SHARE:
        text += " Money would be added up wrongly, so nothing is trained until they are the smaller part."
        return Finding(name, Grade.STOP, text, share, BROKEN_SHARE)
    return Finding(name, Grade.WARN, text, share, BROKEN_SHARE)


def without_product(lines: pd.DataFrame, asof: date) -> Finding:
    """Check whether order lines lost their product lately: more than a fifth, and surely twice as many as before."""
    name, is_recent = "Lines without a product", in_last(lines, asof, RECENT_DAYS)
    recent, earlier = lines[is_recent], lines[~is_recent & (lines["ds"] <= pd.Timestamp(asof))]
    lost, all_lines = int(recent["without_product"].sum()), int(recent["lines"].sum())
    share, usual = share_of(lost, all_lines), share_of(earlier["without_product"].sum(), earlier["lines"].sum())
    threshold = max(BROKEN_SHARE, 2 * usual)
    text = f"{words.percent(share)} of the order lines of the last {RECENT_DAYS} days name no product"
    if len(earlier) and threshold < 1 and lost > binom.ppf(SURE, all_lines, threshold):
        text += f", {words.percent(usual)} did before. Import your products again; training goes on after that."
        return Finding(name, Grade.STOP, text, share, threshold)
    grade = Grade.WARN if share > BROKEN_SHARE else Grade.OK
    return Finding(name, grade, f"{text}; they are left out.", share, threshold)


def in_parts(units: int) -> Finding:
    """Tell what sold as bundles whose parts nobody told us: no variant is ordered for it."""
    if units:
        text = f"{words.counted(units, 'unit')} of bundles sold whose parts are not known: they count for no variant."
        return Finding("Bundles", Grade.WARN, text, units, 0)
    return Finding("Bundles", Grade.OK, "What bundles sold counts for their parts.", 0, 0)


def daily_counts(lines: pd.DataFrame, asof: date) -> pd.Series:
    """Give the order lines of every day up to the last complete one, zero where there was none."""
    past = lines[lines["ds"] <= pd.Timestamp(asof)].set_index("ds")["lines"]
    first = past.index.min() if len(past) else pd.Timestamp(asof)
    return past.reindex(pd.date_range(first, asof, freq="D"), fill_value=0).astype("float64")


def volume(daily: pd.Series) -> Finding:
    """Check the last week and the last day against the same days of the weeks before: an import may be half empty."""
    name, counts = "As many orders as usual", daily.to_numpy()
    weeks = min(WEEKS, len(counts) // 7 - 1)
    if weeks < LEAST_WEEKS:
        return Finding(name, Grade.OK, "Too few weeks to say how many orders are usual.")
    by_week = counts[-7 * (weeks + 1) :].reshape(weeks + 1, 7)
    found = [too_few(by_week.sum(axis=1), "the last 7 days"), too_few(by_week[:, -1], "the last day")]
    return max(found, key=lambda finding: [Grade.OK, Grade.WARN, Grade.STOP].index(finding.verdict))


def too_few(counts: np.ndarray, when: str) -> Finding:
    """Compare the newest count with those before: under half is told, and stops where it is beyond chance, too."""
    name, newest, before = "As many orders as usual", float(counts[-1]), counts[:-1]
    mean = float(before.mean())
    seen = float(t.ppf(SURE, len(before) - 1)) * float(before.std(ddof=1))
    usual = float(norm.ppf(SURE)) * float(np.sqrt(OVERDISPERSION * mean))
    surely = mean - max(seen, usual) * float(np.sqrt(1 + 1 / len(before)))
    text = f"{when.capitalize()} brought {words.counted(newest, 'order line')}, where {words.number(mean)} are usual."
    if newest >= mean / 2:
        return Finding(name, Grade.OK, text, newest, mean / 2)
    if newest < surely:
        text += (
            " Either the import is incomplete or you sold far less, as when much is out of stock: nothing was learned "
            "from it. See Data; we look again tomorrow."
        )
        return Finding(name, Grade.STOP, text, newest, surely)
    return Finding(name, Grade.WARN, text, newest, mean / 2)


def gaps(daily: pd.Series) -> Finding:
    """Find days without an order where more are usual than chance explains: closed, or never imported."""
    name, past = "No days missing", daily.iloc[:-1]
    weekdays = past.groupby(pd.DatetimeIndex(past.index).day_of_week)
    usual = weekdays.transform(lambda s: s.rolling(2 * WEEKS + 1, 1, center=True).mean())
    # a negative binomial of this overdispersion and mean m is zero with probability d ** -(m / (d - 1))
    is_zero = OVERDISPERSION ** -(usual / (OVERDISPERSION - 1))
    expected = is_zero < GAP_CHANCE / max(1, len(past))
    missing = past[expected & (past == 0)].index
    share = share_of(len(missing), int(expected.sum()))
    if not len(missing):
        return Finding(name, Grade.OK, "No day is missing in between.", 0, BROKEN_SHARE)
    newest = words.day(missing[-1].date(), daily.index[-1].date())
    text = f"{words.counted(len(missing), 'day')} without any order where many are usual, the newest on {newest}."
    if share > BROKEN_SHARE and len(missing) >= LONGEST_CLOSURE:
        text += " Too much is missing to learn from: import your orders again under Data."
        return Finding(name, Grade.STOP, text, share, BROKEN_SHARE)
    return Finding(name, Grade.WARN, f"{text} If you were closed, all is well.", share, BROKEN_SHARE)


def spikes(sales: pd.DataFrame) -> Finding:
    """Flag days far above what a variant sells on a day with sales: the tail of all days that are looked at."""
    sold = sales[sales["y"] > 0]
    scale = np.maximum(1.0, sold.groupby("unique_id")["y"].transform("median") / np.log(2))
    limit = scale * np.log(max(1, len(sold)) / TAIL)
    found = sold[sold["y"] > limit]
    if found.empty:
        return Finding("Single days", Grade.OK, "No single day stands out.", 0)
    text = f"{words.counted(len(found), 'day')} of a variant stand far out, perhaps wholesale orders or typing errors."
    return Finding("Single days", Grade.WARN, text, len(found), 0)


def unseen(sales: pd.DataFrame, asof_before: date | None) -> Finding:
    """Tell how much of what sold since the last training is of variants that had never sold before it."""
    name = "Known products"
    if asof_before is None:
        return Finding(name, Grade.OK, "The first training of this store.")
    since = sales[sales["ds"] > pd.Timestamp(asof_before)]
    known = sales.loc[(sales["ds"] <= pd.Timestamp(asof_before)) & (sales["y"] > 0), "unique_id"]
    units, new = float(since["y"].sum()), float(since.loc[~since["unique_id"].isin(known), "y"].sum())
    share = share_of(new, units)
    text = f"{words.percent(share)} of what sold since the last training is of products that had never sold before."
    is_many = share > BROKEN_SHARE and new > binom.ppf(SURE, round(units), BROKEN_SHARE)
    return Finding(name, Grade.WARN if is_many else Grade.OK, text, share, BROKEN_SHARE)


def in_last(lines: pd.DataFrame, asof: date, days: int) -> pd.Series:
    """Mark the rows of the last days up to the last complete one."""
    end = pd.Timestamp(asof)
    return (lines["ds"] <= end) & (lines["ds"] > end - pd.Timedelta(days=days))


def share_of(part: float, whole: float) -> float:
    """Divide, nothing of nothing being nothing."""
    return float(part / whole) if whole else 0.0

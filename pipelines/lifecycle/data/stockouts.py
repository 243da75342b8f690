"""Days on which nothing could be sold: known from stock levels, suspected from silence.

A day counts as out of stock when there was no sellable stock, at any location, for most of it. Before an item's levels
are known its days are *unknown* and used as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.models import Shop, SyncRun
from pipelines.stats.frames import panel_from_long
from pipelines.stats.stockouts import suspected_stockouts

IN_STOCK, KNOWN, UNKNOWN, SUSPECTED = range(4)
COLUMNS = ["unique_id", "ds", "stockout"]

CHUNK = 8192  # series whose days are looked at together

HOURS = 24
EVEN_LINES = 10  # of an even day in each hour, beside those of the shop

Seconds = NDArray[np.int64]
ByHour = NDArray[np.float64]
EVEN_DAY: ByHour = np.linspace(0, 1, HOURS + 1)


@dataclass(frozen=True)
class KnownStockouts:
    """The days without stock, and for how many days of which series stock is known at all."""

    days: pd.DataFrame  # unique_id | ds | stockout
    partly: pd.DataFrame  # unique_id | ds | in_stock: the days that had stock for a part of what a day sells, or none
    since: pd.Series  # the first whole day of which stock is known, by series (number of the day)
    n_days: int

    @property
    def known_days(self) -> int:
        """Count the days of all series of which stock is known."""
        return int((self.n_days - self.since).sum())


def known(
    moves: pd.DataFrame, midnights: Seconds, first_day: date, imported: int | None, by_hour: ByHour = EVEN_DAY
) -> KnownStockouts:
    """Read stock levels (with the series of each item, if any) as days out of stock."""
    moves = moves.dropna(subset=["unique_id"]).astype({"unique_id": "int64"})
    since = known_since(moves, imported)
    hours = empty_seconds(empty_spells(moves, since, int(midnights[-1])), midnights, by_hour)
    in_stock = (1 - hours["missed"]).round(4)  # a day without any is none, whatever its spells add up to
    partly = hours[["unique_id"]].assign(ds=day_stamps(first_day, hours["day"]), in_stock=in_stock)
    out = hours[hours["seconds"] > hours["length"] / 2]
    days = pd.DataFrame({"unique_id": out["unique_id"], "ds": day_stamps(first_day, out["day"]), "stockout": KNOWN})
    first_known = pd.Series(np.searchsorted(midnights[:-1], since.to_numpy()), index=since.index)
    return KnownStockouts(days, partly, first_known, len(midnights) - 1)


def suspected(sales: pd.DataFrame, series: pd.DataFrame, known: KnownStockouts, last_day: date) -> pd.DataFrame:
    """Find the silences that are too long to be chance on days of which stock is unknown: unique_id | ds | stockout."""
    tracked = series[series["is_tracked"] == 1].sort_values("unique_id")
    found = [pd.DataFrame({"unique_id": [], "ds": [], "stockout": []})]
    for low in range(0, len(tracked), CHUNK):
        part = tracked.iloc[low : low + CHUNK]
        mine = sales[sales["unique_id"].between(part["unique_id"].iloc[0], part["unique_id"].iloc[-1])]
        mine = mine[mine["unique_id"].isin(part["unique_id"])]
        if len(mine):
            found.append(suspected_of(mine, part, known, last_day))
    rows = pd.concat(found[1:] or found, ignore_index=True)
    return rows.astype({"unique_id": "int64", "ds": "datetime64[ns]"})


def suspected_of(sales: pd.DataFrame, series: pd.DataFrame, known: KnownStockouts, last_day: date) -> pd.DataFrame:
    """Look at some series at once; the panel of a whole large shop would not fit."""
    ids = pd.Index(series["unique_id"])
    panel = panel_from_long(sales, end=last_day, ids=ids, first_day=series.set_index("unique_id")["first_day"])
    before = known.n_days - panel.n_days  # the panel begins with the first sale of these series
    unknown_until = known.since.reindex(panel.ids.astype(np.int64)).fillna(known.n_days).to_numpy() - before
    silent = suspected_stockouts(panel) & (np.arange(panel.n_days) < unknown_until[:, None])
    row, day = np.nonzero(silent)
    return pd.DataFrame({"unique_id": panel.ids[row].astype(np.int64), "ds": panel.days[day], "stockout": SUSPECTED})


def closing_levels(moves: pd.DataFrame, midnights: Seconds, first_day: date, imported: int | None) -> pd.DataFrame:
    """Give what was left at the end of each day with a change, from when it is known: unique_id | ds | on_hand."""
    moves = moves.dropna(subset=["unique_id"]).astype({"unique_id": "int64"})
    change = levels(moves)
    change["moment"] = np.maximum(change["moment"], change["unique_id"].map(known_since(moves, imported)))
    change = change[change["moment"] < midnights[-1]]
    day = np.maximum(np.searchsorted(midnights, change["moment"], side="right") - 1, 0)
    rows = pd.DataFrame({"unique_id": change["unique_id"], "day": day, "on_hand": change["left"]})
    rows = rows.groupby(["unique_id", "day"], as_index=False)[["on_hand"]].last()
    return rows.assign(ds=day_stamps(first_day, rows.pop("day")))


def units_gone(moves: pd.DataFrame, since: datetime) -> pd.DataFrame:
    """Give how many units left each location since a moment: inventory_item_id | location_id | moved."""
    moves = moves.sort_values(["inventory_item_id", "location_id", "moment"])
    keys = ["inventory_item_id", "location_id"]
    gone = -moves.groupby(keys)["available"].diff().clip(upper=0).fillna(0.0)
    lately = moves.assign(moved=gone)[moves["moment"] >= since.timestamp()]
    return lately.groupby(keys, as_index=False)[["moved"]].sum()


def local_midnights(first_day: date, last_day: date, zone: ZoneInfo) -> Seconds:
    """Give the moments at which the days begin where the shop is, and the end of the last one.

    >>> (np.diff(local_midnights(date(2026, 10, 24), date(2026, 10, 25), ZoneInfo("Europe/London"))) / 3600).tolist()
    [24.0, 25.0]
    """
    days = [first_day + timedelta(days=offset) for offset in range((last_day - first_day).days + 2)]
    return np.array([int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) for day in days])


def day_stamps(first_day: date, offsets: pd.Series) -> pd.Series:
    """Turn day numbers into dates."""
    return pd.Timestamp(first_day) + pd.to_timedelta(offsets, unit="D")


def first_stock_import(shop: Shop) -> int | None:
    """Return when the shop's stock was first read completely: a level that appears later did not exist before."""
    done = SyncRun.objects.for_shop(shop).filter(kind=SyncRun.Kind.STOCK, state=SyncRun.State.DONE)
    moment = done.order_by("finished_at").values_list("finished_at", flat=True).first()
    return int(moment.timestamp()) if moment else None


def known_since(moves: pd.DataFrame, imported: int | None) -> pd.Series:
    """Give the moment from which all levels of a series are known."""
    first = moves.groupby(["unique_id", "inventory_item_id", "location_id"])["moment"].min()
    if imported is not None:
        first = first.clip(upper=imported)
    return first.groupby("unique_id").max()


def levels(moves: pd.DataFrame) -> pd.DataFrame:
    """Add up what is sellable over items and locations: unique_id | moment | left, at each moment of a change."""
    moves = moves.sort_values(["inventory_item_id", "location_id", "moment"])
    sellable = moves["available"].clip(lower=0)
    before = sellable.groupby([moves["inventory_item_id"], moves["location_id"]]).shift(fill_value=0)
    change = pd.DataFrame({"unique_id": moves["unique_id"], "moment": moves["moment"], "change": sellable - before})
    change = change.groupby(["unique_id", "moment"], as_index=False)[["change"]].sum()
    change["left"] = change.groupby("unique_id")["change"].cumsum()
    return change.drop(columns="change")


def empty_spells(moves: pd.DataFrame, since: pd.Series, until: int) -> pd.DataFrame:
    """Give the spells without sellable stock: unique_id | start | end, in seconds."""
    change = levels(moves)
    change["end"] = change.groupby("unique_id")["moment"].shift(-1, fill_value=until)
    change["start"] = np.maximum(change["moment"], change["unique_id"].map(since))
    return change.loc[(change["left"] <= 0) & (change["end"] > change["start"]), ["unique_id", "start", "end"]]


def usual_hours(lines: pd.DataFrame) -> ByHour:
    """Give the share of a day's sales that lies before each hour, leaning on an even day while there are few.

    >>> usual_hours(pd.DataFrame({"hour": [12], "lines": [10**6]}))[[0, 12, 13, 24]].round(3).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    sold = np.full(HOURS, EVEN_LINES, dtype=np.float64)
    np.add.at(sold, lines["hour"].to_numpy(), lines["lines"].to_numpy())
    return np.concatenate([[0.0], sold.cumsum() / sold.sum()])


def empty_seconds(spells: pd.DataFrame, midnights: Seconds, by_hour: ByHour) -> pd.DataFrame:
    """Spread spells over days.

    Writes  unique_id | day (number) | seconds without stock | missed (share of a day's sales) | length of the day
    """
    start = np.clip(spells["start"].to_numpy(), midnights[0], midnights[-1])
    end = np.clip(spells["end"].to_numpy(), midnights[0], midnights[-1])
    first = np.searchsorted(midnights, start, side="right") - 1
    last = np.searchsorted(midnights, end, side="left") - 1
    count = np.where(end > start, last - first + 1, 0)
    spell = np.repeat(np.arange(len(spells)), count)
    day = first[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(count) - count, count)
    begun, gone = np.maximum(start[spell], midnights[day]), np.minimum(end[spell], midnights[day + 1])
    rows = pd.DataFrame({"unique_id": spells["unique_id"].to_numpy()[spell], "day": day, "seconds": gone - begun})
    sold_by = [(moment - midnights[day]) / np.diff(midnights)[day] for moment in (begun, gone)]
    before, after = (np.interp(share, EVEN_DAY, by_hour) for share in sold_by)
    rows["missed"] = after - before
    rows = rows.groupby(["unique_id", "day"], as_index=False)[["seconds", "missed"]].sum()
    rows["length"] = np.diff(midnights)[rows["day"]]
    return rows

"""One variant: what sold, what will, why, and what the merchant knows better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import NormalDist

from dashboard.queries.words import Badge
from dashboard.usecases.demand_forecast.forms import RuleForm
from dashboard.usecases.demand_forecast.queries.forecasts import STATUSES
from dashboard.usecases.demand_forecast.queries.own_numbers import is_recalculating, with_own_numbers
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines import words
from pipelines.charts import Figure
from pipelines.lifecycle.data.sold import sold_by_day
from pipelines.models import Location, Order, Shop, StockLevel, StockRule, Variant
from pipelines.models.usecases.demand_forecast import Forecast, ForecastOverride, OddOrder, StockAdvice
from pipelines.usecases.demand_forecast.fan import Fan, Sales, Span, fan_chart
from pipelines.usecases.demand_forecast.fan import Sum as ForecastSum

HISTORY_DAYS = 112
SHOWN_DAYS = 42
LEVELS = (0.1, 0.25, 0.75, 0.9)
RUNS_SHORT = ("out_of_stock", "order_today", "on_its_way")  # the statuses with which a gap ahead goes
YOUR_NUMBER = "Your number instead"


@dataclass(frozen=True)
class PlaceRow:
    """What one location has and needs."""

    name: str
    advice: StockAdvice

    @property
    def badge(self) -> Badge:
        return STATUSES[self.advice.status]


@dataclass(frozen=True)
class OddDay:
    """One unusual day: what sold, what of it counts, and what the merchant says of it."""

    day: date
    sold: float | None
    weighs: float | None
    counts: bool | None = None

    @property
    def day_iso(self) -> str:
        return self.day.isoformat()

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Return what the merchant can say next: the form's value, and its words."""
        if self.counts is None:
            return [("full", "Count in full"), ("none", "Leave out")]
        return [("usual", "Weigh as usual")]


@dataclass(frozen=True)
class VariantPage:
    """Everything on a variant's page."""

    advice: StockAdvice
    figure: Figure | None
    parts: list[tuple[str, float]]
    places: list[PlaceRow]
    override: ForecastOverride | None
    rule: dict[str, str]
    arrives: date
    today: date
    is_recalculating: bool
    odd_days: list[OddDay]

    @property
    def badge(self) -> Badge:
        return STATUSES[self.advice.status]

    @property
    def is_split_evenly(self) -> bool:
        """Tell whether nothing is known to have left any place, so that each is given the same demand."""
        return not any(place.advice.moved for place in self.places)

    @property
    def places_order_more(self) -> int:
        """Return how many units places miss that lie or arrive at other places."""
        return sum(place.advice.from_elsewhere for place in self.places)

    @property
    def margin_minor(self) -> int | None:
        if self.advice.price_minor is None or self.advice.unit_cost_minor is None:
            return None
        return self.advice.price_minor - self.advice.unit_cost_minor

    @property
    def shown_units(self) -> int:
        return self.override.units if self.override else round(self.advice.forecast_28)

    @property
    def first_day_iso(self) -> str:
        return (self.override.first_day if self.override else self.today).isoformat()

    @property
    def last_day_iso(self) -> str:
        return (self.override.last_day if self.override else self.today + timedelta(days=27)).isoformat()


def variant_page(shop: Shop, advice: StockAdvice, now: datetime) -> VariantPage:
    """Read one variant."""
    today = now.astimezone(shop.zone).date()
    forecast = forecast_of(shop, advice)
    reasons = parts_of(forecast, advice) if forecast else []
    if forecast:
        with_own_numbers(forecast)
    rule = StockRule.objects.for_shop(shop).filter(variant_id=advice.variant_id).first()
    current = ForecastOverride.objects.for_shop(shop).filter(variant_id=advice.variant_id, ended_at=None)
    return VariantPage(
        advice=advice,
        figure=figure_of(shop, advice, forecast, now) if forecast else None,
        parts=reasons,
        places=places(shop, advice),
        override=current.filter(last_day__gte=today).order_by("-pk").first(),
        rule=RuleForm.shown(rule, shop.currency),
        arrives=today + timedelta(days=round(advice.rule.get("lead_time_days") or shop.settings.lead_time_days)),
        today=today,
        is_recalculating=is_recalculating(shop, advice.updated_at),
        odd_days=odd_days(shop, advice, forecast),
    )


def odd_days(shop: Shop, advice: StockAdvice, forecast: Forecast | None) -> list[OddDay]:
    """Return the days that the forecast found unusual, with the merchant's answers, the newest first."""
    told = forecast.odd_days if forecast else []
    noticed = {date.fromisoformat(day): (sold, counts) for day, sold, counts in told}
    answers = OddOrder.objects.for_shop(shop).filter(variant_id=advice.variant_id)
    said = dict(answers.values_list("day", "counts"))
    days = sorted(noticed.keys() | said.keys(), reverse=True)
    return [OddDay(day, *noticed.get(day, (None, None)), said.get(day)) for day in days]


def parts_of(forecast: Forecast, advice: StockAdvice) -> list[tuple[str, float]]:
    """Return what leads to the number that is shown; the merchant's own is the last step."""
    ours = [(str(words), float(units)) for words, units in forecast.parts]
    rest = round(advice.forecast_28) - sum(units for _, units in ours)
    return [*ours, (YOUR_NUMBER, rest)] if advice.is_overridden and ours else ours


def forecast_of(shop: Shop, advice: StockAdvice) -> Forecast | None:
    """Return the newest forecast of the version that is live."""
    mine = Forecast.objects.for_shop(shop).filter(variant_id=advice.variant_id, version=advice.version_id)
    return mine.order_by("-origin").first()


def places(shop: Shop, advice: StockAdvice) -> list[PlaceRow]:
    """Return the rows of each location."""
    rows = StockAdvice.objects.for_shop(shop).filter(variant_id=advice.variant_id).exclude(location_id=TOTAL)
    names = dict(Location.objects.for_shop(shop).values_list("shopify_id", "name"))
    found = [PlaceRow(names.get(row.location_id, "A location"), row) for row in rows.defer("spark", "search")]
    return sorted(found, key=lambda place: place.name)


# The chart


def figure_of(shop: Shop, advice: StockAdvice, forecast: Forecast, now: datetime) -> Figure:
    """Draw history and forecast, with days out of stock and the gap that is to come."""
    first = max(forecast.origin - timedelta(days=HISTORY_DAYS - 1), first_day_of(shop, forecast.origin))
    sales = sales_of(shop, advice.variant_id, first, forecast.origin)
    fan = fan_of(forecast)
    gap = gap_of(advice, shop)
    return fan_chart(
        sales,
        fan,
        title=title_of(advice, gap),
        description=description_of(advice, sales, fan),
        sums=sums_of(forecast, advice),
        out_expected=gap,
    )


def first_day_of(shop: Shop, last: date) -> date:
    """Return the day of the shop's first order, before which nothing is known, or the last day where there is none."""
    first = Order.objects.for_shop(shop).filter(deleted_at=None).order_by("processed_at")
    at = first.values_list("processed_at", flat=True).first()
    return min(at.astimezone(shop.zone).date(), last) if at else last


def sales_of(shop: Shop, variant_id: int, first: date, last: date) -> Sales:
    """Read what sold day by day where the shop is, within bundles, too, and the days without stock."""
    start = datetime.combine(first, time(), tzinfo=shop.zone)
    end = datetime.combine(last + timedelta(days=1), time(), tzinfo=shop.zone)
    sold = sold_by_day(shop, variant_id, start, end)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    empty = days_without_stock(shop, variant_id, days)
    return Sales(first, [sold.get(day, 0.0) for day in days], [day in empty for day in days])


def days_without_stock(shop: Shop, variant_id: int, days: list[date]) -> set[date]:
    """Return the days on which, for most of the day, no location had stock to sell."""
    item = Variant.objects.for_shop(shop).filter(shopify_id=variant_id).values_list("inventory_item_id", flat=True)
    levels = StockLevel.objects.for_shop(shop).filter(inventory_item_id__in=list(item[:1])).order_by("updated_at")
    moves = list(levels.values_list("updated_at", "location_id", "available"))
    out = set()
    for day in days:
        start = datetime.combine(day, time(), tzinfo=shop.zone)
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=shop.zone)
        if moves and moves[0][0] <= start and empty_time(moves, start, end) > (end - start) / 2:
            out.add(day)
    return out


def empty_time(moves: list[tuple[datetime, int, int]], start: datetime, end: datetime) -> timedelta:
    """Add up how long nothing was left to sell at any location between two moments."""
    at: dict[int, int] = {}
    for moment, place, available in moves:
        if moment > start:
            break
        at[place] = max(0, available)
    inside = [move for move in moves if start < move[0] < end]
    empty = timedelta()
    for (moment, place, available), (until, _, _) in pairwise([(start, 0, 0), *inside, (end, 0, 0)]):
        if moment != start:
            at[place] = max(0, available)
        if not sum(at.values()):
            empty += until - moment
    return empty


def fan_of(forecast: Forecast) -> Fan:
    """Spread each day's mean into ranges of single days."""
    mean = forecast.mean[:SHOWN_DAYS]
    low80, low50, high50, high80 = ([quantile(forecast, units, level) for units in mean] for level in LEVELS)
    return Fan(mean=mean, low80=low80, high80=high80, low50=low50, high50=high50)


def quantile(forecast: Forecast, units: float, level: float) -> float:
    """Give a quantile of a sum of days whose mean is known."""
    variance = forecast.dispersion * units + (forecast.model_error * units) ** 2
    return smooth_quantile(units, variance, level)


def smooth_quantile(mean: float, variance: float, level: float) -> float:
    """Give a quantile without steps, as `stats.quantiles.smooth_quantile` does for many at once.

    >>> round(smooth_quantile(4.0, 8.0, 0.9), 1), smooth_quantile(0.0, 0.0, 0.9)
    (7.8, 0.0)
    """
    if mean <= 0 or variance <= 0:
        return mean
    shape = mean * mean / variance
    root = 1 - 1 / (9 * shape) + NormalDist().inv_cdf(level) / (3 * shape**0.5)
    return float(mean * max(root, 0.0) ** 3)


def gap_of(advice: StockAdvice, shop: Shop) -> Span | None:
    """Return the days between running out and the arrival of what is ordered today, where the status says so."""
    if advice.status not in RUNS_SHORT or advice.sells_on:
        return None
    lead = round(advice.rule.get("lead_time_days") or shop.settings.lead_time_days)
    arrives = advice.origin + timedelta(days=1 + lead)
    last_shown = advice.origin + timedelta(days=SHOWN_DAYS)
    first = max(advice.runs_out or arrives, advice.origin + timedelta(days=1))
    last = min(arrives - timedelta(days=1), last_shown)
    return Span("Out of stock", first, last) if first <= last else None


def title_of(advice: StockAdvice, gap: Span | None) -> str:
    """Say the message of the chart: the status in one sentence."""
    today = advice.origin + timedelta(days=1)
    if advice.stock is None:
        return f"About {words.counted(advice.forecast_28, 'unit')} in the next 28 days"
    if advice.owed and advice.sells_on:
        return f"{words.counted(advice.owed, 'unit')} owed to customers, {OWED[bool(advice.order_quantity)]}"
    if advice.status in RUNS_SHORT:
        return title_of_a_gap(advice, gap, today) if gap else TITLES[advice.status]
    if advice.status == "not_wanted":
        return "Nothing in stock, and hardly any sales expected"
    if advice.runs_out:
        return f"Stock lasts until about {words.day(advice.runs_out, today)}"
    return "Stock lasts beyond the forecast"


OWED = {True: "and the order covers them", False: "and enough is on its way"}
TITLES = {
    "out_of_stock": "Out of stock",
    "order_today": "Order today: stock may run short before the next delivery after that",
    "on_its_way": "Enough is on its way, but some sales may be missed before it arrives",
}


def title_of_a_gap(advice: StockAdvice, gap: Span, today: date) -> str:
    """Say how long stock is missing, and what can be done."""
    arrival = words.day(gap.last_day + timedelta(days=1), today)
    if advice.status == "out_of_stock":
        return f"Out of stock; a delivery ordered today can arrive on {arrival}"
    if advice.status == "on_its_way":
        ends = words.day(gap.first_day, today)
        return f"Enough is on its way, but stock runs out about {ends} unless it arrives before"
    early = words.counted((gap.last_day - gap.first_day).days + 1, "day")
    return f"Stock runs out {early} before a delivery ordered today can arrive on {arrival}"


def description_of(advice: StockAdvice, sales: Sales, fan: Fan) -> str:
    """Say what one sees in the chart."""
    out = sum(sales.out_of_stock)
    parts = [
        f"{words.counted(sum(sales.units), 'unit')} sold in {len(sales.units)} days",
        f"{words.counted(out, 'day')} out of stock" if out else "never out of stock as far as we know",
        f"the forecast is {words.number(sum(fan.mean[:28]))} units for the next 28 days, "
        f"8 of 10 times between {words.number(advice.low_28)} and {words.number(advice.high_28)}",
    ]
    return "; ".join(parts) + "."


def sums_of(forecast: Forecast, advice: StockAdvice) -> list[ForecastSum]:
    """Return the weeks ahead and the 28 days with their ranges."""
    today = forecast.origin + timedelta(days=1)
    sums = []
    for week in range(4):
        units = sum(forecast.mean[7 * week : 7 * week + 7])
        first = today + timedelta(days=7 * week)
        low, high = quantile(forecast, units, 0.1), quantile(forecast, units, 0.9)
        sums.append(ForecastSum(first, first + timedelta(days=6), units, low, high))
    month = ForecastSum(today, today + timedelta(days=27), advice.forecast_28, advice.low_28, advice.high_28)
    return [*sums, month]

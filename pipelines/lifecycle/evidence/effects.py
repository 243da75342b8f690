"""How much better or worse a new version does, in orders and in money: stratified by step, valid at any look.

Nothing is said of a mean before both arms have a hundred orders (METHODS 4e).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.models import Release
from pipelines.stats.assignment import CONTROL_FROM
from pipelines.stats.inference import intervals, power
from pipelines.stats.inference.intervals import Estimate, Sums
from pipelines.stats.inference.significance import Interval
from pipelines.strategies import Step, claims
from pipelines.strategies.stages import LEAST_HOURS

HOUR = 3600
HALF_ALPHA = intervals.ALPHA / 2  # two bounds of the loss share the error
PLANNED = 10_000  # units, where the steps say nothing
WEEK = 7 * 24


def of_orders(release: Release, rows: pd.DataFrame, alpha: float = intervals.ALPHA) -> Interval | None:
    """Give the relative change in orders per unit, with its always-valid interval."""
    if not has_enough(rows):
        return None
    estimate = intervals.relative_difference(orders(rows, "control"), orders(rows, "canary"))
    return estimate.interval(planned_units(release), alpha) if estimate else None


def next_loss(release: Release, rows: pd.DataFrame) -> float | None:
    """Bound what the next step may lose in its least time, in money; nothing while nobody can say.

    Two bounds, of which the lower holds: what a unit brought less so far, and all that a unit brings at all.
    """
    number = release.step + 1
    if number >= len(release.steps) or rows["control_orders"].sum() < intervals.MIN_ORDERS:
        return None
    step = release.steps[number]
    units = units_an_hour(rows) * step["weight"] / 100 * max(step["hours"], LEAST_HOURS)
    bounds = [bound for bound in (most_lost(release, rows), most_brought(release, rows)) if bound is not None]
    return max(0.0, min(bounds)) * units if bounds else None


def most_lost(release: Release, rows: pd.DataFrame) -> float | None:
    """Bound the money that a unit brings less with the new version."""
    estimate = of_revenue(rows)
    lower = estimate.lower(planned_units(release), HALF_ALPHA) if estimate else None
    return None if lower is None else -lower


def most_brought(release: Release, rows: pd.DataFrame) -> float | None:
    """Bound the money that a unit of the control brings: a version that sells nothing loses no more."""
    estimate = intervals.of_control(revenue(rows, "control"), revenue(rows, "canary"))
    return estimate.upper(planned_units(release), HALF_ALPHA) if estimate else None


def of_revenue(rows: pd.DataFrame) -> Estimate | None:
    """Estimate the money that a unit brings more with the new version."""
    if not has_enough(rows):
        return None
    return intervals.difference(revenue(rows, "control"), revenue(rows, "canary"))


def has_enough(rows: pd.DataFrame) -> bool:
    """Tell whether both arms have orders enough for a mean."""
    return intervals.has_enough(rows["control_orders"].sum(), rows["canary_orders"].sum())


def orders(rows: pd.DataFrame, arm: str) -> Sums:
    """Add up units and orders of an arm by step."""
    return Sums.of_orders(rows[f"{arm}_units"], rows[f"{arm}_orders"]).by(rows["step"])


def revenue(rows: pd.DataFrame, arm: str) -> Sums:
    """Add up units and their money of an arm by step."""
    return Sums.of(rows[f"{arm}_units"], rows[f"{arm}_revenue"], rows[f"{arm}_revenue_squared"]).by(rows["step"])


def units_an_hour(rows: pd.DataFrame) -> float:
    """Estimate how many units the shop has in an hour: the control is half of them, hours without any count too."""
    if rows.empty:
        return 0.0
    hours = (rows["starts"].max() - rows["starts"].min()) / HOUR + 1
    return float(rows["control_units"].sum() / CONTROL_FROM / hours)


def planned_units(release: Release) -> int:
    """Return the units of both arms that the steps were planned for: known before the first one came."""
    splits = [step for step in release.steps if 0 < step["weight"] < 100]
    both = sum(step["units"] * (step["weight"] / 100 + CONTROL_FROM) / (step["weight"] / 100) for step in splits)
    return round(both) or PLANNED


# For the pages


def shown(release: Release, rows: pd.DataFrame) -> dict[str, Any]:
    """Say how the new version does: in all, in money, by segment and day by day."""
    told: dict[str, Any] = {"segments": segments(release, rows), "over_time": over_time(release, rows)}
    effect, money, plan = of_orders(release, rows), money_a_week(release, rows), plan_of(release, rows)
    if effect:
        told["effect"] = {"metric": "orders per visitor"} | as_dict(effect)
    if money:
        told["money"] = as_dict(money) | {"per": "week"}
    return told | ({"plan": plan} if plan else {})


def ranges(release: Release, rows: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Give the ranges that pages lead with, of orders and of money; none while there are too few orders."""
    found = {"orders": of_orders(release, rows), "money": money_a_week(release, rows)}
    return {name: (each.low, each.high) for name, each in found.items() if each}


def as_dict(interval: Interval | None) -> dict[str, float | None]:
    """Write a value with its bounds; all three are empty while there are too few orders."""
    names = ("value", "low", "high")
    return {name: getattr(interval, name) for name in names} if interval else dict.fromkeys(names)


def money_a_week(release: Release, rows: pd.DataFrame) -> Interval | None:
    """Give what the new version earns more in a week if everybody sees it, in minor units."""
    estimate = of_revenue(rows)
    interval = estimate.interval(planned_units(release)) if estimate else None
    units = units_an_hour(rows) * WEEK
    return Interval(interval.value * units, interval.low * units, interval.high * units) if interval else None


def segments(release: Release, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Compare the arms in peak and other hours, on weekdays and weekends, and step by step."""
    kinds = {
        "Peak hours": rows["is_peak"] == 1,
        "Other hours": rows["is_peak"] == 0,
        "Weekdays": rows["is_weekend"] == 0,
        "Weekends": rows["is_weekend"] == 1,
    }
    kinds |= {f"Step: {release.steps[step]['name']}": rows["step"] == step for step in rows["step"].unique()}
    return [
        {"name": name, "units": int(rows.loc[kept, "canary_units"].sum())} | as_dict(of_orders(release, rows[kept]))
        for name, kept in kinds.items()
        if kept.any()
    ]


def over_time(release: Release, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the effect as it stood at the end of each of the shop's days, from all blocks up to then."""
    if rows.empty:
        return []
    moments = pd.to_datetime(rows["starts"], unit="s", utc=True).dt.tz_convert(release.shop.zone)
    days, day = np.unique(moments.dt.tz_localize(None).dt.normalize(), return_inverse=True)
    steps, step = np.unique(rows["step"], return_inverse=True)
    names = [f"{arm}_{what}" for arm in ("control", "canary") for what in ("units", "orders")]
    sums = np.zeros((len(names), len(days), len(steps)))
    for place, name in enumerate(names):
        np.add.at(sums[place], (day, step), rows[name].to_numpy())
    planned, ends = planned_units(release), pd.to_datetime(days) + timedelta(days=1)
    shown_at = ends.tz_localize(release.shop.zone, ambiguous=True, nonexistent="shift_forward")
    units, orders, new_units, new_orders = sums.cumsum(axis=1)
    return [
        point(at.isoformat(), units[place], orders[place], new_units[place], new_orders[place], planned)
        for place, at in enumerate(shown_at)
    ]


def point(
    at: str,
    control_units: np.ndarray,
    control_orders: np.ndarray,
    canary_units: np.ndarray,
    canary_orders: np.ndarray,
    planned: int,
) -> dict[str, Any]:
    """Say how the arms stood at the end of one day."""
    control = Sums(control_units, control_orders, control_orders)
    canary = Sums(canary_units, canary_orders, canary_orders)
    counted = (float(control_orders.sum()), float(canary_orders.sum()))
    effect = intervals.relative_effect(control, canary, counted, planned)
    return {"at": at, "canary": int(canary_units.sum()), "control": int(control_units.sum())} | as_dict(effect)


def plan_of(release: Release, rows: pd.DataFrame) -> dict[str, Any]:
    """Say what can be found at the traffic that is seen, and how long it takes."""
    units, ordered = rows["control_units"].sum(), rows["control_orders"].sum()
    weight = release.steps[release.step]["weight"] / 100 if release.steps else 0
    if not 0 < weight <= CONTROL_FROM or not 0 < ordered < units:
        return {}
    traffic, rate = 24 * units_an_hour(rows), float(ordered / units)
    plan, days = release.evidence.get("plan", {}), release.evidence.get("maximum_days", 28)
    limit = claims.harm_limit(map(Step.from_dict, release.steps))
    return {
        "smallest_harm": power.smallest_harm(traffic, weight, rate, days, limit=limit),
        "expected_days": power.expected_days(traffic, weight, rate, float(plan.get("margin") or 0.1)),
        "planned_units": planned_units(release),
    }

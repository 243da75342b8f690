"""Made sessions whose events stand in order, and what was known after 1, 3, 5 … of them and at each step of a checkout.

Each shopper comes with an intent that nobody sees; it shows in what is looked at, in the cart, and in the order. Who
orders gives an address and chooses a delivery first; of the others half do neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

LAST_DAY = date(2026, 11, 22)
TOLD_AFTER = frozenset({1, 3, 5, 8, 13, 21, 34})
LONGEST = 40  # events
KINDS = ("pages", "products", "collections", "searches", "adds", "removes", "carts")
DEVICES, SOURCES = ("phone", "desktop", "tablet"), ("search", "direct", "social", "email", "ads")
PULL = {"email": 0.8, "direct": 0.4, "social": -0.6, "phone": -0.3, "desktop": 0.3}
STOPS_BEFORE = (0.5, 0.8)  # the address, the delivery: of those who do not order
BY_HOUR = np.array([2, 1, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 7, 6, 6, 6, 6, 7, 9, 10, 9, 6, 4], dtype=float)


@dataclass
class Session:
    """Hold a session so far."""

    at: pd.Timestamp
    device: str
    source: str
    is_returning: int
    intent: float
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    events: int = 0
    minutes: float = 0.0
    prices: list[int] = field(default_factory=list)
    has_discount: int = 0

    def told(self, of: str) -> dict[str, Any]:
        """Give what is known of it now."""
        now = self.at + pd.Timedelta(minutes=self.minutes)
        cart = {"value": sum(self.prices), "lines": len(set(self.prices)), "units": len(self.prices)}
        clock = {"hour": now.hour, "weekday": now.weekday(), "minutes": self.minutes, "events": self.events}
        who = {"device": self.device, "source": self.source, "is_returning": self.is_returning}
        when = {"at": now, "began": now, "of": of}
        return {**when, **self.counts, **cart, **clock, **who, "has_discount": self.has_discount}


def moments(
    days: int = 60, a_day: int = 60, *, seed: int = 0, last_day: date = LAST_DAY, base: float = 0.0
) -> pd.DataFrame:
    """Draw the frame; `base` moves how many order, in log odds. Of late moments it is not told what came after."""
    random = np.random.default_rng(seed)
    (paths,) = random.spawn(1)  # of checkouts: who comes and who orders is drawn as if nobody looked at steps
    rows: list[dict[str, Any]] = []
    for day in pd.date_range(end=pd.Timestamp(last_day), periods=days, freq="D"):
        for _ in range(random.poisson(a_day)):
            rows += session(random, paths, day, base)
    end = pd.Timestamp(last_day) + pd.Timedelta(days=1)
    frame = pd.DataFrame([row for row in rows if row["at"] < end]).sort_values("at", kind="stable")
    ordered_at = frame["at"] + pd.to_timedelta(frame["waited"], unit="h")
    frame["waited"] = frame["waited"].where(ordered_at < end)
    frame.insert(0, "unique_id", np.arange(1, len(frame) + 1))
    frame.insert(1, "ds", frame.pop("began").dt.normalize().astype("datetime64[s]"))
    return frame.astype({"at": "datetime64[s]"}).reset_index(drop=True)


def session(
    random: np.random.Generator, paths: np.random.Generator, day: pd.Timestamp, base: float
) -> list[dict[str, Any]]:
    """Draw the moments of one session, with the hours that an order took from each."""
    hour = int(random.choice(24, p=BY_HOUR / BY_HOUR.sum()))
    device, source = str(random.choice(DEVICES)), str(random.choice(SOURCES))
    is_returning = int(random.random() < 0.3)
    intent = base + PULL.get(device, 0) + PULL.get(source, 0) + 0.6 * is_returning + random.normal(0, 1.0)
    at = day + pd.Timedelta(hours=hour, minutes=float(random.random() * 60))
    now = Session(at.floor("s"), device, source, is_returning, intent)
    told, ordered = [], None
    for kind in walk(random, now):
        if kind == "checkout":
            now.has_discount = int(random.random() < 0.2)
            told.append(now.told("checkout"))
            if random.random() < share(0.4 * intent + 0.5 * now.has_discount - 0.00004 * sum(now.prices)):
                ordered = now.minutes / 60 + hours(random)
            told += steps(paths, told[-1], ordered)
            break
        if now.events in TOLD_AFTER:
            told.append(now.told("session"))
    for row in told:
        row["waited"] = np.nan if ordered is None else ordered - row["minutes"] / 60
    return told


def hours(random: np.random.Generator) -> float:
    """Draw how long somebody takes in a checkout."""
    return float(0.02 + random.exponential(0.1 if random.random() < 0.8 else 6.0))


def steps(paths: np.random.Generator, start: dict[str, Any], ordered: float | None) -> Iterator[dict[str, Any]]:
    """Yield the moments after a checkout's start: with an address, and with a delivery."""
    start |= {"changes": 0, "in_checkout": 0.0, "has_address": 0, "has_shipping": 0}
    stops, taken = float(paths.random()), hours(paths)
    if ordered is not None:
        stops, taken = 1.0, ordered - start["minutes"] / 60
    for number, before in enumerate(STOPS_BEFORE, 1):
        passed = 60 * taken * number / 3
        if stops < before:
            return
        at = start["at"] + pd.Timedelta(minutes=passed)
        clock = {"at": at, "hour": at.hour, "weekday": at.weekday(), "minutes": start["minutes"] + passed}
        reached = {"changes": number, "in_checkout": passed, "has_address": 1, "has_shipping": number - 1}
        yield start | clock | reached


def walk(random: np.random.Generator, now: Session) -> Iterator[str]:
    """Yield the events of a session; it ends when the shopper leaves or starts a checkout."""
    while now.events < LONGEST:
        kind = next_kind(random, now)
        now.events += 1
        if now.events > 1:
            now.minutes += float(random.exponential(0.8))
        if kind != "checkout":
            now.counts[kind] += 1
        yield kind
        if kind == "checkout" or random.random() > share(1.3 + 0.5 * now.intent):
            return


def next_kind(random: np.random.Generator, now: Session) -> str:
    """Draw the next event, by what the cart holds and how much the shopper wants."""
    if not now.events:
        return "pages"
    draw = random.random()
    if now.prices and draw < 0.35 * share(now.intent + 0.3):
        return "checkout"
    if now.counts["products"] and draw > 1 - 0.35 * share(now.intent - 0.3):
        now.prices.append(int(random.choice([900, 1900, 3900, 7900])))
        return "adds"
    if now.prices and draw < 0.4:
        if random.random() < 0.3:
            now.prices.pop()
            return "removes"
        return "carts"
    return str(random.choice(["products", "collections", "searches", "pages"], p=[0.5, 0.2, 0.1, 0.2]))


def share(logit: float) -> float:
    """Turn log odds into a chance."""
    return float(1 / (1 + np.exp(-logit)))

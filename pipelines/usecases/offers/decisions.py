"""Decisions out of the log, as arrays: who was asked about, what was open, what was chosen by which chance.

A decision whose chance is missing, 0 or more than 1, or which chose what was not open, cannot be weighed: it is left
out, and counted by reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.answering.scorer import DEVICES, FEATURES, FLAGS, LEAST_CHANCE, NUMBERS, SOURCES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

NO_OFFER = -1
CONTEXT = (*NUMBERS, "chance", *FLAGS, "device", "source", "hour", "weekday")


@dataclass(frozen=True)
class Decisions:
    """Hold decisions by columns; an offer is its place among `ids`, NO_OFFER where there is none.

    `eligible` and `margins` have a row for each decision, as wide as the most that was ever open. `changed` says, by
    id, on which day the terms of an offer changed for the last time.
    """

    ids: Ints
    unique_id: Ints
    day: Ints
    offer: Ints
    propensity: Floats
    accepted: Floats
    profit: Floats
    held_out: Mask
    visitor: Ints
    eligible: Ints
    margins: Floats
    features: Floats
    changed: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.day)

    def where(self, chosen: Mask) -> Decisions:
        """Keep the chosen decisions."""
        of_all = ("ids", "changed")
        rows = {each.name: getattr(self, each.name)[chosen] for each in fields(self) if each.name not in of_all}
        return replace(self, **rows)

    def before(self, day: int) -> Decisions:
        """Keep what was known before a day, also of which terms had changed by then."""
        changed = {offer: on for offer, on in self.changed.items() if on < day}
        return replace(self.where(self.day < day), changed=changed)

    def on_terms(self, at: int) -> Mask:
        """Mark the days on which an offer was what it is now: those after the day on which its terms changed."""
        return self.day > self.changed.get(int(self.ids[at]), -1)

    @property
    def place(self) -> Ints:
        """Give the column of `eligible` in which each chosen offer stands; 0 where none was chosen."""
        return np.asarray((self.eligible == self.offer[:, None]).argmax(axis=1), dtype=np.int64)

    @property
    def is_drawn(self) -> Mask:
        """Mark the decisions that chance took, of those who were not held out: others could not have gone otherwise."""
        return ~self.held_out & (self.propensity < 1)

    @property
    def margin(self) -> Floats:
        """Give what the chosen offer earns if it is accepted; 0 where none was chosen."""
        if not self.margins.shape[1]:
            return np.zeros(len(self))
        own = self.margins[np.arange(len(self)), self.place]
        return np.where(self.offer == NO_OFFER, 0.0, own)

    @property
    def earned(self) -> Floats:
        """Give what the accepted offer earned; NaN until it is known whether it was accepted."""
        return self.accepted * self.margin

    def tallies(self, before: int) -> tuple[Ints, Ints]:
        """Count how often each offer was shown before a day, of what is known, and how often accepted."""
        known = (self.offer != NO_OFFER) & np.isfinite(self.accepted) & (self.day < before)
        shown = np.bincount(self.offer[known], minlength=len(self.ids))
        accepted = np.bincount(self.offer[known], self.accepted[known], len(self.ids))
        return shown.astype(np.int64), np.rint(accepted).astype(np.int64)


@dataclass(frozen=True)
class Known:
    """Hold the decisions that can be weighed, and how many were left out, by reason."""

    decisions: Decisions
    left_out: Mapping[str, int]


def day_of(day: date) -> int:
    """Give the number of a day."""
    return int(np.datetime64(day, "D").astype(np.int64))


def decisions_of(frames: Frames) -> Known:
    """Read the decisions up to the last complete day, the oldest first.

    Reads   decisions: unique_id | ds | offer | propensity | eligible | margins | is_held_out | accepted | profit |
            visitor | the context features, offers: offer_id | since
    """
    return frames.once("decisions", lambda: _read(seen(frames), changed_on(frames["offers"])))


def changed_on(offers: pd.DataFrame) -> dict[int, int]:
    """Give the day on which the terms of each offer changed for the last time; those that never did are not named.

    Reads   offer_id | since
    """
    told = offers.dropna(subset=["since"])
    days = told["since"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return dict(zip(told["offer_id"].astype("int64").tolist(), days.tolist(), strict=True))


def seen(frames: Frames) -> pd.DataFrame:
    """Keep the decisions up to the last complete day, by day and number."""
    rows = frames["decisions"]
    rows = rows[rows["ds"] <= pd.Timestamp(frames.asof)].drop_duplicates("unique_id")
    return rows.sort_values(["ds", "unique_id"], kind="stable")


def _read(rows: pd.DataFrame, changed: Mapping[int, int]) -> Known:
    offers, margins, broken = lists_of(rows)
    chosen = rows["offer"].fillna(0).to_numpy(dtype=np.int64)
    ids = np.unique(np.append(offers[offers > 0], chosen[chosen > 0]))
    is_held_out = rows["is_held_out"].fillna(0).to_numpy(dtype=bool)
    propensity = np.where(is_held_out, 1.0, rows["propensity"].to_numpy(dtype=np.float64, na_value=np.nan))
    reasons = {
        "chance": ~((propensity > 0) & (propensity <= 1)),
        "lists": broken,
        "not_open": (chosen > 0) & ~(offers == chosen[:, None]).any(axis=1),
    }
    out = np.zeros(len(rows), dtype=bool)
    left_out = {}
    for why, marked in reasons.items():
        left_out[why] = int((marked & ~out).sum())
        out |= marked
    known = Decisions(
        ids=ids,
        unique_id=rows["unique_id"].to_numpy(dtype=np.int64),
        day=rows["ds"].to_numpy().astype("datetime64[D]").astype(np.int64),
        offer=index_of(ids, chosen),
        propensity=propensity,
        accepted=labels(rows, chosen > 0),
        profit=rows["profit"].to_numpy(dtype=np.float64),
        held_out=is_held_out,
        visitor=visitors(rows),
        eligible=index_of(ids, offers),
        margins=np.where(offers > 0, margins, np.nan),
        features=features_of(rows),
        changed=changed,
    )
    return Known(known.where(~out), left_out)


def labels(rows: pd.DataFrame, shown: Mask) -> Floats:
    """Read what is 1, 0, or not known yet; nothing shown is not accepted, from when it is known of others."""
    told = rows["accepted"].to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.where(shown & np.isin(told, (0.0, 1.0)), told, np.nan)
    days = rows["ds"].to_numpy()
    known = days[np.isfinite(values)]
    return values if not len(known) else np.where(~shown & (days <= known.max()), 0.0, values)


def visitors(rows: pd.DataFrame) -> Ints:
    """Number the visitors; where nobody knows them, each decision is one."""
    if "visitor" not in rows:
        return np.arange(len(rows))
    code = pd.factorize(rows["visitor"])[0].astype(np.int64)
    return np.where(code < 0, len(rows) + np.arange(len(rows)), code)


def lists_of(rows: pd.DataFrame) -> tuple[Ints, Floats, Mask]:
    """Read which offers were open and what each earns, side by side by id; say which rows cannot be read."""
    pairs = [pair_of(*told) for told in zip(rows["eligible"], rows["margins"], strict=True)]
    width = max((len(pair) for pair in pairs if pair), default=0)
    offers = np.zeros((len(pairs), width), dtype=np.int64)
    margins = np.full((len(pairs), width), np.nan)
    for row, pair in enumerate(pairs):
        if pair:
            offers[row, : len(pair)] = [offer for offer, _ in pair]
            margins[row, : len(pair)] = [margin for _, margin in pair]
    return offers, margins, np.array([pair is None for pair in pairs], dtype=bool)


def pair_of(eligible: Any, margins: Any) -> list[tuple[int, float]] | None:
    """Read ids and margins that were told as text; nothing where they cannot be read.

    >>> pair_of("8,7", "300,250"), pair_of("", ""), pair_of("7", "1,2"), pair_of("7,x", "1,2")
    ([(7, 250.0), (8, 300.0)], [], None, None)
    """
    texts = [each.split(",") if isinstance(each, str) and each else [] for each in (eligible, margins)]
    if len(texts[0]) != len(texts[1]):
        return None
    try:
        found = {int(offer): float(margin) for offer, margin in zip(*texts, strict=True)}
    except ValueError:
        return None
    return sorted(found.items()) if len(found) == len(texts[0]) and all(offer > 0 for offer in found) else None


def index_of(ids: Ints, offers: Ints) -> Ints:
    """Give the place of each offer among the ids; NO_OFFER where there is none."""
    if not len(ids):
        return np.full(offers.shape, NO_OFFER, dtype=np.int64)
    at = np.minimum(np.searchsorted(ids, offers), len(ids) - 1)
    return np.where(ids[at] == offers, at, NO_OFFER)


# Who was asked about, as the scorer reads it


def features_of(rows: pd.DataFrame) -> Floats:
    """Give the raw features, a row for each decision, in the scorer's order; NaN is missing."""
    column = {name: numbers(rows, name) for name in (*NUMBERS, "chance", *FLAGS, "hour", "weekday")}
    with np.errstate(invalid="ignore", divide="ignore"):
        found = [np.log1p(np.where(column[name] < 0, np.nan, column[name])) for name in NUMBERS]
        chance = np.where((column["chance"] >= 0) & (column["chance"] <= 1), column["chance"], np.nan)
        safe = np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE)
        found.append(np.log(safe / (1 - safe)))
    found += [np.where(np.isin(column[name], (0.0, 1.0)), column[name], np.nan) for name in FLAGS]
    found += [*kinds(rows, "device", DEVICES)[:-1], *kinds(rows, "source", SOURCES)[:-2]]
    turn = 2 * np.pi * column["hour"] / 24
    weekend = np.where(np.isnan(column["weekday"]), np.nan, column["weekday"] >= 5)
    found += [np.sin(turn), np.cos(turn), weekend]
    return np.column_stack(found).astype(np.float64).reshape(len(rows), len(FEATURES))


def numbers(rows: pd.DataFrame, name: str) -> Floats:
    """Read a column of numbers; what is none is missing."""
    if name not in rows:
        return np.full(len(rows), np.nan)
    values = pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.abs(values) < 1e15, values, np.nan)


def kinds(rows: pd.DataFrame, name: str, known: tuple[str, ...]) -> list[Floats]:
    """Mark which of some kinds a column tells; one that nobody knows is missing."""
    if name not in rows:
        return [np.full(len(rows), np.nan) for _ in known]
    column = rows[name]
    is_known = column.isin(known).to_numpy()
    return [np.where(is_known, (column == kind).to_numpy(), np.nan) for kind in known]


def questions_of(frames: Frames) -> list[dict[str, Any]]:
    """Give what was asked at each decision that can be weighed, with what was known of each offer before its day."""
    known = decisions_of(frames).decisions
    rows = seen(frames).set_index("unique_id").loc[known.unique_id]
    context = {name: rows[name].astype(object).where(rows[name].notna(), None) for name in CONTEXT if name in rows}
    told = [dict(zip(context, values, strict=True)) for values in zip(*context.values(), strict=True)] or [
        {} for _ in range(len(known))
    ]
    asked: list[dict[str, Any]] = []
    tally: tuple[Ints, Ints] = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    day = None
    for row in range(len(known)):
        if known.day[row] != day:
            day = known.day[row]
            tally = known.tallies(int(day))
        asked.append({"decision": f"{known.unique_id[row]:032x}", "eligible": open_then(known, row, tally)} | told[row])
    return asked


def open_then(known: Decisions, row: int, tally: tuple[Ints, Ints]) -> list[dict[str, Any]]:
    """Give what was open at a decision, as the door tells it."""
    shown, accepted = tally
    pairs = zip(known.eligible[row].tolist(), known.margins[row].tolist(), strict=True)
    return [
        {"id": int(known.ids[at]), "margin": margin, "shown": int(shown[at]), "accepted": int(accepted[at])}
        for at, margin in pairs
        if at != NO_OFFER
    ]

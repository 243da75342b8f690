"""How well orders were told in advance at several past days, beside the usual share and the version that runs.

At each origin everything is learned anew from what was known then, and says the chances of the days after it. Of days
that the live version already knew, it says what would have been learned then: by the same rules as the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats import chances
from pipelines.stats.peak_hours import class_of, peak_hours
from pipelines.usecases.contract import Frames, NotEnoughHistory, Progress, silent
from pipelines.usecases.conversion.judging import ranges
from pipelines.usecases.conversion.learning.columns import Floats, Mask
from pipelines.usecases.conversion.model import LEAST_DAYS, Fitted, fit
from pipelines.usecases.conversion.moments import KINDS, begins, days, moments, rows_of, weight_of
from pipelines.usecases.conversion.scorer import CHECKOUT, SESSION
from pipelines.usecases.stored import Stored

ORIGINS = 4
LONGEST = 14  # days that are said from each origin
LATELY = 28  # days whose share is the usual one
AT_EVENTS = (1, 3, 5)
CANDIDATE, CHAMPION, BASELINE = "candidate", "champion", "baseline"


def evaluate(
    frames: Frames, *, champion: Fitted | None = None, seed: int = 0, progress: Progress | None = None
) -> Stored:
    """Learn as of past days, and say the chances of the days after each of them."""
    report = progress or silent
    cuts, horizon = origins(frames)
    known = labelled(frames)
    told, learned = [], None
    for done, origin in enumerate(cuts):
        report(done / ORIGINS, "Telling past days from what was known before them")
        try:
            learned = fit(Frames(frames.tables, origin, frames.country), seed=seed)
        except NotEnoughHistory:
            continue
        first, last = pd.Timestamp(origin), pd.Timestamp(origin + timedelta(days=horizon))
        later = known[(known["ds"] > first) & (known["ds"] <= last)]
        told.append(at_origin(known[known["ds"] <= first], later, learned, champion, origin))
    return Stored(figures(told, cuts, horizon, learned, seed))


def origins(frames: Frames) -> tuple[list[date], int]:
    """Choose past days, each with as many days after it; the last day's outcomes are not known yet."""
    day = days(moments(frames))
    history = int(np.datetime64(frames.asof, "D").astype(np.int64) - day.min()) + 1 if len(day) else 0
    horizon = int(np.clip((history - LEAST_DAYS) // ORIGINS, 1, LONGEST))
    last = frames.asof - timedelta(days=1)
    cuts = [last - timedelta(days=horizon * back) for back in range(ORIGINS, 0, -1)]
    return [cut for cut in cuts if history - (frames.asof - cut).days >= min(LEAST_DAYS, history // 2)], horizon


def labelled(frames: Frames) -> pd.DataFrame:
    """Give the moments of which it is known by now what came, in `came`."""
    parts = [(rows, rows.known.assign(came=rows.came)) for rows in (rows_of(frames, of) for of in KINDS)]
    return pd.concat([table[np.isfinite(rows.came)] for rows, table in parts], ignore_index=True)


def at_origin(
    before: pd.DataFrame, later: pd.DataFrame, learned: Fitted, champion: Fitted | None, origin: date
) -> pd.DataFrame:
    """Let everybody say the chances of later moments: … | came | candidate | champion | baseline | is_peak."""
    told = later.assign(origin=origin, **{CANDIDATE: said_by(learned, later), BASELINE: usual(before, later, origin)})
    if champion is not None:
        is_new = later["ds"] > pd.Timestamp(champion.asof)
        told[CHAMPION] = np.where(is_new, said_by(champion, later), told[CANDIDATE])
    return told.assign(is_peak=at_peak(before, later))


def said_by(fitted: Fitted, rows: pd.DataFrame) -> Floats:
    """Let what was learned say its chances."""
    said = np.full(len(rows), np.nan)
    for of, head in fitted.heads.items():
        mine = (rows["of"] == of).to_numpy()
        said[mine] = head.chances(rows[mine])
    return said


def usual(before: pd.DataFrame, later: pd.DataFrame, origin: date) -> Floats:
    """Give the share of sessions, and of checkouts, of the weeks before that ordered: the running base rate."""
    said = np.full(len(later), np.nan)
    for of in KINDS:
        known = before[before["of"] == of]
        lately = known[known["ds"] > pd.Timestamp(origin) - pd.Timedelta(days=LATELY)]["came"]
        said[(later["of"] == of).to_numpy()] = (lately.sum() + 0.5) / (len(lately) + 1)
    return said


def at_peak(before: pd.DataFrame, later: pd.DataFrame) -> Mask:
    """Tell which moments fall into the hours that brought most of the past's sales."""
    keys = ["weekday", "hour", "value"]
    if not {*keys} <= {*before}:
        return np.zeros(len(later), dtype=bool)
    sold = (
        before[(before["of"] == CHECKOUT) & (before["came"] == 1)][keys].apply(pd.to_numeric, errors="coerce").dropna()
    )
    peaks = peak_hours((int(day), int(hour), float(value)) for day, hour, value in sold.itertuples(index=False))
    clock = later[keys[:2]].apply(pd.to_numeric, errors="coerce").fillna(-1).astype("int64")
    falls = (day >= 0 and hour in peaks[class_of(day)] for day, hour in clock.itertuples(index=False))
    return np.fromiter(falls, bool, len(clock))


def parts_of(told: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
    """Yield the parts of all moments that are judged by themselves."""
    is_session = (told["of"] == SESSION).to_numpy()
    yield SESSION, is_session
    yield CHECKOUT, ~is_session
    yield "peak", told["is_peak"].to_numpy(dtype=bool)
    yield "off_peak", ~told["is_peak"].to_numpy(dtype=bool)
    for events in AT_EVENTS:
        yield f"events_{events}", is_session & (told["events"] == events).to_numpy(dtype=bool, na_value=False)


def figures(
    told: list[pd.DataFrame], cuts: list[date], horizon: int, learned: Fitted | None, seed: int
) -> dict[str, Any]:
    """Put the figures of all origins together."""
    days_told = {"horizon": horizon, "origins": [cut.isoformat() for cut in cuts] if told else []}
    if not told:
        nothing = chances.figures(np.empty(0), np.empty(0))
        return {CANDIDATE: nothing, BASELINE: nothing, "slices": {}, "by_origin": {}, "notices": [], **days_told}
    rows = pd.concat(told, ignore_index=True)
    who = [each for each in (CANDIDATE, CHAMPION, BASELINE) if each in rows]
    weight = weight_of(rows)
    parts = {"all": np.ones(len(rows), dtype=bool), **dict(parts_of(rows))}
    by_part = {name: {each: of_part(rows[mask], each) for each in who} for name, mask in parts.items()}
    by_origin = {name: {each: losses(rows[mask], each, cuts) for each in who} for name, mask in parts.items()}
    ours = by_part.pop("all")
    came, said = rows["came"].to_numpy(), rows[CANDIDATE].to_numpy()
    early = early_auc(rows)
    ours[CANDIDATE] |= {"early_auc": early[1] if early else None}
    return {
        **ours,
        "slices": by_part,
        "by_origin": by_origin,
        "gap_range": chances.gap_range(came, said, weight),
        "ece_range": ranges.ece_range(came, said, weight, seed=seed),
        "early_auc_range": early,
        "bins": {of: bins_of(rows, of) for of in KINDS},
        "simple_rule": BASELINE,
        "simple_rule_words": "the usual share of the last four weeks",
        "notices": list(learned.notices) if learned else [],
        **days_told,
    }


def of_part(rows: pd.DataFrame, who: str) -> dict[str, Any]:
    """Give the figures of some moments by one of those compared."""
    return chances.figures(rows["came"].to_numpy(), rows[who].to_numpy(), weight_of(rows))


def losses(rows: pd.DataFrame, who: str, cuts: list[date]) -> list[float | None]:
    """Give the log loss at each origin."""
    return [of_part(rows[rows["origin"] == cut], who)["log_loss"] for cut in cuts]


def bins_of(rows: pd.DataFrame, of: str) -> list[dict[str, Any]]:
    """Give what was said and what came of one kind of moments."""
    mine = rows[rows["of"] == of]
    return chances.bins(mine["came"].to_numpy(), mine[CANDIDATE].to_numpy())


def early_auc(rows: pd.DataFrame) -> list[float] | None:
    """Give how well buyers are told apart before anything has happened, where that is best."""
    first = rows[begins(rows)]
    found = [
        ranges.auc_range(part["came"].to_numpy(), part[CANDIDATE].to_numpy())
        for part in (first[first["of"] == of] for of in KINDS)
    ]
    return max((each for each in found if each), key=lambda each: each[1], default=None)

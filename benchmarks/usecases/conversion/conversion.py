"""How well orders of real sessions are told month by month, beside plain models; then sessions whose events have order.

A shop lives through its months: everything is trained anew each week on what is ripe, ours and the plain models alike,
and the correction of ours moves on each day. The first month is learned from alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.checks import Check, Say, at_most, within
from benchmarks.usecases.conversion.rig import made, real, references
from benchmarks.usecases.conversion.rig.real import COLUMNS, DAYS, LEAKS, Part
from pipelines.stats.drift.accuracy.calibration import ece_equal_mass
from pipelines.stats.drift.accuracy.probabilities import auc, log_loss
from pipelines.stats.logistic import sigmoid
from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion import model
from pipelines.usecases.conversion.judging.evaluation import AT_EVENTS, labelled, said_by
from pipelines.usecases.conversion.learning import head as heads
from pipelines.usecases.conversion.learning import leakage
from pipelines.usecases.conversion.learning.columns import Columns, Floats
from pipelines.usecases.conversion.learning.elsewhere import PRIORS
from pipelines.usecases.conversion.learning.logistic import Prior
from pipelines.usecases.conversion.moments import COLUMNS as STEPPING
from pipelines.usecases.conversion.moments import REACHED, rows_of
from pipelines.usecases.conversion.scorer import CHECKOUT, SESSION

WEEK = 7  # days between two trainings
RIPE = 2  # days after which an outcome is known for sure
ENOUGH = 400  # sessions of a month, below which its calibration tells nothing
MOST_ECE, LEAST_AUC, MOST_AUC, BESIDE = 0.05, 0.70, 0.82, 1.01
OURS, UNCORRECTED = "ours", "uncorrected"
Said = Mapping[str, Floats]


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure every part of the real sessions, then the made ones."""
    if not options["data"]:
        raise SystemExit("Give the folder of real sessions: manage.py benchmark conversion --data DIR")
    seed, checks, began = options["seed"], list[Check](), time.monotonic()
    with threadpool_limits(1):
        for part in real.parts(options["data"], say):
            checks += [*leaks(part, say), *months(part, seed, say)]
            say(f"{part.name}: {time.monotonic() - began:.0f} s so far")
        checks += in_order(seed, say)
    return checks


def leaks(part: Part, say: Say) -> Iterator[Check]:
    """Check that the column which is worked out from purchases is refused, and no other."""
    refused = leakage.leaks(part.rows, COLUMNS)
    for sentence in leakage.sentences(refused):
        say(f"{part.name}: {sentence}")
    found = float(LEAKS in refused)
    yield Check(f"{part.name}.refuses_{LEAKS}", found, "columns", target="= 1", ok=found == 1)
    others = len(refused.keys() - {LEAKS})
    yield Check(f"{part.name}.refuses_others", others, "columns", target="= 0", ok=others == 0)


def months(part: Part, seed: int, say: Say) -> Iterator[Check]:
    """Let everybody say all later months, and check each of them, and all together."""
    said = lived_through(part, COLUMNS.without({LEAKS: "is worked out from purchases"}), seed)
    first, *later = part.months
    for month in later:
        yield from of_month(part, month, said, say)
    whole = ~part.of(first)
    came = part.rows.came[whole]
    loss = {who: log_loss(came, each[whole]) for who, each in said.items()}
    say(f"{part.name} all: " + ", ".join(f"{who} {value:.4f}" for who, value in loss.items()))
    apart = auc(came, 1 - came, said[OURS][whole])
    yield within(f"{part.name}.auc", apart, "of pairs", LEAST_AUC, MOST_AUC)
    best = min(loss["logistic"], loss["lightgbm"])
    yield at_most(f"{part.name}.log_loss_beside_plain_models", loss[OURS], "nats", BESIDE, reference=best)


def of_month(part: Part, month: str, said: Said, say: Say) -> Iterator[Check]:
    """Check one month: surer than the base rate, and chances that mean what they say."""
    mine = part.of(month)
    came, rows = part.rows.came[mine], int(mine.sum())
    loss = {who: log_loss(came, each[mine]) for who, each in said.items()}
    own, error = log_loss(came, np.full(rows, came.mean())), ece_equal_mass(came, said[OURS][mine])
    apart = auc(came, 1 - came, said[OURS][mine])
    told = ", ".join(f"{who} {value:.4f}" for who, value in loss.items())
    say(f"{part.name} {month}: {rows} sessions, {100 * came.mean():.1f} % order; log loss {told}, own rate {own:.4f}")
    plain = ece_equal_mass(came, said[UNCORRECTED][mine])
    say(f"{part.name} {month}: AUC {apart:.3f}, ECE {error:.3f}, before the correction {plain:.3f}")
    name, base = f"{part.name}.{month}", loss["base_rate"]
    gap = loss[OURS] - base
    yield Check(f"{name}.log_loss_against_base_rate", gap, "nats", base, None, "< 0", gap < 0)
    if rows >= ENOUGH:
        yield at_most(f"{name}.ece", error, "share", MOST_ECE)
    else:
        yield Check(f"{name}.ece", error, "share", target=f"insufficient: {rows} of {ENOUGH} sessions")


def lived_through(part: Part, columns: Columns, seed: int) -> Said:
    """Say the chances of all sessions after the first month, day by day, from what was known before each."""
    rows = part.rows
    said = {who: np.full(len(rows), np.nan) for who in (OURS, UNCORRECTED, *references.PLAIN)}
    head, plain = None, dict[str, Floats]()
    for day in range(DAYS * (int(part.month.min()) + 1) + 1, int(rows.day.max()) + 1):
        ripe, today = rows.where(rows.day <= day - RIPE), rows.day == day
        if head is None or (day - 1) % DAYS % WEEK == 0:
            head = heads.learn(ripe, columns, Prior(), seed=seed)
            coming = rows.where((rows.day >= day) & (rows.day < day + WEEK))
            plain = {who: ask(ripe, coming, columns, seed) for who, ask in references.PLAIN.items() if len(coming)}
            begins = int(np.searchsorted(rows.day, day))
        head = head.corrected(ripe.where(ripe.day > head.moved.day))
        if today.any():
            said[OURS][today] = head.chances(rows.known[today])
            said[UNCORRECTED][today] = sigmoid(head.raw(rows.known[today]))
            for who, each in plain.items():
                said[who][today] = each[np.flatnonzero(today) - begins]
    return said


def in_order(seed: int, say: Say) -> Iterator[Check]:
    """Check on made sessions that what is known after 1, 3 and 5 events says more than how many order after so many."""
    days, later = 90, 30
    shop = Frames({"moments": made.moments(days, 150, seed=seed)}, made.LAST_DAY)
    cut = made.LAST_DAY - timedelta(days=later)
    fitted = model.fit(Frames(shop.tables, cut), seed=seed)
    told = labelled(shop)
    is_later = (told["ds"] > np.datetime64(cut)).to_numpy()
    for events in AT_EVENTS:
        mine = ((told["of"] == SESSION) & (told["events"] == events)).to_numpy()
        usual = float(told["came"][mine & ~is_later].mean())
        rows = told[mine & is_later]
        came, said = rows["came"].to_numpy(), said_by(fitted, rows)
        ours, base = log_loss(came, said), log_loss(came, np.full(len(came), usual))
        apart, error = auc(came, 1 - came, said), ece_equal_mass(came, said)
        say(f"made, after {events}: {len(came)} sessions, log loss {ours:.4f}, base rate {base:.4f}, AUC {apart:.3f}")
        yield Check(f"made.after_{events}.log_loss", ours - base, "nats", base, None, "< 0", ours < base)
        yield Check(f"made.after_{events}.ece", error, "share")
    yield from at_steps(Frames(shop.tables, cut), fitted, told[is_later], seed, say)


def at_steps(before: Frames, fitted: model.Fitted, later: pd.DataFrame, seed: int, say: Say) -> Iterator[Check]:
    """Check that a checkout which goes on is told better by its steps than by its start alone."""
    rows = rows_of(before, CHECKOUT)
    starts = rows.where((rows.known["changes"] == 0).to_numpy())
    plain = STEPPING.without(dict.fromkeys(REACHED, "was not known at the start"))
    alone = heads.learn(starts, plain, PRIORS[CHECKOUT], seed=seed)
    for number, step in enumerate(("start", "address", "delivery")):
        now = later[(later["of"] == CHECKOUT) & (later["changes"] == number)]
        came = now["came"].to_numpy()
        said = alone.chances(now.assign(minutes=now["minutes"] - now["in_checkout"]))
        ours, theirs = log_loss(came, said_by(fitted, now)), log_loss(came, said)
        own, error = log_loss(came, np.full(len(came), came.mean())), ece_equal_mass(came, said_by(fitted, now))
        told = f"log loss {ours:.4f}, by its start alone {theirs:.4f}, own rate {own:.4f}, ECE {error:.3f}"
        say(f"made checkouts at {step}: {len(came)}, {100 * came.mean():.1f} % order, {told}")
        gap, goes_on = ours - theirs, number > 0
        name, target = f"made.checkout_at_{step}.log_loss_against_start", "< 0" if goes_on else ""
        yield Check(name, gap, "nats", theirs, None, target, gap < 0 or not goes_on)

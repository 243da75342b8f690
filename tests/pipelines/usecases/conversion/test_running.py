"""Between two trainings chances follow how many order; nothing is learned twice, and the version stays as it was."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from benchmarks.usecases.conversion.rig import made
from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion import model, running, scorer
from pipelines.usecases.conversion.judging.evaluation import labelled, said_by
from pipelines.usecases.conversion.learning import correction
from pipelines.usecases.conversion.moments import questions
from tests.pipelines.usecases.conversion import shop

TRAINED = shop.LAST_DAY
A_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def fitted() -> model.Fitted:
    return model.fit(shop.frames(40, 40))


@lru_cache(maxsize=4)
def later(base: float, days: int = 14) -> pd.DataFrame:
    """Draw the days after the training, on which more or fewer order."""
    return made.moments(days, 60, seed=1, last_day=TRAINED + days * A_DAY, base=base)


def asof(rows: pd.DataFrame, day: date) -> Frames:
    """Give what is known at the end of a day: of later orders nothing."""
    known = rows[rows["ds"] <= pd.Timestamp(day)]
    ordered_at = known["at"] + pd.to_timedelta(known["waited"], unit="h")
    told = known["waited"].where(ordered_at < pd.Timestamp(day + A_DAY))
    return shop.of(known.assign(waited=told), day)


def moved(state: dict) -> model.Fitted:
    """Give the version as a state moves it."""
    heads = {
        of: head.__class__(**{**vars(head), "moved": correction.of_dict(state[of])})
        for of, head in fitted().heads.items()
    }
    return model.Fitted(fitted().asof, fitted().seed, heads)


def lived_through(rows: pd.DataFrame) -> tuple[float, float, float, float]:
    """Say the chances of each day as it comes; give log loss and gap in all, first without and then with following."""
    state, told = None, []
    truth = labelled(shop.of(rows, max(rows["ds"]).date() + A_DAY))
    for day in sorted({each.date() for each in rows["ds"]}):
        today = truth[truth["ds"] == pd.Timestamp(day)]
        follows = said_by(moved(state), today) if state else said_by(fitted(), today)
        told.append((today["came"].to_numpy(), said_by(fitted(), today), follows))
        state = running.corrects(fitted(), asof(rows, day), state)
    came, still, follows = (np.concatenate(each) for each in zip(*told, strict=True))
    return losses(came, still) + losses(came, follows)


def losses(came: np.ndarray, said: np.ndarray) -> tuple[float, float]:
    missed = -np.where(came == 1, np.log(said), np.log(1 - said)).mean()
    return float(missed), float(abs(said.sum() - came.sum()) / came.sum())


@pytest.mark.parametrize("base", [-1.5, 1.5])
def test_a_rate_that_swings_is_followed(base: float) -> None:
    still, still_gap, follows, gap = lived_through(later(base))
    assert follows < still and gap < still_gap / 2


def test_where_nothing_changes_next_to_nothing_is_lost() -> None:
    still, _, follows, _ = lived_through(later(0.0))
    assert follows < 1.005 * still


def test_day_by_day_is_the_same_as_all_at_once() -> None:
    rows, state = later(1.5), None
    for days in range(1, 9):
        state = running.corrects(fitted(), asof(rows, TRAINED + days * A_DAY), state)
    at_once = running.corrects(fitted(), asof(rows, TRAINED + 8 * A_DAY))
    assert state == at_once and at_once["session"]["day"] == (TRAINED + 7 * A_DAY - date(1970, 1, 1)).days


def test_days_that_the_version_knew_and_days_that_are_not_over_are_left_alone() -> None:
    known = shop.frames(40, 40)
    start = running.corrects(fitted(), known)
    assert start == {of: asdict(head.moved) for of, head in fitted().heads.items()}
    assert running.corrects(fitted(), asof(later(1.5), TRAINED + A_DAY)) == start


def test_the_scorer_says_what_the_moved_model_says() -> None:
    rows = later(1.5)
    state = running.corrects(fitted(), asof(rows, TRAINED + 10 * A_DAY))
    exported = {"heads": {of: head.exported() for of, head in fitted().heads.items()}}
    before = repr(exported)
    parameters = scorer.corrected(exported, state)
    frames = asof(rows, TRAINED + 10 * A_DAY)
    table = frames["moments"]
    said = [scorer.score(parameters, asked)["score"] for asked in questions(frames)]
    assert np.allclose(said, said_by(moved(state), table), atol=1e-9, rtol=0)
    assert repr(exported) == before and parameters != exported

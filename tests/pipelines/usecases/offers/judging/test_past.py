"""Stretches of the past are judged by what was learned before them, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers import model
from pipelines.usecases.offers.decisions import NO_OFFER, decisions_of
from pipelines.usecases.offers.judging.past import BEST_OFFER, CANDIDATE, CHAMPION, NO_OFFERS, origins, past_of
from tests.pipelines.usecases.offers import shop


def test_three_stretches_end_with_the_last_day_of_which_outcomes_are_known() -> None:
    past = past_of(shop.frames(6_000, days=60), None, 0)
    assert past.days == 9 and len(past.stretches) == 3 and past.history == 59
    assert past.origins[-1] + timedelta(days=past.days) == shop.LAST_DAY - timedelta(days=1)
    for each in past.stretches:
        assert each.log.known.day.min() >= each.cut > each.log.known.day.max() - past.days


@pytest.mark.parametrize(("days", "count"), [(1, 0), (3, 0), (6, 1), (9, 3)])
def test_without_days_before_it_nothing_is_judged(days: int, count: int) -> None:
    known = decisions_of(shop.frames(900, days=days)).decisions
    assert len(origins(known.where(np.isfinite(known.earned)))[0]) == count


def test_what_happened_later_changes_nothing_before() -> None:
    frames = shop.frames(6_000, days=60)
    rows = frames["decisions"]
    first = past_of(frames, None, 0).stretches[0]
    later = rows["ds"].to_numpy().astype("datetime64[D]").astype(int) >= first.cut
    later &= rows["accepted"].notna().to_numpy()
    other = rows.assign(accepted=rows["accepted"].where(~later, 1.0), profit=rows["profit"].where(~later, 9_000.0))
    changed = past_of(Frames(dict(frames.tables) | {"decisions": other}, frames.asof), None, 0).stretches[0]
    for who in (CANDIDATE, BEST_OFFER, NO_OFFERS):
        np.testing.assert_array_equal(changed.chances[who], first.chances[who])


def test_what_runs_is_learned_anew_by_its_own_recipe() -> None:
    frames = shop.frames(6_000, days=60)
    past = past_of(frames, model.fit(frames), 0)
    for each in past.stretches:
        np.testing.assert_array_equal(each.chances[CHAMPION], each.chances[CANDIDATE])
    assert past_of(frames, None, 0).stretches[0].chances.keys() == {CANDIDATE, NO_OFFERS, BEST_OFFER}


def test_the_best_single_offer_is_the_one_that_was_worth_most_before() -> None:
    past = past_of(shop.frames(12_000, days=60), None, 0)
    for each in past.stretches:
        place = each.log.known.ids.tolist().index(12)
        assert (each.chances[BEST_OFFER].argmax(axis=1) == place).all()
        assert (each.chances[NO_OFFERS][:, -1] == 1).all()


def test_what_was_said_is_said_of_what_was_shown() -> None:
    for each in past_of(shop.frames(6_000, days=60), None, 0).stretches:
        assert (np.isnan(each.said) == (each.log.known.offer == NO_OFFER)).all()

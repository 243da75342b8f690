"""Decisions are read as they were taken; what cannot be weighed is left out and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers import decisions as reading
from pipelines.usecases.offers.answering import scorer
from pipelines.usecases.offers.decisions import NO_OFFER, day_of, decisions_of, features_of, pair_of, questions_of
from tests.pipelines.usecases.offers import shop


def with_rows(**changes: Any) -> Frames:
    """Give a shop of which the first ten decisions are changed."""
    frames = shop.frames(400)
    rows = frames["decisions"].sort_values(["ds", "unique_id"]).reset_index(drop=True).astype({"margins": object})
    for name, value in changes.items():
        rows[name] = rows[name].astype(object) if isinstance(value, str) else rows[name]
        rows.loc[:9, name] = value
    return Frames(dict(frames.tables) | {"decisions": rows.assign(is_held_out=False)}, frames.asof)


@pytest.mark.parametrize("chance", [0.0, np.nan, -0.1, 1.5])
def test_a_chance_that_is_none_is_left_out_and_counted(chance: float) -> None:
    known = decisions_of(with_rows(propensity=chance))
    assert known.left_out["chance"] == 10 and len(known.decisions) == 390
    assert np.isfinite(known.decisions.propensity).all() and (known.decisions.propensity > 0).all()


@pytest.mark.parametrize("told", ["11,12", "11,x,13", "11,11,12", "0,1,2"])
def test_lists_that_cannot_be_read_are_left_out_and_counted(told: str) -> None:
    assert decisions_of(with_rows(eligible=told)).left_out["lists"] == 10


def test_what_was_shown_without_being_open_is_left_out_and_counted() -> None:
    frames = with_rows(offer=77)
    assert decisions_of(frames).left_out == {"chance": 0, "lists": 0, "not_open": 10}


def test_whoever_was_held_out_was_shown_nothing_for_sure_whatever_chance_was_noted() -> None:
    frames = shop.frames(2_000)
    rows = frames["decisions"]
    unknown = rows.assign(propensity=rows["propensity"].where(~rows["is_held_out"]))
    known = decisions_of(Frames(dict(frames.tables) | {"decisions": unknown}, frames.asof))
    held_out = known.decisions.where(known.decisions.held_out)
    assert known.left_out["chance"] == 0 and len(held_out) > 100 and (held_out.propensity == 1).all()
    assert not held_out.is_drawn.any() and known.decisions.is_drawn.sum() == (~known.decisions.held_out).sum()


def test_later_days_are_not_read_and_a_decision_counts_once() -> None:
    frames = shop.frames(500)
    rows = frames["decisions"]
    later = rows.head(20).assign(ds=pd.Timestamp(shop.LAST_DAY) + pd.Timedelta(days=1), unique_id=range(9_000, 9_020))
    more = dict(frames.tables) | {"decisions": pd.concat([rows, rows.tail(3), later])}
    assert len(decisions_of(Frames(more, frames.asof)).decisions) == 500


def test_terms_that_changed_are_known_from_the_day_after_and_not_in_a_past_before_it() -> None:
    frames = shop.frames(2_000)
    day = pd.Timestamp(shop.LAST_DAY) - pd.Timedelta(days=20)
    offers = frames["offers"].assign(since=[pd.NaT, day, pd.NaT])
    known = decisions_of(Frames(dict(frames.tables) | {"offers": offers}, frames.asof)).decisions
    on = day_of(day.date())
    assert known.day[known.on_terms(1)].min() == on + 1 and known.on_terms(0).all()
    assert known.before(on + 1).changed == {12: on} and known.before(on).on_terms(1).all()


def test_tallies_count_what_is_known_before_a_day() -> None:
    known = decisions_of(shop.frames(2_000)).decisions
    shown, accepted = known.tallies(int(known.day[1_000]))
    before = (known.day < known.day[1_000]) & (known.offer != NO_OFFER)
    assert shown.sum() == before.sum() > 0 and accepted.sum() == known.accepted[before].sum()
    assert [each.sum() for each in known.tallies(int(known.day.min()))] == [0, 0]


def test_what_an_accepted_offer_earned_is_not_known_before_its_acceptance_is() -> None:
    known = decisions_of(shop.frames(2_000)).decisions
    last = (known.day == known.day.max()) & (known.offer != NO_OFFER)
    nothing = known.earned[(known.offer == NO_OFFER) & (known.day < known.day.max())]
    assert np.isnan(known.earned[known.day == known.day.max()]).all() and last.any() and (nothing == 0).all()
    took = (known.accepted == 1) & (known.offer != NO_OFFER)
    assert (known.earned[took] == known.margin[took]).all() and (known.margin[took] > 0).all()


def test_a_shop_without_decisions_has_none() -> None:
    known = decisions_of(shop.of_days(0)).decisions
    assert len(known) == 0 and known.margins.shape == (0, 0) and len(known.margin) == 0
    assert questions_of(shop.of_days(0)) == []


def test_features_are_read_as_the_scorer_reads_them() -> None:
    rows = shop.decisions(300, seed=3)
    rows.loc[::7, ["value", "chance"]] = [-5.0, 1.7]
    asked = rows.astype(object).where(rows.notna(), None).to_dict("records")
    said = [[np.nan if value is None else value for value in scorer.raw_features(each)] for each in asked]
    np.testing.assert_allclose(features_of(rows), np.array(said, dtype=float), rtol=1e-12)


def test_a_column_that_nobody_told_is_missing_everywhere() -> None:
    rows = shop.decisions(20)[["unique_id", "ds", "value"]]
    known = np.isfinite(features_of(rows)).any(axis=0)
    assert [name for name, is_known in zip(scorer.FEATURES, known, strict=True) if is_known] == ["value"]


def test_without_visitors_each_decision_is_one() -> None:
    rows = shop.decisions(20).drop(columns="visitor")
    assert len(set(reading.visitors(rows))) == 20
    assert len(set(reading.visitors(rows.assign(visitor=[7.0, 7.0, *[np.nan] * 18])))) == 19


def test_questions_hold_what_was_known_then() -> None:
    frames = shop.frames(600)
    asked, known = questions_of(frames), decisions_of(frames).decisions
    assert len(asked) == 600 and asked[0]["eligible"][0] | {"margin": 0} == {
        "id": 11,
        "margin": 0,
        "shown": 0,
        "accepted": 0,
    }
    assert asked[-1]["decision"] == f"{known.unique_id[-1]:032x}" and "accepted" not in asked[-1]
    assert sum(each["shown"] for each in asked[-1]["eligible"]) == known.tallies(int(known.day[-1]))[0].sum()


def test_margins_stand_beside_their_offers() -> None:
    assert pair_of("8,7", "1.5,-2") == [(7, -2.0), (8, 1.5)]

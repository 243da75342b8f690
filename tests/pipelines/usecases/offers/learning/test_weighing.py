"""What a policy would have brought is found from decisions that another one took."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.usecases.offers.decisions import Decisions, decisions_of
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.learning.weighing import Log, counted_in, joined, outcomes
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import Market

PLAIN = Fitted(shop.LAST_DAY, 1, (1.0, 19.0), None, {})


def known_of(n: int = 8_000, market: Market | None = None) -> Decisions:
    return decisions_of(shop.frames(n, market=market)).decisions


def log_of(known: Decisions) -> Log:
    return Log.between(known, PLAIN, int(known.day.min()) + 20, int(known.day.max()) + 1)


def test_money_counts_where_it_is_known_of_nearly_all() -> None:
    known = known_of(500)
    assert counted_in(known) == "profit"
    assert counted_in(replace(known, profit=np.full(len(known), np.nan))) == "earned"
    assert counted_in(known.where(known.day < 0)) == "earned"
    unknown = np.isnan(known.accepted)
    assert unknown.any() and np.isnan(outcomes(known, "profit")[unknown]).all()


def test_one_offer_for_all_is_worth_what_it_is_known_to_be_worth() -> None:
    """Of offer 12 a share of .12 is accepted, which earns 500; the others order as they do, and earn 2,000."""
    log = log_of(known_of(30_000))
    place = log.known.ids.tolist().index(12)
    for found in (log.weigh(log.always(place)).snips, log.weigh(log.always(place)).doubly_robust):
        bounds = found.interval()
        truth = 0.12 * 500 + 0.88 * 0.05 * 2_000
        assert bounds is not None and bounds.low < truth < bounds.high


def test_no_offer_is_worth_what_orders_are_without_one() -> None:
    log = log_of(known_of(30_000))
    bounds = log.weigh(log.always(-2)).snips.interval()
    assert bounds is not None and bounds.low < 0.05 * 2_000 < bounds.high


def test_whoever_was_held_out_or_could_not_go_otherwise_is_not_weighed() -> None:
    known = known_of(2_000)
    certain = replace(known, propensity=np.where(np.arange(len(known)) % 2, known.propensity, 1.0))
    log = log_of(certain)
    assert not log.known.held_out.any() and (log.known.propensity < 1).all() and len(log) < len(log_of(known))


def test_chances_are_without_what_is_explored() -> None:
    log = log_of(known_of(20_000))
    assert log.chances(PLAIN).min() == 0.0
    weights = log.weigh(log.chances(PLAIN)).weight
    assert weights.mean() == pytest.approx(1.0, abs=0.1)


def test_stretches_are_joined_row_by_row() -> None:
    log = log_of(known_of(1_500))
    part = log.weigh(log.always(0))
    assert joined([part, part]).snips.value == pytest.approx(part.snips.value)

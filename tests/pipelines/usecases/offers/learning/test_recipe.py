"""Who asks joins a policy only where the shop's own past says that it pays."""

from __future__ import annotations

import pytest

from pipelines.usecases.offers.decisions import Decisions, decisions_of
from pipelines.usecases.offers.learning import recipe
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import Market

ALIKE = dict.fromkeys((11, 12, 13), (0.12, 500.0))
TASTES = Market(offers=ALIKE, likes={11: 2.0, 12: -2.0}, ordering=0.01, full=300.0, explore=0.8)


def known_of(n: int, market: Market) -> Decisions:
    return decisions_of(shop.frames(n, market=market)).decisions


def test_tastes_join_where_they_pay() -> None:
    known = known_of(12_000, TASTES)
    found = recipe.joining(known, shop.LAST_DAY, 0)
    assert found is not None and found.is_better and found.as_dict()["range"][0] > 0
    assert recipe.learned(known, shop.LAST_DAY, seed=0).context is not None


@pytest.mark.parametrize("seed", range(4))
def test_shoppers_who_are_alike_are_treated_alike(seed: int) -> None:
    known = decisions_of(shop.frames(6_000, seed=seed, market=Market(offers=ALIKE, explore=0.8))).decisions
    assert recipe.learned(known, shop.LAST_DAY, seed=0).context is None


def test_few_acceptances_are_not_tried() -> None:
    assert list(recipe.trials(known_of(600, TASTES), shop.LAST_DAY, 0)) == []


def test_a_version_that_runs_is_learned_anew_by_its_own_recipe() -> None:
    known = known_of(6_000, Market(offers=ALIKE))
    assert recipe.learned(known, shop.LAST_DAY, seed=0, joins=True).context is not None
    assert recipe.learned(known_of(12_000, TASTES), shop.LAST_DAY, seed=0, joins=False).context is None


def test_what_cannot_be_told_has_no_range() -> None:
    nothing = known_of(60, TASTES)
    log = recipe.Log.between(nothing, recipe.plainly(nothing, shop.LAST_DAY, 0), 0, 10**6)
    same = log.weigh(log.always(0))
    told = recipe.Beside.of(same, same)
    assert not told.is_better and told.as_dict()["range"] is None and told.as_dict()["value"] == 0

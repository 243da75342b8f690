"""Who comes on a day: as many as the shop has orders for, the same in any parts, some of them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from devstore.habits import Basket, Habits, habits_of
from devstore.playing import Playing
from devstore.scenarios import BUYS, SCENARIOS, Event, What
from devstore.visiting.crowd import Visitor, crowd, share_of_orders, visitors_a_day
from tests.devstore.small_store import SHOP

MONDAY = date(2027, 5, 3)
SCENARIO = SCENARIOS["recommendations"]
WHOLE = (0, 86_400)


@pytest.fixture
def habits(shop: Callable[..., Playing]) -> Habits:
    playing = shop(per_day=30)
    return habits_of(playing.store, SHOP, playing.zone(), MONDAY)


def day(habits: Habits, number: int = 0, within: tuple[int, int] = WHOLE, **changes: object) -> list[Visitor]:
    scenario = replace(SCENARIO, **changes)
    return list(crowd(scenario, habits, MONDAY + timedelta(number), number, 3, within))


def test_as_many_come_as_the_scenario_says_or_as_the_shop_has_orders_for(habits: Habits) -> None:
    assert visitors_a_day(SCENARIO, habits) == pytest.approx(0.8 * habits.usual / BUYS)
    assert visitors_a_day(SCENARIOS["calm"], habits) == 400
    week = [day(habits, number) for number in range(7)]
    assert sum(map(len, week)) / 7 == pytest.approx(visitors_a_day(SCENARIO, habits), rel=0.05)
    assert share_of_orders(SCENARIO, habits) == pytest.approx(0.8)


def test_a_day_is_the_same_in_any_parts(habits: Habits) -> None:
    def known(number: int, within: tuple[int, int] = WHOLE) -> list[tuple[object, ...]]:
        return [(one.basket.second, one.id, one.basket, one.others) for one in day(habits, number, within)]

    assert known(0) == known(0, (0, 40_000)) + known(0, (40_000, 86_400)) != known(1)
    assert [second for second, *_ in known(0)] == sorted(second for second, *_ in known(0))


def test_most_let_themselves_be_counted_and_stay_with_that(habits: Habits) -> None:
    month = [one for number in range(10) for one in day(habits, number)]
    assert sum(one.agrees for one in month) / len(month) == pytest.approx(0.85, abs=0.02)
    answers: dict[str, set[bool]] = {}
    for one in month:
        answers.setdefault(one.id, set()).add(one.agrees)
    assert all(len(said) == 1 for said in answers.values())


def test_some_were_there_before(habits: Habits) -> None:
    days = [{one.id for one in day(habits, number)} for number in range(16)]
    before = set().union(*days[:15])
    assert len(days[15] & before) / len(days[15]) == pytest.approx(0.25, abs=0.05)
    assert all(len(ids) > 0.97 * len(day(habits, number)) for number, ids in enumerate(days[:3]))


def test_more_come_where_more_is_bought(habits: Habits) -> None:
    busy = day(habits, events=(Event(What.DEMAND, 0, 3.0, "busy"),))
    assert len(busy) == pytest.approx(3 * len(day(habits)), rel=0.15)


@pytest.mark.parametrize("changes", [{"visitors": 0}])
def test_nobody_comes_where_nobody_is_played(habits: Habits, changes: dict[str, int]) -> None:
    assert day(habits, **changes) == [] and share_of_orders(replace(SCENARIO, **changes), habits) == 0


@pytest.mark.parametrize("empty", [Habits([], [0.0] * 7, {}), Habits([Basket(5, ((1, 1),))], [0.0] * 7, {})])
def test_nobody_comes_to_a_shop_that_sells_nothing(empty: Habits) -> None:
    assert day(empty) == [] and share_of_orders(SCENARIO, empty) == 0

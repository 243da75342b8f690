"""What comes again: often, lately, and by habit."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.recommendations.baskets import Baskets, basket_matrix
from pipelines.usecases.recommendations.learning import again, sure
from pipelines.usecases.recommendations.learning.again import COUNTING, Habits, choose, next_baskets, ranked
from tests.pipelines.usecases.recommendations import shop

TODAY = 20_000


def bought(*rows: tuple[str, int, tuple[int, ...]]) -> Baskets:
    """Give baskets: who, how many days ago, what."""
    table = [
        (number, product, pd.Timestamp(np.datetime64(TODAY - ago, "D")), who)
        for number, (who, ago, held) in enumerate(rows)
        for product in held
    ]
    lines = pd.DataFrame(table, columns=["basket", "unique_id", "ds", "customer"])
    return basket_matrix(lines, pd.Index(sorted(lines["unique_id"].unique())))


def lists(known: Baskets, habits: Habits, places: int = 3) -> list[list[int]]:
    everybody = np.unique(known.customer[known.customer >= 0])
    found = np.concatenate([each for _, each, _ in ranked(known, habits, TODAY, everybody, places)])
    return [[int(known.ids[at]) for at in row if at >= 0] for row in found]


def test_counting_ranks_by_how_often() -> None:
    known = bought(("a", 90, (1,)), ("a", 80, (1,)), ("a", 1, (2,)), ("b", 5, (3,)))
    assert lists(known, COUNTING)[0][:2] == [1, 2]


def test_a_short_half_life_ranks_by_how_lately() -> None:
    known = bought(("a", 90, (1,)), ("a", 80, (1,)), ("a", 1, (2,)), ("b", 5, (3,)))
    assert lists(known, Habits(10, 0.0, 0.0))[0][:2] == [2, 1]


def test_a_short_list_is_filled_with_what_sells_anyway() -> None:
    known = bought(("a", 9, (1,)), ("b", 8, (2,)), ("c", 7, (2,)), ("d", 7, (3,)))
    assert lists(known, Habits(neighbours=0.0))[0] == [1, 2, 3]


def test_neighbours_add_what_shoppers_of_the_same_habits_buy() -> None:
    known = bought(("a", 9, (1, 2)), ("b", 8, (1, 2, 5)), *[(f"x{n}", 7, (3, 4)) for n in range(5)])
    assert lists(known, Habits(neighbours=0.4))[0][2] == 5
    assert lists(known, Habits(neighbours=0.0))[0][2] == 3


def test_guests_have_no_habits() -> None:
    known = shop.baskets((1, 2), (1,))
    assert choose(known) == Habits() and lists_of_nobody(known) == []


def lists_of_nobody(known: Baskets) -> list[object]:
    return list(ranked(known, Habits(), TODAY, np.empty(0, np.int64), 3))


def test_only_the_first_basket_afterwards_of_known_shoppers_is_asked_about() -> None:
    known = bought(("a", 90, (1,)), ("a", 5, (1,)), ("a", 4, (2,)), ("b", 3, (1,)))
    then = known.day < TODAY - 50
    following = next_baskets(known.where(then), known.where(~then))
    assert following.day.tolist() == [TODAY - 5]


def test_few_who_came_back_decide_nothing() -> None:
    chosen = choose(bought(*[("a", ago, (1, 2, 3)) for ago in range(60)]))
    assert chosen.asked == 1 and chosen.recall is None and chosen.half_life == again.USUAL.half_life


def test_a_shop_whose_shoppers_change_their_minds_forgets_sooner() -> None:
    rng, rows = np.random.default_rng(0), []
    for who in range(120):
        liked = rng.permutation(60)[:24].reshape(2, 12)
        rows += [(f"s{who}", ago, rng.choice(liked[int(ago < 60)], 5)) for ago in range(1, 300, 12)]
    chosen = choose(bought(*[(who, ago, tuple(int(each) for each in held)) for who, ago, held in rows]))
    assert chosen.half_life == min(again.HALF_LIVES) and chosen.recall > chosen.recall_of_counting


def test_too_many_shoppers_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    known = bought(("a", 9, (1, 2)), ("b", 8, (1, 2, 5)), *[(f"x{n}", 7, (3, 4)) for n in range(5)])
    monkeypatch.setattr(again, "MOST_SHOPPERS", 3)
    assert lists(known, Habits(neighbours=0.4))[0][2] == 3


def test_what_others_buy_again_comes_before_what_is_bought_once() -> None:
    others = [(f"x{n}", ago, (2,)) for n in range(12) for ago in (9, 8)]
    once = [(f"y{n}", ago, (held,)) for n in range(40) for ago, held in ((9, 1), (8, 3))]
    known = bought(("a", 9, (1, 2)), *others, *once)
    assert lists(known, Habits(repeats=0.5))[0][:2] == [2, 1] and lists(known, COUNTING)[0][:2] == [1, 2]


def test_how_likely_a_product_is_bought_again_is_counted_over_the_later_baskets_of_its_buyers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(again, "FEW", 1e-9)
    known = bought(("a", 9, (1,)), ("a", 8, (1, 2)), ("a", 7, (1,)), ("a", 6, (2,)), ("b", 9, (1,)), (None, 5, (2,)))
    flat = bought(*[("c", 400 + ago, (1, 2)) for ago in range(1, 3)])
    assert again.repeated(known, TODAY + 500) == pytest.approx([1.0, (1 / 2) / (2 / 3)])
    assert again.repeated(flat, TODAY).tolist() == [1.0, 1.0]


def test_many_ways_are_tried_at_once_and_each_finds_what_it_finds_alone() -> None:
    rng = np.random.default_rng(0)
    known = bought(
        *[(f"s{n % 40}", int(ago), tuple(rng.integers(20, size=3))) for n, ago in enumerate(range(400, 0, -1))]
    )
    before, following = (
        known.where(known.day < TODAY - 60),
        next_baskets(known.where(known.day < TODAY - 60), known.where(known.day >= TODAY - 60)),
    )
    tried = [Habits(40.0), Habits(40.0, 0.4), Habits(160.0, 0.2, 0.5), COUNTING]
    together = again.recalls(before, following, tried, TODAY - 60)
    assert (together == [again.recalls(before, following, [each], TODAY - 60)[0] for each in tried]).all()
    assert len(set(together.mean(axis=1))) > 1 and together.min() >= 0 and 0 < together.mean() < 1


def test_what_is_not_surely_more_does_not_take_the_place_of_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    known = bought(*[(f"s{n % 90}", ago, tuple(rng.integers(40, size=3))) for n, ago in enumerate(range(900, 0, -1))])
    monkeypatch.setattr(again, "surest", partial(sure.surest, by=4.0))
    assert replace(choose(known), asked=0, recall=None, recall_of_counting=None) == again.USUAL
    monkeypatch.setattr(again, "surest", partial(sure.surest, by=0.0))
    assert replace(choose(known), asked=0, recall=None, recall_of_counting=None) != again.USUAL

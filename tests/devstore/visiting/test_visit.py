"""A good list sells more than best sellers, and those more than what does not fit: to the same visitors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt

import pytest

from devstore.habits import habits_of
from devstore.playing import Playing
from devstore.scenarios import BUYS, SCENARIOS
from devstore.visiting.block import LIVE, MOST, NEW, NOTHING, UNASKED, Blocks, Page, Rules, blocks_of
from devstore.visiting.crowd import Visitor, crowd
from devstore.visiting.tastes import Tastes, tastes_of
from devstore.visiting.visit import Visit, told, visit
from tests.devstore.small_store import SHOP

MONDAY = date(2027, 5, 3)
DAYS = 5
Lists = Callable[[int], list[int]]


@dataclass
class Shop:
    """A shop with kits, its tastes, and lists of several kinds for each of its products."""

    playing: Playing

    def __post_init__(self) -> None:
        store = self.playing.store
        self.habits = habits_of(store, SHOP, self.playing.zone(), MONDAY)
        self.product_of = self.playing.visits.product_of()
        self.variants: Mapping[int, int] = blocks_of(store, store.shop(SHOP), self.habits.sold).variants
        self.tastes: Tastes = tastes_of(self.habits, self.product_of)
        self.sold = [product for product in self.tastes.best_first if product in self.variants]

    def fitting(self, product: int) -> list[int]:
        return [pick for pick in self.tastes.best(product, 3 * MOST) if pick in self.variants][:MOST]

    def best_sellers(self, product: int) -> list[int]:
        return [pick for pick in self.sold if pick != product][:MOST]

    def unrelated(self, product: int) -> list[int]:
        others = [pick for pick in self.sold if pick != product]
        return sorted(others, key=lambda pick: self.tastes.fit(product, pick))[:MOST]

    def blocks(self, live: Lists | None, other: Lists | None = None, **rules: object) -> Blocks:
        pages = {
            product: Page(live(product), other(product) if other else None) for product in self.sold
        } if live else {}  # fmt: skip
        return Blocks(Rules(**rules), pages, self.variants)

    def visitors(self, days: int = DAYS) -> list[Visitor]:
        """Give the same visitors, in the same mood, each time."""
        scenario = SCENARIOS["recommendations"]
        dates = [(MONDAY + timedelta(number), number) for number in range(days)]
        return [each for day, number in dates for each in crowd(scenario, self.habits, day, number, 0, (0, 86_400))]

    def visits(self, blocks: Blocks, days: int = DAYS) -> list[Visit]:
        return [visit(each, blocks, self.tastes, self.product_of) for each in self.visitors(days)]


@pytest.fixture
def kits(shop: Callable[..., Playing]) -> Shop:
    return Shop(shop(per_day=60, kits=0.6))


@dataclass(frozen=True)
class Sold:
    visitors: int
    orders: int
    units: int

    @property
    def conversion(self) -> float:
        return self.orders / self.visitors


def sold(visits: list[Visit], variants: Mapping[int, int]) -> Sold:
    carts = [came.own | came.because(variants) for came in visits]
    return Sold(len(carts), sum(map(bool, carts)), sum(sum(cart.values()) for cart in carts))


def deviations(more: Sold, less: Sold) -> float:
    """Say by how many standard errors two conversions differ, as if the visitors were different ones."""
    rate = (more.orders + less.orders) / (more.visitors + less.visitors)
    return (more.conversion - less.conversion) / sqrt(rate * (1 - rate) * (1 / more.visitors + 1 / less.visitors))


def effect(found: Mapping[str, Sold]) -> str:
    """Say what each list sold, and how much more than the next."""
    lines = [
        f"{name}: {each.visitors} visitors, {each.conversion:.2%} buy, {each.units / each.orders:.2f} units an order"
        for name, each in found.items()
    ]
    for (name, more), (beside, less) in pairwise(found.items()):
        share, far = more.conversion / less.conversion - 1, deviations(more, less)
        lines.append(f"{name} beside {beside}: {share:+.0%}, {far:.1f} standard errors")
    return "\n" + "\n".join(lines)


def test_a_list_that_fits_sells_more_than_best_sellers_and_those_more_than_what_does_not(
    kits: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = {"fitting": kits.fitting, "best sellers": kits.best_sellers, "unrelated": kits.unrelated, "nothing": None}
    found = {name: sold(kits.visits(kits.blocks(made)), kits.variants) for name, made in lists.items()}
    with capsys.disabled():
        print(effect(found))
    fitting, best, unrelated, nothing = found.values()
    assert deviations(fitting, best) > 2.5 and deviations(best, unrelated) > 2.5
    assert fitting.units / fitting.orders > best.units / best.orders > unrelated.units / unrelated.orders
    assert unrelated.conversion == pytest.approx(nothing.conversion, rel=0.1)
    assert nothing.conversion == pytest.approx(BUYS, rel=0.1) and fitting.conversion == pytest.approx(0.033, abs=0.004)


def test_the_same_visitors_do_the_same_again(kits: Shop) -> None:
    once, again = (kits.visits(kits.blocks(kits.fitting), 1) for _ in range(2))
    assert [(came.saw, came.pages, came.clicks, came.buys_anyway) for came in once] == [
        (came.saw, came.pages, came.clicks, came.buys_anyway) for came in again
    ]


def test_who_buys_anyway_does_so_whatever_is_shown(kits: Shop) -> None:
    shown, unshown = (kits.visits(kits.blocks(made), 1) for made in (kits.fitting, None))
    assert [came.own for came in shown] == [came.own for came in unshown]
    assert not any(came.clicks or came.saw for came in unshown)


def test_what_is_sold_because_of_a_list_was_clicked_on_it(kits: Shop) -> None:
    blocks = kits.blocks(kits.fitting)
    came = [each for each in kits.visits(blocks) if each.bought]
    for each in came:
        bought = {kits.product_of[variant] for variant in each.because(kits.variants)}
        clicked = {click.pick for click in each.bought}
        assert clicked <= bought <= clicked | {click.page for click in each.bought}
        assert (bought == clicked) or not each.buys_anyway
        assert all(kits.fitting(click.page)[click.place - 1] == click.pick for click in each.clicks)
    assert any(each.buys_anyway for each in came) and any(not each.buys_anyway for each in came)


class TestWhatIsSeen:
    def test_without_consent_it_is_the_live_list_and_nobody_hears_of_it(self, kits: Shop) -> None:
        rules = {"weight": 50, "seed": "s", "hold_out": 20, "hold_out_seed": "h"}
        came = kits.visits(kits.blocks(kits.fitting, kits.unrelated, **rules), 1)
        silent = [each for each in came if each.saw and not each.visitor.agrees]
        assert {(each.saw, each.says) for each in silent} == {(UNASKED, "")}
        assert all(click.pick in kits.fitting(click.page) for each in silent for click in each.clicks)

    def test_buckets_say_who_sees_the_other_list_and_who_none(self, kits: Shop) -> None:
        blocks = kits.blocks(kits.fitting, kits.unrelated, weight=50, seed="s", hold_out=20, hold_out_seed="h")
        for each in kits.visits(blocks, 1):
            if each.saw and each.visitor.agrees:
                unit = each.visitor.unit
                out, new = blocks.rules.holds_out(unit), blocks.rules.is_new(unit)
                assert each.saw == each.says == (NOTHING if out else NEW if new else LIVE)
                assert each.saw != NOTHING or not each.clicks
                lists = {NEW: kits.unrelated, LIVE: kits.fitting}
                assert all(click.pick in lists[each.saw](click.page) for click in each.clicks)

    def test_where_a_product_has_one_list_only_nothing_is_said(self, kits: Shop) -> None:
        blocks = kits.blocks(kits.fitting, None, weight=50, seed="s", hold_out=20, hold_out_seed="h")
        saw = {(each.saw, each.says) for each in kits.visits(blocks, 1) if each.visitor.agrees}
        assert saw == {(LIVE, ""), (NOTHING, ""), ("", "")}  # who sees a product without a block sees no list


class TestThePixel:
    def test_hears_what_was_looked_at_and_clicked(self, kits: Shop) -> None:
        blocks = kits.blocks(kits.fitting)
        came = next(each for each in kits.visits(blocks) if each.bought and not each.buys_anyway)
        events = list(told(came, blocks))
        viewed = [int(event["product"]) for event in events if event["name"] == "product_viewed"]
        clicks = [
            (event["use_case"], int(event["product"]), event["place"])
            for event in events
            if event["name"] == "block_clicked"
        ]
        assert set(viewed) == {*came.pages, *(click.pick for click in came.clicks)}
        assert clicks == [("recommendations", click.pick, click.place) for click in came.clicks]

    def test_a_product_that_is_gone_is_viewed_without_a_variant(self, kits: Shop) -> None:
        blocks = replace(kits.blocks(None), variants={})
        events = [event for each in kits.visits(blocks, 1)[:50] for event in told(each, blocks)]
        assert not any("variant" in event for event in events if event["name"] == "product_viewed")

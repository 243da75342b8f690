"""Events, checkouts and orders become moments: nothing of one is read from after it, but what came of it."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pandas as pd
import pytest

from pipelines.lifecycle.data import dataset, moments
from pipelines.models import Checkout, OptOut, Order, Shop, StorefrontEvent
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday; the shop is in London
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEY = 0x123456789ABCDEF
ADDRESS, DELIVERY = "checkout_address_info_submitted", "checkout_shipping_info_submitted"


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


def unit(who: str) -> bytes:
    return hashlib.sha256(who.encode()).digest()[:16]


def did(shop: Shop, at: datetime, kind: str = "page_viewed", who: str = "ann", **facts: Any) -> StorefrontEvent:
    given = hashlib.sha256(f"{who}{at}{kind}".encode()).hexdigest()[:32]
    return StorefrontEvent.objects.create(shop=shop, event=given, kind=kind, at=at, unit=unit(who), **facts)


def walked(shop: Shop, start: datetime, *kinds: str, who: str = "ann", **facts: Any) -> None:
    for number, kind in enumerate(kinds):
        did(shop, start + number * MINUTE, kind, who, **facts)


def started(shop: Shop, at: datetime, key: int = KEY, **changes: Any) -> Checkout:
    facts = {"subtotal_minor": 9900, "currency": shop.currency, "updated_at": at, "token_digest": b"\x01" * 16}
    facts |= {"first_minor": 6400, "first_lines": 1, "first_units": 2}
    return Checkout.objects.create(shop=shop, shopify_id=key, created_at=at, **facts | changes)


def bought(shop: Shop, at: datetime, **changes: Any) -> Order:
    order = histories.an_order(shop, at, [])
    Order.objects.filter(pk=order.pk).update(**changes)
    return order


def read(shop: Shop) -> pd.DataFrame:
    source = dataset.Source(shop, NOW)
    return dataset.BUILDERS["moments"](source)


def steps(frame: pd.DataFrame, of: str = "session") -> list[float]:
    return frame.loc[frame["of"] == of, "events"].tolist()


class TestSessions:
    def test_a_session_is_looked_at_after_one_three_five_events_with_what_was_done_by_then(self, shop: Shop) -> None:
        kinds = ["page_viewed", "collection_viewed", "product_viewed", "search_submitted", "product_added_to_cart"]
        walked(shop, NOON, *kinds, "product_removed_from_cart", "cart_viewed")
        frame = read(shop)
        assert steps(frame) == [1, 3, 5]
        counted = frame[["pages", "collections", "products", "searches", "adds", "removes", "carts"]]
        assert counted.to_numpy().tolist() == [
            [1, 0, 0, 0, 0, 0, 0],
            [1, 1, 1, 0, 0, 0, 0],
            [1, 1, 1, 1, 1, 0, 0],
        ]
        assert frame["minutes"].tolist() == [0.0, 2.0, 4.0]

    def test_half_an_hour_of_rest_begins_another(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed")
        walked(shop, NOON + 30 * MINUTE, "page_viewed", "page_viewed")
        walked(shop, NOON + 63 * MINUTE, "page_viewed")
        assert steps(read(shop)) == [1, 3, 1]

    def test_the_page_of_thanks_begins_none(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", "checkout_completed", "page_viewed", "page_viewed", "page_viewed")
        assert steps(read(shop)) == [1]

    def test_nobodys_session_is_anothers_and_no_shop_reads_anothers(self, shop: Shop) -> None:
        other = histories.a_shop(domain="bob.myshopify.com")
        for who in ("ann", "bob"):
            walked(shop, NOON, "page_viewed", "page_viewed", who=who)
        walked(other, NOON, "page_viewed")
        assert steps(read(shop)) == [1, 1] and steps(read(other)) == [1]

    def test_once_a_checkout_began_its_session_is_looked_at_no_more(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", "checkout_started", "page_viewed", "page_viewed", "page_viewed")
        assert steps(read(shop)) == [1]

    def test_the_road_is_that_of_the_first_event_and_what_nobody_said_is_unknown(self, shop: Shop) -> None:
        did(shop, NOON, source="search", device="phone")
        did(shop, NOON + MINUTE, source="", device="phone")
        did(shop, NOON + 2 * MINUTE, source="direct", device="phone", value_minor=500, lines=1, units=2)
        did(shop, NOON, who="bob")
        frame = read(shop)
        mine = frame[frame["device"] == "phone"]
        assert mine["source"].tolist() == ["search", "search"]
        assert mine["value"].tolist()[1:] == [500.0] and math.isnan(mine["value"].iloc[0])
        assert frame.loc[frame["device"] == "unknown", "source"].tolist() == ["unknown"]

    def test_time_is_the_shops_own(self, shop: Shop) -> None:
        summer = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # Sunday, 00:30 in London
        did(shop, summer)
        (row,) = read(shop).itertuples()
        assert (row.ds, row.at, row.hour, row.weekday) == (
            pd.Timestamp("2026-10-25"),
            pd.Timestamp("2026-10-25 00:30"),
            0,
            6,
        )

    def test_who_was_here_or_bought_on_an_earlier_day_returns(self, shop: Shop) -> None:
        did(shop, NOON - timedelta(days=1), who="ann")
        did(shop, NOON, who="ann")
        bought(shop, NOON - timedelta(days=9), unit=unit("bob"))
        did(shop, NOON, who="bob")
        did(shop, NOON - HOUR, who="eve")
        did(shop, NOON, who="eve")  # today twice is no return
        assert sorted(read(shop)["is_returning"]) == [0.0, 0.0, 0.0, 1.0, 1.0]

    def test_who_was_here_more_than_a_week_ago_is_new_again_however_much_is_read(self, shop: Shop) -> None:
        did(shop, NOON - timedelta(days=8), who="ann")
        did(shop, NOON, who="ann")
        assert read(shop)["is_returning"].tolist() == [0.0, 0.0]

    def test_what_is_asked_of_late_is_what_is_learned_from_later(self, shop: Shop) -> None:
        did(shop, NOON - timedelta(days=2), who="ann")
        bought(shop, NOON - timedelta(days=20), unit=unit("bob"))
        for who in ("ann", "bob", "eve"):
            walked(shop, NOON, "page_viewed", "product_viewed", "product_added_to_cart", who=who)
            did(shop, NOON + 4 * MINUTE, "checkout_started", who=who, checkout_key=KEY + ord(who[0]))
        asked = moments.lately(shop, NOON - HOUR, NOON + HOUR)[moments.COLUMNS]
        learned = read(shop)
        learned = learned[learned["at"] >= pd.Timestamp("2026-11-18 11:00")].reset_index(drop=True)
        pd.testing.assert_frame_equal(asked, learned)
        assert sorted(asked["is_returning"]) == [0.0] * 3 + [1.0] * 6

    def test_who_wants_no_decisions_is_looked_at_nowhere_and_neither_is_their_checkout(self, shop: Shop) -> None:
        for who, key in (("ann", KEY), ("bob", KEY + 1)):
            walked(shop, NOON, "page_viewed", "checkout_started", who=who, checkout_key=key)
            started(shop, NOON + MINUTE, key=key)
        OptOut.objects.create(shop=shop, unit=unit("ann"), at=NOON)
        found = moments.lately(shop, NOON - HOUR, NOON + HOUR)
        assert found["of"].tolist() == ["session", "checkout"] and unit("ann").hex() not in found["unit"].tolist()

    def test_a_moment_keeps_its_number_however_much_is_read_with_it(self, shop: Shop) -> None:
        did(shop, NOON)
        before = read(shop)["unique_id"].tolist()
        did(shop, NOON - timedelta(days=3), who="bob")
        after = read(shop)
        assert after["unique_id"].is_unique and before[0] in after["unique_id"].tolist()


class TestWhatCameOfIt:
    def test_the_hours_to_the_visitors_next_order(self, shop: Shop) -> None:
        did(shop, NOON)
        for late in (-HOUR, 5 * HOUR, 9 * HOUR):
            bought(shop, NOON + late, unit=unit("ann"))
        bought(shop, NOON + HOUR, unit=unit("bob"))
        assert read(shop)["waited"].tolist() == [5.0]

    @pytest.mark.parametrize("change", [{"cancelled_at": NOW}, {"is_test": True}, {"deleted_at": NOW}, {"unit": b""}])
    def test_what_is_no_sale_came_of_nothing(self, shop: Shop, change: dict[str, Any]) -> None:
        did(shop, NOON)
        bought(shop, NOON + HOUR, **{"unit": unit("ann")} | change)
        assert read(shop)["waited"].isna().all()

    def test_an_order_without_our_mark_is_the_visitors_whose_checkout_it_completed(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed")
        did(shop, NOON + MINUTE, "checkout_started", checkout_key=KEY)
        bought(shop, NOON + HOUR, checkout_key=KEY)
        assert read(shop)["waited"].round(3).tolist() == [1.0, round(59 / 60, 3)]

    def test_today_is_not_over(self, shop: Shop) -> None:
        did(shop, NOW - HOUR)
        assert read(shop).empty


class TestCheckouts:
    def test_one_checkout_is_one_row_however_often_it_was_told(self, shop: Shop) -> None:
        started(shop, NOON)
        did(shop, NOON + 2 * MINUTE, "page_viewed")
        seen = {"checkout_key": KEY, "device": "phone", "has_discount": True, "value_minor": 1, "lines": 9, "units": 9}
        for late in (3, 4):
            did(shop, NOON + late * MINUTE, "checkout_started", **seen)
        frame = read(shop)
        (row,) = frame[frame["of"] == "checkout"].itertuples()
        assert (row.at, row.value, row.lines, row.units) == (pd.Timestamp("2026-11-18 12:00"), 6400.0, 1.0, 2.0)
        assert (row.device, row.has_discount, row.events, row.pages) == ("phone", 1.0, 2.0, 1.0)

    def test_without_a_pixel_it_is_known_from_shopify_alone(self, shop: Shop) -> None:
        started(shop, NOON)
        bought(shop, NOON + HOUR / 2, checkout_key=KEY)
        (row,) = read(shop).itertuples()
        assert (row.of, row.waited, row.device) == ("checkout", 0.5, "unknown")
        assert math.isnan(row.events) and math.isnan(row.is_returning) and math.isnan(row.minutes)

    def test_without_shopifys_word_it_is_known_from_the_pixel(self, shop: Shop) -> None:
        did(shop, NOON, "checkout_started", checkout_key=KEY, value_minor=900, lines=1, units=1)
        (row,) = read(shop).itertuples()
        assert (row.of, row.value, row.events) == ("checkout", 900.0, 1.0)

    def test_one_that_only_an_export_told_of_is_not_learned_from_since_those_are_abandoned(self, shop: Shop) -> None:
        started(shop, NOON, first_minor=None)
        assert read(shop).empty

    def test_only_its_own_order_completes_it(self, shop: Shop) -> None:
        started(shop, NOON)
        did(shop, NOON, "checkout_started", checkout_key=KEY)
        bought(shop, NOON + HOUR, unit=unit("ann"), checkout_key=KEY + 1)
        assert read(shop)["waited"].isna().all()

    def test_an_amount_in_another_currency_is_not_known(self, shop: Shop) -> None:
        started(shop, NOON, currency="JPY", first_lines=0, first_units=0)
        (row,) = read(shop).itertuples()
        assert math.isnan(row.value) and math.isnan(row.lines) and math.isnan(row.units)

    def test_one_that_shopify_took_back_is_none(self, shop: Shop) -> None:
        started(shop, NOON, deleted_at=NOON)
        assert read(shop).empty


def step(late: timedelta, minor: int, **reached: bool) -> dict[str, Any]:
    told = {"has_shipping": False, "has_discount": False} | reached
    return {"at": (NOON + late).isoformat(), "minor": minor, "lines": 1, "units": 2} | told


class TestStepsOfACheckout:
    STEPS = (
        step(timedelta(), 6400),
        step(2 * MINUTE, 6400),  # nothing new
        step(3 * MINUTE, 6000),
        step(5 * MINUTE, 5800, has_shipping=True, has_discount=True),
    )
    SHOWN: ClassVar[list[str]] = ["late", "changes", "value", "has_address", "has_shipping", "has_discount"]

    def shown(self, shop: Shop) -> list[list[float]]:
        frame = read(shop)
        frame["late"] = (frame["at"] - pd.Timestamp("2026-11-18 12:00")) / pd.Timedelta(MINUTE)
        return frame.loc[frame["of"] == "checkout", self.SHOWN].fillna(-1).to_numpy().tolist()

    def test_it_is_looked_at_again_each_time_that_something_changed(self, shop: Shop) -> None:
        started(shop, NOON, steps=self.STEPS)
        assert self.shown(shop) == [[0, 0, 6400, 0, 0, 0], [3, 1, 6000, 0, 0, 0], [5, 2, 5800, 1, 1, 1]]

    def test_its_order_is_waited_for_from_each_step_and_no_step_after_it_is_looked_at(self, shop: Shop) -> None:
        started(shop, NOON, steps=self.STEPS, completed_at=NOON + 4 * MINUTE)
        bought(shop, NOON + 4 * MINUTE, checkout_key=KEY)
        assert (60 * read(shop)["waited"]).round(3).tolist() == [4.0, 1.0]

    @pytest.mark.parametrize("completed", [None, 5 * MINUTE, 6 * MINUTE])
    def test_a_step_in_the_second_of_its_order_is_the_outcome(self, shop: Shop, completed: timedelta | None) -> None:
        started(shop, NOON, steps=self.STEPS, completed_at=completed and NOON + completed)
        bought(shop, NOON + 5 * MINUTE, checkout_key=KEY)
        assert (60 * read(shop)["waited"]).round(3).tolist() == [5.0, 2.0]

    def test_a_step_in_the_second_in_which_it_was_completed_is_the_outcome(self, shop: Shop) -> None:
        started(shop, NOON, steps=self.STEPS, completed_at=NOON + 5 * MINUTE)
        bought(shop, NOON + 6 * MINUTE, checkout_key=KEY)  # of which Shopify told later
        assert (60 * read(shop)["waited"]).round(3).tolist() == [6.0, 3.0]

    def test_where_its_start_was_lost_it_begins_with_what_was_told_first_and_when(self, shop: Shop) -> None:
        started(shop, NOON, steps=self.STEPS[2:])
        assert self.shown(shop) == [[3, 0, 6000, 0, 0, 0], [5, 1, 5800, 1, 1, 1]]

    def test_before_steps_were_noted_its_start_is_all_that_is_known(self, shop: Shop) -> None:
        started(shop, NOON)
        told = self.shown(shop)
        assert told[0][:3] == [0, 0, 6400] and len(told) == 1 and told[0][3:] == [-1, -1, -1]

    def test_over_midnight_it_stays_on_the_day_on_which_it_began(self, shop: Shop) -> None:
        late = datetime(2026, 11, 18, 23, 58, tzinfo=UTC)
        after = {**step(timedelta(), 6400, has_shipping=True), "at": (late + 5 * MINUTE).isoformat()}
        started(shop, late, steps=[{**step(timedelta(), 6400), "at": late.isoformat()}, after])
        frame = read(shop)
        assert frame["ds"].tolist() == [pd.Timestamp("2026-11-18")] * 2 and frame["hour"].tolist() == [23, 0]

    def test_what_its_visitor_did_before_stands_at_each_step(self, shop: Shop) -> None:
        did(shop, NOON - MINUTE, device="phone")
        did(shop, NOON, "checkout_started", device="phone", checkout_key=KEY, value_minor=1, has_discount=True)
        started(shop, NOON, steps=self.STEPS)
        frame = read(shop)
        mine = frame[frame["of"] == "checkout"]
        assert mine["device"].tolist() == ["phone"] * 3 and mine["events"].tolist() == [2.0] * 3
        assert mine["minutes"].tolist() == [1.0, 4.0, 6.0] and mine["has_discount"].tolist() == [0.0, 0.0, 1.0]

    @pytest.mark.parametrize("late", [2.5, 3.0, 3.5])
    def test_a_step_is_one_whether_shopify_told_of_it_the_pixel_or_both(self, shop: Shop, late: float) -> None:
        started(shop, NOON, steps=self.STEPS)
        for again in (0.0, 0.2):
            did(shop, NOON + (late + again) * MINUTE, ADDRESS, checkout_key=KEY)
        given = {2.5: [[2.5, 6400, 1], [3, 6000, 1]], 3.0: [[3, 6000, 1]], 3.5: [[3, 6000, 0], [3.5, 6000, 1]]}[late]
        between = [[at, changes, value, known, 0, 0] for changes, (at, value, known) in enumerate(given, 1)]
        assert self.shown(shop) == [[0, 0, 6400, 0, 0, 0], *between, [5, len(given) + 1, 5800, 1, 1, 1]]

    def test_a_step_that_only_the_pixel_told_of_is_one_with_what_was_known_last(self, shop: Shop) -> None:
        started(shop, NOON, steps=self.STEPS[:3])
        did(shop, NOON + 4 * MINUTE, DELIVERY, checkout_key=KEY)
        did(shop, NOON + 4 * MINUTE, DELIVERY, who="bob", checkout_key=KEY + 1)  # of a checkout of which nobody told
        assert self.shown(shop) == [[0, 0, 6400, 0, 0, 0], [3, 1, 6000, 0, 0, 0], [4, 2, 6000, 1, 1, 0]]

    @pytest.mark.parametrize("ends", ["payment_info_submitted", "checkout_completed"])
    def test_who_pays_is_looked_at_no_more(self, shop: Shop, ends: str) -> None:
        started(shop, NOON, steps=self.STEPS)
        did(shop, NOON + 4 * MINUTE, ends, checkout_key=KEY)
        did(shop, NOON + 4.5 * MINUTE, DELIVERY, checkout_key=KEY)
        assert [told[0] for told in self.shown(shop)] == [0, 3]

    def test_without_shopifys_word_the_pixel_tells_the_steps(self, shop: Shop) -> None:
        did(shop, NOON, "checkout_started", checkout_key=KEY, value_minor=900, lines=1, units=1, has_discount=False)
        for late, kind in ((2, DELIVERY), (1, ADDRESS), (0.5, "checkout_contact_info_submitted")):
            did(shop, NOON + late * MINUTE, kind, checkout_key=KEY)
        begun, *after = self.shown(shop)
        assert begun[:3] == [0, 0, 900] and begun[3:5] == [-1, -1]  # a known shopper may begin with either
        assert [told[:4] for told in after] == [[1, 1, 900, 1], [2, 2, 900, 1]] and after[1][4] == 1
        assert after[0][4] == -1

    def test_a_step_before_its_checkout_began_stands_at_the_beginning(self, shop: Shop) -> None:
        did(shop, NOON - MINUTE / 60, ADDRESS, checkout_key=KEY)  # by a browser's clock
        started(shop, NOON, steps=self.STEPS[:1])
        assert self.shown(shop) == [[0, 0, 6400, 1, 0, 0]]

    def test_a_step_ends_the_browsing_where_the_beginning_was_lost(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", "checkout_contact_info_submitted", "page_viewed", "page_viewed")
        assert steps(read(shop)) == [1]

    def test_each_step_is_asked_about_by_its_token(self, shop: Shop) -> None:
        started(shop, NOON, steps=self.STEPS)
        found = moments.lately(shop, NOON - HOUR, NOON + 4 * MINUTE)  # what comes later nobody knows
        assert found["unit"].tolist() == ["01" * 16] * 2
        assert found["moment"].tolist() == [NOON.timestamp(), (NOON + 3 * MINUTE).timestamp()]


class TestLately:
    def test_every_moment_of_a_span_comes_with_its_unit_whatever_came_of_it(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", "page_viewed", "page_viewed", who="ann")
        walked(shop, NOON + 5 * MINUTE, "page_viewed", who="bob")
        bought(shop, NOON + HOUR, unit=unit("bob"))
        did(shop, NOON + 6 * MINUTE, "checkout_started", who="bob", checkout_key=KEY)
        found = moments.lately(shop, NOON - HOUR, NOON + 2 * HOUR)
        assert list(zip(found["of"], found["events"], strict=True)) == [
            ("session", 1.0),
            ("session", 3.0),
            ("session", 1.0),
            ("checkout", 2.0),
        ]
        assert found["unit"].tolist() == [unit("ann").hex()] * 2 + [unit("bob").hex()] * 2
        assert found["moment"].tolist()[1] == (NOON + 2 * MINUTE).timestamp()

    def test_a_checkout_that_shopify_told_of_is_known_by_its_token(self, shop: Shop) -> None:
        started(shop, NOON)
        did(shop, NOON + MINUTE, "checkout_started", checkout_key=KEY)
        (row,) = moments.lately(shop, NOON - HOUR, NOON + HOUR).itertuples()
        assert (row.unit, row.moment) == ("01" * 16, NOON.timestamp())


def test_a_shop_of_which_nothing_is_known_has_no_moments(shop: Shop) -> None:
    frame = read(shop)
    assert frame.empty and list(frame.columns) == moments.COLUMNS

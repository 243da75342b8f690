"""The pixel's door takes what a shopper's browser tells, cut to what may be known, and counts what it does not take."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.storefront import keys
from pipelines.models import IgnoredEvents, Shop, StorefrontEvent
from pipelines.shopify.reading.shapes import checkout_key
from pipelines.shopify.reading.topics import token_digest
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES
from tests import exposing, factories
from tests.loops import run
from tests.pipelines.endpoints.storefront import telling
from tests.pipelines.endpoints.storefront.telling import SHOP, VISITOR, Door, before, event, told

pytestmark = pytest.mark.django_db(transaction=True)
door = telling.door
PERSON = ("ann@example.com", "Ann Example", "203.0.113.7", "+49 30 1234567", "10 Sample Street", VISITOR)


@pytest.fixture(autouse=True)
def shop() -> Shop:
    return factories.a_shop(domain=SHOP)


class TestTaking:
    def test_what_a_shopper_did_is_kept_under_the_digest_of_the_visitor(self, door: Door, shop: Shop) -> None:
        assert door.tell(event("product_added_to_cart", product="gid://shopify/Product/11", variant="12")) == 202
        (row,) = door.written()
        assert (row.shop, row.kind, row.product_id, row.variant_id) == (shop, "product_added_to_cart", 11, 12)
        assert bytes(row.unit) == assignment.digest(VISITOR)
        assert (row.use_case, row.place) == ("", None)

    def test_a_click_says_whose_block_it_was_and_where(self, door: Door) -> None:
        with USE_CASES.also(exposing.SHOWN):
            door.tell(event("block_clicked", use_case=exposing.SLUG, place=3))
        (row,) = door.written()
        assert (row.kind, row.use_case, row.place) == ("block_clicked", exposing.SLUG, 3)

    @pytest.mark.parametrize("use_case", ["nobody", None, ["shown"], "x" * 500])
    def test_a_click_on_no_block_of_ours_is_none(self, door: Door, use_case: Any) -> None:
        assert door.tell(event("block_clicked", use_case=use_case)) == 202
        assert (door.ignored(), door.written()) == ({"unknown": 1}, [])

    def test_nothing_about_a_person_is_written_whatever_is_sent(self, door: Door) -> None:
        email, name, address, phone, street, _ = PERSON
        context = {"navigator": {"userAgent": "x"}, "ip": address, "document": {"location": f"/?email={email}"}}
        customer = {"email": email, "firstName": name, "phone": phone, "address1": street}
        door.tell(event(customer=customer, context=context, email=email), customer=customer, context=context)
        (row,) = door.written()
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(e)::text FROM pipelines_storefrontevent e")
            text = cursor.fetchone()[0]
        assert row.kind == "product_viewed" and not [personal for personal in PERSON if personal in text]

    def test_where_it_is_switched_off_nothing_is_taken(self, door: Door, shop: Shop) -> None:
        switches.turn(shop, switches.PIXEL, is_on=False, by="operator:ada")
        door.memory.look()
        assert (door.tell(), door.written(), door.ignored()) == (404, [], {})

    def test_nobody_waits_for_the_database(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        kept: list[Any] = []
        monkeypatch.setattr(door.outbox.appended, "add", lambda *row: kept.append(row))
        with CaptureQueriesContext(connection) as queries:
            assert door.tell() == 202
        assert (len(queries), len(kept)) == (0, 1)

    def test_events_out_of_order_are_kept_in_theirs(self, door: Door) -> None:
        door.tell(event("checkout_started", given="b", at=before(1)), event("product_viewed", given="a", at=before(60)))
        door.written()
        ordered = StorefrontEvent.objects.order_by("at").values_list("kind", flat=True)
        assert list(ordered) == ["product_viewed", "checkout_started"]

    @pytest.mark.parametrize("product", [-1, 0, 2**63, "abc", "9" * 300, 1.5, True, None, {"id": 1}])
    def test_a_product_that_cannot_be_one_is_nobodys(self, door: Door, product: Any) -> None:
        door.tell(event(product=product))
        assert [row.product_id for row in door.written()] == [None]

    def test_of_a_checkout_its_size_is_kept_and_its_key_but_never_its_token(self, door: Door) -> None:
        token = "c1-secret"
        size = {"value": 31.5, "currency": "GBP", "lines": 2, "units": 3, "discount": True, "checkout": token}
        door.tell(event("checkout_started", device="phone", source="search", **size))
        (row,) = door.written()
        assert (row.value_minor, row.lines, row.units, row.has_discount) == (3150, 2, 3, True)
        assert (row.device, row.source) == ("phone", "search")
        assert row.checkout_key == checkout_key(token_digest(token) or "")

    @pytest.mark.parametrize("step", StorefrontEvent.STEPS)
    def test_of_a_step_it_is_kept_whose_checkout_it_is_and_nothing_else(self, door: Door, step: str) -> None:
        size = {"value": 31.5, "currency": "GBP", "lines": 2, "units": 3, "discount": True, "checkout": "c1-secret"}
        door.tell(event(step, device="phone", source="search", variant="12", address="10 Sample Street", **size))
        (row,) = door.written()
        assert (row.kind, row.checkout_key) == (step, checkout_key(token_digest("c1-secret") or ""))
        assert {row.product_id, row.variant_id, row.value_minor, row.lines, row.units, row.has_discount} == {None}
        assert (row.device, row.source) == ("", "")

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"value": -1, "currency": "GBP"},
            {"value": "1e400", "currency": "GBP"},
            {"value": 5, "currency": "gbp"},
            {"value": 5, "currency": ["GBP"]},
            {"value": [5], "currency": "GBP"},
            {"value": 5},
            {"lines": -1, "units": 10**9, "discount": "yes", "checkout": "x" * 300},
            {"lines": True, "units": 1.5, "discount": 1, "checkout": ["t"]},
            {"device": "<script>", "source": {"a": 1}},
        ],
    )
    def test_a_size_that_cannot_be_one_is_not_known_and_the_event_stands(self, door: Door, nonsense: Any) -> None:
        assert door.tell(event("cart_viewed", **nonsense)) == 202
        (row,) = door.written()
        assert {row.value_minor, row.lines, row.units, row.has_discount, row.checkout_key} == {None}
        assert (row.device, row.source) == ("", "")

    def test_any_page_may_send_without_asking_first(self, door: Door) -> None:
        body = json.dumps(told()).encode()
        (start, _) = run(door.send(body, telling.BROWSER, "203.0.113.7"))
        assert dict(start["headers"])[b"access-control-allow-origin"] == b"*"


class TestClocks:
    @pytest.mark.parametrize("off", [timedelta(hours=-20), timedelta(), timedelta(hours=20)])
    def test_a_visitors_wrong_clock_does_not_move_an_event(self, door: Door, off: timedelta) -> None:
        now = timezone.now()
        door.tell(event(at=now + off - timedelta(seconds=30)), sent=(now + off).isoformat())
        (row,) = door.written()
        assert abs((row.at - (now - timedelta(seconds=30))).total_seconds()) < 20

    @pytest.mark.parametrize(
        ("at", "reason"),
        [(timedelta(minutes=1), "future"), (timedelta(days=400), "future"), (-timedelta(days=2), "old")],
    )
    def test_an_event_from_the_future_or_of_long_ago_is_counted_only(
        self, door: Door, at: timedelta, reason: str
    ) -> None:
        now = timezone.now()
        assert door.tell(event(at=now + at), event(given="e-2"), sent=now.isoformat()) == 202
        assert (len(door.written()), door.ignored()) == (1, {reason: 1})

    @pytest.mark.parametrize("days", [-400, -2, 2, 400])
    def test_nothing_is_believed_of_a_clock_that_is_days_off(self, door: Door, days: int) -> None:
        then = timezone.now() + timedelta(days=days)
        assert door.tell(event(at=then), sent=then.isoformat()) == 202
        assert (door.written(), door.ignored()) == ([], {"clock": 1})


class TestIgnoring:
    def test_an_event_that_comes_again_is_counted_and_kept_once(self, door: Door) -> None:
        for _ in range(3):
            assert door.tell(event(given="same"), event(given="same")) == 202
            door.written()
        assert (len(door.written()), door.ignored()) == (1, {"replay": 5})

    def test_two_shops_may_give_the_same_id(self, door: Door) -> None:
        other = factories.a_shop(domain="bob.myshopify.com").domain
        door.tell()
        door.tell(shop=other, key=keys.give(other))
        assert len(door.written()) == 2 and not door.ignored()

    @pytest.mark.parametrize(
        "agent",
        [
            "",
            "curl/8.1",
            "python-requests/2.34",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0)",
            "Mozilla/5.0 AppleWebKit/537.36 Chrome-Lighthouse",
            "Mozilla/5.0 (compatible; AhrefsSiteAudit crawler)",
        ],
    )
    def test_robots_are_counted_only(self, door: Door, agent: str) -> None:
        assert door.tell(event(given="a"), event(given="b"), agent=agent) == 202
        assert (door.written(), door.ignored()) == ([], {"bot": 2})

    def test_a_kind_that_we_do_not_take_spoils_no_other(self, door: Door) -> None:
        door.tell(event("clicked", given="a"), event(given="b"), {"name": "page_viewed"}, 5, None)
        assert (len(door.written()), door.ignored()) == (1, {"unknown": 1, "unreadable": 3})


class TestRefusing:
    @pytest.mark.parametrize("size", [16 * 1024 + 1, 1024 * 1024])
    def test_a_large_body_is_refused_before_it_is_read(self, door: Door, size: int) -> None:
        assert door.post(b"x" * size) == 413
        assert not door.was_read

    def test_a_body_that_is_larger_than_it_says_is_refused_all_the_same(self, door: Door) -> None:
        assert door.post(b"x" * 1024 * 1024, length="10") == 413

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"shop": 1}', json.dumps({"events": []}).encode()],
    )
    def test_a_body_that_tells_nothing_is_refused(self, door: Door, body: bytes) -> None:
        assert door.post(body) == 400

    @pytest.mark.parametrize(
        "changes",
        [
            {"shop": "example.com"},
            {"unit": "short"},
            {"unit": "ann@example.com"},
            {"sent": "yesterday"},
            {"sent": "2026-11-29T10:00:00"},
            {"events": []},
            {"events": [event()] * 21},
            {"events": {}},
        ],
    )
    def test_a_body_that_is_not_as_it_should_be_is_refused(self, door: Door, changes: dict[str, Any]) -> None:
        assert door.tell(**changes) == 400
        assert not door.written()

    @pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
    def test_only_posts_are_taken(self, door: Door, method: str) -> None:
        assert door.post(b"", method=method) == 405

    @pytest.mark.parametrize("key", ["", "no key", "QUJD", "x" * 5000, "\ud800", keys])
    def test_a_key_that_is_not_ours_is_refused_and_counted(self, door: Door, key: Any) -> None:
        given = keys.give("bob.myshopify.com") if key is keys else key  # of another shop
        assert door.tell(key=given) == (400 if key == "\ud800" else 401)
        assert door.ignored() == ({} if key == "\ud800" else {"forged": 1})
        assert not door.written()

    def test_a_key_made_under_a_key_that_is_gone_is_no_longer_good(self, door: Door, settings: Any) -> None:
        given, new = keys.give(SHOP), "new:" + "A" * 43 + "="
        settings.ENCRYPTION_KEYS = new
        assert door.tell(key=given) == 401

    @pytest.mark.parametrize("analytics", [False, None, "true", 1])
    def test_without_consent_nothing_is_taken(self, door: Door, analytics: Any) -> None:
        assert door.tell(analytics=analytics) == 403
        assert (door.written(), door.ignored()) == ([], {"no_consent": 1})

    @pytest.mark.parametrize("gone", ["unknown", "uninstalled", "redacted"])
    @pytest.mark.parametrize("has_looked", [True, False])
    def test_a_shop_without_the_app_leaves_nothing_behind(
        self, door: Door, shop: Shop, gone: str, has_looked: bool
    ) -> None:
        domain = "nobody.myshopify.com" if gone == "unknown" else SHOP
        if gone != "unknown":
            Shop.objects.filter(pk=shop.pk).update(**{f"{gone}_at": timezone.now()})
        if has_looked:
            door.memory.look()
        assert door.tell(shop=domain, key=keys.give(domain)) == (404 if has_looked else 202)
        assert not door.written() and not IgnoredEvents.objects.exists()


class TestTooMuch:
    def test_one_address_may_send_so_much(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        door.limit(monkeypatch, by_address=3, by_shop=100)
        said = [door.tell(event(given=str(number))) for number in range(5)]
        assert said == [202, 202, 202, 429, 429]
        assert door.tell(event(given="other"), address="203.0.113.8") == 202
        door.clock += 1
        assert door.tell(event(given="later")) == 202
        assert (len(door.written()), door.ignored()) == (5, {"too_many": 2})

    def test_one_shop_may_send_so_much_from_all_addresses(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        door.limit(monkeypatch, by_address=100, by_shop=3)
        said = [door.tell(event(given=str(number)), address=f"203.0.113.{number}") for number in range(4)]
        assert said == [202, 202, 202, 429]

    def test_who_forges_uses_up_nothing_of_the_shop(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        door.limit(monkeypatch, by_address=100, by_shop=1)
        for number in range(5):
            door.tell(key="forged", address=f"203.0.113.{number}")
        assert door.tell() == 202


def test_it_outlives_a_database_that_is_away(door: Door) -> None:
    away = door.outbox.connect
    door.outbox.connect = lambda: 1 / 0
    assert door.tell() == 202
    door.outbox.connect = away
    assert len(door.written()) == 1

"""Whoever has Shopify's word on a checkout is answered there in time, and nobody else."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pipelines.endpoints.answering import opting_out
from pipelines.endpoints.checkout import deciding, told
from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.operating import switches
from pipelines.models import HoldOut, HoldOutSight, OptOut, PredictionLog, Shop
from pipelines.models.usecases.offers import Offer, OfferBlock, OfferDecision, OfferReservation, OfferSpend, blocks
from pipelines.strategies import Step
from pipelines.usecases.contract import PARAMETERS
from tests import exposing, histories, holding_out
from tests.loops import run
from tests.offering import an_offer
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.answering.asking import Said
from tests.pipelines.endpoints.checkout import paying
from tests.pipelines.endpoints.checkout.paying import CHANCES, OFFERS, UNIT, Counter, a_cart, runs, token

pytestmark = pytest.mark.django_db(transaction=True)
till = paying.till
PATH = "/checkout/offers"
NOW = timezone.now()


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop(currency="GBP")


@pytest.fixture
def offer(shop: Shop) -> Offer:
    return an_offer(shop, budget_minor=1000)


@pytest.fixture
def live(till: Counter, shop: Shop, offer: Offer) -> Counter:
    """Give the doors of a shop in which a version picks among offers."""
    runs(shop)
    till.warmed(shop)
    return till


def decided() -> OfferDecision:
    return OfferDecision.objects.get()


def shows_nothing(said: Said) -> bool:
    return said.status == 200 and not said.told.keys() & {"shown", "accept", "answer"}


def nothing_was_kept(till: Counter) -> bool:
    till.written()
    rows = (OfferDecision, OfferReservation, PredictionLog, HoldOutSight)
    return not any(table.objects.exists() for table in rows)


class TestWhatIsShown:
    def test_a_pick_is_reserved_shown_and_written_down(self, live: Counter, shop: Shop, offer: Offer) -> None:
        said = live.at(PATH, shop)
        assert said.status == 200 and said.told.keys() == {"decision", "shown", "accept"}
        assert said.told["shown"] == {"id": offer.pk, "kind": "code", "code": "TEN"}
        live.written()
        row, held = decided(), OfferReservation.objects.get()
        assert (row.offer_id, row.picked_id, row.why_not, row.propensity, row.score) == (
            offer.pk,
            offer.pk,
            "",
            0.9,
            0.05,
        )
        assert (row.eligible, row.margins, row.left_out, bytes(row.unit).hex()) == ([offer.pk], [2300], {}, UNIT)
        assert (row.context["value"], row.context["units"], row.context["device"]) == (5000, 2, "phone")
        assert held.decision == row.decision == uuid.UUID(said.told["decision"])
        assert held.checkout_key == row.checkout_key is not None
        assert OfferSpend.objects.get().reserved_minor == 200 and not OfferBlock.objects.exists()
        assert PredictionLog.objects.get(use_case=OFFERS).score == 0.05

    def test_the_version_is_told_who_may_see_what_and_how_likely_an_order_is(
        self, till: Counter, shop: Shop, offer: Offer
    ) -> None:
        runs(shop), runs(shop, CHANCES)
        till.warmed(shop)
        till.at(PATH, shop)
        (question,) = paying.mood.asked
        assert question["chance"] == 0.4 and len(question["decision"]) == 32
        assert question["eligible"] == [{"id": offer.pk, "margin": 2300, "shown": 0, "accepted": 0}]
        assert question["of"] == "checkout" and question["events"] is None
        till.written()
        assert decided().chance == 0.4
        assert set(PredictionLog.objects.values_list("use_case", flat=True)) == {OFFERS, CHANCES}

    def test_a_version_of_the_chances_that_runs_alongside_is_asked_wherever_a_chance_is(
        self, till: Counter, shop: Shop, offer: Offer
    ) -> None:
        runs(shop), runs(shop, CHANCES)
        steps = [Step("alongside", mirrors=True).as_dict(), Step("all", weight=100).as_dict()]
        new = histories.a_version(shop, use_case=CHANCES, files={PARAMETERS: b"{}"})
        facts = {"use_case": CHANCES, "version": new, "phase": "shadow", "steps": steps, "step": 0, "weight": 0}
        exposing.a_canary(shop, at=NOW, **facts)
        till.warmed(shop)
        till.at(PATH, shop)
        till.written()
        unseen = PredictionLog.objects.get(is_shown=False)
        assert (unseen.use_case, unseen.version_id, unseen.score) == (CHANCES, new.pk, 0.4)

    def test_asking_again_within_the_hour_reserves_nothing_again(self, live: Counter, shop: Shop, offer: Offer) -> None:
        first, second = live.at(PATH, shop), live.at(PATH, shop)
        assert first.told["decision"] == second.told["decision"] and second.told["shown"]["id"] == offer.pk
        other = live.at(PATH, shop, checkout="token-2")
        assert other.told["decision"] != first.told["decision"]
        live.written()
        assert (OfferSpend.objects.get().reserved_minor, OfferDecision.objects.count()) == (400, 2)

    def test_who_is_held_out_is_shown_nothing_and_counted(self, live: Counter, shop: Shop, offer: Offer) -> None:
        row = HoldOut.objects.create(shop=shop, use_case=OFFERS, made_at=NOW, counted_until=NOW)
        holding_out.a_share(row, 100, NOW)
        live.memory.look()
        said = live.at(PATH, shop)
        assert said.told.keys() == {"decision"}
        live.written()
        assert (decided().arm, decided().propensity, decided().eligible) == ("held_out", 1.0, [offer.pk])
        assert HoldOutSight.objects.get().is_held_out and not paying.mood.asked

    def test_where_no_version_runs_nothing_is_shown(self, till: Counter, shop: Shop, offer: Offer) -> None:
        till.warmed(shop)
        said = till.at(PATH, shop)
        assert said.told.keys() == {"decision"}
        till.written()
        assert (decided().offer_id, decided().eligible) == (0, [offer.pk])

    def test_before_anything_is_known_nothing_is_shown(self, till: Counter, shop: Shop, offer: Offer) -> None:
        runs(shop)
        said = till.at(PATH, shop)
        assert said.told == {"why": deciding.NOT_LOADED}
        till.memory.look()
        till.memory.shelves.known.clear()
        assert till.at(PATH, shop).told["why"] == deciding.NOT_LOADED
        till.memory.look()
        assert "why" not in till.at(PATH, shop).told

    @pytest.mark.parametrize("picks", [999, -1, "1", None, True])
    def test_a_version_that_picks_what_may_not_be_seen_shows_nothing(
        self, live: Counter, shop: Shop, picks: Any
    ) -> None:
        paying.mood.picks = lambda question: {"offer": picks, "propensity": 1.0}
        assert shows_nothing(live.at(PATH, shop))

    def test_a_version_that_fails_shows_nothing(self, live: Counter, shop: Shop) -> None:
        paying.mood.picks = lambda question: {}["gone"]
        said = live.at(PATH, shop)
        live.written()
        assert shows_nothing(said) and PredictionLog.objects.get(use_case=OFFERS).outcome == "error"

    def test_a_version_that_dawdles_shows_nothing_in_time(
        self, live: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(deciding, "BUDGET", 0.15)
        answered = threading.Event()
        paying.mood.picks = lambda question: answered.wait() and paying.best(question)
        said = live.at(PATH, shop)
        answered.set()
        live.written()
        assert shows_nothing(said) and PredictionLog.objects.get(use_case=OFFERS).outcome == "late"
        assert (decided().offer_id, decided().propensity) == (0, 1.0)
        assert not OfferReservation.objects.exists()


class TestBadMoments:
    """What issue 12 lists as bad input: each leads to no offer, and says why where somebody looks."""

    def why(self, till: Counter) -> dict[str, str]:
        till.written()
        return dict(OfferDecision.objects.latest("pk").left_out)

    @pytest.mark.parametrize("state", [Offer.Code.DELETED, Offer.Code.NOBODY])
    def test_a_code_that_was_deleted_or_is_active_and_reaches_nobody_is_never_shown(
        self, live: Counter, shop: Shop, offer: Offer, state: str
    ) -> None:
        Offer.objects.update(code_state=state)
        live.looks()
        assert shows_nothing(live.at(PATH, shop))
        assert self.why(live) == {str(offer.pk): "code gives nothing"}

    def test_a_budget_that_is_used_up_in_mid_flight_is_never_overspent(
        self, live: Counter, shop: Shop, offer: Offer
    ) -> None:
        OfferSpend.objects.update(spent_minor=900)  # memory does not know yet
        said = live.at(PATH, shop)
        assert said.told.keys() == {"decision"}
        live.written()
        assert (decided().picked_id, decided().offer_id, decided().why_not) == (offer.pk, 0, "used up")
        live.memory.look()  # it looks sooner than in a minute
        live.at(PATH, shop, checkout="token-2")
        assert self.why(live) == {str(offer.pk): "budget"}

    def test_forty_checkouts_at_once_are_shown_what_there_is_and_no_more(self, live: Counter, shop: Shop) -> None:
        Offer.objects.update(weekly_cap=7, budget_minor=None)
        live.looks()

        async def all_at_once() -> list[bool]:
            bodies = [json.dumps(a_cart(unit=f"{n:032x}", checkout=f"token-{n}")).encode() for n in range(40)]
            bearers = [[(b"authorization", f"Bearer {token(shop.domain)}".encode())] for _ in bodies]
            pairs = zip(bodies, bearers, strict=True)
            said = await asyncio.gather(*(live.through("POST", PATH, *each) for each in pairs))
            return ["shown" in json.loads(body) for _, body, _ in said]

        assert sorted(run(all_at_once())) == [False] * 33 + [True] * 7
        live.written()
        spend = OfferSpend.objects.get()
        assert (spend.week_reserved, spend.reserved_minor) == (7, 1400)

    def test_a_shop_whose_row_is_held_keeps_no_thread_from_the_others(
        self, live: Counter, shop: Shop, offer: Offer
    ) -> None:
        other = exposing.a_shop(currency="GBP")
        theirs = an_offer(other)
        runs(other)
        live.warmed(other)

        async def asked(whose: Shop, number: int) -> Any:
            body = json.dumps(a_cart(unit=f"{number:032x}", checkout=f"token-{number}")).encode()
            bearer = [(b"authorization", f"Bearer {token(whose.domain)}".encode())]
            return json.loads((await live.through("POST", PATH, body, bearer))[1]).get("shown", {}).get("id")

        async def one_beside_many() -> Any:
            many = [asyncio.create_task(asked(shop, number)) for number in range(20)]
            while sum(len(lane.waiting) for lane in live.cashier.lanes.values()) < len(many):
                await asyncio.sleep(0.01)
            return await asked(other, 1), sum(map(asyncio.Task.done, many))

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM pipelines_offerspend WHERE offer_id = %s FOR UPDATE", [offer.pk])
            assert run(one_beside_many()) == (theirs.pk, 0)

    def test_a_stopped_offer_is_not_shown_although_memory_has_it(self, live: Counter, shop: Shop, offer: Offer) -> None:
        Offer.objects.update(state=Offer.State.STOPPED)
        assert shows_nothing(live.at(PATH, shop))

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"currency": "EUR"}, "other currency"),
            ({"value": 0, "lines": []}, "empty cart"),
            ({"value": None}, "empty cart"),
            ({"value": 390, "lines": [{"quantity": 1, "price": 390}]}, "margin floor"),
        ],
    )
    def test_another_currency_an_empty_cart_and_a_margin_below_nothing(
        self, live: Counter, shop: Shop, offer: Offer, changes: dict[str, Any], reason: str
    ) -> None:
        assert live.at(PATH, shop, **changes).told["why"] == deciding.NOTHING
        assert self.why(live) == {str(offer.pk): reason}
        assert not PredictionLog.objects.exists() and not paying.mood.asked

    def test_a_database_that_is_away_means_nothing_is_shown(self, live: Counter, shop: Shop) -> None:
        live.away = asking.nowhere
        assert all(shows_nothing(live.at(PATH, shop)) for _ in range(2))
        live.written()
        assert decided().why_not == "database away"

    def test_a_database_that_is_slow_means_nothing_is_shown(
        self, live: Counter, shop: Shop, offer: Offer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blocks, "IN_TIME", "SET LOCAL lock_timeout = 50;")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM pipelines_offerspend FOR UPDATE")
            assert shows_nothing(live.at(PATH, shop))
        live.written()
        assert (decided().offer_id, decided().why_not) == (0, "too late")

    def test_consent_withdrawn_in_mid_session_leaves_nothing_behind(self, live: Counter, shop: Shop) -> None:
        for told_so in (False, None, "yes"):
            said = live.at(PATH, shop, analytics=told_so)
            assert said.told == {"why": deciding.NO_CONSENT}
        assert nothing_was_kept(live)

    def test_who_opted_out_is_decided_nothing_about(self, live: Counter, shop: Shop) -> None:
        runs(shop, CHANCES)
        live.warmed(shop)
        assert live.at("/checkout/opt-out", shop, {"api": 1, "unit": UNIT}).status == 202
        for path in (PATH, "/checkout/score"):
            assert live.at(path, shop).told["why"] == deciding.OPTED_OUT
        assert live.at(PATH, shop).told == {"why": deciding.OPTED_OUT}
        assert nothing_was_kept(live)
        assert bytes(OptOut.objects.get().unit).hex() == UNIT
        live.memory.opted_out.clear()
        live.memory.newest_opt_outs.clear()
        live.memory.look()  # another process, a moment later
        assert live.at(PATH, shop).told["why"] == deciding.OPTED_OUT
        assert not shows_nothing(live.at(PATH, shop, unit="cd" * 16))

    @pytest.mark.parametrize("api", [0, 2, None, "1", True])
    def test_an_extension_of_another_version_is_told_so(self, live: Counter, shop: Shop, api: Any) -> None:
        said = live.at(PATH, shop, api=api)
        assert (said.status, said.body.decode()) == (410, told.TOO_OLD)
        assert nothing_was_kept(live)


class TestScore:
    def test_a_checkout_is_told_how_likely_its_order_is(self, till: Counter, shop: Shop) -> None:
        runs(shop, CHANCES)
        till.warmed(shop)
        said = till.at("/checkout/score", shop)
        assert said.told == {"score": 0.4, "age": 0}
        till.written()
        row = PredictionLog.objects.get()
        assert (row.use_case, row.score, bytes(row.unit).hex()) == (CHANCES, 0.4, UNIT)

    def test_without_a_version_the_safe_default_is_the_answer(self, till: Counter, shop: Shop) -> None:
        till.warmed(shop)
        assert till.at("/checkout/score", shop).told == {"score": None, "age": None}

    def test_a_browser_learns_no_more_than_a_block_needs(self, till: Counter, shop: Shop) -> None:
        runs(shop, CHANCES)
        till.warmed(shop)
        paying.mood.says = lambda question: {"score": 0.123456789, "of": "checkout", "why": "secret"}
        assert till.at("/checkout/score", shop).told == {"score": 0.12, "age": 0}
        till.written()
        assert PredictionLog.objects.get().score == 0.123456789

    def test_where_a_version_fails_the_last_score_of_that_checkout_stands_in(self, till: Counter, shop: Shop) -> None:
        runs(shop, CHANCES)
        till.warmed(shop)
        till.at("/checkout/score", shop)
        paying.mood.says = lambda question: {}["gone"]
        said = till.at("/checkout/score", shop).told
        assert said["score"] == 0.4 and 0 <= said["age"] <= 60
        assert till.at("/checkout/score", shop, checkout="another").told == {"score": None, "age": None}
        till.written()
        outcomes = PredictionLog.objects.values_list("outcome", flat=True)
        assert sorted(outcomes) == ["answered", "error", "error"]

    def test_what_a_checkout_asks_answers_at_no_other_door(self, live: Counter, shop: Shop) -> None:
        runs(shop, CHANCES)
        live.warmed(shop)
        for use_case in (CHANCES, OFFERS):
            assert live.ask(shop, use_case=use_case).status == 404
        assert nothing_was_kept(live)


class TestAccepted:
    def accepted(self, till: Counter, shop: Shop, given: Any) -> int:
        return till.at("/checkout/accepted", shop, {"api": 1, "accept": given}).status

    def test_what_was_shown_is_accepted_once(self, live: Counter, shop: Shop, offer: Offer) -> None:
        given = live.at(PATH, shop).told["accept"]
        assert [self.accepted(live, shop, given) for _ in range(2)] == [202, 202]
        live.written()
        assert OfferReservation.objects.get().state == OfferReservation.State.ACCEPTED
        live.looks()
        (held,) = live.memory.shelves.known[shop.domain, OFFERS].held.shelf.offers
        assert (held.shown, held.accepted) == (1, 1)

    def test_nobody_accepts_for_another_shop_or_decision(self, live: Counter, shop: Shop) -> None:
        shown = live.at(PATH, shop).told
        other = exposing.a_shop(currency="GBP")
        live.memory.look()
        forged = shown["accept"].replace(shown["decision"], "0" * 32)
        assert forged != shown["accept"]
        assert self.accepted(live, other, shown["accept"]) == 401
        for given in (forged, shown["decision"], "", None, 7, "a:b:c"):
            assert self.accepted(live, shop, given) == 401
        live.written()
        assert OfferReservation.objects.get().state == OfferReservation.State.HELD

    def test_a_pass_of_the_storefront_accepts_nothing(self, live: Counter, shop: Shop) -> None:
        decision = live.at(PATH, shop).told["decision"]
        assert self.accepted(live, shop, live.pass_for(shop, decision, OFFERS)) == 401

    def test_what_is_over_is_accepted_no_more(self, live: Counter, shop: Shop) -> None:
        given = live.at(PATH, shop).told["accept"]
        late = timezone.now() + blocks.HELD_FOR
        with pytest.raises(checkout.Refused) as refused:
            checkout.accept(shop.domain, given, late)
        assert refused.value.status == 410


class TestWhoMayAsk:
    def refused(self, till: Counter, given: str, shop: Any) -> tuple[int, str]:
        said = till.at(PATH, shop, given=given)
        assert said.headers[b"access-control-allow-origin"] == b"*"
        return said.status, said.body.decode().rpartition(": ")[2]

    def test_a_checkout_without_a_token_is_refused(self, live: Counter, shop: Shop) -> None:
        assert self.refused(live, "", shop) == (401, "a session token of the checkout is missing")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"secret": "a-secret-of-some-other-app-altogether"}, "signature"),
            ({"aud": "another-app"}, "audience"),
            ({"exp": int(time.time()) - 60}, "expired"),
            ({"iat": int(time.time()) - 400, "nbf": int(time.time()) - 400}, "expired"),
            ({"nbf": int(time.time()) + 90_000}, "not yet valid"),
        ],
    )
    def test_a_token_of_another_app_or_time_is_refused(
        self, live: Counter, shop: Shop, changes: dict[str, Any], reason: str
    ) -> None:
        assert self.refused(live, token(shop.domain, **changes), shop) == (401, reason)
        assert nothing_was_kept(live)

    def test_a_token_of_another_shop_asks_there_alone(self, live: Counter, shop: Shop, offer: Offer) -> None:
        other = exposing.a_shop(currency="GBP")
        live.memory.look()
        said = live.at(PATH, shop, a_cart(shop=shop.domain), given=token(other.domain))
        assert shows_nothing(said)
        stranger = token("nobody-here.myshopify.com")
        assert self.refused(live, stranger, shop) == (404, "the app is not installed there")

    def test_clocks_may_differ_a_little(self, live: Counter, shop: Shop, offer: Offer) -> None:
        now = int(time.time())
        ahead = token(shop.domain, nbf=now + 8, iat=now + 8, exp=now + 308)
        assert live.at(PATH, shop, given=ahead).told["shown"]["id"] == offer.pk

    def test_a_shop_that_left_is_answered_no_more(self, live: Counter, shop: Shop) -> None:
        Shop.objects.update(uninstalled_at=timezone.now())
        live.memory.look()
        assert live.at(PATH, shop).status == 404

    def test_where_the_door_is_switched_off_only_an_opt_out_is_heard(self, live: Counter, shop: Shop) -> None:
        switches.turn(shop, switches.CHECKOUT, is_on=False, by="operator:ada")
        live.memory.look()
        assert {live.at(path, shop).status for path in (PATH, "/checkout/score", "/checkout/accepted")} == {404}
        assert live.at("/checkout/opt-out", shop, {"api": 1, "unit": UNIT}).status == 202
        live.written()
        assert not OfferDecision.objects.exists() and OptOut.objects.exists()

    def test_a_browser_may_ask_whether_it_may_ask(self, till: Counter) -> None:
        said = till.sent("OPTIONS", PATH)
        assert (said.status, said.body) == (204, b"")
        assert said.headers[b"access-control-allow-origin"] == b"*"
        assert b"authorization" in said.headers[b"access-control-allow-headers"]
        assert b"access-control-allow-credentials" not in said.headers

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", PATH, 405), ("POST", "/checkout/nothing", 404), ("POST", "/checkout/", 404), ("PUT", PATH, 405)],
    )
    def test_other_doors_are_closed(self, till: Counter, method: str, path: str, status: int) -> None:
        assert till.sent(method, path).status == status

    def test_one_checkout_and_one_shop_may_ask_so_much(
        self, live: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checkout, "BY_CHECKOUT", Limit(at_once=2, a_second=0))
        given = token(shop.domain)
        assert [live.at(PATH, shop, given=given).status for _ in range(3)] == [200, 200, 429]
        assert live.at(PATH, shop).status == 200
        monkeypatch.setattr(checkout, "BY_SHOP", Limit(at_once=1, a_second=0))
        assert [live.at(PATH, shop).status for _ in range(2)] == [200, 429]
        assert live.at(PATH, shop, given=given).status == 429
        assert live.at("/checkout/opt-out", shop, {"api": 1, "unit": UNIT}, given).status == 202

    def test_one_address_opts_out_a_few_times(self, live: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(opting_out, "BY_ADDRESS", Limit(at_once=1, a_second=0))

        def opts_out(address: bytes) -> int:
            bearer = (b"authorization", f"Bearer {token(shop.domain)}".encode())
            body = json.dumps({"api": 1, "unit": UNIT}).encode()
            return live.sent("POST", "/checkout/opt-out", body, [bearer, (b"x-forwarded-for", address)]).status

        addresses = (b"198.51.100.1", b"6.6.6.6, 198.51.100.1", b"198.51.100.2")
        assert [opts_out(address) for address in addresses] == [202, 429, 202]

    def test_a_large_body_is_not_read(self, live: Counter, shop: Shop) -> None:
        assert live.at(PATH, shop, b" " * (told.LARGEST + 1)).status == 413

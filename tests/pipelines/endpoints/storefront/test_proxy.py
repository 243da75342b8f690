"""What comes through the app proxy is answered for the shop that signed it, for a moment; all else leaves nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.conf import settings as project
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from pipelines.endpoints import appending
from pipelines.endpoints.answering import opting_out, passes
from pipelines.endpoints.answering.door import Refused
from pipelines.endpoints.storefront import proxy
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.operating import switches
from pipelines.models import Deployment, Exposure, HoldOutSight, OptOut, PredictionLog, Release, Shop
from pipelines.shopify.hmac import proxy_signature
from pipelines.stats import assignment
from pipelines.strategies import Step
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Till
from tests import exposing, holding_out
from tests.exposing import SLUG
from tests.loops import run
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.answering.answering_use_case import SAFE
from tests.pipelines.endpoints.answering.asking import Door, Said, a_canary, runs

pytestmark = pytest.mark.django_db(transaction=True)
answering = asking.door
VISITOR = "7d0f6f0e-1f57-4a7c-9d55-0f5b2b1b9a01"
Pairs = list[tuple[str, str]]
Headers = Sequence[tuple[bytes, bytes]]


class Storefront:
    """Asks as Shopify's proxy does: signed, with the shop and the time."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def get(self, shop: Shop, /, **told: Any) -> Said:
        return self.send(signed(pairs_of(shop, **told)))

    def post(self, shop: Shop, /, **told: Any) -> Said:
        return self.send(signed(pairs_of(shop, **told)), "POST")

    def send(self, pairs: Pairs, method: str = "GET", use_case: str = SLUG, headers: Headers = ()) -> Said:
        return self.send_raw(urlencode(pairs, errors="surrogatepass").encode(), method, use_case, headers)

    def send_raw(self, query: bytes, method: str = "GET", use_case: str = SLUG, headers: Headers = ()) -> Said:
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        async def receive() -> Any:
            raise AssertionError("nothing of a body is read")

        scope = {"method": method, "path": f"/proxy/{use_case}", "query_string": query, "headers": [*headers]}
        run(proxy.door(scope, receive, send))
        return Said(said[0]["status"], said[1]["body"], dict(said[0]["headers"]))


def pairs_of(shop: Any, /, **told: Any) -> Pairs:
    facts = {
        "unit": VISITOR,
        "shop": getattr(shop, "domain", shop),
        "logged_in_customer_id": "",
        "path_prefix": "/apps/x",
    }
    return [*(facts | {"timestamp": str(int(timezone.now().timestamp()))} | told).items()]


def signed(pairs: Pairs, secret: str = "") -> Pairs:
    return [*pairs, ("signature", proxy_signature(pairs, secret or project.SHOPIFY_API_SECRET))]


@pytest.fixture
def storefront(answering: Door, monkeypatch: pytest.MonkeyPatch) -> Storefront:
    monkeypatch.setattr(proxy, "memory", lambda: answering.memory)
    return Storefront(answering)


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


@pytest.fixture
def nothing_written(answering: Door) -> Iterator[None]:
    yield
    answering.written()
    assert not PredictionLog.objects.exists() and not Exposure.objects.exists()


class TestReading:
    """A query is read as urllib reads it, whatever it holds."""

    @given(
        st.lists(
            st.one_of(
                st.sampled_from([b"&", b"=", b"%", b"+", b"%C3%A9", b"%FF", b"%2", b"%zz", b"%26", b";"]),
                st.binary(max_size=3),
            ),
            max_size=60,
        ).map(b"".join)
    )
    def test_as_urllib_does(self, query: bytes) -> None:
        assert self.read(query) == self.as_urllib(query)

    @pytest.mark.parametrize("parts", [proxy.MOST, proxy.MOST + 1])
    def test_up_to_as_many_parts(self, parts: int) -> None:
        query = b"&".join([b"a=1"] * parts)
        assert self.read(query) == self.as_urllib(query)

    def read(self, query: bytes) -> Pairs | None:
        try:
            return proxy.parameters(query)
        except Refused as refused:
            assert refused.status == 400
            return None

    def as_urllib(self, query: bytes) -> Pairs | None:
        try:
            text = query.decode("ascii")
            return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=proxy.MOST)
        except ValueError:
            return None


class TestAssigning:
    def test_a_visitor_gets_a_pass_that_our_other_door_takes(
        self, storefront: Storefront, answering: Door, shop: Shop, nothing_written: None
    ) -> None:
        runs(shop)
        answering.warm(shop)
        said = storefront.get(shop)
        assert said.status == 200 and said.told["unit"] == assignment.digest(VISITOR).hex()
        assert passes.unit_of(said.told["pass"], shop.domain, SLUG, timezone.now()) == VISITOR
        assert said.headers[b"cache-control"] == b"no-store"

    def test_it_says_which_arm_and_always_the_same(
        self, storefront: Storefront, answering: Door, shop: Shop, nothing_written: None
    ) -> None:
        release = a_canary(shop)
        answering.warm(shop)
        there = exposing.pointer(shop)
        for number in range(20):
            unit = f"visitor-{number}"
            arm = assignment.arm(assignment.bucket(release.seed, assignment.digest(unit).hex()), there.weight / 100)
            arms = {storefront.get(shop, unit=unit).told["arm"] for _ in range(2)}
            assert arms == {"stable" if arm == "between" else arm}

    def test_a_question_is_answered_as_the_other_door_answers_it(
        self, storefront: Storefront, answering: Door, shop: Shop
    ) -> None:
        runs(shop)
        answering.warm(shop)
        question = {"page": "cart", "seen": [1, 2]}
        said = storefront.get(shop, question=json.dumps(question))
        told = {name: value for name, value in said.told.items() if name not in ("pass", "until")}
        assert told == answering.ask(shop, VISITOR, question).told

    @pytest.mark.parametrize(
        "question", ["", "{", "[]", "1", '{"a": 1e400}', json.dumps({"a": list(range(600))}), "\ud800"]
    )
    def test_what_is_no_small_question_is_refused(
        self, storefront: Storefront, shop: Shop, question: str, nothing_written: None
    ) -> None:
        assert storefront.get(shop, question=question).status == 400

    def test_an_empty_cart_and_one_of_500_lines_are_questions(
        self, storefront: Storefront, answering: Door, shop: Shop
    ) -> None:
        runs(shop)
        answering.warm(shop)
        for lines, status in (([], 200), ([1] * 400, 200), ([1] * 500, 400)):
            assert storefront.get(shop, question=json.dumps({"cart": lines})).status == status


class TestShowing:
    def told(self, shop: Shop, release: Release, unit: str) -> dict[str, str]:
        bucket = assignment.bucket(release.seed, assignment.digest(unit).hex())
        arm = assignment.arm(bucket, exposing.pointer(shop).weight / 100)
        return {"unit": unit, "seed": release.seed, "shown": "new" if arm == "canary" else "live"}

    def test_what_a_block_showed_is_written_once_as_what_we_would_have_shown(
        self, storefront: Storefront, answering: Door, shop: Shop
    ) -> None:
        release = a_canary(shop)
        answering.warm(shop)
        told = [self.told(shop, release, f"visitor-{number}") for number in range(20)]
        for each in [*told, *told]:
            assert storefront.post(shop, **each).status == 202
        answering.written()
        rows = {bytes(unit): arm for unit, arm in Exposure.objects.values_list("unit", "arm")}
        assert {unit: "new" if arm == "canary" else "live" for unit, arm in rows.items()} == {
            assignment.digest(each["unit"]): each["shown"] for each in told
        }
        assert set(PredictionLog.objects.values_list("outcome", flat=True)) == {"answered"}

    @pytest.mark.parametrize(
        "changes", [{"shown": "other"}, {"seed": "of another release"}, {"seed": ""}, {"shown": ""}]
    )
    def test_what_we_would_not_have_shown_is_not_believed(
        self, storefront: Storefront, answering: Door, shop: Shop, changes: dict[str, str], nothing_written: None
    ) -> None:
        release = a_canary(shop)
        answering.warm(shop)
        told = self.told(shop, release, VISITOR)
        if changes.get("shown") == "other":
            changes = {"shown": "live" if told["shown"] == "new" else "new"}
        assert storefront.post(shop, **told | changes).status == 409

    def test_who_runs_alongside_is_asked_beside_what_was_shown(
        self, storefront: Storefront, answering: Door, shop: Shop
    ) -> None:
        """A storefront that shows lists by itself asks nothing: a new version would never be heard of."""
        release = a_canary(shop)
        steps = [Step("alongside", mirrors=True).as_dict(), Step("all", weight=100).as_dict()]
        Release.objects.filter(pk=release.pk).update(phase="shadow", steps=steps, step=0, weight=0)
        Deployment.objects.update(canary=None)
        answering.warm(shop)
        for number in range(5):
            assert storefront.post(shop, unit=f"visitor-{number}", shown="live").status == 202
        answering.written()
        unseen = PredictionLog.objects.filter(is_shown=False)
        assert set(unseen.values_list("version_id", "arm", "release_id")) == {
            (release.version_id, "canary", release.pk)
        }
        assert unseen.count() == 5 == PredictionLog.objects.filter(is_shown=True, outcome="answered").count()

    def test_before_the_first_look_nothing_is_believed(
        self, storefront: Storefront, shop: Shop, nothing_written: None
    ) -> None:
        assert storefront.post(shop, seed="", shown="live").status == 503


class TestHoldingOut:
    """Half of the visitors see a new list, and one in five none at all."""

    @pytest.fixture
    def release(self, answering: Door, shop: Shop) -> Release:
        release = a_canary(shop)
        holding_out.a_hold_out(shop, 20)
        answering.warm(shop)
        return release

    def told(self, shop: Shop, unit: str, **changes: str) -> dict[str, str]:
        """Say what a block says of a visitor."""
        there = exposing.pointer(shop)
        arm = exposures.assign(there, unit, at=timezone.now()).arm
        shown = {"canary": "new", "held_out": "nothing"}.get(arm, "live")
        facts = {"unit": unit, "seed": there.seed, "shown": shown, "hold_out": "20", "hold_out_seed": "hold-out"}
        return facts | changes

    def held_out(self, shop: Shop) -> str:
        units = (f"visitor-{number}" for number in range(100))
        return next(unit for unit in units if self.told(shop, unit)["shown"] == "nothing")

    def test_who_is_shown_nothing_is_written_down_as_everybody_else_and_compared_by_no_release(
        self, storefront: Storefront, answering: Door, shop: Shop, release: Release
    ) -> None:
        told = [self.told(shop, f"visitor-{number}") for number in range(40)]
        assert {each["shown"] for each in told} == {"new", "live", "nothing"}
        for each in [*told, *told]:
            assert storefront.post(shop, **each).status == 202
        answering.written()
        rows = {bytes(unit): is_out for unit, is_out in HoldOutSight.objects.values_list("unit", "is_held_out")}
        assert rows == {assignment.digest(each["unit"]): each["shown"] == "nothing" for each in told}
        seen = {unit for unit, is_out in rows.items() if not is_out}
        for table in (Exposure, PredictionLog):
            assert {bytes(unit) for unit in table.objects.values_list("unit", flat=True)} == seen

    @pytest.mark.parametrize(
        "changes",
        [
            {"shown": "live"},
            {"shown": "new"},
            {"shown": "NOTHING"},
            {"hold_out_seed": "forged"},
            {"hold_out_seed": ""},
            {"hold_out": "5"},
            {"hold_out": "20.0"},
            {"hold_out": ""},
            {"seed": "of another release"},
        ],
    )
    def test_what_is_held_out_and_says_otherwise_is_not_believed(
        self,
        storefront: Storefront,
        answering: Door,
        shop: Shop,
        release: Release,
        changes: dict[str, str],
        nothing_written: None,
    ) -> None:
        told = self.told(shop, self.held_out(shop), **changes)
        assert storefront.post(shop, **told).status == 409
        answering.written()
        assert not HoldOutSight.objects.exists()

    def test_who_is_not_held_out_cannot_say_so(
        self, storefront: Storefront, answering: Door, shop: Shop, release: Release, nothing_written: None
    ) -> None:
        units = [f"visitor-{number}" for number in range(20)]
        told = [self.told(shop, unit) for unit in units]
        for each in told:
            if each["shown"] != "nothing":
                assert storefront.post(shop, **each | {"shown": "nothing"}).status == 409
        answering.written()
        assert not HoldOutSight.objects.exists()

    def test_a_page_of_the_share_before_is_believed_of_nobody_in_either_arm(
        self, storefront: Storefront, answering: Door, shop: Shop, nothing_written: None
    ) -> None:
        row = holding_out.a_hold_out(shop, 5)
        holding_out.a_share(row, 20, timezone.now())
        runs(shop)
        answering.warm(shop)
        units = [f"visitor-{number}" for number in range(60)]
        before = {unit: assignment.holds_out(row.seed, assignment.digest(unit).hex(), 0.05) for unit in units}
        assert {*before.values()} == {True, False}
        for unit, is_out in before.items():
            shown = "nothing" if is_out else "live"
            told = self.told(shop, unit) | {"seed": "", "hold_out": "5", "shown": shown}
            assert storefront.post(shop, **told).status == 409
        answering.written()
        assert not HoldOutSight.objects.exists()

    def test_a_page_that_knows_no_hold_out_is_believed_where_there_is_none(
        self, storefront: Storefront, answering: Door, shop: Shop
    ) -> None:
        holding_out.a_hold_out(shop, 0)
        runs(shop)
        answering.warm(shop)
        for told, status in (({"hold_out": "0", "hold_out_seed": ""}, 202), ({"hold_out": "5"}, 409)):
            assert storefront.post(shop, seed="", shown="live", **told).status == status
        answering.written()
        assert not HoldOutSight.objects.exists() and PredictionLog.objects.count() == 1

    def test_a_question_of_who_is_held_out_has_the_safe_default(
        self, storefront: Storefront, answering: Door, shop: Shop, release: Release, nothing_written: None
    ) -> None:
        unit = self.held_out(shop)
        assert storefront.get(shop, unit=unit).told["arm"] == "held_out"
        said = storefront.get(shop, unit=unit, question="{}").told
        assert (said["answer"], said["arm"], said["outcome"]) == (SAFE, "held_out", "fallback")
        answering.written()
        assert HoldOutSight.objects.get().is_held_out


class TestOptingOut:
    def test_who_opts_out_is_remembered_by_the_digest(
        self, answering: Door, storefront: Storefront, shop: Shop
    ) -> None:
        answering.warm(shop)
        assert storefront.send(signed(pairs_of(shop)), "POST", "opt-out").status == 202
        assert answering.memory.opted_out == {(shop.domain, assignment.digest(VISITOR))}
        answering.written()
        assert bytes(OptOut.objects.get(shop=shop).unit) == assignment.digest(VISITOR)

    def test_it_is_heard_where_all_else_is_switched_off(
        self, answering: Door, storefront: Storefront, shop: Shop
    ) -> None:
        switches.turn(shop, switches.PROXY, is_on=False, by="operator:ada")
        answering.memory.look()
        assert storefront.get(shop).status == storefront.post(shop).status == 404
        pairs = signed(pairs_of(shop))
        assert storefront.send(pairs, "POST", "opt-out").status == 202

    def test_only_a_signed_post_does_so(self, answering: Door, storefront: Storefront, shop: Shop) -> None:
        answering.warm(shop)
        assert storefront.send(signed(pairs_of(shop)), "GET", "opt-out").status == 405
        assert storefront.send(pairs_of(shop), "POST", "opt-out").status == 401
        assert not answering.memory.opted_out

    def test_what_we_ask_ourselves_answers_nobody(
        self, answering: Door, storefront: Storefront, shop: Shop, nothing_written: None
    ) -> None:
        runs(shop)
        answering.warm(shop)
        for changes in ({"till": Till("there")}, {"asks": "moments"}):
            with USE_CASES.also(dataclasses.replace(USE_CASES[SLUG], **changes)):
                assert storefront.get(shop).status == storefront.get(shop, question="{}").status == 404
                assert storefront.post(shop, seed="", shown="live").status == answering.ask(shop).status == 404

    def opts_out(self, storefront: Storefront, shop: Shop, number: int, forwarded: str = "") -> int:
        pairs = signed(pairs_of(shop, unit=f"visitor-{number}"))
        headers = [(b"x-forwarded-for", forwarded.encode())]
        return storefront.send(pairs, "POST", "opt-out", headers).status

    def test_units_that_somebody_makes_up_fill_nothing(
        self, answering: Door, storefront: Storefront, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answering.warm(shop)
        for name, most in (("BY_SHOP", 4), ("BY_ADDRESS", 2)):
            monkeypatch.setattr(opting_out, name, Limit(most, 0))
        one, other = "198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9"
        assert [self.opts_out(storefront, shop, number, one) for number in range(3)] == [202, 202, 429]
        assert self.opts_out(storefront, shop, 3, other) == 202
        assert self.opts_out(storefront, shop, 4, other) == 202
        assert self.opts_out(storefront, shop, 5, "198.51.100.3, 203.0.113.9") == 429
        assert len(answering.memory.opted_out) == 4

    @pytest.mark.parametrize("forwarded", ["", "203.0.113.9"])
    def test_where_shopify_names_nobody_its_own_machine_is_no_sender(
        self, answering: Door, storefront: Storefront, shop: Shop, monkeypatch: pytest.MonkeyPatch, forwarded: str
    ) -> None:
        answering.warm(shop)
        monkeypatch.setattr(opting_out, "BY_ADDRESS", Limit(1, 0))
        assert [self.opts_out(storefront, shop, number, forwarded) for number in range(3)] == [202] * 3

    def test_two_a_second_is_what_a_shop_takes(self) -> None:
        assert (opting_out.BY_SHOP.a_second, opting_out.BY_ADDRESS.at_once) == (2, 5)

    def test_whatever_else_is_asked_keeps_nobody_from_it(
        self, answering: Door, storefront: Storefront, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runs(shop)
        answering.warm(shop)
        monkeypatch.setattr(proxy, "BY_SHOP", Limit(0, 0))
        assert storefront.get(shop).status == 429 and self.opts_out(storefront, shop, 1) == 202

    def test_what_cannot_be_kept_is_not_said_to_be(
        self, answering: Door, storefront: Storefront, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answering.warm(shop)
        monkeypatch.setattr(appending, "ROOM", 0)
        assert self.opts_out(storefront, shop, 1) == 503 and not answering.memory.opted_out


class TestRefusing:
    @pytest.fixture(autouse=True)
    def warm(self, answering: Door, shop: Shop) -> None:
        runs(shop)
        answering.warm(shop)

    @pytest.mark.parametrize("signature", ["", "AAAA", "é", "\ud800", "0" * 64, "x" * 5000])
    def test_a_forged_signature_is_refused(
        self, storefront: Storefront, shop: Shop, signature: str, nothing_written: None
    ) -> None:
        said = storefront.send([*pairs_of(shop, question="{}"), ("signature", signature)])
        assert said.status in (400, 401)

    def test_an_unsigned_request_is_refused(self, storefront: Storefront, shop: Shop, nothing_written: None) -> None:
        assert storefront.send(pairs_of(shop)).status == 401

    @pytest.mark.parametrize("name", ["unit", "shop", "timestamp", "logged_in_customer_id", "path_prefix"])
    def test_a_changed_parameter_is_refused(
        self, storefront: Storefront, shop: Shop, name: str, nothing_written: None
    ) -> None:
        pairs = [(key, value + "1" if key == name else value) for key, value in signed(pairs_of(shop))]
        assert storefront.send(pairs).status == 401

    @pytest.mark.parametrize("secret", ["another secret", "old"])
    def test_the_old_secret_counts_while_a_rotation_lasts(
        self, storefront: Storefront, shop: Shop, settings: Any, secret: str
    ) -> None:
        settings.SHOPIFY_API_SECRET_OLD = "old"
        assert storefront.send(signed(pairs_of(shop), secret)).status == (200 if secret == "old" else 401)

    @pytest.mark.parametrize("age", [91, 3600, -91, -3600])
    def test_an_old_request_and_one_from_the_future_are_refused(
        self, storefront: Storefront, shop: Shop, age: int, nothing_written: None
    ) -> None:
        at = timezone.now() - timedelta(seconds=age + (1 if age > 0 else -1))
        assert storefront.get(shop, timestamp=str(int(at.timestamp()))).status == 401

    @pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "9" * 30, "١٢٣"])
    def test_a_time_that_is_none_is_refused(
        self, storefront: Storefront, shop: Shop, stamp: str, nothing_written: None
    ) -> None:
        assert storefront.get(shop, timestamp=stamp).status == 401

    @pytest.mark.parametrize("name", ["shop", "timestamp", "signature", "path_prefix", "logged_in_customer_id"])
    def test_a_parameter_of_shopifys_may_stand_there_once(
        self, storefront: Storefront, shop: Shop, name: str, nothing_written: None
    ) -> None:
        pairs = signed(pairs_of(shop))
        assert storefront.send([*pairs, (name, dict(pairs)[name])]).status == 400

    @pytest.mark.parametrize("query", [b"\xff", b"%FF=1", b"a=1&" * 51, b"x" * 17_000])
    def test_a_query_that_cannot_be_read_is_refused(
        self, storefront: Storefront, query: bytes, nothing_written: None
    ) -> None:
        assert storefront.send_raw(query).status in (400, 414)

    @pytest.mark.parametrize("domain", ["nobody.myshopify.com", "example.com", "", "evil.com/.myshopify.com"])
    def test_a_shop_that_we_do_not_know_is_refused(
        self, storefront: Storefront, domain: str, nothing_written: None
    ) -> None:
        assert storefront.get(domain, question="{}").status == (404 if domain == "nobody.myshopify.com" else 401)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_shop_that_left_is_refused(
        self, storefront: Storefront, answering: Door, shop: Shop, method: str, nothing_written: None
    ) -> None:
        Shop.objects.filter(pk=shop.pk).update(uninstalled_at=timezone.now())
        answering.memory.look()
        assert getattr(storefront, method)(shop, seed="", shown="live").status == 404

    @pytest.mark.parametrize("unit", ["", "short", "ann@example.com", "x" * 65])
    def test_a_unit_that_is_none_is_refused(
        self, storefront: Storefront, shop: Shop, unit: str, nothing_written: None
    ) -> None:
        assert storefront.get(shop, unit=unit).status == 400

    @pytest.mark.parametrize(
        ("use_case", "method", "status"), [("nobody", "GET", 404), ("a/b", "GET", 404), (SLUG, "PUT", 405)]
    )
    def test_only_what_is_there_answers(
        self, storefront: Storefront, shop: Shop, use_case: str, method: str, status: int
    ) -> None:
        assert storefront.send(signed(pairs_of(shop)), method, use_case).status == status

    def test_a_family_that_answers_nothing_answers_nothing_here(
        self, storefront: Storefront, answering: Door, shop: Shop, nothing_written: None
    ) -> None:
        with USE_CASES.also(exposing.SHOWN):
            answering.memory.look()
            assert storefront.get(shop).status == 200
            assert storefront.get(shop, question="{}").status == 404

    def test_one_shop_may_ask_so_much(
        self, storefront: Storefront, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(proxy, "BY_SHOP", Limit(2, 1, clock=lambda: 0.0))
        assert [storefront.get(shop).status for _ in range(3)] == [200, 200, 429]

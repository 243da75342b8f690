"""A merchant defines an offer, starts it, watches it, and stops it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.usecases.offers.queries import shown
from pipelines.lifecycle.alerts import board
from pipelines.models import Alert, Deployment, HoldOut, LifecycleEvent, Measurement, Shop, ShopSettings
from pipelines.models.usecases.offers import Offer, saying
from tests import histories
from tests.dashboard import offering_now
from tests.dashboard.offering_now import an_offer
from tests.dashboard.views.test_plain_words import jargon
from tests.holding_out import a_share
from tests.identities import COLLEAGUE, OTHER_SHOP

HERE, NEW = "/conversion", "/offers/new"
FREE = {"name": "Free delivery", "kind": "free_shipping", "threshold": "80", "cost": "4.50"}


def chosen(shop) -> None:
    """Let a version choose among offers."""
    version = histories.a_version(shop, use_case="offers")
    Deployment.objects.filter(pk=Deployment.of(shop, "offers").pk).update(active=version)


def compared(shop, value, low, high) -> None:
    """Let so much be sold more to who could see an offer, from the 2nd to the 20th of November 2026."""
    arm = {"units": 5000, "orders": 200, "per_thousand": None}
    figures = {
        "first_day": "2026-11-02", "last_day": "2026-11-20", "arms": {"held_out": arm, "shown": arm},
        "orders": None, "sales": {"value": value, "low": low, "high": high, "mark": "proven"},
    }  # fmt: skip
    now = timezone.now()
    row = HoldOut.objects.create(shop=shop, use_case="offers", made_at=now, counted_until=now, figures=figures)
    a_share(row, 10, now)


def told(see, **query) -> str:
    text = see(HERE, **query).content.decode()
    return text[text.index('id="at-checkout"') :]


class TestDefiningOne:
    def test_keeps_what_was_typed_as_a_draft(self, shop, send):
        fields = FREE | {
            "value_from": "60", "value_to": "80", "shoppers": "new", "first_day": "2026-12-01",
            "last_day": "2026-12-24", "percent": "2.5", "floor": "8", "budget": "3000", "weekly_cap": "500",
        }  # fmt: skip
        text = send(NEW, fields).content.decode()
        assert "Saved as a draft" in text and "Draft" in text
        row = Offer.objects.get()
        assert (row.threshold_minor, row.cost_minor, row.margin_floor_minor, row.budget_minor) == (
            8000,
            450,
            800,
            300_000,
        )
        assert row.for_whom == {"value_from": 6000, "value_to": 8000, "shoppers": "new"}
        assert (row.starts_at.isoformat(), row.ends_at.isoformat()) == (
            "2026-12-01T00:00:00+00:00",
            "2026-12-25T00:00:00+00:00",
        )
        assert (row.weekly_cap, row.state, str(row.cost_percent)) == (500, "draft", "2.50")
        assert LifecycleEvent.objects.filter(kind="offer.set").exists()

    def test_is_shown_as_it_was_typed(self, shop, send, see):
        send(NEW, FREE | {"last_day": "2026-12-24", "percent": "2.5"})
        text = see(f"/offers/{Offer.objects.get().pk}").content.decode()
        for words in (
            'value="80.00"',
            'value="4.50"',
            'value="2026-12-24"',
            'value="2.5"',
            '<s-page heading="Free delivery"',
        ):
            assert words in text, words

    def test_takes_a_product_by_title_or_sku(self, shop, send):
        send(NEW, {"name": "One more", "kind": "product", "product": "SKU-4"})
        assert Offer.objects.get().product_id == 100_004

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"name": ""}, "1 field needs another value"),
            ({"kind": "code", "code": ""}, "names the code as it is in Shopify"),
            ({"threshold": ""}, "given from a cart value on"),
            ({"cost": ""}, "Say what this offer costs you"),
            ({"kind": "product", "product": "nothing of ours"}, "No product is called"),
            ({"kind": "product", "product": "Moss Beanie"}, "Several products are called"),
            ({"value_from": "80", "value_to": "60"}, "not below its lowest"),
            ({"first_day": "2026-12-24", "last_day": "2026-12-01"}, "ends after it begins"),
            ({"cost": "-3"}, "1 field needs another value"),
            ({"percent": "101"}, "1 field needs another value"),
            ({"budget": "1e99"}, "1 field needs another value"),
            ({"weekly_cap": "0"}, "1 field needs another value"),
            ({"kind": "gift"}, "1 field needs another value"),
        ],
        ids=str,
    )
    def test_that_cannot_be_is_refused_in_words_and_what_was_typed_stays(self, shop, send, fields, why):
        answer = send(NEW, FREE | {"message": "Kept as typed"} | fields)
        text = answer.content.decode()
        assert answer.status_code == 422 and "Nothing was saved" in text and why in text and "Kept as typed" in text
        assert not Offer.objects.exists()

    def test_of_two_people_at_once_only_the_first_counts(self, shop, send):
        revision = ShopSettings.objects.get(shop=shop).revision
        send(NEW, FREE | {"revision": revision})
        text = send(NEW, FREE | {"name": "Another", "revision": revision}, sub=COLLEAGUE).content.decode()
        assert "changed since you opened the page" in text and Offer.objects.count() == 1

    def test_says_before_the_start_how_many_shoppers_a_result_takes(self, shop, see):
        text = see(NEW).content.decode()
        assert "each is shown to 12,900 where 3 of 100 accept or 3,600 where 10 of 100 accept" in text

    def test_another_shop_sees_and_changes_nothing(self, shop, another_shop, see, send):
        row = an_offer(shop)
        assert see(f"/offers/{row.pk}", domain=OTHER_SHOP).status_code == 404
        assert send(f"/offers/{row.pk}", FREE, domain=OTHER_SHOP).status_code == 404
        assert send(f"/offers/{row.pk}/switch", {"is_live": "0"}, domain=OTHER_SHOP).status_code == 404
        assert "Free delivery" not in see(HERE, domain=OTHER_SHOP).content.decode()


class TestStartingAndStopping:
    def test_is_one_click_each(self, shop, send):
        row = an_offer(shop, state="draft")
        assert "Started." in send(f"/offers/{row.pk}/switch", {"is_live": "1"}).content.decode()
        assert Offer.objects.get().state == "live"
        assert "Stopped." in send(f"/offers/{row.pk}/switch", {"is_live": "0"}).content.decode()
        assert Offer.objects.get().state == "stopped"

    def test_one_too_many_is_refused_in_words(self, shop, send):
        row = an_offer(shop, state="stopped")
        for number in range(saying.MOST_OFFERS):
            an_offer(shop, f"Offer {number}", state="draft")
        assert "stop one first" in send(f"/offers/{row.pk}/switch", {"is_live": "1"}).content.decode()
        row.refresh_from_db()
        assert row.state == "stopped"

    @pytest.mark.parametrize("fields", [{"is_live": "1", "revision": 77}, {"is_live": "perhaps"}, {}])
    def test_a_stale_page_or_an_odd_wish_changes_nothing(self, shop, send, fields):
        row = an_offer(shop, state="draft")
        send(f"/offers/{row.pk}/switch", fields)
        assert Offer.objects.get().state == "draft"


class TestTheTable:
    def test_says_what_was_shown_accepted_spent_and_is_left(self, shop, see):
        offering_now.several(shop)
        text = told(see)
        for words in (
            "3,460", "401", "11.6\xa0%", "£1,316", "of £3,000", "Carts of £60 to £80 · margin at least £8",
            "code BASE10", "we cannot know whether the code still works", "Code not checked", "£2,770", "Draft",
        ):  # fmt: skip
            assert words in text, words
        assert text.index("Free delivery from") < text.index("Free gift wrap")

    def test_says_what_went_over_a_budget(self, shop, see):
        an_offer(shop, spent=31_200, budget_minor=30_000)
        text = told(see)
        assert "£12 over" in text and "Budget used" in text

    def test_calls_nothing_added_before_both_groups_have_orders(self, shop, see):
        offering_now.several(shop)
        text = told(see)
        assert "Too early to say" in text and "0 of about 30 orders of shoppers who are shown nothing" in text

    @pytest.mark.parametrize(
        ("value", "low", "high", "times", "said"),
        [
            (50.0, 20.0, 80.0, 1, ["Proven", "£600 more", "between £240 and £960 more"]),
            (-50.0, -80.0, -20.0, 1, ["Costs you", "£600 less", "between £240 and £960 less"]),
            (10.0, -20.0, 40.0, 9, ["Not proven", "£120 more", "proof takes about 9 times as many"]),
            (None, None, None, None, ["Too early to say"]),
        ],
    )
    def test_says_of_each_offer_what_it_added_alone(self, shop, see, value, low, high, times, said):
        offer = an_offer(shop, shown=1300)
        alone = {"counts": {"shown": 1200, "beside": 400}, "value": value, "low": low, "high": high, "times": times}
        histories.a_version(shop, use_case="offers", metrics={"offers": [{"offer": offer.pk, "added": alone}]})
        line = re.search(r"<s-table-body>\s*<s-table-row>.*?</s-table-row>", told(see), re.DOTALL)[0]
        for words in (*said, "1,200 shown it, 400 shown none, to "):
            assert words in line, words

    def test_says_nothing_of_what_an_offer_added_on_other_terms(self, shop, see):
        offer = an_offer(shop, shown=1300)
        alone = {"counts": {"shown": 1200, "beside": 400}, "value": 50.0, "low": 20.0, "high": 80.0, "times": 1}
        version = histories.a_version(
            shop, use_case="offers", metrics={"offers": [{"offer": offer.pk, "added": alone}]}
        )
        for hours, words in ((-1, "1,200 shown it, 400 shown none"), (1, "counted anew")):
            Offer.objects.update(terms_at=version.created_at + timedelta(hours=hours))
            line = re.search(r"<s-table-body>\s*<s-table-row>.*?</s-table-row>", told(see), re.DOTALL)[0]
            assert words in line and ("Proven" in line) == (hours < 0)

    def test_says_that_nobody_is_counted_yet_without_two_zeros(self, shop, see):
        alone = {"counts": {"shown": 0, "beside": 0}, "value": None, "low": None, "high": None, "times": None}
        counted = {"offers": [{"offer": an_offer(shop).pk, "added": alone}]}
        histories.a_version(shop, use_case="offers", metrics=counted)
        assert "no shopper counted, to " in told(see) and "0 shown" not in told(see)

    @pytest.mark.parametrize(
        ("sales", "mark", "words"),
        [
            ((900_000, 700_000, 1_100_000), "Offers add profit", "£3,600 more"),
            ((20_000, -90_000, 130_000), "Offers cost profit", "£800 less"),
            ((200_000, -100_000, 500_000), "Not proven", "£100 more"),
        ],
    )
    def test_added_profit_is_of_the_hold_out_alone_after_what_was_spent(self, shop, see, sales, mark, words):
        offer = an_offer(shop, shown=100, accepted=20, spent=90_000)
        offering_now.spent(offer, 90_000, datetime(2026, 11, 2, tzinfo=UTC))
        value, low, high = sales
        compared(shop, value, low, high)
        text = told(see)
        assert mark in text and words in text and "at your usual margin of 50\xa0%" in text

    def test_what_a_code_gave_is_taken_off_once(self, shop, see):
        ShopSettings.objects.filter(shop=shop).update(cost_share=0.25)
        day = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
        offering_now.spent(an_offer(shop, kind="code", code="TEN", shown=100), 80_000, day)
        compared(shop, 900_000, 800_000, 1_000_000)  # 75 % of it is margin, and a quarter of the code's cost is not off
        assert "£6,550 more" in told(see)

    def test_what_was_given_on_other_days_is_not_compared(self, shop, see):
        offer = an_offer(shop, shown=100, spent=500_000)
        for moment in (datetime(2026, 11, 1, 23, 59, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)):
            offering_now.spent(offer, 200_000, moment)
        offering_now.spent(offer, 100_000, datetime(2026, 11, 9, tzinfo=UTC), state="released")
        compared(shop, 900_000, 800_000, 1_000_000)
        text = told(see)
        assert "£4,500 more" in text and "£5,000<span" in text

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"kind": "code", "code": "X", "code_state": "deleted"}, "Code deleted"),
            ({"kind": "code", "code": "X", "code_state": "nobody"}, "Code reaches nobody"),
            ({"kind": "code", "code": "X", "code_state": "some"}, "Code for some"),
            ({"budget_minor": 500, "spent": 500}, "Budget used"),
            ({"state": "stopped"}, "Stopped"),
            ({"ends_at": timezone.now() - timedelta(days=1)}, "Ended"),
            ({"starts_at": timezone.now() + timedelta(days=9)}, "Begins later"),
            ({}, "Waits"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_says_in_a_word_what_keeps_it_from_shoppers(self, shop, see, changes, word):
        an_offer(shop, **changes)
        assert f">{word}</s-badge>" in told(see)

    def test_runs_where_a_version_chooses(self, shop, see):
        an_offer(shop)
        chosen(shop)
        assert ">Runs</s-badge>" in told(see)

    def test_only_those_that_nothing_keeps_from_shoppers_are_said_to_run(self, shop):
        now = timezone.now()
        an_offer(shop, "Ended", ends_at=now - timedelta(days=1))
        an_offer(shop, "Later", starts_at=now + timedelta(days=1))
        an_offer(shop, "Used up", budget_minor=500, spent=500)
        an_offer(shop, "Lost", kind="code", code="X", code_state="deleted")
        assert shown.state_of(shown.offers(shop, now)) == "No offer runs."
        an_offer(shop, "Runs")
        an_offer(shop, "For some", kind="code", code="Y", code_state="some")
        assert shown.state_of(shown.offers(shop, now)) == "2 offers wait for a version that chooses."
        chosen(shop)
        assert shown.state_of(shown.offers(shop, now)) == "2 offers run; together not proven yet."

    @pytest.mark.parametrize(
        ("state", "sentence"),
        [
            ("deleted", "The code is not there any more in Shopify, so nobody is shown it."),
            ("nobody", "The code is active and reaches nobody, so nobody is shown it."),
        ],
    )
    def test_a_code_that_gives_nothing_is_named_among_what_is_missing(self, shop, see, state, sentence):
        an_offer(shop, kind="code", code="GONE", code_state=state)
        text = see(HERE).content.decode()
        assert f"{sentence} Change it in Shopify, or stop" in text and "/discounts" in text
        word = f">{shown.CODES[state].words}</s-badge>"
        assert text.count(word) == 2
        Offer.objects.update(budget_minor=0)
        assert see(HERE).content.decode().count(word) == 1, "its own row says that the budget is used"

    def test_nothing_is_explained_of_offers_before_there_is_one(self, shop, see):
        assert "so no budget is promised twice" not in told(see)
        an_offer(shop)
        assert "so no budget is promised twice" in told(see)

    def test_says_what_plan_and_permission_allow(self, shop, see):
        text = see(HERE).content.decode()
        assert "Not on your plan" in text and 'data-scopes="read_discounts"' in text
        Shop.objects.update(plan="Shopify Plus", scopes=["read_discounts"])
        text = see(HERE).content.decode()
        assert "Not on your plan" not in text and 'data-scopes="read_discounts"' not in text

    def test_a_hostile_name_is_a_text(self, shop, see):
        row = an_offer(shop, '"><script>alert(1)</script>{{ 7|add:7 }}', kind="code", code="<b>", code_state="deleted")
        for path in (HERE, f"/offers/{row.pk}"):
            text = see(path).content.decode()
            assert "<script>alert" not in text and "&lt;script&gt;" in text and "&lt;b&gt;" in text

    def test_asks_as_much_of_many_as_of_one(self, shop, see):
        an_offer(shop)
        with CaptureQueriesContext(connection) as one:
            see(HERE)
        for number in range(12):
            an_offer(shop, f"Offer {number}")
        with CaptureQueriesContext(connection) as many:
            see(HERE)
        assert len(one) == len(many)


class TestAnOfferThatCostsMoreThanItBrings:
    def found(self, shop, offer, **changes):
        now = timezone.now()
        figures = {"value": 51.4, "low": -23.0, "high": 17.2, "n": 120, "verdict": "costs"} | changes
        whose = {"use_case": "offers", "metric": "paying", "segment": str(offer.pk)}
        Measurement.objects.create(shop=shop, starts_at=now, ends_at=now, **whose, **figures)
        given = {"metric": "paying_given", "value": 149_200.0}
        Measurement.objects.create(shop=shop, starts_at=now, ends_at=now, **whose | given)

    def test_says_so_with_what_it_gave_and_the_one_thing_to_do(self, shop, see):
        chosen(shop)
        offer = an_offer(shop, "A fifth off", shown=185, accepted=73, spent=160_000)  # some of it is not judged yet
        self.found(shop, offer)
        page = see(HERE).content.decode()
        text = told(see)
        assert 'heading="“A fifth off” costs you more than it brings"' in text
        assert "It gave £1,492. To be worth that, 52 of the 120 orders" in text and "it is 17 at most" in text
        assert '<s-badge tone="critical">Costs you</s-badge>' in text and text.count("It gave") == 1
        assert f'commandfor="stop-{offer.pk}" command="--show">Stop A fifth off' in text
        assert "1 offer runs; 1 offer costs you more than you get." in page and jargon(page) == []
        assert "It has no budget that would stop it." in text
        assert f'href="/offers/{offer.pk}">Change what it gives' in text
        Offer.objects.update(budget_minor=300_000)
        assert "Nothing else stops it before its budget is gone." in told(see)

    def test_says_of_one_that_may_pay_what_it_takes(self, shop, see):
        offer = an_offer(shop, "Ten off", shown=185, accepted=73, spent=149_200)
        self.found(shop, offer, high=80.0, verdict="open")
        text = told(see)
        assert "Worth what it gave if 52 of the 120 orders" in text and "so far it is 0 to 80." in text
        assert "costs you more" not in text

    def test_is_silent_of_what_was_stopped_and_of_what_nobody_looked_at_lately(self, shop, see):
        stopped, old = (an_offer(shop, name, state=state) for name, state in (("A", "stopped"), ("B", "live")))
        self.found(shop, stopped)
        self.found(shop, old)
        Measurement.objects.filter(segment=str(old.pk)).update(starts_at=timezone.now() - timedelta(days=4))
        assert "costs you more" not in told(see)

    def test_its_alert_leads_to_where_it_is_stopped(self, shop, see):
        board.tell(
            shop, "costs:offers:1", title="It costs", next_step="Stop it.", use_case="offers", now=timezone.now()
        )
        for path in ("/", "/alerts"):
            page = see(path).content.decode()
            assert f'href="{HERE}">Stop an offer' in page, path

    def test_is_told_no_more_once_it_is_stopped(self, shop, send):
        offer = an_offer(shop, "A fifth off")
        board.tell(shop, f"costs:offers:{offer.pk}", title="It costs", next_step="Stop it.", now=timezone.now())
        send(f"/offers/{offer.pk}/switch", {"revision": shop.settings.revision, "is_live": "0"})
        assert Alert.objects.get().closed_at and Offer.objects.get().state == "stopped"

    @pytest.mark.parametrize(("typed", "is_anew"), [({"percent": "5"}, True), ({"budget": "9000"}, False)])
    def test_is_told_no_more_once_its_terms_are_others(self, shop, send, see, typed, is_anew):
        offer = an_offer(shop, cost_minor=450, threshold_minor=8000)
        self.found(shop, offer)
        board.tell(shop, f"costs:offers:{offer.pk}", title="It costs", next_step="Stop it.", now=timezone.now())
        said = send(f"/offers/{offer.pk}", FREE | typed).content.decode()
        assert ("counted anew from tomorrow on" in said) == is_anew
        assert bool(Alert.objects.get().closed_at) == is_anew == ("costs you more" not in told(see))

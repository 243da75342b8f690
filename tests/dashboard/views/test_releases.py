"""The decision: what the card shows, and what a yes, a no and a way back do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.releases import freezes, rollback
from pipelines.models import (
    Approval,
    Deployment,
    FreezeWindow,
    LifecycleEvent,
    ModelVersion,
    Order,
    Release,
    ShopSettings,
)
from pipelines.usecases import USE_CASES, demand_forecast
from tests.dashboard import moving, story
from tests.dashboard.views.test_access import said_to
from tests.identities import COLLEAGUE, OTHER_SHOP


@pytest.fixture
def card(shop) -> Release:
    return Release.objects.latest("pk")


class TestTheCard:
    def test_asks_in_money_with_its_range_and_what_it_binds_to(self, card, see):
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Use version 2 for all variants?" in page
        assert "£1,900 less" in page and "between £600 and £3,100 less" in page
        assert f"{card.evidence_digest[:4]}\u00a0{card.evidence_digest[4:8]}" in page
        assert "New products" in page and "Worst group" in page

    def test_has_parts_that_add_up(self, card, see):
        page = see(f"/releases/{card.pk}").content.decode()
        rows = [row.split("</td>")[1:4] for row in page.split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]]
        little, much, total = ([int("".join(filter(str.isdigit, cell))) for cell in row] for row in rows)
        assert [a + b for a, b in zip(little, much, strict=True)] == total

    def test_is_headed_not_proven_where_it_is_not(self, shop, see):
        from pipelines.lifecycle.releases import approval
        from pipelines.models import ModelVersion

        first = Release.objects.latest("pk")
        approval.reject(first, by="70001", reason="x", revision=first.revision)
        unproven = story.told(story.a_replay(40_000, -20_000, 90_000))
        card = story.histories.a_card(shop, state=ModelVersion.State.UNDECIDED, **unproven)
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Not proven. Use version 3 for all variants?" in page
        assert "the range includes zero" in page

    def test_gives_plotly_its_numbers_on_demand(self, card, see):
        assert see(f"/releases/{card.pk}/figure.json").json()["data"]


class TestAVersionThatCouldNotWait:
    def test_says_why_and_offers_to_lift_the_freeze_that_holds_it(self, shop, card, see, send):
        now = timezone.now()
        FreezeWindow.objects.create(shop=shop, name="Autumn sale", starts_at=now, ends_at=now + timedelta(days=3))
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Why now" not in page and "Lift the freeze" not in page, "what the merchant set stands for the usual"
        card.cause = "drift of price"
        card.show(card.evidence | {"cause": "Drift: prices no longer look as in the weeks before."})
        card.save()
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Why now" in page and "prices no longer look as in the weeks before" in page
        assert "Autumn sale holds this version" in page and "Lift it for version 2" in page
        said = send(f"/releases/{card.pk}/lift", {"revision": card.revision}, sub=COLLEAGUE).content.decode()
        assert "Nothing was changed" in said and not LifecycleEvent.objects.filter(kind="freeze.lifted").exists()
        said = send(f"/releases/{card.pk}/lift", {"revision": card.revision}).content.decode()
        assert "Autumn sale does not hold version 2 any more" in said
        assert LifecycleEvent.objects.get(kind="freeze.lifted").release_id_seen == card.pk


class TestApprove:
    def test_is_one_click_to_live(self, card, send, queued):
        page = send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()
        assert 'data-toast="Version 2 is live"' in page
        assert Deployment.objects.get().active == card.version
        assert Approval.objects.get().evidence_digest == card.evidence_digest
        assert ("refresh", (card.shop_id, "demand_forecast")) in queued

    def test_of_one_that_some_see_first_is_told_to_the_storefront_at_once(self, shop, send, queued):
        now, asks = timezone.now(), {"phase": "awaiting_approval", "step": 1, "weight": 0, "exposed_at": None}
        card = moving.shares(shop, **asks, entered_at=now, expires_at=now + timedelta(days=7))
        assert "of shoppers" in send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()
        assert Release.objects.get(pk=card.pk).phase == "canary"
        assert ("publish", (card.shop_id, "demand_forecast")) in queued

    @pytest.mark.parametrize(
        "changed", [{"revision": 99}, {"evidence_digest": "0" * 64}, {"artifact_digest": "f" * 64}]
    )
    def test_of_something_else_than_was_shown_changes_nothing(self, card, send, changed):
        page = send(f"/releases/{card.pk}/approve", said_to(card) | changed).content.decode()
        assert "Nothing was changed" in page
        assert Deployment.objects.get().active.number == 1
        assert not Approval.objects.exists()

    @pytest.mark.parametrize("broken", [{}, {"revision": "x"}, {"revision": "0", "artifact_digest": "no"}])
    def test_with_a_broken_form_changes_nothing(self, card, send, broken):
        assert "Nothing was changed" in send(f"/releases/{card.pk}/approve", broken).content.decode()
        assert Deployment.objects.get().active.number == 1

    def test_twice_moves_once(self, card, send):
        fields = said_to(card)
        send(f"/releases/{card.pk}/approve", fields)
        page = send(f"/releases/{card.pk}/approve", fields).content.decode()
        assert "Nothing was changed" in page
        assert Deployment.objects.get().revision == 2

    def test_of_an_expired_card_is_refused(self, card, send):
        Release.objects.filter(pk=card.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
        assert "expired" in send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()


class TestReject:
    def test_asks_for_a_reason(self, card, send):
        page = send(f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": " "}).content.decode()
        assert "Say in a few words why" in page

    def test_keeps_what_is_live_and_writes_the_reason_down(self, card, send):
        page = send(
            f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": "too low <b>"}
        ).content.decode()
        assert "Version 2: rejected" in page
        assert "too low &lt;b&gt;" in page
        assert Deployment.objects.get().active.number == 1


class TestRollBack:
    def test_returns_to_the_version_before(self, card, send):
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = send("/roll-back/demand_forecast", {"revision": Deployment.objects.get().revision}).content.decode()
        assert "Back on version 1" in page
        assert Deployment.objects.get().active.number == 1
        assert LifecycleEvent.objects.filter(kind="release.rolled_back").exists()

    def test_by_hand_bars_nothing_and_offers_to_use_the_version_again(self, shop, card, send, see):
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = send("/roll-back/demand_forecast", {"revision": Deployment.objects.get().revision}).content.decode()
        assert "Use version 2 again" in page and "Blocked" not in page
        assert "Use version 2 again" in see(f"/releases/{card.pk}").content.decode()
        page = send(f"/releases/{card.pk}/again").content.decode()
        assert 'data-toast="Version 2 is ready for your decision"' in page
        again = Release.objects.latest("pk")
        assert again.version == card.version and again.is_open and again.pk != card.pk
        send(f"/releases/{card.pk}/again")
        assert Release.objects.latest("pk") == again
        ModelVersion.objects.filter(pk=card.version_id).update(state="quarantined")
        send(f"/releases/{again.pk}/reject", {"revision": again.revision, "reason": "No"})
        assert "Use version 2 again" not in see(f"/releases/{card.pk}").content.decode()

    def test_offers_it_again_also_where_a_newer_card_went_with_it(self, shop, card, send):
        Deployment.objects.update(active_since=timezone.now() - timedelta(days=2))
        story.histories.a_live_release(Deployment.objects.get().active)
        Release.objects.filter(pk=card.pk).update(phase="scheduled")
        page = send("/roll-back/demand_forecast", {"revision": Deployment.objects.get().revision}).content.decode()
        assert "Back on the simple rule" in page and "Use version 1 again" in page

    def test_is_not_used_again_by_a_colleague(self, card, send):
        send(f"/releases/{card.pk}/approve", said_to(card))
        send("/roll-back/demand_forecast", {"revision": Deployment.objects.get().revision})
        assert "Nothing was changed" in send(f"/releases/{card.pk}/again", sub=COLLEAGUE).content.decode()
        assert Release.objects.latest("pk") == card

    def test_with_a_stale_page_changes_nothing(self, card, send):
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = send("/roll-back/demand_forecast", {"revision": 1}).content.decode()
        assert "Nothing was changed" in page
        assert Deployment.objects.get().active.number == 2

    def test_is_get_free(self, card, see):
        assert see("/roll-back/demand_forecast").status_code == 405

    def test_takes_a_typed_word_where_much_money_depends_on_it(self, card, send, see):
        send(f"/releases/{card.pk}/approve", said_to(card))
        Order.objects.update(total_minor=5_000)
        with story.histories.anything_goes():
            ModelVersion.objects.filter(pk=card.version_id).update(replay=story.a_replay(9_000_000_000).as_dict())
        assert "Type “roll back” to go back" in see(f"/releases/{card.pk}").content.decode()
        fields = {"revision": Deployment.objects.get().revision}
        assert "Type “roll back”" in send("/roll-back/demand_forecast", fields).content.decode()
        assert Deployment.objects.get().active.number == 2
        send("/roll-back/demand_forecast", fields | {"word": "Roll back "})
        assert Deployment.objects.get().active.number == 1

    def test_takes_the_word_from_a_twentieth_of_the_weekly_sales_on(self, card, shop):
        pointer = Deployment.objects.get()
        Order.objects.for_shop(shop).update(total_minor=0)
        Order.objects.filter(pk=Order.objects.for_shop(shop).latest("processed_at").pk).update(total_minor=4_000_000)
        twentieth = 4_000_000 / 4 * 0.05 * story.WEEKS
        for profit, word in ((twentieth - 12, ""), (twentieth, "roll back")):
            pointer.active.replay = story.a_replay(int(profit)).as_dict()
            assert rollback.word_to_type(pointer) == word


class TestWhileShoppersSeeBoth:
    def test_shows_the_step_and_what_the_next_one_needs(self, shop, see):
        row = moving.shares(shop)
        page = see(f"/releases/{row.pk}").content.decode().replace("\u00a0", " ")
        assert '<li class="on" aria-current="step"><span>5 %</span>' in page
        assert "<dt>Next</dt><dd>10 %</dd>" in page
        assert "Waiting for a whole stretch of peak hours on this step." in page

    def test_shows_the_worst_group_right_under_the_total(self, shop, see):
        page = see(f"/releases/{moving.shares(shop).pk}").content.decode()
        places = [
            page.index(f">{name}</span><span") for name in ("All shoppers", "Peak hours", "Other hours", "Weekends")
        ]
        assert places == sorted(places)
        assert "Worst group" in page and "Too early to say" in page

    def test_shows_how_the_windows_went(self, shop, see):
        page = see(f"/releases/{moving.shares(shop).pk}").content.decode()
        assert "1 of 30 measurements over a limit" in page and "Nothing heard of this version" in page

    def test_is_taken_away_after_one_question(self, shop, send, queued):
        row = moving.shares(shop)
        page = send(f"/releases/{row.pk}/roll-back", {"revision": row.revision}).content.decode()
        row.refresh_from_db()
        assert row.phase == "rolled_back" and Deployment.objects.get().canary is None
        assert 'data-toast="Version 3 was taken away"' in page
        assert ("refresh", (shop.pk, "demand_forecast")) in queued

    def test_is_not_taken_away_from_a_stale_page_or_by_a_colleague(self, shop, send):
        row = moving.shares(shop)
        assert "Nothing was changed" in send(f"/releases/{row.pk}/roll-back", {"revision": 99}).content.decode()
        send(f"/releases/{row.pk}/roll-back", {"revision": row.revision}, sub=COLLEAGUE)
        row.refresh_from_db()
        assert row.phase == "canary"

    def test_is_paused_and_goes_on(self, shop, send, see, queued):
        row = moving.shares(shop)
        send(f"/releases/{row.pk}/pause", {"revision": row.revision})
        row.refresh_from_db()
        assert row.is_paused and row.weight == 5
        page = see(f"/releases/{row.pk}").content.decode()
        assert "Paused by you" in page and ">Go on<" in page
        send(f"/releases/{row.pk}/go-on", {"revision": row.revision})
        row.refresh_from_db()
        assert not row.is_paused and ("evaluate", (row.shop_id, row.pk)) in queued

    @pytest.mark.parametrize("what", ["pause", "go-on"])
    def test_is_not_stopped_from_a_stale_page_or_by_a_colleague(self, shop, send, what):
        row = moving.shares(shop, is_paused=what == "go-on")
        assert "Nothing was changed" in send(f"/releases/{row.pk}/{what}", {"revision": 99}).content.decode()
        send(f"/releases/{row.pk}/{what}", {"revision": row.revision}, sub=COLLEAGUE)
        row.refresh_from_db()
        assert row.revision == 0


class TestTheCardHalfWay:
    def test_is_headed_not_proven_and_shows_what_was_measured(self, shop, see):
        row = moving.half_way(shop)
        page = see(f"/releases/{row.pk}").content.decode().replace("\u00a0", " ")
        assert "Not proven. Use version 3 for everybody?" in page
        assert "this step has run as long as planned" in page and "81,004" in page
        assert '<li class="on" aria-current="step"><span>Your approval</span>' in page

    def test_is_headed_worse_where_the_whole_range_lies_below_zero(self, shop, see):
        worse = {
            "reason": "falls_short",
            "sentence": "Shoppers who see the new version bring less.",
            "non_inferior": 50,
            "effect": {"metric": "orders per visitor", "value": -0.17, "low": -0.26, "high": -0.08},
        }
        row = moving.half_way(shop, said=worse)
        page = see(f"/releases/{row.pk}").content.decode().replace("\u00a0", " ")
        assert "Worse so far. Use version 3 for everybody?" in page and "bring less" in page
        assert "All shoppers together do worse" in page and "No group is proven" not in page
        yes = page[: page.index("Approve for everybody")].rpartition("<s-button")[2]
        assert "primary" not in yes, "the one action that stands out is not to use it"
        assert "Proven no worse" not in page and '<s-badge tone="critical">Worse so far</s-badge>' in page

    def test_shows_the_evidence_that_it_binds_to_not_a_newer_look(self, shop, see):
        row = moving.half_way(shop)
        newer = row.analysis | {"units": {"canary": 99_999, "control": 99_999}}
        Release.objects.filter(pk=row.pk).update(analysis=newer)
        page = see(f"/releases/{row.pk}").content.decode()
        assert "81,004" in page and "99,999" not in page

    def test_can_be_approved_for_everybody_and_taken_back(self, shop, see, send):
        row = moving.half_way(shop)
        assert "Roll back to version 1" in see(f"/releases/{row.pk}").content.decode()
        assert 'data-toast="Version 3 is live"' in send(f"/releases/{row.pk}/approve", said_to(row)).content.decode()
        assert Deployment.objects.get().active.number == 3


class TestAReleaseThatIsOver:
    def over(self, shop, **changes) -> Release:
        ended = {"phase": "rolled_back", "weight": 0, "closed_because": "Shoppers order less."}
        return moving.shares(shop, evidence={}, **ended | changes)

    def test_leads_with_what_was_measured_and_says_it_once(self, shop, see):
        row = self.over(shop, analysis=moving.analysis(timezone.now(), sentence="Shoppers order less."))
        page = see(f"/releases/{row.pk}").content.decode().replace("\u00a0", " ")
        assert "<b>Not proven</b><span>2 % more orders per visitor, as measured</span>" in page
        assert page.count("2 % more orders per visitor, very likely") == 1
        assert page.count("Shoppers order less.") == 1
        assert "Not measured" not in page

    def test_says_what_its_weeks_cost_as_less_where_it_cost_less(self, shop, see):
        measured = moving.paired(timezone.now()) | {"speaks": True}
        for low, said in ((-0.02, "<b>Not proven</b><span>8 % less cost"), (0.03, "<b>8 % less</b><span>cost")):
            row = self.over(shop, analysis=measured | {"effect": measured["effect"] | {"low": low, "high": 0.13}})
            page = see(f"/releases/{row.pk}").content.decode().replace("\u00a0", " ")
            assert f"{said} of errors a week, as measured</span>" in page
            assert ("Not proven: the range includes zero" in page) == (low < 0)

    def test_stands_where_it_ended_and_offers_no_way_back(self, shop, see):
        page = see(f"/releases/{moving.shares(shop, phase='rolled_back').pk}").content.decode()
        assert "Rolled back at step “5\u00a0%”" in page
        assert "How to undo" not in page and "If this is wrong" not in page

    def test_has_no_headline_where_the_split_proves_nothing(self, shop, see):
        row = self.over(shop, analysis=moving.analysis(timezone.now(), ratio=1e9, speaks=False))
        assert 'class="headline"' not in see(f"/releases/{row.pk}").content.decode()


class TestTwoPeople:
    @pytest.fixture
    def pair(self, shop) -> Release:
        ShopSettings.objects.update(approvals_needed=2, approvers=[COLLEAGUE])
        Release.objects.filter(phase__in=Release.OPEN).update(phase="superseded")
        return story.histories.a_card(shop, **story.told(story.a_replay()))

    def test_must_both_say_yes(self, pair, send, see):
        page = send(f"/releases/{pair.pk}/approve", said_to(pair)).content.decode()
        assert "Approved by one of two" in page and "A second person must say yes, too." in page
        assert Deployment.objects.get().active.number == 1
        pair.refresh_from_db()
        assert 'type="submit" disabled' in see(f"/releases/{pair.pk}").content.decode()
        send(f"/releases/{pair.pk}/approve", said_to(pair), sub=COLLEAGUE)
        assert Deployment.objects.get().active == pair.version

    def test_are_two_even_if_one_says_it_twice(self, pair, send):
        send(f"/releases/{pair.pk}/approve", said_to(pair))
        pair.refresh_from_db()
        assert "You approved this already" in send(f"/releases/{pair.pk}/approve", said_to(pair)).content.decode()
        assert Deployment.objects.get().active.number == 1


class TestInAFreeze:
    def frozen(self, shop, days: int = 2, **proposed: object) -> FreezeWindow:
        now = timezone.now()
        window = freezes.add(
            shop, name="Sale", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days), by="1"
        )
        FreezeWindow.objects.filter(pk=window.pk).update(**proposed)
        return window

    def test_the_card_says_before_the_click_when_it_goes_live(self, shop, card, send, see):
        window = self.frozen(shop)
        for path in (f"/releases/{card.pk}", "/"):
            page = see(path).content.decode()
            assert "Sale holds it: approved now, it goes live on" in page
        assert "Lift the freeze for" not in see(f"/releases/{card.pk}").content.decode()
        page = send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()
        assert "Approved: it goes live on" in page and "when Sale is over" in page
        assert "Waiting for your answer" not in page and "Nothing changes until you decide" not in page
        assert Deployment.objects.get().active.number == 1
        home = see("/").content.decode()
        assert "Approved: it goes live on" in home and f"/settings#freeze-{window.pk}" in home
        assert f'id="freeze-{window.pk}"' in see("/settings").content.decode()

    def test_the_card_promises_no_day_that_its_yes_does_not_reach(self, shop, card, see, send):
        self.frozen(shop, days=30)
        page = see(f"/releases/{card.pk}").content.decode()
        assert "longer than a yes is good for" in page and "ask you again on fresh figures" in page
        assert "goes live on" not in page
        page = send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()
        assert "Approved, but Sale goes on to" in page and "goes live on" not in page

    def test_a_proposed_freeze_is_lifted_for_this_version_alone(self, shop, card, see, send, queued):
        self.frozen(shop, state="proposed", key="sale_2026", source="calendar")
        assert "Lift the freeze for" in see(f"/releases/{card.pk}").content.decode()
        page = send(f"/releases/{card.pk}/lift", {"revision": card.revision}).content.decode()
        assert "Sale is lifted for this version." in page and "Freeze lifted for this version" in page
        row = LifecycleEvent.objects.for_shop(shop).get(kind="freeze.lifted")
        assert (row.by, row.details["lifted"], row.version_number) == ("70001", ["sale_2026"], 2)
        assert ("evaluate", (card.shop_id, card.pk)) in queued
        card.refresh_from_db()
        assert 'data-toast="Version 2 is live"' in send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()

    @pytest.mark.parametrize("who", [{"sub": COLLEAGUE}, {}])
    def test_is_not_lifted_by_a_colleague_or_from_a_stale_page(self, shop, card, send, who):
        self.frozen(shop, state="proposed", key="sale_2026", source="calendar")
        revision = card.revision if who else 99
        assert (
            "Nothing was changed" in send(f"/releases/{card.pk}/lift", {"revision": revision}, **who).content.decode()
        )
        card.refresh_from_db()
        assert card.lifted == [] and not LifecycleEvent.objects.filter(kind="freeze.lifted").exists()

    def test_the_merchants_own_freeze_is_not_lifted(self, shop, card, send):
        self.frozen(shop)
        assert "Nothing was changed" in send(f"/releases/{card.pk}/lift", {"revision": card.revision}).content.decode()

    def test_holds_nothing_where_nothing_runs_and_says_so(self, shop, card, see, send):
        Deployment.objects.update(active=None, standby=None, revision=5)
        self.frozen(shop)
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Approved, it goes live at once. Sale does not hold it" in page
        with USE_CASES.only(demand_forecast.USE_CASE):  # what shoppers see is always held
            assert "It holds nothing yet" in see("/").content.decode()
        assert 'data-toast="Version 2 is live"' in send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()

    def test_settling_it_has_what_waits_looked_at_at_once(self, shop, card, send, queued):
        window = self.frozen(shop)
        send(f"/releases/{card.pk}/approve", said_to(card))
        queued.clear()
        send(f"/settings/freezes/{window.pk}", {"keeps": "0"})
        assert ("evaluate", (card.shop_id, card.pk)) in queued


class TestAReleaseOfAnotherShop:
    def test_is_not_there_and_asking_for_it_is_written_down_where_it_was_asked(self, card, another_shop, send):
        answer = send(f"/releases/{card.pk}/approve", said_to(card), domain=OTHER_SHOP)
        assert answer.status_code == 404 and "This shop has no such release" in answer.content.decode()
        row = LifecycleEvent.objects.for_shop(another_shop).get(kind="approval.refused")
        assert row.details["asked_for"] == card.pk
        assert not LifecycleEvent.objects.for_shop(card.shop).filter(kind="approval.refused").exists()

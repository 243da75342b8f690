"""Times in which nothing moves forward: which hold, until when, for which release, and who may lift them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import freezes
from pipelines.models import FreezeWindow, LifecycleEvent, Release
from pipelines.strategies.freezing import Effect
from tests import histories
from tests.histories import OWNER

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def card(shop):
    """Return a card of a shop where a version runs already: there is something to protect."""
    histories.approved(histories.a_card(shop))
    return histories.a_card(shop)


def window(shop, first: float, last: float, name="Sale", *, proposed=False):
    facts = {"source": "calendar", "state": "proposed", "key": f"key-{name}"} if proposed else {}
    return FreezeWindow.objects.create(
        shop=shop, name=name, starts_at=NOW + first * DAY, ends_at=NOW + last * DAY, **facts
    )


def kinds(shop):
    return list(LifecycleEvent.objects.for_shop(shop).filter(kind__startswith="freeze").values_list("kind", flat=True))


class TestWhichHold:
    def test_what_is_over_dismissed_or_another_shops_does_not(self, shop):
        window(shop, -3, -1)
        freezes.settle(window(shop, -1, 1), keeps=False, by=OWNER)
        window(histories.a_shop(), -1, 1)
        assert freezes.windows_on(shop, NOW) == []

    def test_those_that_follow_without_a_gap_are_one(self, shop):
        now, then, gap = window(shop, -1, 1), window(shop, 1, 2), window(shop, 3, 4)
        found = freezes.windows_on(shop, NOW)
        assert found == [now, then] and freezes.end_of(found, NOW) == NOW + 2 * DAY
        assert list(freezes.windows_ahead(shop, NOW)) == [now, then, gap]

    def test_of_all_shops_those_of_this_moment_are_found(self, shop):
        mine, theirs = window(shop, -1, 1), window(histories.a_shop(), -1, 1)
        window(shop, 1, 2)
        freezes.settle(window(shop, -2, 2), keeps=False, by=OWNER)
        assert set(freezes.standing_now(NOW)) == {mine, theirs}
        assert not freezes.standing_now(NOW + 5 * DAY).exists()

    def test_the_last_day_of_a_freeze_is_the_one_before_its_midnight(self, shop):
        midnight = NOW.astimezone(shop.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        assert freezes.last_day(midnight, shop) == midnight.date() - DAY
        assert freezes.last_day(midnight + timedelta(seconds=1), shop) == midnight.date()


class TestOneRelease:
    def test_waits_for_the_end_where_a_version_runs(self, shop, card):
        mine = window(shop, -1, 2, "Sale")
        freeze = freezes.of(card, NOW)
        assert (freeze.effect, freeze.name, freeze.window_id, freeze.until) == (
            Effect.WAITS,
            "Sale",
            mine.pk,
            NOW + 2 * DAY,
        )
        assert freeze.until == NOW + 2 * DAY
        assert freeze.holds and not freeze.may_be_lifted, "what the merchant set stands"

    def test_is_told_where_a_yes_would_not_last_so_long(self, shop, card):
        window(shop, -1, 30)
        assert freezes.of(card, NOW).effect is Effect.OUTLASTS and freezes.of(card, NOW).holds

    def test_is_held_by_nothing_where_nothing_runs_and_no_shopper_sees_it(self, shop):
        card = histories.a_card(shop)
        window(shop, -1, 2)
        freeze = freezes.of(card, NOW)
        assert (freeze.effect, freeze.holds) == (Effect.NOTHING_TO_PROTECT, False)

    def test_knows_of_no_freeze(self, card):
        assert freezes.of(card, NOW) == freezes.Freeze(Effect.NONE)

    def test_a_yes_that_was_used_up_does_not_end(self, card):
        assert freezes.yes_until(card, NOW) == card.expires_at
        card.phase, card.exposed_at = Release.Phase.CANARY, NOW
        assert freezes.yes_until(card, NOW) is None
        card.exposed_at = None
        assert freezes.yes_until(card, NOW) == NOW + 7 * DAY


class TestLifting:
    def test_a_freeze_of_the_calendar_is_lifted_for_this_release(self, shop, card):
        window(shop, -1, 2, "Black Friday", proposed=True)
        assert freezes.of(card, NOW).may_be_lifted
        freezes.lift(card, by=OWNER, revision=card.revision, now=NOW)
        card.refresh_from_db()
        assert card.lifted == ["key-Black Friday"] and freezes.of(card, NOW).effect is Effect.LIFTED
        event = LifecycleEvent.objects.filter(kind="freeze.lifted").get()
        assert (event.by, event.because, event.release_id_seen) == (OWNER, "Black Friday", card.pk)

    @pytest.mark.parametrize("cause", ["decay", "drift of price", "lead times changed"])
    def test_any_freeze_is_for_a_version_that_was_trained_because_what_runs_no_longer_fits(self, shop, card, cause):
        Release.objects.filter(pk=card.pk).update(cause=cause)
        card.refresh_from_db()
        mine = window(shop, -1, 2, "Sale")
        window(shop, -1, 3, "Black Friday", proposed=True)
        assert freezes.of(card, NOW).may_be_lifted
        freezes.lift(card, by=OWNER, revision=card.revision, now=NOW)
        card.refresh_from_db()
        assert card.lifted == ["key-Black Friday", f"set:{mine.pk}"]
        assert freezes.held_until(card, NOW) is None and freezes.of(card, NOW).effect is Effect.LIFTED
        later = window(shop, -1, 4, "Another")
        assert freezes.of(card, NOW).window_id == later.pk, "what was set since holds again"

    def test_a_proposal_that_was_lifted_and_that_somebody_kept_since_holds_again(self, shop, card):
        mine = window(shop, -1, 2, "Black Friday", proposed=True)
        freezes.lift(card, by=OWNER, revision=card.revision, now=NOW)
        freezes.settle(mine, keeps=True, by=OWNER)
        card.refresh_from_db()
        assert freezes.of(card, NOW).holds and not freezes.of(card, NOW).may_be_lifted

    @pytest.mark.parametrize("what", ["set by the merchant", "a stale page", "beside one that was set", "no freeze"])
    def test_nothing_else_is(self, shop, card, what):
        if what != "no freeze":
            window(shop, -1, 2, "Black Friday", proposed=what != "set by the merchant")
        if what == "beside one that was set":
            window(shop, -1, 3, "Sale")
        with pytest.raises(Refused, match="Nothing was done"):
            freezes.lift(card, by=OWNER, revision=card.revision - (what == "a stale page"), now=NOW)
        card.refresh_from_db()
        assert card.lifted == [] and not kinds(shop)


class TestSetting:
    def test_a_freeze_is_set_and_written_down(self, shop):
        made = freezes.add(shop, name="Sale", starts_at=NOW, ends_at=NOW + DAY, by=OWNER)
        assert made.state == FreezeWindow.State.SET and kinds(shop) == ["freeze.set"]

    @pytest.mark.parametrize(
        ("first", "last", "why"), [(1, 1, "must end after"), (2, 1, "must end after"), (-2, -1, "over already")]
    )
    def test_one_that_never_holds_is_refused(self, shop, first, last, why):
        with pytest.raises(Refused, match=why):
            freezes.add(shop, name="Sale", starts_at=NOW + first * DAY, ends_at=NOW + last * DAY, by=OWNER)
        assert not FreezeWindow.objects.exists()

    def test_it_is_settled_once_either_way(self, shop):
        mine = window(shop, -1, 1, proposed=True)
        assert freezes.settle(mine, keeps=True, by=OWNER) and not freezes.settle(mine, keeps=True, by=OWNER)
        assert freezes.settle(mine, keeps=False, by=OWNER)
        assert kinds(shop) == ["freeze.set", "freeze.dismissed"]

    def test_the_calendars_freezes_are_proposed_once_and_a_dismissed_one_does_not_return(self, shop):
        made = freezes.propose(shop, NOW)
        assert made > 0 and freezes.propose(shop, NOW) == 0
        for row in FreezeWindow.objects.for_shop(shop):
            assert row.is_proposal
            freezes.settle(row, keeps=False, by=OWNER)
        assert freezes.propose(shop, NOW) == 0 and not freezes.standing(shop).exists()

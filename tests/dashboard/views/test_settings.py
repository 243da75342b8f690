"""Settings of the shop, and the guide that leads to them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from dashboard.forms.pages import SettingsForm
from pipelines.lifecycle import preferences
from pipelines.lifecycle.releases import freezes
from pipelines.models import FreezeWindow, LifecycleEvent, ShopSettings, Staff
from pipelines.ops.smoke import Forms
from tests.identities import COLLEAGUE, OTHER_SHOP, OWNER


@pytest.fixture
def fields(shop) -> dict[str, Any]:
    """Return the settings form as the page shows it."""
    return SettingsForm.shown(shop.settings) | {"revision": 0}


class TestSettings:
    def test_are_saved_and_advice_is_worked_out_again(self, shop, fields, send, queued):
        page = send("/settings", fields | {"lead_time_days": 21, "service_level": "97.5", "pull_at": "04:30"})
        assert 'data-toast="Saved"' in page.content.decode()
        saved = ShopSettings.objects.get()
        assert (saved.lead_time_days, str(saved.service_level), f"{saved.pull_at:%H:%M}") == (21, "0.975", "04:30")
        assert ("refresh", (shop.pk, "demand_forecast")) in queued
        assert LifecycleEvent.objects.filter(kind="settings.changed").exists()

    def test_say_whether_margin_is_weighed_against_holding(self, shop, fields, send, see):
        assert "Margin against the cost of holding" in see("/settings").content.decode()
        send("/settings", fields | {"weighs_costs": "1"})
        assert ShopSettings.objects.get().weighs_costs
        assert "as much as margin against holding asks for" in see("/settings/rules").content.decode()

    def test_say_below_which_chance_flow_is_told_of_a_checkout(self, shop, fields, send, see):
        page = see("/settings").content.decode()
        assert 'label="When an order is less likely than" name="lost_below" value="" min="1" max="99"' in page
        for typed, kept in (("40", 40), ("100", 40), ("0", 40), ("", None)):
            send("/settings", fields | {"lost_below": typed, "revision": ShopSettings.objects.get().revision})
            assert ShopSettings.objects.get().lost_below == kept, typed
            assert f'name="lost_below" value="{kept or ""}"' in see("/settings").content.decode()

    def test_that_carry_something_out_are_for_who_may_decide(self, shop, fields, send):
        send("/settings", fields | {"lost_below": "40"}, sub=COLLEAGUE)
        assert ShopSettings.objects.get().lost_below is None

    def test_that_did_not_change_come_back_as_they_were(self, shop, fields, send):
        before = {name: getattr(shop.settings, name) for name in SettingsForm.base_fields if name != "revision"}
        send("/settings", fields)
        after = ShopSettings.objects.get()
        assert before == {name: getattr(after, name) for name in before}

    def test_are_whole_as_the_page_carries_them(self, shop, see, send):
        (form,) = (each for each in Forms(see("/settings").content.decode()).forms if each.address == "/settings")
        send("/settings", form.shown | form.carried | {"lead_time_days": "21"})
        assert ShopSettings.objects.get().lead_time_days == 21

    def test_of_a_stale_page_change_nothing(self, fields, send):
        send("/settings", fields | {"lead_time_days": 21})
        page = send("/settings", fields | {"lead_time_days": 30}).content.decode()
        assert "Nothing was changed" in page
        assert ShopSettings.objects.get().lead_time_days == 21

    @pytest.mark.parametrize(
        "wrong",
        [
            {"lead_time_days": -1},
            {"service_level": 100},
            {"train_at": "25:00"},
            {"cost_share": "x"},
        ],
    )
    def test_that_make_no_sense_are_refused_at_their_field(self, fields, send, wrong):
        answer = send("/settings", fields | wrong)
        page = answer.content.decode()
        assert answer.status_code == 422 and 'error="' in page
        assert f'value="{next(iter(wrong.values()))}"' in page
        assert ShopSettings.objects.get().revision == 0


class TestWhoMayApprove:
    def test_is_chosen_by_role_and_by_when_somebody_was_first_seen(self, shop, fields, see, send):
        Staff.objects.filter(sub=COLLEAGUE).update(first_seen_at=datetime(2026, 3, 19, 9, 42, tzinfo=UTC))
        Staff.objects.create(shop=shop, sub="77", is_owner=False, is_collaborator=True)
        page = see("/settings").content.decode()
        assert "Staff member, first seen Thu 19\u00a0Mar, 09:42" in page
        assert "Collaborator from outside, first seen" in page and "user number" not in page
        send("/settings", fields | {"approvers": [COLLEAGUE, "77"]})
        assert ShopSettings.objects.get().approvers == [COLLEAGUE, "77"]
        assert see("/settings").content.decode().count(" selected>Staff member") == 1

    @pytest.mark.parametrize("unknown", ["999999999999", "Ann", OWNER, "78"])
    def test_is_nobody_who_is_not_known_here(self, shop, another_shop, fields, send, unknown):
        Staff.objects.create(shop=another_shop, sub="78", is_owner=False)
        answer = send("/settings", fields | {"approvers": [COLLEAGUE, unknown]})
        assert answer.status_code == 422 and preferences.NOT_KNOWN in answer.content.decode()
        assert ShopSettings.objects.get(shop=shop).approvers == []

    def test_is_nobody_of_whom_shopify_told_nothing_yet(self, shop, fields, send):
        Staff.objects.create(shop=shop, sub="79", is_owner=None)
        assert send("/settings", fields | {"approvers": ["79"]}).status_code == 422

    def test_keeps_who_was_named_before_and_has_not_come_yet(self, shop, fields, see, send):
        ShopSettings.objects.update(approvers=["123"])
        assert "Somebody who has not opened the app" in see("/settings").content.decode()
        send("/settings", fields | {"approvers": ["123"], "lead_time_days": 21}, sub=COLLEAGUE)
        saved = ShopSettings.objects.get()
        assert (saved.approvers, saved.lead_time_days) == (["123"], 21)
        send("/settings", fields | {"approvers": [], "revision": 1})
        assert ShopSettings.objects.get().approvers == []

    def test_may_be_nobody(self, shop, see):
        Staff.objects.filter(is_owner=False).delete()
        assert "Nobody else has opened the app yet" in see("/settings").content.decode()


class TestWhatAYesIsWorth:
    def test_is_set_by_those_who_may_approve(self, fields, send):
        wanted = {
            "approvals_needed": "2",
            "asks_before_all": "1",
            "alongside_days": "21",
            "canary_weights": "1, 5, 20",
            "margin": "7.5",
            "risk_budget_minor": "250",
        }
        send("/settings", fields | wanted)
        saved = ShopSettings.objects.get()
        assert (saved.approvals_needed, saved.asks_before_all, saved.alongside_days) == (2, True, 21)
        assert (saved.canary_weights, str(saved.margin), saved.risk_budget_minor) == ([1, 5, 20], "0.075", 25_000)

    @pytest.mark.parametrize(
        "change",
        [
            {"approvals_needed": "2"},
            {"asks_before_all": "1"},
            {"alongside_days": "3"},
            {"canary_weights": "50"},
            {"margin": "20"},
            {"risk_budget_minor": "1"},
            {"strategy": "blue_green"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_is_not_set_by_a_colleague(self, fields, send, change):
        assert "Only the account owner" in send("/settings", fields | change, sub=COLLEAGUE).content.decode()
        assert ShopSettings.objects.get().revision == 0

    def test_leaves_a_colleague_the_rest(self, fields, send):
        send("/settings", fields | {"lead_time_days": 21}, sub=COLLEAGUE)
        assert ShopSettings.objects.get().lead_time_days == 21

    @pytest.mark.parametrize(
        ("shares", "sentence"),
        [
            ("5, 1", "must be larger than the one before"),
            ("10 60", "whole number from 1 to 50"),
            ("1.5", "whole number from 1 to 50"),
            ("all", "whole number from 1 to 50"),
        ],
    )
    def test_refuses_shares_that_no_shoppers_can_be_split_by(self, fields, send, shares, sentence):
        answer = send("/settings", fields | {"canary_weights": shares})
        assert answer.status_code == 422 and sentence in answer.content.decode()
        assert f'value="{shares}"' in answer.content.decode()

    def test_refuses_a_way_that_fits_no_model_and_says_why(self, fields, send):
        answer = send("/settings", fields | {"strategy": "canary"})
        assert answer.status_code == 422
        assert answer.content.decode().count("This forecast answers for products, not for shoppers") >= 2
        assert send("/settings", fields | {"strategy": "blue_green"}).status_code == 200


class TestFreezes:
    FIELDS = {"name": "Summer sale", "first_day": "2027-07-01", "last_day": "2027-07-03"}

    @pytest.fixture(autouse=True)
    def clock(self):
        with time_machine.travel(datetime(2027, 6, 15, 12, tzinfo=UTC)):
            yield

    def test_last_from_midnight_to_the_midnight_after_the_last_day_of_the_shop(self, shop, send):
        page = send("/settings/freezes", self.FIELDS).content.decode()
        window = FreezeWindow.objects.get()
        assert window.starts_at == datetime(2027, 6, 30, 23, tzinfo=UTC)  # London is an hour ahead in summer
        assert window.ends_at == datetime(2027, 7, 3, 23, tzinfo=UTC)
        assert "Summer sale" in page
        assert LifecycleEvent.objects.filter(kind="freeze.set").exists()

    @pytest.mark.parametrize("wrong", [{"last_day": "2027-06-01"}, {"first_day": "x"}, {"name": ""}])
    def test_that_make_no_sense_are_refused_at_their_field(self, shop, send, wrong):
        answer = send("/settings/freezes", self.FIELDS | wrong)
        assert answer.status_code == 422 and 'error="' in answer.content.decode()
        assert not FreezeWindow.objects.exists()

    @pytest.mark.parametrize(
        ("dates", "field"),
        [
            ({"first_day": "2020-01-01", "last_day": "2020-01-03"}, "last_day"),
            ({"first_day": "2027-06-12", "last_day": "2027-06-14"}, "last_day"),
            ({"first_day": "9999-12-30", "last_day": "9999-12-31"}, "first_day"),
            ({"first_day": "2027-13-45"}, "first_day"),
        ],
    )
    def test_that_nobody_can_mean_are_refused_at_the_field_that_is_wrong(self, shop, send, dates, field):
        page = send("/settings/freezes", self.FIELDS | dates).content.decode()
        tag = re.search(rf'<s-date-field [^>]*name="{field}"[^>]*>', page)[0]
        assert 'error="' in tag and f'value="{(self.FIELDS | dates)[field]}"' in tag
        assert not FreezeWindow.objects.exists()

    def test_may_end_today(self, shop, send):
        send("/settings/freezes", self.FIELDS | {"first_day": "2027-06-10", "last_day": "2027-06-15"})
        assert FreezeWindow.objects.exists()

    def test_of_the_calendar_are_kept_or_dismissed(self, shop, send, see):
        freezes.propose(shop, timezone.now())
        window = FreezeWindow.objects.earliest("starts_at")
        assert "Proposed, holds" in see("/settings").content.decode()
        for keeps, state in (("0", "dismissed"), ("1", "set")):
            send(f"/settings/freezes/{window.pk}", {"keeps": keeps})
            window.refresh_from_db()
            assert window.state == state

    def test_are_set_and_dismissed_by_those_who_may_approve(self, shop, send):
        send("/settings/freezes", self.FIELDS, sub=COLLEAGUE)
        assert not FreezeWindow.objects.exists()
        freezes.propose(shop, timezone.now())
        window = FreezeWindow.objects.earliest("starts_at")
        send(f"/settings/freezes/{window.pk}", {"keeps": "0"}, sub=COLLEAGUE)
        window.refresh_from_db()
        assert window.state == "proposed"

    def test_of_another_shop_are_not_there(self, shop, another_shop, send):
        freezes.propose(shop, timezone.now())
        window = FreezeWindow.objects.earliest("starts_at")
        assert send(f"/settings/freezes/{window.pk}", {"keeps": "0"}, domain=OTHER_SHOP).status_code == 404
        window.refresh_from_db()
        assert window.state == "proposed"


class TestTheGuide:
    def test_ticks_itself(self, shop, see):
        assert "All four steps are done" in see("/start").content.decode()

    def test_goes_out_of_the_menu(self, shop, send):
        page = send("/start/hide").content.decode()
        assert "Start guide</s-link>" not in page

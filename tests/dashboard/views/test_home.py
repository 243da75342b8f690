"""Home: is everything healthy, and does anything need me?"""

import json
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.queries.home import home_page
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.releases import freezes
from pipelines.models import Deployment, Order, Shop, SyncRun, TrainingRun
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals
from pipelines.usecases import USE_CASES
from tests import histories
from tests.dashboard import moving, story
from tests.exposing import shown
from tests.identities import OWNER, SHOP, bearer

__all__ = ["shown"]


@pytest.fixture
def empty_shop(db, queued) -> Shop:
    """Return a shop that has just arrived."""
    shop = story.a_shop()
    story.know(shop)
    return shop


def a_sync(shop: Shop, **changes: object) -> SyncRun:
    return SyncRun.objects.create(**{"shop": shop, "kind": "orders", "trigger": "install"} | changes)


def a_run(shop: Shop, **changes: object) -> TrainingRun:
    return TrainingRun.objects.create(**{"shop": shop, "use_case": "demand_forecast", "trigger": "first"} | changes)


class TestAShopThatRuns:
    def test_puts_the_decision_first(self, shop, see):
        page = see("/").content.decode()
        assert "1 decision waiting for you" in page
        assert "Demand forecast version 2 is ready for your decision" in page
        assert "£1,900 less" in page

    def test_is_told_once_when_all_models_train_again(self, shop, see):
        page = " ".join(see("/").content.decode().split())
        assert page.count(f"All {len(USE_CASES)} models train again") == 1 and "trains again" not in page
        with USE_CASES.only(USE_CASES["demand_forecast"]):
            assert "Demand forecast trains again" in " ".join(see("/").content.decode().split())

    def test_is_told_what_comes_in_its_order(self, shop, see):
        page = see("/").content.decode()
        coming = page[page.index('heading="Coming up"') :]
        words = {"training": "models train", "decision": "can be approved until", "final": "are final"}
        ahead = home_page(shop, timezone.now()).ahead
        assert {each.kind for each in ahead} == words.keys()
        assert [each.at for each in ahead] == sorted(each.at for each in ahead)
        assert [each.kind for each in ahead] == sorted(words, key=lambda kind: coming.index(words[kind]))

    def test_says_that_a_model_answers_visitors_only_where_they_ask(self, shop, see):
        page = see("/").content.decode()
        asked = [case for case in USE_CASES.values() if case.is_asked]
        assert page.count("answers each visitor") == len(asked) < len(USE_CASES)

    def test_sees_orders_of_the_last_28_days(self, shop, see):
        recent = Order.objects.for_shop(shop).filter(processed_at__gte=timezone.now() - timedelta(days=28)).count()
        assert f"<b>{recent:,}</b>" in see("/").content.decode()

    def test_sees_an_order_at_once(self, shop, see):
        histories.an_order(shop, timezone.now(), [])
        assert "<span>Newest order</span><b>now</b>" in see("/").content.decode()

    def test_is_told_when_data_is_old(self, shop, see):
        SyncRun.objects.for_shop(shop).update(finished_at=timezone.now() - timedelta(hours=30))
        assert "Data last compared 1 day ago" in see("/").content.decode()

    def test_is_told_when_access_ended(self, shop, see, monkeypatch):
        monkeypatch.setattr(Shop, "is_reachable", True)  # the door would ask Shopify first
        Shop.objects.update(access_ended_at=timezone.now())
        page = see("/").content.decode()
        assert "Shopify ended our access on" in page and 'target="_top"' in page

    def test_has_nothing_waiting_after_the_decision(self, shop, see, send):
        card = shop_card(shop)
        send(f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": "later"})
        page = see("/").content.decode()
        assert "4 variants to order, 2 of them out of stock." in page and "waiting for you" not in page
        StockAdvice.objects.update(order_quantity=0, lost_units=0)
        StockTotals.sum_up(shop)
        assert "Nothing needs you." in see("/").content.decode()


class TestAModelThatAnswersVisitors:
    @pytest.mark.parametrize("path", ["/", "/versions"])
    def test_is_not_said_to_be_measured_in_orders_of_stock(self, shop, see, shown, path):
        version = histories.a_version(shop, use_case=shown)
        Deployment.of(shop, shown)
        Deployment.objects.filter(use_case=shown).update(active=version, active_since=timezone.now(), revision=1)
        page = see(path).content.decode()
        # On Home families without a version stand, too, each measured in its own way.
        told = [case.words.page.measured for case in USE_CASES.values() if case.is_asked and not case.replay]
        told = told if path == "/" else [USE_CASES[shown].words.page.measured]
        assert {word: page.count(word) for word in told} == Counter(told)
        assert path != "/" or set(told) == {"measured on shoppers", "held to who buys"}
        assert "too little history" not in page


class TestAShopWithAReleaseUnderWay:
    def test_sees_who_sees_the_new_version(self, shop, see):
        moving.shares(shop)
        page = see("/").content.decode().replace("\u00a0", " ")
        assert "Version 3 shown to 5 % of shoppers" in page and "Being rolled out" in page
        assert "Review and decide" not in page

    def test_sees_why_it_is_on_hold(self, shop, see):
        moving.shares(shop, held="The shop's data is more than 26 hours old.")
        page = see("/").content.decode()
        assert "Demand forecast version 3 is on hold" in page and "more than 26 hours old" in page

    def test_decides_half_way_on_what_was_measured(self, shop, see):
        moving.half_way(shop)
        page = see("/").content.decode().replace("&nbsp;", " ")
        assert "Demand forecast version 3: you decide" in page
        assert "this step has run as long as planned" in page
        assert "<dd>Version 3, everybody</dd>" in page

    def test_sees_open_alerts_with_the_money_at_risk_the_worst_first(self, shop, see):
        now = timezone.now()
        board.tell(shop, "a", title="Metric missing", next_step="Wait.", now=now)
        board.tell(
            shop, "b", title="Over a limit", next_step="Look.", severity="critical", minor_per_hour=41_200, now=now
        )
        board.tell(shop, "c", title="Long gone", next_step="Wait.", now=now)
        board.close(shop, "c", now)
        page = see("/").content.decode()
        assert page.index("Over a limit") < page.index("Metric missing")
        assert "At risk: £412 an hour" in page and "Next step: Look." in page and "Long gone" not in page

    def test_sees_a_freeze_from_its_first_minute_to_its_last(self, shop, see):
        now = timezone.now()
        window = freezes.add(shop, name="S", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1), by="1")
        assert "Rolling back stays possible" in see("/").content.decode()
        freezes.settle(window, keeps=False, by="1")
        assert "Nothing new goes live" not in see("/").content.decode()


class TestAShopThatHasJustArrived:
    def test_sees_that_the_import_is_about_to_begin(self, empty_shop, see):
        page = see("/").content.decode()
        assert "Your history is being imported" in page
        assert "every 2s" in page

    def test_sees_no_figure_that_is_not_whole_yet(self, empty_shop, see):
        a_sync(empty_shop, state="loading", objects_total=4000, objects_done=1000)
        histories.an_order(empty_shop, timezone.now(), [])
        page = see("/").content.decode()
        assert page.count('class="bone"') == 3 and "<b>1</b>" not in page

    def test_sees_how_far_the_import_is(self, empty_shop, see):
        a_sync(empty_shop, state="loading", objects_total=4000, objects_done=1000)
        page = see("/").content.decode()
        assert "25\u00a0% read" in page.replace("&nbsp;", "\u00a0") and "1,000 of 4,000 lines read" in page

    def test_is_followed_from_the_import_to_the_decision(self, empty_shop, see):
        histories.pulled(empty_shop)
        page = see("/").content.decode()
        assert "Your first models are being prepared" in page and "every 2s" in page
        a_run(empty_shop, state="done")
        story.a_version(empty_shop)
        assert "Its evidence is put together for your decision" in see("/").content.decode()
        story.histories.a_card(empty_shop)
        assert "every 2s" not in see("/").content.decode()

    @pytest.mark.parametrize("path", ["/models/demand_forecast", "/versions", "/data", "/start"])
    def test_moves_on_a_page_that_was_opened_before_anything_ran(self, shop, see, client, path):
        page = see(path).content.decode()
        poll = page.split('id="progress"')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
        headers = bearer(SHOP, OWNER) | {"HX-Current-URL": f"https://app.example{path}?embedded=1"}
        assert 'hx-trigger="every 20s"' in page and "HX-Location" not in client.get(poll, headers=headers)
        a_run(shop, state="queued", trigger="merchant")
        assert json.loads(client.get(poll, headers=headers)["HX-Location"])["path"] == path

    def test_keeps_what_a_followed_page_was_asked_to_show(self, shop, client):
        address = "https://app.example/data?embedded=1&state=dead&page=2&id_token=x"
        answer = client.get("/progress?mark=old", headers=bearer(SHOP, OWNER) | {"HX-Current-URL": address})
        assert json.loads(answer["HX-Location"])["path"] == "/data?state=dead&page=2"

    def test_sees_the_training_step_by_step(self, empty_shop, see):
        histories.pulled(empty_shop)
        a_run(empty_shop, state="running", percent=45, steps=[{"name": "Reading your orders", "seconds": 2}])
        page = see("/").content.decode()
        assert "a new version is being trained" in page and "Reading your orders" in page

    def test_with_too_little_history_is_told_what_is_missing(self, empty_shop, see):
        histories.pulled(empty_shop)
        a_run(empty_shop, state="stopped", error="3 of about 120 orders are here.", finished_at=timezone.now())
        page = see("/").content.decode()
        assert "3 of about 120 orders are here." in page and "No forecast yet" in page

    def test_whose_training_failed_sees_a_reason(self, empty_shop, see):
        histories.pulled(empty_shop)
        a_run(empty_shop, state="failed", error="The disk is full.", finished_at=timezone.now())
        page = see("/").content.decode()
        assert "Training failed" in page and "The disk is full." in page


class TestTheProgressThatAPageFollows:
    def test_stays_while_the_same_runs(self, empty_shop, see):
        run = a_sync(empty_shop, state="loading", objects_total=10, objects_done=5)
        answer = see("/progress", mark=f"import-{run.pk}-loading")
        assert "HX-Location" not in answer and "50&nbsp;% read" in answer.content.decode()

    def test_sends_the_page_on_when_it_is_over(self, empty_shop, see, client):
        histories.pulled(empty_shop)
        answer = see("/progress", mark="import-1-loading")
        assert '"path": "/"' in answer["HX-Location"]


class TestMessages:
    def test_travel_signed_and_not_for_long(self, shop, see):
        from dashboard.pages import go

        assert "Saved" in see(go("/", "Saved").url).content.decode()
        assert "Free money" not in see("/", said="Free money").content.decode()

    def test_need_no_cookie(self, shop, send):
        card = shop_card(shop)
        answer = send(f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": "no"})
        assert "was rejected" in answer.content.decode() and not answer.cookies


def shop_card(shop: Shop):
    from pipelines.models import Release

    return Release.objects.for_shop(shop).get(phase="awaiting_approval")


class TestAVersionThatDidNotPass:
    def test_is_told_with_the_check_that_failed(self, empty_shop, see):
        from pipelines.models import ModelVersion

        histories.pulled(empty_shop)
        gates = [
            {"name": "Neither too high nor too low", "verdict": "failed", "text": "12.1 % too low.", "value": -0.12}
        ]
        story.a_version(empty_shop, state=ModelVersion.State.REFUSED, gates=gates)
        page = see("/").content.decode()
        assert "version 1 did not pass its checks" in page and "12.1 % too low." in page
        assert "has not been trained yet" not in page


def test_a_freeze_that_is_near_is_announced(shop, see):
    begins = timezone.now() + timedelta(days=3)
    window = freezes.add(shop, name="Winter sale", starts_at=begins, ends_at=begins + timedelta(days=2), by="1001")
    assert "Winter sale begins: nothing new goes live until it ends after" in see("/").content.decode()
    freezes.settle(window, keeps=False, by="1001")
    assert "Winter sale" not in see("/").content.decode()

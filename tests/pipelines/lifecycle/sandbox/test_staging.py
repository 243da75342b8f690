"""A candidate in the test store, over the database: the run, its end, and what the release machine reads of it."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from pipelines.jobs import staging as jobs
from pipelines.jobs.queue import Job
from pipelines.lifecycle.errors import AlreadyRunning, ArtifactUnavailable
from pipelines.lifecycle.sandbox import fields, staging
from pipelines.lifecycle.versions import artifacts
from pipelines.models import (
    Deployment,
    LifecycleEvent,
    Order,
    Product,
    Release,
    Shop,
    StagedField,
    StagingRun,
    StoreLink,
    Variant,
)
from pipelines.models.usecases.demand_forecast import Forecast, StockAdvice
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import ShopUnreachable, UserErrors
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Randomised, Soundness
from pipelines.usecases.demand_forecast import USE_CASE as DEMAND
from tests import toy_use_case
from tests.histories import a_shop, a_variant, a_version, sell
from tests.toy_use_case import SLUG

pytestmark = pytest.mark.django_db
State = StagingRun.State


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def real(db):
    shop = a_shop(name="Northbeck Outfitters")
    sell(shop, variants=3, days=40, rate=4.0)
    return shop


@pytest.fixture
def test_shop(db):
    return a_shop(name="Northbeck Test")


@pytest.fixture
def link(real, test_shop, now):
    return StoreLink.objects.create(shop=real, test_shop=test_shop, entered_at=now, confirmed_at=now, by="1001")


@pytest.fixture
def moods(toy, monkeypatch):
    """Let a toy version forecast as many units a day as the number that it learned says."""

    def answer(fitted, frames):
        ids = frames["daily_sales"]["unique_id"].unique()
        daily = 2.0 if fitted is None else float(fitted)
        if daily < 0:
            raise ValueError("out of order")
        rows = pd.DataFrame({"variant_id": ids, "mean": [np.full(28, daily)] * len(ids)})
        advice = {"location_id": 0, "order_quantity": 7.0 * daily, "forecast_28": 28 * daily, "days_of_cover": 9.25}
        return {
            "forecasts": rows.assign(dispersion=1.0, model_error=0.1),
            "stock_advice": pd.DataFrame({"variant_id": ids, "title": "Thing", "subtitle": "", "order_by": None})
            .assign(**advice),
        }  # fmt: skip

    monkeypatch.setitem(toy_use_case.FUNCTIONS, "answer", answer)
    monkeypatch.setattr(staging, "DAYS", 4)
    outputs = (DEMAND.output("forecasts"), replace(DEMAND.output("stock_advice"), judge="here:judge"))
    monkeypatch.setitem(toy_use_case.FUNCTIONS, "judge", lambda rows, frames: Soundness())
    needs, evidence = ("daily_sales", "series"), Randomised()  # nothing is priced
    changes = {"needs": needs, "outputs": outputs, "rehearsal": DEMAND.rehearsal, "evidence": evidence}
    with USE_CASES.also(replace(toy_use_case.TOY, **changes)):
        yield toy


@pytest.fixture
def queued(monkeypatch):
    """Note what is put on the queue, instead of doing it."""
    seen = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append((self.path.rpartition(".")[2], args)))
    return seen


def a_toy(shop, learned: float):
    """Return a stored version of the toy that learned this number."""
    number = StagingRun.objects.count() + 50 + shop.pk % 7 + int(abs(learned))
    stored = artifacts.store(shop.pk, SLUG, number, {"number.json": str(learned).encode()})
    return a_version(
        shop,
        use_case=SLUG,
        number=number,
        artifact_path=stored.path,
        artifact_digest=stored.digest,
        signature=stored.signature,
    )


def trial(version):
    return staging.trial_of(Release(shop=version.shop, version=version))


def staged(version, now):
    return staging.stage_version(version, now)


class TestWithoutATestStore:
    def test_nothing_is_wanted_and_there_is_no_gate(self, real, moods, now):
        version = a_toy(real, 2)
        assert trial(version) == (False, None)
        assert staged(version, now) is None and not StagingRun.objects.exists()

    def test_a_link_that_only_waits_is_none(self, real, test_shop, moods, now):
        StoreLink.objects.create(shop=real, test_shop=test_shop, entered_at=now, by="1001")
        assert trial(a_toy(real, 2)) == (False, None)


class TestARun:
    def test_passes_beside_the_simple_rule_and_says_so(self, link, real, moods, now, monkeypatch):
        monkeypatch.setattr(staging, "DAYS", 14)
        version = a_toy(real, 2)
        assert trial(version) == (True, None)
        run = staged(version, now)
        assert run.state == State.PASSED and run.finished_at
        assert run.aa == {"same": True, "days": 14, "of": 14, "differs_on": None}
        assert [day["day"] for day in run.result["days"]] == list(range(-14, 0))
        assert run.result["against"] == "the simple rule"
        waits, gate = trial(version)
        assert not waits
        assert (gate["name"], gate["verdict"], gate["value"], gate["threshold"]) == ("Test store", "passed", 1.0, 1.5)

    def test_fails_on_a_candidate_that_is_out_of_reach(self, link, real, moods, now):
        version = a_toy(real, 90)
        run = staged(version, now)
        assert run.state == State.FAILED
        assert trial(version).gate["verdict"] == "failed"
        assert LifecycleEvent.objects.for_shop(real).filter(kind="staging.failed", version_number=version.number)

    def test_fails_on_a_candidate_that_gives_no_answer(self, link, real, moods, now):
        run = staged(a_toy(real, -1), now)
        assert run.state == State.FAILED and "No answer (ValueError)" in run.sentence

    def test_compares_with_the_live_version_where_there_is_one(self, link, real, moods, now):
        live = a_toy(real, 3)
        Deployment.objects.create(shop=real, use_case=SLUG, active=live, revision=1)
        run = staged(a_toy(real, 2), now)
        assert run.against == live and run.result["against"] == f"version {live.number}"

    def test_that_cannot_repeat_itself_fails_as_unreliable(self, link, real, moods, now, monkeypatch):
        numbers = iter(range(10_000))
        steady = toy_use_case.FUNCTIONS["answer"]
        monkeypatch.setitem(
            toy_use_case.FUNCTIONS, "answer", lambda fitted, frames: steady(next(numbers) % 7 + 1.0, frames)
        )
        run = staged(a_toy(real, 2), now)
        assert run.state == State.FAILED and run.sentence.startswith("The test itself is unreliable")
        assert run.aa["same"] is False and run.published == {}

    def test_changes_nothing_in_the_real_shop(self, link, real, moods, now):
        def picture():
            tables = (Deployment, Order, Variant, StockAdvice, Forecast)
            return [list(table.objects.for_shop(real).order_by("pk").values()) for table in tables]

        before = picture()
        staged(a_toy(real, 2), now)
        assert picture() == before

    def test_is_the_real_shops_row(self, link, real, test_shop, moods, now):
        run = staged(a_toy(real, 2), now)
        assert run.shop == real and run.test_shop == test_shop
        assert not StagingRun.objects.for_shop(test_shop).exists()

    def test_without_sales_stops_in_words_and_leaves_the_gate_open(self, test_shop, moods, now):
        empty = a_shop()
        StoreLink.objects.create(shop=empty, test_shop=test_shop, entered_at=now, confirmed_at=now, by="1001")
        version = a_toy(empty, 2)
        run = staged(version, now)
        assert run.state == State.STOPPED and "There is no day yet" in run.sentence
        assert trial(version).gate["verdict"] == "open"

    def test_twice_is_once(self, link, real, moods, now):
        version = a_toy(real, 2)
        first = staged(version, now)
        assert staged(version, now) == first
        assert LifecycleEvent.objects.for_shop(real).filter(kind="staging.passed").count() == 1

    def test_may_be_asked_for_again_when_it_is_over(self, link, real, moods, now):
        version = a_toy(real, 2)
        assert not staging.ask_again(version)
        staged(version, now)
        assert staging.ask_again(version)
        assert staging.due() == [(version.shop_id, version.pk)]
        assert staged(version, now).state == State.PASSED

    def test_sees_stock_and_products_only_as_they_were_that_morning(self, link, real, moods, now, monkeypatch):
        a_variant(real, 77, created=now - timedelta(days=3))
        seen = {}

        def answer(fitted, frames):
            seen[frames.asof] = len(frames["series"])
            return {}

        monkeypatch.setitem(toy_use_case.FUNCTIONS, "answer", answer)
        staged(a_toy(real, 2), now)
        counts = [seen[day] for day in sorted(seen)]
        assert counts[0] == 3 and counts[-1] == 4


class TestTheDemandForecastItself:
    def test_repeats_itself_and_has_a_price_for_each_day(self, link, real, now):
        """Of the last 14 days only those are replayed on which a version could have answered: 12 of 40 days' sales."""
        days = pd.date_range(end=now.date() - timedelta(days=1), periods=100)
        sales = pd.DataFrame({"unique_id": 200_000, "ds": days, "y": np.tile([1.0, 2.0, 3.0, 4.0], 25)})
        fitted = DEMAND.resolve("fit")(Frames({"daily_sales": sales}, asof=days[-1].date()))
        version = a_version(real, files=DEMAND.resolve("dump")(fitted))
        run = staged(version, now)
        assert run.aa == {"same": True, "days": 12, "of": 14, "differs_on": None}
        assert all(day["new"]["money"] > 0 and day["old"]["money"] > 0 for day in run.result["days"])
        assert all(day["new"]["off"] > 0 and not day["new"]["wrong"] for day in run.result["days"])
        assert any(day["differing_orders"] for day in run.result["days"]) and run.result["jumps"]
        assert run.state == State.PASSED, run.sentence


class TestAWorkerThatDied:
    def test_is_followed_by_another_that_takes_over(self, link, real, moods, now):
        version = a_toy(real, 2)
        StagingRun.objects.create(
            shop=real, use_case=SLUG, version=version, state=State.RUNNING, attempts=1,
            heartbeat_at=timezone.now() - timedelta(minutes=2),
        )  # fmt: skip
        assert staging.due() == [(version.shop_id, version.pk)]
        run = staged(version, now)
        assert (run.state, run.attempts) == (State.PASSED, 2)

    def test_is_not_followed_while_it_gives_signs_of_life(self, link, real, moods, now):
        version = a_toy(real, 2)
        StagingRun.objects.create(
            shop=real, use_case=SLUG, version=version, state=State.RUNNING, attempts=1, heartbeat_at=timezone.now()
        )
        assert staging.due() == []
        with pytest.raises(AlreadyRunning):
            staged(version, now)

    def test_five_times_ends_the_run(self, link, real, moods, now):
        version = a_toy(real, 2)
        StagingRun.objects.create(
            shop=real, use_case=SLUG, version=version, state=State.RUNNING, attempts=5,
            heartbeat_at=timezone.now() - timedelta(hours=2),
        )  # fmt: skip
        run = staged(version, now)
        assert (run.state, run.sentence) == (State.STOPPED, staging.GIVEN_UP)

    def test_and_comes_back_late_writes_nothing(self, link, real, moods, now, monkeypatch):
        version = a_toy(real, 2)
        steady = toy_use_case.FUNCTIONS["answer"]

        def overtaken(fitted, frames):
            StagingRun.objects.filter(version=version).update(attempts=2, result={"by": "the other"})
            return steady(fitted, frames)

        monkeypatch.setitem(toy_use_case.FUNCTIONS, "answer", overtaken)
        run = staged(version, now)
        assert (run.state, run.attempts, run.result) == (State.RUNNING, 2, {"by": "the other"})

    def test_a_fault_of_ours_leaves_the_run_to_be_taken_over(self, link, real, moods, now, monkeypatch):
        version = a_toy(real, 2)
        monkeypatch.setattr(staging, "rehearse_run", Mock(side_effect=RuntimeError))
        with pytest.raises(RuntimeError):
            staged(version, now)
        StagingRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
        monkeypatch.undo()
        assert staging.due() == [(version.shop_id, version.pk)]

    @pytest.mark.parametrize("fault", [MemoryError(), OSError(28, "full"), RuntimeError("can't start new thread")])
    def test_of_a_fault_of_the_machine_has_found_nothing_out(self, link, real, moods, now, monkeypatch, fault):
        version = a_toy(real, 2)
        with monkeypatch.context() as patch:
            patch.setitem(toy_use_case.FUNCTIONS, "answer", Mock(side_effect=fault))
            with pytest.raises(type(fault)):
                staged(version, now)
        assert StagingRun.objects.get().state == State.RUNNING
        StagingRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
        assert staging.due() == [(version.shop_id, version.pk)] and staged(version, now).state == State.PASSED

    def test_without_the_files_waits_for_them(self, link, real, moods, now, settings):
        version = a_toy(real, 2)
        folder = settings.STATE_DIR / "artifacts" / version.artifact_path
        folder.rename(folder.with_name("away"))
        with pytest.raises(ArtifactUnavailable):
            staged(version, now)
        folder.with_name("away").rename(folder)
        version.refresh_from_db()
        assert version.may_be_released and StagingRun.objects.get().state == State.RUNNING


class TestTheClock:
    def test_begins_the_test_of_a_staged_release_and_has_the_release_looked_at(self, link, real, moods, queued):
        version = a_toy(real, 2)
        waiting = Release.objects.create(
            shop=real, use_case=SLUG, version=version, strategy="blue_green", phase="staged"
        )
        jobs.carry_on()
        assert queued == [("stage", (version.shop_id, version.pk))]
        jobs.stage(version.shop_id, version.pk)
        assert trial(version).gate["verdict"] == "passed"
        assert queued[1:] == [("evaluate", (waiting.shop_id, waiting.pk))]
        jobs.carry_on()
        assert len(queued) == 2, "what is over is not begun again"

    def test_finds_what_a_killed_worker_left(self, link, real, test_shop, moods, queued):
        version = a_toy(real, 2)
        StagingRun.objects.create(shop=real, use_case=SLUG, version=version, state=State.WAITING)
        StagedField.objects.create(
            shop=test_shop, owner_id="gid://shopify/ProductVariant/1", key="forecast_28", is_sent=True,
            unlinked_at=timezone.now(),
        )  # fmt: skip
        jobs.carry_on()
        assert queued == [("stage", (version.shop_id, version.pk)), ("take_back", (test_shop.pk,))]


class TestMatching:
    def variants(self, shop, *rows):
        for number, (sku, product, title) in enumerate(rows, 1):
            thing = a_variant(shop, shop.pk * 100 + number, created=timezone.now(), sku=sku, title=title)
            type(thing).objects.filter(pk=thing.pk).update(title=title)
            Product.objects.for_shop(shop).filter(shopify_id=thing.product_id).update(title=product)

    def test_goes_by_sku_first_and_by_title_where_that_says_nothing(self, test_shop):
        real = a_shop()
        self.variants(real, ("A-1", "Jacket", "M"), ("", "Beanie", ""), ("X", "Scarf", "Red"), ("", "Glove", ""))
        self.variants(test_shop, (" a-1 ", "Other name", ""), ("", "beanie", ""), ("Y", "scarf", "red"))
        found = fields.match(real, test_shop)
        assert found.as_dict() == {"sku": 1, "title": 2, "unmatched": 1}
        assert len(set(found.pairs.values())) == 3

    def test_takes_nothing_that_is_not_unique_on_both_sides(self, test_shop):
        real = a_shop()
        self.variants(real, ("A", "Jacket", "M"), ("A", "Jacket", "L"), ("B", "Beanie", ""))
        self.variants(test_shop, ("A", "Jacket", "M"), ("B", "Hat", "1"), ("B", "Hat", "2"))
        found = fields.match(real, test_shop)
        assert found.as_dict() == {"sku": 0, "title": 1, "unmatched": 2}

    def test_never_leads_two_variants_to_one(self, test_shop):
        real = a_shop()
        self.variants(real, ("A", "Jacket", "M"), ("", "Coat", ""))
        self.variants(test_shop, ("A", "Coat", ""))
        assert list(fields.match(real, test_shop).pairs.values()) == [
            Variant.objects.for_shop(test_shop).get().shopify_id
        ]


class TestPublishingWithoutPermission:
    def test_says_so_in_words_and_the_test_still_counts(self, link, real, moods, now):
        run = staged(a_toy(real, 2), now)
        assert run.state == State.PASSED
        assert run.published["sentence"] == fields.NO_SCOPE
        assert not StagedField.objects.exists()

    def test_says_that_the_access_has_ended(self, link, real, test_shop, moods, now):
        Shop.objects.filter(pk=test_shop.pk).update(access_ended_at=now)
        assert staged(a_toy(real, 2), now).published["sentence"] == fields.UNREACHABLE


class TestTakingBack:
    def field(self, test_shop, now, **changes):
        facts = {"owner_id": "gid://shopify/ProductVariant/1", "key": "forecast_28", "is_sent": True}
        return StagedField.objects.create(shop=test_shop, unlinked_at=now, **facts | changes)

    def test_without_access_is_noted_and_forgotten(self, test_shop, now):
        self.field(test_shop, now)
        Shop.objects.filter(pk=test_shop.pk).update(uninstalled_at=now)
        test_shop.refresh_from_db()
        assert fields.take_back(test_shop, now) == 0
        assert not StagedField.objects.exists()
        told = LifecycleEvent.objects.for_shop(test_shop).get()
        assert "could not be taken back" in told.because and told.details["fields"] == 1

    def test_waits_while_the_store_does_not_answer_but_not_for_ever(self, test_shop, now, monkeypatch):
        Shop.objects.filter(pk=test_shop.pk).update(scopes=["write_products"])
        test_shop.refresh_from_db()
        monkeypatch.setattr(AdminApi, "execute", Mock(side_effect=ShopUnreachable()))
        self.field(test_shop, now)
        fields.take_back(test_shop, now)
        assert StagedField.objects.exists()
        fields.take_back(test_shop, now + timedelta(hours=25))
        assert not StagedField.objects.exists()

    def test_waits_while_the_store_will_not_delete_them_but_not_for_ever(self, test_shop, now, monkeypatch):
        Shop.objects.filter(pk=test_shop.pk).update(scopes=["write_products"])
        test_shop.refresh_from_db()
        monkeypatch.setattr(AdminApi, "execute", Mock(side_effect=UserErrors([{"message": "Not today"}])))
        self.field(test_shop, now)
        assert fields.take_back(test_shop, now) == 0 and StagedField.objects.exists()
        fields.take_back(test_shop, now + timedelta(hours=25))
        assert not StagedField.objects.exists()
        assert "Shopify would not delete them" in LifecycleEvent.objects.for_shop(test_shop).get().because

    def test_takes_back_all_that_goes_and_gives_up_only_what_does_not(self, test_shop, now, monkeypatch):
        Shop.objects.filter(pk=test_shop.pk).update(scopes=["write_products"])
        test_shop.refresh_from_db()
        stuck = [self.field(test_shop, now, key=f"stuck_{number}").key for number in range(3)]
        for number in range(4):
            self.field(test_shop, now, key=f"goes_{number}")

        def refuses_some(api, name, variables):
            if any(each["key"] in stuck for each in variables["metafields"]):
                raise UserErrors([{"message": "Not today"}])

        monkeypatch.setattr(fields.form, "PER_CALL", 2)
        monkeypatch.setattr(AdminApi, "execute", refuses_some)
        assert fields.take_back(test_shop, now) == 4
        assert list(StagedField.objects.order_by("pk").values_list("key", flat=True)) == stuck
        late = now + timedelta(hours=25)
        self.field(test_shop, now, key="goes_late")
        assert fields.take_back(test_shop, late) == 1 and not StagedField.objects.exists()
        told = LifecycleEvent.objects.for_shop(test_shop).order_by("seq").values_list("because", "details__fields")
        assert [count for because, count in told if "could not be" in because] == [3]
        assert [count for because, count in told if "were taken back" in because] == [4, 1]

    def test_takes_what_is_not_there_for_gone(self, test_shop, now, monkeypatch):
        Shop.objects.filter(pk=test_shop.pk).update(scopes=["write_products"])
        test_shop.refresh_from_db()
        monkeypatch.setattr(AdminApi, "execute", Mock(side_effect=UserErrors([{"message": "Owner does not exist"}])))
        self.field(test_shop, now)
        assert fields.take_back(test_shop, now) == 1 and not StagedField.objects.exists()

    def test_leaves_what_was_never_answered_for_two_minutes(self, test_shop, now):
        self.field(test_shop, now, is_sent=False)
        assert fields.left_behind(now) == []
        assert fields.left_behind(now + timedelta(minutes=2)) == [test_shop.pk]


def test_a_release_reads_it_cheaply(link, real, moods, now, django_assert_max_num_queries):
    version = a_toy(real, 2)
    staged(version, now)
    with django_assert_max_num_queries(2):
        trial(version)
    assert Deployment.of(real, SLUG)

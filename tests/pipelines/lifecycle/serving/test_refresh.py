"""Serving: all rows of one refresh at once, of what runs now, from the freshest history."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from pipelines.jobs import releases
from pipelines.lifecycle import due
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.errors import ArtifactRefused
from pipelines.lifecycle.releases import propose, rollback
from pipelines.lifecycle.serving import refresh
from pipelines.lifecycle.versions import registry, train
from pipelines.models import (
    Deployment,
    ModelVersion,
    Product,
    Publication,
    Release,
    ServingWindow,
    StockRule,
    Supplied,
    Supplier,
)
from pipelines.models.usecases.demand_forecast import Forecast, ForecastOverride, StockAdvice
from pipelines.stats.assignment import bucket
from pipelines.strategies import Step
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import NotEnoughHistory
from pipelines.usecases.demand_forecast import USE_CASE
from tests import histories
from tests.pipelines.usecases.small_shops import SMALL_SHOPS

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0).astimezone()


def speak(shop, **at):
    return refresh.refresh(shop, "demand_forecast", **at)


def advice(shop, thing, location=0):
    return StockAdvice.objects.for_shop(shop).get(variant_id=thing.shopify_id, location_id=location)


def test_before_anything_was_approved_the_simple_rule_speaks(shop, things):
    assert speak(shop) == 6
    assert set(StockAdvice.objects.values_list("version", "location_id")) == {(None, 0)}
    assert Forecast.objects.filter(version=None).count() == 3


def test_what_was_said_is_to_be_published_though_the_queue_is_lost(shop, things):
    known = Publication.objects.create(shop=shop, use_case="demand_forecast", is_whole=True)
    speak(shop)
    known.refresh_from_db()
    assert not known.is_whole and known.asked


def test_a_young_shop_is_told_nothing_yet_and_that_is_no_failure(shop):
    histories.sell(shop, variants=1, days=3)
    histories.pulled(shop)
    assert speak(shop) == 0 and not StockAdvice.objects.exists()
    assert list(due.refreshes()) == []


def test_a_shop_without_an_order_is_told_nothing(shop):
    assert speak(shop) == 0 and not StockAdvice.objects.exists()


@pytest.mark.parametrize("is_old", [True, False])
def test_a_shop_that_never_sold_is_told_so_and_that_is_no_failure(shop, is_old):
    opened = timezone.now() - timedelta(days=90 if is_old else 1)
    histories.a_variant(shop, 1, created=opened)
    histories.pulled(shop)
    assert speak(shop) == 0 and not StockAdvice.objects.exists()


def test_each_variant_gets_a_forecast_and_advice_with_its_drawing(shop, things, version):
    speak(shop)
    row = advice(shop, things[0])
    yesterday = timezone.now().astimezone(shop.zone).date() - timedelta(days=1)
    assert (row.version, row.origin) == (version, yesterday)
    assert row.forecast_28 > row.low_28 > 0 and row.high_28 > row.forecast_28 and row.spark.startswith("<svg")
    assert row.rule["lead_time_days"] == 14 and row.search == "thing 0 sku-0"
    said = Forecast.objects.for_shop(shop).get(variant_id=things[0].shopify_id)
    assert len(said.mean) == 28 and sum(said.mean) == pytest.approx(row.forecast_28, rel=1e-3)
    assert sum(units for _, units in said.parts) == round(row.forecast_28)


def test_a_second_refresh_of_the_day_replaces_the_first(shop, things, version):
    assert speak(shop) == speak(shop) == 6
    assert (StockAdvice.objects.count(), Forecast.objects.count()) == (3, 3)


def test_no_new_version_is_made_by_it(shop, things, version):
    speak(shop)
    assert ModelVersion.objects.count() == 1


def test_another_shops_rows_are_left_alone(shop, things, version):
    other = histories.a_shop()
    kept = StockAdvice.objects.create(shop=other, variant_id=1, origin=NOW.date(), title="Theirs", status="ok")
    speak(shop)
    assert StockAdvice.objects.filter(pk=kept.pk).exists()


def test_rules_of_the_variant_come_before_the_vendors_and_those_before_the_shops(shop, things, version):
    StockRule.objects.create(shop=shop, vendor="Vendor 0", lead_time_days=30, pack_size=6)
    StockRule.objects.create(shop=shop, variant_id=things[0].shopify_id, lead_time_days=3)
    speak(shop)
    rules = [advice(shop, thing).rule for thing in things]
    assert [(rule["lead_time_days"], rule["pack_size"]) for rule in rules] == [(3, 6), (14, 1), (14, 1)]
    assert advice(shop, things[0]).order_quantity % 6 == 0


def test_the_lead_time_of_a_supplier_counts_where_neither_variant_nor_vendor_has_one(shop, things, version):
    torver = Supplier.objects.create(shop=shop, name="Torver", currency="GBP", lead_time_days=21)
    gill = Supplier.objects.create(shop=shop, name="Gill", currency="GBP", lead_time_days=9)
    vendors = [Product.objects.for_shop(shop).get(shopify_id=thing.product_id).vendor for thing in things]
    for vendor in {*vendors}:
        Supplied.objects.create(shop=shop, supplier=torver, vendor=vendor)
    Supplied.objects.create(shop=shop, supplier=gill, variant_id=things[1].shopify_id)
    StockRule.objects.create(shop=shop, vendor=vendors[2], pack_size=6)
    StockRule.objects.create(shop=shop, variant_id=things[0].shopify_id, lead_time_days=3)
    speak(shop)
    assert [advice(shop, thing).rule["lead_time_days"] for thing in things] == [3, 9, 21]
    assert advice(shop, things[2]).rule["pack_size"] == 6
    StockRule.objects.filter(vendor=vendors[2]).update(lead_time_days=30)
    speak(shop)
    assert advice(shop, things[2]).rule["lead_time_days"] == 30


def test_a_lead_time_longer_than_the_fitted_horizon_is_served_too(shop, things, version):
    StockRule.objects.create(shop=shop, variant_id=things[0].shopify_id, lead_time_days=90)
    speak(shop)
    assert advice(shop, things[0]).order_up_to > 2 * advice(shop, things[0]).forecast_28


def test_the_merchants_own_number_takes_the_forecasts_place(shop, things, version):
    today = timezone.now().astimezone(shop.zone).date()
    ForecastOverride.objects.create(
        shop=shop,
        variant_id=things[0].shopify_id,
        units=999,
        first_day=today,
        last_day=today + timedelta(days=27),
        note="Fair",
        sub="1",
    )
    speak(shop)
    row = advice(shop, things[0])
    assert row.is_overridden and row.forecast_28 == pytest.approx(999, rel=1e-3)
    assert not advice(shop, things[1]).is_overridden
    assert sum(Forecast.objects.get(variant_id=row.variant_id).mean) < 999


def test_what_is_said_is_what_the_use_case_names_and_every_judge_lets_it_pass(shop, things, version):
    frames = dataset.read(dataset.Source(shop, timezone.now()), "demand_forecast")
    said = refresh.answer(refresh.Speaker(version, "stable"), frames, "demand_forecast")
    assert [*said.tables] == [output.name for output in USE_CASE.outputs] and not said.sound.broken
    judges = {output.name: USE_CASE.function(output.judge) for output in USE_CASE.outputs}
    assert [judges[name](rows, frames).units for name, rows in said.tables.items()] == [3, 3]


def test_stock_on_its_way_counts_and_locations_get_their_share(shop, things, version):
    histories.stocked(shop, things[0], 30, timezone.now() - timedelta(days=20), location=2)
    histories.stocked(shop, things[0], 5, timezone.now() - timedelta(days=10), location=2)
    speak(shop)
    total, there = advice(shop, things[0]), advice(shop, things[0], location=2)
    assert (total.stock, there.stock) == (45, 5)
    assert 0.9 * total.forecast_28 < there.forecast_28 < total.forecast_28


def test_origins_are_kept_daily_for_six_weeks_and_then_on_sundays(shop, things, version):
    speak(shop)
    origin = Forecast.objects.first().origin
    for ago in range(1, 60):
        Forecast.objects.create(
            shop=shop, version=version, variant_id=1, origin=origin - timedelta(days=ago), mean=[1.0]
        )
    speak(shop)
    kept = Forecast.objects.filter(variant_id=1).values_list("origin", flat=True)
    old = [day for day in kept if day < origin - timedelta(days=42)]
    assert len(kept) - len(old) == 42 and old and all(day.isoweekday() == 7 for day in old)


def test_after_a_rollback_to_nothing_the_simple_rule_speaks(shop, things, version):
    deployment = Deployment.of(shop, "demand_forecast")
    rollback.roll_back(deployment, by="1", because="Too high", revision=deployment.revision)
    assert speak(shop) == 6
    row, said = advice(shop, things[0]), Forecast.objects.get(variant_id=things[0].shopify_id)
    assert row.version is None and said.version is None
    assert said.mean[:7] == said.mean[7:14] and all(units == int(units) for units in said.mean)


def test_files_that_were_changed_are_refused(shop, version, settings):
    (settings.STATE_DIR / "artifacts" / version.artifact_path / "parameters.json").write_bytes(b"{}")
    with pytest.raises(ArtifactRefused):
        speak(shop)
    assert not StockAdvice.objects.for_shop(shop).exists()


def test_rows_of_a_version_that_was_rolled_back_meanwhile_are_thrown_away(shop, things, version):
    seen = Deployment.of(shop, "demand_forecast")
    Deployment.objects.filter(pk=seen.pk).update(revision=seen.revision + 1)
    live, frames = refresh.Speaker(version, "stable"), dataset.read(dataset.Source(shop, NOW), "demand_forecast")
    said = refresh.answer(live, frames, "demand_forecast")
    assert refresh.write(seen, live, NOW.date(), said, NOW) == 0
    assert not StockAdvice.objects.exists() and not ServingWindow.objects.exists() and not Forecast.objects.exists()


def test_serving_goes_on_when_the_data_is_old(shop, things, version):
    later = timezone.now() + timedelta(days=3)
    assert speak(shop, now=later) == 6


def test_a_newer_version_is_compared_with_the_live_one_and_the_simple_rule(shop, things, version):
    newer = train.train_version(shop_id=shop.pk, use_case="demand_forecast", trigger="merchant")
    assert {"candidate", "champion", "seasonal_naive"} <= newer.metrics.keys()
    assert newer.page["cards"] and newer.lineage["libraries"]["prophet"]


# Versions that answer beside what runs


def window(shop, version):
    return ServingWindow.objects.for_shop(shop).get(version=version)


def says(monkeypatch, version, change):
    """Let one version answer otherwise: its files are told apart by what `answer` is given."""
    honest, load = USE_CASE.resolve("answer"), registry.load_files
    speaking = []
    monkeypatch.setattr(registry, "load_files", lambda row: speaking.append(row.pk) or load(row))

    def answer(fitted, frames):
        tables = honest(fitted, frames)
        return change(tables) if fitted and speaking[-1] == version.pk else tables

    monkeypatch.setattr("pipelines.usecases.demand_forecast.serving.answer", answer)


def with_forecasts(change):
    def changed(tables):
        return tables | {"forecasts": change(tables["forecasts"].copy())}

    return changed


def with_advice(change):
    return lambda tables: tables | {"stock_advice": change(tables["stock_advice"].copy())}


def no_numbers(rows):
    rows["mean"] = [np.append(np.nan, mean[1:]) for mean in rows["mean"]]
    return rows


def times(factor):
    return with_forecasts(lambda rows: rows.assign(mean=[factor * mean for mean in rows["mean"]]))


def fail(tables):
    raise ZeroDivisionError


WRONG = {
    "NaN": (with_forecasts(no_numbers), "not numbers"),
    "a variant without a forecast": (with_forecasts(lambda rows: rows[1:]), "1 of 3 variants got no forecast"),
    "two forecasts of one variant": (with_forecasts(lambda rows: pd.concat([rows, rows])), "more than one"),
    "a total far above what sold": (times(10), "units in 28 days; the last 28 sold"),
    "a total far below what sold": (times(0.1), "units in 28 days; the last 28 sold"),
    "an exception": (fail, "ZeroDivisionError"),
    "advice that is no number": (with_advice(lambda rows: rows.assign(order_quantity=np.nan)), "are not numbers"),
    "advice of less than nothing": (
        with_advice(lambda rows: rows.assign(order_cost_minor=-1)),
        "are not numbers",
    ),
    "a variant without advice": (with_advice(lambda rows: rows[1:]), "1 of 3 variants got no advice"),
    "advice given twice": (with_advice(lambda rows: pd.concat([rows, rows])), "came twice"),
    "no advice at all": (lambda tables: {"forecasts": tables["forecasts"]}, "It gave no stock advice"),
}


def test_the_candidate_forecasts_from_the_same_day_and_the_merchant_sees_only_what_runs(shop, version, candidate):
    speak(shop)
    told = Forecast.objects.for_shop(shop).values_list("version", "origin").distinct()
    assert {number for number, _ in told} == {version.pk, candidate.pk} and len({day for _, day in told}) == 1
    assert set(StockAdvice.objects.values_list("version", flat=True)) == {version.pk}
    assert [(window(shop, who).arm, window(shop, who).units) for who in (version, candidate)] == [
        ("stable", 3),
        ("canary", 3),
    ]


def test_a_window_is_the_shops_day_and_counts_its_refreshes(shop, version):
    speak(shop)
    speak(shop)
    said = window(shop, version)
    today = timezone.now().astimezone(shop.zone).date()
    assert said.starts_at == datetime(today.year, today.month, today.day, tzinfo=shop.zone)
    assert said.ends_at.astimezone(shop.zone).date() == today + timedelta(days=1)
    assert (said.heartbeats, said.expected, said.errors, said.broken) == (2, 3, 0, "")


@pytest.mark.parametrize(("change", "words"), WRONG.values(), ids=WRONG)
def test_a_candidate_that_answers_wrongly_is_noted_and_hurts_nobody(
    shop, version, candidate, monkeypatch, change, words
):
    says(monkeypatch, candidate, change)
    assert speak(shop) == 6
    assert words in window(shop, candidate).broken and window(shop, candidate).errors
    assert not Forecast.objects.filter(version=candidate).exists()
    assert not window(shop, version).broken and advice(shop, candidate_variant(shop)).version == version


WITHOUT_SERIES = [case for case in USE_CASES.values() if case.outputs and "series" not in case.needs]


@pytest.mark.parametrize("case", WITHOUT_SERIES, ids=lambda case: case.slug)
def test_of_an_answer_that_failed_all_is_missing_that_the_simple_rule_has_one_for(case):
    frames = SMALL_SHOPS[case.slug].make()
    with USE_CASES.only(case):
        said = refresh.Answer.missing(frames, case.slug, "It gave no answer")
        rules = refresh.simple_rules(frames, case.slug)
    assert said.sound.expected == said.sound.errors == rules.sound.units > 0
    assert (said.sound.units, said.sound.broken, said.tables) == (0, "It gave no answer", {})


@pytest.mark.parametrize("error", [NotEnoughHistory("Too young"), ValueError("odd rows")])
def test_where_the_simple_rule_has_no_answer_either_none_is_missing(monkeypatch, error):
    def fails(*given):
        raise error

    monkeypatch.setattr(refresh, "simple_rules", fails)
    said = refresh.Answer.missing(SMALL_SHOPS["demand_forecast"].make(), "demand_forecast", "x" * 300)
    assert (said.sound.errors, said.sound.broken) == (0, "x" * 200)


def candidate_variant(shop):
    return histories.Variant.objects.for_shop(shop).order_by("shopify_id").first()


def test_a_candidate_whose_rows_cannot_be_stored_is_noted_and_hurts_nobody(shop, version, candidate, monkeypatch):
    says(monkeypatch, candidate, with_forecasts(lambda rows: rows.assign(nonsense=1)))
    assert speak(shop) == 6
    assert "could not be stored" in window(shop, candidate).broken
    assert not Forecast.objects.filter(version=candidate).exists()


def test_a_candidate_whose_files_were_changed_is_noted_and_hurts_nobody(shop, version, candidate, settings):
    (settings.STATE_DIR / "artifacts" / candidate.artifact_path / "parameters.json").write_bytes(b"{}")
    assert speak(shop) == 6
    assert window(shop, candidate).broken and Deployment.of(shop, "demand_forecast").active == version
    assert (window(shop, candidate).expected, window(shop, candidate).errors) == (3, 3)


@pytest.mark.parametrize(("change", "words"), WRONG.values(), ids=WRONG)
def test_wrong_answers_of_what_runs_are_not_shown(shop, version, monkeypatch, change, words):
    speak(shop)
    before = set(StockAdvice.objects.values_list("pk", flat=True))
    says(monkeypatch, version, change)
    assert speak(shop) == 0
    assert set(StockAdvice.objects.values_list("pk", flat=True)) == before
    assert words in window(shop, version).broken


def test_an_answer_that_came_right_again_clears_the_day(shop, version, monkeypatch):
    with monkeypatch.context() as patch:
        says(patch, version, fail)
        speak(shop)
    speak(shop)
    assert not window(shop, version).broken


def test_what_ran_before_goes_on_forecasting_unseen_for_half_a_year(shop, version, files):
    newer = histories.a_version(shop, files=files)
    now = timezone.now()
    pointer = Deployment.objects.for_shop(shop)
    pointer.update(active=newer, standby=version, active_since=now - timedelta(weeks=25))
    speak(shop)
    assert Forecast.objects.filter(version=version).count() == 3
    assert not ServingWindow.objects.filter(version=version).exists()
    Forecast.objects.all().delete()
    pointer.update(active_since=now - timedelta(weeks=27))
    speak(shop)
    assert not Forecast.objects.filter(version=version).exists()


def test_while_shoppers_see_both_each_variant_is_advised_on_by_its_arm(shop, version, candidate):
    Release.objects.filter(version=candidate).update(
        phase=Release.Phase.CANARY, weight=50, steps=[Step("half", weight=50).as_dict()], strategy="canary"
    )
    Deployment.objects.for_shop(shop).update(canary=candidate)
    for seed in range(20):
        Release.objects.filter(version=candidate).update(seed=str(seed))
        speak(shop)
        by = dict(StockAdvice.objects.values_list("variant_id", "version"))
        expected = {one: candidate.pk if bucket(str(seed), str(one)) < 0.5 else version.pk for one in by}
        assert by == expected and len(by) == 3


def test_a_new_release_is_heard_at_once_and_nothing_else_is_touched(shop, version, candidate):
    assert refresh.mirror(shop, "demand_forecast") == 3
    assert Forecast.objects.filter(version=candidate).count() == 3 and window(shop, candidate).heartbeats == 1
    assert not Forecast.objects.filter(version=version).exists() and not StockAdvice.objects.exists()


def test_what_waits_for_an_answer_is_heard_for_its_card_and_judged_by_nothing(shop, things, files):
    waiting = histories.a_version(shop, files=files)
    assert propose.propose(waiting).phase == "awaiting_approval"  # nothing runs that it could run beside
    assert refresh.mirror(shop, "demand_forecast") == 3
    assert Forecast.objects.filter(version=waiting).count() == 3
    assert not ServingWindow.objects.exists() and not StockAdvice.objects.exists()


def test_advice_is_as_old_as_the_data_that_it_was_worked_out_from(shop, version):
    speak(shop, now=NOW)
    assert set(StockAdvice.objects.values_list("updated_at", flat=True)) == {NOW}


def test_without_a_candidate_nothing_answers_alongside(shop, version):
    assert refresh.mirror(shop, "demand_forecast") == 0 and not ServingWindow.objects.exists()


def test_few_sales_prove_no_total_wrong():
    from pipelines.usecases.demand_forecast import sound

    assert not sound.far_off(60, 5) and not sound.far_off(0, 15)
    assert sound.far_off(81, 5) and sound.far_off(4, 20)


# Through the jobs


def test_a_live_version_whose_answer_cannot_be_true_is_rolled_back_by_the_same_refresh(shop, version, monkeypatch):
    speak(shop)
    says(monkeypatch, version, times(10))
    releases.refresh(shop.pk, "demand_forecast")
    version.refresh_from_db()
    assert version.state == ModelVersion.State.QUARANTINED
    assert Deployment.of(shop, "demand_forecast").active is None
    assert set(StockAdvice.objects.values_list("version", flat=True)) == {None}


def test_a_candidate_whose_answer_cannot_be_true_is_taken_away_within_minutes(shop, version, candidate, monkeypatch):
    says(monkeypatch, candidate, with_forecasts(no_numbers))
    releases.alongside(shop.pk, "demand_forecast")
    assert Release.objects.get(version=candidate).phase == Release.Phase.REJECTED
    assert Deployment.of(shop, "demand_forecast").active == version


def test_each_refresh_has_weeks_compared_and_releases_looked_at(shop, version, monkeypatch):
    compared, looked = [], []
    monkeypatch.setattr(
        "pipelines.lifecycle.evidence.paired.compare_weeks", lambda shop, use_case, now: compared.append(1) or 1
    )
    monkeypatch.setattr("pipelines.lifecycle.look.evaluate", lambda release_id, now: looked.append(release_id))
    releases.refresh(shop.pk, "demand_forecast")
    live = Release.objects.get(version=version)
    assert compared == [1] and looked == [live.pk, live.pk]  # after the answer, and after the weeks

"""Weeks of two versions side by side: when they count, what they cost, what they prove."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from pipelines.lifecycle.evidence import paired
from pipelines.lifecycle.serving import refresh
from pipelines.models import Deployment, Measurement, PairedWeek, Release
from pipelines.models.usecases.demand_forecast import Forecast
from pipelines.strategies import Step
from tests import histories, toy_use_case

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/London")
FIRST = date(2026, 3, 2)  # both speak from this day on; clocks change on March 29
WEEKS = [FIRST + timedelta(days=1 + 7 * number) for number in range(60)]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


@pytest.fixture
def prices():
    """Say what each version's week costs; tests change it."""
    return {"new": 120.0, "old": 100.0, "bets": {"level": 0.5}, "calls": []}


@pytest.fixture
def toy(toy, monkeypatch, prices):
    def compare(frames, new, old=None, *, days=7):
        prices["calls"].append((days, new, old))
        weeks = new[["first_day"]].drop_duplicates()
        return weeks.assign(
            loss=prices["new"], against=prices["old"], bets=[prices["bets"]] * len(weeks), units=3, coverage=0.75
        )

    monkeypatch.setitem(toy_use_case.FUNCTIONS, "compare", compare)
    return toy


@pytest.fixture
def shop(toy):
    return histories.a_shop()


@pytest.fixture
def old(shop):
    return histories.a_version(shop, use_case="toy", number=1)


@pytest.fixture
def new(shop):
    return histories.a_version(shop, use_case="toy", number=2, metrics=past([5.0, 15.0] * 6))


@pytest.fixture
def live(shop, new, old):
    """Return the release of the new version, live, with the old one as standby."""
    Deployment.objects.create(
        shop=shop, use_case="toy", active=new, standby=old, revision=1, active_since=timezone.now()
    )
    return Release.objects.create(
        shop=shop, use_case="toy", version=new, strategy="blue_green", phase=Release.Phase.LIVE, steps=[], weight=100
    )


def past(differences: list[float], **more: object) -> dict[str, object]:
    """Return an evaluation whose weekly differences from the live recipe were these."""
    nothing = [0.0] * len(differences)
    return {"weekly_loss": {"candidate": differences, "champion": nothing, "seasonal_naive": nothing}} | more


def speak(version, since: date, until: date) -> None:
    days = (until - since).days + 1
    Forecast.objects.bulk_create(
        Forecast(shop=version.shop, version=version, variant_id=1, origin=since + timedelta(days=day), mean=[1.0] * 28)
        for day in range(days)
    )


def both_speak(new, old, until: date, since: date = FIRST) -> None:
    speak(new, since, until)
    speak(old, since, until)


def compare(shop, day: date) -> int:
    return paired.compare_weeks(shop, "toy", noon(day))


def weeks(**which) -> list[date]:
    return list(PairedWeek.objects.filter(**which).order_by("first_day").values_list("first_day", flat=True))


def priced(release, losses: list[float], against: float = 100.0, **bets: float) -> None:
    """Write weeks down as if they had been compared, each with the same bets."""
    pair = paired.pair_of(release)
    table = pd.DataFrame(
        {
            "first_day": WEEKS[: len(losses)],
            "loss": losses,
            "against": against,
            "bets": [bets] * len(losses),
            "units": 3,
            "coverage": 1.0,
        }
    )
    paired.keep_weeks(pair, table)


# When a week counts


def test_p15_a_week_counts_from_the_seventh_day_after_its_end(shop, live, new, old):
    both_speak(new, old, FIRST + timedelta(days=30))
    ripe = WEEKS[0] + timedelta(days=14)
    assert compare(shop, ripe - timedelta(days=1)) == 0 and not weeks()
    assert compare(shop, ripe) == 1 and weeks() == [WEEKS[0]]
    row = PairedWeek.objects.get()
    assert (row.version, row.against, row.loss_minor, row.against_minor) == (new, old, 120, 100)
    assert row.matured_at == datetime(ripe.year, ripe.month, ripe.day, tzinfo=ZONE)
    assert (row.units, row.coverage, row.bets) == (3, 0.75, {"level": 0.5})


def test_weeks_begin_the_day_after_the_first_day_from_which_both_spoke(shop, live, new, old):
    speak(new, FIRST, FIRST + timedelta(days=30))
    speak(old, FIRST + timedelta(days=3), FIRST + timedelta(days=30))
    compare(shop, WEEKS[0] + timedelta(days=20))
    assert weeks() == [WEEKS[0] + timedelta(days=3)]


def test_a_week_is_written_once_and_what_decided_stays(shop, live, new, old, prices):
    both_speak(new, old, FIRST + timedelta(days=60))
    compare(shop, WEEKS[0] + timedelta(days=14))
    prices["new"] = 999.0
    assert compare(shop, WEEKS[0] + timedelta(days=14)) == 0
    assert compare(shop, WEEKS[1] + timedelta(days=14)) == 1
    assert list(PairedWeek.objects.order_by("first_day").values_list("loss_minor", flat=True)) == [120, 999]


def test_p17_after_thirty_days_a_week_is_restated_beside_what_decided(shop, live, new, old, prices):
    both_speak(new, old, FIRST + timedelta(days=60))
    compare(shop, WEEKS[0] + timedelta(days=14))
    prices["new"] = 90.0
    compare(shop, WEEKS[0] + timedelta(days=36))
    assert PairedWeek.objects.get(first_day=WEEKS[0]).restated is None
    compare(shop, WEEKS[0] + timedelta(days=37))
    row = PairedWeek.objects.get(first_day=WEEKS[0])
    assert row.loss_minor == 120 and row.restated == {"loss_minor": 90.0, "against_minor": 100.0, "units": 3}
    prices["new"] = 10.0
    compare(shop, WEEKS[0] + timedelta(days=38))
    row.refresh_from_db()
    assert row.restated["loss_minor"] == 90.0


def test_both_versions_speak_from_the_same_last_day_before_the_week(shop, live, new, old, prices):
    both_speak(new, old, FIRST + timedelta(days=30))
    Forecast.objects.filter(version=old, origin=WEEKS[1] - timedelta(days=1)).delete()
    compare(shop, WEEKS[1] + timedelta(days=14))
    _, ours, theirs = next(call for call in prices["calls"] if call[0] == 7)
    second = ours["first_day"] == WEEKS[1]
    assert set(ours[second]["origin"]) == set(theirs[theirs["first_day"] == WEEKS[1]]["origin"])
    assert set(ours[second]["origin"]) == {WEEKS[1] - timedelta(days=2)}


def test_a_week_long_after_the_last_forecast_is_not_compared(shop, live, new, old):
    both_speak(new, old, FIRST)
    for ago in range(14, 60):
        compare(shop, FIRST + timedelta(days=ago))
    assert weeks() == WEEKS[:4]  # origins reach 28 days


def test_when_nothing_has_matured_no_frames_are_read(shop, live, new, old, monkeypatch):
    both_speak(new, old, FIRST)
    monkeypatch.setattr("pipelines.lifecycle.data.dataset.read", lambda *_: pytest.fail("read"))
    assert compare(shop, FIRST + timedelta(days=3)) == 0


def test_nan_is_no_week(shop, live, new, old, prices):
    both_speak(new, old, FIRST + timedelta(days=30))
    prices["new"] = float("nan")
    assert compare(shop, WEEKS[0] + timedelta(days=14)) == 0 and not weeks()


def test_a_candidate_is_measured_against_what_runs_and_that_against_what_ran_before(shop, live, new, old):
    candidate = histories.a_version(shop, use_case="toy", number=3)
    steps = [Step("alongside", mirrors=True).as_dict()]
    Release.objects.create(
        shop=shop, use_case="toy", version=candidate, strategy="blue_green", phase=Release.Phase.SHADOW, steps=steps
    )
    for version in (candidate, new, old):
        speak(version, FIRST, FIRST + timedelta(days=30))
    assert compare(shop, WEEKS[0] + timedelta(days=14)) == 2
    assert set(PairedWeek.objects.values_list("version", "against")) == {(candidate.pk, new.pk), (new.pk, old.pk)}


def test_a_version_with_none_before_it_is_measured_against_the_simple_rule(shop, live, new, prices):
    Deployment.objects.update(standby=None)
    speak(new, FIRST, FIRST + timedelta(days=30))
    assert compare(shop, WEEKS[0] + timedelta(days=14)) == 1
    assert PairedWeek.objects.get().against is None and all(old is None for _, _, old in prices["calls"])


def test_another_shops_weeks_are_left_alone(shop, live, new, old):
    other = histories.a_shop()
    both_speak(new, old, FIRST + timedelta(days=30))
    assert compare(other, WEEKS[0] + timedelta(days=14)) == 0 and not weeks()


def test_each_matured_day_is_set_beside_the_simple_rule_once(shop, live, new, old, prices):
    both_speak(new, old, FIRST + timedelta(days=30))
    compare(shop, FIRST + timedelta(days=10))
    days = Measurement.objects.filter(metric=paired.DAILY)
    assert [row.starts_at.astimezone(ZONE).date() for row in days.order_by("starts_at")] == [
        FIRST + timedelta(days=number) for number in (1, 2)
    ]
    prices["new"] = 7.0
    compare(shop, FIRST + timedelta(days=11))
    assert list(days.order_by("starts_at").values_list("value", flat=True)) == [20, 20, -93]
    assert set(days.values_list("version", "release", "n")) == {(new.pk, None, 3)}


# What weeks prove


def test_without_weeks_nothing_is_claimed(live):
    said, analysis = paired.evidence_of(live, noon(FIRST))
    assert (said.kind, said.harm, said.weeks, said.correlation, said.has_decayed) == ("paired", 1.0, 0, None, False)
    assert analysis["weeks"] == [] and "money" not in analysis and "No week is final" in analysis["sentence"]


def test_evidence_of_any_release_comes_through_one_door(live):
    assert paired.evidence_of(live, noon(FIRST))[0].kind == "paired"


def test_nine_bad_weeks_are_needed_to_prove_harm(live):
    """By hand: mean of (1.1, 1.25, 1.5, 1.75) to the power of the weeks."""
    for count in (8, 9):
        PairedWeek.objects.all().delete()
        priced(live, [1_000.0] * count)
        said, _ = paired.evidence_of(live, noon(WEEKS[count] + timedelta(days=30)))
        by_hand = np.mean([(1 + stake) ** count for stake in (0.1, 0.25, 0.5, 0.75)])
        assert said.harm == pytest.approx(by_hand) and said.weeks == count
        assert (said.harm >= 40) == (count == 9)


def test_weeks_are_clipped_at_three_sds_of_the_backtest(live):
    """sd of six times 5, 15 is 5.2223, so 1.5 of it is half of the most that counts."""
    priced(live, [100 + 1.5 * 5.2223])
    said, _ = paired.evidence_of(live, noon(WEEKS[4]))
    assert said.harm == pytest.approx(np.mean([1 + stake / 2 for stake in (0.1, 0.25, 0.5, 0.75)]), rel=1e-4)


def test_what_needs_no_scale_is_bet_on_beside_the_losses_and_the_mean_counts(live):
    priced(live, [100.0] * 12, days=1.0, total=0.0)
    said, _ = paired.evidence_of(live, noon(WEEKS[30]))
    by_hand = np.mean([(1 + stake) ** 12 for stake in (0.1, 0.25, 0.5, 0.75)])
    assert said.harm == pytest.approx((1 + by_hand + 1) / 3)


def test_a_version_is_judged_for_26_weeks(live):
    priced(live, [100.0] * 26 + [1_000.0] * 20)
    said, analysis = paired.evidence_of(live, noon(WEEKS[50]))
    assert (said.weeks, said.harm, len(analysis["weeks"])) == (26, 1.0, 26)
    assert paired.JUDGED in analysis["sentence"]


def test_after_26_weeks_none_is_priced_any_more(shop, live, new, prices):
    Deployment.objects.update(standby=None)
    late = WEEKS[0] - timedelta(days=1) + timedelta(weeks=30)
    speak(new, late - timedelta(days=60), late)
    pair = paired.Pair(shop, new, None)
    paired.keep_weeks(
        pair,
        pd.DataFrame(
            {"first_day": WEEKS[:26], "loss": 1.0, "against": 1.0, "bets": [{}] * 26, "units": 3, "coverage": 1.0}
        ),
    )
    compare(shop, late)
    assert weeks() == WEEKS[:26]


def test_weeks_in_which_the_new_version_saves_prove_no_harm(live):
    priced(live, [50.0] * 20)
    assert paired.evidence_of(live, noon(WEEKS[30]))[0].harm < 1


def test_the_range_that_pages_show_is_what_is_said_of_it(live):
    priced(live, [1_000.0, 900.0, 1_100.0] * 4)
    assert not paired.evidence_of(live, noon(WEEKS[3]))[0].ranges, "fewer than four weeks have none"
    said, analysis = paired.evidence_of(live, noon(WEEKS[30]))
    low, high = said.ranges["errors"]
    assert [round(low), round(high)] == [analysis["money"]["low"], analysis["money"]["high"]] and high < 0


def test_p15_weeks_that_mature_later_do_not_count_yet(live):
    priced(live, [1_000.0] * 12)
    said, analysis = paired.evidence_of(live, noon(WEEKS[3] + timedelta(days=14)))
    assert said.weeks == 4 == len(analysis["weeks"])
    assert analysis["not_final"] == [week.isoformat() for week in WEEKS[4:6]]


@pytest.mark.parametrize(
    "metrics", [{}, past([5.0, 15.0] * 5 + [5.0]), past([0.0] * 12)], ids=["none", "eleven weeks", "no variance"]
)
def test_without_enough_past_the_losses_are_not_bet_on_and_the_sentence_says_so(live, new, metrics):
    with histories.anything_goes():
        type(new).objects.filter(pk=new.pk).update(metrics=metrics)
    priced(live, [1_000.0] * 20)
    live.version.refresh_from_db()
    said, analysis = paired.evidence_of(live, noon(WEEKS[30]))
    assert said.harm == 1.0 and said.weeks == 20 and paired.TOO_LITTLE_PAST in analysis["sentence"]


def test_a_backtest_without_a_live_version_is_read_against_the_simple_rule(live, new):
    usual = past([5.0, 15.0] * 6)
    del usual["weekly_loss"]["champion"]
    with histories.anything_goes():
        type(new).objects.filter(pk=new.pk).update(metrics=usual)
    live.version.refresh_from_db()
    assert paired.scale_of(paired.pair_of(live)) == pytest.approx(3 * np.std([5, 15] * 6, ddof=1))


def test_recipes_that_hardly_differed_do_not_say_what_a_large_week_is(live, new):
    """By 0.01 alone every week would count in full: then the baseline's difference says what is large."""
    losses = {"candidate": [5.0, 15.0] * 6, "champion": [5.01, 15.0] * 6, "seasonal_naive": [0.0] * 12}
    with histories.anything_goes():
        type(new).objects.filter(pk=new.pk).update(metrics={"weekly_loss": losses})
    live.version.refresh_from_db()
    assert paired.scale_of(paired.pair_of(live)) == pytest.approx(3 * np.std([5, 15] * 6, ddof=1))


def test_the_correlation_of_weeks_is_told(live):
    priced(live, [100.0, 200.0] * 6)
    assert paired.evidence_of(live, noon(WEEKS[30]))[0].correlation < -0.8
    PairedWeek.objects.all().delete()
    priced(live, [100.0 + week for week in range(12)])
    assert paired.evidence_of(live, noon(WEEKS[30]))[0].correlation > 0.5


def test_money_has_an_interval_from_four_weeks_on(live):
    priced(live, [90.0, 110.0, 80.0])
    analysis = paired.evidence_of(live, noon(WEEKS[30]))[1]
    assert analysis["money"] == {"value": 7, "low": None, "high": None, "per": "week"}
    PairedWeek.objects.all().delete()
    priced(live, [90.0, 110.0, 80.0, 80.0])
    analysis = paired.evidence_of(live, noon(WEEKS[30]))[1]
    reach = 3.182446 * np.std([10, -10, 20, 20], ddof=1) / 2
    assert analysis["money"] == {"value": 10, "low": round(10 - reach), "high": round(10 + reach), "per": "week"}
    assert analysis["effect"]["value"] == pytest.approx(0.1) and analysis["effect"]["low"] < 0
    assert "Over 4 weeks, its errors cost £0.10 less a week than those of version" in analysis["sentence"]


def test_the_report_shows_both_losses_of_each_week(live):
    priced(live, [120.0])
    assert paired.evidence_of(live, noon(WEEKS[4]))[1]["weeks"] == [
        {"first_day": WEEKS[0].isoformat(), "new": 120, "old": 100, "coverage": 1.0}
    ]


# With the real forecast, on a shop with a past


def test_a_forecast_that_says_twice_as_much_costs_more_week_after_week(fitted_shop):
    shop, new, old = fitted_shop
    now = timezone.now()
    assert paired.compare_weeks(shop, "demand_forecast", now) == 3
    rows = PairedWeek.objects.order_by("first_day")
    assert {(row.version, row.against, row.units) for row in rows} == {(new, old, 3)}
    assert all(row.loss_minor > row.against_minor > 0 for row in rows)
    days = Measurement.objects.filter(version=new, metric=paired.DAILY)
    assert days.count() == 27 and {row.n for row in days} == {3}


@pytest.fixture
def fitted_shop(db):
    """Return a shop that has sold three things for long, with two versions that spoke on each of the last 35 days."""
    shop = histories.a_shop()
    things = histories.sell(shop, variants=3, days=80)
    new, old = histories.a_version(shop), histories.a_version(shop)
    now = timezone.now()
    Deployment.objects.create(
        shop=shop, use_case="demand_forecast", active=new, standby=old, revision=1, active_since=now
    )
    yesterday = now.astimezone(shop.zone).date() - timedelta(days=1)
    Forecast.objects.bulk_create(
        Forecast(
            shop=shop,
            version=version,
            variant_id=thing.shopify_id,
            origin=yesterday - timedelta(days=ago),
            mean=[mean] * 28,
        )
        for version, mean in ((new, 40.0), (old, 20.0))
        for thing in things
        for ago in range(35)
    )
    return shop, new, old


def test_what_serving_writes_is_what_comparing_reads(fitted_shop, monkeypatch):
    """One night's refresh of both, then the week after it is priced from exactly these rows."""
    shop, new, old = fitted_shop
    Forecast.objects.all().delete()
    shop.refresh_from_db()
    monkeypatch.setattr(refresh.registry, "load_files", lambda version: {})
    from pipelines.usecases.demand_forecast import serving

    honest = serving.answer
    monkeypatch.setattr("pipelines.usecases.demand_forecast.model.load", lambda files: None)
    monkeypatch.setattr(serving, "answer", honest)
    now = timezone.now()
    refresh.refresh(shop, "demand_forecast", now=now - timedelta(days=20))
    assert set(Forecast.objects.values_list("version", flat=True)) == {new.pk, old.pk}
    assert paired.compare_weeks(shop, "demand_forecast", now) == 1
    row = PairedWeek.objects.get()
    assert row.loss_minor == row.against_minor > 0 and row.units == 3


def test_a_live_version_that_is_well_says_how_far_its_comparison_is(shop):
    from pipelines.lifecycle import look

    histories.pulled(shop)
    live = histories.approved(histories.a_card(shop))
    look.evaluate(live.pk, timezone.now())
    live.refresh_from_db()
    assert live.analysis["reason"] == "well" and "No week is final yet" in live.analysis["sentence"]

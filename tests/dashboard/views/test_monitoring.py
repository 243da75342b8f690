"""Monitoring: how is it doing right now? What is not known is said as what it is, never green and never a zero."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.models import Alert, Deployment, FreezeWindow, Measurement, OwnEvent, Shop, ShopSettings
from pipelines.usecases import USE_CASES
from tests import measured
from tests.dashboard.views.test_both_families import a_version, go_live, said
from tests.dashboard.views.test_plain_words import jargon
from tests.dashboard.views.test_questions import DOOR
from tests.families import visits

pytestmark = pytest.mark.django_db
BATCH, ASKED = "demand_forecast", visits.SLUG
FEATURES = USE_CASES[BATCH].monitored.features
PEAKS = {"weekday": [18, 19], "weekend": [12]}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def seen(shop, now):
    """Let a live forecast have been measured for a quarter."""
    version = Deployment.of(shop, BATCH).active
    measured.days(shop, BATCH, version, now)
    measured.outcomes(shop, BATCH, version, now, figures={"wape": 0.31, "bias": 0.02})
    measured.outcomes(shop, BATCH, None, now, figures={"wape": 0.44})
    measured.drift(shop, BATCH, FEATURES, now)
    return shop


@pytest.fixture
def asked(shop, now):
    """Let visitors have been answered for a week."""
    from dashboard.templatetags.once import once

    with USE_CASES.also(visits.USE_CASE):
        once.cache_clear()
        ShopSettings.objects.filter(shop=shop).update(peak_hours=PEAKS)
        shop = Shop.objects.select_related("settings").get(pk=shop.pk)
        version = a_version(shop)
        go_live(shop, version)
        measured.hours(shop, ASKED, version, now)
        measured.drift(shop, ASKED, ("pages", "is_returning"), now, pages="drift")
        yield shop
    once.cache_clear()


def page_of(see, slug=BATCH, **query) -> str:
    return see(f"/monitoring/{slug}", **query).content.decode()


def part_of(page: str, name: str) -> str:
    """Return what a page shows from one of its parts on to the next."""
    return page.partition(f'id="monitoring-{name}"')[2].partition('id="monitoring-')[0]


def drawn(page: str, name: str) -> str:
    """Return the drawing of one chart."""
    return re.search(rf'<svg role="img"[^>]*aria-describedby="{name}-d".*?</svg><p', page, re.DOTALL)[0]


def test_it_is_in_the_navigation_and_opens_with_the_first_model(seen, see):
    assert '<s-link href="/monitoring">Monitoring</s-link>' in see("/").content.decode()
    assert "Demand forecast, version 1" in said(see("/monitoring").content.decode())


def test_a_forecast_that_does_well_is_said_to(seen, see):
    page = said(page_of(see))
    assert "Yesterday’s forecasts came, and for all that was asked for." in page
    assert "What it learns from is as usual." in page and "Within limits" in page
    assert "Forecasts came on 28 of 28 days" in page and "Age of the data 6 hours" in page
    assert "Error of a day’s sales" in page and "8 of 10 days between" in page and "120 variants" in page
    assert jargon(page_of(see)) == []


def test_days_of_which_nothing_is_known_are_no_days_without_an_answer(seen, see):
    """On the day on which a version takes over neither is asked for the whole of it."""
    days = Measurement.objects.filter(metric="answered").order_by("-starts_at").values_list("starts_at", flat=True)
    Measurement.objects.filter(starts_at__in=[days[3], days[9]]).delete()
    assert "Forecasts came on 26 of 26 days" in said(page_of(see))
    Measurement.objects.filter(metric="answered", starts_at=days[5]).update(value=0)
    assert "Forecasts came on 25 of 26 days" in said(page_of(see))


def test_what_outcomes_are_not_known_of_is_a_gap(seen, see):
    page = page_of(see)
    assert "The last 7 days are not known yet" in page and '<td class="num">not known yet</td>' in page
    line = re.search(r'<path class="now" d="([^"]*)"', drawn(page, "accuracy"))[1]
    assert float(line.split("L")[-1].split()[0]) < 1000 * 85 / 91


def test_answers_to_visitors_are_shown_by_hour_and_by_kind_of_hour(asked, see):
    page = said(page_of(see, ASKED))
    assert "95 of 100 answers come within" in page and "Answers stay within every limit." in page
    assert "Peak hours, Monday to Friday" in page and "18:00 to 20:00" in page
    assert "Pages seen has changed and stayed so." in page
    assert jargon(page_of(see, ASKED)) == []


def test_quiet_hours_are_gaps_and_never_green(asked, see, now):
    Measurement.objects.filter(use_case=ASKED, metric__startswith="latency").update(value=None, n=0, verdict="quiet")
    Measurement.objects.filter(use_case=ASKED, metric__endswith="share").update(value=None, n=0, verdict="quiet")
    page = page_of(see, ASKED)
    assert "Nobody asked in the last 24 hours" in page and "said-ok" not in page and "No chart yet" in page


def test_no_data_is_hatched_and_named(asked, see, now):
    lately = Measurement.objects.filter(use_case=ASKED, starts_at__gte=now - timedelta(hours=30))
    lately.filter(metric__contains="_p").update(value=None, n=0, verdict="no_data")
    lately.filter(metric__endswith="share").update(value=None, n=0, verdict="no_data")
    page = page_of(see, ASKED)
    assert "Nothing was heard of it lately, though visitors were expected." in page
    assert "url(#answers-h)" in drawn(page, "answers") and "No data" in said(page)


def test_few_visitors_are_too_few_to_tell_and_not_green(asked, see):
    Measurement.objects.filter(use_case=ASKED).exclude(verdict="quiet").update(n=2, verdict="insufficient")
    now, hours = (part_of(page_of(see, ASKED), name) for name in ("now", "answers"))
    assert "46 visitors in 24 hours are too few to tell." in now and "Too few to tell" in now
    assert "said-ok" not in hours and "success" not in now.partition("</p>")[0]


def test_what_goes_wrong_is_red_with_its_share_and_what_may(asked, see):
    wrong = Measurement.objects.filter(use_case=ASKED, metric="error_share", value=0)
    wrong.update(value=0.05, verdict="breach")
    page = page_of(see, ASKED)
    assert "Answers go wrong: 5\u00a0% met an error in 24 hours (1\u00a0% may)." in page
    assert "Over a limit" in said(page) and "said-breach" in drawn(page, "harm")


def test_a_model_without_any_figure_says_so(shop, see):
    page = page_of(see)
    assert "Nothing is measured yet" in page and "No chart yet" in page and "Not measured yet" in page
    assert "How near it came is not known yet" in page and 'class="none"' in page


@pytest.mark.parametrize("verdict", ["insufficient", "no_data"])
def test_features_of_which_nothing_can_be_told_are_grey(shop, see, now, verdict):
    measured.drift(shop, BATCH, FEATURES, now, price=verdict)
    row = re.search(r'<th scope="row">Price</th>(.*?)</tr>', page_of(see))[1]
    assert row.count('class="few"' if verdict == "insufficient" else 'class="none"') == 28 and "h0" not in row


def test_a_value_that_is_no_number_is_a_gap(seen, see):
    Measurement.objects.filter(metric="completeness").update(value=float("nan"))
    Measurement.objects.filter(metric="wape_1d").update(value=float("inf"))
    page = page_of(see)
    assert "No chart yet" in page and "How near it came is not known yet" in page and "nan" not in page.lower()


def test_what_happened_stands_on_the_charts(asked, see, now):
    told = {"shop": asked, "use_case": ASKED, "next_step": "Look under Versions.", "last_at": now}
    key, opened = f"answers:every:{ASKED}:1", now - timedelta(days=2)
    Alert.objects.create(key=key, title="Slow", opened_at=opened, **told)
    span = {"starts_at": now - timedelta(days=5), "ends_at": now - timedelta(days=4)}
    FreezeWindow.objects.create(shop=asked, name="Black Friday", **span)
    today = now.astimezone(asked.zone).date()
    day = today - timedelta(days=3)
    OwnEvent.objects.create(shop=asked, name="Drop", first_day=day, last_day=day)
    page = page_of(see, ASKED)
    chart = drawn(page, "answers")
    assert 'class="alert"' in chart and "Black Friday" in chart and "Drop: expected" in chart
    assert "Slow" in said(page) and "Look under Versions." in said(page)


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_a_shop_that_moved_to_another_zone_keeps_its_page(asked, see, zone):
    Shop.objects.filter(pk=asked.pk).update(timezone=zone)
    assert "Visits" in page_of(see, ASKED) and "Demand forecast" in page_of(see)


def test_the_parts_that_changed_are_what_the_page_shows_of_them(seen, see):
    page, told = page_of(see), see(f"/monitoring/{BATCH}/changes?seen=").content.decode()
    for name in ("now", "answers", "accuracy", "drift", "events"):
        assert f'id="monitoring-{name}"' in page and f'hx-target="#monitoring-{name}"' in told
    assert "<s-page" not in told and f"/monitoring/{BATCH}/changes?seen=" in told
    seen_now = told.partition("?seen=")[2].partition('"')[0]
    assert see(f"/monitoring/{BATCH}/changes?seen={seen_now}").status_code == 204


def test_a_cell_opens_the_two_distributions_behind_it(seen, see, now):
    page = page_of(see)
    address = re.findall(r'<a href="(/monitoring/demand_forecast/change\?feature=y&amp;day=[^"]*)"', page)[-1]
    opened = see(address.replace("&amp;", "&")).content.decode()
    assert "Units sold" in opened and "up to 1" in opened and "moved most" in opened
    assert "of the limit" in opened and jargon(opened) == []


def test_an_old_cell_says_that_its_distribution_is_gone(seen, see, now):
    day = (now.astimezone(seen.zone) - timedelta(days=20)).date()
    opened = see(f"/monitoring/{BATCH}/change?feature=y&day={day}").content.decode()
    assert "No distribution was kept" in opened


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring/nothing",
        "/monitoring/nothing/changes",
        f"/monitoring/{BATCH}/change",
        f"/monitoring/{BATCH}/change?feature=y&day=yesterday",
        f"/monitoring/{BATCH}/change?feature=unknown&day=2026-01-01",
        f"/monitoring/{BATCH}/nothing.json",
    ],
)
def test_what_is_not_there_is_not_found(seen, see, path):
    assert see(path).status_code == 404


def test_charts_can_be_explored(seen, see):
    for name in ("answers", "accuracy"):
        assert see(f"/monitoring/{BATCH}/{name}.json").json()["data"]


def test_another_shop_sees_nothing_of_it(seen, another_shop, see):
    page = see(f"/monitoring/{BATCH}", domain=another_shop.domain).content.decode()
    assert "Nothing is measured yet" in page and "28 of 28" not in page


def test_home_says_how_each_model_does_and_leads_here(asked, see, now):
    measured.days(asked, BATCH, Deployment.of(asked, BATCH).active, now)
    page = see("/").content.decode()
    assert '<s-link tone="neutral" href="/monitoring/visits">32 ms</s-link>' in page and "data changed" in page
    assert '<s-link tone="neutral" href="/monitoring/demand_forecast">Answered</s-link>' in page
    assert "data not compared yet" in page


def test_a_version_that_is_new_makes_no_earlier_day_yesterday(seen, see, now):
    yesterday = now.astimezone(seen.zone).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    Measurement.objects.filter(metric__in=("answered", "completeness"), starts_at__gte=yesterday).delete()
    page = see(f"/monitoring/{BATCH}").content.decode()
    assert "Yesterday’s" not in page and re.search("The forecasts of [^<]+ came, and for all", page)


def test_home_tells_the_newest_window_that_is_over_while_the_next_takes_a_week(asked, see, now):
    rows = Measurement.objects.filter(metric="drift_lasting", segment="all")
    rows.exclude(pk=rows.latest("starts_at").pk).delete()
    rows.update(starts_at=now - timedelta(days=14))
    assert "data changed" in see("/").content.decode()


def test_an_alert_leads_here(asked, see, now):
    told = {"shop": asked, "use_case": ASKED, "next_step": "Look.", "last_at": now, "opened_at": now}
    Alert.objects.create(key="a", title="Slow", **told)
    assert 'href="/monitoring/visits">See how it does' in see("/alerts").content.decode()


QUESTIONS = {BATCH: 8, ASKED: 9}  # one of them says how the shop is, so that the page can ask what changed


@pytest.mark.parametrize("slug", QUESTIONS)
def test_the_page_asks_as_much_of_a_long_history_as_of_a_short_one(asked, see, now, slug):
    assert count(see, slug) == QUESTIONS[slug]
    version = Deployment.of(asked, slug).active
    measured.hours(asked, slug, version, now - timedelta(days=7), days=20)
    measured.drift(asked, slug, ("y", "price"), now - timedelta(days=28))
    for number in range(5):
        told = {"shop": asked, "use_case": slug, "next_step": "Look.", "last_at": now, "opened_at": now}
        Alert.objects.create(key=f"k{number}", title="Slow", **told)
    assert count(see, slug) == QUESTIONS[slug]


def count(see, slug: str) -> int:
    """Return how many questions the page asks beside those of the door."""
    with CaptureQueriesContext(connection) as asked:
        page_of(see, slug)
    return len(asked) - DOOR


def test_figures_are_ranges_of_one_index(asked, see):
    with CaptureQueriesContext(connection) as asked_of:
        page_of(see, ASKED)
    (sql,) = (query["sql"] for query in asked_of if "UNION ALL" in query["sql"])
    others = "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'pipelines_measurement'::regclass"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL enable_seqscan = off")
        cursor.execute(f"{others} AND NOT indisprimary AND indexrelid <> 'measurement_once'::regclass")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(f"EXPLAIN {sql}")
        plan = [line for (line,) in cursor.fetchall()]
    ranges = [line for line in plan if "Index Cond" in line and "metric)::text = " in line]
    assert len(ranges) == 2 and all("starts_at >= " in line and "segment)::text = " in line for line in ranges), plan

"""Visits are counted and not kept; operators hear of a page that comes near a limit before it is crossed."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from pipelines.lifecycle.pages import speed
from pipelines.lifecycle.pages.speed import Verdict
from pipelines.models import OperatorsTold, PageSpeed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 9, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def operators(settings):
    settings.ADMINS = [("Ops", "ops@example.com")]


def visits(n: int, *, route: str = "home", day=TODAY, **values: float) -> None:
    for _ in range(n):
        speed.note(route, values, day)


def whole(metric: str) -> speed.Speed:
    return next(each for each in speed.speeds(NOW) if each.metric == metric and not each.route)


class TestCounting:
    def test_a_day_of_a_page_is_one_row_of_each_figure(self):
        visits(50, LCP=900.0, CLS=0.01, INP=60.0)
        visits(3, route="versions", LCP=900.0)
        assert PageSpeed.objects.count() == 4
        assert {row.metric: sum(row.counts) for row in PageSpeed.objects.filter(route="home")} == {
            "LCP": 50,
            "CLS": 50,
            "INP": 50,
        }

    def test_a_visit_is_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            visits(1, LCP=900.0, CLS=0.01, INP=60.0)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
    def test_what_is_no_figure_is_not_counted(self, value):
        visits(1, LCP=value, FCP=10.0)
        assert not PageSpeed.objects.exists()

    def test_what_is_beyond_all_is_counted_as_that(self):
        visits(1, LCP=1e12)
        assert PageSpeed.objects.get().counts[-1] == 1

    @pytest.mark.parametrize("metric", speed.LIMITS)
    def test_each_value_is_counted_where_it_belongs(self, metric):
        limit = speed.LIMITS[metric]
        for share in (0.0, 0.62, 0.8, 1.0, 1.001):
            visits(1, **{metric: share * limit})
        counts = PageSpeed.objects.get().counts
        assert len(counts) == len(speed.BOUNDS[metric]) + 1
        upto = [bound / limit for bound, count in zip(speed.BOUNDS[metric], counts, strict=False) if count]
        assert upto == pytest.approx([0.05, 0.65, 0.8, 1.0, 1.1])


class TestVerdicts:
    def test_three_visits_in_four_decide(self):
        visits(80, LCP=1000.0)
        visits(20, LCP=9000.0)
        assert whole("LCP").found.value == pytest.approx(1000.0, abs=150)
        assert whole("LCP").verdict is Verdict.FINE

    def test_few_visits_are_never_good(self):
        visits(speed.ENOUGH - 1, INP=10.0)
        assert whole("INP").verdict is Verdict.INSUFFICIENT

    def test_near_comes_before_over(self):
        visits(100, CLS=0.088)
        assert whole("CLS").verdict is Verdict.NEAR
        visits(400, CLS=0.2)
        assert whole("CLS").verdict is Verdict.OVER

    def test_what_was_weeks_ago_does_not_count(self):
        visits(200, day=TODAY - speed.WINDOW, LCP=9000.0)
        assert speed.speeds(NOW) == []

    def test_pages_stand_below_all_of_them_the_slowest_first(self):
        visits(5, LCP=500.0)
        visits(5, route="versions", LCP=2000.0)
        assert [each.route for each in speed.speeds(NOW)] == ["", "versions", "home"]


class TestTellingOperators:
    def test_before_the_limit_is_crossed_and_once(self):
        visits(100, LCP=2200.0)
        visits(5, route="versions", LCP=2450.0)
        for hours in range(3):
            speed.look(NOW + timedelta(hours=hours))
        (letter,) = mail.outbox
        assert letter.subject == "[shopmlops] Page speed: LCP is near Shopify's limit"
        assert "Shopify's limit is 2,500 ms" in letter.body and "Next step:" in letter.body
        assert letter.body.index("versions") < letter.body.index("home")

    def test_again_after_a_week_and_anew_when_it_comes_back(self):
        visits(100, LCP=2200.0)
        speed.look(NOW)
        OperatorsTold.objects.update(at=NOW - speed.TOLD_AGAIN)
        speed.look(NOW)
        assert len(mail.outbox) == 2
        visits(900, LCP=300.0)
        speed.look(NOW)
        assert not OperatorsTold.objects.exists()
        visits(9000 // 9, route="versions", LCP=2600.0)
        speed.look(NOW)
        assert len(mail.outbox) == 3

    def test_nobody_while_all_is_well_or_not_known(self):
        speed.look(NOW)
        visits(200, LCP=900.0, INP=50.0)
        visits(20, CLS=0.5)
        speed.look(NOW)
        assert mail.outbox == []

"""Results: was it worth it? One month as it was claimed, with ranges, marks and files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from dashboard.queries.results import upcoming
from pipelines.lifecycle.results import keep
from pipelines.lifecycle.results.months import Month
from pipelines.lifecycle.results.telling import month_name
from pipelines.models import Deployment, LifecycleEvent, Measurement, MonthReport, OwnEvent, Release
from pipelines.usecases import USE_CASES
from tests import histories, reporting
from tests.dashboard.views.test_plain_words import jargon, read
from tests.families import visits
from tests.identities import OTHER_SHOP
from tests.reporting import AFTER, OCTOBER


@pytest.fixture
def report(shop):
    return reporting.reported(shop)


def text(answer) -> str:
    html = answer.content.decode()
    return " ".join(" ".join(read(html[html.index("<s-page") :]).read).split())


class TestThePage:
    def test_before_there_is_a_report_it_says_when_one_comes(self, shop, see):
        page = text(see("/results"))
        assert "Your first report comes by itself" in page and "£" not in page

    def test_leads_with_what_is_proven_and_its_range(self, report, see):
        page = text(see("/results"))
        assert "Results for October 2026" in page and "£4,960 proven, very likely between" in page
        assert "On what is proven, yes" in page and "no promise" in page

    def test_every_claim_has_its_mark_and_its_ground(self, report, see):
        page = text(see("/results"))
        for said in (
            "Proven",
            "Not measured",
            "£4,960 less",
            "25 % smaller",
            "31 usual days",
            "shoppers cannot be split",
        ):
            assert said in page

    def test_speaks_plainly(self, report, see):
        assert jargon(see("/results").content.decode()) == []

    def test_a_loss_is_told_as_one(self, shop, see):
        reporting.reported(shop, mean=-16_000)
        html = see("/results").content.decode()
        page = text(see("/results"))
        assert (
            "£4,960 lost for certain" in page and "Not as it runs now" in page and 'tone="critical">Costs you' in html
        )
        live = Release.objects.get(phase="live")
        assert f'<s-link href="/releases/{live.pk}">Roll back</s-link>' in html
        assert "errors cost £4,960 more, proven" in page

    def test_a_loss_of_a_month_in_which_another_version_ran_is_not_ended_by_going_back_now(self, shop, see):
        reporting.reported(shop, mean=-16_000)
        with time_machine.travel(OCTOBER.ends_at + timedelta(days=3)):
            LifecycleEvent.record(
                shop, "release.live", by="machine", because="", use_case=reporting.USE_CASE, version_number=99
            )
        html = see("/results").content.decode()
        assert "Costs you" in html and "Roll back" not in html

    def test_what_runs_no_more_has_nothing_to_be_ended(self, shop, see):
        reporting.reported(shop, mean=-16_000)
        Deployment.objects.filter(shop=shop).update(active=None)
        assert "Roll back" not in see("/results").content.decode()

    def test_a_loss_of_what_shoppers_are_shown_is_ended_where_it_is_stopped(self, report, see):
        sold = {
            "use_case": "offers",
            "key": "revenue",
            "about": "Offers",
            "mark": "proven",
            "value": -9,
            "low": -12,
            "high": -3,
        }
        row = MonthReport.objects.get()
        version = histories.a_version(row.shop, use_case="offers")
        histories.a_live_release(version)
        Deployment.of(row.shop, "offers")
        Deployment.objects.filter(use_case="offers").update(active=version)
        row.figures["claims"].append(row.figures["claims"][0] | sold)
        row.save()
        html = see("/results").content.decode()
        assert '<s-link href="/conversion">Stop an offer</s-link>' in html and html.count("Roll back") == 0
        later = {"month": OCTOBER.after.first, "made_at": AFTER, "checked_at": AFTER, "is_final": True}
        MonthReport.objects.create(shop=row.shop, figures=row.figures, **later)
        assert "Stop an offer" in see("/results?month=2026-11").content.decode()
        assert "Stop an offer" not in see("/results?month=2026-10").content.decode(), "a later month is told"

    def test_what_is_not_proven_is_no_headline(self, shop, see):
        reporting.reported(shop, mean=500, spread=90_000)
        page = text(see("/results"))
        assert "No money is proven for this month." in page and "Not proven yet" in page

    def test_the_running_month_is_provisional_and_has_no_file_to_print(self, report, shop, see):
        keep.make(shop, OCTOBER.after, datetime(2026, 11, 20, tzinfo=UTC))
        html = see("/results?month=2026-11").content.decode()
        assert "So far, worked out" in html and "It is final Wed 9\u00a0Dec" in html and ".pdf" not in html
        assert "Results for October 2026" in text(see("/results")), "the newest that is final comes first"

    def test_while_none_is_final_the_first_month_is_shown_and_not_one_that_has_just_begun(self, report, shop, see):
        MonthReport.objects.update(is_final=False)
        keep.make(shop, OCTOBER.after, datetime(2026, 11, 1, 1, tzinfo=UTC))
        assert "Results for October 2026" in text(see("/results"))

    def test_freezes_and_events_are_named(self, shop, see):
        OwnEvent.objects.create(shop=shop, name="Drop", first_day=OCTOBER.days[4], last_day=OCTOBER.days[6])
        reporting.reported(shop)
        page = text(see("/results"))
        assert "5 to 7 Oct Drop" in page and "28 usual days" in page

    def test_restatements_stand_beside_the_claim(self, report, shop, see):
        Measurement.objects.filter(metric="missed_1d").update(restated=40.0)
        keep.make(shop, OCTOBER, AFTER + timedelta(days=20))
        page = text(see("/results"))
        assert "25 % smaller, proven; by now" in page and "£4,960 proven" in page

    def test_is_in_the_menu(self, shop, see):
        assert 'href="/results">Results' in see("/").content.decode()

    @pytest.mark.parametrize("month", ["2031-01", "x", "2026-13", "", "2026-10-01'"])
    def test_an_odd_month_is_the_newest(self, report, see, month):
        assert "Results for October 2026" in text(see(f"/results?month={month}"))

    def test_errors_of_28_days_stand_beside_the_simple_rules(self, report, see):
        page = text(see("/results")).replace("\u00a0", " ")
        assert "How near the answers came" in page and "20.0 % of what happened from 28 Sep to 25 Oct" in page

    def test_another_shop_sees_nothing_of_it(self, report, another_shop, see):
        assert "October" not in text(see("/results", domain=OTHER_SHOP))
        for end in ("csv", "pdf"):
            assert see(f"/results/2026-10.{end}", domain=OTHER_SHOP).status_code == 404

    def test_a_shop_with_both_families_sees_both(self, shop, see):
        with USE_CASES.also(visits.USE_CASE):
            reporting.reported(shop)
            page = text(see("/results"))
        assert "Visits" in page and "No shoppers were in an experiment this month." in page


class TestFiles:
    def test_the_table_holds_every_claim_and_what_was_not_measured_has_no_figure(self, report, see):
        answer = see("/results/2026-10.csv")
        rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        claims = {row["what"]: row for row in rows if row["part"] == "claim"}
        assert len(claims) == len(report.figures["claims"])
        assert claims["Demand forecast: Orders and sales"]["figure"] == ""
        assert float(claims["Demand forecast: Error, against the simple rule"]["figure"]) == pytest.approx(0.25)
        assert claims["Demand forecast: What errors cost, against the simple rule"]["figure"] == "4960.00"
        assert {row["part"] for row in rows} == {"claim", "near", "versions", "operations", "delivery", "balance"}
        near = [row for row in rows if row["part"] == "near"]
        assert [row["figure"].replace("\u00a0", "") for row in near][:2] == ["20.0%", "30.0%"]

    @pytest.mark.parametrize("month", ["2025-01", "oct", "2026-10-01"])
    def test_a_month_without_a_report_has_no_file(self, report, see, month):
        assert see(f"/results/{month}.csv").status_code == 404
        assert see(f"/results/{month}.pdf").status_code == 404

    def test_what_was_not_printed_yet_is_not_found(self, report, see):
        MonthReport.objects.update(pdf=b"")
        assert see("/results/2026-10.pdf").status_code == 404


def coming(shop) -> Month:
    """Return the month of which the report is the next to be final."""
    return next(month for month in upcoming(shop, timezone.now()) if month.final_at > timezone.now())


class TestElsewhere:
    def test_home_says_when_the_next_report_comes_and_that_one_is_ready(self, shop, see):
        month = coming(shop)
        before = Month.of(month.starts_at - timedelta(days=1), shop.zone)
        ready = f"Results for {month_name(before.first)} are ready"
        page = text(see("/"))
        assert ready not in page and f"Results for {month_name(month.first)} are final" in page
        keep.make(shop, before, timezone.now())
        assert ready in text(see("/"))

    def test_the_start_guide_leads_there_once_something_is_live(self, shop, see):
        html = see("/start").content.decode()
        name = month_name(coming(shop).first)
        assert f"Each month you see what it was worth: {name} is final on" in text(see("/start"))
        assert 'href="/results">See the results' in html

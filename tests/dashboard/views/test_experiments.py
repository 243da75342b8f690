"""Experiments: two versions beside each other, in words that claim no more than was proven."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.queries import experiments
from pipelines.models import Order, Release
from tests.dashboard import moving
from tests.identities import OTHER_SHOP


class TestTheList:
    def test_shows_both_sides_with_what_was_counted(self, shop, see):
        moving.shares(shop)
        page = see("/experiments").content.decode()
        assert "Version 3, new" in page and "Version 1, until now" in page
        assert "8,120" in page and "81,004" in page and "2,463" in page
        assert "30.9 of 1,000" in page  # 251 of 8,120

    def test_says_whether_shoppers_were_split_as_planned(self, shop, see):
        row = moving.shares(shop)
        assert "Split as planned" in see("/experiments").content.decode()
        Release.objects.filter(pk=row.pk).update(analysis=row.analysis | {"ratio": 1_000})
        assert "these figures prove nothing" in see("/experiments").content.decode()

    def test_says_not_proven_while_the_range_includes_zero(self, shop, see):
        moving.shares(shop)
        page = see("/experiments").content.decode().replace("\u00a0", " ")
        assert "2 % more orders per visitor, very likely (19 of 20 times) between 7 % less and 11 % more." in page
        assert "Not proven: the range includes zero." in page

    def test_says_proven_only_from_an_e_value_of_twenty_on(self, shop, see):
        for non_inferior, is_proven in ((19.9, False), (20.0, True)):
            moving.shares(shop, analysis=moving.analysis(timezone.now(), non_inferior=non_inferior))
            assert ('tone="success">Proven no worse<' in see("/experiments").content.decode()) is is_proven

    def test_claims_nothing_where_figures_prove_nothing(self, shop, see):
        found = moving.analysis(timezone.now(), non_inferior=50, harm=40, speaks=False)
        moving.shares(shop, analysis=found)
        page = see("/experiments").content.decode()
        assert ">Harm<" not in page and "Proven no worse" not in page

    def test_says_harm_before_proof(self, shop, see):
        moving.shares(shop, analysis=moving.analysis(timezone.now(), non_inferior=50, harm=40))
        page = see("/experiments").content.decode()
        assert 'tone="critical">Harm<' in page and ">Proven<" not in page

    def test_says_what_can_be_found_how_long_a_proof_takes_and_that_nothing_is_proven_yet(self, shop, see):
        moving.shares(shop)
        page = see("/experiments").content.decode().replace("\u00a0", " ")
        assert "Nothing is proven yet. Only a loss of 6 % of orders or more is found in the time that it runs." in page
        assert "To prove it no worse takes about 13 days at this traffic." in page

    @pytest.mark.parametrize("changes", [{"non_inferior": 20.0}, {"effect": moving.HARM}, {"harm": 40}])
    def test_does_not_say_so_once_something_is_proven(self, shop, see, changes):
        moving.shares(shop, analysis=moving.analysis(timezone.now(), **changes))
        page = see("/experiments").content.decode()
        assert "Only a loss of" in page and "Nothing is proven yet" not in page

    def test_of_one_that_is_over_says_no_days_to_come(self, shop, see):
        moving.shares(shop, phase="rolled_back", weight=0)
        page = see("/experiments").content.decode()
        assert "Only a loss of" in page and "To prove it no worse takes" not in page

    def test_draws_the_range_day_by_day_with_its_table(self, shop, see):
        row = moving.shares(shop)
        page = see("/experiments").content.decode()
        assert f'id="time-{row.pk}-d"' in page and 'class="fan2"' in page and 'class="ax"' in page

    def test_draws_nothing_on_the_first_day(self, shop, see):
        found = moving.analysis(timezone.now())
        row = moving.shares(shop, analysis=found | {"over_time": found["over_time"][:1]})
        assert f"time-{row.pk}-d" not in see("/experiments").content.decode()

    def test_compares_the_weeks_of_forecasts_in_money(self, shop, see):
        row = Release.objects.latest("pk")
        Release.objects.filter(pk=row.pk).update(analysis=moving.paired(timezone.now()))
        page = see("/experiments").content.decode()
        assert "Forecast errors cost £260 less in 5 weeks" in page
        assert "less cost of errors, a week; between £108 less and £4 more" in page
        assert "A unit too many weighs what your service level says." in page

    def test_says_whether_a_version_grows_worse(self, shop, see):
        row = Release.objects.latest("pk")
        watched = {"alarm": True, "sentence": "Worse than before: decay, or a season that your past does not show."}
        Release.objects.filter(pk=row.pk).update(analysis=moving.paired(timezone.now()) | {"decay": watched})
        assert watched["sentence"] in see("/experiments").content.decode()

    @pytest.mark.parametrize(("needed", "ends"), [(1_000, "days."), (10, "days: enough.")])
    def test_is_empty_with_counts_where_nothing_was_compared(self, shop, see, monkeypatch, needed, ends):
        monkeypatch.setattr(experiments, "ORDERS_NEEDED", needed)
        since = timezone.now() - timedelta(days=7)
        orders = Order.objects.for_shop(shop).filter(processed_at__gte=since).count()
        page = see("/experiments").content.decode()
        assert "No comparison yet" in page
        assert f"You had {orders:,} in the last 7 {ends}" in " ".join(page.split())

    def test_shows_nothing_of_another_shop(self, shop, another_shop, see):
        moving.shares(shop)
        page = see("/experiments", domain=OTHER_SHOP).content.decode()
        assert "No comparison yet" in page and "8,120" not in page

"""One variant: what sold, what will, why, and what the merchant knows better."""

from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from pipelines.models import BundlePart, Order, OrderLine, StockRule, Variant
from pipelines.models.usecases.demand_forecast import Forecast, ForecastOverride, OddOrder, StockAdvice
from tests.dashboard import story

VARIANT = 200_000


class TestOneVariant:
    def test_shows_figures_chart_and_reasons(self, shop, see):
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "71 units" in page and "8 of 10 times between 54 and 92" in page
        assert 'aria-describedby="fan-d"' in page and "Why 71 units" in page
        assert "margin £71.50 per unit" in page

    def test_that_waits_for_a_delivery_is_not_told_to_order(self, shop, see):
        StockAdvice.objects.filter(variant_id=VARIANT).update(
            status="on_its_way", order_quantity=0, overstock_minor=0, incoming=90
        )
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "Enough is on its way, but stock runs out about" in page and "Without an order today" not in page

    def test_reasons_add_up(self, shop, see):
        parts = Forecast.objects.first().parts
        assert sum(units for _, units in parts) == pytest.approx(StockAdvice.objects.first().forecast_28)

    def test_whose_number_is_the_merchants_own_adds_up_too(self, shop, see):
        StockAdvice.objects.filter(variant_id=VARIANT).update(forecast_28=20, is_overridden=True)
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert '<td>Your number instead</td><td class="num">−51</td>' in page

    @pytest.mark.parametrize("status", ["ok", "not_wanted", "few_sales", "too_much", "order_this_week"])
    def test_has_one_status_and_no_gap_that_contradicts_it(self, shop, see, status):
        StockAdvice.objects.filter(variant_id=VARIANT).update(status=status, stock=0, order_quantity=0)
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "can arrive on" not in page and "Out of stock expected" not in page

    def test_without_a_forecast_says_so(self, shop, see):
        Forecast.objects.all().delete()
        assert "No forecast of this variant yet" in see(f"/forecasts/{VARIANT}").content.decode()
        assert see(f"/forecasts/{VARIANT}/figure.json").status_code == 404

    def test_gives_plotly_its_numbers_on_demand(self, shop, see):
        drawn = see(f"/forecasts/{VARIANT}/figure.json").json()["data"][0]
        first = Order.objects.for_shop(shop).earliest("processed_at").processed_at.astimezone(shop.zone).date()
        assert drawn["x"][0] == first.isoformat()  # before it nothing is known, which is not nothing sold
        names = [line["name"] for line in see(f"/forecasts/{VARIANT}/figure.json").json()["data"]]
        assert len(names) == 8 and names[-1] == "Out of stock expected"

    def test_draws_what_bundles_sold_of_it(self, shop, see):
        def drawn() -> float:
            return sum(see(f"/forecasts/{VARIANT}/figure.json").json()["data"][0]["y"])

        alone = drawn()
        kit = Variant.objects.for_shop(shop).exclude(shopify_id=VARIANT).first()
        sold = OrderLine.objects.for_shop(shop).filter(variant_id=kit.shopify_id).aggregate(units=Sum("quantity"))
        facts = {"bundle_id": kit.shopify_id, "part_id": VARIANT, "quantity": 2, "read_at": timezone.now()}
        BundlePart.objects.create(shop=shop, **facts)
        assert drawn() == alone + 2 * sold["units"] and sold["units"]

    def test_shows_each_location(self, shop, see):
        story.place(shop, 9, "Warehouse")
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "Warehouse" in page and "demand is split evenly" in page

    def test_says_by_what_demand_is_split_and_what_need_not_be_bought(self, shop, see):
        story.place(shop, 9, "Warehouse")
        StockAdvice.objects.filter(location_id=9).update(moved=30, demand_share=0.75, from_elsewhere=12)
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "Warehouse 75\u00a0%" in page and "12 units need not be bought" in page and "12 at another place" in page

    def test_that_is_not_tracked_gets_no_advice(self, shop, see):
        StockAdvice.objects.update(stock=None, order_quantity=0, order_by=None, runs_out=None)
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "Shopify does not track it" in page and "—" in page

    def test_that_sells_on_says_what_is_owed_and_shows_no_gap(self, shop, see):
        rule = StockAdvice.objects.get(variant_id=VARIANT).rule | {"continues": True}
        StockAdvice.objects.update(stock=-12, status="order_today", order_quantity=60, lost_units=0, rule=rule)
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "12 owed to customers" in page and "-12 units" not in page and ">-12<" not in page
        assert "12 units owed to customers, and the order covers them" in page
        assert "12 owed to customers" in see("/forecasts").content.decode()


class TestUnusualDays:
    day = "2026-11-18"

    @pytest.fixture(autouse=True)
    def noticed(self, shop):
        Forecast.objects.filter(variant_id=VARIANT).update(odd_days=[[self.day, 400.0, 9.0]])

    def test_are_shown_with_what_they_weigh(self, see):
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "400 units sold, counted as 9" in page
        assert "Count in full" in page and "Leave out" in page

    def test_count_in_full_where_the_merchant_says_so(self, shop, send, queued):
        page = send(f"/forecasts/{VARIANT}/odd-order", {"day": self.day, "weighs": "full"}).content.decode()
        assert "counted in full, as you said" in page
        assert OddOrder.objects.get().counts
        assert ("refresh", (shop.pk, "demand_forecast")) in queued

    def test_can_be_left_out_and_brought_back(self, shop, send):
        send(f"/forecasts/{VARIANT}/odd-order", {"day": self.day, "weighs": "none"})
        assert not OddOrder.objects.get().counts
        page = send(f"/forecasts/{VARIANT}/odd-order", {"day": self.day, "weighs": "usual"}).content.decode()
        assert "counted as 9" in page
        assert not OddOrder.objects.exists()

    @pytest.mark.parametrize("wrong", [{"day": "soon"}, {"weighs": "twice"}])
    def test_that_make_no_sense_change_nothing(self, send, wrong):
        send(f"/forecasts/{VARIANT}/odd-order", {"day": self.day, "weighs": "full"} | wrong)
        assert not OddOrder.objects.exists()


class TestOwnNumbers:
    fields = {"units": 120, "first_day": "2026-11-24", "last_day": "2026-12-20", "note": "newsletter"}

    def test_are_used_and_advice_is_worked_out_again(self, shop, send, queued):
        page = send(f"/forecasts/{VARIANT}/override", self.fields).content.decode()
        assert "Your number is used" in page
        assert ForecastOverride.objects.get().units == 120
        assert ("refresh", (shop.pk, "demand_forecast")) in queued

    def test_are_drawn_at_once_and_the_rest_follows(self, shop, send, see):
        today = StockAdvice.objects.get(variant_id=VARIANT).origin + timedelta(days=1)
        days = {"first_day": today, "last_day": today + timedelta(days=1)}
        page = send(f"/forecasts/{VARIANT}/override", self.fields | days | {"units": 1000}).content.decode()
        assert "Recalculating with your change" in page
        drawn = see(f"/forecasts/{VARIANT}/figure.json").json()["data"]
        assert sum(next(line["y"] for line in drawn if line["name"] == "Forecast")[:2]) == pytest.approx(1000)
        assert "HX-Location" not in see(f"/forecasts/{VARIANT}/settled")
        StockAdvice.objects.filter(variant_id=VARIANT).update(updated_at=timezone.now(), is_overridden=True)
        assert f"/forecasts/{VARIANT}" in see(f"/forecasts/{VARIANT}/settled")["HX-Location"]
        assert "Recalculating" not in see(f"/forecasts/{VARIANT}").content.decode()

    def test_replace_each_other(self, shop, send):
        send(f"/forecasts/{VARIANT}/override", self.fields)
        send(f"/forecasts/{VARIANT}/override", self.fields | {"units": 90})
        assert ForecastOverride.objects.get(ended_at=None).units == 90

    @pytest.mark.parametrize(
        "wrong", [{"units": -1}, {"units": "many"}, {"note": " "}, {"last_day": "2026-01-01"}, {"first_day": "soon"}]
    )
    def test_that_make_no_sense_are_refused_at_their_field(self, shop, send, wrong):
        answer = send(f"/forecasts/{VARIANT}/override", self.fields | wrong)
        assert answer.status_code == 422 and 'error="' in answer.content.decode()
        assert not ForecastOverride.objects.exists()

    def test_of_a_stale_page_change_nothing(self, shop, send):
        send(f"/forecasts/{VARIANT}/override", self.fields)
        page = send(f"/forecasts/{VARIANT}/override", self.fields | {"units": 1, "revision": 0}).content.decode()
        assert "Nothing was changed" in page
        assert ForecastOverride.objects.get(ended_at=None).units == 120

    def test_can_be_given_up(self, shop, send):
        send(f"/forecasts/{VARIANT}/override", self.fields)
        assert "Back to the forecast" in send(f"/forecasts/{VARIANT}/end-override").content.decode()
        assert not ForecastOverride.objects.filter(ended_at=None).exists()


class TestRulesOfAVariant:
    def test_are_saved_in_place(self, shop, send):
        send(f"/forecasts/{VARIANT}/rule", {"lead_time_days": 21, "service_level": "97.5", "unit_cost": "12.34"})
        rule = StockRule.objects.get(variant_id=VARIANT)
        assert (rule.lead_time_days, str(rule.service_level), rule.unit_cost_minor) == (21, "0.975", 1234)

    def test_that_are_emptied_are_inherited_again(self, shop, send):
        send(f"/forecasts/{VARIANT}/rule", {"lead_time_days": 21})
        send(f"/forecasts/{VARIANT}/rule", {})
        assert not StockRule.objects.exists()

    def test_that_are_wrong_are_shown_again_with_the_reason(self, shop, send):
        answer = send(f"/forecasts/{VARIANT}/rule", {"lead_time_days": "9999"})
        assert answer.status_code == 422 and 'value="9999"' in answer.content.decode()

"""Forecasts: what will sell, what must be reordered, when, how sure?"""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.queries.forecasts import SORTS, Wish, matching, page_ids
from pipelines import words
from pipelines.lifecycle.serving import totals
from pipelines.models import Deployment, Location, ModelVersion, Product, StockRule, Variant
from pipelines.models.demand_forecast import Forecast, ForecastOverride, OddOrder, StockAdvice, StockTotals
from tests.dashboard import story

VARIANT = 200_000


def lines_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def titles(page: str) -> list[str]:
    return [part.split(">")[1].split("<")[0] for part in page.split('<s-link tone="neutral"')[1:]]


class TestTheList:
    def test_counts_every_status(self, shop, see):
        page = see("/forecasts").content.decode()
        assert "All <span>12</span>" in page and "Out of stock <span>2</span>" in page
        assert "Create order list (4)" in page

    def test_says_the_money_of_exactly_the_variants_that_it_names(self, shop, see):
        StockAdvice.objects.filter(status="ok").update(lost_units=0.4, at_risk_minor=99_900)  # no whole unit is missed
        StockAdvice.objects.filter(status="too_much").update(status="on_its_way", lost_units=3, at_risk_minor=40_000)
        totals.sum_up(shop)
        short = StockAdvice.objects.filter(lost_units__gte=0.5)
        page = see("/forecasts").content.decode()
        risk = words.money(sum(row.at_risk_minor for row in short), shop.currency)
        assert "4 variants to order today, 2 of them out of stock." in page
        assert f'6 variants run short before a delivery ordered today can arrive: <span class="strong">{risk}' in page
        assert "For 2 of them (£800) enough is on its way, but too late." in page

    def test_shows_what_the_version_that_waits_would_say(self, shop, see):
        waiting = ModelVersion.objects.get(number=2)
        today = Forecast.objects.first().origin
        for origin, units in ((today - timedelta(days=1), 9.0), (today, 2.0)):
            Forecast.objects.create(**story.a_forecast(shop, waiting, VARIANT, origin) | {"mean": [units] * 84})
        page = see("/forecasts").content.decode()
        assert "version 2: 56" in page and page.count("version 2: ") == 1
        assert "Version 2 waits for your decision" in page

    def test_shows_the_pictures_of_its_own_products_and_an_outline_where_there_is_none(self, shop, another_shop, see):
        mine = "https://cdn.shopify.com/a.jpg?v=1&x=2"
        product = Variant.objects.for_shop(shop).get(shopify_id=VARIANT).product_id
        Product.objects.for_shop(shop).filter(shopify_id=product).update(image_url=mine)
        Product.objects.for_shop(another_shop).update(image_url="https://cdn.shopify.com/theirs.jpg")
        page = see("/forecasts").content.decode()
        assert (
            page.count('src="https://cdn.shopify.com/a.jpg?v=1&amp;x=2&amp;width=80" alt=""') == page.count("<img ") > 0
        )
        assert page.count('class="thumb"') == 12 and "theirs" not in page

    def test_is_filtered_and_keeps_the_search(self, shop, see):
        page = see("/forecasts", show="order_today", q="larch").content.decode()
        assert set(titles(page)) == {"Larch Down Jacket"}
        assert "?show=out_of_stock&amp;q=larch" in page

    def test_finds_every_word_in_any_case(self, shop, see):
        assert set(titles(see("/forecasts", q="DOWN sku-0").content.decode())) == {"Larch Down Jacket"}
        assert "Nothing found" in see("/forecasts", q="larch beanie").content.decode()

    @pytest.mark.parametrize("typed", ["%", "_", "'; drop table", "\\", "é" * 100, "x" * 5000])
    def test_takes_any_search_text(self, shop, see, typed):
        assert see("/forecasts", q=typed).status_code == 200

    def test_sorts_by_what_is_asked(self, shop, see):
        first = StockAdvice.objects.order_by("runs_out", "variant_id").first()
        page = see("/forecasts", sort="runs_out").content.decode()
        assert page.index(f"/forecasts/{first.variant_id}") < page.index("/forecasts/200005")

    @pytest.mark.parametrize(
        "query", [{"page": "x"}, {"sort": "no"}, {"show": "no"}, {"location": "-1"}, {"page": 10**9}]
    )
    def test_reads_odd_addresses_as_the_default(self, shop, see, query):
        assert see("/forecasts", **query).status_code == 200

    def test_pages_through_all_rows_once(self, shop, see, monkeypatch):
        monkeypatch.setattr("dashboard.queries.forecasts.PAGE_SIZE", 5)
        pages = [see("/forecasts", page=number).content.decode() for number in (1, 2, 3)]
        assert [len(titles(page)) for page in pages] == [5, 5, 2]
        assert "1 to 5 of 12" in pages[0] and "Next page" not in pages[2] and "Previous page" in pages[2]

    def test_shows_one_location(self, shop, see):
        place(shop, 9, "Warehouse")
        page = see("/forecasts", location=9).content.decode()
        assert "All <span>1</span>" in page

    def test_escapes_what_products_are_called(self, shop, see):
        StockAdvice.objects.filter(variant_id=VARIANT).update(title="<script>alert(1)</script>")
        assert "<script>alert" not in see("/forecasts").content.decode()

    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("show", ["", "ok"])
    def test_finds_the_same_page_from_either_end(self, shop, monkeypatch, sort, show):
        monkeypatch.setattr("dashboard.queries.forecasts.PAGE_SIZE", 2)
        StockAdvice.objects.filter(variant_id__lt=VARIANT + 4).update(runs_out=None)
        place = StockAdvice.objects.for_shop(shop)
        rows = list(place.filter(status=show) if show else place)
        whole = list(matching(place, Wish(show=show)).order_by(*SORTS[sort][1]).values_list("variant_id", flat=True))
        assert len(whole) == len(rows)
        for page in range(1, 9):
            ids = page_ids(place, Wish(show=show, sort=sort, page=page), len(rows))
            assert ids == whole[2 * page - 2 : 2 * page]

    def test_never_shows_counts_that_are_older_than_its_rows(self, shop, see):
        later = timezone.now() + timedelta(seconds=1)
        StockAdvice.objects.filter(status="ok").update(status="out_of_stock", updated_at=later)  # and not summed up
        page = see("/forecasts").content.decode()
        assert "Out of stock <span>4</span>" in page and "1 to 12 of 12" in page
        StockTotals.objects.all().delete()
        assert "Out of stock <span>4</span>" in see("/forecasts").content.decode()

    def test_is_empty_until_the_first_import(self, shop, see):
        StockAdvice.objects.all().delete()
        totals.sum_up(shop)
        page = see("/forecasts").content.decode()
        assert "Version 2 waits for your decision" in page and "s-table" not in page

    def test_says_when_its_numbers_are_old(self, shop, see):
        StockAdvice.objects.update(origin=timezone.now().date() - timezone.timedelta(days=5))
        assert "4 days old" in see("/forecasts").content.decode()


def place(shop, pk: int, name: str) -> None:
    """Give the shop a second location with a row of its own."""
    Location.objects.create(shop=shop, shopify_id=pk, name=name, updated_at=timezone.now())
    row = StockAdvice.objects.get(variant_id=VARIANT)
    row.pk, row.location_id = None, pk
    row.save()


class TestFiles:
    def test_give_every_row(self, shop, see):
        lines = lines_of(see("/forecasts.csv"))
        assert len(lines) == 13 and lines[1][0] == "Larch Down Jacket"

    def test_give_the_rows_of_a_filter(self, shop, see):
        assert len(lines_of(see("/forecasts.csv", show="out_of_stock"))) == 3

    def test_list_what_to_order_vendor_by_vendor(self, shop, see):
        lines = lines_of(see("/order-list.csv"))
        assert len(lines) == 5
        assert [line[0] for line in lines[1:]] == sorted(line[0] for line in lines[1:])
        assert lines[1][5:11] == ["60", "6", "77.50", "", "4650.00", "GBP"]  # packs are whole

    def test_carry_barcodes_and_mark_the_merchants_own_numbers(self, shop, see, send):
        Variant.objects.filter(shopify_id=VARIANT).update(barcode="2000000000015")
        send(f"/forecasts/{VARIANT}/override", TestOwnNumbers.fields)
        StockAdvice.objects.filter(variant_id=VARIANT).update(is_overridden=True)
        for path in ("/forecasts.csv", "/order-list.csv"):
            head, *lines = lines_of(see(path))
            mine = [dict(zip(head, line, strict=True)) for line in lines if line[head.index("SKU")] == "SKU-0"]
            told = [(line["Barcode"], line["Your own number"], line["Your note"]) for line in mine]
            assert told == [("2000000000015", "yes", "newsletter")]
            assert [line[head.index("Your note")] for line in lines].count("newsletter") == 1

    def test_never_hand_a_formula_to_a_spreadsheet(self, shop, see):
        StockAdvice.objects.filter(variant_id=VARIANT).update(title='=HYPERLINK("x")', subtitle="-1+1", sku="@a")
        line = next(line for line in lines_of(see("/forecasts.csv")) if "HYPERLINK" in line[0])
        assert all(cell.startswith("'") for cell in line[:3])


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
        names = [line["name"] for line in see(f"/forecasts/{VARIANT}/figure.json").json()["data"]]
        assert len(names) == 8 and names[-1] == "Out of stock expected"

    def test_shows_each_location(self, shop, see):
        place(shop, 9, "Warehouse")
        page = see(f"/forecasts/{VARIANT}").content.decode()
        assert "Warehouse" in page and "demand is split evenly" in page

    def test_says_by_what_demand_is_split_and_what_need_not_be_bought(self, shop, see):
        place(shop, 9, "Warehouse")
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
        odd = {"unique_id": str(VARIANT), "ds": self.day, "sold": 400.0, "counts": 9.0}
        version = story.a_version(shop, number=9, metrics={"odd_days": [odd]})
        StockAdvice.objects.filter(variant_id=VARIANT).update(version=version)

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


def test_a_story_is_consistent(shop):
    assert Deployment.objects.get().active.number == 1
    assert StockAdvice.objects.count() == Forecast.objects.count() == len(story.STATUSES) * 2

"""Forecasts: what will sell, what must be reordered, when, how sure?"""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.usecases.demand_forecast.queries.forecasts import SORTS, Wish, matching, page_ids
from pipelines import words
from pipelines.models import Deployment, ModelVersion, Product, Variant
from pipelines.models.usecases.demand_forecast import Forecast, StockAdvice, StockTotals
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
        assert "Order (4)" in page

    def test_says_the_money_of_exactly_the_variants_that_it_names(self, shop, see):
        StockAdvice.objects.filter(status="ok").update(lost_units=0.4, at_risk_minor=99_900)  # no whole unit is missed
        StockAdvice.objects.filter(status="too_much").update(status="on_its_way", lost_units=3, at_risk_minor=40_000)
        StockTotals.sum_up(shop)
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
        monkeypatch.setattr("dashboard.usecases.demand_forecast.wish.PAGE_SIZE", 5)
        pages = [see("/forecasts", page=number).content.decode() for number in (1, 2, 3)]
        assert [len(titles(page)) for page in pages] == [5, 5, 2]
        assert "1 to 5 of 12" in pages[0] and "Next page" not in pages[2] and "Previous page" in pages[2]

    def test_shows_one_location(self, shop, see):
        story.place(shop, 9, "Warehouse")
        page = see("/forecasts", location=9).content.decode()
        assert "All <span>1</span>" in page

    def test_escapes_what_products_are_called(self, shop, see):
        StockAdvice.objects.filter(variant_id=VARIANT).update(title="<script>alert(1)</script>")
        assert "<script>alert" not in see("/forecasts").content.decode()

    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("show", ["", "ok"])
    def test_finds_the_same_page_from_either_end(self, shop, monkeypatch, sort, show):
        monkeypatch.setattr("dashboard.usecases.demand_forecast.wish.PAGE_SIZE", 2)
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
        StockTotals.sum_up(shop)
        page = see("/forecasts").content.decode()
        assert "Version 2 waits for your decision" in page and "s-table" not in page

    def test_says_when_its_numbers_are_old(self, shop, see):
        today = timezone.now().astimezone(shop.zone).date()
        StockAdvice.objects.update(origin=today - timedelta(days=5))
        assert "4 days old" in see("/forecasts").content.decode()


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
        send(
            f"/forecasts/{VARIANT}/override",
            {"units": 120, "first_day": "2026-11-24", "last_day": "2026-12-20", "note": "newsletter"},
        )
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


def test_a_story_is_consistent(shop):
    assert Deployment.objects.get().active.number == 1
    assert StockAdvice.objects.count() == Forecast.objects.count() == len(story.STATUSES) * 2

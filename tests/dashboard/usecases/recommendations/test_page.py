"""What a shopper sees beside one product and beside a cart, by what is live and by the version on its way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.models import Order, OrderLine, Product, StockLevel, Variant
from pipelines.models.usecases.recommendations import RecommendationList
from tests import histories
from tests.dashboard import picking
from tests.identities import OTHER_SHOP

HERE = "/recommendations"
FIRST = 100_000  # products follow each other by number


def named(shop) -> dict[int, str]:
    """Give each product a name of its own."""
    for row in Product.objects.for_shop(shop):
        Product.objects.filter(pk=row.pk).update(title=f"Thing {row.shopify_id - FIRST}.")
    return dict(Product.objects.for_shop(shop).values_list("shopify_id", "title"))


def part(page: str, id: str) -> str:
    """Return one section of the page."""
    start = page.index(f'id="{id}"')
    return page[start : page.index("</s-section>", start)]


def order(text: str, *words: str) -> list[str]:
    """Return the words in the order in which they first stand in a text."""
    return sorted((word for word in words if word in text), key=text.index)


class TestBesideAProduct:
    def test_stand_the_picks_of_what_is_live_with_reason_and_price(self, listed, see):
        named(listed)
        told = part(see(HERE, product=FIRST).content.decode(), "beside")
        assert order(told, ">Thing 3.<", ">Thing 1.<", ">Thing 2.<") == [">Thing 1.<", ">Thing 2.<", ">Thing 3.<"]
        assert "Bought together 40 times" in told and "£11.00" in told
        assert told.count("<li>") == 8

    def test_the_best_seller_is_looked_at_where_none_was_chosen(self, listed, see):
        named(listed)
        assert "beside Thing 0." in see(HERE).content.decode()

    def test_stands_what_the_version_on_its_way_would_change(self, listed, see):
        named(listed)
        picking.on_its_way(listed)
        told = part(see(HERE, product=FIRST).content.decode(), "beside")
        assert "Version 2 would show 1 other product beside Thing 0." in see(HERE).content.decode()
        new = told[told.rindex('class="version"') :]
        assert order(new, ">Thing 2.<", ">Thing 9.<") == [">Thing 2.<", ">Thing 9.<"]
        assert "Was 2" in new and "New here" in new and "Same place" not in new

    def test_the_same_lists_are_called_the_same(self, listed, see):
        picking.on_its_way(listed, shift=1)
        page = see(HERE).content.decode()
        assert "would show the same products" in page and page.count("Same place") == 8

    def test_what_cannot_be_bought_now_is_left_out_and_named(self, listed, see):
        named(listed)
        item = Variant.objects.get(product_id=FIRST + 1)
        histories.stocked(listed, item, 0, timezone.now())
        told = part(see(HERE, product=FIRST).content.decode(), "beside")
        assert "Not shown: Thing 0. itself; Thing 1., which cannot be bought now." in told
        assert f'value="{FIRST + 1}"' not in told

    def test_best_sellers_stand_in_for_lists_that_are_not_written_yet(self, shop, see):
        version = histories.a_version(shop, use_case=picking.SLUG)
        picking.Deployment.objects.filter(pk=picking.Deployment.of(shop, picking.SLUG).pk).update(active=version)
        assert "No lists of its own yet: best sellers stand in." in see(HERE).content.decode()

    def test_a_product_that_is_gone_is_still_looked_at(self, listed, see):
        Product.objects.filter(shopify_id=FIRST).update(deleted_at=timezone.now())
        told = part(see(HERE, product=FIRST).content.decode(), "beside")
        assert "No longer in your shop" in told and "Bought together" in told

    def test_one_that_was_never_this_shops_is_not_found(self, listed, another_shop, see):
        assert see(HERE, product=424_242).status_code == 404
        assert see(HERE, cart=f"{FIRST},424242").status_code == 404
        assert see(HERE, product=FIRST, domain=OTHER_SHOP).status_code == 404

    @pytest.mark.parametrize("odd", ["0", "-1", "9" * 30, "x", "1e3"])
    def test_an_odd_product_is_none(self, listed, see, odd):
        assert see(HERE, product=odd, cart=odd).status_code == 200


class TestTheSearch:
    def found(self, see, text: str) -> str:
        page = see(HERE, q=text).content.decode()
        start = page.index('aria-label="Products found"')
        return page[start : page.index("</nav>", start)]

    def test_finds_by_title_and_by_sku_every_word_of_it(self, listed, see):
        named(listed)
        assert "Thing 3." in self.found(see, "thing 3") and "Thing 4." not in self.found(see, "thing 3")
        assert "Thing 4." in self.found(see, "sku-4")
        assert "No product has" in self.found(see, "thing nowhere")

    def test_the_busiest_come_first(self, listed, see):
        named(listed)
        OrderLine.objects.all().delete()
        for number, times in ((3, 1), (5, 4), (7, 2)):
            thing = Variant.objects.get(shopify_id=200_000 + number)
            for _ in range(times):
                histories.an_order(listed, timezone.now() - timedelta(days=1), [(thing, 1)])
        assert order(self.found(see, "thing"), "Thing 3.", "Thing 5.", "Thing 7.") == [
            "Thing 5.",
            "Thing 7.",
            "Thing 3.",
        ]

    @pytest.mark.parametrize("text", ["100%", "_", "\\"])
    def test_signs_of_patterns_are_letters(self, listed, see, text):
        assert "No product has" in self.found(see, text)

    def test_what_is_gone_is_not_found(self, listed, see):
        named(listed)
        Product.objects.filter(shopify_id=FIRST + 3).update(deleted_at=timezone.now())
        assert "Thing 3." not in self.found(see, "thing")


class TestACart:
    def test_is_answered_as_shoppers_get_it(self, listed, see):
        named(listed)
        told = part(see(HERE, cart=f"{FIRST},{FIRST + 2}").content.decode(), "cart")
        picks = told[told.index('class="picks"') :]
        # 3 stands third for the first product and first for the second: together it is ahead of 1
        assert order(picks, ">Thing 3.<", ">Thing 1.<") == [">Thing 3.<", ">Thing 1.<"]
        assert ">Thing 2.<" not in picks and ">Thing 0.<" not in picks
        assert "cart of 2 products" in see(HERE, cart=f"{FIRST},{FIRST + 2}").content.decode()

    def test_takes_a_product_more_and_one_out(self, listed, see):
        page = see(HERE, product=FIRST + 1, cart=f"{FIRST}").content.decode()
        assert f"?product={FIRST + 1}&amp;cart={FIRST}%2C{FIRST + 1}#cart" in page
        assert f'?product={FIRST + 1}#cart"' in page

    def test_holds_so_many_at_most(self, listed, see):
        full = ",".join(str(FIRST + number) for number in range(11))
        page = see(HERE, cart=full).content.decode()
        assert "cart of 8 products" in page


class TestAShopThatBegins:
    def test_sees_what_the_page_will_show(self, shop, see):
        RecommendationList.objects.all().delete()
        page = see(HERE).content.decode()
        assert "No list is written yet" in page and "What this page will show" in page and 'id="beside"' not in page

    def test_an_empty_shop_too(self, shop, another_shop, see):
        page = see(HERE, domain=OTHER_SHOP).content.decode()
        assert "No list is written yet" in page and "Add a rule" in page

    def test_a_shop_of_three_orders_sees_best_sellers(self, shop, see):
        RecommendationList.objects.all().delete()
        Order.objects.all().delete()
        OrderLine.objects.all().delete()
        some = picking.write(shop)[:2]
        RecommendationList.objects.exclude(kind="best").delete()
        RecommendationList.objects.update(picks=some, scores=[0.5, 0.2], reasons=[3, 3], details=[2, 1])
        page = see(HERE).content.decode()
        assert "Your best sellers are what is shown" in page and "One of your best sellers" in page

    def test_lists_without_anything_to_buy_say_so(self, listed, see):
        StockLevel.objects.all().delete()
        assert "nothing fits that can be bought now" in see(HERE).content.decode()


class TestQuestions:
    def asked(self, see, **query) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert see(HERE, **query).status_code == 200
        return len(asked)

    def test_are_as_many_in_a_large_shop(self, listed, see):
        picking.on_its_way(listed)
        before = self.asked(see, product=FIRST, cart=str(FIRST + 1), q="thing")
        now = timezone.now()
        facts = {"shop": listed, "title": "Another", "updated_at": now}
        Product.objects.bulk_create(Product(shopify_id=500_000 + number, **facts) for number in range(300))
        version = RecommendationList.objects.filter(version__number=1).first().version
        RecommendationList.objects.filter(version=version).delete()
        picking.write(listed, version)
        assert self.asked(see, product=FIRST, cart=str(FIRST + 1), q="thing") == before <= 22

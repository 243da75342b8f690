"""What the merchant wants shown and not shown: set beside a pick or typed, removed, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.models import LifecycleEvent, Product, ShopSettings, Variant
from pipelines.models.usecases.recommendations import PickRule, RecommendationList
from tests.dashboard.usecases.recommendations.test_page import FIRST, HERE, named, part
from tests.identities import COLLEAGUE, OTHER_SHOP

ADD = f"{HERE}/rules"
ONE, TWO = FIRST + 1, FIRST + 2


def refreshed(queued) -> list[tuple[str, tuple]]:
    return [job for job in queued if job[0] == "refresh"]


class TestSettingOne:
    def test_beside_a_pick_keeps_it_and_has_the_lists_written_anew(self, listed, send, queued):
        page = send(ADD, {"rule": "pin", "pick_id": ONE, "product_id": FIRST}).content.decode()
        row = PickRule.objects.get()
        assert (row.rule, row.product_id, row.pick_id) == ("pin", FIRST, ONE)
        assert (listed.pk, "recommendations") in [asked for _, asked in refreshed(queued)]
        assert "Saved. It holds from the next lists on" in page
        assert LifecycleEvent.objects.filter(kind="pick_rule.set").exists()

    def test_leads_back_to_what_was_looked_at(self, listed, client, send):
        named(listed)
        fields = {"rule": "block", "pick_id": ONE, "here": f"product={TWO}&cart={FIRST}"}
        page = send(ADD, fields).content.decode()
        assert "beside Thing 2." in page and 'id="cart"' in page

    def test_is_typed_by_title_or_sku(self, listed, send):
        named(listed)
        send(ADD, {"rule": "block", "pick": "thing 1.", "product": ""})
        send(ADD, {"rule": "pin", "pick": "SKU-1", "product": "sku-2"})
        assert set(PickRule.objects.values_list("rule", "product_id", "pick_id")) == {
            ("block", None, ONE),
            ("pin", TWO, ONE),
        }

    def test_is_kept_once_whichever_of_two_was_named_first(self, listed, send):
        for pick, beside in ((ONE, TWO), (TWO, ONE)):
            send(ADD, {"rule": "never_together", "pick_id": pick, "product_id": beside})
        assert PickRule.objects.values_list("product_id", "pick_id").get() == (ONE, TWO)

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"rule": "pin", "pick_id": ONE}, "Say beside which product."),
            ({"rule": "never_together", "pick": "SKU-1"}, "Say beside which product."),
            ({"rule": "block"}, "Say which product."),
            ({"rule": "sell", "pick_id": ONE}, "Select a valid choice"),
            ({"rule": "pin", "pick_id": ONE, "product_id": ONE}, "never shown beside itself"),
            ({"rule": "block", "pick": "nothing of ours"}, "No product is called"),
            ({"rule": "block", "pick": "Moss Beanie"}, "Several products are called"),
        ],
    )
    def test_that_says_nothing_is_refused(self, listed, send, queued, fields, why):
        page = send(ADD, fields).content.decode()
        assert "Nothing was changed" in page and why in page
        assert not PickRule.objects.exists() and not refreshed(queued)

    def test_of_a_product_that_is_gone_is_refused(self, listed, send):
        Product.objects.filter(shopify_id=ONE).update(deleted_at=timezone.now(), title="Old Lamp")
        assert "“Old Lamp” is no longer in your shop." in send(ADD, {"rule": "block", "pick_id": ONE}).content.decode()
        Variant.objects.filter(product_id=ONE).update(sku="GONE")
        assert "No product is called “GONE”" in send(ADD, {"rule": "block", "pick": "GONE"}).content.decode()
        assert not PickRule.objects.exists()

    def test_of_two_people_at_once_only_the_first_counts(self, listed, send):
        shown = ShopSettings.objects.get(shop=listed).revision
        send(ADD, {"rule": "block", "pick_id": ONE, "revision": shown})
        page = send(ADD, {"rule": "block", "pick_id": TWO, "revision": shown}, sub=COLLEAGUE).content.decode()
        assert "changed since you opened the page" in page
        assert PickRule.objects.get().pick_id == ONE

    def test_of_another_shops_product_is_not_found(self, listed, another_shop, send):
        assert send(ADD, {"rule": "block", "pick_id": ONE}, domain=OTHER_SHOP).status_code == 404
        assert send(ADD, {"rule": "pin", "pick_id": ONE, "product_id": 424_242}).status_code == 404
        assert not PickRule.objects.exists()


class TestRemovingOne:
    def rule(self, shop, **changes) -> PickRule:
        return PickRule.objects.create(**{"shop": shop, "rule": "block", "pick_id": ONE, "sub": "1"} | changes)

    def test_takes_it_back_and_has_the_lists_written_anew(self, listed, send, queued):
        row = self.rule(listed)
        page = send(f"{ADD}/{row.pk}/remove").content.decode()
        assert not PickRule.objects.exists() and refreshed(queued)
        assert "Removed. The next lists do without it" in page

    def test_another_shop_cannot(self, listed, another_shop, send):
        row = self.rule(listed)
        assert send(f"{ADD}/{row.pk}/remove", domain=OTHER_SHOP).status_code == 404
        assert PickRule.objects.exists()

    def test_a_stale_page_cannot(self, listed, send):
        row = self.rule(listed)
        assert "Nothing was changed" in send(f"{ADD}/{row.pk}/remove", {"revision": 77}).content.decode()
        assert PickRule.objects.exists()

    def test_what_somebody_else_removed_is_not_found(self, listed, send):
        assert send(f"{ADD}/424242/remove").status_code == 404


class TestTheTable:
    def told(self, see, **query) -> str:
        page = see(HERE, **query).content.decode()
        return page[page.index('heading="Your rules"') :]

    def keep(self, shop, ago: timedelta, **facts) -> PickRule:
        row = PickRule.objects.create(**{"shop": shop, "rule": "block", "pick_id": ONE, "sub": "1"} | facts)
        PickRule.objects.filter(pk=row.pk).update(created_at=timezone.now() - ago)
        return row

    def test_says_what_each_does_who_set_it_and_when(self, listed, see):
        named(listed)
        long_ago = timedelta(days=2)
        self.keep(listed, long_ago, sub=COLLEAGUE)
        self.keep(listed, long_ago, product_id=FIRST)
        self.keep(listed, long_ago, rule="pin", product_id=FIRST)
        self.keep(listed, long_ago, rule="never_together", product_id=TWO)
        told = self.told(see)
        for words in (
            "Never shown anywhere",
            "Never shown there",
            "beside Thing 0.",
            "Always first while it can be bought",
            "Thing 2. and Thing 1.",
            "either one, not both",
            "By a colleague",
        ):
            assert words in told, words
        assert told.count("Remove</s-button>") == 4

    def test_says_which_rules_the_lists_do_not_know_yet(self, listed, see):
        self.keep(listed, timedelta(hours=-1))
        assert "Holds from the next lists on" in self.told(see)
        RecommendationList.objects.update(updated_at=timezone.now() + timedelta(hours=2))
        assert "Never shown anywhere" in self.told(see)

    @pytest.mark.parametrize(
        "facts",
        [{}, {"product_id": FIRST}, {"rule": "never_together", "product_id": FIRST}],
        ids=["everywhere", "there", "kept apart"],
    )
    def test_a_pick_that_a_rule_ends_says_so_until_then(self, listed, see, facts):
        named(listed)
        self.keep(listed, timedelta(), **facts)
        beside = part(see(HERE, product=FIRST).content.decode(), "beside")
        assert beside.count("Your rule takes it away with the next lists") == 1
        assert "1 that you blocked or keep apart" in beside

    def test_a_rule_for_elsewhere_says_nothing_here(self, listed, see):
        self.keep(listed, timedelta(), product_id=TWO)
        beside = part(see(HERE, product=FIRST).content.decode(), "beside")
        assert "Your rule" not in beside and "keep apart" not in beside

    def test_names_what_is_gone(self, listed, see):
        self.keep(listed, timedelta(days=1), pick_id=424_242)
        Product.objects.filter(shopify_id=TWO).update(deleted_at=timezone.now(), title="Old Lamp")
        self.keep(listed, timedelta(days=1), rule="pin", product_id=TWO)
        told = self.told(see)
        assert "Product 424242 is no longer in your shop" in told and "Old Lamp is no longer in your shop" in told

    def test_shows_only_the_shops_own(self, listed, another_shop, see):
        self.keep(listed, timedelta(days=1))
        assert "None yet" in self.told(see, domain=OTHER_SHOP)

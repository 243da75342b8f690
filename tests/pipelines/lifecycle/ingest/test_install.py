from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.ingest import install
from pipelines.models import LifecycleEvent, Shop, ShopSettings, ShopToken, Staff
from pipelines.shopify import tokens, vault
from pipelines.shopify.errors import AccessEnded, InvalidIdToken, ShopifyError
from pipelines.shopify.id_tokens import verify
from tests.fake_shopify import SHOP_DATA, Reply, grant_tokens, refuse
from tests.identities import COLLEAGUE, OWNER, id_token

pytestmark = pytest.mark.django_db


def visit(sub: str = OWNER) -> install.Arrival:
    token = id_token(sub=sub)
    return install.arrive(verify(token), token)


def kinds() -> list[str]:
    return list(LifecycleEvent.objects.order_by("seq").values_list("kind", flat=True))


class TestFirstVisit:
    def test_it_installs_the_shop_with_what_shopify_says_of_it(self, shopify):
        arrival = visit()
        shop = arrival.shop
        assert arrival.is_new
        assert shop.is_reachable
        assert (shop.gid, shop.name, shop.timezone) == (
            "gid://shopify/Shop/61",
            "Northbeck Outfitters",
            "Europe/London",
        )
        assert (shop.currency, shop.country, shop.plan) == ("GBP", "GB", "Grow")
        assert shop.scopes == ["read_orders", "read_products"]
        assert tokens.access_token(shop).startswith("shpat_")
        assert ShopSettings.objects.filter(shop=shop).exists()
        assert kinds() == ["shop.installed"]

    def test_the_shop_gets_a_key_for_pseudonyms(self, shopify):
        assert len(vault.customer_ref(visit().shop, 7)) == 16

    def test_the_next_visit_asks_nobody(self, shopify):
        visit()
        before = len(shopify.asked)
        again = visit()
        assert not again.is_new
        assert len(shopify.asked) == before
        assert kinds() == ["shop.installed"]

    def test_a_shop_that_shopify_did_not_describe_is_installed_at_the_next_visit(self, shopify):
        shopify.on_graphql = refuse(404)
        with pytest.raises(ShopifyError):
            visit()
        assert not Shop.objects.get().is_installed
        shopify.on_graphql = lambda asked: Reply(200, {"data": SHOP_DATA})
        assert visit().is_new

    def test_an_id_token_that_shopify_refuses_installs_nothing(self, shopify):
        shopify.on_token = refuse(400, error="invalid_subject_token")
        with pytest.raises(InvalidIdToken):
            visit()
        assert not Shop.objects.get().is_installed
        assert kinds() == []

    def test_a_time_zone_that_nobody_knows_counts_as_utc(self, shopify):
        odd = SHOP_DATA | {"shop": SHOP_DATA["shop"] | {"ianaTimezone": "Mars/Olympus"}}
        shopify.on_graphql = lambda asked: Reply(200, {"data": odd})
        assert visit().shop.zone.key == "UTC"

    @pytest.mark.django_db(transaction=True)
    def test_of_many_first_visits_one_installs(self, shopify):
        start, arrivals = Barrier(6), []

        def come() -> None:
            start.wait()
            arrivals.append(visit())
            connection.close()

        threads = [Thread(target=come) for _ in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert [arrival.is_new for arrival in arrivals].count(True) == 1
        assert len(arrivals) == 6
        assert Shop.objects.count() == ShopToken.objects.count() == 1
        assert kinds() == ["shop.installed"]


class TestAccessThatEnded:
    def test_the_next_visit_renews_it_without_a_new_installation(self, shopify):
        shop = visit().shop
        tokens.end_access(shop, AccessEnded.sentence)
        again = visit()
        assert not again.is_new
        assert again.shop.is_reachable
        assert again.shop.access_ended_reason == ""
        assert again.shop.installed_at == shop.installed_at

    def test_the_key_for_pseudonyms_stays(self, shopify):
        shop = visit().shop
        ref = vault.customer_ref(shop, 7)
        tokens.end_access(shop, AccessEnded.sentence)
        assert vault.customer_ref(visit().shop, 7) == ref


class TestLeaving:
    def test_an_uninstalled_shop_has_no_tokens_and_is_not_reachable(self, shopify):
        shop = visit().shop
        assert install.depart(shop, timezone.now())
        shop.refresh_from_db()
        assert not shop.is_installed
        assert not ShopToken.objects.exists()
        assert kinds() == ["shop.installed", "shop.uninstalled"]

    def test_hearing_it_twice_changes_nothing(self, shopify):
        shop = visit().shop
        install.depart(shop, timezone.now())
        assert not install.depart(shop, timezone.now())
        assert kinds() == ["shop.installed", "shop.uninstalled"]

    def test_a_late_message_about_an_earlier_installation_is_ignored(self, shopify):
        shop = visit().shop
        left_at = timezone.now()
        install.depart(shop, left_at)
        back = visit()
        assert back.is_new
        assert not install.depart(back.shop, left_at)
        back.shop.refresh_from_db()
        assert back.shop.is_reachable
        assert kinds() == ["shop.installed", "shop.uninstalled", "shop.reinstalled"]

    def test_a_shop_that_comes_back_is_asked_again_who_its_people_are(self, shopify):
        shop = visit().shop
        install.depart(shop, timezone.now())
        shopify.on_token = grant_tokens(owner=False)
        assert visit().staff.is_owner is False

    def test_a_redacted_shop_may_come_back_with_a_new_key(self, shopify):
        shop = visit().shop
        ref = vault.customer_ref(shop, 7)
        install.depart(shop, timezone.now())
        Shop.objects.update(redacted_at=timezone.now(), customer_key=b"")
        back = visit().shop
        assert back.is_reachable
        assert vault.customer_ref(back, 7) != ref


class TestScopes:
    def test_what_was_gained_is_returned_and_written_down(self, shopify):
        shop = visit().shop
        gained = install.scopes_changed(shop, ["read_orders", "read_products", "read_all_orders"], timezone.now())
        shop.refresh_from_db()
        assert gained == {"read_all_orders"}
        assert shop.sees_all_orders
        assert LifecycleEvent.objects.get(kind="shop.scopes").details == {"gained": ["read_all_orders"], "lost": []}

    def test_an_older_message_does_not_undo_a_newer_one(self, shopify):
        shop, now = visit().shop, timezone.now()
        install.scopes_changed(shop, ["read_orders", "write_products"], now + timedelta(seconds=2))
        assert install.scopes_changed(shop, ["read_orders"], now) == set()
        shop.refresh_from_db()
        assert shop.has_scope("write_products")

    def test_the_same_scopes_again_are_no_event(self, shopify):
        shop = visit().shop
        assert install.scopes_changed(shop, reversed(shop.scopes), timezone.now()) == set()
        assert kinds() == ["shop.installed"]


class TestStaff:
    def test_the_owner_is_known_from_the_first_visit(self, shopify):
        staff = visit().staff
        assert (staff.sub, staff.is_owner, staff.is_collaborator) == (OWNER, True, False)

    def test_a_collaborator_is_no_owner(self, shopify):
        visit()
        shopify.on_token = grant_tokens(owner=False, collaborator=True, sub=COLLEAGUE)
        staff = visit(COLLEAGUE).staff
        assert (staff.is_owner, staff.is_collaborator) == (False, True)

    def test_shopify_is_asked_at_most_once_a_day(self, shopify):
        visit()
        before = len(shopify.asked)
        visit()
        assert len(shopify.asked) == before
        Staff.objects.update(checked_at=timezone.now() - timedelta(hours=25))
        shopify.on_token = grant_tokens(owner=False)
        assert visit().staff.is_owner is False
        assert len(shopify.asked) == before + 1

    def test_somebody_whom_shopify_did_not_name_stays_unknown_and_is_asked_for_soon_again(self, shopify):
        visit()
        shopify.on_token = refuse(500)
        assert visit(COLLEAGUE).staff.is_owner is None
        shopify.on_token = grant_tokens(owner=False, sub=COLLEAGUE)
        before = len(shopify.asked)
        assert visit(COLLEAGUE).staff.is_owner is None
        assert len(shopify.asked) == before  # not with every page
        Staff.objects.filter(sub=COLLEAGUE).update(checked_at=timezone.now() - install.STAFF_EVERY)
        assert visit(COLLEAGUE).staff.is_owner is False

    def test_an_answer_about_somebody_else_is_not_believed(self, shopify):
        visit()
        shopify.on_token = grant_tokens(owner=True, sub="666")
        assert visit(COLLEAGUE).staff.is_owner is None

    def test_nothing_but_two_facts_and_their_times_is_stored_of_a_person(self, shopify):
        visit()
        assert {field.name for field in Staff._meta.fields} == {
            "id", "shop", "sub", "is_owner", "is_collaborator", "checked_at", "first_seen_at",
        }  # fmt: skip
        assert "shpat" not in str(Staff.objects.values().get())

"""Operators see the fleet and never a secret; what they may do is their own permission."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from pipelines.models import LifecycleEvent, Shop, SyncRun, WebhookDelivery
from tests import histories

pytestmark = pytest.mark.django_db
DELIVERIES = "/admin/pipelines/webhookdelivery/"
SECRETS = (b"sealed-key-of-pseudonyms", b"signature-of-the-export")


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def shop():
    return histories.a_shop(customer_key=SECRETS[0])


@pytest.fixture
def dead(shop):
    return WebhookDelivery.objects.create(
        shop_domain=shop.domain,
        webhook_id="w-1",
        topic="orders/create",
        triggered_at=timezone.now(),
        received_at=timezone.now(),
        not_before=timezone.now(),
        body_digest=b"d" * 32,
        payload={"id": 1},
        state=WebhookDelivery.State.DEAD,
        attempts=5,
    )


def operator(client: Client, *names: str) -> Client:
    """Return a browser in which somebody with these permissions is signed in."""
    user = User.objects.create_user("operator", password="long enough to be one", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def replay(client: Client, delivery: WebhookDelivery):
    return client.post(DELIVERIES, {"action": "replay", "_selected_action": [delivery.pk]}, follow=True)


def test_a_dead_delivery_is_replayed(client, dead):
    told = replay(operator(client, "view_webhookdelivery", "change_webhookdelivery"), dead)
    assert b"1 deliveries will be tried again" in told.content
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == (WebhookDelivery.State.RECEIVED, 0)


def test_who_may_only_look_cannot_replay(client, dead):
    replay(operator(client, "view_webhookdelivery"), dead)
    dead.refresh_from_db()
    assert dead.state == WebhookDelivery.State.DEAD


def test_no_page_shows_a_secret_or_lets_a_row_be_changed(admin_client, shop, dead):
    SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", url=f"https://x/?s={SECRETS[1].decode()}")
    for model in apps.get_app_config("pipelines").get_models():
        if not admin.site.is_registered(model):
            continue
        listing = f"/admin/pipelines/{model._meta.model_name}/"
        pages = [listing, *(f"{listing}{row.pk}/change/" for row in model.objects.all()[:1])]
        for page in pages:
            answer = admin_client.get(page)
            assert answer.status_code == 200, page
            assert not any(secret in answer.content for secret in SECRETS), page
            assert b'name="_save"' not in answer.content, page


def test_tokens_are_on_no_page():
    registered = {model._meta.model_name for model in admin.site._registry}
    assert not registered & {"shoptoken", "ledgernote"}
    assert Shop._meta.get_field("customer_key").name in admin.site.get_model_admin(Shop).exclude


class TestShops:
    """What an operator does for one shop."""

    LIST = "/admin/pipelines/shop/"

    def act(self, client: Client, action: str, *shops: Shop, **fields: str):
        chosen = {"action": action, "_selected_action": [shop.pk for shop in shops]}
        return client.post(self.LIST, chosen | fields, follow=True)

    def test_the_list_says_how_each_shop_is(self, admin_client, shop, dead):
        SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="done", finished_at=timezone.now())
        page = admin_client.get(self.LIST).content.decode()
        assert '<td class="field-dead_deliveries">1</td>' in page and '<td class="field-open_alerts">0</td>' in page

    def test_a_ledger_is_verified(self, admin_client, shop):
        LifecycleEvent.record(shop, "x", by="x", because="x")
        assert "the ledger holds" in self.act(admin_client, "verify_ledger", shop).content.decode()
        LifecycleEvent.objects.update(because="y")
        assert "does not hold from entry 1 on" in self.act(admin_client, "verify_ledger", shop).content.decode()

    def test_everything_is_exported_by_who_may(self, client, admin_client, shop):
        answer = self.act(admin_client, "export", shop)
        assert answer["Content-Disposition"] == f'attachment; filename="{shop.domain}.jsonl"'
        assert shop.domain in b"".join(answer).decode()
        assert LifecycleEvent.objects.get(kind="shop.exported").by == "operator:admin"
        self.act(operator(client, "view_shop"), "export", shop)
        self.act(client, "erase", shop, typed=shop.domain)
        assert LifecycleEvent.objects.filter(kind="shop.exported").count() == 1
        assert Shop.objects.get(pk=shop.pk).redacted_at is None

    def test_a_shop_is_erased_once_its_name_is_typed(self, admin_client, shop, dead):
        for typed in ("", "another.myshopify.com"):
            assert "Type " in self.act(admin_client, "erase", shop, typed=typed).content.decode()
            assert Shop.objects.get(pk=shop.pk).redacted_at is None
        assert "is erased" in self.act(admin_client, "erase", shop, typed=shop.domain).content.decode()
        assert Shop.objects.get(pk=shop.pk).redacted_at and not WebhookDelivery.objects.exists()

    def test_one_at_a_time(self, admin_client, shop):
        other = histories.a_shop()
        assert "One shop is erased at a time" in self.act(admin_client, "erase", shop, other).content.decode()
        assert "An export is of one shop" in self.act(admin_client, "export", shop, other).content.decode()

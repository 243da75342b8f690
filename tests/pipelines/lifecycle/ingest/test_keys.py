import base64

import pytest
from django.core.management import CommandError, call_command

from pipelines.lifecycle.ingest import install
from pipelines.models import LifecycleEvent, ShopToken
from pipelines.shopify import tokens, vault
from pipelines.shopify.id_tokens import verify
from tests.identities import id_token

pytestmark = pytest.mark.django_db
K1, K2 = (f"k{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))


@pytest.fixture
def shop(shopify, settings):
    settings.ENCRYPTION_KEYS = K1
    token = id_token()
    return install.arrive(verify(token), token).shop


def test_after_a_rotation_the_old_key_is_not_needed(shop, settings):
    ref = vault.customer_ref(shop, 7)
    settings.ENCRYPTION_KEYS = f"{K2},{K1}"
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = K2
    shop.refresh_from_db()
    assert vault.customer_ref(shop, 7) == ref
    assert tokens.access_token(shop) == "shpat_1"
    assert tokens.access_token(shop, refused="shpat_1") != "shpat_1"
    assert ShopToken.objects.get().key_id == "k2"


def test_a_second_rotation_changes_nothing(shop, settings, capsys):
    settings.ENCRYPTION_KEYS = f"{K2},{K1}"
    call_command("rotate_keys")
    call_command("rotate_keys")
    assert capsys.readouterr().out.startswith(
        "1 shops and 0 authenticators of operators now use the newest key. Older keys can be removed.\n0 shops"
    )
    assert LifecycleEvent.objects.filter(kind="keys.rotated").count() == 1


def test_a_key_that_is_missing_already_is_named(shop, settings):
    settings.ENCRYPTION_KEYS = K2
    with pytest.raises(CommandError, match="put its key back"):
        call_command("rotate_keys")

"""The secret of an authenticator is sealed at rest, moves under new keys, and came over from where it lay bare."""

from __future__ import annotations

import base64
from importlib import import_module
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django_otp.oath import TOTP

from pipelines.shopify import vault
from shopmlops.operators.devices.models import PURPOSE, Authenticator

pytestmark = pytest.mark.django_db
K1, K2 = (f"k{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
SECRET = bytes(range(20))


@pytest.fixture
def ada() -> Any:
    return get_user_model().objects.create_superuser("ada")


def secret_of(user: Any) -> bytes:
    return vault.unseal(Authenticator.objects.get(user=user).secret, PURPOSE, str(user.pk))


def code(user: Any) -> str:
    return f"{TOTP(secret_of(user)).token():06d}"


def test_what_is_stored_opens_for_its_operator_alone(ada: Any) -> None:
    address = Authenticator.given_to(ada)
    row = Authenticator.objects.get()
    assert base64.b32encode(secret_of(ada)).decode() in address
    assert secret_of(ada) not in bytes(row.secret)
    with pytest.raises(vault.CannotUnseal):
        vault.unseal(row.secret, PURPOSE, str(ada.pk + 1))


def test_a_code_is_good_once_also_for_two_at_once(ada: Any) -> None:
    Authenticator.given_to(ada)
    with time_machine.travel("2026-11-27T12:00:00Z", tick=False):
        one, other = Authenticator.objects.get(), Authenticator.objects.get()
        assert [each.verify_token(code(ada)) for each in (one, other)] == [True, False]


@pytest.mark.parametrize("token", ["", "12345x", "²", None, 7])
def test_what_is_no_code_is_refused(ada: Any, token: Any) -> None:
    Authenticator.given_to(ada)
    assert not Authenticator.objects.get().verify_token(token)
    assert Authenticator.objects.get().throttling_failure_count == 1


def test_after_a_rotation_the_old_key_is_not_needed(ada: Any, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = K1
    Authenticator.given_to(ada)
    before = secret_of(ada)
    settings.ENCRYPTION_KEYS = f"{K2},{K1}"
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    assert "1 authenticators of operators" in said.getvalue()
    settings.ENCRYPTION_KEYS = K2
    assert secret_of(ada) == before
    settings.ENCRYPTION_KEYS = K1
    with pytest.raises(CommandError, match="put its key back"):
        call_command("rotate_keys", stdout=said)


def test_secrets_that_lay_bare_are_taken_over_and_gone_there(ada: Any) -> None:
    take_over = import_module("shopmlops.operators.devices.migrations.0001_secrets_are_sealed").take_over
    take_over(apps, SimpleNamespace(connection=connection))  # where there are none
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE otp_totp_totpdevice (id int, user_id int, key text, last_t bigint, confirmed boolean)"
        )
        cursor.execute(
            "INSERT INTO otp_totp_totpdevice VALUES (1, %(user)s, 'ff', 1, false), (2, %(user)s, %(key)s, 77, true)",
            {"user": ada.pk, "key": SECRET.hex()},
        )
        take_over(apps, SimpleNamespace(connection=connection))
        assert (secret_of(ada), Authenticator.objects.get().last_step) == (SECRET, 77)
        cursor.execute("SELECT count(*) FROM otp_totp_totpdevice")
        assert cursor.fetchone()[0] == 0

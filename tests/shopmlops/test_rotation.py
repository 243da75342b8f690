"""Django's key is changed without anybody noticing: what the old one signed stays good while it is named."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from dashboard.pages import go, said
from pipelines.endpoints.answering import passes
from pipelines.endpoints.answering.passes import NotAllowed
from tests.identities import SHOP

UNIT = "visitor-1"


@pytest.fixture
def rotate(settings):
    """Put another key in front; the old one stays named while somebody says so."""
    old = settings.SECRET_KEY

    def put(is_old_named: bool) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [old] if is_old_named else []

    return put


def given_to() -> str:
    return passes.give(SHOP, "recommendations", UNIT, timezone.now() + timedelta(hours=1))


def opens(given: str) -> bool:
    try:
        return passes.unit_of(given, SHOP, "recommendations", timezone.now()) == UNIT
    except NotAllowed:
        return False


def test_a_visitors_pass_outlives_the_key_that_signed_it(rotate):
    before = given_to()
    rotate(True)
    assert opens(before) and opens(given_to())
    rotate(False)
    assert not opens(before)


def test_what_a_page_has_to_say_is_said_all_the_same(rotate):
    address = go("/", "Saved")["Location"]
    rotate(True)
    assert said(SimpleNamespace(GET={"said": address.partition("said=")[2]})) == {"said": "Saved"}


@pytest.mark.django_db
def test_an_operator_stays_logged_in_and_gets_a_cookie_of_the_new_key(client, rotate, settings):
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}
    client.force_login(get_user_model().objects.create_superuser("ada", password="a long password of one"))
    rotate(True)
    assert client.get("/admin/").status_code == 200
    rotate(False)
    assert client.get("/admin/").status_code == 200

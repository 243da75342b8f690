"""The operators' second proof: given by a command, asked for at the login, and for every page."""

from __future__ import annotations

import re
from io import StringIO
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP

from shopmlops.operators.devices.models import Authenticator

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of an operator"


@pytest.fixture(autouse=True)
def operator(settings):
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}
    settings.OPERATOR_SECOND_FACTOR = True
    caches["lockout"].clear()
    yield get_user_model().objects.create_superuser("ada", password=PASSWORD)
    caches["lockout"].clear()


def enrolled(*options: str, name: str = "ada") -> bytes:
    """Give somebody codes, and return their secret as an authenticator app reads it."""
    from base64 import b32decode

    shown = StringIO()
    call_command("second_factor", "--name", name, *options, stdout=shown)
    assert re.search("[▀▄█]", shown.getvalue())  # a picture to scan
    address = urlsplit(re.search(r"otpauth://\S+", shown.getvalue())[0])
    assert unquote(address.path) == f"/shopmlops operators:{name}"
    return b32decode(parse_qs(address.query)["secret"][0])


def code(secret: bytes) -> str:
    return f"{TOTP(secret).token():06d}"


def log_in(client: Client, **fields: str) -> bool:
    form = {"username": "ada", "password": PASSWORD} | fields
    return client.post("/admin/login/", form).status_code == 302


def test_a_password_and_a_code_open_the_admin(client):
    secret = enrolled()
    assert log_in(client, otp_token=code(secret))
    assert client.get("/admin/").status_code == 200


def test_half_of_it_opens_nothing(client):
    secret = enrolled()
    for fields in ({}, {"otp_token": "000000"}, {"otp_token": code(secret), "password": "wrong"}):
        assert not log_in(client, **fields)
    assert client.get("/admin/").status_code == 302


def test_who_was_given_no_device_is_not_let_in(client):
    assert not log_in(client)
    client.force_login(get_user_model().objects.get())  # as whoever logged in before the setting was on
    assert client.get("/admin/").status_code == 302


def test_a_code_is_good_once_and_guesses_are_slowed_down(client):
    secret = enrolled()
    once = code(secret)
    assert log_in(client, otp_token=once)
    client.logout()
    assert not log_in(client, otp_token=once)
    assert Authenticator.objects.get().throttling_failure_count == 1


def test_a_lost_device_is_taken_the_place_of(client):
    lost = enrolled()
    with pytest.raises(CommandError, match="--anew takes its place"):
        enrolled()
    secret = enrolled("--anew")
    assert secret != lost and not log_in(client, otp_token=code(lost))
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert log_in(client, otp_token=code(secret))


def test_another_operators_device_opens_nothing(client):
    get_user_model().objects.create_user("eve", password=PASSWORD, is_staff=True)
    adas, eves = enrolled(), enrolled(name="eve")
    device = Authenticator.objects.get(user__username="ada").persistent_id
    for named in (device, ""):
        assert not log_in(client, username="eve", otp_device=named, otp_token=code(adas))
        Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    caches["lockout"].clear()
    assert log_in(client, username="eve", otp_token=code(eves))
    assert client.get("/admin/").status_code == 200
    client.logout()
    assert log_in(client, otp_token=code(adas)), "a code is used up by who it opens for alone"


@pytest.mark.parametrize(
    "named",
    ["x", "a.b/c", "auth.User/1", "otp_devices.authenticator/" + "9" * 400, "/", "os.system/1", "é/٣"],
)
def test_which_device_it_was_is_not_read(client, named):
    secret = enrolled()
    assert not log_in(client, otp_device=named, otp_token="000000")
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert log_in(client, otp_device=named, otp_token=code(secret))


def test_nobody_else_is_given_codes():
    get_user_model().objects.create_user("eve", password=PASSWORD)
    for name in ("eve", "nobody"):
        with pytest.raises(CommandError, match="No operator is called"):
            call_command("second_factor", "--name", name)


def test_without_the_setting_a_password_is_enough(client, settings):
    settings.OPERATOR_SECOND_FACTOR = False
    assert log_in(client) and client.get("/admin/").status_code == 200


def test_operators_cookies_are_for_their_pages_and_for_half_a_day(client, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get("/admin/login/", secure=True)
    assert (
        client.post(
            "/admin/login/", {"username": "ada", "password": PASSWORD, "otp_token": code(enrolled())}
        ).status_code
        == 302
    )
    cookie = client.cookies["sessionid"]
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/admin/", "Strict", 12 * 3600)
    assert cookie["secure"] and cookie["httponly"]
    assert client.cookies["csrftoken"]["secure"] and client.cookies["csrftoken"]["path"] == "/admin/"


def test_the_sidebar_names_many_of_a_thing_in_english() -> None:
    many = [str(model._meta.verbose_name_plural) for model in admin.site._registry]
    assert [name for name in many if re.search("[^aeiou]ys$", name)] == []

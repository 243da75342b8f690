"""The operators' login: five wrong passwords, then a quarter of an hour without any."""

import pytest
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of an operator"


@pytest.fixture(autouse=True)
def operator(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}
    caches["lockout"].clear()
    yield get_user_model().objects.create_superuser("ada", password=PASSWORD)
    caches["lockout"].clear()


def log_in(client, name="ada", password="wrong", address="93.184.216.34", **headers):
    form = {"username": name, "password": password}
    return client.post("/admin/login/", form, REMOTE_ADDR=address, headers=headers)


def test_a_right_password_opens_the_admin(client):
    assert log_in(client, password=PASSWORD).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_the_sixth_try_is_not_even_checked_also_with_the_right_password(client, checked_passwords):
    answers = [log_in(client, address=f"93.184.216.{n}").status_code for n in range(5)]
    checked = len(checked_passwords)
    assert answers == [200] * 4 + [429]
    assert log_in(client, password=PASSWORD, address="93.184.216.99").status_code == 429
    assert len(checked_passwords) == checked == 5


def test_one_address_tries_five_times_whatever_the_names(client):
    assert [log_in(client, name=f"guess-{n}").status_code for n in range(6)] == [200] * 4 + [429] * 2
    assert log_in(client, name="eve").status_code == 429
    assert log_in(client, name="eve", address="93.184.216.35").status_code == 200


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(client):
    def through(n, name):
        forwarded = {"X-Forwarded-For": f"1.2.3.{n}, 93.184.216.34"}  # the first one the client chose itself
        return log_in(client, name=name, address="10.0.0.3", **forwarded).status_code

    assert [through(n, f"guess-{n}") for n in range(6)] == [200] * 4 + [429] * 2


def test_a_right_password_in_time_forgets_the_wrong_ones(client):
    for _ in range(3):
        assert [log_in(client).status_code for _ in range(3)] == [200] * 3
        assert log_in(client, password=PASSWORD).status_code == 302
        client.logout()


def test_an_operator_can_be_let_in_again(client):
    for n in range(5):
        log_in(client, address=f"93.184.216.{n}")
    call_command("axes_reset_username", "ada")
    assert log_in(client, password=PASSWORD, address="93.184.216.99").status_code == 302


def test_no_address_and_no_name_is_kept_or_logged(client, caplog):
    for _ in range(6):
        log_in(client)
    redis = caches["lockout"]._cache.get_client()
    kept = b" ".join(redis.keys("lockout*"))
    assert kept
    assert all(0 < redis.ttl(key) <= 15 * 60 for key in redis.keys("lockout*"))
    assert b"93.184" not in kept and b"ada" not in kept
    assert "93.184" not in caplog.text and "ada" not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM axes_accessattempt")  # only a test's database has it
        assert cursor.fetchone() == (0,)


def test_axes_tables_are_never_made():
    from django.db.migrations.loader import MigrationLoader

    assert "axes" in MigrationLoader(connection).unmigrated_apps


def test_without_redis_nobody_logs_in_and_is_told(client, monkeypatch):
    handler = AxesProxyHandler.get_implementation()
    monkeypatch.setattr(handler, "cache", RedisCache("unix:///nowhere/redis.sock", {}))
    assert log_in(client, password=PASSWORD).status_code == 503


@pytest.fixture
def checked_passwords(monkeypatch):
    """Count the passwords that are checked."""
    from django.contrib.auth.models import AbstractBaseUser

    checked, check = [], AbstractBaseUser.check_password
    monkeypatch.setattr(AbstractBaseUser, "check_password", lambda user, raw: checked.append(raw) or check(user, raw))
    return checked

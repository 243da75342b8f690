"""`manage.py check --deploy` refuses each unsafe combination in one sentence."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shopmlops import checks, deploying

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
KEY = base64.b64encode(b"7" * 32).decode()
PUBLIC = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()
OTHER = base64.b64encode(b"8" * 32).decode()
THIRD = base64.b64encode(b"9" * 32).decode()


def a_bucket(**options):
    return {"artifacts": {"BACKEND": "shopmlops.bucket.Bucket", "OPTIONS": {"bucket_name": "b"} | options}}


@pytest.fixture
def production(settings, database):
    """Settings of a production that is safe."""
    settings.DEMO = False
    settings.APP_URL, settings.ALLOWED_HOSTS = "https://app.example.com", ["app.example.com", "ops.example.com"]
    settings.ADMIN_HOST, settings.METRICS_TOKEN = "ops.example.com", "m" * 24
    settings.SECRET_KEY, settings.SHOPIFY_API_SECRET = "x" * 50, "s" * 32
    settings.ENCRYPTION_KEYS = f"k2:{OTHER},k1:{THIRD}"
    settings.SIGNING_KEY, settings.SIGNING_PUBLIC_KEYS = KEY, [OTHER, PUBLIC]
    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD, settings.EMAIL_USE_TLS = "smtp.example.com", "p", True
    settings.REDIS_URL = "redis://:password@10.0.0.7:6379/0"
    database("10.0.0.8", sslmode="verify-full")
    return settings


@pytest.fixture
def database(settings, monkeypatch):
    """Say where the database would be; nothing here asks it."""

    def is_at(host, **options):
        monkeypatch.setitem(settings.DATABASES, "default", {"HOST": host, "OPTIONS": options})

    return is_at


def ids():
    return [message.id.removeprefix("shopmlops.") for message in checks.deployment_is_safe()]


def test_what_is_safe_is_not_spoken_of(production):
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"APP_URL": "http://app.example.com"}, "E017"),
        ({"ALLOWED_HOSTS": ["*"]}, "E018"),
        ({"ADMIN_HOST": "app.example.com"}, "E019"),
        ({"METRICS_TOKEN": "short"}, "E020"),
        ({"SIGNING_PUBLIC_KEYS": [OTHER]}, "E021"),
        ({"ENCRYPTION_KEYS": f"k1:{OTHER},k1:{THIRD}"}, "E022"),
        ({"SECRET_KEY": "s" * 32}, "E023"),
        ({"EMAIL_USE_TLS": False}, "E024"),
        ({"STORAGES": a_bucket(bucket_name="")}, "E025"),
        ({"ADMIN_HOST": "", "OPERATOR_SECOND_FACTOR": False}, "E026"),
        ({"STATIC_ROOT": ROOT}, "E027"),
        ({"STATIC_ROOT": Path("/srv"), "STATE_DIR": Path("/srv/state")}, "E027"),
        ({"ENCRYPTION_KEYS": f"k1:{OTHER},k0:{KEY}"}, "E028"),
        ({"REDIS_URL": "redis://10.0.0.7:6379/0"}, "W007"),
        ({"STORAGES": a_bucket(endpoint_url="http://10.0.0.9")}, "W009"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_unsafe_combination_is_told_in_a_sentence(production, changes, expected):
    for name, value in changes.items():
        setattr(production, name, value)
    assert ids() == [expected]
    (told,) = deploying.unsafe()
    assert told.msg.endswith(".") and told.msg.count(". ") == 0 and told.hint


@pytest.mark.parametrize(
    ("options", "expected"), [({}, ["W008"]), ({"sslmode": "disable"}, ["W008"]), ({"sslmode": "require"}, [])]
)
def test_rows_cross_a_network_only_under_a_lock(production, database, options, expected):
    database("10.0.0.8", **options)
    assert ids() == expected


@pytest.mark.parametrize("host", ["", "127.0.0.1", "/run/postgresql"])
def test_what_stays_on_this_machine_needs_none(production, database, host):
    database(host)
    production.REDIS_URL = "unix:///run/redis.sock"
    assert ids() == []


@pytest.mark.parametrize(("key", "public"), [("", [OTHER]), (KEY, []), ("no key", [OTHER]), (KEY, ["no key"])])
def test_keys_that_others_name_or_that_are_none_are_left_to_other_checks(production, key, public):
    production.SIGNING_KEY, production.SIGNING_PUBLIC_KEYS = key, public
    assert ids() == []


def test_a_bucket_over_https_or_on_this_machine_is_safe(production):
    for address in (None, "https://s3.example.com", "http://127.0.0.1:9000"):
        production.STORAGES = a_bucket(endpoint_url=address)
        assert ids() == []


@pytest.mark.parametrize("changes", [{"ADMIN_HOST": ""}, {"OPERATOR_SECOND_FACTOR": False}])
def test_operators_behind_a_host_or_a_second_proof_are_safe_enough(production, changes):
    production.OPERATOR_SECOND_FACTOR = True
    for name, value in changes.items():
        setattr(production, name, value)
    assert ids() == []


def test_the_demo_is_not_deployed(production):
    production.DEMO, production.APP_URL = True, "http://127.0.0.1:8000"
    assert ids() == []


def test_the_command_refuses(tmp_path):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ALLOWED_HOSTS": "*", "APP_URL": "http://app.example.com"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "ERROR"]
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert told.returncode == 1 and "shopmlops.E017" in told.stderr and "shopmlops.E018" in told.stderr


def test_the_command_has_nothing_to_say_of_a_set_up_out_of_the_example(tmp_path):
    lines = (ROOT / "env.example").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line[:1].isupper())
    keys = {"ENCRYPTION_KEYS": f"k1:{THIRD}", "SIGNING_KEY": KEY, "SIGNING_PUBLIC_KEYS": PUBLIC}
    keys["SECRET_KEY"] = "".join(map(chr, range(48, 122)))
    ours = keys | {"SHOPIFY_API_KEY": "key", "SHOPIFY_API_SECRET": "secret", "SHOPMLOPS_STATE": str(tmp_path)}
    env = settings | ours | {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--tag", "security"]
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert (told.returncode, told.stderr) == (0, "")

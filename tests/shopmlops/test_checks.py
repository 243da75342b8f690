"""A bad set-up is explained, and stops the start."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from shopmlops import checks

ROOT = Path(__file__).resolve().parents[2]
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.fixture
def production(settings, tmp_path):
    """Settings of a sound production."""
    settings.DEMO = False
    settings.STATE_DIR = tmp_path
    settings.APP_URL = "https://app.example.com"
    settings.ALLOWED_HOSTS = ["app.example.com", "ops.example.com"]
    settings.SECRET_KEY = "x" * 50
    settings.SHOPIFY_API_KEY = "client"
    settings.SHOPIFY_API_SECRET = "s" * 32
    settings.ENCRYPTION_KEYS = f"k1:{KEY}"
    settings.SIGNING_KEY = KEY
    settings.SIGNING_PUBLIC_KEYS = [KEY]
    settings.SHOPIFY_API_ORIGIN = "https://{shop}"
    settings.SHOPIFY_ADMIN_ORIGINS = ["https://{shop}", "https://admin.shopify.com"]
    settings.APP_BRIDGE_URL = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
    settings.POLARIS_URL = "https://cdn.shopify.com/shopifycloud/polaris-1.js"
    settings.SHOPIFY_BULK_HOSTS = ["storage.googleapis.com", ".shopify.com"]
    settings.DEBUG, settings.ADMIN_HOST = False, "ops.example.com"
    settings.OPERATOR_SECOND_FACTOR = True
    settings.EMAIL_HOST, settings.ADMINS = "smtp.example.com", [("ops", "ops@example.com")]
    return settings


def ids() -> set[str]:
    return {message.id for message in checks.setup_is_consistent()}


def test_a_sound_production_starts(production):
    assert ids() == set()
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "generated-x", "shopmlops.E001"),
        ("SHOPIFY_API_SECRET", "generated-x", "shopmlops.E001"),
        ("ENCRYPTION_KEYS", "", "shopmlops.E002"),
        ("ENCRYPTION_KEYS", "k1:short", "shopmlops.E003"),
        ("SIGNING_KEY", "not a key", "shopmlops.E005"),
        ("SHOPIFY_API_ORIGIN", "http://127.0.0.1:9300", "shopmlops.E006"),
        ("SHOPIFY_API_ORIGIN", "https://myshopify.com.evil.example", "shopmlops.E006"),
        ("APP_BRIDGE_URL", "http://cdn.shopify.com/app-bridge.js", "shopmlops.E006"),
        ("POLARIS_URL", "https://evilshopify.com/polaris.js", "shopmlops.E006"),
        ("SHOPIFY_ADMIN_ORIGINS", ["http://localhost:9300"], "shopmlops.E006"),
        ("SHOPIFY_BULK_HOSTS", ["127.0.0.1:9300"], "shopmlops.E006"),
        ("TRAINING_CRONJOB", "train", "shopmlops.E016"),
        ("DEBUG", True, "shopmlops.E009"),
        ("ADMIN_HOST", "desk.example.com", "shopmlops.E011"),
        ("APP_URL", "https://shop.example.com", "shopmlops.E011"),
    ],
)
def test_production_refuses_what_is_unsafe(production, name, value, expected):
    setattr(production, name, value)
    assert ids() == {expected}
    with pytest.raises(ImproperlyConfigured, match=expected):
        checks.refuse_unsafe_start()


def test_a_pod_may_hand_trainings_to_its_cluster(production, monkeypatch):
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    production.TRAINING_CRONJOB = "train"
    assert ids() == set()


def test_an_api_that_is_over_is_told_of_by_the_command_itself(production):
    production.SHOPIFY_API_VERSION = "2024-10"
    assert "shopmlops.W006" in {message.id for message in run_checks()}


def test_one_pattern_may_allow_both_hosts(production):
    production.ALLOWED_HOSTS = [".example.com"]
    assert ids() == set()


def test_the_example_file_as_it_stands_misses_only_secrets(tmp_path):
    lines = [line.partition("=") for line in (ROOT / "env.example").read_text().splitlines() if line[:1].isupper()]
    env = {name: value for name, _, value in lines if value} | {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    checked = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert set(re.findall(r"shopmlops\.E\w+", checked.stderr)) == {f"shopmlops.E00{n}" for n in (1, 2, 4)}


@pytest.mark.parametrize(
    ("day", "warned"), [("2026-12-09", 0), ("2027-08-01", 0), ("2027-08-02", 1), ("2028-01-01", 1)]
)
def test_a_version_of_shopifys_api_that_ends_is_warned_of(production, day, warned):
    production.SHOPIFY_API_VERSION = "2026-10"
    found = [message.id for message in checks.api_version(date.fromisoformat(day))]
    assert found == ["shopmlops.W006"] * warned


def test_an_admin_under_the_merchants_address_is_warned_of(production):
    production.ADMIN_HOST = ""
    assert ids() == {"shopmlops.W002"}
    checks.refuse_unsafe_start()


def test_an_admin_behind_a_password_alone_is_warned_of(production):
    production.OPERATOR_SECOND_FACTOR = False
    assert ids() == {"shopmlops.W005"}
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(("name", "empty", "expected"), [("EMAIL_HOST", "", "W003"), ("ADMINS", [], "W004")])
def test_mail_that_reaches_nobody_is_warned_of(production, name, empty, expected):
    setattr(production, name, empty)
    assert ids() == {f"shopmlops.{expected}"}
    checks.refuse_unsafe_start()


def test_production_needs_a_key_to_check_artifacts_with(production):
    production.SIGNING_KEY, production.SIGNING_PUBLIC_KEYS = "", []
    assert ids() == {"shopmlops.E004"}


def demo(settings, path):
    settings.DEMO, settings.DEMO_SECRET = True, "proof"
    settings.APP_URL, settings.ALLOWED_HOSTS = "http://127.0.0.1:8000", ["127.0.0.1", "localhost"]
    (path / checks.DEMO_SECRET_FILE).write_text("proof\n")


def test_the_demo_may_use_the_development_store(production, tmp_path):
    demo(production, tmp_path)
    production.SHOPIFY_API_ORIGIN = "http://127.0.0.1:9300"
    assert ids() == set()


def test_the_demo_answers_on_this_machine_only(production, tmp_path):
    demo(production, tmp_path)
    production.ALLOWED_HOSTS = ["*"]
    assert ids() == {"shopmlops.E007"}


@pytest.mark.parametrize("proof", ["", "guess"])
def test_the_demo_needs_the_state_folders_secret(production, tmp_path, proof):
    demo(production, tmp_path)
    production.DEMO_SECRET = proof
    assert ids() == {"shopmlops.E008"}

"""Explain a bad set-up before a request does.

`refuse_unsafe_start` also runs when the web process starts, `refuse_foreign_storage` when web, workers and trainers do.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host
from django.utils import timezone

from shopmlops import env

SHOPIFY_HOSTS = ("shopify.com", "myshopify.com", "shopifycloud.com", "storage.googleapis.com")
LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}
DEMO_SECRET_FILE = "demo-secret"  # noqa: S105 (a name, no secret)


@register
def setup_is_consistent(**kwargs: Any) -> list[CheckMessage]:
    """Report every inconsistency of the settings, with an id and a hint."""
    return [*secrets(), *addresses(), *hosts(), *strangers(), *mail(), *clock(), *cluster(), *demo()]


@register
def api_goes_on(**kwargs: Any) -> list[CheckMessage]:
    """Report that the version of Shopify's API that we speak is about to end."""
    return [*api_version(timezone.now().date())]


@register(deploy=True)
def deployment_is_safe(**kwargs: Any) -> list[CheckMessage]:
    """Report what is unsafe together, before it is deployed; the demo answers only on its machine."""
    from shopmlops import deploying

    return [] if settings.DEMO else deploying.unsafe()


def refuse_unsafe_start() -> None:
    """Stop the process when a check finds an error."""
    errors = [message for message in setup_is_consistent() if message.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(f"{error.id}: {error.msg} {error.hint or ''}" for error in errors))


def refuse_foreign_storage() -> None:
    """Stop a process that does not see the artifacts which the others see."""
    from django.db import connections

    why = foreign_storage()
    connections.close_all()
    if why:
        raise ImproperlyConfigured(why)


def foreign_storage() -> str:
    """Say that this process does not see the artifacts which the others see; a demo is one machine's own."""
    from pipelines.lifecycle.versions import place

    why = "" if settings.DEMO else place.trouble()
    return why and (
        f"shopmlops.E010: {why} Give web, workers and trainers the same ARTIFACT_STORAGE, or one SHOPMLOPS_STATE "
        "on a disk that they share; `manage.py storage --adopt` where this place is the right one."
    )


def secrets() -> Iterator[CheckMessage]:
    """Report keys that are missing, generated, or not keys."""
    if settings.DEMO:
        return
    for name in ("SECRET_KEY", "SHOPIFY_API_KEY", "SHOPIFY_API_SECRET"):
        if getattr(settings, name).startswith(settings.GENERATED):
            yield Error(
                f"{name} is not set.", hint="Set it; env.example says where it comes from.", id="shopmlops.E001"
            )
    if not settings.ENCRYPTION_KEYS:
        yield Error("ENCRYPTION_KEYS is not set.", hint="Shopify's tokens are stored encrypted.", id="shopmlops.E002")
    for entry in filter(None, settings.ENCRYPTION_KEYS.split(",")):
        if not env.is_key(entry.partition(":")[2]):
            yield Error(
                "ENCRYPTION_KEYS holds an entry that is not id:key with 32 bytes in base64.",
                hint="Make one with: echo k1:$(openssl rand -base64 32)",
                id="shopmlops.E003",
            )
    if not settings.SIGNING_PUBLIC_KEYS and not settings.SIGNING_KEY:
        yield Error(
            "Neither SIGNING_PUBLIC_KEYS nor SIGNING_KEY is set.",
            hint="Artifacts are verified before every load; trainers also need SIGNING_KEY.",
            id="shopmlops.E004",
        )
    for key in filter(None, [settings.SIGNING_KEY, *settings.SIGNING_PUBLIC_KEYS]):
        if not env.is_key(key):
            yield Error("A signing key is not 32 bytes in base64.", hint="See env.example.", id="shopmlops.E005")


def addresses() -> Iterator[CheckMessage]:
    """Report addresses that are not Shopify's: only the demo may have them."""
    if settings.DEMO:
        return
    named = {
        "SHOPIFY_API_ORIGIN": [settings.SHOPIFY_API_ORIGIN],
        "SHOPIFY_ADMIN_ORIGINS": settings.SHOPIFY_ADMIN_ORIGINS,
        "APP_BRIDGE_URL": [settings.APP_BRIDGE_URL],
        "POLARIS_URL": [settings.POLARIS_URL],
        "SHOPIFY_BULK_HOSTS": [f"https://{host.lstrip('.')}" for host in settings.SHOPIFY_BULK_HOSTS],
    }
    for name, urls in named.items():
        for url in urls:
            if not is_shopifys(url):
                yield Error(
                    f"{name} points to {url}, which is not Shopify's.",
                    hint="Leave it unset, or run `make demo` for the development store.",
                    id="shopmlops.E006",
                )
    if not settings.APP_URL.startswith("https://"):
        yield Warning(
            f"APP_URL is {settings.APP_URL}.", hint="Shopify opens apps over https only.", id="shopmlops.W001"
        )


def hosts() -> Iterator[CheckMessage]:
    """Report hosts of ours that ALLOWED_HOSTS does not name: Django would answer them with 400."""
    ours = {"APP_URL": urlsplit(settings.APP_URL).hostname or "", "ADMIN_HOST": settings.ADMIN_HOST}
    for name, host in ours.items():
        if host and not settings.DEMO and not validate_host(host.lower(), settings.ALLOWED_HOSTS):
            yield Error(
                f"{name} names {host}, which ALLOWED_HOSTS does not: nothing would answer there.",
                hint=f"Add {host} to ALLOWED_HOSTS.",
                id="shopmlops.E011",
            )


def strangers() -> Iterator[CheckMessage]:
    """Report what would tell strangers more than they should know."""
    if settings.DEMO:
        return
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: an error page would show tokens to whoever sees it.",
            hint="Unset DEBUG; the log tells what went wrong.",
            id="shopmlops.E009",
        )
    if not settings.ADMIN_HOST:
        yield Warning(
            "ADMIN_HOST is not set: /admin/ answers under the merchants' address.",
            hint="Give operators a host name of their own, which strangers cannot reach.",
            id="shopmlops.W002",
        )
    if not settings.OPERATOR_SECOND_FACTOR:
        yield Warning(
            "OPERATOR_SECOND_FACTOR is off: whoever knows an operator's password sees every shop.",
            hint="Give operators their codes with `manage.py second_factor`, then set it to 1.",
            id="shopmlops.W005",
        )


def mail() -> Iterator[CheckMessage]:
    """Report that nobody could be written to."""
    if settings.DEMO:
        return
    if not settings.EMAIL_HOST:
        yield Warning(
            "EMAIL_HOST is not set: no alert goes out by e-mail.",
            hint="Name a mail server; merchants who asked for e-mail read on their Alerts page that it does not work.",
            id="shopmlops.W003",
        )
    if not settings.ADMINS:
        yield Warning(
            "OPERATOR_MAILS is not set: nobody is written to when monitoring itself stops.",
            hint="Name somebody; /readyz and the log say it in any case.",
            id="shopmlops.W004",
        )


def clock() -> Iterator[CheckMessage]:
    """Report a clock that was turned: merchants live in real time."""
    if settings.CLOCK_AHEAD and not settings.DEMO:
        yield Error(
            f"CLOCK_AHEAD is {settings.CLOCK_AHEAD}: only the demo's clock can be turned.",
            hint="Unset it; `make demo AT=2027-02-28T23:58` sets it for its own processes.",
            id="shopmlops.E015",
        )


def cluster() -> Iterator[CheckMessage]:
    """Report trainings that are handed to a cluster which is not there."""
    if settings.TRAINING_CRONJOB and "KUBERNETES_SERVICE_HOST" not in os.environ:
        yield Error(
            "TRAINING_CRONJOB is set, and this process runs in no cluster: no training would begin.",
            hint="Unset it, and run trainers; deploy/kubernetes sets it where pods run.",
            id="shopmlops.E016",
        )


def api_version(today: date) -> Iterator[CheckMessage]:
    """Report a version of Shopify's API that ends soon, or has: each is answered for a year."""
    year, month = map(int, settings.SHOPIFY_API_VERSION.split("-"))
    ends = date(year + 1, month, 1)
    if today > ends - timedelta(days=61) and not settings.DEMO:
        yield Warning(
            f"Shopify's API {settings.SHOPIFY_API_VERSION} ends on {ends}.",
            hint="Move on: docs/operations.md says how.",
            id="shopmlops.W006",
        )


def is_shopifys(url: str) -> bool:
    """Say whether an address is https and Shopify's ({shop} stands for a shop's own domain)."""
    parts = urlsplit(url.replace("{shop}", "any.myshopify.com"))
    host = parts.hostname or ""
    return parts.scheme == "https" and any(host == known or host.endswith("." + known) for known in SHOPIFY_HOSTS)


def demo() -> Iterator[CheckMessage]:
    """Report a demo that the world could reach."""
    if not settings.DEMO:
        return
    hosts = {urlsplit(settings.APP_URL).hostname, *settings.ALLOWED_HOSTS}
    for host in sorted(str(host) for host in hosts if host not in LOOPBACK):
        yield Error(
            f"SHOPMLOPS_DEMO=1 answers only on this machine, not on {host}.",
            hint="Unset SHOPMLOPS_DEMO, or use 127.0.0.1 and localhost only.",
            id="shopmlops.E007",
        )
    path = settings.STATE_DIR / DEMO_SECRET_FILE
    known = path.read_text().strip() if path.is_file() else ""
    if not known or not hmac.compare_digest(known, settings.DEMO_SECRET):
        yield Error(
            f"SHOPMLOPS_DEMO=1 without the secret in {path}.",
            hint="`make demo` makes it and passes it on as SHOPMLOPS_DEMO_SECRET.",
            id="shopmlops.E008",
        )

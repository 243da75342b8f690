"""What is unsafe together, each in a sentence: `manage.py check --deploy` refuses it before anybody is served."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from shopmlops.env import is_key

HERE = {"", "127.0.0.1", "localhost", "::1"}
SHORTEST_TOKEN = 16


def unsafe() -> list[CheckMessage]:
    """Report all that production must not be."""
    return [*reached(), *keys(), *mail(), *services(), *bucket()]


def reached() -> Iterator[CheckMessage]:
    """Report ways in which strangers could reach what they should not."""
    app = urlsplit(settings.APP_URL)
    if app.scheme != "https":
        yield refused(
            17, "APP_URL is not https: tokens would cross the network for everybody to read.", "Use https://."
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield refused(18, "ALLOWED_HOSTS is *: a forged host name would be answered as ours.", "Name the hosts.")
    if settings.ADMIN_HOST and app.hostname == settings.ADMIN_HOST:
        hint = "Give operators a host name of their own, which strangers cannot reach."
        yield refused(19, "ADMIN_HOST is the merchants' host: the operators' login stands there for everybody.", hint)
    if not settings.ADMIN_HOST and not settings.OPERATOR_SECOND_FACTOR:
        hint = "Set ADMIN_HOST to a host that strangers cannot reach, OPERATOR_SECOND_FACTOR=1, or both."
        yield refused(26, "One password, asked for under the merchants' address, opens every shop to operators.", hint)
    if any(place.is_relative_to(settings.STATIC_ROOT) for place in (settings.STATE_DIR, settings.BASE_DIR)):
        hint = "Give static files a folder that holds nothing else."
        yield refused(27, "STATIC_ROOT holds the app's own files: whoever asks /static/ for one is sent it.", hint)
    if 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        hint = "Make one with: openssl rand -base64 24"
        yield refused(20, f"METRICS_TOKEN has fewer than {SHORTEST_TOKEN} characters: it can be guessed.", hint)


def keys() -> Iterator[CheckMessage]:
    """Report keys of which one process would not know what another one knows."""
    private, public = settings.SIGNING_KEY, settings.SIGNING_PUBLIC_KEYS
    if public and all(map(is_key, [private, *public])) and public_of(private) not in map(base64.b64decode, public):
        yield refused(
            21,
            "SIGNING_PUBLIC_KEYS lacks the public half of SIGNING_KEY: web would bar each version of this key.",
            "Add it first, on every machine; then sign with the new key.",
        )
    names = Counter(entry.partition(":")[0] for entry in settings.ENCRYPTION_KEYS.split(","))
    if twice := [name for name, count in names.items() if count > 1]:
        hint = "Give each key an id of its own."
        yield refused(22, f"ENCRYPTION_KEYS has two keys under the id {twice[0]}: one of them opens nothing.", hint)
    opening = {entry.partition(":")[2] for entry in settings.ENCRYPTION_KEYS.split(",")}
    if private and private in opening:
        hint = "Draw a signing key of its own, and let only trainers have it."
        yield refused(28, "SIGNING_KEY is also an encryption key: each process that opens tokens could sign.", hint)
    if settings.SECRET_KEY == settings.SHOPIFY_API_SECRET:
        yield refused(23, "SECRET_KEY is Shopify's client secret: who learns one has both.", "Draw a key of its own.")


def mail() -> Iterator[CheckMessage]:
    """Report a password that would be sent in the open."""
    if settings.EMAIL_HOST_PASSWORD and not settings.EMAIL_USE_TLS and settings.EMAIL_HOST not in HERE:
        yield refused(24, "EMAIL_HOST_PASSWORD would be sent without TLS.", "Set EMAIL_USE_TLS=1 (port 587).")


def services() -> Iterator[CheckMessage]:
    """Warn of services on other machines that strangers on the network could use or overhear."""
    queue = urlsplit(settings.REDIS_URL)
    if queue.scheme in ("redis", "rediss") and (queue.hostname or "") not in HERE and not queue.password:
        yield Warning(
            f"REDIS_URL names {queue.hostname} without a password: whoever reaches it can have workers run jobs.",
            hint="Set requirepass or an ACL, or let nobody but the app's machines reach it.",
            id="shopmlops.W007",
        )
    database = settings.DATABASES["default"]
    safe = database["OPTIONS"].get("sslmode") in ("require", "verify-ca", "verify-full")
    if not database["HOST"].startswith("/") and database["HOST"] not in HERE and not safe:
        yield Warning(
            f"DATABASE_URL names {database['HOST']} without sslmode: rows may cross the network for others to read.",
            hint="Add ?sslmode=verify-full, or let both stand in a network of their own.",
            id="shopmlops.W008",
        )


def bucket() -> Iterator[CheckMessage]:
    """Report a bucket that is not named, and one that is spoken to in the open."""
    options = settings.STORAGES["artifacts"].get("OPTIONS", {})
    if settings.STORAGES["artifacts"]["BACKEND"] != "shopmlops.bucket.Bucket":
        return
    if not options.get("bucket_name"):
        yield refused(25, "ARTIFACT_STORAGE is a bucket, and S3_BUCKET does not say which.", "Set S3_BUCKET.")
    address = urlsplit(options.get("endpoint_url") or "https://")
    if address.scheme != "https" and (address.hostname or "") not in HERE:
        yield Warning(
            f"S3_ENDPOINT is {address.scheme}://{address.hostname}: what was learned crosses the network in the open.",
            hint="Use https, or let both stand in a network of their own.",
            id="shopmlops.W009",
        )


def refused(number: int, sentence: str, hint: str) -> CheckMessage:
    return Error(sentence, hint=hint, id=f"shopmlops.E{number:03d}")


def public_of(key: str) -> bytes:
    """Return the public half of a private key."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(key)).public_key().public_bytes_raw()

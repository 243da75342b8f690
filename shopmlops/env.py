"""Read one environment variable, or say what is missing."""

import base64
import os
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """Return the variable as text; without a default it must be set."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. See env.example for what it means.")
    return default


def flag(name: str, default: bool = False) -> bool:
    """Return the variable as true or false."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE | FALSE:
        return value.strip().lower() in TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}; it takes 1 or 0.")


def number(name: str, default: int) -> int:
    """Return the variable as a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it takes a whole number.") from None


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts of the variable."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def prices(name: str, default: str) -> dict[str, Decimal]:
    """Return amounts by currency, written as USD=0.05,EUR=0.046."""
    parts = [part.partition("=") for part in words(name, default)]
    try:
        found = {currency.strip().upper(): Decimal(amount.strip()) for currency, _, amount in parts}
    except InvalidOperation:
        found = {"": Decimal(0)}
    if any(len(currency) != 3 or not amount.is_finite() or amount < 0 for currency, amount in found.items()):
        raise ImproperlyConfigured(f"{name} takes amounts by currency: USD=0.05,EUR=0.046.")
    return found


def secret(name: str, default: str | None = None) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
    return text(name, default)


def is_key(value: str) -> bool:
    """Say whether this is 32 bytes in base64."""
    try:
        return len(base64.b64decode(value, validate=True)) == 32
    except ValueError:
        return False

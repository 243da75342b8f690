"""What may go wrong with Shopify, each with a sentence that a merchant can read."""

from __future__ import annotations

import re
from typing import Any

NOT_THERE = re.compile(r"does not exist|doesn't exist|not found|couldn't find|could not find", re.IGNORECASE)


class ShopifyError(Exception):
    """Anything that Shopify did not do for us."""

    retryable = False
    sentence = "Shopify could not answer."

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)


class ShopUnreachable(ShopifyError):
    retryable = True
    sentence = "Shopify did not answer. We will try again by ourselves."


class Throttled(ShopifyError):
    retryable = True
    sentence = "Shopify asked us to slow down. We will try again by ourselves."


class BadAnswer(ShopifyError):
    retryable = True
    sentence = "Shopify sent an answer that we could not read. We will try again by ourselves."


class AccessEnded(ShopifyError):
    sentence = "Shopify no longer accepts our access to this store. Open the app in Shopify admin to renew it."


class ShopFrozen(ShopifyError):
    sentence = "This store is frozen in Shopify. Nothing can be read until its Shopify bill is settled."


class AccessForbidden(ShopifyError):
    sentence = "Shopify does not allow this app to read that. Check the app's permissions in Shopify admin."


class ShopGone(ShopifyError):
    sentence = "Shopify no longer knows this store."


class ShopLocked(ShopifyError):
    sentence = "This store is locked in Shopify. Contact Shopify support to unlock it."


class AppRefused(ShopifyError):
    sentence = "Shopify refused this app's own credentials. Its operator has to set the right client id and secret."


class QueryRefused(ShopifyError):
    sentence = "Shopify refused a request of this app."


class TooCostly(QueryRefused):
    """A document asks for more points than Shopify gives to one request: ask for smaller pages."""


class UserErrors(ShopifyError):
    """A mutation was understood and refused: Shopify says why, field by field."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.errors = errors
        super().__init__("; ".join(str(error.get("message", "")) for error in errors)[:400])

    @property
    def codes(self) -> set[str]:
        return {str(error["code"]) for error in self.errors if error.get("code")}

    @property
    def says_gone(self) -> bool:
        """Tell whether nothing was refused but what is not there any more; where no code says so, its words do."""
        return all(
            error.get("code") == "NOT_FOUND" or NOT_THERE.search(str(error.get("message", ""))) for error in self.errors
        )


class InvalidIdToken(ShopifyError):
    """An ID token that proves nothing; `reason` is a short code for logs and tests."""

    sentence = "Shopify admin did not prove who is asking. Reload the page."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


BY_STATUS: dict[int, type[ShopifyError]] = {
    402: ShopFrozen,
    403: AccessForbidden,
    404: ShopGone,
    423: ShopLocked,
    429: Throttled,
    430: Throttled,
}


def error_for(status: int) -> ShopifyError:
    """Return the error that an HTTP status stands for."""
    if status >= 500:
        return ShopUnreachable()
    return BY_STATUS.get(status, BadAnswer)()

"""One way to send a request to Shopify: time limits, retries with jitter, no redirects."""

from __future__ import annotations

import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from pipelines.shopify.errors import BadAnswer, ShopUnreachable

PATIENT = (3, 30)  # seconds to connect, to answer: jobs
HASTY = (3, 10)  # a merchant is waiting
RETRIED = frozenset({429, 430, 500, 502, 503, 504})
_local = threading.local()


def post(url: str, *, timeout: tuple[int, int] = PATIENT, **request: Any) -> requests.Response:
    """POST and return the last answer, whatever its status, or raise ShopUnreachable."""
    return _send("POST", url, timeout=timeout, **request)


def get(url: str, *, timeout: tuple[int, int] = PATIENT, **request: Any) -> requests.Response:
    """GET and return the last answer, whatever its status, or raise ShopUnreachable."""
    return _send("GET", url, timeout=timeout, **request)


def json_of(response: requests.Response) -> dict[str, Any]:
    """Return the JSON object of an answer, or raise BadAnswer."""
    try:
        body = response.json()
    except ValueError as error:
        raise BadAnswer() from error
    if not isinstance(body, dict):
        raise BadAnswer()
    return body


def _send(method: str, url: str, *, timeout: tuple[int, int], **request: Any) -> requests.Response:
    try:
        return _session(timeout).request(method, url, timeout=timeout, allow_redirects=False, **request)
    except requests.RequestException as error:
        raise ShopUnreachable() from error


def _session(timeout: tuple[int, int]) -> requests.Session:
    """Return this thread's session for a time limit: connections are kept, never shared between threads."""
    sessions: dict[tuple[int, int], requests.Session] = _local.__dict__.setdefault("sessions", {})
    if timeout not in sessions:
        sessions[timeout] = session = requests.Session()
        session.trust_env = False  # no proxy or netrc of the machine gets a token to see
        session.mount("https://", HTTPAdapter(max_retries=_retries(timeout)))
        session.mount("http://", HTTPAdapter(max_retries=_retries(timeout)))
    return sessions[timeout]


class ShopifyRetry(Retry):
    """Retries that also read a Retry-After of "2.0", as Shopify writes it, and ignore what nobody can read."""

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return max(0.0, min(float(retry_after), self.retry_after_max))
        except ValueError:
            pass
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0.0


def _retries(timeout: tuple[int, int]) -> Retry:
    is_hasty = timeout == HASTY
    return ShopifyRetry(
        total=1 if is_hasty else 4,
        status_forcelist=RETRIED,
        allowed_methods=None,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        backoff_max=20,
        retry_after_max=3 if is_hasty else 30,
        raise_on_status=False,
    )

"""Where the results of bulk operations lie, and the signed addresses that lead there."""

import hashlib
import hmac
import secrets
from pathlib import Path
from sqlite3 import Row

from devstore.clock import now
from devstore.store import Store

URL_LIFETIME = 7 * 86_400
SECRET = secrets.token_bytes(32)


def signed_url(origin: str, row: Row) -> str:
    """Return the address of a result, good for seven days."""
    return file_url(origin, row["id"], (row["completed_at"] or now()) + URL_LIFETIME)


def file_url(origin: str, number: int, expires: int) -> str:
    """Return a signed address that ends at a given time."""
    return f"{origin}/bulk/{number}.jsonl?Expires={expires}&Signature={signature(number, expires)}"


def signature(number: int, expires: int) -> str:
    """Sign an address."""
    return hmac.new(SECRET, f"{number}:{expires}".encode(), hashlib.sha256).hexdigest()


def path_of(store: Store, number: int) -> Path:
    """Return where a result lies."""
    folder = store.state / "bulk"
    folder.mkdir(exist_ok=True)
    return folder / f"{number}.jsonl"

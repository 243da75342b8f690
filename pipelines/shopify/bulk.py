"""Bulk operations: let Shopify write a whole export to a file, and read it line by line; or the other way round.

Lines of a file come in no particular order: children name their parent in `__parentId` and may stand before it.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

import orjson
import requests
from django.conf import settings
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from pipelines.shopify import transport
from pipelines.shopify.admin_api import AdminApi, document
from pipelines.shopify.errors import BadAnswer, ShopifyError, ShopUnreachable, UserErrors

CHUNK = 1 << 20
LONGEST_LINE = 16 << 20
LARGEST_UPLOAD = 100 << 20  # Shopify's limit
GZIP = b"\x1f\x8b"
BUSY = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
READ_TIMEOUT = (3, 60)
OVER = ("COMPLETED", "FAILED", "CANCELED", "EXPIRED")


class BulkBusy(ShopifyError):
    retryable = True
    sentence = "Shopify is still preparing other exports of this store. We will try again by ourselves."


class BulkHostRefused(ShopifyError):
    sentence = "Shopify named an address for the export that this app does not trust."


class ExpiredUrl(ShopifyError):
    retryable = True
    sentence = "The export's address has expired. A new export is started."


class TruncatedFile(ShopifyError):
    retryable = True
    sentence = "The export broke off before its end. It is read again."


class MalformedLine(ShopifyError):
    """A line of an export that is not a JSON object; `number` counts from 1."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"Line {number:,} of the export cannot be read.")


@dataclass(frozen=True)
class BulkStatus:
    """How far a bulk operation is."""

    gid: str
    state: str  # CREATED RUNNING COMPLETED FAILED CANCELING CANCELED EXPIRED
    objects: int
    url: str | None  # none too where there was nothing to export
    partial_url: str | None
    error_code: str | None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


def start(api: AdminApi, name: str, since: datetime | None = None) -> str:
    """Start the export of a bulk document, of all or of what changed since; return the operation's id."""
    return _run(api, "bulk_run_query", {"query": bulk_query(name, since)}, "bulkOperationRunQuery")


def bulk_query(name: str, since: datetime | None = None) -> str:
    """Return a bulk document with its filter in place; bulk queries take no variables."""
    if since is None:
        return document(name).replace('(query: "{filter}")', "")
    return document(name).replace("{filter}", updated_since(since))


def updated_since(moment: datetime) -> str:
    """Return Shopify's search term for what was updated at or after a moment."""
    return f"updated_at:>='{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def status(api: AdminApi, gid: str) -> BulkStatus:
    """Ask how far a bulk operation is; one that Shopify no longer knows has expired."""
    found = api.execute("bulk_operation", {"id": gid}).data.get("bulkOperation")
    if not found:
        return BulkStatus(gid, "EXPIRED", 0, None, None, None)
    return BulkStatus(
        gid=gid,
        state=found["status"],
        objects=int(found.get("objectCount") or 0),
        url=found.get("url"),
        partial_url=found.get("partialDataUrl"),
        error_code=found.get("errorCode"),
    )


def is_writing(api: AdminApi) -> bool:
    """Tell whether any bulk mutation of ours is under way in the shop, also one whose number we never learned."""
    found = api.execute("operations_under_way").data["bulkOperations"]["nodes"]
    return any(operation["status"] not in OVER for operation in found)


def lines(
    url: str,
    skip: int = 0,
    expected: int | None = None,
    on_malformed: Callable[[MalformedLine], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the objects of an export after the first `skip` lines, in little memory.

    `expected` is Shopify's count of lines: fewer means that the file broke off. Lines that are no objects
    go to `on_malformed`, or are raised.
    """
    number = 0
    with closing(_download(url)) as response:
        for line in _split(response):
            number += 1
            if number <= skip:
                continue
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                found = None
            if isinstance(found, dict):
                yield found
            elif on_malformed:
                on_malformed(MalformedLine(number))
            else:
                raise MalformedLine(number)
    if expected is not None and number < expected:
        raise TruncatedFile()


def run_mutation(api: AdminApi, name: str, rows: Iterable[dict[str, Any]]) -> str | None:
    """Run a mutation document once per row of variables, as one bulk operation; None without rows."""
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as file:
        for row in rows:
            file.write(orjson.dumps(row) + b"\n")
        if not file.tell():
            return None
        if file.tell() > LARGEST_UPLOAD:
            raise ValueError("Shopify takes at most 100 MB in one bulk mutation")
        file.seek(0)
        path = _upload(api, file)
    return _run(api, "bulk_run_mutation", {"mutation": document(name), "path": path}, "bulkOperationRunMutation")


def _run(api: AdminApi, name: str, variables: dict[str, Any], root: str) -> str:
    try:
        started = api.execute(name, variables).data.get(root) or {}
    except UserErrors as error:
        if error.codes & BUSY:
            raise BulkBusy() from error
        raise
    operation = started.get("bulkOperation") or {}
    if not operation.get("id"):
        raise BadAnswer()
    return str(operation["id"])


def _upload(api: AdminApi, file: IO[bytes]) -> str:
    """Put a file where Shopify wants it, and return the path by which it finds it again."""
    answer = api.execute("staged_upload", {"filename": "rows.jsonl"}).data
    target = answer["stagedUploadsCreate"]["stagedTargets"][0]
    _check_host(target["url"])
    fields = {parameter["name"]: parameter["value"] for parameter in target["parameters"]}
    files = {"file": ("rows.jsonl", file, "text/jsonl")}
    response = transport.post(target["url"], data=fields, files=files, timeout=READ_TIMEOUT)
    if response.status_code not in (200, 201, 204):
        raise ShopUnreachable()
    return str(fields["key"])


def _download(url: str) -> requests.Response:
    _check_host(url)
    response = transport.get(url, stream=True, timeout=READ_TIMEOUT)
    if response.status_code == 200:
        return response
    response.close()
    if 300 <= response.status_code < 400:
        raise BulkHostRefused()
    if response.status_code in (400, 401, 403, 404, 410):  # what storage says to a signature that has run out
        raise ExpiredUrl()
    raise ShopUnreachable()


def _check_host(url: str) -> None:
    """Refuse addresses outside of Shopify's storage, read by the very parser that will connect to them."""
    try:
        asked = parse_url(url)
    except LocationParseError:
        raise BulkHostRefused() from None
    host = asked.host or ""
    is_known = any(
        known in (host, asked.netloc) or (known.startswith(".") and host.endswith(known))
        for known in settings.SHOPIFY_BULK_HOSTS
    )
    is_safe = asked.scheme in (("https", "http") if settings.DEMO else ("https",)) and asked.auth is None
    if not (is_known and is_safe):
        raise BulkHostRefused()


def _split(response: requests.Response) -> Iterator[bytes]:
    """Yield the lines of a file that arrives in chunks."""
    rest = b""
    for chunk in _unzipped(_chunks(response)):
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise TruncatedFile()
        yield from filter(None, whole)
    if rest.strip():
        yield _last(rest)


def _last(line: bytes) -> bytes:
    """Return a last line that has no line end; half of one means that the file broke off."""
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise TruncatedFile() from error
    return line


def _chunks(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(CHUNK)
    except requests.RequestException as error:  # the connection broke, or the length is not what was announced
        raise TruncatedFile() from error


def _unzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass chunks on, unpacked where the file itself is gzip."""
    first = next(chunks, b"")
    if not first.startswith(GZIP):
        yield first
        yield from chunks
        return
    unpacker = zlib.decompressobj(wbits=31)
    try:
        yield unpacker.decompress(first)
        yield from map(unpacker.decompress, chunks)
    except zlib.error as error:
        raise TruncatedFile() from error
    if not unpacker.eof:
        raise TruncatedFile()

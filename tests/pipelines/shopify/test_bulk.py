import gzip
import json
from datetime import UTC, datetime

import pytest

from pipelines.shopify import bulk
from pipelines.shopify.bulk import BulkBusy, BulkHostRefused, ExpiredUrl, MalformedLine, TruncatedFile
from pipelines.shopify.errors import BadAnswer, ShopUnreachable, UserErrors
from tests.fake_shopify import Reply

ROWS = [{"id": f"gid://shopify/Product/{number}", "title": "é" * 50} for number in range(1000)]
FILE = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode() + b"\n"


@pytest.fixture
def export(shopify):
    """Return a function that puts a file behind an address."""

    def put(body: bytes, status: int = 200, **headers: str) -> str:
        shopify.on_file = lambda asked: Reply(status, body, headers)
        return f"{shopify.origin}/bulk/file.jsonl?signature=abc"

    return put


def captured(shared, name: str) -> dict:
    return json.loads((shared / "shopify" / "captures" / f"2026-04__bulk-operations__{name}.json").read_text())


def test_an_export_is_read_line_by_line(export):
    assert list(bulk.lines(export(FILE))) == ROWS


@pytest.mark.parametrize("chunk", [1, 7, 64, 4096])
def test_chunks_may_end_anywhere(export, monkeypatch, chunk):
    monkeypatch.setattr(bulk, "CHUNK", chunk)
    some = b"\n".join(FILE.split(b"\n")[:20]) + b"\n"
    assert list(bulk.lines(export(some))) == ROWS[:20]


def test_a_reading_resumes_after_the_lines_it_had(export):
    assert list(bulk.lines(export(FILE), skip=990)) == ROWS[990:]


@pytest.mark.parametrize("packed_by", ["the transfer", "the file"])
def test_a_packed_export_is_unpacked(export, packed_by):
    headers = {"Content-Encoding": "gzip"} if packed_by == "the transfer" else {}
    assert list(bulk.lines(export(gzip.compress(FILE), **headers))) == ROWS


def test_a_last_line_needs_no_line_end_and_an_empty_export_has_none(export):
    assert list(bulk.lines(export(FILE.rstrip(b"\n")), expected=1000)) == ROWS
    assert list(bulk.lines(export(b""), expected=0)) == []


@pytest.mark.parametrize("body", [FILE[:-10], gzip.compress(FILE)[:-200]])
def test_half_a_file_is_noticed_at_its_end(export, body):
    with pytest.raises(TruncatedFile) as error:
        list(bulk.lines(export(body)))
    assert error.value.retryable


def test_a_file_that_ends_between_lines_is_noticed_by_shopifys_count(export):
    half = b"\n".join(FILE.split(b"\n")[:500]) + b"\n"
    got: list[dict] = []
    with pytest.raises(TruncatedFile):
        got.extend(bulk.lines(export(half), expected=1000))
    assert got == ROWS[:500]  # what came is worked off before the loss is told


def test_a_connection_that_breaks_is_a_broken_file(export):
    with pytest.raises(TruncatedFile):
        list(bulk.lines(export(FILE, **{"Content-Length": str(len(FILE) + 100), "Connection": "close"})))


@pytest.mark.parametrize("bad", [b'{"id": ', b"[1]", b"3", b"\xff\xfe", b'{"id": "\x00"}', b"<html>"])
def test_a_malformed_line_is_named_and_the_rest_is_read(export, bad):
    body = FILE.replace(b"\n", b"\n" + bad + b"\n", 1)
    with pytest.raises(MalformedLine, match="Line 2 of the export"):
        list(bulk.lines(export(body)))
    named: list[MalformedLine] = []
    assert list(bulk.lines(export(body), on_malformed=named.append)) == ROWS
    assert [error.number for error in named] == [2]


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_an_address_that_has_run_out_is_named(export, status):
    with pytest.raises(ExpiredUrl) as error:
        list(bulk.lines(export(b"<Error><Code>ExpiredToken</Code></Error>", status)))
    assert error.value.retryable


def test_storage_that_is_down_is_tried_again(export, naps):
    with pytest.raises(ShopUnreachable):
        list(bulk.lines(export(b"", 503)))


def test_a_redirect_is_not_followed(export):
    with pytest.raises(BulkHostRefused):
        list(bulk.lines(export(b"", 302, Location="http://169.254.169.254/latest/meta-data")))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/file.jsonl",
        "http://storage.googleapis.com/file.jsonl",
        "https://storage.googleapis.com.evil.example/file.jsonl",
        "https://storage.googleapis.com@evil.example/file.jsonl",
        "https://evilshopify.com/file.jsonl",
        "ftp://storage.googleapis.com/file.jsonl",
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "https://evil.example\\.shopify.com/file.jsonl",
        "https://evil.example\\@storage.googleapis.com/file.jsonl",
        "https://evil.example#.shopify.com",
        "https://evil.example?.shopify.com",
        "https://someone@storage.googleapis.com/file.jsonl",
        "https://files.shopify.com./file.jsonl",
        "https://[::1].shopify.com/file.jsonl",
        "//storage.googleapis.com/file.jsonl",
        "",
    ],
)
def test_only_shopifys_storage_is_read(settings, url):
    settings.DEMO = False
    settings.SHOPIFY_BULK_HOSTS = ["storage.googleapis.com", ".shopify.com"]
    with pytest.raises(BulkHostRefused):
        list(bulk.lines(url))


def test_the_recorded_export_joins_children_to_their_parents(export, shared):
    capture = json.dumps(captured(shared, "nested-jsonl-with-parentId"))
    assert "__parentId" in capture
    body = recorded_file(captured(shared, "nested-jsonl-with-parentId"))
    found = list(bulk.lines(export(body)))
    roots = {row["id"] for row in found if "__parentId" not in row}
    children = [row for row in found if "__parentId" in row]
    assert children
    assert all(row["__parentId"] in roots for row in children)
    assert all("\\" not in row["__parentId"] for row in children)


def recorded_file(capture) -> bytes:
    """Return the raw JSONL that a capture holds, wherever it stands."""
    if isinstance(capture, str):
        return capture.encode() if capture.startswith("{") and "__parentId" in capture else b""
    parts = capture.values() if isinstance(capture, dict) else capture if isinstance(capture, list) else []
    return next(filter(None, map(recorded_file, parts)), b"")


def test_an_export_is_started_with_its_filter_and_found_again(api, shopify, shared):
    runs = captured(shared, "bulk-operation-run-query-concurrency-limit")
    body = runs["successfulRuns"][0]["response"]
    shopify.on_graphql = lambda asked: Reply(200, body)
    gid = bulk.start(api, "bulk_orders", since=datetime(2026, 11, 1, tzinfo=UTC))
    assert gid == body["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    assert "updated_at:>='2026-11-01T00:00:00Z'" in shopify.asked[-1].json["variables"]["query"]


def test_the_sixth_export_at_once_waits(api, shopify, shared):
    body = captured(shared, "bulk-operation-run-query-concurrency-limit")["sixthRun"]["response"]
    shopify.on_graphql = lambda asked: Reply(200, body)
    with pytest.raises(BulkBusy) as error:
        bulk.start(api, "bulk_orders")
    assert error.value.retryable


def test_the_state_of_an_export_is_read_as_recorded(api, shopify, shared):
    polls = captured(shared, "nested-jsonl-with-parentId")["run"]["statusPolls"]
    shopify.on_graphql = lambda asked: Reply(200, polls[-1]["response"])
    status = bulk.status(api, "gid://shopify/BulkOperation/1")
    assert status.is_over
    assert status.objects > 0
    assert status.url


def test_an_export_that_shopify_forgot_has_expired(api, shopify):
    shopify.on_graphql = lambda asked: Reply(200, {"data": {"bulkOperation": None}})
    status = bulk.status(api, "gid://shopify/BulkOperation/1")
    assert (status.state, status.is_over, status.url) == ("EXPIRED", True, None)


def test_an_answer_without_operation_is_no_start(api, shopify):
    shopify.on_graphql = lambda asked: Reply(200, {"data": {"bulkOperationRunQuery": {"userErrors": []}}})
    with pytest.raises(BadAnswer):
        bulk.start(api, "bulk_orders")


class TestUpload:
    """A bulk mutation: rows go up as a file, then one mutation runs over each."""

    @pytest.fixture
    def uploads(self, api, shopify):
        parameters = [{"name": "key", "value": "tmp/1/rows.jsonl"}, {"name": "policy", "value": "p"}]
        target = {"url": f"{shopify.origin}/upload", "parameters": parameters}
        staged = {"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}}
        ran = {"bulkOperationRunMutation": {"bulkOperation": {"id": "gid://shopify/BulkOperation/9"}, "userErrors": []}}
        shopify.on_graphql = lambda asked: Reply(
            200, {"data": staged if "stagedUploadsCreate" in asked.json["query"] else ran}
        )
        shopify.on_file = lambda asked: Reply(201)
        return shopify

    def test_rows_go_up_as_one_file(self, api, uploads):
        rows = [{"metafields": [{"ownerId": "gid://shopify/ProductVariant/1", "value": "é"}]}] * 3
        assert bulk.run_mutation(api, "metafields_set", iter(rows)) == "gid://shopify/BulkOperation/9"
        upload, run = uploads.asked[-2], uploads.asked[-1]
        assert upload.body.count('"value":"é"'.encode()) == 3
        assert b'name="policy"' in upload.body
        assert upload.body.index(b'name="key"') < upload.body.index(b'name="file"')
        assert run.json["variables"]["path"] == "tmp/1/rows.jsonl"
        assert "metafieldsSet" in run.json["variables"]["mutation"]

    def test_no_token_goes_to_storage(self, api, uploads):
        bulk.run_mutation(api, "metafields_set", [{"metafields": []}])
        assert "X-Shopify-Access-Token" not in uploads.asked[-2].headers

    def test_without_rows_nothing_is_asked(self, api, uploads):
        before = len(uploads.asked)
        assert bulk.run_mutation(api, "metafields_set", []) is None
        assert len(uploads.asked) == before

    def test_storage_elsewhere_gets_nothing(self, api, uploads, settings):
        settings.SHOPIFY_BULK_HOSTS = ["storage.googleapis.com"]
        with pytest.raises(BulkHostRefused):
            bulk.run_mutation(api, "metafields_set", [{"metafields": []}])

    def test_a_refused_file_is_named(self, api, shopify, uploads):
        staged = shopify.on_graphql
        refused = [{"field": None, "message": "The JSONL file could not be found.", "code": "NO_SUCH_FILE"}]
        ran = {"bulkOperationRunMutation": {"bulkOperation": None, "userErrors": refused}}
        shopify.on_graphql = lambda asked: (
            staged(asked) if "stagedUploadsCreate" in asked.json["query"] else Reply(200, {"data": ran})
        )
        with pytest.raises(UserErrors, match="could not be found"):
            bulk.run_mutation(api, "metafields_set", [{"metafields": []}])

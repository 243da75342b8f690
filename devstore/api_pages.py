"""The addresses that the app's server calls: tokens, GraphQL, bulk files, uploads."""

import json
import time
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from devstore.bulk_files import path_of, signature
from devstore.clock import now
from devstore.faults import BAD_LINE, FILE_MODES, HALF_BULK, MESSAGES, MODES, NO_LIFETIME
from devstore.graphql_api import Api
from devstore.mutations import upload_path
from devstore.platform import Platform
from devstore.tokens import Refusal

SLOW_SECONDS = 8
API_FAULTS = tuple(mode for mode in MODES if mode not in (*FILE_MODES, HALF_BULK, BAD_LINE, NO_LIFETIME))


class Json(Response):
    """Answer JSON, fast."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the body."""
        return orjson.dumps(content)


def routes(platform: Platform) -> list[Route]:
    """Return the routes of this part."""

    async def token(request: Request) -> Response:
        shop = request.path_params["shop"]
        asked = await _body(request)
        return await run_in_threadpool(_token, platform, shop, asked)

    async def graphql(request: Request) -> Response:
        shop, access = request.path_params["shop"], request.headers.get("X-Shopify-Access-Token", "")
        api = platform.unstable if request.path_params["version"] == "unstable" else platform.api
        raw = await request.body()
        return await run_in_threadpool(_graphql, platform, api, shop, access, raw)

    async def upload(request: Request) -> Response:
        form = _form(request.headers.get("content-type", ""), await request.body())
        key = form["key"].decode()
        path = upload_path(platform.store.state, key)
        path.parent.mkdir(exist_ok=True)
        await run_in_threadpool(path.write_bytes, form["file"])
        return Response(f"<PostResponse><Key>{key}</Key></PostResponse>", 201, media_type="application/xml")

    def bulk_file(request: Request) -> Response:
        return _bulk_file(platform, request)

    api = "/shops/{shop}/admin"
    return [
        Route(f"{api}/oauth/access_token", token, methods=["POST"]),
        Route(f"{api}/api/{{version}}/graphql.json", graphql, methods=["POST"]),
        Route("/uploads/", upload, methods=["POST"]),
        Route("/bulk/{number:int}.jsonl", bulk_file),
    ]


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if "json" in request.headers.get("content-type", ""):
        try:
            parsed = json.loads(raw)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}
    return dict(parse_qsl(raw.decode("utf-8", "replace")))


def _form(content_type: str, raw: bytes) -> dict[str, bytes]:
    """Return the fields of a multipart form: e-mail's own format, so its own reader will do."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    parts = message.get_payload() if message.is_multipart() else []
    return {str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) for part in parts}


def _fault(platform: Platform) -> Response | None:
    mode = platform.faults.next(*API_FAULTS)
    if mode is None:
        return None
    if mode == "slow":
        time.sleep(SLOW_SECONDS)
        return None
    if mode == "down":
        return Response(status_code=502)
    if mode == "throttled":
        status = {"maximumAvailable": 2000, "currentlyAvailable": 0, "restoreRate": 100}
        cost = {"requestedQueryCost": 50, "actualQueryCost": None, "throttleStatus": status}
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return Json({"errors": [error], "extensions": {"cost": cost}})
    headers = {"Retry-After": "1.0"} if mode == "429" else {}
    return Json({"errors": MESSAGES[mode]}, MODES[mode], headers=headers)


def _token(platform: Platform, shop: str, asked: dict[str, Any]) -> Response:
    fault = _fault(platform)
    if fault:
        return fault
    if platform.store.shop(shop) is None:
        return Json({"errors": "Not Found"}, 404)
    if asked.get("grant_type") != "refresh_token":
        platform.install(shop)
    try:
        answer = platform.tokens.answer(shop, asked, platform.scopes(shop))
        if platform.faults.next(NO_LIFETIME):
            answer = {name: value for name, value in answer.items() if not name.endswith("expires_in")}
        return Json(answer)
    except Refusal as refusal:
        return Json(refusal.body, refusal.status)


def _graphql(platform: Platform, api: Api, shop: str, access: str, raw: bytes) -> Response:
    fault = _fault(platform)
    if fault:
        return fault
    row = platform.store.shop(shop)
    if row is None:
        return Json({"errors": "Not Found"}, 404)
    if platform.tokens.holder(shop, access) is None:
        return Json({"errors": MESSAGES["401"]}, 401)
    try:
        asked = orjson.loads(raw)
        text, variables = asked["query"], asked.get("variables") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return Json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
    return Json(api.answer(platform.context(row), text, variables, asked.get("operationName")))


def _bulk_file(platform: Platform, request: Request) -> Response:
    number, expires = request.path_params["number"], request.query_params.get("Expires", "0")
    path = path_of(platform.store, number)
    valid = expires.isdigit() and request.query_params.get("Signature") == signature(number, int(expires))
    fault = platform.faults.next(*FILE_MODES)
    if not valid or not path.exists() or int(expires) < now() or fault == "expired_url":
        denied = "<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>Access denied.</Message></Error>"
        return Response(denied, 400 if valid else 403, media_type="application/xml")
    if fault == "half_file":
        content = path.read_bytes()
        return Response(content[: len(content) // 2], media_type="application/jsonl")
    if fault == "malformed_jsonl":
        lines = path.read_bytes().splitlines(keepends=True)
        lines.insert(len(lines) // 2, b'{"id":"gid:\\/\\/shopify\\/Order\\/1",\n')
        return Response(b"".join(lines), media_type="application/jsonl")
    return FileResponse(path, media_type="application/jsonl")

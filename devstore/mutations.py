"""Mutations of the Admin API: bulk operations, uploads, metafields, scopes."""

import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Row
from typing import Any

from graphql import GraphQLError, parse

from devstore import annotations, flow, metafields, pixels
from devstore.bulk import BrokeOff, Operations, Run
from devstore.bulk_export import line_of
from devstore.bulk_rules import Refused, check
from devstore.fields import Context
from devstore.graphql_api import denied, find, missing_scope
from devstore.metafields import error

Mutation = Callable[[Context, dict[str, Any]], Any]
BULK_MUTATIONS = ("metafieldsSet", "metafieldsDelete")
NO_FILE = (
    "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly "
    "for the stagedUploadPath mutation argument."
)


class Mutations:
    """Answer the mutations; `scopes_changed` is told when scopes go."""

    def __init__(
        self, operations: Callable[[], Operations], revoke: Callable[[Context, list[str]], None], extensions: Path
    ) -> None:
        self.operations, self.revoke, self.extensions = operations, revoke, extensions

    def table(self) -> dict[str, Mutation]:
        """Return the resolver of every mutation."""
        return {
            "bulkOperationRunQuery": self.run_query,
            "bulkOperationRunMutation": self.run_mutation,
            "bulkOperationCancel": self.cancel,
            "stagedUploadsCreate": self.create_uploads,
            "metafieldsSet": lambda context, args: metafields.set_all(context, args["metafields"]),
            "metafieldsDelete": lambda context, args: metafields.delete(context, args["metafields"]),
            "metafieldDefinitionCreate": lambda context, args: metafields.define(context, args["definition"]),
            "appRevokeAccessScopes": self.revoke_scopes,
            "flowTriggerReceive": self.start_flow,
            "analyticsAnnotationCreate": annotate,
            "webPixelCreate": lambda context, args: pixels.create(self.extensions, context, args["webPixel"]),
            "webPixelUpdate": lambda context, args: pixels.update(self.extensions, context, args),
            "webPixelDelete": lambda context, args: pixels.delete(context, args["id"]),
        }

    def run_query(self, context: Context, args: dict[str, Any]) -> dict[str, Any]:
        """Start a bulk export, or say why not."""
        operations = self.operations()
        busy = operations.in_progress(context.domain, "QUERY")
        if busy:
            return {"bulkOperation": None, "userErrors": [error(busy, code="OPERATION_IN_PROGRESS")]}
        try:
            document = check(operations.schema, args["query"])
            scope = missing_scope(operations.schema, document, context.scopes)
            if scope:
                return _started(operations.start(context.domain, "QUERY", args["query"], _refuse))
            return _started(operations.query(context, args["query"], args.get("groupObjects", False)))
        except Refused as refused:
            errors = [error(message, ["query"], "INVALID") for message in refused.messages]
            return {"bulkOperation": None, "userErrors": errors}

    def cancel(self, context: Context, args: dict[str, Any]) -> dict[str, Any]:
        """Cancel a running operation."""
        row = find(context, args["id"])
        if row is None:
            return {"bulkOperation": None, "userErrors": [error("Bulk operation does not exist", ["id"])]}
        if row["status"] not in ("CREATED", "RUNNING"):
            state = row["status"].lower()
            message = f"A bulk operation cannot be canceled when it is {state}"
            return {"bulkOperation": row, "userErrors": [error(message)]}
        self.operations().cancel(row["id"])
        return _started(self.operations().row(row["id"]))

    def create_uploads(self, context: Context, args: dict[str, Any]) -> dict[str, Any]:
        """Give out one upload target per file."""
        return {"stagedTargets": [_target(context, entry) for entry in args["input"]], "userErrors": []}

    def run_mutation(self, context: Context, args: dict[str, Any]) -> dict[str, Any]:
        """Run one mutation for every line of an uploaded file."""
        operations = self.operations()
        refusal = self._refuse_mutation(operations, context, args)
        if refusal:
            return {"bulkOperation": None, "userErrors": [refusal]}
        file = upload_path(context.store.state, args["stagedUploadPath"])
        name = _mutation_name(args["mutation"])
        row = operations.start(
            context.domain,
            "MUTATION",
            args["mutation"],
            lambda run: _import(run, self.table()[name], context, file, name),
        )
        return _started(row)

    def _refuse_mutation(self, operations: Operations, context: Context, args: dict[str, Any]) -> dict[str, Any] | None:
        try:
            name = _mutation_name(args["mutation"])
        except GraphQLError as wrong:
            return error(f"Failed to parse the mutation - {wrong.message}", code="INVALID_MUTATION")
        if name not in BULK_MUTATIONS:
            return error("You must use an allowed mutation name.", ["mutation"])
        busy = operations.in_progress(context.domain, "MUTATION")
        if busy:
            return error(busy, code="OPERATION_IN_PROGRESS")
        if not upload_path(context.store.state, args["stagedUploadPath"]).is_file():
            return error(NO_FILE, code="NO_SUCH_FILE")
        return None

    def revoke_scopes(self, context: Context, args: dict[str, Any]) -> dict[str, Any]:
        """Give optional scopes back."""
        asked = args["scopes"]
        unknown = [scope for scope in asked if not re.fullmatch(r"(read|write)_[a-z_]+", scope)]
        if unknown:
            message = "The requested list of scopes to revoke includes invalid handles."
            return {"revoked": None, "userErrors": [error(message, ["scopes"], "UNKNOWN_SCOPES")]}
        if set(asked) & set(context.required):
            message = "Scopes that are declared as required cannot be revoked."
            return {"revoked": None, "userErrors": [error(message, ["scopes"], "CANNOT_REVOKE_REQUIRED_SCOPES")]}
        self.revoke(context, asked)
        return {"revoked": [{"handle": scope, "description": scope} for scope in asked], "userErrors": []}

    def start_flow(self, context: Context, args: dict[str, Any]) -> dict[str, Any]:
        """Start the workflows that begin with a trigger of the app's."""
        return flow.receive(self.extensions, context, args.get("handle"), args.get("payload"))


def _started(row: Row) -> dict[str, Any]:
    return {"bulkOperation": row, "userErrors": []}


def _refuse(run: Run) -> None:
    raise PermissionError


def _mutation_name(text: str) -> str:
    operation = parse(text).definitions[0]
    return operation.selection_set.selections[0].name.value  # type: ignore[union-attr]


def _target(context: Context, entry: dict[str, Any]) -> dict[str, Any]:
    key = f"tmp/{context.shop['id']}/bulk/{secrets.token_hex(16)}/{Path(entry['filename']).name}"
    fields = {"Content-Type": entry["mimeType"], "success_action_status": "201", "acl": "private", "key": key}
    return {
        "url": f"{context.origin}/uploads/",
        "resourceUrl": None,
        "parameters": [{"name": name, "value": value} for name, value in fields.items()],
    }


def upload_path(state: Path, key: str) -> Path:
    """Return where an uploaded file lies; only keys that we gave out have a place."""
    if not re.fullmatch(r"tmp/\d+/bulk/[0-9a-f]{32}/[\w.-]+", key):
        return state / "uploads" / "none"
    return state / "uploads" / key.replace("/", "_")


def _import(run: Run, mutation: Mutation, context: Context, file: Path, name: str) -> None:
    size = file.stat().st_size
    with run.path.open("wb") as out, file.open("rb") as lines:
        for number, line in enumerate(lines):
            if run.canceled():
                return
            if run.breaks_off and lines.tell() > size / 2:
                raise BrokeOff
            if not line.strip():
                continue
            told = _outcome(mutation, context, b"{}" if run.spoils_a_line() else line, name)
            out.write(line_of({**told, "__lineNumber": number}))
            run.objects = run.roots = run.objects + 1
            if run.objects % 100 == 0:
                run.progress(run.objects, run.roots)


def _outcome(mutation: Mutation, context: Context, line: bytes, name: str) -> dict[str, Any]:
    try:
        answer = mutation(context, json.loads(line))
    except GraphQLError as wrong:
        return {"data": {name: None}, "errors": [{"message": wrong.message, "extensions": wrong.extensions or {}}]}
    except (ValueError, KeyError) as wrong:
        return {"data": {name: {"userErrors": [error(str(wrong))]}}}
    written = answer.get("metafields") or []
    fields = [{"id": f"gid://shopify/Metafield/{row['id']}", "key": row["key"]} for row in written]
    return {"data": {name: {"metafields": fields, "userErrors": answer["userErrors"]}}}


def annotate(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Mark the store's charts."""
    if annotations.SCOPE not in context.scopes:
        raise denied("analyticsAnnotationCreate", annotations.SCOPE)
    return annotations.create(context, args["input"])

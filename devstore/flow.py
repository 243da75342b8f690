"""Shopify Flow, as far as an app meets it: triggers that its extensions declare, and what they were sent."""

import json
import tomllib
from pathlib import Path
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, build_schema

from devstore.clock import now
from devstore.fields import Context

LARGEST_PAYLOAD = 50_000
ANSWERS = "type Query { nothing: Boolean }\n"  # a schema of types alone is none


def triggers(extensions: Path) -> dict[str, dict[str, Any]]:
    """Return every trigger that was deployed, by its handle, with the folder that it lies in."""
    found = {}
    for path in extensions.glob("*/shopify.extension.toml"):
        declared = tomllib.loads(path.read_text())
        for entry in declared.get("extensions", ()):
            if entry["type"] == "flow_trigger":
                fields = declared.get("settings", {}).get("fields", [])
                found[entry["handle"]] = {**entry, "fields": fields, "folder": path.parent}
    return found


def receive(extensions: Path, context: Context, handle: str | None, payload: Any) -> dict[str, Any]:
    """Note that a trigger was sent, or say what is wrong with it."""
    trigger = triggers(extensions).get(handle or "")
    problems = [f"Invalid handle: '{handle}'"] if trigger is None else wrong(trigger, payload)
    if problems:
        errors = [{"field": ["body"], "message": f"Errors validating schema:\n  {each}"} for each in problems]
        return {"userErrors": errors}
    context.store.insert("flow_runs", shop=context.domain, handle=handle, payload=json.dumps(payload), at=now())
    return {"userErrors": []}


def wrong(trigger: dict[str, Any], payload: Any) -> list[str]:
    """List what of a payload is not as the trigger declares it."""
    if not isinstance(payload, dict) or len(json.dumps(payload)) > LARGEST_PAYLOAD:
        return ["The payload has to be an object of less than 50,000 bytes"]
    fields = {field["key"]: field for field in trigger["fields"]}
    problems = [f"Unknown field {name}" for name in payload if name not in fields]
    for name, field in fields.items():
        if name not in payload:
            problems += [f"Missing field {name}"] if field.get("required") else []
        elif field["type"].startswith("schema."):
            problems += misfits(trigger, field["type"].removeprefix("schema."), payload[name])
    return problems


def misfits(trigger: dict[str, Any], name: str, value: Any) -> list[str]:
    """List what of an object is not as the type in the trigger's schema has it."""
    schema = build_schema(ANSWERS + (trigger["folder"] / trigger["schema"]).read_text())
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    problems = [f"Unknown field {name}.{key}" for key in value if key not in kind.fields]
    for key, field in kind.fields.items():
        if value.get(key) is None:
            problems += [f"Missing field {name}.{key}"] if isinstance(field.type, GraphQLNonNull) else []
        elif not is_of(str(field.type).rstrip("!"), value[key]):
            problems.append(f"{name}.{key} is no {field.type}")
    return problems


def is_of(kind: str, value: Any) -> bool:
    """Say whether a value is of one of the simple types that we declare."""
    kinds: dict[str, tuple[type, ...]] = {"String": (str,), "Float": (int, float), "Int": (int,), "Boolean": (bool,)}
    return isinstance(value, kinds[kind])

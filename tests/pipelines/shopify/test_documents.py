"""The next schema is held against every document before we move to it."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from graphql import build_schema, introspection_from_schema

from pipelines.shopify import documents

SMALL = 'type Query { shop: Shop } type Shop { id: ID! name: String! @deprecated(reason: "gone in 2027-01") }'


def test_todays_schema_takes_all_of_them(shared, capsys):
    call_command("check_schema", str(shared / "shopify" / "admin_schema.2026-10.graphql.gz"))
    assert capsys.readouterr().out == f"All {len(documents.names())} documents fit.\n"


def test_a_field_that_went_is_found(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(documents, "names", lambda: ["shop", "other"])
    monkeypatch.setattr(documents, "document", lambda name: "{ shop { id %s } }" % ("zone" if name == "shop" else ""))
    file = tmp_path / "next.json"
    file.write_text(json.dumps({"data": introspection_from_schema(build_schema(SMALL))}))
    with pytest.raises(CommandError, match="1 of 2 documents do not fit"):
        call_command("check_schema", str(file))
    assert "shop: Cannot query field 'zone' on type 'Shop'." in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"no schema {", b"{}", b'{"data": {}}', b"\x1f\x8bnot packed", b"\xff"])
def test_what_is_no_schema_is_said_to_be_none(tmp_path, content):
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(CommandError, match="cannot be read as a schema"):
        call_command("check_schema", str(file))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_schema", str(tmp_path / "nothing"))


def test_what_goes_some_day_is_named_and_is_no_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(documents, "names", lambda: ["shop"])
    monkeypatch.setattr(documents, "document", lambda name: "{ shop { id name } }")
    file = tmp_path / "next.graphql"
    file.write_text(SMALL)
    call_command("check_schema", str(file))
    assert "shop: The field Shop.name is deprecated. gone in 2027-01" in capsys.readouterr().out

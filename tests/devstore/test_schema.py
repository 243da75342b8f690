"""Our part of the Admin API says nothing that Shopify's own schema does not say."""

import gzip
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from devstore.connections import CHILDREN, OF_SHOP
from devstore.fields import FIELDS
from devstore.graphql_api import load_schema, query_resolvers
from devstore.mutations import Mutations

OURS = Path(__file__).resolve().parents[2] / "devstore" / "schema.graphql"


@pytest.fixture(scope="module")
def ours() -> GraphQLSchema:
    return build_schema(OURS.read_text())


@pytest.fixture(scope="module")
def theirs(shared: Path) -> GraphQLSchema:
    text = gzip.decompress((shared / "shopify" / "admin_schema.2026-10.graphql.gz").read_bytes()).decode()
    return build_schema(text, assume_valid=True)


def named(schema: GraphQLSchema) -> list[str]:
    return [name for name in schema.type_map if not name.startswith("__")]


@pytest.mark.timeout(60)
def test_every_field_and_argument_is_shopifys(ours: GraphQLSchema, theirs: GraphQLSchema) -> None:
    differences = []
    for name in named(ours):
        mine, real = ours.type_map[name], theirs.type_map.get(name)
        if isinstance(mine, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in mine.fields.items():
                original = real.fields.get(field_name)
                if original is None or str(original.type) != str(field.type):
                    differences.append(f"{name}.{field_name}: {field.type}")
                    continue
                differences += [
                    f"{name}.{field_name}({arg_name})"
                    for arg_name, arg in field.args.items()
                    if str(arg.type) != str(original.args[arg_name].type)
                    or arg.default_value != original.args[arg_name].default_value
                ]
                assert original.deprecation_reason is None, f"{name}.{field_name} is deprecated"
        if isinstance(mine, GraphQLInputObjectType):
            differences += [
                f"{name}.{key}" for key, entry in mine.fields.items() if str(entry.type) != str(real.fields[key].type)
            ]
        if isinstance(mine, GraphQLEnumType):
            differences += [f"{name}.{value}" for value in mine.values if value not in real.values]
    assert differences == []


def test_required_arguments_are_all_there(ours: GraphQLSchema, theirs: GraphQLSchema) -> None:
    missing = [
        f"{name}.{field_name}({arg_name})"
        for name in named(ours)
        if isinstance(ours.type_map[name], GraphQLObjectType)
        for field_name, field in ours.type_map[name].fields.items()
        for arg_name, arg in theirs.type_map[name].fields[field_name].args.items()
        if str(arg.type).endswith("!") and arg_name not in field.args
    ]
    assert missing == []


def test_every_field_of_a_row_knows_its_value(ours: GraphQLSchema) -> None:
    unknown = [
        f"{kind}.{name}"
        for kind, getters in FIELDS.items()
        for name in ours.type_map[kind].fields
        if name not in getters and (kind, name) not in CHILDREN and name not in OF_SHOP
    ]
    assert unknown == []
    assert set(ours.query_type.fields) == set(query_resolvers())


def test_every_mutation_is_answered(ours: GraphQLSchema) -> None:
    mutations = Mutations(lambda: None, lambda context, scopes: None, Path()).table()
    assert set(ours.mutation_type.fields) == set(mutations)
    load_schema(mutations)

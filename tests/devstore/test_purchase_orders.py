"""The store's purchase orders are told as Shopify's unstable version tells them, and by no other."""

from __future__ import annotations

from pathlib import Path

from graphql import GraphQLObjectType, build_schema

from devstore import purchase_orders
from tests.unstable_schema import unstable

DEVSTORE = Path(purchase_orders.__file__).parent


def test_it_says_nothing_that_shopify_does_not_say(shared: Path) -> None:
    parts = [(DEVSTORE / f"{part}.graphql").read_text() for part in ("schema", "unstable")]
    ours, before, theirs = build_schema("\n".join(parts)), build_schema(parts[0]), unstable(shared)
    added = [kind for name, kind in ours.type_map.items() if name not in before.type_map]
    assert len(added) == 6
    for kind in [*(each for each in added if isinstance(each, GraphQLObjectType)), ours.query_type]:
        for name, field in kind.fields.items():
            real = theirs.type_map[kind.name].fields[name]
            assert str(real.type) == str(field.type), f"{kind.name}.{name}"
            assert all(str(real.args[each].type) == str(arg.type) for each, arg in field.args.items())
    states = "InventoryPurchaseOrderStatus"
    assert set(ours.type_map[states].values) == set(theirs.type_map[states].values)

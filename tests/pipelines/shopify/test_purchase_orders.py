"""What we ask of Shopify's purchase orders is what the version that has them takes."""

from __future__ import annotations

import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate

from pipelines.shopify.admin_api import QUERIES, document
from tests.unstable_schema import unstable

NAMES = sorted(path.stem for path in (QUERIES / "unstable").glob("*.graphql"))


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_the_version_that_has_them(shared, name):
    asked = parse(document(f"unstable/{name}"))
    assert [
        error.message for error in validate(unstable(shared), asked, [*specified_rules, NoDeprecatedCustomRule])
    ] == []


def test_names_and_costs_are_not_asked_for():
    asked = " ".join(document(f"unstable/{name}") for name in NAMES)
    assert len(NAMES) == 2 and not {"name", "origin", "address", "unitCost", "referenceName"} & set(asked.split())

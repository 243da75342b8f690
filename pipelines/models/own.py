"""The tables that a use case brings, in a file of its slug: found by name, so that nobody has to name them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.models import Model

from pipelines.models.base import ShopQuerySet, ShopTable
from pipelines.usecases import USE_CASES


def bring_in() -> None:
    """Import the tables of every use case that has some."""
    for slug in USE_CASES:
        if find_spec(module_of(slug)):
            import_module(module_of(slug))


def module_of(slug: str) -> str:
    """Name the module in which the tables of a use case stand."""
    return f"pipelines.models.usecases.{slug}"


def table(name: str) -> type[ShopTable]:
    """Return a table by its name."""
    found = apps.get_model("pipelines", name)
    assert issubclass(found, ShopTable), name
    return found


def rows(name: str, shop: Model | int) -> ShopQuerySet[Any]:
    """Keep the rows of one shop in a table that is known by its name."""
    return table(name).objects.for_shop(shop)


def tables_of(slug: str) -> list[type[Model]]:
    """List the tables that a use case has for itself."""
    return [found for found in apps.get_app_config("pipelines").get_models() if found.__module__ == module_of(slug)]

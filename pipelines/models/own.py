"""The tables that a use case brings, in a file of its slug: found by name, so that nobody has to name them."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.db.models import Model

from pipelines.models.base import Coded, Ending, Followed, ShopQuerySet, ShopTable

ROOM = "pipelines.models.usecases"


def bring_in() -> None:
    """Import the tables that use cases bring, also of one that is not registered: the database has them."""
    for found in iter_modules(import_module(ROOM).__path__):
        import_module(f"{ROOM}.{found.name}")


def module_of(slug: str) -> str:
    """Name the module, or the package, in which the tables of a use case stand."""
    return f"{ROOM}.{slug}"


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
    return [found for found in brought() if f"{found.__module__}.".startswith(f"{module_of(slug)}.")]


def brought() -> list[type[Model]]:
    """List the tables that use cases have for themselves."""
    return [found for found in apps.get_app_config("pipelines").get_models() if found.__module__.startswith(ROOM)]


def ending() -> list[type[Ending]]:
    """List those of them whose rows end by themselves."""
    return [found for found in brought() if issubclass(found, Ending)]


def coded() -> list[type[Coded]]:
    """List those of them whose rows may name discount codes."""
    return [found for found in brought() if issubclass(found, Coded)]


def followed() -> list[type[Followed]]:
    """List those of them whose changes pages are told of."""
    return [found for found in brought() if issubclass(found, Followed)]


def about_units() -> list[Any]:
    """List those whose rows are about one shopper's unit each."""
    return [table for table in ending() if any(field.name == "unit" for field in table._meta.fields)]


def has_checkout(table: type[Model]) -> bool:
    """Tell whether rows of a table may be known by a checkout."""
    return any(field.name == "checkout_key" for field in table._meta.fields)


@lru_cache(maxsize=64)
def till(slug: str) -> Any:
    """Return the module by which the checkout's doors pick something of a merchant's (`Till.choose`).

    `held(shop, before)` reads what one process keeps in memory, `shelf` and `products` say of it what may be picked and
    which products that would add, `shown` what a shopper's page needs of one. `take` reserves a block of what picks of
    a `week` may cost, in one statement; `HAND_OUT` writes what was shown of it, and gives back the rest. `settle` gives
    back what was not spent; `names` says what the merchant calls each that runs, and `since` from when on one is judged
    whose terms were changed. Rows are appended by `LOG`, `HAND_OUT` and `ACCEPT`.
    """
    return import_module(f"{module_of(slug)}.till")

"""What use cases bring to the pages: a package `dashboard.usecases.<slug>` each; what one leaves out is generic.

A package says what it brings as BROUGHT. Nothing else of the shared pages looks in there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.forms import Form
from django.urls import URLPattern, reverse

from pipelines.usecases import USE_CASES

if TYPE_CHECKING:
    from pipelines.models import Shop, Staff, StagingRun


@dataclass(frozen=True)
class Part:
    """A piece of a shared page: a template, and what it shows as `part`."""

    template: str
    shown: Any = None


@dataclass(frozen=True)
class OnHome:
    """What Home says of a use case besides its line in the list of models."""

    state: str = ""  # in the sentence at the top
    needs: Part | None = None  # what somebody should do: the first card, and its action is the page's
    figure: Part | None = None  # among the key figures
    answered_at: datetime | None = None  # when it last answered


@dataclass(frozen=True)
class Lack:
    """Something that is missing, or there: what it means, and the one thing that somebody can do about it."""

    part: str
    kind: str  # of thing: permission, plan, events, history
    state: str
    means: str
    tone: str = ""
    scopes: str = ""  # to be allowed in Shopify, comma between
    link: str = ""
    link_words: str = ""
    is_primary: bool = False  # of all that is missing the first to be done


@dataclass(frozen=True)
class AtCheckout:
    """What a use case says on the page of checkouts, which is another's."""

    state: str = ""  # in the sentence at the top
    figure: Part | None = None  # among the key figures
    lacks: tuple[Lack, ...] = ()
    sections: tuple[Part, ...] = ()
    link: tuple[str, str] | None = None  # in the head of the page: address, title


@dataclass(frozen=True)
class Settings:
    """What the merchant sets for a use case, among the settings of the shop."""

    form: type[Form] = Form  # its fields are columns of the settings
    template: str = ""  # where they are typed
    links: tuple[tuple[str, str], ...] = ()  # pages of settings: name of the address, title
    below: str = ""  # a template after the form
    may_differ: str = ""  # what need not follow the shop
    decided: tuple[str, ...] = ()  # fields for those alone who may decide: they carry something out


@dataclass(frozen=True)
class Brought:
    """What one use case brings."""

    urls: str = ""  # the module with the addresses of its pages
    page: tuple[str, str] | None = None  # its page: name of the address, title in the navigation
    on_home: Callable[[Shop], OnHome] = lambda shop: OnHome()
    at_checkout: Callable[[Shop, Staff, datetime], AtCheckout | None] = lambda shop, viewer, now: None
    wants: Callable[[Shop], tuple[Lack, ...]] = lambda shop: ()  # what the merchant can do to turn it on, in the guide
    ends: tuple[str, str] | None = (
        None  # where a merchant ends what costs them, other than by a way back: address, words
    )
    speaks: Callable[[Shop], bool] = lambda shop: False  # whether its simple rule speaks where no version ever ran
    settings: Settings = field(default_factory=Settings)
    staged: Callable[[StagingRun], Part | None] = lambda run: None  # what a test in the test store found, in detail


@cache
def brought_by(slug: str) -> Brought:
    """Return what a use case brings to the pages."""
    package = f"dashboard.usecases.{slug}"
    found: Brought = import_module(package).BROUGHT if find_spec(package) else Brought()
    return found


def all_brought() -> list[Brought]:
    """Return what each use case brings, in the order in which they are listed."""
    return [brought_by(slug) for slug in USE_CASES]


def urlpatterns() -> list[URLPattern]:
    """List the addresses of all pages that use cases bring."""
    modules = [import_module(brought.urls) for brought in all_brought() if brought.urls]
    return [pattern for module in modules for pattern in module.urlpatterns]


@cache
def address_of(slug: str) -> str:
    """Return where a use case is looked at: its own page, else the generic one."""
    page = brought_by(slug).page
    return reverse(page[0]) if page else reverse("model", args=[slug])


def navigation() -> list[tuple[str, str]]:
    """List address and title of every use case's page; one that several share stands once, as the first calls it."""
    pages = {slug: brought_by(slug).page for slug in USE_CASES}
    titles: dict[str, str] = {}
    for slug, page in pages.items():
        titles.setdefault(address_of(slug), page[1] if page else USE_CASES[slug].title)
    return list(titles.items())

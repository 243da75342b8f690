"""What use cases bring to the pages: a package `dashboard.usecases.<slug>` each; what one leaves out is generic.

Nothing else of the shared pages imports from there. A package says what it brings as BROUGHT.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern

from pipelines.usecases import USE_CASES


@dataclass(frozen=True)
class Brought:
    """What one use case brings."""

    urls: str = ""  # the module with the addresses of its pages


@cache
def brought_by(slug: str) -> Brought:
    """Return what a use case brings to the pages."""
    package = f"dashboard.usecases.{slug}"
    found: Brought = import_module(package).BROUGHT if find_spec(package) else Brought()
    return found


def urlpatterns() -> list[URLPattern]:
    """List the addresses of all pages that use cases bring."""
    modules = [import_module(brought.urls) for brought in map(brought_by, USE_CASES) if brought.urls]
    return [pattern for module in modules for pattern in module.urlpatterns]

"""Speed and accuracy claims, each measured beside its own reference in the same run.

A benchmark is a module here, or in the folder of a use case (usecases/<slug>/), with
`run(options, say) -> list[Check]`; `say(text)` reports progress.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator


def folders() -> list[str]:
    """List the packages of those use cases that are measured by themselves."""
    package = importlib.import_module(f"{__name__}.usecases")
    return [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__) if found.ispkg]


def modules_in(*packages: str) -> Iterator[tuple[str, str]]:
    """Yield the modules of packages, those that are there: name and address."""
    for package in packages:
        if importlib.util.find_spec(package):
            for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
                yield found.name, f"{package}.{found.name}"


def benchmarks() -> dict[str, str]:
    """Give every benchmark by its name, with its address."""
    shared = [found for found in modules_in(__name__) if found[0] not in ("checks", "rig", "usecases")]
    own = [found for found in modules_in(*folders()) if found[0] not in ("evidence", "rig")]
    return dict(shared + own)

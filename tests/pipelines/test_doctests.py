"""The examples in the docstrings of the pure packages are true."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import pipelines.stats
import pipelines.strategies
import pipelines.usecases

PACKAGES = (pipelines.stats, pipelines.usecases, pipelines.strategies)
MODULES = sorted(
    module.name for package in PACKAGES for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0

"""What import-linter does not say: nothing imports in a circle, and no room is overfull."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shopmlops", "dashboard", "pipelines", "devstore", "benchmarks")
MODULES = 15  # in one package, its __init__ left out
LINES = 450  # in one file of the product
NOT_COUNTED = ("migrations", "commands")  # grow with time and with what operators need


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULE_FILES = {name_of(path): path for package in PACKAGES for path in (ROOT / package).rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a module imports, also where it does so inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            wholes = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (whole if whole in MODULE_FILES else node.module for whole in wholes)


def graph() -> dict[str, set[str]]:
    return {name: (set(imported(path)) & MODULE_FILES.keys()) - {name} for name, path in MODULE_FILES.items()}


def circle_in(arrows: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_in_a_circle() -> None:
    assert circle_in(graph()) == []


def test_a_circle_would_be_found() -> None:
    assert set(circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


@pytest.mark.parametrize("package", ["dashboard", "pipelines", "benchmarks"])
def test_no_package_is_overfull(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py") if path.parent.name not in NOT_COUNTED}
    counts = {folder: sum(path.name != "__init__.py" for path in folder.glob("*.py")) for folder in folders}
    assert {folder.relative_to(ROOT).as_posix() for folder, count in counts.items() if count > MODULES} == set()


def test_no_file_of_the_product_is_too_long() -> None:
    product = [path for name, path in MODULE_FILES.items() if not name.startswith(("devstore", "benchmarks"))]
    long = [path for path in product if len(path.read_text().splitlines()) > LINES and path.parent.name != "migrations"]
    assert long == []


def test_migrations_follow_each_other_in_one_line() -> None:
    """Two that follow the same one, as from two branches, stop every `migrate`."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert loader.detect_conflicts() == {}
    numbers = sorted(name[:4] for app, name in loader.disk_migrations if app == "pipelines")
    assert numbers == sorted(set(numbers))

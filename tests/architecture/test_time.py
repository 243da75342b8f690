"""Nobody asks the database for the time: the demo's clock is turned, and PostgreSQL's is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASKS = re.compile(
    r"(?<![.\w])(now\s*\(\s*\)|current_(date|time|timestamp)\b|local(time|timestamp)\b(?!\()"
    r"|(statement|transaction|clock)_timestamp\s*\(|timeofday\s*\(|'(now|today|yesterday|tomorrow)'::)",
    re.IGNORECASE,
)
ITS_OWN = {"pipelines/ops/recovery/backup.py"}  # the database's log is dated by the database's clock
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|VALUES|WHERE|SET|CASE)\b")


def statements(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are SQL."""
    for node in ast.walk(ast.parse(path.read_text())):
        text = ast.unparse(node) if isinstance(node, ast.JoinedStr) else getattr(node, "value", None)
        if isinstance(text, str) and SQL.search(text):
            yield text


def test_no_sql_asks_for_the_time() -> None:
    sources = [path for folder in ("pipelines", "dashboard", "devstore") for path in (ROOT / folder).rglob("*.py")]
    asking = {str(path.relative_to(ROOT)) for path in sources for text in statements(path) if ASKS.search(text)}
    assert asking == ITS_OWN


@pytest.mark.parametrize("sql", ['f"UPDATE {1} SET at = now()"', '"SELECT current_date"', '"SELECT clock_timestamp()"'])
def test_it_would_be_found(tmp_path: Path, sql: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"STATEMENT = {sql}")
    assert any(ASKS.search(text) for text in statements(module))

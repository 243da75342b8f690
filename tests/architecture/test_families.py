"""Shared pages speak of no family: its words, tables and addresses stand in its own folders."""

import re
from pathlib import Path

import pytest

from pipelines.usecases import USE_CASES

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"forecast|StockAdvice|StockTotals|order list|reorder|days of cover|weekday’s sales", re.IGNORECASE)
SHARED = [
    path
    for folder, kind in (("dashboard", "*.py"), ("templates", "*.html"))
    for path in sorted((ROOT / folder).rglob(kind))
    if "usecases" not in path.relative_to(ROOT).parts
]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_shared_page_names_a_use_case(path: Path):
    text = path.read_text()
    assert OURS.findall(text) == []
    assert not any(slug in text for slug in USE_CASES)


def test_a_word_of_a_family_is_noticed():
    assert OURS.findall("Your first forecast is ready") == ["forecast"]

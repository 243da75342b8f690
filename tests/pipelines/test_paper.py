"""What paper can hold: words of any length, in any script that the font has, and none that breaks it."""

from __future__ import annotations

import io

from pypdf import PdfReader

from pipelines import paper


def test_words_that_no_column_holds_are_broken() -> None:
    assert max(map(len, paper.broken("Supercalifragilistic" * 5).split())) == 28
    assert paper.broken("two words") == "two words"


def test_the_head_of_a_table_stands_on_every_page() -> None:
    sheet = paper.Sheet("Northbeck")
    sheet.add_page()
    sheet.rows(("SKU", "Units"), [(f"CAP-{each}", ("3", "success")) for each in range(90)], (60, 60))
    pages = PdfReader(io.BytesIO(bytes(sheet.output()))).pages
    assert len(pages) > 1 and all("SKU" in page.extract_text() for page in pages)
    assert "Northbeck · page 2 of" in pages[1].extract_text()


def test_numbers_stand_under_each_other() -> None:
    sheet = paper.Sheet("Northbeck")
    sheet.add_page()
    sheet.rows(("SKU", "Units"), [("CAP", "7"), ("HAT", "10,000")], (60, 60), numbers=1)
    at: dict[str, float] = {}
    page = PdfReader(io.BytesIO(bytes(sheet.output()))).pages[0]
    page.extract_text(visitor_text=lambda text, cm, tm, font, size: at.update({text.strip(): tm[4]}))
    assert at["CAP"] == at["HAT"] and at["10,000"] < at["7"]

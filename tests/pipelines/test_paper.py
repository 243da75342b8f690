"""What paper can hold: words of any length, in any script that the font has, and none that breaks it."""

from __future__ import annotations

import io

import pytest
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


def written(text: str) -> tuple[str, set[str]]:
    """Write a text as a paragraph, in bold and in a table, and read what stands there."""
    sheet = paper.Sheet("Northbeck")
    sheet.add_page()
    sheet.write_text(text, 9)
    sheet.write_text(text, 9, style="B")
    sheet.rows(("SKU", "Product"), [("CAP", (text, "info"))], (34, 68))
    page = PdfReader(io.BytesIO(bytes(sheet.output()))).pages[0]
    return "".join(page.extract_text().replace("\0", "").split()), sheet.undrawn


@pytest.mark.parametrize(
    "text",
    ["上海贸易有限公司", "東京サプライヤー", "서울공급자", "Кириллица", "Ελληνικά", "Việt Nam", "Ştefan", "10 € ₽ ₺ ¥"],
)
def test_letters_of_most_scripts_are_drawn(text: str) -> None:
    read, undrawn = written(text)
    assert read.count("".join(text.split())) == 3 and undrawn == set()


@pytest.mark.parametrize("text", ["כובע", "قبعة زرقاء"])
def test_what_is_written_from_the_right_stands_from_the_right(text: str) -> None:
    read, undrawn = written(text)
    assert read.count("".join(text.split())) == 3 and undrawn == set()


def test_its_letters_are_joined_and_its_lines_follow_each_other() -> None:
    apart, joined = (paper.Sheet("Northbeck") for _ in range(2))
    joined.look_at("قبعة")
    for sheet in (apart, joined):
        sheet.set_font(paper.FAMILY, "", 9)
    assert joined.get_string_width("قبعة") < 0.9 * apart.get_string_width("قبعة")
    read, _ = written("אבג " * 60 + "תשר")
    assert read.count("אבג" * 60 + "תשר") == 3


LACKING = [("เสื้อ cap", "ส"), ("टोपी", "ट"), ("Cap 🧢", "🧢")]


@pytest.mark.parametrize(("text", "lacking"), LACKING)
def test_what_cannot_be_drawn_is_noted_and_breaks_nothing(text: str, lacking: str) -> None:
    _, undrawn = written(text)
    assert lacking in undrawn and not undrawn & set("cap Cap")


def test_a_long_name_without_blanks_breaks_in_wide_letters_too() -> None:
    read, _ = written("上海贸易有限公司" * 20)
    assert read.count("公司") == 60


def test_the_second_font_is_read_only_where_it_is_needed() -> None:
    sheet = paper.Sheet("Northbeck")
    sheet.look_at("Caps & Scarves")
    assert set(sheet.fonts) == {"dejavu", "dejavuB"}

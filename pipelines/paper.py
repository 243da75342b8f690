"""A sheet of paper to print or send on: A4, real text, in fonts that have the signs of every currency and most letters.

Made by workers. The font is DejaVu, which lies in matplotlib's wheel (Prophet brings that along); Chinese, Japanese and
Korean letters are those of Noto, which has a wheel of its own. Nothing is read from the machine, and matplotlib itself
is not imported.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, WrapMode
from fpdf.fonts import TTFFont

INK, SUBDUED, LINE, HEAD = (48, 48, 48), (97, 97, 97), 225, (247, 247, 247)
TONES = {"success": (14, 78, 60), "critical": (142, 11, 33), "info": (0, 59, 115), "": SUBDUED}
FAMILY, EASTERN = "DejaVu", "Noto"
SIMPLIFIED = 2  # of the fonts in Noto's file: the one that writes Chinese as mainland China does
RIGHT_TO_LEFT = ("R", "AL")
Row = tuple[str | tuple[str, str], ...]  # cells: text, or text with the tone of its state


def font_folder() -> Path:
    """Return where DejaVu lies, without importing what brings it."""
    return folder_of("matplotlib") / "mpl-data" / "fonts" / "ttf"


def folder_of(package: str) -> Path:
    """Return where a package lies, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"A font comes with {package}, which is not installed")
    return Path(spec.origin).parent


class Sheet(FPDF):
    """A4 with a line about shop, month and page at its foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
        self.undrawn: set[str] = set()  # letters that no reader will make out
        self.add_font(FAMILY, "", font_folder() / "DejaVuSans.ttf")
        self.add_font(FAMILY, "B", font_folder() / "DejaVuSans-Bold.ttf")
        self.set_margins(15, 15)
        self.set_auto_page_break(True, margin=18)
        self.set_draw_color(LINE)

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-13)
        self.write_text(f"{self.foot} · page {self.page_no()} of {{nb}}", 7, SUBDUED)

    def write_text(self, text: str, size: float, color: tuple[int, int, int] = INK, style: str = "") -> None:
        """Write a paragraph; a word without blanks breaks."""
        self.look_at(text)
        self.set_font(FAMILY, style, size)
        self.set_text_color(*color)
        self.multi_cell(
            0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L",
            wrapmode=WrapMode.WORD if fits(self, text) else WrapMode.CHAR,
        )  # fmt: skip

    def look_at(self, text: str) -> None:
        """Bring the second font where the first lacks letters of a text, and note those that cannot be drawn.

        What is written from the right is put in its order, and its letters are joined, by uharfbuzz.
        """
        letters = {sign for sign in text if sign.isprintable() and not sign.isspace()}
        lacking = letters - self.drawn_by(FAMILY)
        if lacking and EASTERN.lower() not in self.fonts:
            file = folder_of("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc"
            self.add_font(EASTERN, "", file, collection_font_number=SIMPLIFIED)
            self.set_fallback_fonts([EASTERN], exact_match=False)
        if lacking:
            self.undrawn |= lacking - self.drawn_by(EASTERN)
        if any(unicodedata.bidirectional(sign) in RIGHT_TO_LEFT for sign in letters):
            self.set_text_shaping(True)

    def drawn_by(self, family: str) -> set[str]:
        """Return the letters that a font has."""
        font = self.fonts[family.lower()]
        assert isinstance(font, TTFFont)
        return set(map(chr, font.cmap))

    def part(self, title: str) -> None:
        """Begin a part; its title is never left alone at the end of a page."""
        self.ln(4)
        if self.will_page_break(24):
            self.add_page()
        self.write_text(title, 11, style="B")
        self.ln(1)

    def rows(self, head: Row, rows: Sequence[Row], widths: tuple[int, ...], *, numbers: int = 0) -> None:
        """Write a table, whose last columns are so many of numbers; its head stands on every page."""
        self.look_at("".join(cell if isinstance(cell, str) else cell[0] for row in rows for cell in row))
        self.set_font(FAMILY, "", 8)
        self.set_text_color(*INK)
        heads = FontFace(emphasis="BOLD", fill_color=HEAD)
        lines = TableBordersLayout.HORIZONTAL_LINES
        with self.table(
            col_widths=widths,
            width=sum(widths),
            line_height=4,
            padding=1,
            text_align="LEFT",
            borders_layout=lines,
            headings_style=heads,
        ) as table:
            for each in [head, *rows]:
                row = table.row()
                for place, cell in enumerate(each):
                    text, tone = cell if isinstance(cell, tuple) else (cell, None)
                    style = None if tone is None else FontFace(emphasis="BOLD", color=TONES[tone])
                    side = "RIGHT" if place >= len(each) - numbers else "LEFT"
                    row.cell(broken(text), style=style, v_align="TOP", align=side)


def fits(sheet: FPDF, text: str) -> bool:
    """Tell whether each word has room on a line."""
    return all(sheet.get_string_width(word) < sheet.epw for word in text.split())


def broken(text: str, longest: int = 28) -> str:
    """Break words that no column could hold.

    >>> broken("x" * 30, 10)
    'xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx'
    """
    pieces = [word[at : at + longest] for word in text.split(" ") for at in range(0, max(1, len(word)), longest)]
    return " ".join(pieces)

"""A month's report as a file to print or send on: A4, real text, one font that has the signs of every currency.

Made by a worker. The font is DejaVu, which lies in matplotlib's wheel (Prophet brings that along): nothing is read from
the machine, and matplotlib itself is not imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, WrapMode

from pipelines import words
from pipelines.lifecycle.results import operations, telling
from pipelines.models import MonthReport

INK, SUBDUED, LINE, HEAD = (48, 48, 48), (97, 97, 97), 225, (247, 247, 247)
TONES = {"success": (14, 78, 60), "critical": (142, 11, 33), "info": (0, 59, 115), "": SUBDUED}
FAMILY = "DejaVu"
Row = tuple[str | tuple[str, str], ...]  # cells: text, or text with the tone of its state
ROWS = (62, 42, 76)
CLAIMS = (50, 24, 40, 66)
BUILT = ("undecided", "refused", "promoted", "rolled_back")


def font_folder() -> Path:
    """Return where DejaVu lies, without importing what brings it."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("DejaVu comes with matplotlib, which is not installed")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


class Sheet(FPDF):
    """A4 with a line about shop, month and page at its foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
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
        self.set_font(FAMILY, style, size)
        self.set_text_color(*color)
        self.multi_cell(
            0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L",
            wrapmode=WrapMode.WORD if fits(self, text) else WrapMode.CHAR,
        )  # fmt: skip

    def part(self, title: str) -> None:
        """Begin a part; its title is never left alone at the end of a page."""
        self.ln(4)
        if self.will_page_break(24):
            self.add_page()
        self.write_text(title, 11, style="B")
        self.ln(1)

    def rows(self, head: Row, rows: Sequence[Row], widths: tuple[int, ...]) -> None:
        """Write a table; its head stands on every page."""
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
                for cell in each:
                    text, tone = cell if isinstance(cell, tuple) else (cell, None)
                    style = None if tone is None else FontFace(emphasis="BOLD", color=TONES[tone])
                    row.cell(broken(text), style=style, v_align="TOP")


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


def printed(row: MonthReport) -> bytes:
    """Print a report; the same report gives the same bytes."""
    report, shop = row.figures, row.shop
    name, made = shop.name or shop.domain, row.made_at.astimezone(shop.zone)
    sheet = Sheet(f"{name} · {telling.month_name(row.month)} · evidence {row.digest[:8]}")
    sheet.set_creation_date(row.made_at)
    sheet.set_title(f"Results for {telling.month_name(row.month)}")
    sheet.set_lang("en-GB")
    sheet.add_page()
    sheet.write_text(broken(name, 60), 9, SUBDUED)
    sheet.write_text(f"Results for {telling.month_name(row.month)}", 18, style="B")
    sheet.write_text(about(report, words.moment(made, made.replace(year=made.year + 1))), 9, SUBDUED)
    head(sheet, report)
    claims(sheet, report)
    for title, heads, rows in parts(report):
        if not rows:
            continue
        sheet.part(title)
        sheet.rows(heads, rows, ROWS)
    changes(sheet, report)
    return bytes(sheet.output())


def about(report: dict[str, Any], made: str) -> str:
    """Say what the month was."""
    sales = words.money(report["shop"]["sales_minor"], report["currency"])
    return f"{words.counted(report['shop']['orders'], 'order')}, {sales} in sales. Claimed {made}."


def head(sheet: Sheet, report: dict[str, Any]) -> None:
    """Write the month in one sentence."""
    sheet.ln(3)
    figure, said = telling.headline(report)
    sheet.write_text(f"{figure} {said}".strip(), 13, style="B")
    sheet.ln(1)
    sheet.write_text(f"{telling.answer(report)} What is not proven is not counted.", 9)


def claims(sheet: Sheet, report: dict[str, Any]) -> None:
    """Write each claim with its mark."""
    sheet.part("What we claim, and how sure we are")
    lines = [telling.line(claim, report["currency"]) for claim in report["claims"]]
    cells: list[Row] = [
        (
            f"{line.title}\n{line.about}",
            (line.mark, line.tone),
            f"{line.result}\n{line.range}".strip(),
            f"{line.how} {line.counted}".strip(),
        )
        for line in lines
    ]
    sheet.rows(("Claim", "How sure", "Result", "How we know"), cells, CLAIMS)
    sheet.ln(1)
    sheet.write_text(telling.MEANING, 7, SUBDUED)


def parts(report: dict[str, Any]) -> list[tuple[str, Row, Sequence[Row]]]:
    """List what follows the claims."""
    what = ("What", "How much", "Of what")
    return [
        ("Is further investment justified?", ("What", "Amount", "On what ground"), [*telling.balance(report)]),
        ("How near the answers came", what, [*operations.near(report)]),
        ("Versions", ("Model", "Made", "What became of them"), [became(model) for model in report["versions"]]),
        ("What worked, and what alarmed", what, [*operations.rows(report)]),
        ("How new versions reached your shop, last 90 days", what, [*operations.delivery(report["delivery"])]),
    ]


def became(model: dict[str, Any]) -> Row:
    """Say what became of a model's versions."""
    names = {"undecided": "undecided", "refused": "refused", "promoted": "went live", "rolled_back": "taken back"}
    told = ", ".join([f"{model['validated']} passed", *(f"{model[name]} {names[name]}" for name in BUILT)])
    unfinished = model["stopped"] + model["failed"]
    return model["title"], f"{model['trained']} trained, {unfinished} not finished", told


def changes(sheet: Sheet, report: dict[str, Any]) -> None:
    """Name the days that are left out, and what can still change."""
    sheet.part("Days that are left out, and what can still change")
    for each in report["apart"]:
        first, last = date.fromisoformat(each["first"]), date.fromisoformat(each["last"])
        sheet.write_text(f"{words.day_range(first, last, first)}: {broken(each['name'], 40)}", 8)
    sheet.write_text(
        "Freezes and your own events are no usual days and count in no comparison with the simple rule. Cancellations "
        "and returns count until 30 days after each day; what they change is listed on the Results page, beside these "
        "claims. This is what was measured, and no promise.",
        8,
    )

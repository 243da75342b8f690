"""A month's report as a file to print or send on, made by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pipelines import words
from pipelines.lifecycle.results import operations, telling
from pipelines.models import MonthReport
from pipelines.paper import SUBDUED, Row, Sheet, broken

ROWS = (62, 42, 76)
CLAIMS = (50, 24, 40, 66)
BUILT = ("undecided", "refused", "promoted", "rolled_back")


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

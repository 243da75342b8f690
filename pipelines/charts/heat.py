"""A heat map as a real table: a row for each thing that is watched, a cell for each window of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from pipelines import words

WEEK = 7


@dataclass(frozen=True)
class Cell:
    """One window: how many days wide, how it is coloured, and what it says; without an address it leads nowhere."""

    days: int
    css: str  # h0 to h4, over, few, none, expected
    said: str
    when: str = ""
    address: str = ""


@dataclass(frozen=True)
class HeatRow:
    """One thing that is watched."""

    name: str
    cells: Sequence[Cell]


def heat_table(rows: Sequence[HeatRow], days: Sequence[date], *, caption: str, of_what: str) -> str:
    """Write the table; a word stands in every cell, for those who do not see its colour."""
    today = days[-1]
    head = "".join(day_head(day, today, place) for place, day in enumerate(days))
    body = "".join(f'<tr><th scope="row">{escape(row.name)}</th>{"".join(map(cell, row.cells))}</tr>' for row in rows)
    return (
        f'<table class="heat days"><caption class="hidden">{escape(caption)}</caption><thead><tr>'
        f'<th scope="col"><span class="hidden">{escape(of_what)}</span></th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def day_head(day: date, today: date, place: int) -> str:
    """Write the head of a day: all for the ear, one in a week for the eye."""
    shown = words.short_day(day, today) if place % WEEK == 0 else ""
    return (
        f'<th scope="col"><span class="hidden">{escape(words.day(day, today))}</span>'
        f'<span aria-hidden="true">{escape(shown)}</span></th>'
    )


def cell(each: Cell) -> str:
    """Write a window."""
    span = f' colspan="{each.days}"' if each.days > 1 else ""
    title = escape(f"{each.when}: {each.said}" if each.when else each.said)
    said = f'<span class="hidden">{escape(each.said)}</span>'
    if each.address:
        said = f'<a href="{escape(each.address)}" aria-label="{title}"></a>'
    return f'<td{span} class="{each.css}" title="{title}">{said}</td>'

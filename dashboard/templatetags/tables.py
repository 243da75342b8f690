"""Tables of many cells, of which a loop in a template would take most of a page's time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
Row = Sequence[object]


@register.simple_tag
def table(head: Row, rows: Iterable[Row], has_total: bool = False) -> SafeString:
    """Write head and rows of a table: what each is about, then its figures to the right and its words to the left."""
    told = [[str(cell) for cell in row] for row in rows]
    count = max(map(len, [head, *told]))  # a row that was kept before a column came is shorter
    head, told = [*head, *[""] * (count - len(head))], [[*row, *[""] * (count - len(row))] for row in told]
    css = ["", *(' class="num"' if holds_figures(column) else "" for column in [*zip(*told, strict=True)][1:])]
    css += [' class="num"'] * (len(head) - len(css))
    last = len(told) - 1 if has_total else None
    heads = "".join(f'<th scope="col"{kind}>{escape(str(name))}</th>' for name, kind in zip(head, css, strict=True))
    body = "\n".join(line(row, css, is_total=place == last) for place, row in enumerate(told))
    return mark_safe(f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody>")  # noqa: S308 (each cell is escaped)


def line(cells: Sequence[str], css: Sequence[str], *, is_total: bool) -> str:
    told = "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(cells, css, strict=True))
    return f'<tr class="strong">{told}</tr>' if is_total else f"<tr>{told}</tr>"


def holds_figures(column: Sequence[str]) -> bool:
    """Tell whether a column is of figures, with a dash or a word where one is missing; else it is of words.

    >>> holds_figures(["12 %", "—", "unknown"]), holds_figures(["—"]), holds_figures(["Better", "—"])
    (True, True, False)
    """
    text = "".join(column)
    return any(letter.isdigit() for letter in text) or not any(letter.isalpha() for letter in text)

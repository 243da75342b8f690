"""The rows of a table are written as a template would write them, and nothing in a cell is markup."""

from __future__ import annotations

from django.template import Context, Template

ROWS = [("Mon 2\u00a0Nov", "5\u00a0%", ""), ("<b>Cart & value</b>", "'1'", 12)]
ROW = '{% for cell in row %}<td{% if not forloop.first %} class="num"{% endif %}>{{ cell }}</td>{% endfor %}'
LOOP = "{% for row in rows %}<tr>" + ROW + "</tr>{% if not forloop.last %}\n{% endif %}{% endfor %}"


def written(template: str, rows: list[tuple[object, ...]]) -> str:
    return Template(template).render(Context({"rows": rows}))


def test_rows_are_what_a_loop_would_write():
    assert written("{% load tables %}{{ rows|rows }}", ROWS) == written(LOOP, ROWS)


def test_no_rows_are_nothing():
    assert written("{% load tables %}{{ rows|rows }}", []) == ""

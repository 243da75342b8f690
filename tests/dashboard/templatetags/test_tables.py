"""Tables are written whole: figures to the right, words to the left, and nothing in a cell is markup."""

from __future__ import annotations

from django.template import Context, Template

HEAD = ("Group <i>", "Verdict", "Difference", "Range")
ROWS = [
    ("All & each", "Better", "5\u00a0%", "—"),
    ("<b>New</b>", "Not proven", "unknown", "—"),
]


def written(head: object, rows: object, has_total: bool = False) -> str:
    context = Context({"head": head, "rows": rows, "has_total": has_total})
    return Template("{% load tables %}{% table head rows has_total %}").render(context)


def test_figures_stand_to_the_right_and_words_to_the_left_under_their_heads():
    html = written(HEAD, ROWS)
    assert '<th scope="col">Group &lt;i&gt;</th><th scope="col">Verdict</th><th scope="col" class="num">Diff' in html
    assert '<td>All &amp; each</td><td>Better</td><td class="num">5\u00a0%</td><td class="num">—</td>' in html
    assert '<td>&lt;b&gt;New&lt;/b&gt;</td><td>Not proven</td><td class="num">unknown</td>' in html


def test_a_total_is_the_last_row():
    assert written(HEAD, ROWS).count("strong") == 0
    html = written(HEAD, ROWS, has_total=True)
    assert html.count('<tr class="strong">') == 1 and html.index("strong") > html.index("Better")


def test_no_rows_leave_the_head():
    html = written(HEAD, [])
    assert html.count("<th") == 5 and "<td" not in html


def test_a_row_that_was_kept_before_a_column_came_is_filled_up():
    assert written(HEAD, [("All", "Better"), *ROWS]).count("<td") == 12
    assert written((), [("All", "3")]).count("<th scope") == 2

"""Files that merchants download, and send back."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from pipelines.words import to_major

# What a spreadsheet takes for a formula, and what some of them skip before they look: all that is not seen.
FORMULA = re.compile(
    "[\\s\\x00-\\x1f\\x7f-\\xa0\\u00ad\\u180e\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufeff]*[=+\\-@＝＋－＠﹢﹣﹦﹫]|[\\t\\r\\n]"
)

LONGEST_CELL = 255


class Line:
    """What csv.writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def csv_file(name: str, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Stream a CSV file, row by row."""
    response = StreamingHttpResponse(lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Write the lines; the byte order mark tells spreadsheets that this is UTF-8."""
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(header)
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def safe(cell: Any) -> Any:
    """Keep a spreadsheet from reading text as a formula."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def major(minor: int | None, currency: str) -> str:
    """Return an amount as a spreadsheet reads it: 1234.50."""
    return "" if minor is None else f"{to_major(minor, currency)}"


SEPARATORS = ",;\t|"
MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_table(content: bytes) -> csv.DictReader[str]:
    """Read a file as spreadsheets save it: UTF-8 or UTF-16, between commas, semicolons, tabs or bars."""
    text = content.decode("utf-16" if content.startswith(MARKS) else "utf-8-sig")
    head, _, below = text.partition("\n")
    if head.lower().startswith("sep="):  # a spreadsheet's own word on the sign
        text, head = below, below.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=head.count))


def clean(cell: str) -> str:
    """Take off what a spreadsheet, or our own file, puts around a value."""
    text = cell.strip()[:LONGEST_CELL]
    return text[1:] if text[:1] == "'" and FORMULA.match(text, 1) else text

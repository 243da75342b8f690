"""Files that merchants download."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from pipelines.words import to_major

# What a spreadsheet takes for a formula, and what some of them skip before they look: all that is not seen.
FORMULA = re.compile(
    "[\\s\\x00-\\x1f\\x7f-\\xa0\\u00ad\\u180e\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufeff]*[=+\\-@＝＋－＠﹢﹣﹦﹫]|[\\t\\r\\n]"
)


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

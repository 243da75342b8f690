"""Files that merchants download, and send back."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
LINE_END = re.compile(r"\r\n?|\n")
TOO_MANY_CELLS = "it has more cells than there are columns: a number with a comma needs quotes around it"


def read_table(content: bytes) -> csv.DictReader[str]:
    """Read a file as spreadsheets save it: UTF-8 or UTF-16, between commas, semicolons, tabs or bars."""
    text = content.decode(encoding_of(content)).lstrip("\ufeff")  # saved twice, it begins with two marks
    if "\0" in text:
        raise csv.Error("it holds signs that are no text")
    first, *below = LINE_END.split(text, maxsplit=2)
    is_said = first.lower().startswith("sep=")  # a spreadsheet's own word on the sign
    head = below[0] if is_said and below else first
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=head.count))
    if is_said:
        next(table.reader)
    return table


def encoding_of(content: bytes) -> str:
    """Name the encoding of a file by its first bytes: a mark, or every second one zero, as in UTF-16 without a mark."""
    if content.startswith(MARKS):
        return "utf-16"
    start = content[:100]
    for zeros, name in ((start[1::2], "utf-16-le"), (start[::2], "utf-16-be")):
        if zeros and not any(zeros) and any(start):
            return name
    return "utf-8-sig"


def check_once(names: Sequence[str], wanted: Iterable[str]) -> None:
    """Refuse a column that is there twice: which of them counts is not for us to say."""
    for name in wanted:
        if names.count(name) > 1:
            raise csv.Error(f"it has the column “{name}” twice")


def has_too_many(cells: Mapping[Any, Any]) -> bool:
    """Tell whether a line goes on beyond the last column: a comma in it moved what it says from cell to cell."""
    return any(cell.strip() for cell in cells.get(None) or ())


def clean(cell: str) -> str:
    """Take off what a spreadsheet, or our own file, puts around a value."""
    text = cell.strip()[:LONGEST_CELL]
    return text[1:] if text[:1] == "'" and FORMULA.match(text, 1) else text

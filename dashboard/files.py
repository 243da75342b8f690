"""Files that merchants download, and send back."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.http import StreamingHttpResponse

from pipelines.words import to_major

# What a spreadsheet takes for a formula, and what some of them skip before they look: all that is not seen.
FORMULA = re.compile(
    "[\\s\\x00-\\x1f\\x7f-\\xa0\\u00ad\\u180e\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufeff]*[=+\\-@＝＋－＠﹢﹣﹦﹫]|[\\t\\r\\n]"
)

LONGEST_CELL = 255
LARGEST_FILE = 4_000_000  # that is sent back


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
LOOKED_AT, LONGEST_HEAD = 5, 20_000  # lines, and signs of them, among which the names of the columns are looked for
MOST_COLUMNS = 300
TOO_MANY_CELLS = "it has more cells than there are columns: a number with a comma needs quotes around it"
NO_CELLS = "quotation marks do not open and close where its cells do"
Cells = dict[str, str]


class NoTable(Exception):
    """A file, or a line of it, that cannot be read as a table, in words for the merchant."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(f"line {line:,}: {problem}" if line else problem)
        self.problem, self.line = problem, line


@dataclass(frozen=True)
class Row:
    """One line of a table: its number, and its cells by their columns."""

    line: int
    cells: Cells
    has_too_many: bool  # a comma in it moved what it says from cell to cell
    has_too_few: bool


class Table:
    """A file as spreadsheets save it: the names of its columns in small letters, then its lines.

    On which of its first lines they stand, and with what between them, is told by the names that are known.
    """

    def __init__(self, content: bytes, known: Collection[str]) -> None:
        text = text_of(content)
        heads = LINE_END.split(text[:LONGEST_HEAD], maxsplit=LOOKED_AT)[:LOOKED_AT]
        places = product([0, *begins(heads)], SEPARATORS)
        self.above, self.separator = max(places, key=lambda place: fit(named(heads[place[0]], place[1]), known))
        file = io.StringIO(text, newline="")
        for _ in range(self.above):
            file.readline()
        self.reader = csv.reader(file, delimiter=self.separator, strict=True)
        first = self.next_cells() or []
        if len(first) > MOST_COLUMNS:
            raise NoTable(f"it has more than {MOST_COLUMNS} columns")
        self.names = [name.strip().lower() for name in first]

    def __iter__(self) -> Iterator[Row]:
        """Walk through the lines that hold something."""
        count = len(self.names)
        while (cells := self.next_cells()) is not None:
            if any(cell.strip() for cell in cells):
                too_many = any(cell.strip() for cell in cells[count:])
                yield Row(self.line, dict(zip(self.names, cells, strict=False)), too_many, len(cells) < count)

    @property
    def line(self) -> int:
        """Return the number of the line on which the last row ended."""
        return self.above + self.reader.line_num

    def next_cells(self) -> list[str] | None:
        """Return the cells of the next line; nothing at the end."""
        begins = self.line + 1
        try:
            return next(self.reader, None)
        except csv.Error:
            raise NoTable(NO_CELLS, begins) from None


def begins(heads: Sequence[str]) -> Iterator[int]:
    """Yield the lines that no quoted cell of a line before goes on into."""
    quotes = 0
    for place, head in enumerate(heads[:-1], 1):
        quotes += head.count('"')
        if quotes % 2 == 0:
            yield place


def fit(names: set[str], known: Collection[str]) -> tuple[int, int]:
    """Tell how well a line names columns: by how many are known, of two by which names fewer others."""
    ours = len(names & {*known})
    return ours, ours and ours - len(names)


def named(head: str, separator: str) -> set[str]:
    """Return what a line would name as columns."""
    return {cell.strip().lower() for cell in next(csv.reader([head], delimiter=separator), [])}


def text_of(content: bytes) -> str:
    """Read bytes as UTF-8 or UTF-16; saved twice, a file begins with two marks."""
    try:
        text = content.decode(encoding_of(content)).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NoTable("not UTF-8. Save the file as “CSV UTF-8”", line) from None
    if "\0" in text:
        raise NoTable("it holds signs that are no text", text[: text.index("\0")].count("\n") + 1)
    return text


def encoding_of(content: bytes) -> str:
    """Name the encoding of a file by its first bytes: a mark, or a zero beside its first letter."""
    if content.startswith(MARKS):
        return "utf-16"
    if len(content) > 1 and (content[0] == 0) != (content[1] == 0):
        return "utf-16-be" if content[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def check_once(names: Sequence[str], wanted: Iterable[str]) -> None:
    """Refuse a column that is there twice: which of them counts is not for us to say."""
    for name in wanted:
        if names.count(name) > 1:
            raise NoTable(f"it has the column “{name}” twice")


def clean(cell: str) -> str:
    """Take off what a spreadsheet, or our own file, puts around a value."""
    text = cell.strip()[:LONGEST_CELL]
    return text[1:] if text[:1] == "'" and FORMULA.match(text, 1) else text

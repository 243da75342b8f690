"""A file of text as rows: how it is packed, written and separated is found out, not asked for."""

import codecs
import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, Any

from devstore.order_files.lines import WrongFile

SEPARATORS = ",;\t|"
DECIMALS = {",": ".", ";": ","}  # who separates columns by ";" keeps "," for decimals; between tabs either may stand
SAID = "sep="  # what spreadsheets write above the header
LOOKED_AT = 256
MARKS = "\ufeff \t"  # a file that was saved twice may begin with two marks of its encoding
LONGEST_LINE, MOST_BLANK = 1_000_000, 100_000
BLANK = f"{SEPARATORS} \r\n"
CHUNK = 1_000_000
NO_CELLS = "quotation marks do not open and close where its cells do, or a cell has no end"


class NoEnd(csv.Error):
    """A file that goes on and says nothing."""


class Rows:
    """The header of a file, then its rows, each with the line it ends on."""

    def __init__(self, file: IO[str], known: tuple[str, ...]) -> None:
        lines = _lines(file)
        first = next(lines, "")
        self.above = int(first.lower().startswith(SAID))
        head = next(lines, "") if self.above else first
        self.separator = max(SEPARATORS, key=lambda sign: len(_cells(head, sign) & {name.lower() for name in known}))
        self.reader = csv.reader(chain([head], lines), delimiter=self.separator, strict=True)
        self.header = [cell.strip(MARKS) for cell in self._next() or []]

    @property
    def decimal(self) -> str:
        """Return the sign of its decimals, where the sign between its columns tells."""
        return DECIMALS.get(self.separator, "")

    @property
    def line(self) -> int:
        """Return the number of the line that was read last."""
        return self.reader.line_num + self.above

    def __iter__(self) -> Iterator[list[str]]:
        while (row := self._next()) is not None:
            if any("\0" in cell for cell in row):
                raise csv.Error(f"line {self.line} holds signs that are no text")
            if any(row):
                yield row

    def _next(self) -> list[str] | None:
        begins = self.line + 1
        try:
            return next(self.reader, None)
        except NoEnd:
            raise
        except csv.Error:
            raise csv.Error(f"line {begins}: {NO_CELLS}") from None


def _lines(file: IO[str]) -> Iterator[str]:
    """Walk through the lines: none is so long that it fills the memory, and nothing goes on for ever."""
    blank = 0
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise NoEnd(f"a line is longer than {LONGEST_LINE:,} signs")
        blank = 0 if line.strip(BLANK) else blank + 1
        if blank > MOST_BLANK:
            raise NoEnd(f"more than {MOST_BLANK:,} blank lines follow one another")
        yield line


def _cells(line: str, separator: str) -> set[str]:
    return {cell.strip().lower() for cell in next(csv.reader([line], delimiter=separator), [])}


@contextmanager
def opened(path: Path, known: tuple[str, ...]) -> Iterator[Rows]:
    """Open a file of text, gzipped or not; say in a sentence what makes it no such file."""
    encoding = "utf-8-sig"
    try:
        with _bytes(path) as packed:
            encoding = encoding_of(packed.read(LOOKED_AT))
        with _bytes(path) as packed, TextIOWrapper(packed, encoding, newline="") as file:
            yield Rows(file, known)
    except UnicodeError:
        where = f"{path.name}, line {_line_of_no_text(path, encoding)}"
        raise WrongFile(f"{where}: this is neither UTF-8 nor UTF-16 text. Nothing was seeded.") from None
    except (gzip.BadGzipFile, EOFError, csv.Error) as error:
        raise WrongFile(f"{path.name} cannot be read: {error}. Nothing was seeded.") from None


def _bytes(path: Path) -> Any:
    return gzip.open(path) if path.name.endswith(".gz") else path.open("rb")


def _line_of_no_text(path: Path, encoding: str) -> int:
    """Find the line on which a file is not what its encoding says."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with _bytes(path) as packed:
        while chunk := packed.read(CHUNK):
            try:
                line += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
    return line


def encoding_of(start: bytes) -> str:
    """Name the encoding of a file by its first bytes: a mark, or a zero beside its first letter."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) > 1 and (start[0] == 0) != (start[1] == 0):
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return "utf-8-sig"

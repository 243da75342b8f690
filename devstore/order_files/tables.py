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
SAID = "sep="  # what spreadsheets write above the header
LOOKED_AT = 256
MARKS = "\ufeff \t"  # a file that was saved twice may begin with two marks of its encoding


class Rows:
    """The header of a file, then its rows, each with the line it ends on."""

    def __init__(self, file: IO[str], known: tuple[str, ...]) -> None:
        first = file.readline()
        self.above = int(first.lower().startswith(SAID))
        head = file.readline() if self.above else first
        self.separator = max(SEPARATORS, key=lambda sign: len(_cells(head, sign) & {name.lower() for name in known}))
        self.reader = csv.reader(chain([head], file), delimiter=self.separator)
        self.header = [cell.strip(MARKS) for cell in next(self.reader, [])]

    @property
    def decimal(self) -> str:
        """Return the sign of its decimals: who separates columns by ";" keeps "," for these."""
        return "," if self.separator == ";" else "."

    @property
    def line(self) -> int:
        """Return the number of the line that was read last."""
        return self.reader.line_num + self.above

    def __iter__(self) -> Iterator[list[str]]:
        for row in self.reader:
            if any("\0" in cell for cell in row):
                raise csv.Error(f"line {self.line} holds signs that are no text")
            if any(row):
                yield row


def _cells(line: str, separator: str) -> set[str]:
    return {cell.strip().lower() for cell in next(csv.reader([line], delimiter=separator), [])}


@contextmanager
def opened(path: Path, known: tuple[str, ...]) -> Iterator[Rows]:
    """Open a file of text, gzipped or not; say in a sentence what makes it no such file."""
    try:
        with _bytes(path) as packed:
            encoding = encoding_of(packed.read(LOOKED_AT))
        with _bytes(path) as packed, TextIOWrapper(packed, encoding, newline="") as file:
            yield Rows(file, known)
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise WrongFile(f"{path.name} is neither UTF-8 nor UTF-16 text: {reason}. Nothing was seeded.") from None
    except (gzip.BadGzipFile, EOFError, csv.Error) as error:
        raise WrongFile(f"{path.name} cannot be read: {error}. Nothing was seeded.") from None


def _bytes(path: Path) -> Any:
    return gzip.open(path) if path.name.endswith(".gz") else path.open("rb")


def encoding_of(start: bytes) -> str:
    """Name the encoding of a file by its first bytes: a mark, or every second byte zero."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for skipped, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(start) > 1 and not any(start[skipped::2]):
            return name
    return "utf-8-sig"

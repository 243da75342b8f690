"""Files with a column for each thing that a line of an order needs: text, or Parquet."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from sys import intern
from typing import Any

from devstore.order_files.cells import Cells
from devstore.order_files.lines import Line, WrongFile, check_header
from devstore.order_files.tables import Rows

COLUMNS = ("invoice", "sku", "description", "qty", "ts", "price", "customer", "country")
Numbered = Iterable[tuple[int, tuple[Any, ...]]]


def read(rows: Rows, cells: Cells) -> Iterator[Line]:
    """Read a file of text, its columns in any order."""
    places = [rows.header.index(column) for column in COLUMNS]
    return _lines(_picked(rows, places, cells), cells)


def _picked(rows: Rows, places: list[int], cells: Cells) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for row in rows:
        if len(row) == len(rows.header):
            yield rows.line, tuple(row[place] for place in places)
        else:
            cells.findings.refuse(rows.line, f"{len(row)} values instead of {len(rows.header)}")


def read_parquet(path: Path, cells: Cells) -> Iterator[Line]:
    """Read a Parquet file, whose rows count from 2 as under a header."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(path)
    except (arrow.ArrowInvalid, OSError) as error:
        raise WrongFile(f"{path.name} is not a Parquet file: {error}") from None
    check_header(path.name, table.column_names, COLUMNS)
    start = 2
    for batch in table.select(list(COLUMNS)).to_batches(max_chunksize=50_000):
        columns = [_plain_times(batch.column(index)) for index in range(len(COLUMNS))]
        yield from _lines(enumerate(zip(*columns, strict=True), start), cells)
        start += len(batch)


def _plain_times(column: Any) -> list[Any]:
    """Return a column as Python values; times become datetimes of the standard library."""
    import pyarrow as arrow

    if arrow.types.is_timestamp(column.type):
        return column.cast(arrow.timestamp("us", column.type.tz), safe=False).to_pylist()
    return column.to_pylist()


def _lines(rows: Numbered, cells: Cells) -> Iterator[Line]:
    for number, row in rows:
        line = _line(number, row, cells)
        if line is not None:
            cells.findings.note_line(line)
            yield line


def _line(number: int, row: tuple[Any, ...], cells: Cells) -> Line | None:
    invoice, sku, description, qty, ts, price, customer, country = row
    before = cells.findings.wrong
    invoice = str(invoice or "").strip()
    if not invoice:
        cells.findings.refuse(number, "the invoice is empty")
    if not str(sku or "").strip() and not str(description or "").strip():
        cells.findings.refuse(number, "sku and description are empty: is it a row of sums?")
    units = cells.whole(number, "qty", qty)
    amount = cells.amount(number, "price", price)
    when = cells.moment(number, "ts", ts)
    if cells.findings.wrong > before or when is None:
        return None
    sku, description, country = (intern(str(value or "").strip()) for value in (sku, description, country))
    return Line(
        intern(invoice), sku, description, units, when, amount, _customer(customer), country,
        is_cancellation=invoice[:1] in "Cc",
    )  # fmt: skip


def _customer(value: Any) -> str | None:
    if value in (None, "") or value != value:
        return None
    return str(int(value)) if isinstance(value, float) else intern(str(value).removesuffix(".0"))

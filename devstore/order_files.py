"""Read files of order lines: CSV, CSV.gz, Parquet, and Shopify's own orders export."""

import csv
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sys import intern
from typing import Any, TextIO

REQUIRED = ("invoice", "sku", "description", "qty", "ts", "price", "customer", "country")
EXPORT = ("Name", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku")
EXPORT_ONLY = ("Lineitem quantity", "Lineitem name")
TOLD = 20
HUGE = 1_000_000


class WrongFile(Exception):
    """An orders file that cannot be used, with every reason."""


@dataclass(slots=True)
class Line:
    """One order line, whatever file it came from."""

    invoice: str
    sku: str
    description: str
    qty: int
    ts: datetime
    price: float
    customer: str | None
    country: str
    is_cancellation: bool = False
    variant_title: str | None = None
    discount: float = 0.0
    cancelled_at: datetime | None = None
    refunded: float | None = None


class _Errors:
    """Collect what is wrong, and name the first of them."""

    def __init__(self, file: str) -> None:
        self.file, self.count, self.told = file, 0, list[str]()

    def add(self, line: int, message: str) -> None:
        self.count += 1
        if len(self.told) < TOLD:
            self.told.append(f"{self.file}, line {line}: {message}")

    def stop(self) -> None:
        if self.count:
            more = [f"… and {self.count - TOLD} more."] if self.count > TOLD else []
            raise WrongFile("\n".join([*self.told, *more, "Nothing was seeded."]))


def read_lines(path: Path) -> list[Line]:
    """Return all lines of a file, or name everything that is wrong with it."""
    errors = _Errors(path.name)
    lines = list(_parquet(path, errors) if path.suffix == ".parquet" else _text(path, errors))
    errors.stop()
    if not lines:
        raise WrongFile(f"{path.name} holds no order lines. Nothing was seeded.")
    return lines


def _parquet(path: Path, errors: _Errors) -> Iterator[Line]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(path)
    except (arrow.ArrowInvalid, OSError) as error:
        raise WrongFile(f"{path.name} is not a Parquet file: {error}") from None
    _check_header(path.name, table.column_names, REQUIRED)
    for batch in table.select(list(REQUIRED)).to_batches(max_chunksize=50_000):
        columns = [_plain_times(batch.column(index)) for index in range(len(REQUIRED))]
        yield from _parsed(zip(*columns, strict=True), errors)


def _plain_times(column: Any) -> list[Any]:
    """Return a column as Python values; times become datetimes of the standard library."""
    import pyarrow as arrow

    if arrow.types.is_timestamp(column.type):
        return column.cast(arrow.timestamp("us", column.type.tz), safe=False).to_pylist()
    return column.to_pylist()


def _check_header(name: str, found: list[str], wanted: tuple[str, ...]) -> None:
    missing = [column for column in wanted if column not in found]
    if missing:
        raise WrongFile(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"It has: {', '.join(found) or 'none'}. Nothing was seeded."
        )


def _text(path: Path, errors: _Errors) -> Iterator[Line]:
    opener: Callable[..., TextIO] = gzip.open if path.name.endswith(".gz") else open  # type: ignore[assignment]
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = [column.strip() for column in next(rows, [])]
            if any(column in header for column in EXPORT_ONLY):
                _check_header(path.name, header, EXPORT)
                yield from _export(header, rows, errors)
            else:
                header = [column.lower() for column in header]
                _check_header(path.name, header, REQUIRED)
                places = [header.index(column) for column in REQUIRED]
                yield from _parsed(_picked(rows, places, len(header), errors), errors)
    except UnicodeDecodeError as error:
        raise WrongFile(f"{path.name} is not UTF-8 text: {error.reason}. Nothing was seeded.") from None
    except (gzip.BadGzipFile, EOFError, csv.Error) as error:
        raise WrongFile(f"{path.name} cannot be read: {error}. Nothing was seeded.") from None


def _picked(rows: Any, places: list[int], width: int, errors: _Errors) -> Iterator[tuple[Any, ...] | None]:
    for row in rows:
        if len(row) != width:
            if row:
                errors.add(rows.line_num, f"{len(row)} values instead of {width}")
            yield None
        else:
            yield tuple(row[place] for place in places)


def _parsed(rows: Iterator[tuple[Any, ...] | None] | Any, errors: _Errors) -> Iterator[Line]:
    for number, row in enumerate(rows, start=2):
        line = None if row is None else _line(number, row, errors)
        if line is not None:
            yield line


def _line(number: int, row: tuple[Any, ...], errors: _Errors) -> Line | None:
    invoice, sku, description, qty, ts, price, customer, country = row
    before = errors.count
    invoice = str(invoice or "").strip()
    if not invoice:
        errors.add(number, "the invoice is empty")
    units = _whole(number, "qty", qty, errors)
    amount = _decimal(number, "price", price, errors)
    when = ts if isinstance(ts, datetime) else _time(number, "ts", str(ts or ""), errors)
    if errors.count > before or when is None:
        return None
    name = None if customer in (None, "") else _customer(customer)
    sku, description, country = (intern(str(value or "").strip()) for value in (sku, description, country))
    return Line(
        intern(invoice), sku, description, units, when, amount, name, country,
        is_cancellation=invoice[:1] in "Cc",
    )  # fmt: skip


def _customer(value: Any) -> str | None:
    if isinstance(value, float):
        return None if value != value else str(int(value))
    return intern(str(value).removesuffix(".0"))


def _whole(number: int, name: str, value: Any, errors: _Errors) -> int:
    try:
        units = float(value)
    except (TypeError, ValueError):
        errors.add(number, f"{name} {value!r} is not a number")
        return 0
    if units != int(units) if abs(units) < HUGE else True:
        errors.add(number, f"{name} {value!r} is not a whole number below {HUGE:,}")
        return 0
    return int(units)


def _decimal(number: int, name: str, value: Any, errors: _Errors) -> float:
    try:
        amount = float(value)
    except (TypeError, ValueError):
        errors.add(number, f"{name} {value!r} is not a number")
        return 0.0
    if not abs(amount) < HUGE * 100:
        errors.add(number, f"{name} {value!r} is not a price")
        return 0.0
    return amount


def _time(number: int, name: str, value: str, errors: _Errors) -> datetime | None:
    try:
        return datetime.fromisoformat(_iso(value.strip()))
    except ValueError:
        errors.add(number, f"{name} {value!r} is not a time like 2026-11-23 09:30:00")
        return None


def _iso(text: str) -> str:
    """Turn "2026-05-01 10:22:11 +0100", Shopify's way, into ISO 8601."""
    head, _, offset = text.rpartition(" ")
    if head and offset == "UTC":
        return f"{head}+00:00"
    return head + offset if head and offset[:1] in "+-" else text


def _export(header: list[str], rows: Any, errors: _Errors) -> Iterator[Line]:
    """Read Shopify's export: only the first line of an order carries what belongs to the order."""
    orders: dict[str, dict[str, str]] = {}
    for row in rows:
        if not row:
            continue
        record = dict(zip(header, row, strict=False))
        if len(row) != len(header):
            errors.add(rows.line_num, f"{len(row)} values instead of {len(header)}")
            continue
        head = orders.setdefault(record["Name"], record)
        line = _export_line(rows.line_num, head, record, errors)
        if line is not None:
            yield line


def _export_line(number: int, head: dict[str, str], record: dict[str, str], errors: _Errors) -> Line | None:
    before = errors.count
    if not record["Name"]:
        errors.add(number, "Name is empty")
    units = _whole(number, "Lineitem quantity", record["Lineitem quantity"], errors)
    price = _decimal(number, "Lineitem price", record["Lineitem price"], errors)
    when = _time(number, "Created at", head["Created at"], errors)
    if errors.count > before or when is None:
        return None
    cancelled = _time(number, "Cancelled at", head["Cancelled at"], errors) if head.get("Cancelled at") else None
    title, _, option = record["Lineitem name"].partition(" - ")
    return Line(
        record["Name"], record["Lineitem sku"].strip(), title, units, when, price, head.get("Email") or None,
        head.get("Shipping Country") or head.get("Billing Country") or "",
        variant_title=option or None,
        discount=_decimal(number, "Lineitem discount", record.get("Lineitem discount") or 0, errors),
        cancelled_at=cancelled,
        refunded=_decimal(number, "Refunded Amount", head.get("Refunded Amount") or 0, errors),
    )  # fmt: skip

"""Shopify's own export of orders: what belongs to the order stands in one of its rows only."""

from collections.abc import Iterator

from devstore.order_files.cells import Cells
from devstore.order_files.lines import Findings, Line
from devstore.order_files.tables import Rows

COLUMNS = ("name", "created at", "lineitem quantity", "lineitem name", "lineitem price", "lineitem sku")
OWN = ("lineitem quantity", "lineitem name")  # tell the export from other files
OF_A_LINE = "lineitem "
OF_AN_ORDER = ("created at", "cancelled at", "refunded amount")  # its rows say the same of these, or nothing
Record = dict[str, str]


def read(rows: Rows, cells: Cells) -> Iterator[Line]:
    """Read the whole file, then give each row what its order says."""
    records = list(_records(rows, cells.findings))
    heads: dict[str, Record] = {}
    for number, record in records:
        head = heads.setdefault(record["name"], {})
        for column, value in record.items():
            if not value or column.startswith(OF_A_LINE):
                continue
            if head.setdefault(column, value) != value and column in OF_AN_ORDER:
                cells.findings.refuse(number, f"{column} is {value!r}, and {head[column]!r} above, of one order")
    _check_currency(records, cells.findings)
    for number, record in records:
        line = _line(number, heads[record["name"]], record, cells)
        if line is not None:
            cells.findings.note_line(line)
            yield line


def _check_currency(records: list[tuple[int, Record]], findings: Findings) -> None:
    """Refuse a second currency once: its amounts cannot be added to those of the first."""
    first = next((record["currency"] for _, record in records if record.get("currency")), "")
    for number, record in records:
        if record.get("currency", "") not in ("", first):
            findings.refuse(number, f"Currency is {record['currency']!r}, and {first!r} above: a shop sells in one")
            return


def _records(rows: Rows, findings: Findings) -> Iterator[tuple[int, Record]]:
    """Walk through the rows by their columns; one without a Name goes with the order above it."""
    above, nameless = "", []
    for row in rows:
        if len(row) != len(rows.header):
            findings.refuse(rows.line, f"{len(row)} values instead of {len(rows.header)}")
            continue
        record = dict(zip(rows.header, (cell.strip() for cell in row), strict=True))
        if not record["name"]:
            if not above or record["created at"]:
                nameless.append(rows.line)
                continue
            record["name"] = above
            findings.names_filled_down += 1
        above = record["name"]
        yield rows.line, record
    if nameless:
        others = f", and so are those of {len(nameless) - 1} more" if len(nameless) > 1 else ""
        findings.refuse(nameless[0], f"Name is empty, and the row begins an order{others}")


def _line(number: int, order: Record, record: Record, cells: Cells) -> Line | None:
    before = cells.findings.wrong
    if not record["lineitem name"] and not record["lineitem sku"]:
        cells.findings.refuse(number, "Lineitem name and Lineitem sku are empty: is it a row of sums?")
    units = cells.whole(number, "Lineitem quantity", record["lineitem quantity"])
    price = cells.amount(number, "Lineitem price", record["lineitem price"])
    when = cells.moment(number, "Created at", order.get("created at"))
    if cells.findings.wrong > before or when is None:
        return None
    title, _, option = record["lineitem name"].partition(" - ")
    return Line(
        record["name"], record["lineitem sku"], title, units, when, price, order.get("email"),
        order.get("shipping country") or order.get("billing country") or "",
        variant_title=option or None,
        discount=cells.amount(number, "Lineitem discount", record.get("lineitem discount") or 0),
        cancelled_at=cells.moment(number, "Cancelled at", order["cancelled at"]) if "cancelled at" in order else None,
        refunded=cells.amount(number, "Refunded Amount", order.get("refunded amount") or 0),
    )  # fmt: skip

"""Shopify's own export of orders: what belongs to the order stands in one of its rows only."""

from collections.abc import Iterator

from devstore.order_files.cells import Cells
from devstore.order_files.lines import Findings, Line
from devstore.order_files.tables import Rows

COLUMNS = ("Name", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku")
OWN = ("Lineitem quantity", "Lineitem name")  # tell the export from other files
OF_A_LINE = "Lineitem "
Record = dict[str, str]


def read(rows: Rows, cells: Cells) -> Iterator[Line]:
    """Read the whole file, then give each row what its order says."""
    records = list(_records(rows, cells.findings))
    heads: dict[str, Record] = {}
    for _, record in records:
        head = heads.setdefault(record["Name"], {})
        for column, value in record.items():
            if value and not column.startswith(OF_A_LINE):
                head.setdefault(column, value)
    for number, record in records:
        line = _line(number, heads[record["Name"]], record, cells)
        if line is not None:
            yield line


def _records(rows: Rows, findings: Findings) -> Iterator[tuple[int, Record]]:
    """Walk through the rows by their columns; one without a Name goes with the order above it."""
    above, nameless = "", []
    for row in rows:
        if len(row) != len(rows.header):
            findings.refuse(rows.line, f"{len(row)} values instead of {len(rows.header)}")
            continue
        record = dict(zip(rows.header, (cell.strip() for cell in row), strict=True))
        if not record["Name"]:
            if not above or record["Created at"]:
                nameless.append(rows.line)
                continue
            record["Name"] = above
            findings.names_filled_down += 1
        above = record["Name"]
        findings.note_row(record.values())
        yield rows.line, record
    if nameless:
        others = f", and so are those of {len(nameless) - 1} more" if len(nameless) > 1 else ""
        findings.refuse(nameless[0], f"Name is empty, and the row begins an order{others}")


def _line(number: int, order: Record, record: Record, cells: Cells) -> Line | None:
    before = cells.findings.wrong
    units = cells.whole(number, "Lineitem quantity", record["Lineitem quantity"])
    price = cells.amount(number, "Lineitem price", record["Lineitem price"])
    when = cells.moment(number, "Created at", order.get("Created at"))
    if cells.findings.wrong > before or when is None:
        return None
    title, _, option = record["Lineitem name"].partition(" - ")
    return Line(
        record["Name"], record["Lineitem sku"], title, units, when, price, order.get("Email"),
        order.get("Shipping Country") or order.get("Billing Country") or "",
        variant_title=option or None,
        discount=cells.amount(number, "Lineitem discount", record.get("Lineitem discount") or 0),
        cancelled_at=cells.moment(number, "Cancelled at", order["Cancelled at"]) if "Cancelled at" in order else None,
        refunded=cells.amount(number, "Refunded Amount", order.get("Refunded Amount") or 0),
    )  # fmt: skip

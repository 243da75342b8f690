"""Read a file of orders whole, or name everything that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path

from devstore.order_files import export, plain
from devstore.order_files.cells import Cells
from devstore.order_files.lines import Findings, Line, WrongFile, check_header
from devstore.order_files.tables import opened


def read_lines(path: Path) -> tuple[list[Line], Findings]:
    """Return all lines of a file, and what is odd about it."""
    findings = Findings(path.name)
    lines = list(plain.read_parquet(path, Cells(findings)) if path.suffix == ".parquet" else _text(path, findings))
    findings.stop()
    if not lines:
        raise WrongFile(f"{path.name} holds no order lines. Nothing was seeded.")
    return lines, findings


def _text(path: Path, findings: Findings) -> Iterator[Line]:
    with opened(path, (*export.COLUMNS, *plain.COLUMNS)) as rows:
        cells = Cells(findings, rows.decimal)
        rows.header = [column.lower() for column in rows.header]
        if any(column in rows.header for column in export.OWN):
            check_header(path.name, rows.header, export.COLUMNS)
            yield from export.read(rows, cells)
        else:
            check_header(path.name, rows.header, plain.COLUMNS)
            yield from plain.read(rows, cells)
        cells.check_signs()

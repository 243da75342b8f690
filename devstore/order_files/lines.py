"""What every file of orders is read into, and what is wrong or odd with one."""

from dataclasses import dataclass
from datetime import datetime

TOLD = 20


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


class Findings:
    """Collect what is wrong with a file, the first of it by its line, and count what is odd."""

    def __init__(self, file: str) -> None:
        self.file, self.wrong, self.told = file, 0, list[str]()
        self.double_rows = 0
        self.names_filled_down = 0
        self._seen: set[int] = set()

    def refuse(self, line: int, message: str) -> None:
        """Name what is wrong with a line; beyond the first ones only count."""
        self.wrong += 1
        if len(self.told) < TOLD:
            self.told.append(f"{self.file}, line {line}: {message}")

    def note_line(self, line: Line) -> None:
        """Count a line that its order has already, however it is written; it is kept: an order may hold two such."""
        product = line.sku.strip().casefold(), line.description.strip().casefold(), line.variant_title
        known = hash((line.invoice, *product, line.qty, line.price, line.ts))
        self.double_rows += known in self._seen
        self._seen.add(known)

    def stop(self) -> None:
        """Refuse the whole file if anything is wrong with it."""
        if self.wrong:
            more = [f"… and {self.wrong - TOLD} more."] if self.wrong > TOLD else []
            raise WrongFile("\n".join([*self.told, *more, "Nothing was seeded."]))

    def odd(self) -> list[str]:
        """Say what a reader of the file should know, though nothing is wrong."""
        said = []
        if self.double_rows:
            count = "1 row says" if self.double_rows == 1 else f"{self.double_rows:,} rows say"
            said.append(f"In {self.file} {count} the same as an earlier one of its order: each is counted.")
        if self.names_filled_down:
            count = "1 row has" if self.names_filled_down == 1 else f"{self.names_filled_down:,} rows have"
            said.append(f"In {self.file} {count} no Name: they go with the order above.")
        return said


def check_header(name: str, found: list[str], wanted: tuple[str, ...]) -> None:
    """Refuse a file that lacks columns, by their names."""
    missing = [column for column in wanted if column not in found]
    twice = [column for column in wanted if found.count(column) > 1]
    if twice:
        raise WrongFile(f"{name} has the column {twice[0]} twice. Nothing was seeded.")
    if missing:
        raise WrongFile(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"It has: {', '.join(found) or 'none'}. Nothing was seeded."
        )

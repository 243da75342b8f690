"""What becomes of an answer: each of its tables has a judge, a way of being kept, and perhaps fields at Shopify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Remembered:
    """Keep what every version said from every origin, so that two can be compared by it later.

    After `daily` only one origin a week stays, and after `life` none.
    """

    daily: timedelta = timedelta(days=42)  # a week is priced for the last time 30 days after its end
    life: timedelta = timedelta(days=3 * 365)  # as long as anything learns from the past


@dataclass(frozen=True)
class Shown:
    """Keep one answer for each unit: that of the version which speaks for it now."""

    unit: str = "variant_id"  # the column that says whom a row is about
    sums: str = ""  # the table of the rows' sums, whose `sum_up(shop)` follows each change


@dataclass(frozen=True)
class Held:
    """Keep the newest answer of each who may speak, the simple rule among them: visitors see one or another."""


@dataclass(frozen=True)
class OfCustomers:
    """Say which rows of a table are about one customer each: they go with who asks to be forgotten.

    `column` holds the number of the customer's pseudonym, as the frames tell it.
    """

    column: str
    rows: Mapping[str, Any] = field(default_factory=dict)  # those that are: column -> value


@dataclass(frozen=True)
class Slots:
    """Let two versions' lists of products lie beside each other: visitors see one or the other, and change at once.

    `keys` are the two fields; the app's own field `pointer` (namespace and key) says which is live and who sees the
    other. A product without a list of its own has `fallback`: that of `fallback_rows`. `standard` names a field of
    Shopify's own that the live list may be written to as well, where the merchant wants that.
    """

    keys: tuple[str, str]
    pointer: tuple[str, str]
    picks: str = "picks"  # the column with the products, best first
    fallback: str = ""
    fallback_rows: Mapping[str, Any] = field(default_factory=dict)
    standard: tuple[str, str] | None = None  # namespace and key


@dataclass(frozen=True)
class Metafields:
    """Say which fields of the shop's own an output fills: their types, and the function from a row to their texts.

    `values` takes the `columns` of a row and gives key -> text; what is not known has no key. With `slots` the fields
    are lists of products, and neither is asked for.
    """

    types: Mapping[str, str]
    values: str = ""
    columns: tuple[str, ...] = ()
    slots: Slots | None = None
    rows: Mapping[str, Any] = field(default_factory=dict)  # the rows that are published: column -> value
    unit: str = "variant_id"
    owner: str = "ProductVariant"
    namespace: str = "$app"
    best: str = ""  # the key by which one unit is chosen to be looked at


@dataclass(frozen=True)
class Output:
    """Name one table of `answer`, where it is stored and how, and who judges it; without a judge there is none."""

    name: str
    table: str  # a class of pipelines/models/usecases/<slug>.py
    judge: str  # "module:function": (rows, frames) -> Soundness
    kept: Remembered | Shown | Held
    metafields: Metafields | None = None
    customers: OfCustomers | None = None

    def __post_init__(self) -> None:
        """Refuse an output without a judge: nothing is shown that nobody looked at."""
        if not self.judge:
            raise ValueError(f"nothing judges {self.name}")


@dataclass(frozen=True)
class Door:
    """Say how visitors are answered from an output that is held: by the standard library alone.

    `hold` takes rows of the `columns` and gives what is kept in memory, with its `size` in bytes; `ask` takes that, a
    question, and the products that cannot be bought now, and gives a short object that is JSON, or nothing.
    """

    output: str
    columns: tuple[str, ...]
    hold: str
    ask: str
    rows: Mapping[str, Any] = field(default_factory=dict)  # those that are kept: column -> value


@dataclass(frozen=True)
class OwnFrame:
    """Describe a frame that only this use case reads, of a table that it brings.

    `columns` are the frame's, each with its kind ("" as it comes); `fields` says where one is called otherwise. Rows
    about what is no longer for sale are left out; `series` names the column that says what a row is about.
    """

    name: str
    table: str
    columns: Mapping[str, str]
    series: str = ""  # nothing where its rows are about no variant
    fields: Mapping[str, str] = field(default_factory=dict)

"""Seeding: from the generator, from files of order lines, from Shopify's own export."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devstore.catalogue import kit_of
from tests.devstore.conftest import SHOP, devstore

HEADER = ["invoice", "sku", "description", "qty", "ts", "price", "customer", "country"]
YESTERDAY = datetime.now(ZoneInfo("Europe/London")).date() - timedelta(days=1)
Rows = list[list[Any]]
Seed = Callable[..., tuple[dict[str, Any], sqlite3.Connection]]


@pytest.fixture
def seed(tmp_path: Path) -> Seed:
    """Seed a store in a folder of its own and open it."""

    def run(*arguments: str) -> tuple[dict[str, Any], sqlite3.Connection]:
        done = devstore(tmp_path, "seed", "--state", "state", "--shop", SHOP, *arguments)
        assert done.returncode == 0, done.stderr
        db = sqlite3.connect(tmp_path / "state" / "store.sqlite3")
        db.row_factory = sqlite3.Row
        return json.loads(done.stdout), db

    return run


def write(path: Path, rows: Rows, header: list[str] = HEADER) -> Path:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def on(day: date, time: str = "10:00:00") -> str:
    return f"{day} {time}"


# A Tuesday, so that the cut depends on what yesterday is.
LAST = date(2011, 5, 31)
ROWS: Rows = [
    ["1", "85123A", "WHITE HEART", 6, on(LAST - timedelta(days=30)), 2.55, 17850, "United Kingdom"],
    ["1", "85123a", "WHITE HEART", 2, on(LAST - timedelta(days=30)), 2.55, 17850, "United Kingdom"],
    ["1", "POST", "POSTAGE", 1, on(LAST - timedelta(days=30)), 18, 17850, "United Kingdom"],
    ["2", "85123A", "WHITE HEART", 4, on(LAST - timedelta(days=20)), 2.55, 17850, "United Kingdom"],
    ["3", "22423", "CAKESTAND", 3, on(LAST - timedelta(days=20)), 12.75, "", "France"],
    ["C4", "85123A", "WHITE HEART", -5, on(LAST - timedelta(days=10)), 2.55, 17850, "United Kingdom"],
    ["C5", "22423", "CAKESTAND", -1, on(LAST - timedelta(days=10)), 12.75, 99999, "France"],
    ["6", "22423", "damaged", -40, on(LAST - timedelta(days=9)), 0, "", "United Kingdom"],
    ["7", "22423", "CAKESTAND", 1, on(LAST - timedelta(days=7)), 12.75, 12345, "France"],
    ["C8", "22423", "CAKESTAND", -1, on(LAST - timedelta(days=7), "15:00:00"), 12.75, 12345, "France"],
    ["9", "22423", "CAKESTAND", 2, on(LAST), 12.75, 12346, "France"],
]


def test_a_generated_store_is_believable_and_made_once(seed: Seed) -> None:
    first, db = seed("--days", "120", "--orders-per-day", "20")
    again, _ = seed("--days", "120", "--orders-per-day", "20")
    assert (first["already_there"], again["already_there"]) == (False, True)
    per_day = first["orders"] / 120
    assert 10 < per_day < 45
    assert 1.2 < first["lines"] / first["orders"] < 2.6
    shares = [row["n"] for row in db.execute("SELECT sum(quantity) n FROM lines GROUP BY variant_id ORDER BY n DESC")]
    assert 0.4 < sum(shares[: len(shares) // 5]) / sum(shares) < 0.9
    guests = db.execute("SELECT avg(customer_id IS NULL) n FROM orders").fetchone()["n"]
    assert 0.1 < guests < 0.35
    assert db.execute("SELECT min(available) n FROM levels").fetchone()["n"] >= 0
    assert first["lost_units"] > 0


def test_the_same_seed_makes_the_same_store(seed: Seed, tmp_path: Path) -> None:
    first, _ = seed("--days", "40", "--orders-per-day", "10", "--seed", "3")
    other = devstore(
        tmp_path, "seed", "--state", "other", "--shop", SHOP, "--days", "40", "--orders-per-day", "10", "--seed", "3"
    )
    assert json.loads(other.stdout) == first


def pairs(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """List what stands together in an order, by the place of each product in the catalogue."""
    first = db.execute("SELECT min(id) FROM products").fetchone()[0]
    rows = db.execute(
        "SELECT a.product_id - ?, b.product_id - ? FROM lines a JOIN lines b ON a.order_id = b.order_id "
        "WHERE a.product_id < b.product_id", (first, first),
    )  # fmt: skip
    return [(one, other) for one, other in rows]


def test_in_a_store_with_kits_what_goes_together_is_bought_together(tmp_path: Path) -> None:
    shares = []
    for kits in ("0", "0.6"):
        made = devstore(tmp_path, "seed", "--state", kits, "--shop", SHOP, "--orders-per-day", "40", "--kits", kits)
        assert made.returncode == 0, made.stderr
        found = pairs(sqlite3.connect(tmp_path / kits / "store.sqlite3"))
        shares.append(sum(other in kit_of(one) for one, other in found) / len(found))
    assert shares[0] < 0.25 and shares[1] > 0.5


def test_a_store_is_made_as_its_scenario_wants_it(tmp_path: Path) -> None:
    asked = ("--shop", SHOP, "--scenario")
    made = json.loads(devstore(tmp_path, "seed", "--state", "state", *asked, "recommendations").stdout)
    assert made["source"] == "generated small 160 21 days seed 0"
    plain = json.loads(devstore(tmp_path, "seed", "--state", "plain", *asked, "calm", "--days", "30").stdout)
    assert plain["source"] == "generated small  30 days seed 0"
    refused = devstore(tmp_path, "seed", "--state", "other", *asked, "sunny")
    assert refused.returncode == 2 and "'calm', 'drift'" in refused.stderr


def test_days_shift_by_whole_weeks_so_that_the_last_is_yesterday(seed: Seed, tmp_path: Path) -> None:
    made, db = seed("--orders", str(write(tmp_path / "lines.csv", ROWS)))
    left_out = (LAST.weekday() - YESTERDAY.weekday()) % 7
    assert made["days_left_out"] == left_out
    assert made["last_day"] == YESTERDAY.isoformat()
    cut = date.fromisoformat(made["cut_at"])
    assert cut.weekday() == YESTERDAY.weekday()
    assert made["shifted_weeks"] * 7 == (YESTERDAY - cut).days
    first = db.execute("SELECT min(created_at) n FROM orders").fetchone()["n"]
    local = datetime.fromtimestamp(first, ZoneInfo("Europe/London"))
    assert (local.hour, local.minute) == (10, 0)
    assert local.date() == LAST - timedelta(days=30) + (YESTERDAY - cut)


def test_cancellations_come_off_the_latest_matching_orders(seed: Seed, tmp_path: Path) -> None:
    made, db = seed("--orders", str(write(tmp_path / "lines.csv", ROWS)))
    assert (made["cancellations_matched"], made["cancellations_unmatched"]) == (2, 1)
    left = db.execute("SELECT quantity, current_quantity FROM lines WHERE sku = '85123A' ORDER BY id").fetchall()
    assert [tuple(row) for row in left] == [
        (6, 5),
        (4, 0),
    ]  # five came back: four of the later order, one of the earlier
    cancelled = db.execute("SELECT * FROM orders WHERE cancelled_at IS NOT NULL").fetchall()
    assert len(cancelled) == made["cancelled_orders"] == 1
    assert cancelled[0]["financial_status"] == "refunded"
    kinds = {
        row["restock_type"]: row["n"]
        for row in db.execute("SELECT restock_type, count(*) n FROM refund_lines GROUP BY 1")
    }
    assert kinds == {"return": 2, "cancel": 1}


def test_twins_stay_two_variants_and_postage_has_none(seed: Seed, tmp_path: Path) -> None:
    made, db = seed("--orders", str(write(tmp_path / "lines.csv.gz", ROWS)))
    assert {row["sku"] for row in db.execute("SELECT sku FROM variants")} == {"85123A", "85123a", "22423"}
    assert made["custom_lines"] == 1
    assert db.execute("SELECT variant_id FROM lines WHERE sku = 'POST'").fetchone()["variant_id"] is None
    assert made["adjustments_left_out"] == 1
    assert db.execute("SELECT count(*) n FROM orders WHERE customer_id IS NULL").fetchone()["n"] == 1


def test_parquet_reads_like_csv(seed: Seed, tmp_path: Path) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    columns = dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))
    columns["ts"] = [datetime.fromisoformat(value) for value in columns["ts"]]
    columns["customer"] = [value or None for value in columns["customer"]]
    columns["price"] = [float(value) for value in columns["price"]]
    parquet.write_table(
        arrow.table({name: list(values) for name, values in columns.items()}), tmp_path / "lines.parquet"
    )
    made, _ = seed("--orders", "lines.parquet")
    assert (made["orders"], made["variants"], made["cancellations_matched"]) == (5 - (made["days_left_out"] > 0), 3, 2)


EXPORT = ["Name", "Email", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
          "Cancelled at", "Refunded Amount", "Shipping Country", "Lineitem discount"]  # fmt: skip


def test_shopifys_own_export_is_known_by_its_header(seed: Seed, tmp_path: Path) -> None:
    day = LAST - timedelta(days=14)
    rows: Rows = [
        ["#1001", "a@b.example", f"{day} 09:00:00 +0100", 2, "Cap - Blue", "10.00", "CAP-B", "", "0.00", "GB", "2.00"],
        ["#1001", "", "", 1, "Scarf", "15.00", "SCARF", "", "", "", "0"],
        ["#1002", "c@d.example", f"{day} 12:00:00 +0100", 1, "Cap - Blue", "10.00", "CAP-B",
         f"{day} 13:00:00 +0100", "10.00", "GB", "0"],
        ["#1003", "a@b.example", f"{LAST} 09:00:00 +0100", 1, "Scarf", "15.00", "SCARF", "", "", "GB", "0"],
    ]  # fmt: skip
    made, db = seed("--orders", str(write(tmp_path / "orders_export.csv", [*rows, rows[1]], EXPORT)))
    assert made["odd"] == ["In orders_export.csv 1 row says the same as an earlier one of its order: each is counted."]
    last_kept = made["days_left_out"] == 0
    assert (made["orders"], made["lines"], made["cancelled_orders"]) == (2 + last_kept, 4 + last_kept, 1)
    first = db.execute("SELECT subtotal, discounts FROM orders ORDER BY id").fetchone()
    assert tuple(first) == (4800, 200)
    assert "example" not in (tmp_path / "state" / "store.sqlite3").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("refunded", "status", "left", "returned"),
    [("0", "paid", 3300, 0), ("5.00", "partially_refunded", 2800, 0), ("33.00", "refunded", 0, 3)],
)
def test_money_given_back_is_of_the_whole_order_less_its_discount(
    seed: Seed, tmp_path: Path, refunded: str, status: str, left: int, returned: int
) -> None:
    day = LAST - timedelta(days=35)
    rows: Rows = [
        ["#1", "", f"{day} 09:00:00 +0100", 2, "Cap", "10.00", "CAP", "", refunded, "GB", "2.00"],
        ["#1", "", "", 1, "Scarf", "15.00", "SCARF", "", "", "", "0"],
    ]
    _, db = seed("--orders", str(write(tmp_path / "orders_export.csv", rows, EXPORT)))
    assert tuple(db.execute("SELECT financial_status, current_subtotal FROM orders").fetchone()) == (status, left)
    assert db.execute("SELECT coalesce(sum(quantity), 0) FROM refund_lines").fetchone()[0] == returned
    late = "SELECT count(*) FROM refunds WHERE created_at > (SELECT max(updated_at) FROM locations) + 60"
    assert db.execute(late).fetchone()[0] == 0


@pytest.mark.parametrize(
    ("header", "rows", "named"),
    [
        (HEADER[:-2], [row[:-2] for row in ROWS], ["customer, country"]),
        (HEADER, [[*ROWS[0][:3], "six", *ROWS[0][4:]]], ["line 2", "qty 'six'"]),
        (HEADER, [ROWS[0], [*ROWS[0][:4], "yesterday", *ROWS[0][5:]]], ["line 3", "ts 'yesterday'"]),
        (HEADER, [ROWS[0], ROWS[0][:5]], ["line 3", "5 values instead of 8"]),
        (HEADER, [[*ROWS[0][:3], 10**9, *ROWS[0][4:]]], ["line 2", "whole number"]),
        (HEADER, [], ["no order lines"]),
    ],
)
def test_a_wrong_file_is_named_line_by_line_and_nothing_is_seeded(
    tmp_path: Path, header: list[str], rows: Rows, named: list[str]
) -> None:
    path = write(tmp_path / "lines.csv", rows, header)
    done = devstore(tmp_path, "seed", "--state", "state", "--shop", SHOP, "--orders", str(path))
    assert done.returncode == 2
    assert all(words in done.stderr for words in named), done.stderr
    assert "Traceback" not in done.stderr
    db = sqlite3.connect(tmp_path / "state" / "store.sqlite3")
    assert [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("shops", "orders", "products")] == [
        0
    ] * 3


@pytest.mark.parametrize("name", ["photo.parquet", "photo.csv", "photo.csv.gz", "none.csv"])
def test_what_is_no_orders_file_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    if not name.startswith("none"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    done = devstore(tmp_path, "seed", "--state", "state", "--shop", SHOP, "--orders", name)
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_another_source_needs_another_state(seed: Seed, tmp_path: Path) -> None:
    seed("--days", "30", "--orders-per-day", "5")
    write(tmp_path / "lines.csv", ROWS)
    done = devstore(tmp_path, "seed", "--state", "state", "--shop", SHOP, "--orders", "lines.csv")
    assert done.returncode == 2
    assert "generated" in done.stderr


@pytest.mark.timeout(120)
def test_real_order_lines_are_seeded(seed: Seed, shared: Path) -> None:
    made, db = seed("--orders", str(shared / "data" / "online_retail_ii" / "A_lines.parquet"))
    assert made["lines"] > 650_000
    assert made["cancellations_matched"] > 10_000
    assert made["last_day"] == YESTERDAY.isoformat()
    odd = db.execute(
        "SELECT count(*) n FROM lines WHERE current_quantity < 0 OR current_quantity > quantity"
    ).fetchone()
    assert odd["n"] == 0

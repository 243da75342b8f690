"""A file of rules that wants to hurt: it is refused in little time and memory, and nothing of it is used."""

import pytest

from dashboard.usecases.demand_forecast import rules_file
from tests import histories

pytestmark = pytest.mark.django_db
HEAD = "vendor,sku,lead_time_days\n"


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.sell(shop, variants=2, days=3)
    return shop


def read(shop, text):
    return rules_file.read(shop, text.encode())


def test_wrong_lines_are_named_up_to_a_number_and_the_others_counted(shop):
    reading = read(shop, HEAD + ",NOPE,3\n" * 1_000)
    assert len(reading.errors) == rules_file.MOST_ERRORS
    assert reading.more_errors == 1_000 - rules_file.MOST_ERRORS
    assert not reading.rules


def test_a_file_without_end_is_not_read_to_it(shop, monkeypatch):
    monkeypatch.setattr(rules_file, "MOST_LINES", 3)
    assert not read(shop, HEAD + ",SKU-0,3\n,SKU-1,3\nVendor 0,,3\n").errors
    [problem] = read(shop, HEAD + ",SKU-0,3\n,SKU-1,3\nVendor 0,,3\nVendor 1,,3\n").errors
    assert problem == "Line 5: a file takes up to 3 lines. Upload the others in a second file."


@pytest.mark.parametrize(
    "text",
    [
        '"' + "x" * 200_000,
        "x" * 200_000,
        HEAD + ',"' + "x" * 200_000,
        HEAD + ",SKU-0\r,3\n",
        HEAD + ",SKU-0\x00,3\n",
        HEAD + ",SKU-0,NaN\n",
        HEAD + ",SKU-0," + "9" * 5_000,
        "\x00\x00\x00",
        ",\n",
        "",
    ],
)
def test_what_is_no_table_is_named_and_not_used(shop, text):
    reading = read(shop, text)
    assert reading.errors and not reading.rules
    assert max(map(len, reading.errors)) < 700


@pytest.mark.parametrize("cost", ["1e-999999", "1e7", "-0"])
def test_odd_amounts_are_amounts(shop, cost):
    assert read(shop, f"vendor,sku,unit_cost\n,SKU-0,{cost}\n").rules


@pytest.mark.parametrize("cost", ["1e999999", "-0.01", "Infinity", "1e8", "sNaN"])
def test_amounts_that_no_unit_costs_are_refused(shop, cost):
    assert read(shop, f"vendor,sku,unit_cost\n,SKU-0,{cost}\n").errors


def test_the_variants_of_another_shop_are_unknown(shop):
    other = histories.a_shop()
    histories.a_variant(other, 77, created=shop.installed_at)
    assert read(shop, HEAD + ",SKU-77,3\n").errors == ["Line 2: no variant has the SKU “SKU-77”."]
    assert read(other, HEAD + ",SKU-0,3\n").errors
